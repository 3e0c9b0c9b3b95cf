"""The open jobs of a store: those that wait, run, or failed and were not cleared."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
import time
from typing import Any

from ..api.models.fields import timestamp
from ..api.models.listing import Listing
from ..api.models.records import FINAL_STATUSES, JobStatus, PrintJob
from .changes import Changes, JobChange, was_retried
from .gone_entities import GoneEntities
from .printer import PrinterState
from .timestamps import is_in_future, is_older, none_after, without_future_timestamp

type JobValues = Mapping[str, Any]
"""Some fields of a job: attributes of PrintJob and their values."""

_MOST_REMEMBERED = 5_000
_MOST_JOBS = 50_000
_STEPS: Mapping[JobStatus | None, int] = {status: step for step, status in enumerate(JobStatus)}


@dataclass(slots=True)
class Completions:
    """The number of completed jobs."""

    total: int | None = None
    """Printago's count plus the jobs that we saw complete since; None while unknown."""
    counted_at: datetime | None = None
    """When Printago counted them (Printago's clock)."""
    seen: int = 0
    """The number of jobs that we saw complete."""

    def count(self, ended_at: datetime | None = None) -> None:
        """Count a job that ended at ``ended_at`` (None: now), unless Printago's count includes it."""
        self.seen += 1
        is_counted = self.counted_at is not None and ended_at is not None and ended_at <= self.counted_at
        if self.total is not None and not is_counted:
            self.total += 1


