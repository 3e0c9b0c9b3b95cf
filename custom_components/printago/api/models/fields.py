"""Reading fields of foreign JSON: a value that cannot be read is no error, and the one before it does not stand in for it.

A ``Fields`` table maps the cloud's field names to attributes and readers. What a message does not mention stays out of
the result, so that it can be laid over what is known. ``null`` is kept as None, since a field that is null is null.
What becomes of a value of the wrong type, or of one that nothing could have, depends on what it is for:

- A reading or a description (a number, a time, a text, a picture) becomes None, which is shown as unknown. So does each
  reading of a group, such as ``data.print``, that is null or no object.
- A percentage a little beyond 100 counts as 100. Below 0 and beyond 110 nobody can tell what is meant: it is unknown.
- Text that people read is unknown when it is blank. So is a stage without a letter: it is a number of the manufacturer's.
- A flag, a status, or a reference to another record decides whether a printer is free or an order waits. One that is not
  readable decides nothing: what was known stays. The same goes for fields that may not be null by the vendor's schema
  (``NEVER_NULL``), for which null is no statement either.
- An entry among errors or warnings is a problem, whatever it looks like, and so is anything in place of such a list. Only
  null and what is empty takes problems back; ``data.health`` that is no object decides nothing.
- Of several colors, or places that a job prints from, the readable ones count; where there are none, it is unknown.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
import re
from typing import Any, Final

import orjson

MAX_TEXT = 255
"""Longest text in characters that is kept: no state of Home Assistant may be longer."""
MAX_PATH = 2048
"""Longest storage path or ID that is kept."""
_MOST_TEXTS = 100
_CONTROL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
"""Control characters, of which databases refuse at least NUL: each becomes a space."""
YEARS = range(2000, 3000)
"""Years that are accepted: arithmetic with a time at the edge of the calendar would overflow."""
_FULL = 110
"""Up to which percentage all is 100 %."""
ABSENT: Final = object()
"""Stands for what a message does not mention, where None is a value."""


class UnreadableError(ValueError):
    """A value is not of the type that its field has: it is unknown."""


class NoStatementError(UnreadableError):
    """Such a value of a field that decides something: what is known stays."""


type Reader = Callable[[Any], Any]
type Fields = Mapping[str, tuple[str, Reader]]


def read_fields(source: object, fields: Fields) -> dict[str, Any]:
    """Return attribute → value for every field that ``source`` mentions; None for null and for what is unreadable.

    An unreadable value that would decide something is left out.
    """
    if not isinstance(source, dict | Mapping):
        return {}
    values: dict[str, Any] = {}
    for name, (attribute, reader) in fields.items():
        # Null, or not mentioned at all, is what most fields are.
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
    """Return a reader for a field by which something is decided: what it cannot read is no statement."""

    def read(raw: object) -> T:
        try:
            return reader(raw)
        except UnreadableError as err:
            raise NoStatementError from err

    return read


def same(one: object, other: object) -> bool:
    """Return whether two JSON values are surely equal; to Python alone True is 1, for which no reader takes it."""
    if one is other:
        return True
    try:
        return one == other and orjson.dumps(one) == orjson.dumps(other)
    except orjson.JSONEncodeError:
        return False


def text(raw: object) -> str:
    """Read a text; longer than a state may be, it is cut."""
    if not isinstance(raw, str):
        raise UnreadableError
    if len(raw) <= MAX_TEXT and raw.isprintable():
        return raw
    return cut(raw).translate(_CONTROL)


def string(raw: object) -> str:
    """Read a text as it is: it is compared, or sent back."""
    if not isinstance(raw, str):
        raise UnreadableError
    return raw


def filled_text(raw: object) -> str | None:
    """Read a text that people read; a blank one is none."""
    return text(raw).strip() or None


def cut(raw: str) -> str:
    """Return a text as it is, or its beginning when it is longer than a state may be."""
    return raw if len(raw) <= MAX_TEXT else raw[: MAX_TEXT - 1] + "…"


def path_text(raw: object) -> str:
    """Read a storage path or an ID, which must not be cut."""
    if not isinstance(raw, str) or len(raw) > MAX_PATH:
        raise UnreadableError
    return raw


reference = deciding(path_text)
"""Reads the ID of another record."""


def flag(raw: object) -> bool:
    """Read a boolean, by which something is decided."""
    if not isinstance(raw, bool):
        raise NoStatementError
    return raw


def number(low: float, high: float) -> Callable[[object], float]:
    """Return a reader of finite numbers from ``low`` to ``high``."""

    def read(raw: object) -> float:
        if not (type(raw) is float or type(raw) is int):
            raise UnreadableError
        # Neither NaN nor an infinity lies between two numbers.
        if not low <= raw <= high:
            raise UnreadableError
        # Of zeros, the one without a sign.
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
    """Return a reader of numbers from ``low`` to ``high`` that are counts: a fraction is rounded."""
    read_number = number(low, high)
    return lambda raw: raw if type(raw) is int and low <= raw <= high else round(read_number(raw))


def moment(raw: object) -> datetime:
    """Read an ISO 8601 time; one without an offset is UTC, as all times of the cloud are."""
    if not isinstance(raw, str) or len(raw) > 64:
        raise UnreadableError
    try:
        parsed = datetime.fromisoformat(raw)
        return parsed if parsed.tzinfo is UTC and parsed.year in YEARS else _utc(parsed)
    except (ValueError, OverflowError) as err:
        raise UnreadableError from err


_SECONDS_BELOW = 1e11
"""Up to which number a time since 1970 counts seconds; more are milliseconds."""


def epoch(raw: object) -> datetime:
    """Read a time that counts from 1970, in milliseconds as JavaScript does, or in seconds (the schema names no unit)."""
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
    """Read the ISO 4217 code of a currency."""
    if not isinstance(raw, str) or not _CURRENCY.fullmatch(code := raw.strip().upper()):
        raise UnreadableError
    return code


def web_address(raw: object) -> str:
    """Read the address of a web page, which people may open."""
    address = path_text(raw).strip()
    if not address.isprintable() or not address.lower().startswith(("https://", "http://")):
        raise UnreadableError
    return address


def http_date(raw: str) -> datetime | None:
    """Read the date of an HTTP header; None for what is none."""
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
    # Nearly all are of this kind, for which no pattern is needed.
    if raw.isalnum() and raw.isascii() and len(raw) <= 64:
        return True
    return _IDENTIFIER.fullmatch(raw) is not None
