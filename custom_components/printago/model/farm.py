"""The farm in memory: where REST snapshots and the realtime stream meet.

Nothing here depends on Home Assistant, sockets or timers. Every update returns ``Changes``, so that callers only update
what changed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ..api.models.entity_event import (
    WATCHED_KINDS,
    Action,
    EntityEvent,
    JobEvent,
    MaterialEvent,
    OrderEvent,
    PrinterEvent,
    SlotEvent,
    VariantEvent,
)
from ..api.models.listing import Listing
from ..api.models.records import JobStatus, PrintJob
from ..api.models.row import PrinterRow
from ..api.models.telemetry import StatMessage
from .changes import NO_CHANGES, Changes, OrderChange
from .gone_entities import GoneEntities
from .jobs import JobValues, OpenJobs
from .materials import Materials
from .printer import Counted, PrinterState
from .printer_facts import PARTS, QUIET_READINGS
from .timestamps import (
    CLOCK_SET_BACK,
    NEVER,
    event_without_future_timestamps,
    row_without_future_timestamp,
    rows_without_future_timestamps,
)

_MOST_JOURNALED = 20_000
_MAX_UNKNOWN_PRINTERS = 100
_MOST_PRINTERS = 5_000
_MOST_REASONS = 50
_CLOCK_LAG = timedelta(seconds=5)
"""For so long, the time of Printago's clock that was read last is recent enough for readings."""


