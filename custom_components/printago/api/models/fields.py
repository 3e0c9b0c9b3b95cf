"""Reads fields of untrusted JSON: an unreadable value raises no error, and does not keep the previous value by default.

A ``Fields`` table maps the cloud's field names to attributes and readers. The result has only the fields that a message
mentions, so that it can be applied to known data. ``null`` becomes None, since null is a value. A value of the wrong
type or out of range is handled by its kind:

- A reading or a description (number, time, text, picture) becomes None, which is shown as unknown. So does each reading
  of a group, such as ``data.print``, that is null or not an object.
- A percentage a little above 100 counts as 100. Below 0 or above 110 its meaning is unclear: it is unknown.
- Text for display is unknown if blank. So is a stage without a letter, which is a number of the manufacturer.
- A flag, a status, or a reference to another record decides whether a printer is free or an order waits. An unreadable
  one keeps the known value. The same applies to null in fields that may not be null in the vendor's schema
  (``NEVER_NULL``).
- Any entry in a list of errors or warnings is a problem, and so is any other value in place of such a list. Only null
  and empty values clear problems; ``data.health`` that is not an object changes nothing.
- Of several colors, or several slots of a job, the readable ones count; if there are none, the value is unknown.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
import re
from typing import Any, Final

import orjson

MAX_TEXT = 255
"""Longest text in characters that is kept: the limit of a state in Home Assistant."""
MAX_PATH = 2048
"""Longest storage path or ID that is kept."""
_MOST_TEXTS = 100
_CONTROL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
"""Control characters, since databases refuse at least NUL: each becomes a space."""
YEARS = range(2000, 3000)
"""Accepted years: arithmetic with times at the limits of the calendar would overflow."""
_FULL = 110
"""Up to this percentage, values above 100 count as 100 %."""
ABSENT: Final = object()
"""Marks fields that a message does not mention, since None is a value."""


class UnreadableError(ValueError):
    """The value is not of the field's type: it is unknown."""


class NoStatementError(UnreadableError):
    """The same for a field that decisions depend on: the known value stays."""


type Reader = Callable[[Any], Any]
type Fields = Mapping[str, tuple[str, Reader]]


def read_fields(source: object, fields: Fields) -> dict[str, Any]:
    """Return attribute → value for every field that ``source`` mentions; None for null and for unreadable values.

    Unreadable values that decisions depend on are left out.
    """
    if not isinstance(source, dict | Mapping):
        return {}
    values: dict[str, Any] = {}
    for name, (attribute, reader) in fields.items():
        # Fast path: most fields are null or missing.
        if (raw := source.get(name)) is None:
            if name in source:
                values[attribute] = None
            continue
        try:
            values[attribute] = reader(raw)
        except NoStatementError:
            continue
        except UnreadableError:
            values[attribute] = None
    return values


