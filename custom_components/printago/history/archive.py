"""Storage of the history: numbers in segments, so that a new print rewrites only the last one, and further data."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
import zlib

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store

from ..api.models.records import read_moment
from ..const import DOMAIN, LOGGER
from .ledger import NO_INDEX, UNKNOWN, Ledger
from .names import Names
from .past_print import PastPrint
from .recent_prints import RecentPrints

_VERSION = 1
_SAVE_DELAY = 120
_MOST_SEGMENTS = 2500
_NAMES: Mapping[str, int] = {"parts": UNKNOWN, "printers": NO_INDEX, "materials": NO_INDEX, "reasons": NO_INDEX}


@dataclass(slots=True)
class Cursor:
    """Where the first read of the history continues."""

    until: datetime | None = None
    """The page starts with jobs created at this time."""
    offset: int = 0
    """How many jobs of that time are already read."""
    done: bool = False

    def export(self) -> dict[str, Any]:
        """Return it in a form that JSON can store."""
        return {
            "until": self.until.isoformat() if self.until is not None else None,
            "offset": self.offset,
            "done": self.done,
        }

    @classmethod
    def restore(cls, saved: object) -> Cursor:
        """Read what ``export`` returned."""
        if not isinstance(saved, Mapping):
            return cls()
        offset = saved.get("offset")
        return cls(
            read_moment(saved.get("until")),
            offset if type(offset) is int and offset > 0 else 0,
            saved.get("done") is True,
        )


@dataclass(slots=True)
class Past:
    """All known data of past prints."""

    ledger: Ledger = field(default_factory=Ledger)
    recent: RecentPrints = field(default_factory=RecentPrints)
    names: dict[str, Names] = field(default_factory=lambda: {kind: Names(most) for kind, most in _NAMES.items()})
    cursor: Cursor = field(default_factory=Cursor)
    complete_until: datetime | None = None
    """Until when every ended job is known (Printago's clock), except those that the first read has not reached."""
    unclear: set[str] = field(default_factory=set)
    """IDs of jobs to read again: their event had too little data, or came before it was known what parts take."""
    exported: set[str] = field(default_factory=set)
    """IDs of the exported statistics."""
    obsolete: bool = False
    """The statistics belong to a lost history, and must be cleared."""
    currency: str | None = None
    """The currency of the costs in the ledger."""


class Archive:
    """Loads and saves the history of one store."""

    def __init__(self, hass: HomeAssistant, store_id: str) -> None:
        """Store it beside the state of the store."""
        self._hass = hass
        self._key = f"{DOMAIN}.{store_id}.history"
        self._state: Store[dict[str, Any]] = _store(hass, self._key)
        self._recent: Store[list[dict[str, Any]]] = _store(hass, f"{self._key}_recent")
        self._lock = asyncio.Lock()
        self._cancel_save: CALLBACK_TYPE | None = None
        self._closed = False
        self.past = Past()

    def _segment(self, number: int) -> Store[dict[str, str]]:
        return _store(self._hass, f"{self._key}_{number}")

    async def async_load(self) -> None:
        """Load the saved data; if any of it is damaged, everything is read from Printago again."""
        saved = await self._state.async_load()
        if not isinstance(saved, dict):
            return
        rows, segments = saved.get("rows"), saved.get("segments")
        if type(rows) is not int or type(segments) is not int or not 0 <= segments <= _MOST_SEGMENTS:
            return
        stored = [await self._segment(number).async_load() for number in range(segments)]
        recent = await self._recent.async_load()
        past = await self._hass.async_add_executor_job(_restored, saved, stored, recent)
        if len(past.ledger) < rows:
            LOGGER.warning("The stored print history is damaged and will be read from Printago again")
            past = Past(exported=past.exported, obsolete=True)
        self.past = past

    @callback
    def async_save_soon(self) -> None:
        """Save within two minutes; data lost until then is read again."""
        if self._cancel_save is None and not self._closed:
            self._cancel_save = async_call_later(self._hass, _SAVE_DELAY, self._async_save_now)

    async def _async_save_now(self, _: object) -> None:
        await self.async_save()

    async def async_save(self) -> None:
        """Save what has changed. The state comes last, since it says which of the other data is valid."""
        if self._cancel_save is not None:
            self._cancel_save()
            self._cancel_save = None
        async with self._lock:
            past, ledger = self.past, self.past.ledger
            dirty, ledger.dirty_segments = sorted(ledger.dirty_segments), set()
            segments = {number: ledger.export(number) for number in dirty}
            state = _state_of(past)
            recent = list(past.recent) if past.recent.changed else None
            past.recent.changed = False
            packed, exported = await self._hass.async_add_executor_job(_prepared, segments, recent)
            for number, rows in packed.items():
                await self._segment(number).async_save({"rows": rows})
            if exported is not None:
                await self._recent.async_save(exported)
            await self._state.async_save(state)

    async def async_close(self) -> None:
        """Save for the last time."""
        self._closed = True
        await self.async_save()

    async def async_remove(self) -> frozenset[str]:
        """Remove all saved data; return the IDs of the exported statistics."""
        if self._cancel_save is not None:
            self._cancel_save()
            self._cancel_save = None
        async with self._lock:
            saved = await self._state.async_load()
            segments = saved.get("segments") if isinstance(saved, dict) else 0
            for number in range(min(segments, _MOST_SEGMENTS) if type(segments) is int else 0):
                await self._segment(number).async_remove()
            await self._recent.async_remove()
            await self._state.async_remove()
            return frozenset(saved.get("exported") or ()) if isinstance(saved, dict) else frozenset()


def _store(hass: HomeAssistant, key: str) -> Store[Any]:
    """Return a store for data that does not change after it was passed on: that is encoded in a separate thread."""
    return Store(hass, _VERSION, key, atomic_writes=True, serialize_in_event_loop=False)


def _state_of(past: Past) -> dict[str, Any]:
    return {
        "rows": len(past.ledger),
        "segments": past.ledger.segments,
        "names": {kind: list(names.all) for kind, names in past.names.items()},
        "cursor": past.cursor.export(),
        "complete_until": past.complete_until.isoformat() if past.complete_until is not None else None,
        # By printer: the earliest hour that is not exported.
        "dirty_hours": [[printer, hour] for printer, hour in past.ledger.dirty_hours.items()],
        "left_hours": [list(pair) for pair in past.ledger.left_hours],
        "unclear": sorted(past.unclear),
        "exported": sorted(past.exported),
        "currency": past.currency,
    }


def _prepared(
    segments: Mapping[int, bytes], recent: list[PastPrint] | None
) -> tuple[dict[int, str], list[dict[str, Any]] | None]:
    """Return what is stored of segments and of the last prints; in a separate thread, since it takes some time."""
    packed = {number: b64encode(zlib.compress(data, 1)).decode() for number, data in segments.items()}
    return packed, None if recent is None else [one.export() for one in recent]


def _unpacked(stored: object) -> bytes:
    if not isinstance(stored, Mapping) or not isinstance(rows := stored.get("rows"), str):
        return b"?"
    try:
        return zlib.decompress(b64decode(rows, validate=True))
    except ValueError, zlib.error:
        return b"?"


def _restored(saved: Mapping[str, Any], stored: list[Any], recent: object) -> Past:
    """Return the stored history; in a separate thread, since it takes some time."""
    named = saved.get("names")
    names = named if isinstance(named, Mapping) else {}
    complete_until = read_moment(saved.get("complete_until"))
    past = Past(
        ledger=Ledger.restore(map(_unpacked, stored), saved["rows"]),
        recent=RecentPrints(
            one for row in (recent if isinstance(recent, list) else ()) if (one := PastPrint.restore(row)) is not None
        ),
        names={
            kind: Names(most, found if isinstance(found := names.get(kind), list) else ())
            for kind, most in _NAMES.items()
        },
        # What ended since an unknown time can only be found by reading all of it again.
        cursor=Cursor.restore(saved.get("cursor")) if complete_until is not None else Cursor(),
        complete_until=complete_until,
    )
    past.exported, past.unclear = _texts(saved.get("exported")), _texts(saved.get("unclear"))
    if isinstance(currency := saved.get("currency"), str):
        past.currency = currency
    past.ledger.dirty_hours |= dict(_pairs(saved.get("dirty_hours")))
    past.ledger.left_hours |= set(_pairs(saved.get("left_hours")))
    return past


def _texts(stored: object) -> set[str]:
    return {one for one in stored if isinstance(one, str)} if isinstance(stored, list) else set()


def _pairs(stored: object) -> Iterator[tuple[int, int]]:
    for pair in stored if isinstance(stored, list) else ():
        match pair:
            case [int(printer), int(hour)]:
                yield printer, hour