class Farm:
    """All printers of a store and its open jobs: those that wait, run, or failed and were not cleared."""

    def __init__(self, server_now: Callable[[], datetime]) -> None:
        """Start empty; ``server_now`` returns the time of Printago's clock."""
        self.server_now = server_now
        self.printers: dict[str, PrinterState] = {}
        self.materials = Materials()
        self.process_low_priority_jobs: bool | None = None
        """The setting of the store, None while unknown."""
        self.dropped: Counter[str] = Counter()
        """Number of ignored messages by reason; ``kind:…`` for an unknown entity type."""
        self._given_names: dict[str, str] = {}
        self._gone = GoneEntities()
        self.open_jobs = OpenJobs(self.printers, self._gone, self.count_dropped, self._touch)
        self.jobs = self.open_jobs.jobs
        """The open jobs by ID."""
        self._looked_at = self._look_again_at = NEVER
        self._clock_at = NEVER
        self._unknown_printers: set[str] = set()
        self._touched: set[str] = set()
        self._journal: list[StatMessage | EntityEvent] | None = None
        self._was_empty = False

    @property
    def knows_jobs(self) -> bool:
        """Return whether a snapshot has listed the jobs."""
        return self.open_jobs.known

    # Snapshots

    def begin_snapshot(self) -> None:
        """Record messages from now on: the snapshot that is about to be requested may not include them."""
        if self._journal is None:
            self._journal = []

    def abandon_snapshot(self) -> None:
        """Stop recording, since the snapshot failed: what was recorded was also applied as it arrived."""
        self._journal = None

    def apply_snapshot(self, printers: Listing[PrinterRow], jobs: Listing[PrintJob] | None) -> Changes:
        """Merge a snapshot; ``jobs`` is None if the key is not allowed to read them.

        Only a complete list removes anything, and an empty one only when it comes twice in a row.
        """
        changes = Changes(totals_changed=True, jobs=jobs is not None)
        changed_since = self._changed_in_flight()
        now = self._read_clock()
        for printer_id, row in rows_without_future_timestamps(printers.rows, now).items():
            if (state := self.printers.get(printer_id)) is not None:
                state.merge_record(row)
            else:
                self._add_printer(row, changes)
        # An empty list is more likely a fault than a farm without printers: accept it only if the next snapshot confirms it.
        suddenly_empty = bool(self.printers) and not printers.rows and not self._was_empty
        changes.complete = printers.complete and (bool(printers.rows) or self._was_empty)
        self._was_empty = printers.complete and not printers.rows
        if changes.complete:
            for printer_id in self.printers.keys() - printers.rows.keys() - changed_since:
                self._remove_printer(printer_id, changes)
        if jobs is not None:
            in_flight = self._job_events_in_flight()
            self.open_jobs.apply_snapshot(jobs, in_flight, changes, now, may_end=not suddenly_empty)
        self._replay(changes)
        self.open_jobs.known |= jobs is not None
        for state in self.printers.values():
            state.expire(now)
            self._update_derived_of(state)
        self._touched.clear()
        self.open_jobs.moved.clear()
        changes.printers = set(self.printers)
        return changes

    def forget_jobs(self) -> Changes:
        """Forget all jobs, since the key is no longer allowed to read them; jobs that come later fire no events."""
        changes = Changes(jobs=True)
        self.open_jobs.forget(changes)
        for state in self.printers.values():
            state.forget_job()
        self._update_derived(changes)
        return changes

    def apply_ended_jobs(self, jobs: Listing[PrintJob], since: datetime) -> Changes:
        """Merge how jobs ended without an event: those that disappeared, and those created and ended after ``since``."""
        return self.open_jobs.apply_ended(jobs, since, self.server_now())

    def _changed_in_flight(self) -> set[str]:
        """Return IDs from events that came while the snapshot was requested: it may be older than they are."""
        return {
            identifier
            for message in self._journal or ()
            if isinstance(message, EntityEvent) and message.action is not Action.DELETE
            for identifier in message.entities
        }

    def _job_events_in_flight(self) -> dict[str, list[JobValues | None]]:
        """Return what events said of each job while the snapshot was requested; None for its deletion."""
        said: dict[str, list[JobValues | None]] = {}
        for message in self._journal or ():
            if isinstance(message, JobEvent):
                deleted = message.action is Action.DELETE
                for job_id, row in message.entities.items():
                    said.setdefault(job_id, []).append(None if deleted else row.values)
        return said

    def _replay(self, changes: Changes) -> None:
        journal, self._journal = self._journal, None
        dropped = self.dropped.copy()
        for message in journal or ():
            # Those of jobs are part of the merged snapshot: a step that is applied again would count as another one.
            if not isinstance(message, JobEvent):
                self._apply(message, changes)
        # Each message was already counted when it arrived.
        self.dropped = dropped

    # Messages

    def apply(self, message: StatMessage | EntityEvent) -> Changes:
        """Merge a realtime message."""
        if (
            isinstance(message, StatMessage)
            and (stamp := message.received_at) is not None
            and (state := self.printers.get(message.printer_id)) is not None
        ):
            # A reading of a known printer with a timestamp needs no journal: the timestamp decides against any snapshot.
            # ``_looked_at`` is recent enough, since ``expire`` updates it regularly; a timestamp a little later shows how
            # late it is. Read the clock again only if the timestamp is much later, or if the reading may have expired,
            # also since the clock may have been set back.
            now, look_again_at = self._looked_at, self._look_again_at
            if stamp > look_again_at or (message.expires_at is not None and message.expires_at <= look_again_at):
                now = self._looked_at = self.server_now()
                self._look_again_at = now + _CLOCK_LAG
            elif stamp > now:
                now = stamp
            return self._apply_reading(state, message, now)
        changes = Changes()
        if isinstance(message, EntityEvent):
            message = event_without_future_timestamps(message, self.server_now())
        if self._journal is not None and self._outlives_snapshot(message):
            if len(self._journal) < _MOST_JOURNALED:
                self._journal.append(message)
            else:
                changes.needs_refresh = True
        self._apply(message, changes)
        return changes

    def apply_printer(self, row: PrinterRow) -> Changes:
        """Merge a printer's record from the response to a call."""
        changes = Changes()
        state = self.printers.get(row.id)
        if state is not None and state.merge_record(row_without_future_timestamp(row, self.server_now())):
            self._touch(state, changes)
            self._update_derived(changes)
        return changes

    def is_in_use(self, printer_id: str) -> bool:
        """Return whether the bed of a printer is known to be in use."""
        state = self.printers.get(printer_id)
        return state is not None and state.in_use

    def count_dropped(self, reason: str) -> None:
        """Count an ignored message. The number of reasons is limited, since they may come from the sender."""
        if reason not in self.dropped and len(self.dropped) >= _MOST_REASONS:
            reason = "other"
        self.dropped[reason] += 1

    def expire(self) -> Changes:
        """Check by Printago's clock which telemetry has become stale."""
        changes = Changes()
        now = self._looked_at = self._read_clock()
        self._look_again_at = now + _CLOCK_LAG
        for state in self.printers.values():
            if state.expire(now):
                self._touch(state, changes)
        self._update_derived(changes)
        return changes

    def _read_clock(self) -> datetime:
        """Return Printago's time. If its clock was set back, forget timestamps from before: they would block all updates."""
        now, before = self.server_now(), self._clock_at
        self._clock_at = now
        if before - now > CLOCK_SET_BACK:
            latest = now + CLOCK_SET_BACK
            for state in self.printers.values():
                state.forget_timestamps_after(latest)
            self._touched.update(self.printers)
            self.open_jobs.forget_timestamps_after(latest)
            self.materials.forget_timestamps_after(latest)
            self._gone.forget_timestamps_after(latest)
        return now

    def _outlives_snapshot(self, message: StatMessage | EntityEvent) -> bool:
        if isinstance(message, StatMessage):
            return True
        # Orders and the like are not part of a snapshot: applying their events again would report them twice.
        return isinstance(message, PrinterEvent | JobEvent)

    def _apply(self, message: StatMessage | EntityEvent, changes: Changes) -> None:
        if isinstance(message, EntityEvent) and message.kind in WATCHED_KINDS:
            changes.entity_types.add(message.kind)
        if isinstance(message, StatMessage):
            self._apply_stat(message, changes)
        elif isinstance(message, PrinterEvent):
            for printer in message.entities.values():
                self._apply_printer(printer, message.action, changes)
        elif isinstance(message, OrderEvent):
            changes.order_changes += [OrderChange(message.action, order) for order in message.entities.values()]
        elif isinstance(message, JobEvent):
            for job_id, job in message.entities.items():
                if message.action is Action.DELETE:
                    self.open_jobs.drop(job_id, changes)
                else:
                    self.open_jobs.merge(job_id, job.values, changes)
        elif isinstance(message, SlotEvent | MaterialEvent | VariantEvent):
            concerned, gaps = self.materials.apply(message)
            changes.printers |= concerned & self.printers.keys()
            changes.materials_incomplete |= gaps
        elif message.kind not in WATCHED_KINDS:
            self.count_dropped(f"kind:{message.kind}")
        self._update_derived(changes)

    def _apply_reading(self, state: PrinterState, message: StatMessage, now: datetime) -> Changes:
        """Merge telemetry of a known printer. This runs for every message, and most of them change nothing."""
        changed = state.merge_stat(message, now)
        if changed is None:
            self.count_dropped("late")
        if not changed:
            return NO_CHANGES
        if changed <= QUIET_READINGS:
            return Changes(telemetry_only=(state.id, changed))
        changes = Changes()
        if PARTS in changed:
            changes.new_features.add(state.id)
        self._touch(state, changes)
        self._update_derived(changes)
        return changes

    def _apply_stat(self, message: StatMessage, changes: Changes) -> None:
        if (state := self.printers.get(message.printer_id)) is None:
            self._handle_unknown_printer(message.printer_id, changes)
            return
        made = self._apply_reading(state, message, self.server_now())
        changes.new_features |= made.new_features
        changes.printers |= made.printers if made.telemetry_only is None else {state.id}
        changes.totals_changed |= made.totals_changed

    # Printers

    def _apply_printer(self, row: PrinterRow, action: Action, changes: Changes) -> None:
        state = self.printers.get(row.id)
        if action is Action.DELETE:
            if state is not None:
                self._remove_printer(row.id, changes)
        elif state is not None:
            if state.merge_record(row):
                self._touch(state, changes)
            else:
                self.count_dropped("late")
        elif (
            action is Action.INSERT
            and row.has_name
            and not self._gone.is_late(row.id, row.updated_at)
            and len(self.printers) < _MOST_PRINTERS
        ):
            self._add_printer(row, changes)
        else:
            self._handle_unknown_printer(row.id, changes)

    def _add_printer(self, row: PrinterRow, changes: Changes) -> None:
        state = self.printers[row.id] = PrinterState.from_row(row)
        state.given_name = self._given_names.get(row.id)
        self._unknown_printers.discard(row.id)
        changes.added.add(row.id)
        changes.removed.discard(row.id)
        self._touch(state, changes)
        changes.totals_changed = True

    def name_printer(self, printer_id: str, name: str | None) -> Changes:
        """Set the name given in Home Assistant, also for a printer that is not known yet; None for Printago's name."""
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
        self._update_derived(changes)
        return changes

    def _remove_printer(self, printer_id: str, changes: Changes) -> None:
        self._gone.remember(printer_id, self.printers.pop(printer_id).record.updated_at)
        changes.removed.add(printer_id)
        changes.added.discard(printer_id)
        changes.printers.discard(printer_id)
        changes.totals_changed = True

    def _handle_unknown_printer(self, printer_id: str, changes: Changes) -> None:
        self.count_dropped("unknown_printer")
        if printer_id not in self._unknown_printers and len(self._unknown_printers) < _MAX_UNKNOWN_PRINTERS:
            self._unknown_printers.add(printer_id)
            changes.needs_refresh = True

    def _touch(self, state: PrinterState, changes: Changes) -> None:
        changes.printers.add(state.id)
        self._touched.add(state.id)

    def _update_derived(self, changes: Changes) -> None:
        if moved := self.open_jobs.moved:
            for printer in self.printers.values():
                if printer.record.printing_job_id in moved:
                    self._touch(printer, changes)
            moved.clear()
        # Once per message, even if several of its parts are about the same printer.
        for printer_id in self._touched:
            state = self.printers.get(printer_id)
            if state is not None and self._update_derived_of(state):
                changes.totals_changed = True
        self._touched.clear()

    def _update_derived_of(self, state: PrinterState) -> bool:
        job, occupied = self.open_jobs.at(state.id, state.record.printing_job_id)
        return state.update_derived(job, occupied=occupied)

    # Counts

    def counted(self) -> Iterator[Counted]:
        """Return what the totals of the farm need of each printer."""
        return (state.counted for state in self.printers.values() if state.counted is not None)

    def jobs_with(self, *statuses: JobStatus) -> Iterator[PrintJob]:
        """Return the jobs that have one of the statuses."""
        return (job for job in self.jobs.values() if job.status in statuses)
