"""Sensors of the printers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
import math
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfTemperature, UnitOfTime
from homeassistant.core import callback

from ..entity import PrinterEntity, PrinterEntityDescription
from ..model.hms import messages_of, text_of, wiki_url
from ..model.print_results import PrintResult
from ..model.print_status import PrintStatus, Readiness, Result
from ..model.printer import PrinterState
from ..model.stages import stage_of

_NO_PROBLEM = "none"

_EXACT_MINUTES, _STEP_MINUTES = 60, 5

type Value = str | float | datetime | None


@dataclass(frozen=True, kw_only=True)
class PrinterSensorDescription(PrinterEntityDescription, SensorEntityDescription):
    """Describes a sensor of a printer."""

    value_fn: Callable[[PrinterState], Value]
    attributes_fn: Callable[[PrinterState], Mapping[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class ResultSensorDescription(PrinterEntityDescription, SensorEntityDescription):
    """Describes a sensor of a printer's print results."""

    value_fn: Callable[[PrintResult], Value]
    attributes_fn: Callable[[PrintResult], Mapping[str, Any]] | None = None


def _temperature(
    key: str, telemetry_key: str, *, required_feature: str | None = None, enabled: bool = False
) -> PrinterSensorDescription:
    return PrinterSensorDescription(
        key=key,
        live=True,
        required_feature=required_feature,
        telemetry_key=telemetry_key,
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=enabled,
        value_fn=lambda printer: _rounded(getattr(printer.telemetry, telemetry_key), 1),
    )


def _percentage(
    key: str, telemetry_key: str, *, required_feature: str | None = None, enabled: bool = False
) -> PrinterSensorDescription:
    return PrinterSensorDescription(
        key=key,
        live=True,
        required_feature=required_feature,
        telemetry_key=telemetry_key,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=enabled,
        value_fn=lambda printer: _rounded(getattr(printer.telemetry, telemetry_key), 0),
    )


def _rounded(value: float | None, digits: int) -> float | None:
    if value is None:
        return None
    # Turns -0.0 into 0.0.
    return (round(value, digits) if digits else round(value)) + 0


def _problem(printer: PrinterState) -> str:
    return text_of(printer.problems[0]) if printer.problems else _NO_PROBLEM


def _problem_attributes(printer: PrinterState) -> Mapping[str, Any]:
    provider, problems = printer.record.provider, printer.problems
    worst = problems[0] if problems else None
    return {
        "code": worst.code if worst else None,
        "severity": worst.severity if worst else None,
        "wiki": wiki_url(provider, worst.code) if worst else None,
        "messages": messages_of(provider, problems),
    }


def _coarse(minutes: float | None) -> float | None:
    """Return a remaining time, above an hour in steps of five minutes: fewer rows for the recorder."""
    if minutes is None or minutes <= _EXACT_MINUTES:
        return _rounded(minutes, 0)
    return math.ceil(minutes / _STEP_MINUTES) * _STEP_MINUTES


def _job_attributes(printer: PrinterState) -> Mapping[str, Any]:
    job = printer.job
    return {
        "job_id": job.id if job else None,
        "part": job.part_name if job else None,
        "order": job.order_id if job else None,
    }


