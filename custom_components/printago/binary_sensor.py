"""Binary sensors of the printers and of the farm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import ExtraStoredData, RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from .api import Severity
from .coordinator import PrintagoCoordinator
from .entity import (
    FarmEntity,
    PrinterEntity,
    PrinterEntityDescription,
    async_setup_printer_entities,
    async_setup_shop_entities,
)
from .model.farm import Farm
from .model.hms import is_bambu, messages_of
from .model.printer import PrinterState
from .model.shop_links import ShopLink
from .model.store_info import Fact
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterBinarySensorDescription(PrinterEntityDescription, BinarySensorEntityDescription):
    """Describes a binary sensor of a printer."""

    value_fn: Callable[[PrinterState], bool | None]
    attributes_fn: Callable[[PrinterState], Mapping[str, Any]] | None = None


def _hms_attributes(printer: PrinterState) -> Mapping[str, Any]:
    problems = printer.problems
    severities = {problem.severity for problem in problems}
    return {
        "messages": messages_of(printer.record.provider, problems),
        "highest_severity": next((severity for severity in Severity if severity in severities), None),
    }


PRINTER_BINARY_SENSORS = (
    PrinterBinarySensorDescription(
        key="online",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        value_fn=lambda printer: printer.is_online,
    ),
    PrinterBinarySensorDescription(
        key="printing",
        device_class=BinarySensorDeviceClass.RUNNING,
        value_fn=lambda printer: printer.printing,
    ),
)
HMS = PrinterBinarySensorDescription(
    key="hms",
    live=True,
    device_class=BinarySensorDeviceClass.PROBLEM,
    value_fn=lambda printer: printer.has_problem,
    attributes_fn=_hms_attributes,
)
ERRORS = replace(HMS, translation_key="errors")
"""The same for printers of other makers than Bambu Lab."""
MAINTENANCE_DUE = PrinterBinarySensorDescription(
    key="maintenance_due",
    device_class=BinarySensorDeviceClass.PROBLEM,
    is_offered=lambda coordinator: Fact.MAINTENANCE in coordinator.store_state.facts.known,
    value_fn=lambda printer: None,
)
BED_NEEDS_CLEARING = PrinterBinarySensorDescription(
    key="bed_needs_clearing", value_fn=lambda printer: printer.bed_needs_clearing
)
SHOP = BinarySensorEntityDescription(
    key="shop",
    translation_placeholders={"shop": ""},
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)
REALTIME = BinarySensorEntityDescription(
    key="realtime",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of the farm, and of printers as they are added."""
    async_add_entities([RealtimeBinarySensor(entry.runtime_data.coordinator, REALTIME)])
    async_setup_printer_entities(
        entry, Platform.BINARY_SENSOR, PRINTER_BINARY_SENSORS, PrinterBinarySensor, async_add_entities
    )
    async_setup_shop_entities(entry, Platform.BINARY_SENSOR, SHOP.key, ShopBinarySensor, async_add_entities)
    async_setup_printer_entities(
        entry, Platform.BINARY_SENSOR, (MAINTENANCE_DUE,), MaintenanceBinarySensor, async_add_entities
    )
    async_setup_printer_entities(entry, Platform.BINARY_SENSOR, (HMS,), _problem_sensor, async_add_entities)
    async_setup_printer_entities(
        entry, Platform.BINARY_SENSOR, (BED_NEEDS_CLEARING,), BedBinarySensor, async_add_entities
    )


class PrinterBinarySensor(PrinterEntity, BinarySensorEntity):
    """A binary sensor of a printer."""

    entity_description: PrinterBinarySensorDescription
    _unrecorded_attributes = frozenset({"messages"})

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_is_on = self.entity_description.value_fn(printer)
        if self.entity_description.attributes_fn is None:
            return (self._attr_is_on,)
        attributes = self._attr_extra_state_attributes = dict(self.entity_description.attributes_fn(printer))
        return (self._attr_is_on, attributes)