def deciding[T](reader: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return a reader for a field that decisions depend on: unreadable values are left out."""

    def read(raw: object) -> T:
        try:
            return reader(raw)
        except UnreadableError as err:
            raise NoStatementError from err

    return read


def same(one: object, other: object) -> bool:
    """Return whether two JSON values are equal; Python alone takes True for 1, which no reader does."""
    if one is other:
        return True
    try:
        return one == other and orjson.dumps(one) == orjson.dumps(other)
    except orjson.JSONEncodeError:
        return False


def text(raw: object) -> str:
    """Read a text, cut to the length of a state."""
    if not isinstance(raw, str):
        raise UnreadableError
    if len(raw) <= MAX_TEXT and raw.isprintable():
        return raw
    return cut(raw).translate(_CONTROL)


def string(raw: object) -> str:
    """Read a text unchanged: it is compared, or sent back."""
    if not isinstance(raw, str):
        raise UnreadableError
    return raw


def filled_text(raw: object) -> str | None:
    """Read a text for display; a blank one is None."""
    return text(raw).strip() or None


def cut(raw: str) -> str:
    """Return a text, cut to the length of a state."""
    return raw if len(raw) <= MAX_TEXT else raw[: MAX_TEXT - 1] + "…"


def path_text(raw: object) -> str:
    """Read a storage path or an ID, which must not be cut."""
    if not isinstance(raw, str) or len(raw) > MAX_PATH:
        raise UnreadableError
    return raw


reference = deciding(path_text)
"""Reads the ID of another record."""


def flag(raw: object) -> bool:
    """Read a boolean that decisions depend on."""
    if not isinstance(raw, bool):
        raise NoStatementError
    return raw


def number(low: float, high: float) -> Callable[[object], float]:
    """Return a reader of finite numbers from ``low`` to ``high``."""

    def read(raw: object) -> float:
        if not (type(raw) is float or type(raw) is int):
            raise UnreadableError
        # NaN and infinities are out of range, too.
        if not low <= raw <= high:
            raise UnreadableError
        # Turns -0.0 into 0.0.
        return raw + 0

    return read


_read_percent = number(0, _FULL)


def percent(raw: object) -> float:
    """Read a percentage."""
    return min(_read_percent(raw), 100)


def whole_percent(raw: object) -> int:
    """Read a percentage in whole numbers."""
    return round(percent(raw))


def whole(low: int, high: int) -> Callable[[object], int]:
    """Return a reader of counts from ``low`` to ``high``: a fraction is rounded."""
    read_number = number(low, high)
    return lambda raw: raw if type(raw) is int and low <= raw <= high else round(read_number(raw))


def moment(raw: object) -> datetime:
    """Read an ISO 8601 time; without an offset it is UTC, as all times of the cloud are."""
    if not isinstance(raw, str) or len(raw) > 64:
        raise UnreadableError
    try:
        parsed = datetime.fromisoformat(raw)
        return parsed if parsed.tzinfo is UTC and parsed.year in YEARS else _utc(parsed)
    except (ValueError, OverflowError) as err:
        raise UnreadableError from err


def timestamp(moment: datetime) -> str:
    """Format a time as the cloud does: ``2026-01-31T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_plainly_before(raw: object, limit: str) -> bool:
    """Return whether a time in the cloud's format is before ``limit`` (of ``timestamp``), without parsing it.

    False for every other format: week dates, or a space before the time, are in another order as text.
    """
    if not isinstance(raw, str) or len(raw) != len(limit) or raw >= limit:
        return False
    return raw[10] == "T" and raw[7] == "-" and raw[-1] == "Z"


_SECONDS_BELOW = 1e11
"""Up to this number, a time since 1970 is in seconds; greater ones are in milliseconds."""


def epoch(raw: object) -> datetime:
    """Read a time since 1970 in milliseconds, as in JavaScript, or in seconds (the schema names no unit)."""
    value = _read_epoch(raw)
    try:
        return _utc(datetime.fromtimestamp(value if value < _SECONDS_BELOW else value / 1000, UTC))
    except (ValueError, OverflowError, OSError) as err:
        raise UnreadableError from err


_read_epoch = number(0, 1e14)


def choice[E: StrEnum](kind: type[E]) -> Callable[[object], E]:
    """Return a reader of the members of an enumeration."""
    members = {member.value: member for member in kind}

    def read(raw: object) -> E:
        if not isinstance(raw, str) or raw not in members:
            raise UnreadableError
        return members[raw]

    return read


def currency(raw: object) -> str:
    """Read an ISO 4217 currency code."""
    if not isinstance(raw, str) or not _CURRENCY.fullmatch(code := raw.strip().upper()):
        raise UnreadableError
    return code


def web_address(raw: object) -> str:
    """Read the URL of a web page that users may open."""
    address = path_text(raw).strip()
    if not address.isprintable() or not address.lower().startswith(("https://", "http://")):
        raise UnreadableError
    return address


def http_date(raw: str) -> datetime | None:
    """Read the date of an HTTP header; None if invalid."""
    try:
        return _utc(parsedate_to_datetime(raw))
    except ValueError, OverflowError:
        return None


def _utc(parsed: datetime) -> datetime:
    if parsed.year not in YEARS:
        raise UnreadableError
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def texts(raw: object) -> tuple[str, ...]:
    """Read a list of texts; other members are left out."""
    if not isinstance(raw, list):
        raise UnreadableError
    return tuple(text(member) for member in raw[:_MOST_TEXTS] if isinstance(member, str))


_CURRENCY = re.compile(r"[A-Z]{3}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_identifier(raw: object) -> bool:
    """Return whether this can be an entity's ID: the cloud uses cuid2, 24 lower-case letters and digits."""
    if not isinstance(raw, str):
        return False
    # Nearly all IDs have this form, which needs no pattern.
    if raw.isalnum() and raw.isascii() and len(raw) <= 64:
        return True
    return _IDENTIFIER.fullmatch(raw) is not None
