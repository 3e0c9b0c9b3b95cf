"""Buttons of the printers and of the store.

The effect of a press depends on what the printer does; a press that has no effect now is refused with a reason. Presses
at the same time are sent as one request, so their number is not limited here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.models.shop import ETSY
from .api.rest.permissions import CONFIRM_READY, INTEGRATION_MANAGE, QUEUE_MANAGE, Permissions
from .control import ControlDescription, ControlEntity
from .coordinator import PrintagoCoordinator
from .entity import FarmEntity, SavedPrintEntity, async_setup_printer_entities, async_setup_shop_entities
from .errors import action_error
from .model.farm import Farm
from .model.print_status import PrintStatus
from .model.printer import PrinterState
from .model.shop_links import ShopLink
from .model.store_info import Fact
from .printing.printer_calls import (
    PAUSE,
    RESUME,
    STOP,
    async_confirm_all,
    async_confirm_bed,
    beds_to_clear,
    confirmation_refusal,
)
from .printing.saved_print import SavedPrint
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterButtonDescription(ControlDescription, ButtonEntityDescription):
    """Describes a button of a printer."""

    press_fn: Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]
    refusal_fn: Callable[[PrinterState], str | None] = lambda printer: None
    """Returns the translation key of the reason to refuse a press, None to accept it."""
    permissions_with_job: Permissions | None = None
    """The permissions needed instead while the printer has a Printago job."""


@dataclass(frozen=True, kw_only=True)
class FarmButtonDescription(ButtonEntityDescription):
    """Describes a button of the farm."""

    press_fn: Callable[[PrintagoCoordinator], Awaitable[None]]
    permissions: Permissions = frozenset()


def _command(command: str, **options: Any) -> Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]:
    async def press(coordinator: PrintagoCoordinator, printer: PrinterState) -> None:
        await coordinator.client.send_command(printer.id, command, **options)

    return press


def _refuse_unloading(printer: PrinterState) -> str | None:
    # Users pause prints in order to change the filament.
    return "busy_printing" if printer.in_use and printer.print_status is not PrintStatus.PAUSE else None


PRINTER_BUTTONS = (
    PrinterButtonDescription(
        key="confirm_bed_cleared",
        needs_printer=False,
        permissions=CONFIRM_READY,
        press_fn=async_confirm_bed,
        refusal_fn=confirmation_refusal,
    ),
    PrinterButtonDescription(
        key="pause",
        permissions_with_job=QUEUE_MANAGE,
        press_fn=PAUSE,
        refusal_fn=lambda printer: None if printer.can_pause else "not_printing",
    ),
    PrinterButtonDescription(
        key="resume",
        permissions_with_job=QUEUE_MANAGE,
        press_fn=RESUME,
        refusal_fn=lambda printer: None if printer.can_resume else "not_paused",
    ),
    PrinterButtonDescription(
        key="stop",
        permissions_with_job=QUEUE_MANAGE,
        press_fn=STOP,
        refusal_fn=lambda printer: None if printer.can_stop else "nothing_to_stop",
    ),
    PrinterButtonDescription(
        key="refresh",
        entity_registry_enabled_default=False,
        press_fn=_command("resync-data"),
    ),
    PrinterButtonDescription(
        key="home",
        entity_registry_enabled_default=False,
        press_fn=_command("home-axis", axes={"x": True, "y": True, "z": True}),
        refusal_fn=lambda printer: "busy_printing" if printer.in_use else None,
    ),
    PrinterButtonDescription(
        key="unload_filament",
        entity_registry_enabled_default=False,
        press_fn=_command("unload-filament"),
        refusal_fn=_refuse_unloading,
    ),
)


async def _confirm_all_beds_cleared(coordinator: PrintagoCoordinator) -> None:
    await async_confirm_all(coordinator, beds_to_clear(coordinator))


FARM_BUTTONS = (
    FarmButtonDescription(
        key="refresh", translation_key="refresh_farm", press_fn=PrintagoCoordinator.async_refresh_for_person
    ),
    FarmButtonDescription(
        key="confirm_all_beds_cleared",
        entity_registry_enabled_default=False,
        press_fn=_confirm_all_beds_cleared,
        permissions=CONFIRM_READY,
    ),
)

SYNC_SHOP = FarmButtonDescription(
    key="sync_shop",
    translation_placeholders={"shop": ""},
    press_fn=PrintagoCoordinator.async_refresh_for_person,
    permissions=INTEGRATION_MANAGE,
)
SAVED_PRINT_BUTTON = ButtonEntityDescription(key="print", translation_key="saved_print")
_PRINT_PERMISSIONS: Permissions = frozenset({"build.create"})


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of the farm, and of printers and saved prints as they are added."""
    async_add_entities(FarmButton(entry.runtime_data.coordinator, description) for description in FARM_BUTTONS)
    async_setup_printer_entities(entry, Platform.BUTTON, PRINTER_BUTTONS, PrinterButton, async_add_entities)
    async_setup_shop_entities(entry, Platform.BUTTON, SYNC_SHOP.key, _sync_button, async_add_entities)
    entry.runtime_data.saved_prints.async_add_platform(SavedPrintButton, async_add_entities)


