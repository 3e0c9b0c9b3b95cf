"""Telemetry of printers, read from the messages on ``stores/{storeId}/printer-stats/{printerId}``.

Shapes are those of the vendor's ``PrinterStat`` schema. Any field may be missing or null; a printer may lack the
hardware. A message may be sparse: what it leaves out is unchanged. Unreadable values are unknown (see ``fields``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from . import fields as f
from .filament import Tray, Units, read_filament
from .records import read_connection, read_moment

NAMELESS = "Problem without a code or a message"
"""The message of a problem that has neither code nor message."""


class Severity(StrEnum):
    """The severity of a health message; the cloud groups messages by these names."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class HealthMessage:
    """One HMS message of a printer, for example code ``0700-2000-0002-0001``; code or text may be missing."""

    code: str | None
    message: str
    severity: Severity

    @property
    def key(self) -> str:
        """Return its identity: the code in any spelling, else the text."""
        if self.code and (bare := "".join(filter(str.isalnum, self.code)).upper()):
            return bare.removeprefix("HMS")
        # No code contains a space.
        return " " + " ".join(self.message.casefold().split())

    def is_worse_than(self, other: HealthMessage) -> bool:
        """Return whether a warning has become an error."""
        return self.severity is Severity.ERROR and other.severity is Severity.WARNING


@dataclass(slots=True, kw_only=True)
class Telemetry:
    """The last known values, updated as messages are merged.

    ``state`` is the printer's own text; temperatures are in °C, fans and progress in percent, ``time_remaining`` in
    minutes.
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


type Unread = object
"""What only this package reads: it stays unparsed, since most of it is never needed."""


@dataclass(slots=True)
class StatMessage:
    """One message of a printer: its connection flags, and the state and readings that it mentions.

    A printer sends one per second, which mostly repeats the one before. So only timestamps and flags are read at once.
    """

    printer_id: str
    connection: Mapping[str, bool]
    received_at: datetime | None
    expires_at: datetime | None
    source: Unread
    """The whole payload, for ``TelemetryDiff``; an earlier message's if only timestamps and temperatures differ."""
    temps: Unread
    """The temperatures of this message, for ``Temperatures``; ABSENT if it has none."""


def payload_of(source: Unread) -> Mapping[str, Any]:
    """Return the JSON object of a message."""
    return cast(Mapping[str, Any], source)


def read_stat(printer_id: str, payload: Mapping[str, Any]) -> StatMessage:
    """Read timestamps and flags of a ``PrinterStat``; keep the rest unparsed."""
    data = payload.get("data", {})
    return StatMessage(
        printer_id,
        read_connection(payload),
        read_moment(payload.get("receivedAt")),
        read_moment(payload.get("expiresAt")),
        payload,
        data.get("temps", f.ABSENT) if isinstance(data, dict) else None,
    )


