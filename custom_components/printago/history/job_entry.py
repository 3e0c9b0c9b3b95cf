"""From a job of Printago to a print of the history."""

from collections.abc import Mapping
from datetime import datetime

from ..api.models.records import JobStatus, PrintJob
from .key_index import key_of
from .ledger import NO_INDEX, UNKNOWN, Entry
from .names import Names
from .past_print import COST, GRAMS, OUTCOMES, RESULTS, PastPrint, reason_kind, units
from .usage import Usage

WATT_HOURS = 1000
_SEPARATOR = "|"


def end_of(job: PrintJob) -> tuple[datetime | None, bool]:
    """Return when a job ended, and whether that is only a guess: when it was last changed."""
    own = job.cancelled_at if job.status is JobStatus.CANCELLED else job.printing_completed_at
    if own is None or (job.printing_started_at is not None and own < job.printing_started_at):
        return job.updated_at, True
    return own, False


def seconds_of(job: PrintJob, ended_at: datetime) -> int | None:
    """Return how long a job printed, None if it never did."""
    if (started_at := job.printing_started_at) is None:
        return None
    return max(0, int(ended_at.timestamp()) - int(started_at.timestamp()))


def entry_of(job: PrintJob, ended_at: datetime, usage: Usage, names: Mapping[str, Names]) -> Entry:
    """Return the numbers of a job that has ended."""
    seconds, printer_id, material = seconds_of(job, ended_at), job.assigned_printer_id, usage.material
    reason = reason_kind(job.error_message)
    assert job.status is not None
    return Entry(
        key=key_of(job.id),
        ended=int(ended_at.timestamp()),
        updated=int(job.updated_at.timestamp()) if job.updated_at is not None else 0,
        seconds=UNKNOWN if seconds is None else seconds,
        grams=units(usage.grams, GRAMS),
        cost=units(usage.cost, COST),
        energy=units(usage.energy, WATT_HOURS),
        part=names["parts"].number(f"{job.part_id or ''}{_SEPARATOR}{job.part_name or ''}"),
        printer=NO_INDEX if printer_id is None else names["printers"].number(printer_id),
        material=NO_INDEX if material is None else names["materials"].number(material),
        reason=NO_INDEX if reason is None else names["reasons"].number(reason),
        outcome=OUTCOMES[job.status],
    )


def part_of(name: str | None) -> tuple[str | None, str | None]:
    """Return ID and name of a part, of what a ledger calls it."""
    part_id, _, part = (name or "").partition(_SEPARATOR)
    return part_id or None, part or None


def past_print_of(job: PrintJob, entry: Entry, ended_at: datetime, usage: Usage) -> PastPrint:
    """Return all that is known of a job that has ended; ``entry`` is its latest attempt in the ledger."""
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
        cost=usage.cost if entry.cost == UNKNOWN else entry.cost / COST,
        currency=usage.currency,
        energy=usage.energy if entry.energy == UNKNOWN else entry.energy / WATT_HOURS,
        cover=job.cover,
    )