class OpenJobs:
    """The open jobs, and which printer each of them is assigned to."""

    def __init__(
        self,
        printers: Mapping[str, PrinterState],
        gone: GoneEntities,
        count_dropped: Callable[[str], None],
        touch: Callable[[PrinterState, Changes], None],
    ) -> None:
        """Start empty; ``touch`` is called for each printer whose job changed."""
        self._printers = printers
        self._gone = gone
        self._count_dropped = count_dropped
        self._touch = touch
        self.jobs: dict[str, PrintJob] = {}
        self.known = False
        """A snapshot has listed the jobs."""
        self.completions = Completions()
        self.part_builds: OrderedDict[str, float] = OrderedDict()
        """Part builds that had a job, and when the first one was seen (monotonic clock, seconds)."""
        self.moved: set[str] = set()
        """Jobs in progress that have or had no printer, since the farm looked: only the record of a printer names them."""
        self._of_printer: dict[str, set[str]] = {}
        self._left: OrderedDict[str, PrintJob] = OrderedDict()
        """The last state of jobs that are no longer open: a retry reopens the same job."""

    def at(self, printer_id: str, printing_job_id: str | None) -> tuple[PrintJob | None, bool]:
        """Return the job that a printer prepares or prints (of several the furthest), and whether any job is at the printer.

        ``printing_job_id`` is the job that the printer's own record names.
        """
        if printer_id not in self._of_printer and printing_job_id is None:
            return None, False
        jobs = [self.jobs[job_id] for job_id in self._of_printer.get(printer_id, ())]
        own = self.jobs.get(printing_job_id or "")
        if own is not None and own.assigned_printer_id is None:
            jobs.append(own)
        job = max(
            (job for job in jobs if job.in_progress),
            key=lambda job: (job.id == printing_job_id, _STEPS.get(job.status, 0)),
            default=None,
        )
        return job, any(job.at_printer for job in jobs)

    def find(self, job_id: str) -> PrintJob | None:
        """Return a job that is open or has left the open jobs a while ago; None for any other."""
        return self.jobs.get(job_id) or self._left.get(job_id)

    def apply_snapshot(
        self,
        jobs: Listing[PrintJob],
        in_flight: Mapping[str, Sequence[JobValues | None]],
        changes: Changes,
        now: datetime,
        *,
        may_end: bool,
    ) -> None:
        """Merge a snapshot. A job that it does not list has ended, if ``may_end``.

        ``in_flight`` has what events said of jobs while the snapshot was requested, None for a deletion. They are laid over
        it before anything is compared, so that a step that they reported is not reported again.
        """
        past = timestamp(now)
        for job in jobs.rows.values():
            self._merge_row(job, in_flight.get(job.id, ()), changes, now, past)
        if jobs.complete and may_end:
            for job_id in self.jobs.keys() - jobs.rows.keys() - in_flight.keys():
                changes.jobs_vanished = True
                self.drop(job_id, changes, last=self.jobs[job_id])

    def forget(self, changes: Changes) -> None:
        """Forget all jobs, since the key is no longer allowed to read them; jobs that come later fire no events."""
        for job_id in tuple(self.jobs):
            self.drop(job_id, changes)
        self._left.clear()
        self.known = False

    def apply_ended(self, jobs: Listing[PrintJob], since: datetime, now: datetime) -> Changes:
        """Merge how jobs ended without an event: those that disappeared, and those created and ended after ``since``."""
        changes = Changes()
        for job_id, listed in jobs.rows.items():
            job = without_future_timestamp(listed, now)
            before = self._left.get(job_id)
            if job.status not in FINAL_STATUSES:
                continue
            changes.ended.append(job)
            if job_id in self.jobs:
                continue
            if before is None:
                # A job created before ``since`` would be known: an old job that was only updated is not new.
                ended_at = job.ended_at
                if self._gone.is_late(job_id, job.updated_at) or job.created_at is None or ended_at is None:
                    continue
                if job.created_at < since or ended_at < since:
                    continue
            elif before.status in FINAL_STATUSES and (
                is_older(job.updated_at, before.updated_at) or not was_retried(before, job)
            ):
                # Its end is already known: it may only have been cleared since.
                continue
            elif job.status is JobStatus.COMPLETED:
                self.completions.count(job.printing_completed_at or job.updated_at)
                changes.jobs = True
            self._remember_left(job)
            changes.job_changes.append(JobChange(before, job, by_snapshot=True))
        return changes

    def note_part_build(self, part_build_id: str) -> None:
        """Remember a part build, so that its jobs are not mistaken for those of a later one."""
        if part_build_id not in self.part_builds:
            self.part_builds[part_build_id] = time.monotonic()
            if len(self.part_builds) > _MOST_REMEMBERED:
                self.part_builds.popitem(last=False)

    def merge(self, job_id: str, values: Mapping[str, Any], changes: Changes, *, whole: bool = False) -> None:
        """Merge fields of a job; ``whole`` if they come from a snapshot."""
        known = self.jobs.get(job_id)
        if known is None:
            self._add_job(PrintJob(id=job_id, **values), changes, values)
            return
        if (part_build_id := values.get("part_build_id")) is not None:
            self.note_part_build(part_build_id)
        if is_older(values.get("updated_at"), known.updated_at):
            self._count_dropped("late")
            return
        self._take_job(known, known.changed(values), changes, whole=whole)

    def drop(self, job_id: str, changes: Changes, last: PrintJob | None = None) -> None:
        """Remove a job that has ended or was deleted; ``last`` is its final state, None unless it has ended."""
        known = self.jobs.pop(job_id, None)
        if last is not None:
            self._remember_left(last)
        else:
            self._left.pop(job_id, None)
            self._gone.remember(job_id, known.updated_at if known else None)
        if known is None:
            return
        if last is not None and last.status is JobStatus.COMPLETED:
            self.completions.count()
        self._index_job(known, None, changes)
        changes.jobs = True

    def _merge_row(
        self, job: PrintJob, in_flight: Sequence[JobValues | None], changes: Changes, now: datetime, past: str
    ) -> None:
        """Merge a row of a snapshot; most rows change nothing."""
        if in_flight and in_flight[-1] is None:
            return
        known = self.jobs.get(job.id)
        if known is None:
            row = job if job.is_plainly_before(PrintJob.updated_at, past) else without_future_timestamp(job, now)
            if in_flight:
                row = row.changed(_laid_over({"updated_at": row.updated_at}, in_flight))
            self._add_job(row, changes, None)
        elif in_flight or job != known:
            values = job.mentioned
            if is_in_future(job.updated_at, now):
                del values["updated_at"]
            self.merge(job.id, _laid_over(values, in_flight), changes, whole=True)

    def _add_job(self, job: PrintJob, changes: Changes, values: Mapping[str, Any] | None) -> None:
        """Add a job that was not known; ``values`` are the fields of an event, None for a row of a snapshot."""
        whole = values is None
        if (part_build_id := job.part_build_id) is not None and part_build_id not in self.part_builds:
            self.note_part_build(part_build_id)
        if job.id in self._gone and self._gone.is_late(job.id, job.updated_at, whole=whole):
            self._count_dropped("late")
            return
        if not whole and self._is_fragment(job):
            changes.needs_refresh = True
        if not _is_open(job):
            changes.ended.append(job if values is None else self._with_what_was_known(job, values))
            return
        if len(self.jobs) >= _MOST_JOBS:
            self._count_dropped("too many jobs")
            return
        self._take_job(None, job, changes, whole=whole)

    def _take_job(self, known: PrintJob | None, job: PrintJob, changes: Changes, *, whole: bool) -> None:
        before = known or self._left.pop(job.id, None)
        if self.known and (before is None or before.status is not job.status or was_retried(before, job)):
            changes.job_changes.append(JobChange(before, job, by_snapshot=whole))
        if job.status in FINAL_STATUSES and job is not known:
            changes.ended.append(job)
        if known is not None and not _is_open(job):
            self.drop(job.id, changes, last=job)
            return
        self.jobs[job.id] = job
        if known is not None or job.assigned_printer_id is not None or job.in_progress:
            self._index_job(known, job, changes)
        changes.jobs = True

    def _with_what_was_known(self, job: PrintJob, values: Mapping[str, Any]) -> PrintJob:
        """Return a job that had ended before, with what an event says of it."""
        left = self._left.get(job.id)
        return job if left is None else left.changed(values)

    def _is_fragment(self, job: PrintJob) -> bool:
        """Return whether only some fields of a new job are known, so that a snapshot is needed."""
        if job.status is not None:
            return job.part_name is None and _is_open(job)
        if job.id in self._gone:
            return False
        # Request a snapshot only once: a job that it does not list has ended, however many events mention it.
        self._gone.remember(job.id, None)
        return True

    def forget_timestamps_after(self, latest: datetime) -> None:
        """Forget timestamps that are later, since Printago's clock was set back."""
        for jobs in (self.jobs, self._left):
            for job_id, job in jobs.items():
                jobs[job_id] = job.changed({"updated_at": none_after(job.updated_at, latest)})

    def _remember_left(self, job: PrintJob) -> None:
        self._gone.remember(job.id, job.updated_at)
        self._left[job.id] = job
        self._left.move_to_end(job.id)
        while len(self._left) > _MOST_REMEMBERED:
            self._left.popitem(last=False)

    def _index_job(self, before: PrintJob | None, after: PrintJob | None, changes: Changes) -> None:
        old = before.assigned_printer_id if before else None
        new = after.assigned_printer_id if after else None
        in_progress = any(job is not None and job.in_progress for job in (before, after))
        if old is None and new is None and not in_progress:
            return
        job_id = after.id if after else before.id if before else ""
        if old is not None and old != new and (jobs := self._of_printer.get(old)) is not None:
            jobs.discard(job_id)
            if not jobs:
                del self._of_printer[old]
        if new is not None:
            self._of_printer.setdefault(new, set()).add(job_id)
        for printer_id in {old, new}:
            if printer_id is not None and (state := self._printers.get(printer_id)) is not None:
                self._touch(state, changes)
        if in_progress and (old is None or new is None):
            self.moved.add(job_id)


def _laid_over(values: JobValues, in_flight: Iterable[JobValues | None]) -> JobValues:
    """Return the fields of a row with those of later events."""
    for said in in_flight:
        if said is not None and not is_older(said.get("updated_at"), values.get("updated_at")):
            values = {**values, **said}
    return values


def _is_open(job: PrintJob) -> bool:
    return not job.hidden and job.status not in (None, JobStatus.COMPLETED, JobStatus.CANCELLED)