PRINTER_SENSORS = (
    PrinterSensorDescription(
        key="print_status",
        device_class=SensorDeviceClass.ENUM,
        options=list(PrintStatus),
        value_fn=lambda printer: printer.print_status,
    ),
    PrinterSensorDescription(
        key="readiness",
        device_class=SensorDeviceClass.ENUM,
        options=list(Readiness),
        value_fn=lambda printer: printer.readiness,
    ),
    _percentage("print_progress", "percent", enabled=True),
    PrinterSensorDescription(
        key="remaining_time",
        live=True,
        telemetry_key="time_remaining",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MINUTES,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda printer: _coarse(printer.telemetry.time_remaining),
    ),
    PrinterSensorDescription(
        key="end_time",
        live=True,
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda printer: printer.end_time,
    ),
    PrinterSensorDescription(
        key="start_time",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=lambda printer: printer.start_time,
    ),
    PrinterSensorDescription(
        key="current_layer",
        live=True,
        telemetry_key="current_layer",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda printer: printer.telemetry.current_layer,
    ),
    PrinterSensorDescription(
        key="total_layers",
        live=True,
        telemetry_key="total_layers",
        entity_registry_enabled_default=False,
        value_fn=lambda printer: printer.telemetry.total_layers,
    ),
    PrinterSensorDescription(
        key="stage", live=True, telemetry_key="stage", value_fn=lambda printer: stage_of(printer.telemetry.stage)
    ),
    PrinterSensorDescription(
        key="task_name", live=True, telemetry_key="task_name", value_fn=lambda printer: printer.telemetry.task_name
    ),
    PrinterSensorDescription(
        key="current_job",
        value_fn=lambda printer: printer.job.title if printer.job else None,
        attributes_fn=_job_attributes,
    ),
    PrinterSensorDescription(key="problem", live=True, value_fn=_problem, attributes_fn=_problem_attributes),
    _temperature("nozzle_temp", "nozzle_temp", enabled=True),
    _temperature("bed_temp", "bed_temp", enabled=True),
    _temperature("chamber_temp", "chamber_temp", required_feature="chamber_temp", enabled=True),
    _temperature("target_nozzle_temp", "nozzle_temp_target"),
    _temperature("target_bed_temp", "bed_temp_target"),
    _temperature("target_chamber_temp", "chamber_temp_target", required_feature="chamber_temp_target"),
    _percentage("cooling_fan_speed", "part_fan", required_feature="part_fan"),
    _percentage("aux_fan_speed", "aux_fan", required_feature="aux_fan"),
    _percentage("chamber_fan_speed", "chamber_fan", required_feature="chamber_fan"),
    _percentage("model_download_percentage", "download_percent"),
    PrinterSensorDescription(
        key="total_usage_hours",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=lambda printer: _rounded(printer.record.lifetime_print_hours, 1),
    ),
    PrinterSensorDescription(
        key="total_print_jobs",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda printer: printer.record.lifetime_job_count,
    ),
    PrinterSensorDescription(
        key="last_printed",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        value_fn=lambda printer: printer.record.last_printed_at,
    ),
    PrinterSensorDescription(
        key="fabmatic_remaining_jobs",
        entity_registry_enabled_default=False,
        value_fn=lambda printer: printer.record.fabmatic_remaining_jobs,
    ),
)


RESULT_SENSORS = (
    ResultSensorDescription(
        key="last_print_result",
        device_class=SensorDeviceClass.ENUM,
        options=list(Result),
        value_fn=lambda result: result.result,
        attributes_fn=lambda result: {
            "reason": result.reason,
            "job": result.job,
            "job_id": result.job_id,
            "part": result.part,
            "ended_at": result.ended_at,
            "print_energy": result.energy,
            "print_cost": result.cost,
            "currency": result.currency,
        },
    ),
)


class PrinterSensor(PrinterEntity, SensorEntity):
    """A sensor of a printer."""

    entity_description: PrinterSensorDescription
    _unrecorded_attributes = frozenset({"code", "severity", "wiki", "messages"})

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_native_value = self.entity_description.value_fn(printer)
        if self.entity_description.attributes_fn is None:
            return (self._attr_native_value,)
        attributes = self._attr_extra_state_attributes = dict(self.entity_description.attributes_fn(printer))
        return (self._attr_native_value, attributes)


class PrinterResultSensor(PrinterEntity, SensorEntity):
    """A sensor of a printer's print results, which survive restarts."""

    entity_description: ResultSensorDescription

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        result = self.coordinator.store_state.results.of(printer.id)
        self._attr_native_value = self.entity_description.value_fn(result)
        if self.entity_description.attributes_fn is None:
            return (self._attr_native_value,)
        attributes = self._attr_extra_state_attributes = dict(self.entity_description.attributes_fn(result))
        return (self._attr_native_value, attributes)
