"""What a print took: its filament, by the estimate of its part, and what that cost."""

from collections.abc import Callable
from dataclasses import dataclass

from ..api.models.records import PrintJob

type Valuer = Callable[[PrintJob, float | None, int | None], Usage]
"""Called with a job that is over, how far its print had come (0 to 1, None if unknown), and how many seconds it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a print took; None for what is unknown."""

    grams: float | None = None
    material: str | None = None
    cost: float | None = None
    currency: str | None = None
    energy: float | None = None
    """In kilowatt-hours."""


NOTHING_KNOWN = Usage()


def share_printed(progress: float | None, seconds: int | None, estimated: float | None) -> float | None:
    """Return which share of a print that did not finish was printed, 0 to 1; None if that is unknown.

    By its last progress where that is known, else by its time.
    """
    if seconds is None:
        return 0.0
    if progress is not None:
        return min(max(progress, 0.0), 1.0)
    return min(seconds / estimated, 1.0) if estimated else None
