"""The results of the prints of the last days, by printer and by part."""

from collections import Counter
from dataclasses import dataclass, field

from .ledger import NO_INDEX, Ledger, Outcome
from .names import Names

DAYS = 30
_DAY = 86_400
_NO_REASON = "unknown"


@dataclass(slots=True)
class Outcomes:
    """Numbers of prints by result, and reasons of the failed ones."""

    finished: int = 0
    failed: int = 0
    canceled: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    latest: int = 0
    """When the last of them ended, as Unix time."""

    @property
    def commonest_reason(self) -> str | None:
        """Return why most of them failed; None if that is not known."""
        known = [(count, reason) for reason, count in self.reasons.items() if reason != _NO_REASON]
        return max(known)[1] if known else None

    @property
    def success_rate(self) -> float | None:
        """Return the percentage of finished prints among those that were not canceled; None if there are none."""
        ended = self.finished + self.failed
        return 100 * self.finished / ended if ended else None

    def __add__(self, other: Outcomes) -> Outcomes:
        """Return the sums of both."""
        return Outcomes(
            self.finished + other.finished,
            self.failed + other.failed,
            self.canceled + other.canceled,
            self.reasons + other.reasons,
            max(self.latest, other.latest),
        )

    def add(self, outcome: int, reason: str | None, ended: int) -> None:
        """Count a print."""
        self.latest = max(self.latest, ended)
        match outcome:
            case Outcome.FINISHED:
                self.finished += 1
            case Outcome.FAILED:
                self.failed += 1
                self.reasons[reason or _NO_REASON] += 1
            case _:
                self.canceled += 1


@dataclass(slots=True)
class Summary:
    """The results of the farm, and of each printer and each part by its number."""

    farm: Outcomes = field(default_factory=Outcomes)
    of_printer: dict[int, Outcomes] = field(default_factory=dict)
    of_part: dict[int, Outcomes] = field(default_factory=dict)


def summarize(ledger: Ledger, reasons: Names, since: float) -> Summary:
    """Return the results of the prints that ended at a Unix time or later."""
    summary = Summary()
    outcomes, whys = ledger.column("outcome"), ledger.column("reason")
    owners = (
        (ledger.column("printer"), summary.of_printer),
        (ledger.column("part"), summary.of_part),
    )
    for number, ended in ledger.ends_since(since):
        why = whys[number]
        reason = None if why == NO_INDEX else reasons.name(why)
        summary.farm.add(outcomes[number], reason, ended)
        for column, by_owner in owners:
            if (owner := column[number]) != NO_INDEX:
                if (of_owner := by_owner.get(owner)) is None:
                    of_owner = by_owner[owner] = Outcomes()
                of_owner.add(outcomes[number], reason, ended)
    return summary


def days_ago(now: float) -> float:
    """Return the start of the days in a summary."""
    return now - DAYS * _DAY
