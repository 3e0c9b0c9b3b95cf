"""From a job of Printago to a print of the history."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ..api.models.records import JobStatus, PrintJob
from ..model.timestamps import is_in_future
from .key_index import key_of
from .ledger import NO_INDEX, UNKNOWN, Entry, Outcome
from .names import Names
from .past_print import COST, GRAMS, OUTCOMES, RESULTS, WATT_HOURS, PastPrint, reason_kind
from .usage import Usage

_SEPARATOR = "|"


class EndedJob(NamedTuple):
    """What the history reads of a job that has ended, at best in a separate thread: there are thousands."""

    job: PrintJob
    key: int
    """The hash of its ID."""
    ended_at: datetime
    ended: int
    """The same as Unix time."""
    guessed: bool
    """The end is only a guess: when the job was last changed."""
    updated: int
    seconds: int | None
    """How long it printed, None if it never did."""
    outcome: Outcome
    printer_id: str | None
    part: str
    """What the ledger calls its part."""
    reason: str | None
    takes: Hashable | None
    """Equal for jobs that take the same when they finish; None if that is unclear."""

    @property
    def printed(self) -> bool:
        """Return whether it is more than a job that was removed from the queue."""
        return self.seconds is not None or self.outcome is not Outcome.CANCELED

    def end_of(self, entry: Entry) -> datetime:
        """Return when it ended, by its known entry; of guesses, the first one."""
        return datetime.fromtimestamp(entry.ended, self.ended_at.tzinfo) if self.guessed else self.ended_at


def ended_job(job: PrintJob, *, now: datetime) -> EndedJob | None:
    """Return what the history reads of a job, None if it has not ended.

    A time that is in the future at ``now`` (Printago's clock) is not used: the last change counts as the end, at most now.
    """
    if (outcome := OUTCOMES.get(job.status) if job.status is not None else None) is None:
        return None
    started_at = job.printing_started_at
    own = job.cancelled_at if outcome is Outcome.CANCELED else job.printing_completed_at
    updated_at = now if is_in_future(job.updated_at, now) else job.updated_at
    guessed = own is None or is_in_future(own, now) or (started_at is not None and own < started_at)
    ended_at = updated_at if guessed else own
    if ended_at is None:
        return None
    ended, part_id = int(ended_at.timestamp()), job.part_id
    filament = job.filament_key
    return EndedJob(
        job,
        key_of(job.id),
        ended_at,
        ended,
        guessed,
        int(updated_at.timestamp()) if updated_at is not None else 0,
        None if started_at is None else max(0, ended - int(started_at.timestamp())),
        outcome,
        job.assigned_printer_id,
        f"{part_id or ''}{_SEPARATOR}{job.part_name or ''}",
        reason_kind(job.error_message),
        None if filament is None else (part_id, job.sku_id, filament),
    )


def entry_of(ended: EndedJob, usage: Usage, names: Mapping[str, Names]) -> Entry:
    """Return the numbers of a job that has ended."""
    printer_id, material, reason, seconds = ended.printer_id, usage.material, ended.reason, ended.seconds
    # As a call with arguments it would take twice as long.
    return Entry._make(
        (
            ended.key,
            ended.ended,
            ended.updated,
            UNKNOWN if seconds is None else seconds,
            *usage.units,
            names["parts"].number(ended.part),
            NO_INDEX if printer_id is None else names["printers"].number(printer_id),
            NO_INDEX if material is None else names["materials"].number(material),
            NO_INDEX if reason is None else names["reasons"].number(reason),
            ended.outcome,
            1,
        )
    )


def usages_of(
    jobs: Sequence[EndedJob], usage_of: Callable[[EndedJob], Usage], measures: Callable[[str | None], bool]
) -> list[Usage]:
    """Return what each of many prints took; most of them took the same as another, unless their printer is measured."""
    measured = set(filter(measures, {one.printer_id for one in jobs}))
    usages: list[Usage] = []
    same: dict[Hashable, Usage] = {}
    for one in jobs:
        if (takes := one.takes) is None or one.outcome is not Outcome.FINISHED or one.printer_id in measured:
            usages.append(usage_of(one))
            continue
        if (usage := same.get(takes)) is None:
            usage = same[takes] = usage_of(one)
        usages.append(usage)
    return usages


def columns_of(
    jobs: Sequence[EndedJob], usages: Sequence[Usage], names: Mapping[str, Names]
) -> tuple[Sequence[int], ...]:
    """Return the numbers of many jobs, as ``entry_of`` does, as columns of the ledger."""
    return (
        [one.key for one in jobs],
        [one.ended for one in jobs],
        [one.updated for one in jobs],
        [UNKNOWN if (seconds := one.seconds) is None else seconds for one in jobs],
        *([usage.units[index] for usage in usages] for index in range(3)),
        names["parts"].numbers([one.part for one in jobs]),
        names["printers"].numbers([one.printer_id for one in jobs]),
        names["materials"].numbers([usage.material for usage in usages]),
        names["reasons"].numbers([one.reason for one in jobs]),
        [one.outcome for one in jobs],
        b"\1" * len(jobs),
    )


def part_of(name: str | None) -> tuple[str | None, str | None]:
    """Return ID and name of a part, of what a ledger calls it."""
    part_id, _, part = (name or "").partition(_SEPARATOR)
    return part_id or None, part or None


def past_print_of(job: PrintJob, entry: Entry, ended_at: datetime, usage: Usage, currency: str | None) -> PastPrint:
    """Return all that is known of a job that has ended; ``entry`` is its latest attempt in the ledger.

    ``currency`` is that of all costs in the ledger.
    """
    cost = usage.cost if entry.cost == UNKNOWN else entry.cost / COST
    return PastPrint(
        job_id=job.id,
        attempt=entry.attempt,
        result=RESULTS[OUTCOMES[job.status or JobStatus.COMPLETED]],
        ended_at=ended_at,
        started_at=job.printing_started_at,
        printer_id=job.assigned_printer_id,
        part_id=job.part_id,
        part=job.part_name,
        sku_id=job.sku_id,
        sku=job.sku_name,
        order_id=job.order_id,
        label=job.label,
        reason=job.error_message,
        material=usage.material,
        grams=usage.grams if entry.grams == UNKNOWN else entry.grams / GRAMS,
        cost=cost,
        currency=None if cost is None else currency,
        energy=usage.energy if entry.energy == UNKNOWN else entry.energy / WATT_HOURS,
        cover=job.cover,
    )
