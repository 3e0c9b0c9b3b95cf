"""Reads list calls page by page: a list returns at most 1,000 rows at once, and 100 without ``limit``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..exceptions import MalformedResponseError
from ..models.fields import is_identifier
from ..models.listing import PAGE_SIZE, Listing
from .rate_limit import RequestPriority
from .transport import Transport

_UNASKED_PAGE_SIZE = 100
_MOST_PAGES = 100

type Accept = Callable[[Mapping[str, Any]], bool]


async def read_list(
    transport: Transport, path: str, *, priority: RequestPriority, filters: Mapping[str, str] | None = None
) -> Listing:
    """Read all pages of a list; it is complete only if all rows of the total were read.

    A total that changes between pages means that rows moved, and that one may have been skipped.
    """
    rows: dict[str, Mapping[str, Any]] = {}
    totals: set[int | None] = set()
    offset = 0
    for _ in range(_MOST_PAGES):
        params = _params(filters, PAGE_SIZE, offset, "createdAt:asc")
        page = Page.of(await transport.request("GET", path, priority=priority, params=params))
        known = len(rows)
        rows |= with_ids(page.rows)
        totals.add(page.total)
        offset += page.length
        if not page.has_more:
            return Listing(rows, complete=len(totals) == 1 and len(rows) >= max(offset, page.total or 0))
        if len(rows) == known:
            # A server that repeats its rows would otherwise use up the quota.
            break
    return Listing(rows, complete=False)


async def read_newest(
    transport: Transport,
    path: str,
    *,
    filters: Mapping[str, str],
    accept: Accept,
    most: int,
    most_pages: int,
    page_size: int = PAGE_SIZE,
) -> Listing:
    """Read pages, newest first, until ``most`` rows are accepted; complete if no further rows would be.

    ``accept`` checks each row, since a server that does not know a filter returns other rows as well. The first page is
    requested with ``page_size`` rows: filters mostly make more rows unnecessary.
    """
    rows: dict[str, Mapping[str, Any]] = {}
    offset = 0
    for _ in range(most_pages):
        params = _params(filters, PAGE_SIZE if offset else min(page_size, PAGE_SIZE), offset, "createdAt:desc")
        page = Page.of(await transport.request("GET", path, priority=RequestPriority.USER, params=params))
        for identifier, row in with_ids(page.rows):
            if identifier not in rows and accept(row):
                if len(rows) == most:
                    return Listing(rows, complete=False)
                rows[identifier] = row
        offset += page.length
        if not page.has_more or not page.length:
            return Listing(rows, complete=not page.has_more)
    return Listing(rows, complete=False)


def _params(filters: Mapping[str, str] | None, limit: int, offset: int, sort: str) -> dict[str, str]:
    return {
        **(filters or {}),
        "limit": str(limit),
        "meta": "true",
        "sort": sort,
        **({"offset": str(offset)} if offset else {}),
    }


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its readable rows, and the number of all rows."""

    rows: list[Mapping[str, Any]]
    length: int
    has_more: bool
    total: int | None

    @classmethod
    def of(cls, answer: object) -> Page:
        """Read a page with its metadata, or the plain array of a server without ``meta``."""
        if isinstance(answer, Mapping) and isinstance(data := answer.get("data"), list):
            raw_meta = answer.get("meta")
            meta = raw_meta if isinstance(raw_meta, Mapping) else {}
            total = meta.get("total")
            return cls(
                rows=objects(data),
                length=len(data),
                has_more=meta.get("hasMore") is not False,
                total=total if isinstance(total, int) else None,
            )
        if isinstance(answer, list):
            # A plain array does not say whether it is complete; a full page may be cut.
            full = len(answer) in (_UNASKED_PAGE_SIZE, PAGE_SIZE)
            return cls(rows=objects(answer), length=len(answer), has_more=full, total=None)
        raise MalformedResponseError("the answer is not a list")


def objects(answer: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; raises MalformedResponseError if it is not a list."""
    if not isinstance(answer, list):
        raise MalformedResponseError("the answer is not a list")
    return [row for row in answer if isinstance(row, dict)]


def identified(answer: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; raises MalformedResponseError if any of its members has no ID."""
    rows = [row for _, row in with_ids(objects(answer))]
    if isinstance(answer, list) and len(rows) == len(answer):
        return rows
    raise MalformedResponseError("the answer lists something without an ID")


def with_ids(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Return the rows that have an ID, by ID."""
    return ((row["id"], row) for row in rows if is_identifier(row.get("id")))
