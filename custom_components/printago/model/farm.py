"""The farm in memory: where REST snapshots and the realtime stream meet.

Nothing here knows of Home Assistant, sockets or timers. Whoever feeds the farm is told in ``Changes`` what became
different, so that work stays limited to that.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
import time
from typing import Any

from ..api.models.entity_event import JOB_KIND, ORDER_KIND, PRINTER_KIND, WATCHED_KINDS, Action, EntityEvent
from ..api.models.listing import Listing
from ..api.models.records import FINAL_STATUSES, JobStatus, Printer, PrintJob
from ..api.models.telemetry import StatMessage
from .changes import NO_CHANGES, Changes, JobChange, OrderChange, was_retried
from .materials import KINDS as MATERIAL_KINDS, Materials
from .printer import PARTS, QUIET_READINGS, Counted, PrinterState
from .timestamps import NEVER, believed, believed_event, believed_rows, is_ahead, is_older

_MOST_REMEMBERED = 5_000
_MOST_JOURNALED = 20_000
_MOST_STRANGERS = 100
_MOST_PRINTERS = 5_000
_MOST_JOBS = 50_000
_MOST_REASONS = 50
_STEPS: Mapping[JobStatus | None, int] = {status: step for step, status in enumerate(JobStatus)}


class Farm:
    """All printers of a store, and its jobs that wait, run, or failed and were not cleared."""

    def __init__(self, server_now: Callable[[], datetime]) -> None:
        """Start empty; ``server_now`` tells what Printago's clock shows."""
        self.server_now = server_now
        self.printers: dict[str, PrinterState] = {}
        self.jobs: dict[str, PrintJob] = {}
        self.materials = Materials()
        self.completed_jobs: int | None = None
        self.counted_at: datetime | None = None
        """When Printago told how many jobs were completed, by its own clock."""
        self.completions_seen = 0
        """How many jobs we have seen complete."""
        self.process_low_priority_jobs: bool | None = None
        """The setting of the store, None while unknown."""
        self.dropped: Counter[str] = Counter()
        """Messages that were ignored, by reason; unknown kinds of entities as ``kind:…``."""
        self.part_builds: OrderedDict[str, float] = OrderedDict()
        """Part builds of which any job was ever seen, and when that was first, by the monotonic clock."""
        self._given_names: dict[str, str] = {}
        self._jobs_of: dict[str, set[str]] = {}
        self._gone: OrderedDict[str, datetime | None] = OrderedDict()
        self._looked_at = NEVER
        self._strangers: set[str] = set()
        self._unsettled: set[str] = set()
        self._journal: list[StatMessage | EntityEvent] | None = None
        self._was_empty = False
        self._has_bearings = False
        self._left: OrderedDict[str, PrintJob] = OrderedDict()
        """Jobs that are not open any more, as they were last known: another attempt brings the same job back."""

    @property
    def knows_jobs(self) -> bool:
        """Return whether a snapshot has brought which jobs there are."""
        return self._has_bearings

    # Snapshots

    def begin_snapshot(self) -> None:
        """Remember from now on what a snapshot that is about to be asked for may have missed."""
        if self._journal is None:
            self._journal = []

    def abandon_snapshot(self) -> Changes:
        """Note that the snapshot did not come; what was held back for it is applied now."""
        changes = Changes()
        self._replay(changes)
        return changes

    def apply_snapshot(self, printers: Listing, jobs: Listing | None) -> Changes:
        """Lay a snapshot over what is known; ``jobs`` is None where the key may not read them.

        Only a complete listing makes anything disappear, and an empty one only when it comes twice.
        """
        changes = Changes(summary=True, jobs=jobs is not None)
        told = self._told_in_flight()
        now = self.server_now()
        for printer_id, source in believed_rows(printers.rows, now).items():
            if (state := self.printers.get(printer_id)) is not None:
                state.merge_record(source)
            else:
                self._add_printer(printer_id, source, changes)
        # Nobody sells a whole farm between two polls: what is suddenly empty is believed the second time.
        suddenly_empty = bool(self.printers) and not printers.rows and not self._was_empty
        changes.complete = printers.complete and (bool(printers.rows) or self._was_empty)
        self._was_empty = printers.complete and not printers.rows
        if changes.complete:
            for printer_id in self.printers.keys() - printers.rows.keys() - told:
                self._remove_printer(printer_id, changes)
        if jobs is not None:
            for job_id, source in jobs.rows.items():
                self._merge_row(job_id, source, changes, now)
            if jobs.complete and not suddenly_empty:
                for job_id in self.jobs.keys() - jobs.rows.keys() - told:
                    changes.ended_unseen = True
                    self._drop_job(job_id, changes, last=self.jobs[job_id])
        self._replay(changes)
        self._has_bearings |= jobs is not None
        for state in self.printers.values():
            state.expire(now)
            self._settle_printer(state)
        self._unsettled.clear()
        changes.printers = set(self.printers)
        return changes

    def forget_jobs(self) -> Changes:
        """Forget all jobs, since nobody may read them any more; what comes later is taken as it is, not as news."""
        changes = Changes(jobs=True)
        for job_id in tuple(self.jobs):
            self._drop_job(job_id, changes)
        for state in self.printers.values():
            state.forget_job()
        self._left.clear()
        self._has_bearings = False
        self._settle(changes)
        return changes

    def apply_endings(self, jobs: Listing, since: datetime) -> Changes:
        """Learn how jobs ended while nobody told: those that vanished, and those that came and went since."""
        changes = Changes()
        for job_id, source in believed_rows(jobs.rows, self.server_now()).items():
            job = PrintJob.from_json(job_id, source)
            before = self._left.get(job_id)
            if job.status not in FINAL_STATUSES or job_id in self.jobs:
                continue
            if before is None:
                # One that was there before would be known: what is touched now, but old, is no news.
                ended_at = job.ended_at
                if self._is_late(job_id, job.updated_at) or job.created_at is None or ended_at is None:
                    continue
                if job.created_at < since or ended_at < since:
                    continue
            elif before.status in FINAL_STATUSES and (
                is_older(job.updated_at, before.updated_at) or not was_retried(before, job)
            ):
                # How it ended is known: it may only have been cleared since.
                continue
            elif job.status is JobStatus.COMPLETED:
                self.completions_seen += 1
                if self.completed_jobs is not None and not self._is_counted(job):
                    self.completed_jobs += 1
                changes.jobs = True
            self._remember_left(job)
            changes.job_changes.append(JobChange(before, job, by_snapshot=True))
        return changes

    def _is_counted(self, job: PrintJob) -> bool:
        """Return whether the number that Printago told has this job in it, which we learn of only now."""
        ended_at = job.printing_completed_at or job.updated_at
        return self.counted_at is not None and ended_at is not None and ended_at <= self.counted_at

    def _told_in_flight(self) -> set[str]:
        """Return what events have told of while a snapshot was on its way: it may be too new for the snapshot."""
        return {
            identifier
            for message in self._journal or ()
            if isinstance(message, EntityEvent) and message.action is not Action.DELETE
            for identifier in message.entities
        }

    def _replay(self, changes: Changes) -> None:
        journal, self._journal = self._journal, None
        counted = (self.completed_jobs, self.completions_seen, self.dropped.copy())
        for message in journal or ():
            self._apply(message, changes)
        # Each message was counted when it came.
        self.completed_jobs, self.completions_seen, self.dropped = counted

    # Messages

    def apply(self, message: StatMessage | EntityEvent) -> Changes:
        """Lay a realtime message over what is known."""
        if (
            isinstance(message, StatMessage)
            and (stamp := message.received_at) is not None
            and (state := self.printers.get(message.printer_id)) is not None
        ):
            # A stamped reading of a known printer can take care of itself, whatever a snapshot brings. When Printago's clock
            # was past the stamp at the last look, that is still enough to judge by: ``expire`` looks all the time. What would
            # have expired is worth another look, since the clock may have been set back.
            if stamp > self._looked_at or (message.expires_at is not None and message.expires_at <= self._looked_at):
                self._looked_at = self.server_now()
            return self._apply_reading(state, message, self._looked_at)
        changes = Changes()
        if isinstance(message, EntityEvent):
            message = believed_event(message, self.server_now())
        if self._journal is not None and self._outlives_snapshot(message):
            if len(self._journal) < _MOST_JOURNALED:
                self._journal.append(message)
            else:
                changes.incomplete = True
        self._apply(message, changes)
        return changes

    def apply_printer(self, printer_id: str, source: Mapping[str, Any]) -> Changes:
        """Lay a printer's record over what is known, as the answer of a call has brought it."""
        changes = Changes()
        state = self.printers.get(printer_id)
        if state is not None and state.merge_record(believed(source, self.server_now())):
            self._touch(state, changes)
            self._settle(changes)
        return changes

    def is_in_use(self, printer_id: str) -> bool:
        """Return whether something occupies the bed of a printer, as far as anybody knows."""
        state = self.printers.get(printer_id)
        return state is not None and state.in_use

    def count_dropped(self, reason: str) -> None:
        """Count a message that is ignored; only so many reasons are told apart, whatever a sender makes up."""
        if reason not in self.dropped and len(self.dropped) >= _MOST_REASONS:
            reason = "other"
        self.dropped[reason] += 1

    def expire(self) -> Changes:
        """Judge all telemetry by Printago's clock."""
        changes = Changes()
        now = self._looked_at = self.server_now()
        for state in self.printers.values():
            if state.expire(now):
                self._touch(state, changes)
        self._settle(changes)
        return changes

    def _outlives_snapshot(self, message: StatMessage | EntityEvent) -> bool:
        if isinstance(message, StatMessage):
            return True
        # Orders and the like are in no snapshot: what was told of them stands, and is not told again.
        return message.kind in (PRINTER_KIND, JOB_KIND)

    def _apply(self, message: StatMessage | EntityEvent, changes: Changes) -> None:
        if isinstance(message, EntityEvent) and message.kind in WATCHED_KINDS:
            changes.kinds.add(message.kind)
        if isinstance(message, StatMessage):
            self._apply_stat(message, changes)
        elif message.kind == PRINTER_KIND:
            for printer_id, source in message.entities.items():
                self._apply_printer(printer_id, source, message.action, changes)
        elif message.kind == ORDER_KIND:
            changes.order_changes += [
                OrderChange(order_id, message.action, source) for order_id, source in message.entities.items()
            ]
        elif message.kind == JOB_KIND:
            for job_id, source in message.entities.items():
                if message.action is Action.DELETE:
                    self._drop_job(job_id, changes)
                else:
                    self._merge_job(job_id, PrintJob.read(source), changes)
        elif message.kind in MATERIAL_KINDS:
            concerned, gaps = self.materials.apply(message)
            changes.printers |= concerned & self.printers.keys()
            changes.materials_incomplete |= gaps
        elif message.kind not in WATCHED_KINDS:
            self.count_dropped(f"kind:{message.kind}")
        self._settle(changes)

    def _apply_reading(self, state: PrinterState, message: StatMessage, now: datetime) -> Changes:
        """Lay telemetry of a known printer over what is known: what comes all the time, and mostly tells nothing new."""
        changed = state.merge_stat(message, now)
        if changed is None:
            self.count_dropped("late")
        if not changed:
            return NO_CHANGES
        if changed <= QUIET_READINGS:
            return Changes(readings=(state.id, changed))
        changes = Changes()
        if PARTS in changed:
            changes.parts.add(state.id)
        self._touch(state, changes)
        self._settle(changes)
        return changes

    def _apply_stat(self, message: StatMessage, changes: Changes) -> None:
        if (state := self.printers.get(message.printer_id)) is None:
            self._meet_stranger(message.printer_id, changes)
            return
        made = self._apply_reading(state, message, self.server_now())
        changes.parts |= made.parts
        changes.printers |= made.printers if made.readings is None else {state.id}
        changes.summary |= made.summary

    # Printers

    def _apply_printer(self, printer_id: str, source: Mapping[str, Any], action: Action, changes: Changes) -> None:
        state = self.printers.get(printer_id)
        if action is Action.DELETE:
            if state is not None:
                self._remove_printer(printer_id, changes)
        elif state is not None:
            if state.merge_record(source):
                self._touch(state, changes)
            else:
                self.count_dropped("late")
        elif (
            action is Action.INSERT
            and source.get("name")
            and not self._is_late(printer_id, Printer.read(source).get("updated_at"))
            and len(self.printers) < _MOST_PRINTERS
        ):
            self._add_printer(printer_id, source, changes)
        else:
            self._meet_stranger(printer_id, changes)

    def _add_printer(self, printer_id: str, source: Mapping[str, Any], changes: Changes) -> None:
        state = self.printers[printer_id] = PrinterState.from_json(printer_id, source)
        state.given_name = self._given_names.get(printer_id)
        self._strangers.discard(printer_id)
        changes.added.add(printer_id)
        changes.removed.discard(printer_id)
        self._touch(state, changes)
        changes.summary = True

    def name_printer(self, printer_id: str, name: str | None) -> Changes:
        """Note what a person calls a printer, which may still be to come; None for what Printago calls it."""
        if name is None:
            self._given_names.pop(printer_id, None)
        else:
            self._given_names[printer_id] = name
        state = self.printers.get(printer_id)
        if state is None or state.given_name == name:
            return NO_CHANGES
        changes = Changes()
        state.given_name = name
        self._touch(state, changes)
        self._settle(changes)
        return changes

    def _remove_printer(self, printer_id: str, changes: Changes) -> None:
        self._remember_gone(printer_id, self.printers.pop(printer_id).record.updated_at)
        changes.removed.add(printer_id)
        changes.added.discard(printer_id)
        changes.printers.discard(printer_id)
        changes.summary = True

    def _meet_stranger(self, printer_id: str, changes: Changes) -> None:
        self.count_dropped("unknown_printer")
        if printer_id not in self._strangers and len(self._strangers) < _MOST_STRANGERS:
            self._strangers.add(printer_id)
            changes.incomplete = True

    def _touch(self, state: PrinterState, changes: Changes) -> None:
        changes.printers.add(state.id)
        self._unsettled.add(state.id)

    def _settle(self, changes: Changes) -> None:
        # Once a message, however much of it is about the same printer.
        for printer_id in self._unsettled:
            state = self.printers.get(printer_id)
            if state is not None and self._settle_printer(state):
                changes.summary = True
        self._unsettled.clear()

    def _settle_printer(self, state: PrinterState) -> bool:
        """Tell a printer which job it prepares or prints; of several the one that has come furthest."""
        if state.id not in self._jobs_of and state.record.printing_job_id is None:
            return state.settle(None)
        jobs = [self.jobs[job_id] for job_id in self._jobs_of.get(state.id, ())]
        own = self.jobs.get(state.record.printing_job_id or "")
        if own is not None and own.assigned_printer_id is None:
            jobs.append(own)
        job = max(
            (job for job in jobs if job.in_progress),
            key=lambda job: (job.id == state.record.printing_job_id, _STEPS.get(job.status, 0)),
            default=None,
        )
        return state.settle(job, occupied=any(job.at_printer for job in jobs))

    # Jobs

    def note_part_build(self, part_build_id: str) -> None:
        """Remember a part build, so that its jobs are not taken for those of a later one."""
        if part_build_id not in self.part_builds:
            self.part_builds[part_build_id] = time.monotonic()
            if len(self.part_builds) > _MOST_REMEMBERED:
                self.part_builds.popitem(last=False)

    def _merge_row(self, job_id: str, source: Mapping[str, Any], changes: Changes, now: datetime) -> None:
        """Lay a row of a snapshot over what is known; most are just what is known already."""
        known = self.jobs.get(job_id)
        job = PrintJob.from_json(job_id, source)
        if known is None and not is_ahead(job.updated_at, now):
            self._add_job(job, changes, whole=True)
        elif known is None or job != known:
            self._merge_job(job_id, PrintJob.read(believed(source, now)), changes, whole=True)

    def _merge_job(self, job_id: str, values: Mapping[str, Any], changes: Changes, *, whole: bool = False) -> None:
        """Lay fields of a job over what is known of it."""
        known = self.jobs.get(job_id)
        if known is None:
            self._add_job(PrintJob(id=job_id, **values), changes, whole=whole)
            return
        if (part_build_id := values.get("part_build_id")) is not None:
            self.note_part_build(part_build_id)
        if is_older(values.get("updated_at"), known.updated_at):
            self.count_dropped("late")
            return
        self._take_job(known, known.changed(values), changes, whole=whole)

    def _add_job(self, job: PrintJob, changes: Changes, *, whole: bool) -> None:
        """Take up a job that nobody knew."""
        if job.part_build_id is not None:
            self.note_part_build(job.part_build_id)
        if job.id in self._gone and self._is_late(job.id, job.updated_at, whole=whole):
            self.count_dropped("late")
            return
        if not whole and self._is_fragment(job):
            changes.incomplete = True
        if not _is_open(job):
            return
        if len(self.jobs) >= _MOST_JOBS:
            self.count_dropped("too many jobs")
            return
        self._take_job(None, job, changes, whole=whole)

    def _take_job(self, known: PrintJob | None, job: PrintJob, changes: Changes, *, whole: bool) -> None:
        before = known or self._left.pop(job.id, None)
        if self._has_bearings and (before is None or before.status is not job.status or was_retried(before, job)):
            changes.job_changes.append(JobChange(before, job, by_snapshot=whole))
        if known is not None and not _is_open(job):
            self._drop_job(job.id, changes, last=job)
            return
        self.jobs[job.id] = job
        if known is not None or job.assigned_printer_id is not None or job.in_progress:
            self._index_job(known, job, changes)
        changes.jobs = True

    def _is_fragment(self, job: PrintJob) -> bool:
        """Return whether a job that nobody knew is told only in part, so that a snapshot is needed to know it."""
        if job.status is not None:
            return job.part_name is None and _is_open(job)
        if job.id in self._gone:
            return False
        # Asked for once: what the snapshot does not bring is over, however often it is told of.
        self._remember_gone(job.id, None)
        return True

    def _drop_job(self, job_id: str, changes: Changes, last: PrintJob | None = None) -> None:
        known = self.jobs.pop(job_id, None)
        if last is not None:
            self._remember_left(last)
        else:
            self._left.pop(job_id, None)
            self._remember_gone(job_id, known.updated_at if known else None)
        if known is None:
            return
        if last is not None and last.status is JobStatus.COMPLETED:
            self.completions_seen += 1
            if self.completed_jobs is not None:
                self.completed_jobs += 1
        self._index_job(known, None, changes)
        changes.jobs = True

    def _index_job(self, before: PrintJob | None, after: PrintJob | None, changes: Changes) -> None:
        old = before.assigned_printer_id if before else None
        new = after.assigned_printer_id if after else None
        if old is None and new is None and not any(job is not None and job.in_progress for job in (before, after)):
            return
        job_id = after.id if after else before.id if before else ""
        if old is not None and old != new and (jobs := self._jobs_of.get(old)) is not None:
            jobs.discard(job_id)
            if not jobs:
                del self._jobs_of[old]
        if new is not None:
            self._jobs_of.setdefault(new, set()).add(job_id)
        concerned = {printer_id for printer_id in (old, new) if printer_id is not None}
        if (old is None or new is None) and any(job is not None and job.in_progress for job in (before, after)):
            # Only the printer itself tells, or told, that it has this job.
            concerned |= {state.id for state in self.printers.values() if state.record.printing_job_id == job_id}
        for printer_id in concerned:
            if (state := self.printers.get(printer_id)) is not None:
                self._touch(state, changes)

    # Memory of what is gone, so that a message that comes late does not bring it back

    def _remember_gone(self, identifier: str, stamp: datetime | None) -> None:
        # What is deleted after it ended tells no stamp: the one of its end stays.
        self._gone[identifier] = stamp or self._gone.get(identifier)
        self._gone.move_to_end(identifier)
        while len(self._gone) > _MOST_REMEMBERED:
            self._gone.popitem(last=False)

    def _remember_left(self, job: PrintJob) -> None:
        self._remember_gone(job.id, job.updated_at)
        self._left[job.id] = job
        self._left.move_to_end(job.id)
        while len(self._left) > _MOST_REMEMBERED:
            self._left.popitem(last=False)

    def _is_late(self, identifier: str, stamp: datetime | None, *, whole: bool = False) -> bool:
        """Return whether this is from before the end of what is gone; a snapshot may bring back the same again."""
        known = self._gone.get(identifier)
        return stamp is not None and known is not None and (stamp < known or (stamp == known and not whole))

    # Counts

    def counted(self) -> Iterator[Counted]:
        """Return what there is to count of each printer."""
        return (state.counted for state in self.printers.values() if state.counted is not None)

    def jobs_with(self, *statuses: JobStatus) -> Iterator[PrintJob]:
        """Return the jobs that have one of the statuses."""
        return (job for job in self.jobs.values() if job.status in statuses)


def _is_open(job: PrintJob) -> bool:
    return not job.hidden and job.status not in (None, JobStatus.COMPLETED, JobStatus.CANCELLED)
