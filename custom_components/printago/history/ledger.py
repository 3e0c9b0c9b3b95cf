"""All past prints as numbers, 46 bytes each: for exact sums, and to correct them when a job changes."""

from array import array
from collections.abc import Iterable, Iterator, Sequence, Set as AbstractSet
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple

from .key_index import KeyIndex

UNKNOWN = 0xFFFF_FFFF
"""An unknown number; for ``seconds``: the print did not start."""
NO_INDEX = 0xFFFF
"""No printer, material or reason."""
FARM = -1
"""All printers together."""
HOUR = 3600
SEGMENT_ROWS = 4096
"""Rows per stored segment."""
_MOST = 10_000_000


class Outcome(IntEnum):
    """How a print ended, as a stored number."""

    FINISHED = 0
    FAILED = 1
    CANCELED = 2


_FINISHED, _FAILED = int(Outcome.FINISHED), int(Outcome.FAILED)


class Entry(NamedTuple):
    """One print, as numbers; the fields are columns of the ledger."""

    key: int
    """The hash of the job's ID."""
    ended: int
    """Unix time."""
    updated: int
    """Unix time of the job's last known change."""
    seconds: int
    """Print time in seconds."""
    grams: int
    """Filament, in thousandths of a gram."""
    cost: int
    """In ten-thousandths of the currency."""
    energy: int
    """In watt-hours."""
    part: int
    """Number of the name, like the following ones."""
    printer: int
    material: int
    reason: int
    outcome: int
    attempt: int = 1

    @property
    def started(self) -> int | None:
        """Return when the print started, None if it did not."""
        return None if self.seconds == UNKNOWN else self.ended - self.seconds


_TYPES = dict(zip(Entry._fields, "QIIIIIIIHHHBB", strict=True))


@dataclass(slots=True)
class Totals:
    """Sums over prints, in the units of an entry."""

    completed: int = 0
    failed: int = 0
    seconds: int = 0
    grams: int = 0
    cost: int = 0

    def add(self, outcome: int, seconds: int, grams: int, cost: int, sign: int = 1) -> None:
        """Add a print, or subtract it with -1."""
        if outcome == _FINISHED:
            self.completed += sign
        elif outcome == _FAILED:
            self.failed += sign
        if seconds != UNKNOWN:
            self.seconds += sign * seconds
        if grams != UNKNOWN:
            self.grams += sign * grams
        if cost != UNKNOWN:
            self.cost += sign * cost

    def values(self) -> tuple[int, ...]:
        """Return the sums in the order of their names."""
        return (self.completed, self.failed, self.seconds, self.grams, self.cost)


SUMS = tuple(one.name for one in fields(Totals))


