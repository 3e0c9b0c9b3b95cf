"""Event entities of the printers and of the farm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import FarmEntity, PrinterEntity, PrinterEntityDescription, async_setup_printer_entities
from .model.events import FarmEvent, Scope
from .model.farm import Farm
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterEventDescription(PrinterEntityDescription, EventEntityDescription):
    """Describes an event entity of a printer; its key is the scope of its events."""


PRINTER_EVENTS = (
    PrinterEventDescription(
        key=Scope.PRINT,
        event_types=[
            "print_started",
            "print_paused",
            "print_resumed",
            "print_finished",
            "print_failed",
            "print_canceled",
        ],
    ),
    PrinterEventDescription(
        key=Scope.ALERT,
        event_types=[
            "hms_error",
            "hms_warning",
            "hms_cleared",
            "fabmatic_tripped",
            "printer_offline",
            "printer_online",
            "maintenance_due_soon",
            "maintenance_overdue",
        ],
    ),
)
FARM_EVENTS = (
    EventEntityDescription(
        key=Scope.JOB,
        event_types=[
            "job_created",
            "job_assigned",
            "job_started",
            "job_paused",
            "job_finished",
            "job_failed",
            "job_canceled",
            "job_retried",
        ],
    ),
    EventEntityDescription(
        key=Scope.ORDER, event_types=["order_created", "order_completed", "order_closed", "order_canceled"]
    ),
    EventEntityDescription(key=Scope.MATERIAL, event_types=["material_short"]),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the event entities of the farm, and of printers as they are added."""
    async_add_entities(FarmEventEntity(entry.runtime_data.coordinator, description) for description in FARM_EVENTS)
    async_setup_printer_entities(entry, Platform.EVENT, PRINTER_EVENTS, PrinterEventEntity, async_add_entities)


class PrinterEventEntity(PrinterEntity, EventEntity):
    """Fires the events of one printer: its prints, or its alerts."""

    entity_description: PrinterEventDescription

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.listeners.async_add_events(
                Scope(self.entity_description.key), self.printer_id, self._async_notify
            )
        )

    @callback
    def _async_notify(self, farm_event: FarmEvent) -> None:
        self._trigger_event(farm_event.kind, _stated(farm_event.data))
        self.async_write_ha_state()


class FarmEventEntity(FarmEntity, EventEntity):
    """Fires the events of the farm: of its jobs, its orders, or its materials."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.listeners.async_add_events(Scope(self.entity_description.key), None, self._async_notify)
        )

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        return ()

    @callback
    def _async_notify(self, farm_event: FarmEvent) -> None:
        self._trigger_event(farm_event.kind, _stated(farm_event.data))
        self.async_write_ha_state()


def _stated(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an event without unknown values."""
    return {name: value for name, value in data.items() if value is not None}
