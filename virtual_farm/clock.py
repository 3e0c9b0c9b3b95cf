"""Wall-clock time in the cloud's format."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_MAX_OFFSET = 1e9

type Clock = Callable[[], datetime]
"""Returns the current time, aware and in UTC."""


def utc_now() -> datetime:
    """Return the machine's own time."""
    return datetime.now(UTC)


def check_offset(seconds: float) -> None:
    """Raise ValueError for an offset beyond the range of dates."""
    if not abs(seconds) <= _MAX_OFFSET:
        raise ValueError(f"the offset of a clock must be at most {_MAX_OFFSET:.0f} seconds")


class OffsetClock:
    """A clock that is off by `offset` seconds."""

    def __init__(self, clock: Clock, offset: float = 0.0) -> None:
        """Follow another clock."""
        self._clock = clock
        self.offset = offset

    def __call__(self) -> datetime:
        """Return the time of this clock."""
        return self._clock() + timedelta(seconds=self.offset)


def to_iso(moment: datetime) -> str:
    """Format a time as the cloud does: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def to_http_date(moment: datetime) -> str:
    """Format a time as an HTTP `Date` header."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