class PrinterButton(ControlEntity, ButtonEntity):
    """A button of a printer."""

    entity_description: PrinterButtonDescription

    @override
    def _permissions(self, printer: PrinterState) -> Permissions:
        with_job = self.entity_description.permissions_with_job
        return with_job if with_job is not None and printer.job is not None else super()._permissions(printer)

    @override
    async def async_press(self) -> None:
        printer = self.printer
        if printer is None:
            return
        if (reason := self.entity_description.refusal_fn(printer)) is not None:
            raise action_error(reason, printer=printer.name)
        await self.coordinator.async_call(self.entity_description.press_fn(self.coordinator, printer))


class FarmButton(FarmEntity, ButtonEntity):
    """A button of the store."""

    entity_description: FarmButtonDescription

    @override
    def _is_available(self) -> bool:
        lacks = self.coordinator.client.permissions.lacks(self.entity_description.permissions)
        return super()._is_available() and not lacks

    @override
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        return ()

    @override
    async def async_press(self) -> None:
        await self.coordinator.async_call(self.entity_description.press_fn(self.coordinator))


def _sync_button(coordinator: PrintagoCoordinator, link: ShopLink) -> FarmButton | None:
    """Return the button that takes in new orders of a shop; of other shops than Etsy's Printago does it alone."""
    if link.shop.type != ETSY:
        return None

    async def sync(coordinator: PrintagoCoordinator) -> None:
        await coordinator.client.upkeep.sync_etsy(link.shop.id)
        coordinator.slow_poller.async_want(Fact.ORDERS)
        coordinator.slow_poller.async_want(Fact.SHOPS)

    return FarmButton(
        coordinator,
        replace(
            SYNC_SHOP,
            key=f"{SYNC_SHOP.key}_{link.shop.id}",
            translation_key=SYNC_SHOP.key,
            translation_placeholders={"shop": link.name},
            press_fn=sync,
        ),
    )


class SavedPrintButton(SavedPrintEntity, ButtonEntity):
    """Starts a saved print. It has only the name of the saved print, so that voice commands find it."""

    _attr_name = None

    def __init__(self, saved_print: SavedPrint) -> None:
        """Print a saved print."""
        super().__init__(saved_print, SAVED_PRINT_BUTTON)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.listeners.async_add_farm(self.async_on_update))

    @override
    @callback
    def _async_read(self) -> tuple[Any, ...]:
        lacks = self.coordinator.client.permissions.lacks(_PRINT_PERMISSIONS)
        self._attr_available = self.coordinator.available and not lacks
        return (self._attr_available,)

    @override
    async def async_press(self) -> None:
        await self.saved_print.async_print()
