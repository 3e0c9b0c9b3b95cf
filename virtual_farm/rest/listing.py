"""Parameters of lists: `limit`, `offset`, `sort`, `fields`, `meta` and `field.op` filters."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
import time
from typing import Any, Protocol

from virtual_farm.entities import Document
from virtual_farm.errors import BadRequestError

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


type _Test = Callable[[Any], bool]


class Fields(Protocol):
    """Records that can be filtered and sorted by their fields."""

    def get(self, key: str, /) -> Any:
        """Return a field, or None if it does not exist."""


_RESERVED = frozenset({"limit", "offset", "sort", "fields", "include", "meta", "hints"})


def field_names(names: str) -> frozenset[str]:
    """Return the names in a text, separated by spaces."""
    return frozenset(names.split())


def list_rows(
    rows: Iterable[Document],
    query: Mapping[str, str],
    known: frozenset[str],
    selectable: frozenset[str],
    *,
    cut: bool = False,
) -> Any:
    """Return the rows for a query: an array, or with `meta=true` or `hints=true` an object.

    `known` are the fields that can be filtered and sorted by, `selectable` those that rows can be reduced to. With
    `cut`, a `limit` above the maximum is reduced, else it is refused. Raises BadRequestError.
    """
    return page_rows(lambda: matching_rows(rows, query, known), query, selectable, lambda row: row, cut=cut)


def matching_rows[R: Fields](rows: Iterable[R], query: Mapping[str, str], known: frozenset[str]) -> list[R]:
    """Return all rows of a query, sorted; raises BadRequestError."""
    matching = list(rows)
    for name, wanted in query.items():
        if name not in _RESERVED and (test := _filter(name, wanted, known)) is not None:
            matching = [row for row in matching if test(row)]
    if sort := query.get("sort"):
        _sort(matching, sort, known)
    return matching


def page_rows[R: Fields](
    find: Callable[[], list[R]],
    query: Mapping[str, str],
    selectable: frozenset[str],
    wire: Callable[[R], Document],
    *,
    cut: bool = False,
) -> Any:
    """Return the page of a query from the rows that `find` returns, as `list_rows`; raises BadRequestError."""
    began = time.perf_counter()
    limit = _whole(query, "limit", DEFAULT_LIMIT, 1, None if cut else MAX_LIMIT)
    limit = min(limit, MAX_LIMIT)
    offset = _whole(query, "offset", 0, 0, None)
    matching = find()
    page = [wire(row) for row in matching[offset : offset + limit]]
    if fields := query.get("fields"):
        names = [name.strip() for name in fields.split(",") if name.strip()]
        _check_names(names, selectable)
        page = [{name: row[name] for name in names if name in row} for row in page]
    # Both are checked, whatever the value of the other.
    if not any([_flag(query, "meta"), _flag(query, "hints")]):
        return page
    return {
        "data": page,
        "meta": {
            "total": len(matching),
            "count": len(page),
            "offset": offset,
            "limit": limit,
            "hasMore": offset + len(page) < len(matching),
            "executionTime": round((time.perf_counter() - began) * 1000, 3),
        },
    }


def search_rows(rows: Iterable[Document], body: Document, known: frozenset[str], selectable: frozenset[str]) -> Any:
    """Answer `POST …/search`. The cloud currently ignores its filter. Raises BadRequestError."""
    query = {key: str(body[key]) for key in ("limit", "offset", "sort", "fields") if key in body}
    return list_rows(rows, query | {"meta": "true"}, known, selectable)


def _whole(query: Mapping[str, str], name: str, default: int, minimum: int, maximum: int | None) -> int:
    if (given := query.get(name)) is None:
        return default
    try:
        value = int(given)
    except ValueError:
        raise BadRequestError(f"{name} must be a whole number") from None
    if value < minimum or (maximum is not None and value > maximum):
        raise BadRequestError(
            f"{name} must be {minimum} to {maximum}" if maximum else f"{name} must be at least {minimum}"
        )
    return value


def _flag(query: Mapping[str, str], name: str) -> bool:
    given = query.get(name, "false")
    if given not in ("true", "false"):
        raise BadRequestError(f"{name} must be true or false")
    return given == "true"


def _check_names(names: Iterable[str], known: frozenset[str]) -> None:
    for name in names:
        if name not in known:
            raise BadRequestError(f"Unknown field: {name}")


def _sort[R: Fields](rows: list[R], sort: str, known: frozenset[str]) -> None:
    # Later keys first, because sorting is stable.
    for key in reversed(sort.split(",")):
        name, _, direction = key.strip().partition(":")
        _check_names([name], known)
        if direction not in ("", "asc", "desc"):
            raise BadRequestError(f"sort must be field:asc or field:desc, not {key}")
        rows.sort(key=lambda row: _rank(row.get(name)), reverse=direction == "desc")


def _rank(value: Any) -> tuple[int, Any]:
    """Make values of all kinds comparable: null last, then by kind."""
    if value is None:
        return (9, 0)
    if isinstance(value, bool | int | float):
        return (0, value)
    return (1, str(value))


def _filter(name: str, wanted: str, known: frozenset[str]) -> Callable[[Fields], bool] | None:
    field, _, operator = name.rpartition(".")
    if not field:
        if name not in known:
            # Other parameters are ignored.
            return None
        field, operator = name, "eq"
    if operator not in _OPERATORS:
        raise BadRequestError(f"Unknown filter operator: {operator}")
    _check_names([field], known)
    test = _OPERATORS[operator](wanted)
    return lambda row: test(row.get(field))


# Each operator reads what is wanted once, and then tests many values: there may be a hundred thousand jobs.


def _is(wanted: str) -> _Test:
    number = _as_number(wanted)

    def test(value: Any) -> bool:
        if isinstance(value, list):
            return wanted in map(str, value)
        if isinstance(value, bool):
            return wanted == ("true" if value else "false")
        if isinstance(value, int | float):
            return number == value
        if value is None:
            return wanted == "null"
        return str(value) == wanted

    return test


def _in(wanted: str) -> _Test:
    choices = wanted.split(",")
    texts, tests = frozenset(choices), [_is(choice) for choice in choices]
    return lambda value: value in texts if type(value) is str else any(test(value) for test in tests)


def _not(make: Callable[[str], _Test]) -> Callable[[str], _Test]:
    def of(wanted: str) -> _Test:
        test = make(wanted)
        return lambda value: not test(value)

    return of


def _as_number(given: str) -> float | None:
    try:
        return float(given)
    except ValueError:
        return None


def _as_moment(given: str) -> datetime | None:
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        return None


def _compared(*possible: int) -> Callable[[str], _Test]:
    """Return an operator that is true if comparing a value with what is wanted has one of these results."""

    def of(wanted: str) -> _Test:
        compare = _comparison(wanted)
        return lambda value: compare(value) in possible

    return of


def _comparison(wanted: str) -> Callable[[Any], int | None]:
    """Return a function that returns -1, 0, or 1, or None if a value is not comparable with what is wanted."""
    number, moment = _as_number(wanted), _as_moment(wanted)

    def compare(value: Any) -> int | None:
        if value is None or isinstance(value, bool | list | dict):
            return None
        left: Any
        right: Any
        if isinstance(value, int | float):
            left, right = value, number
            if right is None:
                raise BadRequestError(f"{wanted} is not a number")
        elif moment is not None and (left := _as_moment(str(value))) is not None:
            right = moment
            if (left.tzinfo is None) != (right.tzinfo is None):
                raise BadRequestError(f"{wanted} has no time zone")
        else:
            left, right = str(value), wanted
        return int(left > right) - int(left < right)

    return compare


def _contains(wanted: str) -> _Test:
    def test(value: Any) -> bool:
        if isinstance(value, list):
            return wanted in map(str, value)
        return value is not None and wanted.lower() in str(value).lower()

    return test


def _between(wanted: str) -> _Test:
    low, comma, high = wanted.partition(",")
    if not comma:
        raise BadRequestError("between needs two values: low,high")
    from_low, to_high = _compared(0, 1)(low), _compared(0, -1)(high)
    return lambda value: from_low(value) and to_high(value)


def _is_null(wanted: str) -> _Test:
    if wanted not in ("true", "false"):
        raise BadRequestError("isNull must be true or false")
    return lambda value: (value is None) == (wanted == "true")


def _text(matches: Callable[[str, str], bool]) -> Callable[[str], _Test]:
    return lambda wanted: lambda value: value is not None and matches(str(value).lower(), wanted.lower())


_OPERATORS: dict[str, Callable[[str], _Test]] = {
    "eq": _is,
    "ne": _not(_is),
    "gt": _compared(1),
    "gte": _compared(0, 1),
    "lt": _compared(-1),
    "lte": _compared(0, -1),
    "contains": _contains,
    "startsWith": _text(str.startswith),
    "endsWith": _text(str.endswith),
    "in": _in,
    "notIn": _not(_in),
    "isNull": _is_null,
    "between": _between,
}
