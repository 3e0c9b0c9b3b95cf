"""Sensors of past prints and of the queue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, Platform, UnitOfMass, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import PrintagoCoordinator
from ..entity import FarmEntity, PrinterEntity, PrinterEntityDescription, async_setup_printer_entities
from ..history.keeper import History
from ..history.past_print import GRAMS
from ..model.farm import Farm
from ..model.printer import PrinterState
from ..runtime import PrintagoConfigEntry

_HOUR = 3600
_MOST_REASONS = 20


@dataclass(frozen=True, kw_only=True)
class HistorySensorDescription(PrinterEntityDescription, SensorEntityDescription):
    """Describes a sensor of a printer, or of the farm, for which ``value_fn`` gets no printer ID."""

    value_fn: Callable[[History, str | None], float | datetime | None]
    attributes_fn: Callable[[History, str | None], Mapping[str, Any]] | None = None
    only_grows: bool = False
    """A correction makes it wait until it has caught up: a total that falls would count as one that began anew."""


def _success_rate(history: History, printer_id: str | None) -> float | None:
    outcomes = history.outcomes(printer_id)
    rate = outcomes.success_rate if outcomes is not None else None
    return None if rate is None else round(rate, 1)


def _outcomes(history: History, printer_id: str | None) -> Mapping[str, Any]:
    outcomes = history.outcomes(printer_id)
    if outcomes is None:
        return {"finished": None, "failed": None, "canceled": None, "reasons": {}}
    return {
        "finished": outcomes.finished,
        "failed": outcomes.failed,
        "canceled": outcomes.canceled,
        "reasons": dict(outcomes.reasons.most_common(_MOST_REASONS)),
    }


def _filament_used(history: History, printer_id: str | None) -> float | None:
    totals = history.totals(printer_id)
    return None if totals is None or not history.complete or not history.weighs else round(totals.grams / GRAMS, 1)


def _print_time(history: History, printer_id: str | None) -> float | None:
    totals = history.totals(printer_id)
    return None if totals is None or not history.complete else round(totals.seconds / _HOUR, 1)


def _queue_time(history: History, _: str | None) -> float | None:
    forecast = history.forecaster.forecast()
    return None if forecast.jobs and forecast.without_time == forecast.jobs else round(forecast.seconds / _HOUR, 1)


def _queue_filament(history: History, _: str | None) -> float | None:
    forecast = history.forecaster.forecast()
    return None if forecast.jobs and forecast.without_weight == forecast.jobs else round(forecast.grams)


SUCCESS_RATE = HistorySensorDescription(
    key="success_rate",
    native_unit_of_measurement=PERCENTAGE,
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=0,
    value_fn=_success_rate,
    attributes_fn=_outcomes,
)
FILAMENT_USED = HistorySensorDescription(
    key="filament_used",
    device_class=SensorDeviceClass.WEIGHT,
    native_unit_of_measurement=UnitOfMass.GRAMS,
    state_class=SensorStateClass.TOTAL_INCREASING,
    suggested_display_precision=0,
    value_fn=_filament_used,
    only_grows=True,
)
PRINTER_SENSORS = (
    SUCCESS_RATE,
    FILAMENT_USED,
    HistorySensorDescription(
        key="failed_prints",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_registry_enabled_default=False,
        value_fn=lambda history, printer_id: history.failed_prints(printer_id or ""),
        only_grows=True,
    ),
)
FARM_SENSORS = (
    SUCCESS_RATE,
    FILAMENT_USED,
    HistorySensorDescription(
        key="print_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=_print_time,
        only_grows=True,
    ),
    HistorySensorDescription(
        key="queue_print_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=_queue_time,
        attributes_fn=lambda history, _: {"jobs_without_estimate": history.forecaster.forecast().without_time},
    ),
    HistorySensorDescription(
        key="queue_end",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda history, _: history.forecaster.ends_at(),
        attributes_fn=lambda history, _: {"jobs_left_out": history.forecaster.forecast().unplanned},
    ),
    HistorySensorDescription(
        key="queue_filament",
        device_class=SensorDeviceClass.WEIGHT,
        native_unit_of_measurement=UnitOfMass.GRAMS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_queue_filament,
        attributes_fn=lambda history, _: {"jobs_without_estimate": history.forecaster.forecast().without_weight},
    ),
)


class _HistorySensor(SensorEntity):
    """What the sensors of printers and of the farm share."""

    coordinator: PrintagoCoordinator
    _unrecorded_attributes = frozenset({"reasons"})

    def _read(self, printer_id: str | None) -> tuple[Any, ...]:
        history: History = self.coordinator.config_entry.runtime_data.history
        description = self.entity_description
        assert isinstance(description, HistorySensorDescription)
        value = description.value_fn(history, printer_id)
        before = self._attr_native_value
        if description.only_grows and isinstance(value, float | int) and isinstance(before, float | int):
            value = max(value, before)
        self._attr_native_value = value
        if description.attributes_fn is None:
            return (value,)
        attributes = self._attr_extra_state_attributes = dict(description.attributes_fn(history, printer_id))
        return (value, attributes)


class PrinterHistorySensor(_HistorySensor, PrinterEntity):
    """A sensor of the past prints of a printer."""

    entity_description: HistorySensorDescription

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        return self._read(printer.id)


class FarmHistorySensor(_HistorySensor, FarmEntity):
    """A sensor of the past prints of all printers, or of the queue."""

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        return self._read(None)


@callback
def async_setup_history_sensors(entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add the sensors of the farm, and of printers as they are added."""
    coordinator = entry.runtime_data.coordinator
    async_add_entities(FarmHistorySensor(coordinator, description) for description in FARM_SENSORS)
    async_setup_printer_entities(entry, Platform.SENSOR, PRINTER_SENSORS, PrinterHistorySensor, async_add_entities)
