"""Switches of the printers and of the store.

They show the requested state at once. Switches used at the same time are sent as one request, so their number is not
limited here. Under FabMatic the next print starts without anyone checking the bed: turn it on only for printers that
meet Printago's own safety rules for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import PrintagoClient, PrinterRow
from .api.rest.permissions import FABMATIC, MAINTENANCE, SETTINGS_EDIT, SETTINGS_VIEW
from .control import ControlDescription, ControlEntity, OptimisticToggle
from .coordinator import PrintagoCoordinator
from .entity import FarmEntity, async_setup_printer_entities
from .model.farm import Farm
from .model.printer import PrinterState
from .printing.printer_calls import async_turn_fabmatic
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterSwitchDescription(ControlDescription, SwitchEntityDescription):
    """Describes a switch that is a setting of Printago: no command is sent to the printer."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    needs_printer: bool = False
    is_on_fn: Callable[[PrinterState], bool]
    turn_fn: Callable[[PrintagoCoordinator, PrinterState, bool], Awaitable[None]]
    attributes_fn: Callable[[PrinterState], dict[str, Any]] = lambda printer: {}
    can_turn_on: Callable[[PrintagoCoordinator], bool] = lambda coordinator: True
    """Whether the store may turn it on; where it may not, it is available only to be turned off."""


def _setting(
    call: Callable[[PrintagoClient, str, bool], Awaitable[PrinterRow | None]],
) -> Callable[[PrintagoCoordinator, PrinterState, bool], Awaitable[None]]:
    """Return what changes a setting, and applies the record in the response."""

    async def turn(coordinator: PrintagoCoordinator, printer: PrinterState, on: bool) -> None:
        coordinator.updates.async_apply_printer(await call(coordinator.client, printer.id, on))

    return turn


PRINTER_SWITCHES = (
    PrinterSwitchDescription(
        key="enabled",
        is_on_fn=lambda printer: printer.record.enabled,
        turn_fn=_setting(lambda client, printer_id, on: client.set_enabled(printer_id, enabled=on)),
    ),
    PrinterSwitchDescription(
        key="fabmatic",
        permissions=FABMATIC,
        is_on_fn=lambda printer: printer.record.continuous_print,
        turn_fn=lambda coordinator, printer, on: async_turn_fabmatic(coordinator, printer, enabled=on),
        attributes_fn=lambda printer: {
            "job_limit": printer.record.fabmatic_remaining_jobs if printer.record.continuous_print else None
        },
    ),
    PrinterSwitchDescription(
        key="maintenance_mode",
        permissions=MAINTENANCE,
        is_offered=lambda coordinator: coordinator.store_state.facts.entitled is True,
        can_turn_on=lambda coordinator: coordinator.store_state.facts.entitled is not False,
        is_on_fn=lambda printer: printer.record.in_maintenance,
        turn_fn=_setting(lambda client, printer_id, on: client.set_maintenance(printer_id, enabled=on)),
    ),
)

LOW_PRIORITY_SWITCH = SwitchEntityDescription(key="process_low_priority_jobs", entity_category=EntityCategory.CONFIG)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switch of the store, and those of printers as they are added."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities([LowPrioritySwitch(coordinator, LOW_PRIORITY_SWITCH)])
    async_setup_printer_entities(entry, Platform.SWITCH, PRINTER_SWITCHES, PrinterSwitch, async_add_entities)


def _take_over(coordinator: PrintagoCoordinator, low_priority: bool | None) -> None:
    coordinator.farm.process_low_priority_jobs = low_priority
    coordinator.listeners.async_update_farm()


class PrinterSwitch(OptimisticToggle, ControlEntity, SwitchEntity):
    """A switch of a printer."""

    entity_description: PrinterSwitchDescription

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        description = self.entity_description
        usable = description.can_turn_on(self.coordinator) or description.is_on_fn(printer)
        return usable and super()._is_available(printer)

    @override
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_is_on = self._async_shown(self.entity_description.is_on_fn(printer))
        self._attr_extra_state_attributes = self.entity_description.attributes_fn(printer)
        return (self._attr_is_on, self._attr_extra_state_attributes)

    @override
    async def _async_turn(self, *, on: bool) -> None:
        if (printer := self.printer) is None:
            return

        async def turn() -> None:
            await self.entity_description.turn_fn(self.coordinator, printer, on)

        await self._async_set_optimistic(on, self.entity_description.is_on_fn(printer), turn, answer_is_state=True)


class LowPrioritySwitch(OptimisticToggle, FarmEntity, SwitchEntity):
    """Whether Printago also assigns jobs of low priority, for example overnight."""

    @override
    def _is_available(self) -> bool:
        permissions = self.coordinator.client.permissions
        return super()._is_available() and not (permissions.lacks(SETTINGS_VIEW) or permissions.lacks(SETTINGS_EDIT))

    @override
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        self._attr_is_on = self._async_shown(farm.process_low_priority_jobs)
        return (self._attr_is_on,)

    @override
    async def _async_turn(self, *, on: bool) -> None:
        async def turn() -> None:
            _take_over(self.coordinator, await self.coordinator.client.process_low_priority_jobs(on=on))

        await self._async_set_optimistic(
            on, self.coordinator.farm.process_low_priority_jobs, turn, answer_is_state=True
        )
