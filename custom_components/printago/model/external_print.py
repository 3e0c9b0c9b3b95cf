"""An external print: it was not started by Printago, so all that is known of it is the telemetry of its printer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..api.models.telemetry import Telemetry
from .print_status import Result

PRINT_READINGS = frozenset({"percent", "task_name"})
"""Readings that belong to one print."""
_COMPLETE = 99.5
"""From this percentage on, progress rounds to 100 %."""
_RESTART = 10
"""If progress falls by more than this many percentage points over a gap, it belongs to another print."""
_LONGEST = timedelta(days=14)


@dataclass(slots=True, kw_only=True)
class ExternalPrint:
    """A running print."""

    seen_at: datetime
    """When it was first seen running."""
    name: str | None
    progress: float | None = None
    """The last percentage that is certainly its own: printers often reset it before they report the end."""
    own: set[str] = field(default_factory=set)
    """Which of PRINT_READINGS the printer has sent since the start; others may be left over from the previous print."""
    result: Result | None = None
    """How it ends, if the printer said so while it still ran."""
    paused: bool = False
    in_words: bool = False
    """The printer reported it in a known word; else all that is known is that the printer is taken."""
    taken: bool = False
    """Printago said that the printer is taken while it ran, so that "free" later marks its end."""
    free_since: datetime | None = None
    """Since when Printago says that the printer is free, although the printer has not reported the end."""
    job_id: str | None = None
    """A Printago job that was assigned to the printer just after the start: this may be its print."""
    gap: bool = False
    """No status for a while, or the printer prepares a print: the next readings may belong to another print."""
    replaced: bool = False
    """The last readings belong to another print."""
    _percent: float | None = None
    _name_is_own: bool = field(init=False)

    def __post_init__(self) -> None:
        """Check whether its name was sent since the start or is left over."""
        self._name_is_own = "task_name" in self.own

    @property
    def is_complete(self) -> bool:
        """Return whether it reached 100 %."""
        return self.progress is not None and self.progress >= _COMPLETE

    def ends_for_certain(self, word: str | None) -> bool:
        """Return whether to end it as soon as the printer is free, without waiting for a status."""
        if self.result is not None or self.is_complete or not self.in_words:
            return True
        return word is not None and self.progress is None

    def result_after(self, said: Result | None, *, in_words: bool) -> Result:
        """Return how it ended; ``said`` is the last result of the printer, ``in_words`` whether its status is a known word."""
        if said is Result.FAILED and self.result is Result.CANCELED:
            # Bambu printers report FAILED after someone has canceled.
            return Result.CANCELED
        if (result := said or self.result) is not None:
            return result
        if self.progress is None:
            # A printer that reports its status in words would have reported a finished print.
            return Result.CANCELED if self.in_words and in_words else Result.FINISHED
        return Result.FINISHED if self.is_complete else Result.CANCELED

    def goes_on_as(self, other: ExternalPrint) -> bool:
        """Return whether this print, saved before a restart, is the one that runs now."""
        if None not in (self.name, other.name) and self.name != other.name:
            return False
        if not timedelta(0) <= other.seen_at - self.seen_at < _LONGEST:
            return False
        return self.progress is None or other.progress is None or self.progress - other.progress <= _RESTART

    def read(self, telemetry: Telemetry, *, runs: bool) -> None:
        """Take over the readings of the printer; ``runs`` is whether it reports that it works on the print."""
        percent = telemetry.percent if "percent" in self.own else None
        if not runs:
            if percent is not None and percent >= _COMPLETE:
                self.progress = percent
            return
        name = telemetry.task_name if "task_name" in self.own else None
        if name is not None and not self._name_is_own:
            self.name, self._name_is_own = name, True
        self.replaced = self._is_of_another(name, percent)
        if not self.replaced:
            self._take(name, percent)

    def _is_of_another(self, name: str | None, percent: float | None) -> bool:
        renamed = name is not None and name != self.name
        fallen = 0 if percent is None or self.progress is None else self.progress - percent
        return (renamed and (self.gap or fallen > 0)) or (self.gap and fallen > _RESTART)

    def _take(self, name: str | None, percent: float | None) -> None:
        before, self._percent = self._percent, percent if percent is not None else self._percent
        if self.progress is None:
            self.name, self.progress = name or self.name, percent
        elif percent is not None and (percent > self.progress or (before is not None and percent > before)):
            # The print continues, or its progress was estimated again.
            self.name, self._name_is_own = name or self.name, True
            self.progress, self.gap = percent, False