class TelemetryDiff:
    """The last payload of a printer, so that only differences have to be read."""

    __slots__ = ("_groups", "repeats_time_remaining", "source")

    def __init__(self) -> None:
        """Start without an earlier message."""
        self.source: Unread = None
        """The last payload."""
        self._groups: dict[str, Any] = {}
        self.repeats_time_remaining = False
        """The last message had a remaining time, possibly unchanged."""

    def news(self, payload: Unread) -> dict[str, Any]:
        """Return attributes of Telemetry → values that differ from the previous payload.

        Payloads must come in the order in which they count. Groups equal to those of the previous payload are skipped.
        Temperatures, which differ each time, are not handled here.
        """
        self.source = payload
        source = payload_of(payload)
        groups = self._groups
        news: dict[str, Any] = {}
        if (state := source.get("state", f.ABSENT)) != groups.get("state", f.ABSENT):
            groups["state"] = state
            news |= f.read_fields(source, _STATE_FIELDS)
        self.repeats_time_remaining = False
        if not isinstance(data := source.get("data", {}), dict):
            data = _NOTHING_KNOWN
        for group, value in data.items():
            known = groups.get(group, f.ABSENT)
            if value is known:
                continue
            if group in _READING_FIELDS:
                self._read_group(group, value, news)
            elif group == "health" and value != known:
                groups[group] = value
                _read_health(value, news)
        if "print" in data:
            self.repeats_time_remaining = "timeRemaining" in groups.get("print", ())
        if "filament" in data:
            self._read_filament(data, news)
        return news

    def _read_group(self, group: str, value: object, news: dict[str, Any]) -> None:
        fields = _READING_FIELDS[group]
        if not isinstance(value, dict):
            self._groups.pop(group, None)
            news |= dict.fromkeys(attribute for attribute, _ in fields.values())
            return
        known = self._groups.get(group, {})
        unreadable = set()
        for name, raw in value.items():
            # In Python, True equals 1.
            if raw == known.get(name, f.ABSENT) and raw is not True and raw is not False:
                continue
            if name not in fields:
                continue
            attribute, reader = fields[name]
            try:
                news[attribute] = None if raw is None else reader(raw)
            except f.UnreadableError:
                news[attribute] = None
                unreadable.add(name)
        # The next message must not be compared with an unreadable one.
        self._groups[group] = {name: value[name] for name in value if name not in unreadable} if unreadable else value

    def _read_filament(self, data: Mapping[str, Any], news: dict[str, Any]) -> None:
        filament = data["filament"]
        # Its meaning depends on whether the message is complete.
        whole = "temps" in data and "print" in data and "health" in data
        known_whole, known = self._groups.get("loaded", (None, f.ABSENT))
        if whole is not known_whole or not f.same(filament, known):
            self._groups["loaded"] = (whole, filament)
            news |= read_filament(filament, whole=whole)


_SEVERITIES = (("errors", Severity.ERROR), ("warnings", Severity.WARNING))
_MOST_HEALTH_MESSAGES = 50


def _read_health(value: object, news: dict[str, Any]) -> None:
    if value is None:
        value = {"errors": None, "warnings": None}
    if not isinstance(value, dict):
        return
    for name, severity in _SEVERITIES:
        if name in value:
            listed = value[name] or ()
            entries = listed[:_MOST_HEALTH_MESSAGES] if isinstance(listed, list | tuple) else (listed,)
            news[name] = tuple(_read_problem(entry, severity) for entry in entries if entry is not None)


def _read_problem(entry: object, severity: Severity) -> HealthMessage:
    values = f.read_fields({"message": entry} if isinstance(entry, str) else entry, _HEALTH_FIELDS)
    code, message = values.get("code"), values.get("message")
    return HealthMessage(code, message or ("" if code else NAMELESS), severity)


_NOTHING_KNOWN: Mapping[str, None] = dict.fromkeys(("fans", "lights", "print", "filament"))
"""The value for ``data`` that is null or unreadable, which clears no problem."""
_STATE_FIELDS: f.Fields = {"state": ("state", f.text)}
_HEALTH_FIELDS: f.Fields = {"code": ("code", f.filled_text), "message": ("message", f.filled_text)}
_LAYER = f.whole(0, 10_000_000)


def _stage(raw: object) -> str | None:
    stage = f.filled_text(raw)
    return stage if stage is not None and any(map(str.isalpha, stage)) else None


_READING_FIELDS: Mapping[str, f.Fields] = {
    "fans": {
        "part": ("part_fan", f.percent),
        "aux": ("aux_fan", f.percent),
        "chamber": ("chamber_fan", f.percent),
    },
    "lights": {"chamber": ("chamber_light", f.text), "work": ("work_light", f.text)},
    "print": {
        "downloadPercent": ("download_percent", f.percent),
        "percent": ("percent", f.percent),
        "timeRemaining": ("time_remaining", f.number(0, 1_000_000)),
        "stage": ("stage", _stage),
        "currentLayer": ("current_layer", _LAYER),
        "totalLayers": ("total_layers", _LAYER),
        "taskName": ("task_name", f.filled_text),
    },
}
