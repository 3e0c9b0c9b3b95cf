"""What was reported of one printer, and which of it is newer.

Facts come in three groups, each with a stamp of its own: the record (``updatedAt``), the two connection flags (either
stamp) and the telemetry (``receivedAt``). Within a group an older stamp never overwrites a newer one; with equal stamps,
or without, the last arrival wins.
"""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from ..api.models.filament import keys_of
from ..api.models.records import Printer, read_connection
from ..api.models.telemetry import StatMessage, Telemetry, TelemetryDiff
from .temperatures import Temperatures
from .timestamps import is_older

_UNSTATED_LIFETIME = timedelta(minutes=10)
_LONGEST_LIFETIME = timedelta(days=1)
"""For how long telemetry counts as fresh at most, whatever it says: a printer that fell silent shall show it."""

STANDING = "standing"
"""What ``merge_stat`` returns when the connection, freshness or end of print of a printer changed."""
PARTS = "parts"
"""What it returns when a printer told a reading for the first time: it has a part that nobody knew of."""
QUIET_READINGS = frozenset(reading.name for reading in fields(Telemetry)) - {"state", "errors", "warnings"}
"""Readings that are shown and no more: neither status, nor counts, nor events depend on them."""


@dataclass(slots=True, eq=False, kw_only=True)
class PrinterFacts:
    """What is known of one printer, by groups of facts."""

    record: Printer
    given_name: str | None = None
    """What a person calls the printer in Home Assistant, None where that is what Printago calls it."""
    is_online: bool = False
    is_available: bool | None = None
    connection_at: datetime | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)
    received_at: datetime | None = None
    expires_at: datetime | None = None
    stale: bool = True
    """No telemetry has come yet, or it is past its ``expiresAt``."""
    shown: set[str] = field(default_factory=set)
    """Names of the readings and keys of the trays that the printer has ever told: it has, or had, those parts."""
    _telemetry_diff: TelemetryDiff = field(default_factory=TelemetryDiff)
    _temperatures: Temperatures = field(init=False)
    _flags: Mapping[str, bool] = field(default_factory=dict)
    """What was told last of the connection, and counted."""

    def __post_init__(self) -> None:
        """Let temperatures be written down where all telemetry is."""
        self._temperatures = Temperatures(self.telemetry)

    @property
    def id(self) -> str:
        """Return the printer's ID."""
        return self.record.id

    @property
    def name(self) -> str:
        """Return what people call the printer: the name that somebody gave it in Home Assistant, else Printago's."""
        return self.given_name or self.printago_name

    @property
    def printago_name(self) -> str:
        """Return what Printago calls the printer, or its ID while no record told a name."""
        return self.record.name or self.record.id

    def merge_record(self, source: Mapping[str, Any]) -> bool:
        """Lay a record, or some fields of one, over what is known; return whether anything was newer."""
        values = Printer.read(source)
        stamp = values.get("updated_at")
        fresh = not is_older(stamp, self.record.updated_at)
        if fresh:
            self.record = self.record.changed(values)
        return self._merge_connection(read_connection(source), stamp) or fresh

    def _merge_standing(self, message: StatMessage, received_at: datetime | None, now: datetime) -> bool:
        """Take over what a message says of the connection, and how long it counts; return whether that is another now."""
        stale, is_online, is_available = self.stale, self.is_online, self.is_available
        self.expires_at = min(message.expires_at or now + _UNSTATED_LIFETIME, now + _LONGEST_LIFETIME)
        self.stale = self.expires_at <= now
        if received_at is None:
            self._merge_connection(message.connection, None)
        else:
            self.received_at = received_at
            if message.connection is self._flags:
                # Nobody has told anything else since the message before.
                self.connection_at = received_at
            else:
                self._merge_connection(message.connection, received_at)
        return self.stale is not stale or self.is_online is not is_online or self.is_available is not is_available

    def _merge_readings(self, news: Mapping[str, Any]) -> set[str]:
        changed = {name for name, value in news.items() if value != getattr(self.telemetry, name)}
        for name in changed:
            setattr(self.telemetry, name, news[name])
        return changed

    def _note_parts(self, changed: AbstractSet[str]) -> AbstractSet[str]:
        told = {name for name in changed if getattr(self.telemetry, name) is not None}
        if "ams" in changed:
            told |= keys_of(self.telemetry.ams or ())
        if told <= self.shown:
            return frozenset()
        self.shown |= told
        return {PARTS}

    def _merge_connection(self, flags: Mapping[str, bool], stamp: datetime | None) -> bool:
        if not flags or is_older(stamp, self.connection_at):
            return False
        self._flags = flags
        self.is_online = flags.get("is_online", self.is_online)
        self.is_available = flags.get("is_available", self.is_available)
        self.connection_at = stamp or self.connection_at
        return True
