"""The last prints of a store, with all their details."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime

from .past_print import PastPrint

MOST = 1000

type _Place = tuple[datetime, str, int]


def _place(past: PastPrint) -> _Place:
    return past.ended_at, past.job_id, past.attempt


class RecentPrints:
    """The last prints, at most ``MOST``."""

    def __init__(self, prints: Iterable[PastPrint] = ()) -> None:
        """Start with these."""
        self._prints: dict[tuple[str, int], PastPrint] = {}
        self._order: list[_Place] = []
        for past in prints:
            self.add(past)
        self.changed = False
        """There are unsaved changes."""

    def __len__(self) -> int:
        """Return the number of prints."""
        return len(self._order)

    def __iter__(self) -> Iterator[PastPrint]:
        """Yield the prints, the last one first."""
        return (self._prints[job_id, attempt] for _, job_id, attempt in reversed(tuple(self._order)))

    @property
    def oldest(self) -> datetime | None:
        """Return when the earliest of them ended, None if there is room for more."""
        return self._order[0][0] if len(self._order) >= MOST else None

    def listed_since(self, others: Iterable[int]) -> int:
        """Return the Unix time before which none of these other ends, nor any of before, is among the last prints."""
        oldest = 0 if self.oldest is None else int(self.oldest.timestamp())
        if not (wanted := [ended for ended in others if ended >= oldest]):
            return oldest
        ends = sorted([*wanted, *(int(ended_at.timestamp()) for ended_at, _, _ in self._order)], reverse=True)
        return ends[MOST - 1] if len(ends) >= MOST else 0

    def wants(self, ended_at: datetime) -> bool:
        """Return whether a print that ended then is one of the last."""
        return len(self._order) < MOST or ended_at >= self._order[0][0]

    def get(self, job_id: str, attempt: int) -> PastPrint | None:
        """Return a print, None if it is not one of the last."""
        return self._prints.get((job_id, attempt))

    def add(self, past: PastPrint) -> None:
        """Add a print, or replace its data."""
        self.changed = True
        self.remove(past.job_id, past.attempt)
        place = _place(past)
        self._order.insert(bisect_left(self._order, place), place)
        self._prints[past.job_id, past.attempt] = past
        if len(self._order) > MOST:
            _, job_id, attempt = self._order.pop(0)
            del self._prints[job_id, attempt]

    def remove(self, job_id: str, attempt: int) -> None:
        """Remove a print."""
        if (known := self._prints.pop((job_id, attempt), None)) is not None:
            self.changed = True
            del self._order[bisect_left(self._order, _place(known))]
