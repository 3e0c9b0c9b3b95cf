"""Wall-clock time as the cloud writes it."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

type Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""


def utc_now() -> datetime:
    """Return the machine's own time."""
    return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """Write a moment as the cloud does: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def to_http_date(moment: datetime) -> str:
    """Write a moment as an HTTP `Date` header."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
