"""The results of the prints of the last days, by printer."""

from collections import Counter
from dataclasses import dataclass, field

from .ledger import NO_INDEX, Ledger, Outcome
from .names import Names

DAYS = 30
_DAY = 86_400


@dataclass(slots=True)
class Outcomes:
    """Numbers of prints by result, and reasons of the failed ones."""

    finished: int = 0
    failed: int = 0
    canceled: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def success_rate(self) -> float | None:
        """Return the percentage of finished prints among those that were not canceled; None if there are none."""
        ended = self.finished + self.failed
        return 100 * self.finished / ended if ended else None

    def add(self, outcome: int, reason: str | None) -> None:
        """Count a print."""
        match outcome:
            case Outcome.FINISHED:
                self.finished += 1
            case Outcome.FAILED:
                self.failed += 1
                self.reasons[reason or "unknown"] += 1
            case _:
                self.canceled += 1


@dataclass(slots=True)
class Summary:
    """The results of the farm, and of each printer by its number."""

    farm: Outcomes = field(default_factory=Outcomes)
    of_printer: dict[int, Outcomes] = field(default_factory=dict)


def summarize(ledger: Ledger, reasons: Names, since: float) -> Summary:
    """Return the results of the prints that ended at a Unix time or later."""
    summary = Summary()
    outcomes, printers, whys = ledger.column("outcome"), ledger.column("printer"), ledger.column("reason")
    for number, ended in enumerate(ledger.column("ended")):
        if ended < since:
            continue
        why = whys[number]
        reason = None if why == NO_INDEX else reasons.name(why)
        summary.farm.add(outcomes[number], reason)
        if (printer := printers[number]) != NO_INDEX:
            if (of_printer := summary.of_printer.get(printer)) is None:
                of_printer = summary.of_printer[printer] = Outcomes()
            of_printer.add(outcomes[number], reason)
    return summary


def days_ago(now: float) -> float:
    """Return the start of the days in a summary."""
    return now - DAYS * _DAY
