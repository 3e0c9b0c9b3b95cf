"""An index from job to row with ten bytes per job: a dictionary would take more than a hundred."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

_LEAST = 1024
_FULL = 0.6


def key_of(job_id: str) -> int:
    """Return a 64-bit hash of a job's ID: in ten million farms with a million jobs, about one has a collision."""
    return int.from_bytes(blake2b(job_id.encode(), digest_size=8).digest())


class KeyIndex:
    """Finds the row of a key in a column of keys, by open addressing."""

    def __init__(self, keys: array[int]) -> None:
        """Index a column, as far as rows are added."""
        self._keys = keys
        self._used = 0
        self._slots = array("I", bytes(4 * _LEAST))

    def reserve(self, rows: int) -> None:
        """Reserve space for this many rows."""
        size = len(self._slots)
        while size * _FULL < rows:
            size *= 2
        if size > len(self._slots):
            self._resize(size)

    def find(self, key: int) -> int | None:
        """Return the row of a key, None if there is none."""
        return self.row_at(self.place(key))

    def row_at(self, place: int) -> int | None:
        """Return the row in a slot, None if it is empty."""
        row = self._slots[place]
        return row - 1 if row else None

    def known(self, wanted: Iterable[int]) -> set[int]:
        """Return those of many keys that have a row."""
        slots, keys, mask = self._slots, self._keys, len(self._slots) - 1
        found: set[int] = set()
        for key in wanted:
            place = key & mask
            while row := slots[place]:
                if keys[row - 1] == key:
                    found.add(key)
                    break
                place = (place + 1) & mask
        return found

    def put(self, row: int, place: int | None = None) -> None:
        """Add the key of a row, in place of an earlier row with the same key; ``place`` is that of the key if known."""
        if place is None:
            place = self.place(self._keys[row])
        if not self._slots[place]:
            self._used += 1
        self._slots[place] = row + 1
        if self._used > len(self._slots) * _FULL:
            self._resize(2 * len(self._slots))

    def put_all(self, first: int) -> None:
        """Add the keys of all rows from one on, as ``put`` does."""
        rows = len(self._keys)
        self.reserve(rows)
        slots, keys, mask = self._slots, self._keys, len(self._slots) - 1
        for row in range(first, rows):
            key = keys[row]
            place = key & mask
            while (known := slots[place]) and keys[known - 1] != key:
                place = (place + 1) & mask
            if not known:
                self._used += 1
            slots[place] = row + 1

    def place(self, key: int) -> int:
        """Return the slot of a key, or the slot for it."""
        slots, keys = self._slots, self._keys
        mask = len(slots) - 1
        place = key & mask
        while (row := slots[place]) and keys[row - 1] != key:
            place = (place + 1) & mask
        return place

    def _resize(self, size: int) -> None:
        rows = [row for row in self._slots if row]
        self._slots = array("I", bytes(4 * size))
        for row in rows:
            self._slots[self.place(self._keys[row - 1])] = row
