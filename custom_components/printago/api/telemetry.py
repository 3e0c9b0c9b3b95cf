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
from .models import read_connection, read_moment


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


@dataclass(slots=True, kw_only=True)
class Telemetry:
    """The last known readings; whoever merges messages writes them.

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


@dataclass(slots=True)
class StatMessage:
    """One message of a printer: what it says of the connection, and what it mentions of its state and readings.

    A printer sends every second, nearly all of it what it has sent before. Therefore only the stamps are read at once.
    """

    printer_id: str
    connection: Mapping[str, bool]
    received_at: datetime | None
    expires_at: datetime | None
    source: Mapping[str, Any]
    """The whole payload; that of an earlier message where only stamps and temperatures are others."""
    temps: object
    """The temperatures of this message, as they came."""


def read_stat(printer_id: str, payload: Mapping[str, Any]) -> StatMessage:
    """Read a ``PrinterStat``; what is unreadable in it is left out."""
    data = payload.get("data")
    return StatMessage(
        printer_id,
        read_connection(payload),
        read_moment(payload.get("receivedAt")),
        read_moment(payload.get("expiresAt")),
        payload,
        data.get("temps") if isinstance(data, dict) else None,
    )


class Heard:
    """What a printer has said last, as it came, so that only what is different now has to be read."""

    __slots__ = ("_groups", "retold_time_remaining", "source")

    def __init__(self) -> None:
        """Start without having heard anything."""
        self.source: Mapping[str, Any] | None = None
        """The last payload."""
        self._groups: dict[str, Any] = {}
        self.retold_time_remaining = False
        """The last message told the remaining time, be it the same as before."""

    def news(self, source: Mapping[str, Any]) -> dict[str, Any]:
        """Return attributes of Telemetry → values, as far as a payload tells others than the one before it.

        Payloads have to come in the order in which they count. A part that is just like that of the payload before would
        only be laid over itself. Temperatures, which differ each time, are left to others.
        """
        self.source = source
        groups = self._groups
        news: dict[str, Any] = {}
        if (state := source.get("state", _UNHEARD)) != groups.get("state", _UNHEARD):
            groups["state"] = state
            news |= f.read_fields(source, _STATE_FIELDS)
        self.retold_time_remaining = False
        if not isinstance(data := source.get("data"), dict):
            return news
        for group, told in data.items():
            known = groups.get(group)
            if told is known or told == known or not isinstance(told, dict):
                continue
            if group in _READING_FIELDS:
                self._read_fields(group, told, _READING_FIELDS[group], news)
            elif group == "health":
                groups[group] = told
                for name, severity in _SEVERITIES:
                    if isinstance(listed := told.get(name), list):
                        news[name] = _read_health(listed, severity)
        if "print" in data:
            self.retold_time_remaining = "timeRemaining" in groups.get("print", ())
        if "filament" in data:
            # What it means depends on whether the message is a whole one.
            whole = "temps" in data and "print" in data and "health" in data
            loaded = (whole, data["filament"])
            if loaded != groups.get("loaded"):
                groups["loaded"] = loaded
                news |= read_filament(data["filament"], whole=whole)
        return news

    def _read_fields(self, group: str, told: Mapping[str, Any], fields: f.Fields, news: dict[str, Any]) -> None:
        known = self._groups.get(group, {})
        unreadable = set()
        for name, raw in told.items():
            if raw == known.get(name, _UNHEARD) or name not in fields:
                continue
            attribute, reader = fields[name]
            try:
                news[attribute] = None if raw is None else reader(raw)
            except f.UnreadableError:
                unreadable.add(name)
        # What cannot be read must not be taken for known: to Python, True is equal to 1.
        self._groups[group] = {name: told[name] for name in told if name not in unreadable} if unreadable else told


_SEVERITIES = (("errors", Severity.ERROR), ("warnings", Severity.WARNING))
_MOST_HEALTH_MESSAGES = 50


def _read_health(listed: list[Any], severity: Severity) -> tuple[HealthMessage, ...]:
    messages = []
    for source in listed[:_MOST_HEALTH_MESSAGES]:
        values = f.read_fields(source, _HEALTH_FIELDS)
        if code := values.get("code"):
            messages.append(HealthMessage(code, values.get("message") or "", severity))
    return tuple(messages)


_UNHEARD = object()
_STATE_FIELDS: f.Fields = {"state": ("state", f.text)}
_HEALTH_FIELDS: f.Fields = {"code": ("code", f.text), "message": ("message", f.text)}
_PERCENT = f.number(0, 100)
_LAYER = f.whole(0, 10_000_000)
_READING_FIELDS: Mapping[str, f.Fields] = {
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
