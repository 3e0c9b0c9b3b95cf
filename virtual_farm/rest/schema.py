"""Checks of request bodies.

A check raises BadRequestError that names the location. Unknown fields are allowed, as in the cloud.
"""

from collections.abc import Callable
from datetime import datetime
import re
from typing import Any

from virtual_farm.errors import BadRequestError

type Check = Callable[[Any, str], None]

_ID = re.compile(r"[a-z0-9]{24}")


def check_body(check: Check, body: Any) -> None:
    """Check a whole body; raises BadRequestError."""
    try:
        check(body, "$input")
    except RecursionError:
        raise BadRequestError("Request body is nested too deeply") from None


def _fail(place: str, expected: str) -> BadRequestError:
    return BadRequestError(f"Request body is not valid: {place} must be {expected}")


def text(minimum: int = 0, maximum: int | None = None) -> Check:
    """Require a string of a length."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, str):
            raise _fail(place, "a string")
        if len(value) < minimum or (maximum is not None and len(value) > maximum):
            raise _fail(place, f"a string of {minimum} to {maximum or 'any number of'} characters")

    return check


def identifier(value: Any, place: str) -> None:
    """Require a cuid2."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _fail(place, "an ID of 24 lower-case letters and digits")


def boolean(value: Any, place: str) -> None:
    """Require true or false."""
    if not isinstance(value, bool):
        raise _fail(place, "a boolean")


def number(minimum: float | None = None, maximum: float | None = None) -> Check:
    """Require a number within a range."""

    def check(value: Any, place: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _fail(place, "a number")
        if minimum is not None and value < minimum:
            raise _fail(place, f"at least {minimum}")
        if maximum is not None and value > maximum:
            raise _fail(place, f"at most {maximum}")

    return check


def one_of(*values: Any) -> Check:
    """Require one of several constants."""

    def check(value: Any, place: str) -> None:
        if isinstance(value, bool) or value not in values:
            raise _fail(place, "one of " + ", ".join(map(str, values)))

    return check


def nullable(inner: Check) -> Check:
    """Allow null, or what another check allows."""

    def check(value: Any, place: str) -> None:
        if value is not None:
            inner(value, place)

    return check


def array(inner: Check) -> Check:
    """Require a list of items of one kind."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, list):
            raise _fail(place, "an array")
        for index, item in enumerate(value):
            inner(item, f"{place}[{index}]")

    return check


def record(inner: Check) -> Check:
    """Require an object whose values are of one kind."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise _fail(place, "an object")
        for key, item in value.items():
            inner(item, f"{place}.{key}")

    return check


def shape(required: dict[str, Check] | None = None, optional: dict[str, Check] | None = None) -> Check:
    """Require an object with named fields."""
    needed, possible = required or {}, optional or {}

    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise _fail(place, "an object")
        for key, inner in needed.items():
            if key not in value:
                raise _fail(f"{place}.{key}", "present")
            inner(value[key], f"{place}.{key}")
        for key, inner in possible.items():
            if key in value:
                inner(value[key], f"{place}.{key}")

    return check


def any_of(*checks: Check) -> Check:
    """Require what at least one of several checks accepts; the error is that of the first one."""

    def check(value: Any, place: str) -> None:
        complaint: BadRequestError | None = None
        for inner in checks:
            try:
                inner(value, place)
            except BadRequestError as err:
                complaint = complaint or err
            else:
                return
        if complaint is not None:
            raise complaint

    return check


def moment(value: Any, place: str) -> None:
    """Require a time, ISO 8601."""
    try:
        datetime.fromisoformat(value)
    except TypeError, ValueError:
        raise _fail(place, "a moment, ISO 8601") from None


def anything(_value: Any, _place: str) -> None:
    """Accept anything."""


IDS = array(identifier)
PRIORITY = one_of(100, 1000)
POSITION = one_of("front", "back")
TAG_KEYS = (
    "printer.provider",
    "printer.id",
    "printer.nozzleDiameter",
    "printer.modelName",
    "filament.type",
    "user.tags",
)
TAGS = shape(optional=dict.fromkeys(TAG_KEYS, text(1)))
PARAMETER_VALUE = any_of(number(), text(0, 255), boolean)
MATERIAL = any_of(
    shape({"groupId": identifier}),
    shape({"variantId": identifier}),
    shape({"materialId": identifier}),
    shape({"materialType": text()}),
)
MATERIALS = record(array(MATERIAL))
