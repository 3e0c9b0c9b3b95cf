"""What was reported about one printer, merged by timestamp.

There are three groups, each with a timestamp: the record (``updatedAt``), the two connection flags (either timestamp) and
the telemetry (``receivedAt``). Within a group an older timestamp never overwrites a newer one; with equal timestamps, or
without one, the last arrival wins.
"""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from ..api.models.filament import keys_of
from ..api.models.records import Printer
from ..api.models.row import PrinterRow
from ..api.models.telemetry import StatMessage, Telemetry, TelemetryDiff
from ..api.models.temperatures import Temperatures
from .timestamps import is_older, none_after

_UNSTATED_LIFETIME = timedelta(minutes=10)
_LONGEST_LIFETIME = timedelta(days=1)
"""The longest time for which telemetry is fresh, whatever its ``expiresAt`` says: a silent printer must become stale."""

STANDING = "standing"
"""What ``merge_stat`` returns when the connection, freshness or end of print of a printer changed."""
PARTS = "parts"
"""What it returns when a printer sent a reading for the first time and so has a feature that was not known."""
QUIET_READINGS = frozenset(reading.name for reading in fields(Telemetry)) - {"state", "errors", "warnings"}
"""Readings that are only shown: no status, total or event depends on them."""


@dataclass(slots=True, eq=False, kw_only=True)
class PrinterFacts:
    """The reported data of one printer, by group."""

    record: Printer
    given_name: str | None = None
    """The name given in Home Assistant; None for Printago's name."""
    is_online: bool = False
    is_available: bool | None = None
    connection_at: datetime | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)
    received_at: datetime | None = None
    expires_at: datetime | None = None
    stale: bool = True
    """No telemetry has arrived yet, or it is past its ``expiresAt``."""
    shown: set[str] = field(default_factory=set)
    """Names of readings and keys of trays that the printer has sent so far: it has, or had, those features."""
    _telemetry_diff: TelemetryDiff = field(default_factory=TelemetryDiff)
    _temperatures: Temperatures = field(init=False)
    _flags: Mapping[str, bool] = field(default_factory=dict)
    """The connection flags that were last merged."""

    def __post_init__(self) -> None:
        """Write temperatures to the same telemetry as all other readings."""
        self._temperatures = Temperatures(self.telemetry)

    @property
    def id(self) -> str:
        """Return the printer's ID."""
        return self.record.id

    @property
    def name(self) -> str:
        """Return the name given in Home Assistant, else Printago's."""
        return self.given_name or self.printago_name

    @property
    def printago_name(self) -> str:
        """Return Printago's name of the printer, or its ID if it has none."""
        return self.record.name or self.record.id

    def merge_record(self, row: PrinterRow) -> bool:
        """Merge a record, or some of its fields; return whether anything was newer."""
        fresh = not is_older(row.updated_at, self.record.updated_at)
        if fresh:
            self.record = row.applied_to(self.record)
        return self._merge_connection(row.connection, row.updated_at) or fresh

    def forget_timestamps_after(self, latest: datetime) -> None:
        """Forget timestamps that are later, since Printago's clock was set back."""
        self.record = self.record.changed({"updated_at": none_after(self.record.updated_at, latest)})
        self.connection_at = none_after(self.connection_at, latest)
        self.received_at = none_after(self.received_at, latest)
        if self.expires_at is not None:
            self.expires_at = min(self.expires_at, latest + _UNSTATED_LIFETIME)

    def _merge_standing(self, message: StatMessage, received_at: datetime | None, now: datetime) -> bool:
        """Merge connection and expiry of a message; return whether connection or freshness changed."""
        stale, is_online, is_available = self.stale, self.is_online, self.is_available
        expires_at = message.expires_at or now + _UNSTATED_LIFETIME
        if expires_at > (latest := now + _LONGEST_LIFETIME):
            expires_at = latest
        self.expires_at = expires_at
        self.stale = expires_at <= now
        if received_at is None:
            self._merge_connection(message.connection, None)
        else:
            self.received_at = received_at
            if message.connection is self._flags:
                # The same flags as in the message before.
                self.connection_at = received_at
            else:
                self._merge_connection(message.connection, received_at)
        return self.stale is not stale or self.is_online is not is_online or self.is_available is not is_available

    def _merge_readings(self, values: Mapping[str, Any]) -> set[str]:
        changed = {name for name, value in values.items() if value != getattr(self.telemetry, name)}
        for name in changed:
            setattr(self.telemetry, name, values[name])
        return changed

    def _note_parts(self, changed: AbstractSet[str]) -> AbstractSet[str]:
        new = {name for name in changed if getattr(self.telemetry, name) is not None}
        if "ams" in changed:
            new |= keys_of(self.telemetry.ams or ())
        if new <= self.shown:
            return frozenset()
        self.shown |= new
        return {PARTS}

    def _merge_connection(self, flags: Mapping[str, bool], stamp: datetime | None) -> bool:
        if not flags or is_older(stamp, self.connection_at):
            return False
        self._flags = flags
        self.is_online = flags.get("is_online", self.is_online)
        self.is_available = flags.get("is_available", self.is_available)
        self.connection_at = stamp or self.connection_at
        return True
