"""Prints before the last ones, with what is kept of all prints."""

from datetime import UTC, datetime

from .archive import Past
from .job_entry import part_of
from .ledger import NO_INDEX, UNKNOWN, Entry, Outcome
from .past_print import RESULTS, PastPrint

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
