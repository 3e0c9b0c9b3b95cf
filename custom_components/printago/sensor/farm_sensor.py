"""Sensors of the farm."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
import heapq
import math
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory, Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api import JobStatus
from ..api.models.order import Order
from ..api.models.records import IN_PROGRESS_STATUSES, place_in_queue
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..entity import FarmEntity
from ..model.farm import Farm
from ..model.print_status import Readiness
from ..model.printer import Counted
from ..model.store_info import Fact, StoreInfo
from ..runtime import PrintagoConfigEntry

_MOST_NAMES = 50
"""How many jobs or orders the attribute ``names`` lists: the first of the queue, the most urgent."""
_UNUSABLE = frozenset({Readiness.MAINTENANCE, Readiness.DISABLED})

type Count = tuple[int, list[Any]]


@dataclass(frozen=True, kw_only=True)
class FarmSensorDescription(SensorEntityDescription):
    """Describes a sensor of the farm."""

    value_fn: Callable[[PrintagoCoordinator], float | datetime | None] | None = None
    count_fn: Callable[[PrintagoCoordinator], Count] | None = None
    """Replaces ``value_fn``: returns a count, and what is counted for the attribute ``names``."""
    names: str = ""
    needs_jobs: bool = False
    fact: Fact | None = None
    """Data that the key must have been able to read once; without it, the sensor is not created."""
    always: bool = False
    """It describes the integration, so it stays available while Printago can't be reached."""


def _printers(key: str, counts: Callable[[Counted], bool | None]) -> FarmSensorDescription:
    def count(coordinator: PrintagoCoordinator) -> Count:
        names = sorted(printer.name for printer in coordinator.farm.counted() if counts(printer))
        return len(names), names

    return FarmSensorDescription(key=key, state_class=SensorStateClass.MEASUREMENT, count_fn=count, names="printers")


def _jobs(key: str, *statuses: JobStatus) -> FarmSensorDescription:
    def count(coordinator: PrintagoCoordinator) -> Count:
        jobs = list(coordinator.farm.jobs_with(*statuses))
        return len(jobs), [job.title for job in heapq.nsmallest(_MOST_NAMES, jobs, key=place_in_queue)]

    return FarmSensorDescription(
        key=key, state_class=SensorStateClass.MEASUREMENT, needs_jobs=True, count_fn=count, names="jobs"
    )


def _orders(key: str, choose: Callable[[StoreInfo, datetime], Iterable[Order]]) -> FarmSensorDescription:
    def count(coordinator: PrintagoCoordinator) -> Count:
        orders = list(choose(coordinator.store_state.facts, coordinator.farm.server_now()))
        return len(orders), [order.title for order in heapq.nsmallest(_MOST_NAMES, orders, key=_urgency)]

    return FarmSensorDescription(
        key=key, state_class=SensorStateClass.MEASUREMENT, fact=Fact.ORDERS, count_fn=count, names="orders"
    )


def _unprintable(coordinator: PrintagoCoordinator) -> Count:
    facts = coordinator.store_state.facts
    items = facts.unprintable()
    listed = [
        {
            "order": facts.orders[item.order_id or ""].title,
            "sku": item.title,
            "quantity": item.quantity,
            "reason": (item.problem.reason or "unknown") if item.problem is not None else None,
            "message": item.problem.message if item.problem is not None else None,
        }
        for item in items[:_MOST_NAMES]
    ]
    return len(items), listed


def _maintenance(coordinator: PrintagoCoordinator) -> Count:
    due, printers = coordinator.store_state.facts.maintenance.due(), coordinator.farm.printers
    names = [
        f"{printers[item.printer_id].name}: {item.name}" for item in due if item.name and item.printer_id in printers
    ]
    return len(due), names[:_MOST_NAMES]


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline else math.inf, order.title)


def _utilization(coordinator: PrintagoCoordinator) -> float | None:
    """Return the percentage of the usable printers that are printing."""
    usable = [printer for printer in coordinator.farm.counted() if printer.readiness not in _UNUSABLE]
    if not usable:
        return None
    return round(100 * sum(bool(printer.printing) for printer in usable) / len(usable), 1)


def _next_free(coordinator: PrintagoCoordinator) -> datetime | None:
    ends = (printer.ends_at for printer in coordinator.farm.counted())
    return min((end for end in ends if end is not None), default=None)


def _materials_short(coordinator: PrintagoCoordinator) -> Count:
    table = coordinator.store_state.material_table
    return len(table.short), table.described[:_MOST_NAMES]


