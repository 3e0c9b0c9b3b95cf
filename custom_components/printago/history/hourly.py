"""Hourly sums of past prints for long-term statistics."""

from collections.abc import Iterator
from dataclasses import dataclass

from .ledger import FARM, HOUR, UNKNOWN, Ledger, Outcome
from .past_print import COST, GRAMS

SCALES = (1, 1, HOUR, GRAMS, COST)
"""The unit of each statistic in the sums of ``Totals``: jobs, jobs, hours, grams, currency."""


@dataclass(frozen=True, slots=True)
class HourRow:
    """One hour of one statistic."""

    hour: int
    """Hours since 1970."""
    amount: float
    sum: float


@dataclass(frozen=True, slots=True)
class HourlySums:
    """Hours of one printer or of the farm, the earliest first; amounts are in the order of ``SUMS``."""

    before: tuple[int, ...]
    """The sums before the first hour."""
    hours: dict[int, list[int]]
    left: frozenset[int]
    """Hours that prints have left."""

    def rows(self, index: int) -> Iterator[HourRow]:
        """Yield the hours that have, or had, a print, with one of the sums.

        Also those in which that sum does not grow: an hour that has a row once must have one each time, or its sum would
        stay as it was when less of the past was known.
        """
        total, scale = self.before[index], SCALES[index]
        for hour in sorted(self.hours.keys() | self.left):
            amount = amounts[index] if (amounts := self.hours.get(hour)) is not None else 0
            total += amount
            yield HourRow(hour, amount / scale, total / scale)


def hourly_sums(ledger: Ledger, owner: int, first_hour: int) -> HourlySums:
    """Return the sums of a printer, or of ``FARM``, from an hour on. Slow: call it in a separate thread.

    Prints added meanwhile mark their hours as dirty again, and do not affect earlier ones: sums are added up forwards.
    """
    before = [0] * len(SCALES)
    hours: dict[int, list[int]] = {}
    columns = [ledger.column(name) for name in ("printer", "ended", "outcome", "seconds", "grams", "cost")]
    for of, ended, outcome, seconds, grams, cost in zip(*columns, strict=False):
        if owner not in (FARM, of):
            continue
        hour = ended // HOUR
        amounts = before if hour < first_hour else hours.get(hour)
        if amounts is None:
            amounts = hours[hour] = [0] * len(SCALES)
        if outcome == Outcome.FINISHED:
            amounts[0] += 1
        elif outcome == Outcome.FAILED:
            amounts[1] += 1
        if seconds != UNKNOWN:
            amounts[2] += seconds
        if grams != UNKNOWN:
            amounts[3] += grams
        if cost != UNKNOWN:
            amounts[4] += cost
    left = frozenset(hour for of, hour in tuple(ledger.left_hours) if hour >= first_hour and owner in (FARM, of))
    return HourlySums(tuple(before), hours, left)
