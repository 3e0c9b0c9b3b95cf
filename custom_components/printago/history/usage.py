"""What a print took: filament by the estimate of its part, and the cost."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from ..api.models.records import PrintJob
from .past_print import COST, GRAMS, WATT_HOURS, units

type Valuer = Callable[[PrintJob, float | None, int | None, Hashable | None], Usage]
"""Called with an ended job, the share of its print that was done (0 to 1, None if unknown), its seconds of printing, and
what is equal for jobs that take the same when they finish (None if that is unclear).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a print took; None if unknown."""

    grams: float | None = None
    material: str | None = None
    cost: float | None = None
    currency: str | None = None
    energy: float | None = None
    """In kilowatt-hours."""
    units: tuple[int, int, int] = field(init=False)
    """Grams, cost and energy in the units of an entry."""

    def __post_init__(self) -> None:
        """Convert the amounts: most prints of a long history share a few usages."""
        amounts = units(self.grams, GRAMS), units(self.cost, COST), units(self.energy, WATT_HOURS)
        object.__setattr__(self, "units", amounts)


NOTHING_KNOWN = Usage()


def share_printed(progress: float | None, seconds: int | None, estimated: float | None) -> float | None:
    """Return the printed share of a print that did not finish, 0 to 1; None if unknown.

    By its last progress if that is known, else by its time.
    """
    if seconds is None:
        return 0.0
    if progress is not None:
        return min(max(progress, 0.0), 1.0)
    return min(seconds / estimated, 1.0) if estimated else None