FARM_SENSORS = (
    _printers("printers_total", lambda printer: True),
    _printers("printers_online", lambda printer: printer.is_online),
    _printers("printers_printing", lambda printer: printer.printing),
    _printers("printers_ready", lambda printer: printer.readiness is Readiness.READY),
    _printers("printers_awaiting_clear", lambda printer: printer.bed_needs_clearing),
    _printers("printers_with_problem", lambda printer: printer.has_problem),
    FarmSensorDescription(
        key="utilization",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_utilization,
    ),
    FarmSensorDescription(key="next_free", device_class=SensorDeviceClass.TIMESTAMP, value_fn=_next_free),
    _jobs("jobs_queued", JobStatus.PENDING),
    _jobs("jobs_in_progress", *IN_PROGRESS_STATUSES),
    _jobs("jobs_failed", JobStatus.FAILED),
    _jobs("jobs_waiting_approval", JobStatus.WAITING_FOR_APPROVAL),
    FarmSensorDescription(
        key="jobs_completed",
        state_class=SensorStateClass.TOTAL_INCREASING,
        needs_jobs=True,
        value_fn=lambda coordinator: coordinator.farm.open_jobs.completions.total,
    ),
    _orders("orders_open", lambda facts, now: facts.orders.values()),
    _orders("orders_overdue", lambda facts, now: facts.overdue(now)),
    FarmSensorDescription(
        key="order_items_unprintable",
        state_class=SensorStateClass.MEASUREMENT,
        fact=Fact.ORDER_ITEMS,
        count_fn=_unprintable,
        names="items",
    ),
    FarmSensorDescription(
        key="maintenance_due",
        state_class=SensorStateClass.MEASUREMENT,
        fact=Fact.MAINTENANCE,
        count_fn=_maintenance,
        names="items",
    ),
    FarmSensorDescription(
        key="production_slots_used",
        state_class=SensorStateClass.MEASUREMENT,
        needs_jobs=True,
        fact=Fact.SLOTS,
        value_fn=lambda coordinator: sum(1 for _ in coordinator.farm.jobs_with(*IN_PROGRESS_STATUSES)),
    ),
    FarmSensorDescription(
        key="production_slots_total",
        state_class=SensorStateClass.MEASUREMENT,
        fact=Fact.SLOTS,
        value_fn=lambda coordinator: coordinator.store_state.facts.slots,
    ),
    FarmSensorDescription(
        key="materials_short",
        state_class=SensorStateClass.MEASUREMENT,
        needs_jobs=True,
        fact=Fact.MATERIALS,
        count_fn=_materials_short,
        names="materials",
    ),
    FarmSensorDescription(
        key="api_requests_last_hour",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        always=True,
        value_fn=lambda coordinator: coordinator.store_state.limiter.requests_last_hour,
    ),
)


@callback
def async_setup_farm_sensors(entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of the farm.

    One that needs a special permission is added after the first successful read, and then at every start.
    """
    coordinator = entry.runtime_data.coordinator
    registry = er.async_get(coordinator.hass)

    def wanted(description: FarmSensorDescription) -> bool:
        if description.fact is None or description.fact in coordinator.store_state.facts.known:
            return True
        unique_id = f"{coordinator.store_id}_{description.key}"
        return registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id) is not None

    missing = list(FARM_SENSORS)

    @callback
    def add() -> None:
        if found := [description for description in missing if wanted(description)]:
            for description in found:
                missing.remove(description)
            async_add_entities(FarmSensor(coordinator, description) for description in found)

    entry.async_on_unload(coordinator.listeners.async_add_farm(add))
    add()


class FarmSensor(FarmEntity, SensorEntity):
    """A sensor of the farm."""

    entity_description: FarmSensorDescription
    _unrecorded_attributes = frozenset({"printers", "jobs", "orders", "materials", "items"})

    @override
    def _is_available(self) -> bool:
        description = self.entity_description
        if description.always:
            return True
        if description.needs_jobs and not self.coordinator.jobs_readable:
            return False
        if description.fact is not None and description.fact not in self.coordinator.store_state.facts.known:
            return False
        return super()._is_available()

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        description = self.entity_description
        if description.count_fn is None:
            assert description.value_fn is not None
            self._attr_native_value = description.value_fn(self.coordinator)
            return (self._attr_native_value,)
        count, names = description.count_fn(self.coordinator)
        self._attr_native_value = count
        self._attr_extra_state_attributes = {description.names: names}
        return (count, names)
