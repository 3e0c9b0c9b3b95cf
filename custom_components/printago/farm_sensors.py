"""Sensors of the farm as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.core import callback

from .api import JobStatus
from .api.models import IN_PROGRESS_STATUSES
from .entity import FarmEntity
from .farm import Farm
from .printer_state import PrinterState, Readiness


@dataclass(frozen=True, kw_only=True)
class FarmSensorDescription(SensorEntityDescription):
    """Describes a sensor of the farm; one that counts printers names them in an attribute."""

    value_fn: Callable[[Farm], int | None] | None = None
    counts_printer: Callable[[PrinterState], bool | None] | None = None
    needs_jobs: bool = False


def _printers(key: str, counts: Callable[[PrinterState], bool | None]) -> FarmSensorDescription:
    return FarmSensorDescription(key=key, state_class=SensorStateClass.MEASUREMENT, counts_printer=counts)


def _jobs(key: str, *statuses: JobStatus) -> FarmSensorDescription:
    return FarmSensorDescription(
        key=key,
        state_class=SensorStateClass.MEASUREMENT,
        needs_jobs=True,
        value_fn=lambda farm: sum(1 for _ in farm.jobs_with(*statuses)),
    )


FARM_SENSORS = (
    _printers("printers_total", lambda printer: True),
    _printers("printers_online", lambda printer: printer.is_online),
    _printers("printers_printing", lambda printer: printer.printing),
    _printers("printers_ready", lambda printer: printer.readiness is Readiness.READY),
    _printers("printers_awaiting_clear", lambda printer: printer.bed_needs_clearing),
    _printers("printers_with_problem", lambda printer: printer.has_problem),
    _jobs("jobs_queued", JobStatus.PENDING),
    _jobs("jobs_in_progress", *IN_PROGRESS_STATUSES),
    _jobs("jobs_failed", JobStatus.FAILED),
    _jobs("jobs_waiting_approval", JobStatus.WAITING_FOR_APPROVAL),
    FarmSensorDescription(
        key="jobs_completed",
        state_class=SensorStateClass.TOTAL_INCREASING,
        needs_jobs=True,
        value_fn=lambda farm: farm.completed_jobs,
    ),
)


class FarmSensor(FarmEntity, SensorEntity):
    """A sensor of the farm."""

    entity_description: FarmSensorDescription
    _unrecorded_attributes = frozenset({"printers"})

    @override
    def _is_available(self) -> bool:
        if self.entity_description.needs_jobs and not self.coordinator.jobs_readable:
            return False
        return super()._is_available()

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        description = self.entity_description
        if description.value_fn is not None:
            self._attr_native_value = description.value_fn(farm)
            return (self._attr_native_value,)
        assert description.counts_printer is not None
        names = sorted(printer.name for printer in farm.printers.values() if description.counts_printer(printer))
        self._attr_native_value = len(names)
        self._attr_extra_state_attributes = {"printers": names}
        return (names,)
