"""A print that was started elsewhere: Printago knows nothing of it, only what its printer says while it runs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..api.models.telemetry import Telemetry
from .print_status import Result

PRINT_READINGS = frozenset({"percent", "task_name"})
"""Readings that belong to one print."""
_COMPLETE = 99.5
"""From this percentage on people read 100 %."""
_RESTART = 10
"""By how many percent progress falls, while nothing came, only when it is another print's."""
_LONGEST = timedelta(days=14)


@dataclass(slots=True, kw_only=True)
class ExternalPrint:
    """What is known of a print while it runs."""

    seen_at: datetime
    """When it was first seen running."""
    name: str | None
    progress: float | None = None
    """The last percentage that is surely its own: printers often reset it before they say that a print is over."""
    own: set[str] = field(default_factory=set)
    """Which of PRINT_READINGS the printer has sent since the print began; others may be left over from the one before."""
    result: Result | None = None
    """How it ends, where a word said so while it still ran."""
    paused: bool = False
    in_words: bool = False
    """A known word has said that it runs; else all that is known is that something occupies the printer."""
    taken: bool = False
    """Printago has called the printer taken while it ran, so that calling it free means something."""
    free_since: datetime | None = None
    """Since when Printago calls the printer free, although no word says that the print is over."""
    job_id: str | None = None
    """A Printago job that appeared at the printer just after the start: it may be that one's print."""
    gap: bool = False
    """Nothing came for a while, or the printer prepares a print: what comes next may be another one's."""
    replaced: bool = False
    """What came last is another print's."""
    _percent: float | None = None
    _name_is_own: bool = field(init=False)

    def __post_init__(self) -> None:
        """Tell a name of its own from one that is left over."""
        self._name_is_own = "task_name" in self.own

    @property
    def is_complete(self) -> bool:
        """Return whether it has come to its end."""
        return self.progress is not None and self.progress >= _COMPLETE

    def ends_for_certain(self, word: str | None) -> bool:
        """Return whether the printer, once it is free, need not be waited for to say how the print ended."""
        if self.result is not None or self.is_complete or not self.in_words:
            return True
        return word is not None and self.progress is None

    def result_after(self, said: Result | None, *, in_words: bool) -> Result:
        """Return how it ended, by what the printer ``said`` last; ``in_words``: in a word that is known."""
        if said is Result.FAILED and self.result is Result.CANCELED:
            # Bambu printers say so, too, after somebody has canceled.
            return Result.CANCELED
        if (result := said or self.result) is not None:
            return result
        if self.progress is None:
            # Those that have words for everything have one for a print that finishes.
            return Result.CANCELED if self.in_words and in_words else Result.FINISHED
        return Result.FINISHED if self.is_complete else Result.CANCELED

    def goes_on_as(self, other: ExternalPrint) -> bool:
        """Return whether this, which was saved before a restart, is what runs now."""
        if None not in (self.name, other.name) and self.name != other.name:
            return False
        if not timedelta(0) <= other.seen_at - self.seen_at < _LONGEST:
            return False
        return self.progress is None or other.progress is None or self.progress - other.progress <= _RESTART

    def read(self, telemetry: Telemetry, *, runs: bool) -> None:
        """Take over the readings of a printer that works on it (``runs``), or does not say what it does."""
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
            # It goes on, or was estimated anew.
            self.name, self._name_is_own = name or self.name, True
            self.progress, self.gap = percent, False
