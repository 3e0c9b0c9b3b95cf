"""Subentry flow: adds and changes a saved print, and replaces its part or SKU if that is gone."""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, override

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..api import Listing, PermissionDeniedError, PrintagoClient, PrintagoError
from ..api.models.material import Material
from ..api.models.product import Sku
from ..api.models.row import records_of
from ..const import LOGGER
from ..frontend.pictures import async_drop_picture, async_show_picture
from ..hub.localize import async_words, format_string
from ..model.printer_names import unambiguous_names
from ..model.spelling import tidied
from ..printing.catalog import called
from ..printing.saved_print import CONF_MATERIAL, CONF_PART, CONF_PRINTER, CONF_QUANTITY, CONF_SKU, CONF_TAGS
from ..runtime import PrintagoConfigEntry
from .selectors import select_field

CONF_ITEM = "thing"
_MOST_COPIES = 500
"""Limit of the vendor's BuildConfigV2."""
_QUANTITY = NumberSelector(NumberSelectorConfig(min=1, max=_MOST_COPIES, step=1, mode=NumberSelectorMode.BOX))


class ChoicesError(Exception):
    """The choices cannot be listed; ``reason`` is the translation key of the reason."""

    def __init__(self, reason: str) -> None:
        """Set the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of the form of a saved print, as value → label."""

    items: dict[str, str]
    names: dict[str, str]
    """Names of the items for the default name of a saved print."""
    pictures: dict[str, str]
    """Storage paths of the pictures of the items that have one."""
    materials: dict[str, str]
    printers: dict[str, str]
    tags: list[str]

    @classmethod
    async def async_read(cls, entry: PrintagoConfigEntry, *, only_items: bool = False) -> Self:
        """Read the choices from the store; raises ChoicesError."""
        if entry.state is not ConfigEntryState.LOADED:
            raise ChoicesError("not_loaded")
        coordinator = entry.runtime_data.coordinator
        client = coordinator.client
        try:
            parts = (await client.parts()).rows
            skus = await _readable(client.skus())
            materials = {} if only_items else await _readable(_materials(client))
        except PermissionDeniedError as err:
            raise ChoicesError("forbidden") from err
        except PrintagoError as err:
            raise ChoicesError("cannot_connect") from err
        items = {
            **{f"{CONF_PART}:{part.id}": called(part) for part in parts.values()},
            **{f"{CONF_SKU}:{sku.id}": _sku_name(sku) or sku.id for sku in skus.values()},
        }
        pictures = {f"{CONF_PART}:{part.id}": part.picture for part in parts.values() if part.picture}
        pictures |= {f"{CONF_SKU}:{sku.id}": sku.picture for sku in skus.values() if sku.picture}
        if not items:
            raise ChoicesError("nothing_to_print")
        types = {kind: kind for material in materials.values() if (kind := material.type)}
        printers = coordinator.farm.printers.values()
        return cls(
            items=items,
            names={
                **items,
                **{f"{CONF_SKU}:{sku.id}": name for sku in skus.values() if (name := sku.title)},
            },
            pictures=pictures,
            materials={**types, **{key: called(material) for key, material in materials.items()}},
            printers=unambiguous_names(printers),
            tags=sorted({tag for state in printers for tag in state.record.tags}),
        )

    def item_schema(self) -> dict[vol.Marker, Any]:
        """Return the field that selects a part or an SKU."""
        return {vol.Required(CONF_ITEM): select_field(self.items)}

    def schema(self) -> vol.Schema:
        """Return all fields."""
        return vol.Schema(
            {
                **self.item_schema(),
                vol.Optional(CONF_NAME): TextSelector(),
                vol.Required(CONF_QUANTITY, default=1): _QUANTITY,
                vol.Optional(CONF_PRINTER): select_field(self.printers),
                vol.Optional(CONF_TAGS): SelectSelector(
                    SelectSelectorConfig(
                        options=self.tags, multiple=True, custom_value=True, mode=SelectSelectorMode.DROPDOWN
                    )
                ),
                vol.Optional(CONF_MATERIAL): select_field(self.materials),
            }
        )

    def suggested(self, title: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the current values of a saved print that are still available."""
        item = item_of(data)
        return {
            CONF_NAME: title,
            CONF_QUANTITY: data[CONF_QUANTITY],
            CONF_TAGS: data.get(CONF_TAGS, []),
            **({CONF_ITEM: item} if item in self.items else {}),
            **{
                key: data[key]
                for key, known in ((CONF_PRINTER, self.printers), (CONF_MATERIAL, self.materials))
                if data.get(key) in known
            },
        }


class SavedPrintFlow(ConfigSubentryFlow):
    """Asks what to print, how often and where."""

    _choices: Choices | None = None
    _title: str
    _data: dict[str, Any]

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a saved print."""
        return await self._async_step("user", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a saved print."""
        return await self._async_step("reconfigure", user_input)

    async def _async_step(self, step_id: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        if self._choices is None:
            try:
                self._choices = await Choices.async_read(self._get_entry())
            except ChoicesError as err:
                return self.async_abort(reason=err.reason)
        errors: dict[str, str] = {}
        suggested: Mapping[str, Any] = user_input or {}
        if user_input is not None:
            tags = _cleaned_tags(user_input.get(CONF_TAGS, ()))
            if not any("|" in tag for tag in tags):
                await self._async_take_over(self._choices, user_input, tags)
                return await self.async_step_preview()
            errors[CONF_TAGS] = "invalid_tag"
        elif self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            suggested = self._choices.suggested(subentry.title, subentry.data)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(self._choices.schema(), suggested),
            errors=errors,
        )

    async def _async_take_over(self, choices: Choices, user_input: dict[str, Any], tags: list[str]) -> None:
        item = user_input[CONF_ITEM]
        self._data = {
            **item_data(item),
            CONF_QUANTITY: int(user_input[CONF_QUANTITY]),
            **({CONF_TAGS: tags} if tags else {}),
            **{key: user_input[key] for key in (CONF_PRINTER, CONF_MATERIAL) if user_input.get(key)},
        }
        # Voice commands use the name of the device, so it names what the button does.
        self._title = tidied(user_input.get(CONF_NAME, "")) or format_string(
            await async_words(self.hass), "saved_print_name", name=choices.names[item]
        )

    async def async_step_preview(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what a press will print."""
        if user_input is None and self._choices is not None:
            item = item_of(self._data)
            return self.async_show_form(
                step_id="preview",
                data_schema=vol.Schema({}),
                description_placeholders={
                    "name": self._title,
                    "quantity": str(self._data[CONF_QUANTITY]),
                    "thing": self._choices.items[item],
                    "picture": await self._async_picture(self._choices.pictures.get(item)),
                },
                last_step=True,
            )
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=self._title, data=self._data
            )
        return self.async_create_entry(title=self._title, data=self._data)

    async def _async_picture(self, path: str | None) -> str:
        """Return the picture at a storage path in Markdown; empty if there is none to show."""
        entry: PrintagoConfigEntry = self._get_entry()
        if path is None or entry.state is not ConfigEntryState.LOADED:
            return ""
        try:
            picture = await entry.runtime_data.client.picture(path)
        except PrintagoError as err:
            LOGGER.debug("A part's picture cannot be shown: %s", err)
            return ""
        shown = async_show_picture(self.hass, self.flow_id, picture)
        return f"![]({shown})" if shown is not None else ""

    @override
    @callback
    def async_remove(self) -> None:
        async_drop_picture(self.hass, self.flow_id)


def item_of(data: Mapping[str, Any]) -> str:
    """Return the part or SKU of a saved print as a choice: ``part:<ID>`` or ``sku:<ID>``."""
    kind = CONF_PART if CONF_PART in data else CONF_SKU
    return f"{kind}:{data[kind]}"


def item_data(item: str) -> dict[str, str]:
    """Return the data of a choice ``part:<ID>`` or ``sku:<ID>`` for a saved print."""
    kind, _, identifier = item.partition(":")
    return {kind: identifier}


async def _readable[R](call: Awaitable[Listing[R]]) -> dict[str, R]:
    """Return the rows of a listing, empty if the key may not read them: they are optional for a saved print."""
    try:
        return (await call).rows
    except PermissionDeniedError:
        return {}


async def _materials(client: PrintagoClient) -> Listing[Material]:
    return records_of(await client.materials())


def _sku_name(sku: Sku) -> str:
    return " · ".join(text for text in (sku.name, sku.title) if text)


def _cleaned_tags(tags: Iterable[str]) -> list[str]:
    return [cleaned for tag in tags if (cleaned := tidied(tag))]
