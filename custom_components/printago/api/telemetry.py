"""What a printer tells of itself, out of the messages on ``stores/{storeId}/printer-stats/{printerId}``.

Shapes are those of the vendor's ``PrinterStat`` schema. Any field may be missing, null, or of a printer that has no such
part; a message may be sparse, then what it leaves out is unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from . import fields as f
from .filament import Tray, Units, read_filament
from .models import read_connection


class Severity(StrEnum):
    """How bad a health message is; the cloud sorts them into lists of these names."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class HealthMessage:
    """One HMS message of a printer, for example code ``0700-2000-0002-0001``."""

    code: str
    message: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The last known readings.

    ``state`` is the printer's own word; temperatures are in °C, fans and progress in percent, ``time_remaining`` in minutes.
    """

    state: str | None = None
    nozzle_temp: float | None = None
    nozzle_temp_target: float | None = None
    bed_temp: float | None = None
    bed_temp_target: float | None = None
    chamber_temp: float | None = None
    chamber_temp_target: float | None = None
    part_fan: float | None = None
    aux_fan: float | None = None
    chamber_fan: float | None = None
    chamber_light: str | None = None
    work_light: str | None = None
    download_percent: float | None = None
    percent: float | None = None
    time_remaining: float | None = None
    stage: str | None = None
    current_layer: int | None = None
    total_layers: int | None = None
    task_name: str | None = None
    ams: Units | None = None
    external_spool: Tray | None = None
    errors: tuple[HealthMessage, ...] = ()
    warnings: tuple[HealthMessage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatMessage:
    """One message of a printer: what it says of the connection, and what it mentions of its state and readings."""

    printer_id: str
    connection: Mapping[str, bool]
    received_at: datetime | None
    expires_at: datetime | None
    readings: Mapping[str, Any]
    """Attributes of Telemetry → values, only those that the message mentions."""


def read_stat(printer_id: str, payload: Mapping[str, Any]) -> StatMessage:
    """Read a ``PrinterStat``; what is unreadable in it is left out."""
    stamps = f.read_fields(payload, _STAMP_FIELDS)
    return StatMessage(
        printer_id=printer_id,
        connection=read_connection(payload),
        received_at=stamps.get("received_at"),
        expires_at=stamps.get("expires_at"),
        readings=f.read_fields(payload, _STATE_FIELDS) | _read_readings(payload.get("data")),
    )


def _read_readings(data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        return {}
    readings: dict[str, Any] = {}
    for group, fields in _READING_FIELDS.items():
        if group in data:
            readings |= f.read_fields(data[group], fields)
    if "filament" in data:
        readings |= read_filament(data["filament"], whole=data.keys() >= _TOLD_BY_WHOLE_MESSAGES)
    health = data.get("health")
    if isinstance(health, Mapping):
        for name, severity in (("errors", Severity.ERROR), ("warnings", Severity.WARNING)):
            if isinstance(listed := health.get(name), list):
                readings[name] = _read_health(listed, severity)
    return readings


_TOLD_BY_WHOLE_MESSAGES = frozenset({"temps", "print", "health"})
_MOST_HEALTH_MESSAGES = 50


def _read_health(listed: list[Any], severity: Severity) -> tuple[HealthMessage, ...]:
    messages = []
    for source in listed[:_MOST_HEALTH_MESSAGES]:
        values = f.read_fields(source, _HEALTH_FIELDS)
        if code := values.get("code"):
            messages.append(HealthMessage(code, values.get("message") or "", severity))
    return tuple(messages)


_STATE_FIELDS: f.Fields = {"state": ("state", f.text)}
_STAMP_FIELDS: f.Fields = {
    "receivedAt": ("received_at", f.moment),
    "expiresAt": ("expires_at", f.moment),
}
_HEALTH_FIELDS: f.Fields = {"code": ("code", f.text), "message": ("message", f.text)}
# No printer is colder or hotter, no state outside of these bounds would be believed.
_TEMPERATURE = f.number(-100, 1000)
_PERCENT = f.number(0, 100)
_LAYER = f.whole(0, 10_000_000)
_READING_FIELDS: Mapping[str, f.Fields] = {
    "temps": {
        "nozzleTemp": ("nozzle_temp", _TEMPERATURE),
        "nozzleTempTarget": ("nozzle_temp_target", _TEMPERATURE),
        "bedTemp": ("bed_temp", _TEMPERATURE),
        "bedTempTarget": ("bed_temp_target", _TEMPERATURE),
        "chamberTemp": ("chamber_temp", _TEMPERATURE),
        "chamberTempTarget": ("chamber_temp_target", _TEMPERATURE),
    },
    "fans": {
        "part": ("part_fan", _PERCENT),
        "aux": ("aux_fan", _PERCENT),
        "chamber": ("chamber_fan", _PERCENT),
    },
    "lights": {"chamber": ("chamber_light", f.text), "work": ("work_light", f.text)},
    "print": {
        "downloadPercent": ("download_percent", _PERCENT),
        "percent": ("percent", _PERCENT),
        "timeRemaining": ("time_remaining", f.number(0, 1_000_000)),
        "stage": ("stage", f.text),
        "currentLayer": ("current_layer", _LAYER),
        "totalLayers": ("total_layers", _LAYER),
        "taskName": ("task_name", f.text),
    },
}