class Ledger:
    """The past prints of a store, in the order in which they became known. Each attempt of a job is a separate print."""

    def __init__(self) -> None:
        """Start empty."""
        self._columns = {name: array(kind) for name, kind in _TYPES.items()}
        self._appends = [column.append for column in self._columns.values()]
        self._index = KeyIndex(self._columns["key"])
        self._latest: list[int] = []
        """By segment: no print in it ended later."""
        self.farm = Totals()
        self.of_printer: dict[int, Totals] = {}
        self.dirty_hours: dict[int, int] = {}
        """Printer, or ``FARM`` → the earliest hour since 1970 whose sums changed and are not exported yet."""
        self.left_hours: set[tuple[int, int]] = set()
        """Printer and hour of prints that were moved to another: its exported sums must be exported again."""
        self.dirty_segments: set[int] = set()
        """Numbers of segments with unsaved changes."""

    def __len__(self) -> int:
        """Return the number of prints."""
        return len(self._columns["key"])

    def reserve(self, rows: int) -> None:
        """Reserve space for this many prints."""
        self._index.reserve(min(rows, _MOST))

    def row(self, number: int) -> Entry:
        """Return a print."""
        return Entry(*[column[number] for column in self._columns.values()])

    def latest(self, key: int) -> Entry | None:
        """Return the last known attempt of a job."""
        number = self._index.find(key)
        return None if number is None else self.row(number)

    def attempts(self, keys: AbstractSet[int]) -> Iterator[Entry]:
        """Yield all known attempts of some jobs, in the order in which they became known."""
        return (self.row(number) for number, key in enumerate(self._columns["key"]) if key in keys)

    def column(self, name: str) -> array[int]:
        """Return a column, read-only."""
        return self._columns[name]

    def add(self, entry: Entry, *, end_is_guess: bool = False) -> Entry | None:
        """Add or update a print; return its current state, None if nothing changed.

        ``end_is_guess``: the job has no time of its end, so the time of its last change is used.
        """
        place = self._index.place(entry.key)
        number = self._index.row_at(place)
        if number is None:
            return self._append(entry, place)
        known = self.row(number)
        if entry.updated < known.updated:
            return None
        if end_is_guess and entry.outcome == known.outcome:
            entry = entry._replace(ended=known.ended, seconds=known.seconds)
        if _is_next_attempt(known, entry):
            return self._append(entry._replace(attempt=min(known.attempt + 1, 255)), place)
        entry = entry._replace(attempt=known.attempt)
        if _same_facts(known, entry):
            # Data recorded during the print is better than a later calculation.
            better = {
                name: value
                for name in ("grams", "cost", "energy")
                if (value := getattr(known, name)) != UNKNOWN and value != getattr(entry, name)
            }
            entry = entry._replace(**better)
        elif entry.energy == UNKNOWN:
            entry = entry._replace(energy=known.energy)
        if entry == known:
            return None
        self.dirty_segments.add(number // SEGMENT_ROWS)
        for name, value in zip(Entry._fields, entry, strict=True):
            self._columns[name][number] = value
        self._note_end(number, entry.ended)
        if entry == known._replace(updated=entry.updated):
            # It was only cleared, or moved to another folder.
            return None
        self._count(known, -1)
        self._count(entry, 1)
        return entry

    def known(self, keys: Iterable[int]) -> set[int]:
        """Return those of many jobs of which any attempt is known, by the hashes of their IDs."""
        return self._index.known(keys)

    def add_new(self, columns: Sequence[Sequence[int]]) -> None:
        """Add prints of jobs that are not known, all at once; each job comes once.

        ``columns`` has the values of all prints for each field of an entry, in their order.
        """
        first = len(self)
        for column, values in zip(self._columns.values(), columns, strict=True):
            column.extend(values[: _MOST - first])
        if len(self) == first:
            return
        self._take_in(first)
        self.dirty_segments.update(range(first // SEGMENT_ROWS, self.segments))

    def since(self, moment: int) -> Iterator[Entry]:
        """Yield the prints that ended at a Unix time or later, in no particular order."""
        return (self.row(number) for number, _ in self.ends_since(moment))

    def ends_since(self, moment: float) -> Iterator[tuple[int, int]]:
        """Yield row and end of the prints that ended at a Unix time or later, in no particular order."""
        column = self._columns["ended"]
        for segment, latest in enumerate(self._latest):
            if latest >= moment:
                first = segment * SEGMENT_ROWS
                for number, ended in enumerate(column[first : first + SEGMENT_ROWS], first):
                    if ended >= moment:
                        yield number, ended

    def _note_end(self, number: int, ended: int) -> None:
        segment = number // SEGMENT_ROWS
        if segment == len(self._latest):
            self._latest.append(ended)
        else:
            self._latest[segment] = max(self._latest[segment], ended)

    def _append(self, entry: Entry, place: int) -> Entry | None:
        number = len(self)
        if number >= _MOST:
            return None
        for append, value in zip(self._appends, entry, strict=True):
            append(value)
        self._index.put(number, place)
        self._note_end(number, entry.ended)
        self._count(entry, 1)
        self.dirty_segments.add(number // SEGMENT_ROWS)
        return entry

    def _count(self, entry: Entry, sign: int) -> None:
        if (totals := self.of_printer.get(entry.printer)) is None:
            totals = self.of_printer[entry.printer] = Totals()
        for one in (totals, self.farm):
            one.add(entry.outcome, entry.seconds, entry.grams, entry.cost, sign)
        hour = entry.ended // HOUR
        for owner in (entry.printer, FARM):
            self.mark_dirty(owner, hour)
        if sign < 0:
            self.left_hours.add((entry.printer, hour))

    def _take_in(self, first: int) -> None:
        """Index and count the rows from one on."""
        self._index.put_all(first)
        del self._latest[first // SEGMENT_ROWS :]
        for start in range(first - first % SEGMENT_ROWS, len(self), SEGMENT_ROWS):
            self._latest.append(max(self._columns["ended"][start : start + SEGMENT_ROWS]))
        of_printer = self.of_printer
        earliest = dict.fromkeys(self._columns["printer"][first:], UNKNOWN)
        columns = [self._columns[name][first:] for name in ("printer", "ended", "outcome", "seconds", "grams", "cost")]
        for printer, ended, outcome, seconds, grams, cost in zip(*columns, strict=True):
            if (totals := of_printer.get(printer)) is None:
                totals = of_printer[printer] = Totals()
            # As ``Totals.add`` does: calls would take most of the time.
            if outcome == _FINISHED:
                totals.completed += 1
            elif outcome == _FAILED:
                totals.failed += 1
            if seconds != UNKNOWN:
                totals.seconds += seconds
            if grams != UNKNOWN:
                totals.grams += grams
            if cost != UNKNOWN:
                totals.cost += cost
            earliest[printer] = min(earliest[printer], ended)
        self.farm = Totals(*map(sum, zip(*(totals.values() for totals in of_printer.values()), strict=True)))
        for printer, ended in earliest.items():
            for owner in (printer, FARM):
                self.mark_dirty(owner, ended // HOUR)

    def mark_dirty(self, owner: int, hour: int) -> None:
        """Mark the sums of a printer, or of ``FARM``, for export from an hour on."""
        if hour < self.dirty_hours.get(owner, UNKNOWN):
            self.dirty_hours[owner] = hour

    # Storage

    @property
    def segments(self) -> int:
        """Return the number of segments."""
        return -(-len(self) // SEGMENT_ROWS)

    def export(self, segment: int) -> bytes:
        """Return a segment, column by column."""
        rows = slice(segment * SEGMENT_ROWS, (segment + 1) * SEGMENT_ROWS)
        return b"".join(column[rows].tobytes() for column in self._columns.values())

    @classmethod
    def restore(cls, segments: Iterable[bytes], rows: int) -> Ledger:
        """Return a ledger from the result of ``export`` with at most this many rows.

        A damaged segment ends it, so it may have fewer rows.
        """
        ledger = cls()
        size = sum(column.itemsize for column in ledger._columns.values())
        for data in segments:
            length, odd = divmod(len(data), size)
            if odd or len(ledger) % SEGMENT_ROWS or length > SEGMENT_ROWS:
                break
            offset = 0
            for column in ledger._columns.values():
                column.frombytes(data[offset : offset + length * column.itemsize])
                offset += length * column.itemsize
        for column in ledger._columns.values():
            del column[rows:]
        ledger._take_in(0)
        ledger.dirty_hours.clear()
        return ledger


def _is_next_attempt(known: Entry, entry: Entry) -> bool:
    """Return whether a job was retried: its print started, or it ended without one, after the known end."""
    if entry.ended <= known.ended:
        return False
    return entry.started is None or entry.started >= known.ended


def _same_facts(known: Entry, entry: Entry) -> bool:
    """Return whether two states of a print differ only in calculated values."""
    return known._replace(updated=0, grams=0, cost=0, energy=0) == entry._replace(updated=0, grams=0, cost=0, energy=0)
