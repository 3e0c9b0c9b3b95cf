"""Prints before the last ones, with what is kept of all prints."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from .archive import Past
from .job_entry import part_of
from .key_index import key_of
from .ledger import NO_INDEX, UNKNOWN, Entry, Outcome
from .past_print import COST, GRAMS, RESULTS, WATT_HOURS, PastPrint, amount

_CANCELED = int(Outcome.CANCELED)


def earlier_prints(past: Past, since: datetime, until: datetime, most: int) -> list[PastPrint]:
    """Return the prints of a period before the last ones, the latest first, at most ``most``.

    They ended after ``since`` and began before ``until``; jobs that were canceled before they began do not count. Neither
    label nor SKU nor order of them is kept; ``job_id`` is a hash.
    """
    if (oldest := past.recent.oldest) is None:
        return []
    latest, begins = int(oldest.timestamp()), until.timestamp()
    seconds, outcomes = past.ledger.column("seconds"), past.ledger.column("outcome")
    found = (
        (ended, row)
        for row, ended in past.ledger.ends_since(since.timestamp())
        if ended < latest
        and (
            ended - seconds[row] < begins if seconds[row] != UNKNOWN else ended < begins and outcomes[row] != _CANCELED
        )
    )
    # They are mostly in order already.
    return [_past_print(past, past.ledger.row(row)) for _, row in sorted(found, reverse=True)[:most]]


def earlier_attempts(past: Past, prints: Iterable[PastPrint]) -> Iterator[PastPrint]:
    """Yield the attempts before these, which are the last ones of their jobs: Printago stores no others."""
    last = {key_of(one.job_id): one for one in prints}
    for entry in past.ledger.attempts(last.keys()):
        if entry.attempt >= (one := last[entry.key]).attempt:
            continue
        kept, cost = _past_print(past, entry), amount(entry.cost, COST)
        yield replace(
            one,
            attempt=entry.attempt,
            result=kept.result,
            ended_at=kept.ended_at,
            started_at=kept.started_at,
            printer_id=kept.printer_id,
            reason=kept.reason,
            grams=amount(entry.grams, GRAMS),
            cost=cost,
            currency=None if cost is None else past.currency,
            energy=amount(entry.energy, WATT_HOURS),
        )


def _past_print(past: Past, entry: Entry) -> PastPrint:
    part_id, part = part_of(past.names["parts"].name(entry.part))
    return PastPrint(
        job_id=f"{entry.key:016x}",
        attempt=entry.attempt,
        result=RESULTS[Outcome(entry.outcome)],
        ended_at=datetime.fromtimestamp(entry.ended, UTC),
        started_at=None if entry.started is None else datetime.fromtimestamp(entry.started, UTC),
        printer_id=None if entry.printer == NO_INDEX else past.names["printers"].name(entry.printer),
        part_id=part_id,
        part=part,
        reason=None if entry.reason == NO_INDEX else past.names["reasons"].name(entry.reason),
    )
