"""Bodies of `POST …/search`."""

from typing import Any

from virtual_farm.errors import BadRequestError

from .schema import Check, any_of, anything, array, boolean, moment, number, shape, text

_MOMENT_OR_NUMBER = any_of(number(), moment)


def _range(value: Any, place: str) -> None:
    array(_MOMENT_OR_NUMBER)(value, place)
    if len(value) != 2:
        raise BadRequestError(f"Request body is not valid: {place} must be two values")


_OPERATORS = shape(
    optional={
        "eq": anything,
        "ne": anything,
        "gt": _MOMENT_OR_NUMBER,
        "gte": _MOMENT_OR_NUMBER,
        "lt": _MOMENT_OR_NUMBER,
        "lte": _MOMENT_OR_NUMBER,
        "contains": text(),
        "startsWith": text(),
        "endsWith": text(),
        "in": array(anything),
        "notIn": array(anything),
        "isNull": boolean,
        "between": _range,
    }
)


def search_body(known: frozenset[str]) -> Check:
    """Require a search for records with the given fields (schema `SearchQueryDto…`).

    The branches of its filter overlap. Here, a field must match one of the branches that have its name.
    """

    def condition(value: Any, place: str) -> None:
        checked(value, place)

    conditions = array(condition)
    checked = shape(optional={**dict.fromkeys(known, _OPERATORS), "and": conditions, "or": conditions})
    return shape(
        optional={
            "filter": condition,
            "sort": text(),
            "limit": number(1, 1000),
            "offset": number(0),
            "fields": text(),
            "include": text(),
            "meta": boolean,
            "hints": boolean,
        }
    )
