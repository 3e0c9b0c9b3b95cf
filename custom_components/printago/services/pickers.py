"""Offers the items of the store in the fields of actions: parts, SKUs, materials, colors and tags of printers.

Only known items are offered, without a request. Other values can still be typed.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from homeassistant.const import ATTR_DOMAIN, ATTR_SERVICE, EVENT_SERVICE_REGISTERED
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.service import async_set_service_schema
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.yaml import load_yaml_dict

from ..const import DOMAIN
from ..model.spelling import distinct, folded, tidied
from ..runtime import PrintagoConfigEntry, PrintagoRuntime

_MOST_OFFERED = 500
_DELAY = 5
"""Seconds for which changes are collected."""
_DESCRIPTIONS = Path(__file__).parents[1] / "services.yaml"
_ANNOUNCED = "get_parts"
"""An action has no fields in a browser until it has read the descriptions."""
_NEW_NAMES = frozenset({("create_sku", "sku")})
"""Fields for new names."""

type _Choices = dict[str, str]
"""Labels by value."""


def _parts(runtime: PrintagoRuntime) -> _Choices:
    return _by_name(runtime.coordinator.store_state.catalog_names.parts)


def _skus(runtime: PrintagoRuntime) -> _Choices:
    return _by_name(runtime.coordinator.store_state.catalog_names.skus)


def _materials(runtime: PrintagoRuntime) -> _Choices:
    materials = runtime.coordinator.farm.materials.materials
    types = {material.type: material.type for material in materials.values() if material.type}
    return {**types, **_by_name({key: material.name for key, material in materials.items()})}


def _variants(runtime: PrintagoRuntime) -> _Choices:
    # A color is searched in the given material, so its name is enough.
    names = [variant.name for variant in runtime.coordinator.farm.materials.variants.values() if variant.name]
    return {tidied(name): tidied(name) for name in names if folded(name)}


def _tags(runtime: PrintagoRuntime) -> _Choices:
    return {tag: tag for printer in runtime.coordinator.farm.printers.values() for tag in printer.record.tags}


_CHOICES: Mapping[str, Callable[[PrintagoRuntime], _Choices]] = {
    "material": _materials,
    "part": _parts,
    "parts": _parts,
    "sku": _skus,
    "skus": _skus,
    "tags": _tags,
    "variant": _variants,
}
"""The offered options by field."""


def _by_name(names: Mapping[str, str | None]) -> _Choices:
    """Return names as options; if several are spelled alike, their values are the IDs."""
    named = {key: tidied(name) for key, name in names.items() if name and folded(name)}
    return {name if label == name else key: label for key, label in distinct(named).items() for name in (named[key],)}


class ActionPickers:
    """Keeps the descriptions of all actions up to date."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with the descriptions of services.yaml."""
        self._hass = hass
        self._described: dict[str, Any] = {}
        self._offered: dict[str, list[dict[str, str]]] = {}
        self._cancel: CALLBACK_TYPE | None = None

    async def async_follow(self, entry: PrintagoConfigEntry) -> None:
        """Offer the items of a store while it is loaded."""
        if not self._described:
            self._described = await self._hass.async_add_executor_job(load_yaml_dict, str(_DESCRIPTIONS))
        coordinator = entry.runtime_data.coordinator
        listeners = coordinator.listeners
        coordinator.store_state.catalog_names.on_read = self._async_look_soon
        entry.async_on_unload(listeners.async_add_farm(self._async_look_soon))
        entry.async_on_unload(listeners.async_add_poll(self._async_look_soon))
        entry.async_on_unload(lambda: self._async_unload(entry))
        self._async_look_soon()

    @callback
    def _async_unload(self, entry: PrintagoConfigEntry) -> None:
        entry.runtime_data.coordinator.store_state.catalog_names.on_read = None
        self._async_stop()
        self._async_look(without=entry)

    @callback
    def _async_look_soon(self) -> None:
        if self._cancel is None:
            self._cancel = async_call_later(self._hass, _DELAY, self._async_on_time)

    @callback
    def _async_on_time(self, _: object) -> None:
        self._cancel = None
        self._async_look()

    @callback
    def _async_stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_look(self, without: PrintagoConfigEntry | None = None) -> None:
        entries: list[PrintagoConfigEntry] = self._hass.config_entries.async_loaded_entries(DOMAIN)
        runtimes = [entry.runtime_data for entry in entries if entry is not without]
        offered = {field: _options(choices, runtimes) for field, choices in _CHOICES.items()}
        changed = {field for field, options in offered.items() if options != self._offered.get(field, [])}
        if not changed:
            return
        self._offered = offered
        for action, description in self._described.items():
            if changed & {name for name, _ in _fields(description)}:
                async_set_service_schema(self._hass, DOMAIN, action, self._with_options(action, description))
        # Browsers read the descriptions of all actions again when one of them is registered.
        self._hass.bus.async_fire(EVENT_SERVICE_REGISTERED, {ATTR_DOMAIN: DOMAIN, ATTR_SERVICE: _ANNOUNCED})

    def _with_options(self, action: str, description: Mapping[str, Any]) -> dict[str, Any]:
        described = deepcopy(dict(description))
        for name, field in _fields(described):
            text = field.get("selector", {}).get("text", _NO_TEXT)
            options = self._offered.get(name)
            if text is not _NO_TEXT and options and (action, name) not in _NEW_NAMES:
                multiple = bool((text or {}).get("multiple"))
                field["selector"] = {
                    "select": {"options": options, "custom_value": True, "multiple": multiple, "mode": "dropdown"}
                }
        return described


_NO_TEXT = object()


def _fields(description: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields of an action, including those in sections."""
    for name, field in (description.get("fields") or {}).items():
        if "fields" in field:
            yield from field["fields"].items()
        else:
            yield name, field


def _options(choices: Callable[[PrintagoRuntime], _Choices], runtimes: list[PrintagoRuntime]) -> list[dict[str, str]]:
    merged: _Choices = {}
    for runtime in runtimes:
        merged |= choices(runtime)
    by_label = sorted(merged.items(), key=lambda choice: (folded(choice[1]), choice[0]))
    return [{"value": value, "label": label} for value, label in by_label[:_MOST_OFFERED]]


_PICKERS: HassKey[ActionPickers] = HassKey(f"{DOMAIN}_pickers")


async def async_offer_choices(hass: HomeAssistant, entry: PrintagoConfigEntry) -> None:
    """Offer what a store has in the fields of actions."""
    if _PICKERS not in hass.data:
        hass.data[_PICKERS] = ActionPickers(hass)
    await hass.data[_PICKERS].async_follow(entry)
