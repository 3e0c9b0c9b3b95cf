"""The result of a list call."""

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any, Protocol, Self

PAGE_SIZE = 1000
"""The most rows that one request reads."""

type _Source = Mapping[str, Any]


class _Readable(Protocol):
    @classmethod
    def from_json(cls, identifier: str, source: _Source) -> Self: ...


@dataclass(frozen=True, slots=True)
class Listing[T = _Source]:
    """Rows of a list call by ID, and whether the list is complete."""

    rows: dict[str, T]
    complete: bool

    @property
    def pages(self) -> int:
        """Return how many requests have read it."""
        return max(1, math.ceil(len(self.rows) / PAGE_SIZE))


def read_listing[R: _Readable](listing: Listing, kind: type[R]) -> Listing[R]:
    """Return a listing with its rows as records."""
    return Listing({key: kind.from_json(key, row) for key, row in listing.rows.items()}, listing.complete)
