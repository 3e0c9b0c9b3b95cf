"""One printer of the farm model: its data, and what is derived from it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ..api.models.filament import SlotAddress, Tray
from ..api.models.records import JobStatus, PrintJob
from ..api.models.row import PrinterRow
from ..api.models.telemetry import HealthMessage, StatMessage
from .external_print import PRINT_READINGS, ExternalPrint
from .hms import problems_of
from .print_status import (
    ACTIVE_STATUSES,
    PRINTING_STATUSES,
    STATUS_OF_JOB,
    Activity,
    PrintStatus,
    Readiness,
    meaning_of,
)
from .printer_facts import STANDING, PrinterFacts
from .timestamps import FOR_EVER, NEVER, is_in_future

_FEEDING = frozenset({JobStatus.PRINTING, JobStatus.PAUSED})

_END_TIME_TOLERANCE = timedelta(minutes=2)


class Counted(NamedTuple):
    """What the totals of the farm need of one printer."""

    name: str
    is_online: bool
    printing: bool | None
    readiness: Readiness
    bed_needs_clearing: bool
    has_problem: bool
    problems: tuple[HealthMessage, ...]
    ends_at: datetime | None


@dataclass(slots=True, eq=False, kw_only=True)
class PrinterState(PrinterFacts):
    """The state of one printer. ``merge_…`` methods change it; everything else only reads."""

    job: PrintJob | None = None
    """The Printago job that the printer prepares or prints; set by the farm."""
    external_print: ExternalPrint | None = None
    """The running print without a Printago job; set by ``PrintTracker``."""
    review_at: datetime | None = None
    """When to check the printer again, even if nothing changes."""
    news: AbstractSet[str] = frozenset()
    """What the last message changed."""
    end_time: datetime | None = None
    _end_holds_until: datetime = NEVER
    """Until when messages without changes leave ``end_time`` as it is."""
    _occupied: bool = False
    """A Printago job is printing or paused on the printer, or being sent to it."""
    _in_use: bool = False
    """The last known value of ``in_use``."""
    _use_known: bool = False
    """``in_use`` was known at least once: the printer was online, or it had a Printago job."""
    counted: Counted | None = None
    """What the totals of the farm need; set by ``update_derived``."""

    @classmethod
    def from_row(cls, row: PrinterRow) -> PrinterState:
        """Return the state of a printer from its record alone."""
        state = cls(record=row.applied_to(None))
        state._merge_connection(row.connection, row.updated_at)
        state._in_use = state.record.printing_job_id is not None
        return state

    # Merging

    def merge_stat(self, message: StatMessage, now: datetime) -> AbstractSet[str] | None:
        """Merge a telemetry message at ``now`` (Printago's clock).

        Return what changed: attributes of Telemetry, ``PARTS``, and ``STANDING`` for anything else; None if the message is
        older than what is known. A timestamp in the future is ignored: it would block every message until then.
        """
        received_at = message.received_at
        if received_at is not None and received_at > now and is_in_future(received_at, now):
            received_at = None
        if received_at is not None and self.received_at is not None and received_at < self.received_at:
            return {STANDING} if self._merge_connection(message.connection, received_at) else None
        changed = self._temperatures.merge(message.temps)
        # Unlike another temperature, none at all must show at once, and so must the first one.
        came_or_went = bool(changed) and self._temperatures.came_or_went
        if message.source is not self._telemetry_diff.source:
            changed |= self._merge_readings(self._telemetry_diff.news(message.source))
            self._end_holds_until = NEVER
        if changed:
            changed |= self._note_parts(changed)
        if came_or_went:
            changed |= {STANDING}
        if self._merge_standing(message, received_at, now):
            changed |= {STANDING}
            self._end_holds_until = NEVER
        notified_at = received_at or now
        if notified_at >= self._end_holds_until and self._estimate_end(notified_at, recheck=bool(changed)):
            changed |= {STANDING}
        if self.external_print is not None and changed:
            changed |= self._follow_print(self.external_print, changed)
        self.news = changed
        return changed

    def _follow_print(self, external: ExternalPrint, changed: AbstractSet[str]) -> AbstractSet[str]:
        if own := changed & PRINT_READINGS:
            external.own |= own
            status, in_words = self.activity
            if status is not None:
                runs = status in ACTIVE_STATUSES and (in_words or not external.in_words)
                external.read(self.telemetry, runs=runs)
                return {STANDING} if external.replaced else frozenset()
        return frozenset()

    def expire(self, now: datetime) -> bool:
        """Check at ``now`` (Printago's clock) whether the telemetry is stale; return whether to update the printer."""
        stale = self.expires_at is None or self.expires_at <= now
        changed = stale is not self.stale
        self.stale = stale
        return changed or (self.review_at is not None and self.review_at <= now)

    def forget_job(self) -> None:
        """Forget the job, since the key is no longer allowed to read it. The job may still run."""
        self.job, self._occupied = None, False

    def update_derived(self, job: PrintJob | None, *, occupied: bool = False) -> bool:
        """Set the job of the printer and update what depends on it. Call this after every change.

        ``occupied`` is whether any job is at the printer. Return whether anything changed that the totals of the farm
        depend on.
        """
        self.job = job
        occupied = occupied or (job is not None and job.at_printer)
        if self._occupied and not occupied:
            # The job has ended, which Printago also knows of an offline printer.
            self._in_use = False
        self._occupied = occupied
        self._in_use = self._judge_use()
        self._use_known = self._use_known or self.is_online or occupied
        printing = self.printing
        # A print can also start or end by its job, without new telemetry.
        if self.end_time is None:
            if printing and self.received_at is not None:
                self._estimate_end(self.received_at, recheck=True)
        elif not printing:
            self.end_time = None
            self._end_holds_until = NEVER
        before = self.counted
        problems = self.problems if self.live else ()
        self.counted = Counted(
            self.name,
            self.is_online,
            printing,
            self.readiness,
            self.bed_needs_clearing,
            bool(problems),
            problems,
            self.live_end_time,
        )
        return self.counted != before

    def _estimate_end(self, notified_at: datetime, *, recheck: bool) -> bool:
        """Update ``end_time`` if the estimate moved by the tolerance or more. The cloud sends whole minutes.

        With ``recheck``, or while there is no end, check first whether the printer prints. Return whether the end changed.
        """
        known = self.end_time
        minutes = self.telemetry.time_remaining
        if not minutes or ((recheck or known is None) and self.print_status not in PRINTING_STATUSES):
            self.end_time = None
            self._end_holds_until = NEVER if minutes else FOR_EVER
            return known is not None
        if known is not None and not self._telemetry_diff.repeats_time_remaining:
            return False
        remaining = timedelta(minutes=minutes)
        estimate = notified_at + remaining
        end = known
        if end is None or abs(estimate - end) >= _END_TIME_TOLERANCE:
            end = self.end_time = (estimate + timedelta(seconds=30)).replace(second=0, microsecond=0)
        self._end_holds_until = end - remaining + _END_TIME_TOLERANCE
        return end != known

    def _judge_use(self) -> bool:
        """Return whether the bed is in use; the last known value if nothing decides."""
        if self._occupied:
            return True
        meaning = None if self.stale else meaning_of(self.telemetry.state)
        active = meaning is not None and meaning.status in ACTIVE_STATUSES
        if not self.is_online:
            # After a restart of Home Assistant only the last telemetry of an offline printer is known.
            return self._in_use or (active and not self._use_known)
        if active:
            return True
        if (taken := self._taken) is not None:
            return taken
        return self._in_use and (meaning is None or meaning.status is PrintStatus.OFFLINE)

    @property
    def _taken(self) -> bool | None:
        """Return whether Printago says that the printer is occupied; None if it does not say."""
        if self.is_available is False and self.record.in_maintenance:
            # Maintenance alone makes it unavailable, too.
            return None
        return None if self.is_available is None else not self.is_available

    # Meaning

    @property
    def live(self) -> bool:
        """Return whether readings are current: the printer is online and its telemetry is not stale."""
        return self.is_online and not self.stale

    @property
    def activity(self) -> Activity:
        """Return what the printer does by fresh telemetry."""
        if not self.live:
            return Activity(None, in_words=False)
        if (meaning := meaning_of(self.telemetry.state)) is not None:
            status = None if meaning.status is PrintStatus.OFFLINE else meaning.status
            return Activity(status, in_words=status is not None)
        if (taken := self._taken) is None:
            return Activity(None, in_words=False)
        return Activity(PrintStatus.RUNNING if taken else PrintStatus.IDLE, in_words=False)

    @property
    def occupied(self) -> bool:
        """Return whether a Printago job is printing or paused on the printer, or being sent to it."""
        return self._occupied

    @property
    def live_end_time(self) -> datetime | None:
        """Return when the current print is expected to end; None if readings are not current."""
        return self.end_time if self.live else None

    @property
    def print_status(self) -> PrintStatus | None:
        """Return what the printer does; None if neither the printer nor Printago says.

        The last status stays when telemetry becomes stale, unless Printago then says that the printer is free or taken.
        """
        if not self.is_online:
            return PrintStatus.OFFLINE
        meaning = meaning_of(self.telemetry.state)
        if meaning is None:
            return self._status_without_word(PrintStatus.IDLE)
        status = meaning.status
        if (self.stale or status is PrintStatus.OFFLINE) and (status in ACTIVE_STATUSES) is not self._judge_use():
            return self._status_without_word(PrintStatus.FINISH)
        return status

    def _status_without_word(self, unready: PrintStatus) -> PrintStatus | None:
        job, taken = self.job, self._taken
        if job is not None and (status := STATUS_OF_JOB.get(job.status)) is not None:
            return status
        if taken is None:
            return None
        if taken:
            return PrintStatus.RUNNING if job is None else PrintStatus.PREPARE
        return PrintStatus.IDLE if self.record.confirmed_ready else unready

    @property
    def printing(self) -> bool | None:
        """Return whether the printer prints or prepares to; None if its status is unknown."""
        return None if (status := self.print_status) is None else status in PRINTING_STATUSES

    @property
    def readiness(self) -> Readiness:
        """Return whether the printer is ready for its next job, else the first reason why not."""
        if self.record.in_maintenance:
            return Readiness.MAINTENANCE
        if not self.record.enabled:
            return Readiness.DISABLED
        if not self.is_online:
            return Readiness.OFFLINE
        if self._in_use:
            return Readiness.BUSY
        return Readiness.AWAITING_CLEAR if self.bed_needs_clearing else Readiness.READY

    @property
    def bed_needs_clearing(self) -> bool:
        """Return whether Printago waits for someone to clear the bed; the last known value while offline."""
        return self.record.confirmed_ready is False and not self._in_use and not self.record.continuous_print

    @property
    def in_use(self) -> bool:
        """Return whether the bed is in use; the last known value while offline.

        It is if Printago says that the printer is taken, if a Printago job is there, or if fresh telemetry says in a known
        word that the printer prints, prepares or is paused.
        """
        return self._in_use

    @property
    def can_pause(self) -> bool:
        """Return whether there is something to pause; True if unknown."""
        return self._does(PrintStatus.RUNNING, PrintStatus.PREPARE)

    @property
    def can_resume(self) -> bool:
        """Return whether there is something to resume; True if unknown."""
        return self._does(PrintStatus.PAUSE)

    @property
    def can_stop(self) -> bool:
        """Return whether there is something to stop; True if unknown."""
        return self.job is not None or self._does(*ACTIVE_STATUSES)

    def _does(self, *statuses: PrintStatus) -> bool:
        # The job and the printer report a change at different times; accept either.
        if self.job is not None and STATUS_OF_JOB.get(self.job.status) in statuses:
            return True
        if (status := self.print_status) is None or status in statuses:
            return True
        # A printer that is taken without a job and sends an unknown word may also be paused.
        return self.job is None and status is PrintStatus.RUNNING and meaning_of(self.telemetry.state) is None

    @property
    def problems(self) -> tuple[HealthMessage, ...]:
        """Return the HMS errors, then the warnings, each once, without user-pause codes."""
        return problems_of(self.telemetry.errors, self.telemetry.warnings)

    @property
    def has_problem(self) -> bool:
        """Return whether fresh telemetry shows an HMS error or warning."""
        return self.live and bool(self.problems)

    def tray(self, place: SlotAddress) -> Tray | None:
        """Return the tray at an address; None if telemetry has no such tray."""
        if place.ams < 0:
            return self.telemetry.external_spool
        units = self.telemetry.ams or ()
        unit = units[place.ams] if place.ams < len(units) else ()
        return unit[place.slot] if place.slot < len(unit) else None

    def feeds_from(self, place: SlotAddress) -> bool | None:
        """Return whether the current print uses the filament at an address; None if unknown."""
        if self.job is not None and self.job.places is not None:
            return self.job.status in _FEEDING and place in self.job.places
        return None if self._in_use else False

    @property
    def start_time(self) -> datetime | None:
        """Return when the current print began; for an external print, when it was first seen running."""
        if self.job is not None and (self.external_print is None or self.job.printing_started_at is not None):
            return self.job.printing_started_at
        return self.external_print.seen_at if self.external_print is not None else None