def _problem_sensor(
    coordinator: PrintagoCoordinator, printer_id: str, description: PrinterBinarySensorDescription
) -> PrinterBinarySensor:
    printer = coordinator.farm.printers[printer_id]
    return PrinterBinarySensor(coordinator, printer_id, description if is_bambu(printer.record.provider) else ERRORS)


class MaintenanceBinarySensor(PrinterBinarySensor):
    """Whether maintenance of a printer is due soon or overdue."""

    _unrecorded_attributes = frozenset({"items"})

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        return Fact.MAINTENANCE in self.coordinator.store_state.facts.known and super()._is_available(printer)

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        tasks = self.coordinator.store_state.facts.maintenance.of(printer.id)
        self._attr_is_on = any(task.is_due for task in tasks)
        items = [
            {
                "item": task.name,
                "status": task.status.lower() if task.status is not None else None,
                "progress": task.progress,
                "elapsed": task.elapsed,
                "interval": task.interval,
                "unit": task.trigger,
                "last_done": task.last_done_at,
            }
            for task in tasks
        ]
        self._attr_extra_state_attributes = {"items": items}
        return (self._attr_is_on, items)


class BedBinarySensor(PrinterBinarySensor, RestoreEntity):
    """Whether a bed needs clearing, and since when; the time survives restarts and outages."""

    _waiting_since: datetime | None = None

    @override
    async def async_added_to_hass(self) -> None:
        if (stored := await self.async_get_last_extra_data()) is not None:
            known = stored.as_dict()
            # After another print, the bed waits anew.
            if self.printer is not None and known.get("print_jobs") == self.printer.record.lifetime_job_count:
                self._waiting_since = _moment(known.get("waiting_since"))
        await super().async_added_to_hass()

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        shown = super()._async_read_printer(printer)
        if self._attr_is_on is False:
            self._waiting_since = None
        elif self._attr_is_on and self._waiting_since is None:
            self._waiting_since = dt_util.utcnow()
        self._attr_extra_state_attributes = {"waiting_since": self._waiting_since}
        return (*shown, self._waiting_since)

    @property
    @override
    def extra_restore_state_data(self) -> ExtraStoredData:
        jobs = self.printer.record.lifetime_job_count if self.printer is not None else None
        since = self._waiting_since.isoformat() if self._waiting_since is not None else None
        return RestoredExtraData({"waiting_since": since, "print_jobs": jobs})


def _moment(stored: Any) -> datetime | None:
    """Return a stored time, None if it is invalid or in the future."""
    try:
        moment = datetime.fromisoformat(stored)
    except TypeError, ValueError:
        return None
    return moment if moment.tzinfo is not None and moment <= dt_util.utcnow() else None


class RealtimeBinarySensor(FarmEntity, BinarySensorEntity):
    """Whether the realtime stream is up; without it, changes are only seen once a minute."""

    @override
    def _is_available(self) -> bool:
        return True

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        self._attr_is_on = self.coordinator.stream_since is not None
        return (self._attr_is_on,)


class ShopBinarySensor(FarmEntity, BinarySensorEntity):
    """Whether the orders of a shop arrive in Printago."""

    def __init__(self, coordinator: PrintagoCoordinator, link: ShopLink) -> None:
        """Follow a shop."""
        placeholders = {"shop": link.name}
        key = f"{SHOP.key}_{link.shop.id}"
        super().__init__(
            coordinator, replace(SHOP, key=key, translation_key=SHOP.key, translation_placeholders=placeholders)
        )
        self._shop_id = link.shop.id

    @override
    def _is_available(self) -> bool:
        return super()._is_available() and self._shop_id in self.coordinator.store_state.facts.shops.all

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        link = self.coordinator.store_state.facts.shops.all[self._shop_id]
        self._attr_is_on = link.is_connected(farm.server_now())
        self._attr_extra_state_attributes = {"type": link.shop.type, "last_synced": link.last_synced_at}
        return (self._attr_is_on, self._attr_extra_state_attributes)
