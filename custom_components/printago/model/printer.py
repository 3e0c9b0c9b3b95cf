"""One printer as the farm model knows it, and what its facts mean to a farm owner."""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..api.models.filament import SlotAddress, Tray
from ..api.models.records import JobStatus, Printer, PrintJob, read_connection
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
from .timestamps import FOR_EVER, NEVER, is_in_future, is_older

_FEEDING = frozenset({JobStatus.PRINTING, JobStatus.PAUSED})

_END_TIME_TOLERANCE = timedelta(minutes=2)


class Counted(NamedTuple):
    """What the counts of the farm look at of one printer."""

    name: str
    is_online: bool
    printing: bool | None
    readiness: Readiness
    bed_needs_clearing: bool
    has_problem: bool
    ends_at: datetime | None


@dataclass(slots=True, eq=False, kw_only=True)
class PrinterState(PrinterFacts):
    """What is known of one printer, and what it means. ``merge_…`` methods change it; everything else only reads."""

    job: PrintJob | None = None
    """The Printago job that the printer prepares or prints, kept by the farm."""
    external_print: ExternalPrint | None = None
    """The print without a Printago job that runs, kept by who follows it."""
    review_at: datetime | None = None
    """When to look at the printer again, be it as it was."""
    news: AbstractSet[str] = frozenset()
    """What the last message has changed."""
    end_time: datetime | None = None
    _end_holds_until: datetime = NEVER
    """Until when messages that tell nothing new leave the end of the print where it is."""
    _occupied: bool = False
    """A Printago job is printed or paused at the printer, or just sent to it."""
    _in_use: bool = False
    """What ``in_use`` was when it was last known."""
    _use_known: bool = False
    """It was ever known: the printer was online, or a Printago job was there."""
    counted: Counted | None = None
    """What the counts of the farm look at, kept by ``update_derived``."""

    @classmethod
    def from_json(cls, printer_id: str, source: Mapping[str, Any]) -> PrinterState:
        """Return the state of a printer of which only the record is known."""
        state = cls(record=Printer.from_json(printer_id, source))
        state._merge_connection(read_connection(source), state.record.updated_at)
        state._in_use = state.record.printing_job_id is not None
        return state

    # Merging

    def merge_stat(self, message: StatMessage, now: datetime) -> AbstractSet[str] | None:
        """Lay a telemetry message over what is known at ``now`` (Printago's clock).

        Return what changed: attributes of Telemetry, ``PARTS``, and ``STANDING`` for anything else; None for a message that
        is late. A stamp out of the future counts as none: it would hold up every message until then.
        """
        received_at = message.received_at
        if is_in_future(received_at, now):
            received_at = None
        if is_older(received_at, self.received_at):
            return {STANDING} if self._merge_connection(message.connection, received_at) else None
        changed = self._temperatures.merge(message.temps)
        if message.source is not self._telemetry_diff.source:
            changed |= self._merge_readings(self._telemetry_diff.news(message.source))
            self._end_holds_until = NEVER
        if changed:
            changed |= self._note_parts(changed)
        if self._merge_standing(message, received_at, now):
            changed |= {STANDING}
            self._end_holds_until = NEVER
        notified_at = received_at or now
        if notified_at >= self._end_holds_until and self._estimate_end(notified_at, anew=bool(changed)):
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
        """Judge at ``now`` (Printago's clock) whether the telemetry is stale; return whether to look at the printer."""
        stale = self.expires_at is None or self.expires_at <= now
        changed = stale is not self.stale
        self.stale = stale
        return changed or (self.review_at is not None and self.review_at <= now)

    def forget_job(self) -> None:
        """Forget the job because nobody may read it any more, which does not mean that it is over."""
        self.job, self._occupied = None, False

    def update_derived(self, job: PrintJob | None, *, occupied: bool = False) -> bool:
        """Take over which job the printer has, and remember whether it is in use; called after every change.

        ``occupied`` says that any job at all is at the printer. Return whether anything changed that the counts of the farm
        look at.
        """
        self.job = job
        occupied = occupied or (job is not None and job.at_printer)
        if self._occupied and not occupied:
            # That its print is over is known of an offline printer as well.
            self._in_use = False
        self._occupied = occupied
        self._in_use = self._judge_use()
        self._use_known = self._use_known or self.is_online or occupied
        printing = self.printing
        # Not only telemetry tells that a print goes on, or no longer does.
        if self.end_time is None:
            if printing and self.received_at is not None:
                self._estimate_end(self.received_at, anew=True)
        elif not printing:
            self.end_time = None
            self._end_holds_until = NEVER
        before = self.counted
        self.counted = Counted(
            self.name,
            self.is_online,
            printing,
            self.readiness,
            self.bed_needs_clearing,
            self.has_problem,
            self.live_end_time,
        )
        return self.counted != before

    def _estimate_end(self, notified_at: datetime, *, anew: bool) -> bool:
        """Move the end of the print only when the estimate really moved: it is told in whole minutes.

        Whether there is a print that ends is judged ``anew`` when readings changed, and while none does. Return whether the
        end is another one.
        """
        known = self.end_time
        minutes = self.telemetry.time_remaining
        if not minutes or ((anew or known is None) and self.print_status not in PRINTING_STATUSES):
            self.end_time = None
            self._end_holds_until = NEVER if minutes else FOR_EVER
            return known is not None
        if known is not None and not self._telemetry_diff.retold_time_remaining:
            return False
        remaining = timedelta(minutes=minutes)
        estimate = notified_at + remaining
        end = known
        if end is None or abs(estimate - end) >= _END_TIME_TOLERANCE:
            end = self.end_time = (estimate + timedelta(seconds=30)).replace(second=0, microsecond=0)
        self._end_holds_until = end - remaining + _END_TIME_TOLERANCE
        return end != known

    def _judge_use(self) -> bool:
        """Return whether the bed is in use by what is known now; what was known last stays where nothing decides."""
        if self._occupied:
            return True
        meaning = None if self.stale else meaning_of(self.telemetry.state)
        active = meaning is not None and meaning.status in ACTIVE_STATUSES
        if not self.is_online:
            # After a restart of Home Assistant all that is known of an offline printer is what it said last.
            return self._in_use or (active and not self._use_known)
        if active:
            return True
        if (taken := self._taken) is not None:
            return taken
        return self._in_use and (meaning is None or meaning.status is PrintStatus.OFFLINE)

    @property
    def _taken(self) -> bool | None:
        """Return whether Printago says that something occupies the printer, None where it does not say."""
        if self.is_available is False and self.record.in_maintenance:
            # Maintenance makes it unavailable as well.
            return None
        return None if self.is_available is None else not self.is_available

    # Meaning

    @property
    def live(self) -> bool:
        """Return whether readings can be trusted: the printer is online and its telemetry not stale."""
        return self.is_online and not self.stale

    @property
    def activity(self) -> Activity:
        """Return what fresh telemetry says that the printer does."""
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
        """Return whether a Printago job is printed or paused at the printer, or just sent to it."""
        return self._occupied

    @property
    def live_end_time(self) -> datetime | None:
        """Return when the current print is expected to end, as far as readings can be trusted."""
        return self.end_time if self.live else None

    @property
    def print_status(self) -> PrintStatus | None:
        """Return what the printer does, None where neither its word nor Printago tells.

        The last word stays when telemetry goes stale, unless Printago says meanwhile that the printer is free or taken.
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
        """Return whether the printer prints or prepares to; None where its status is unknown."""
        return None if (status := self.print_status) is None else status in PRINTING_STATUSES

    @property
    def readiness(self) -> Readiness:
        """Return whether Printago gives the printer its next job, else the first reason why not."""
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
        """Return whether Printago waits for a person to clear the bed; the last known value while offline."""
        return self.record.confirmed_ready is False and not self._in_use and not self.record.continuous_print

    @property
    def in_use(self) -> bool:
        """Return whether something occupies the bed; the last known value while offline.

        Printago says that the printer is taken, or a Printago job is there, or fresh telemetry says in a known word that the
        printer prints, prepares or is paused.
        """
        return self._in_use

    @property
    def can_pause(self) -> bool:
        """Return whether there is something to pause; True where nobody knows."""
        return self._does(PrintStatus.RUNNING, PrintStatus.PREPARE)

    @property
    def can_resume(self) -> bool:
        """Return whether there is something to resume; True where nobody knows."""
        return self._does(PrintStatus.PAUSE)

    @property
    def can_stop(self) -> bool:
        """Return whether there is something to stop; True where nobody knows."""
        return self.job is not None or self._does(*ACTIVE_STATUSES)

    def _does(self, *statuses: PrintStatus) -> bool:
        # Job and printer tell the same at different times; either will do.
        if self.job is not None and STATUS_OF_JOB.get(self.job.status) in statuses:
            return True
        if (status := self.print_status) is None or status in statuses:
            return True
        # What occupies a printer without a job, and in a word that nobody knows, may just as well be paused.
        return self.job is None and status is PrintStatus.RUNNING and meaning_of(self.telemetry.state) is None

    @property
    def problems(self) -> tuple[HealthMessage, ...]:
        """Return the HMS errors, then the warnings, each once, without those that only say that someone paused the print."""
        return problems_of(self.telemetry.errors, self.telemetry.warnings)

    @property
    def has_problem(self) -> bool:
        """Return whether fresh telemetry shows an HMS error or warning."""
        return self.live and bool(self.problems)

    def tray(self, place: SlotAddress) -> Tray | None:
        """Return what a place for filament holds, None where telemetry shows no such place."""
        if place.ams < 0:
            return self.telemetry.external_spool
        units = self.telemetry.ams or ()
        unit = units[place.ams] if place.ams < len(units) else ()
        return unit[place.slot] if place.slot < len(unit) else None

    def feeds_from(self, place: SlotAddress) -> bool | None:
        """Return whether the current print uses the filament of a place, None where nobody tells."""
        if self.job is not None and self.job.places is not None:
            return self.job.status in _FEEDING and place in self.job.places
        return None if self._in_use else False

    @property
    def start_time(self) -> datetime | None:
        """Return when the current print began; one from elsewhere when it was first seen running."""
        if self.job is not None and (self.external_print is None or self.job.printing_started_at is not None):
            return self.job.printing_started_at
        return self.external_print.seen_at if self.external_print is not None else None
