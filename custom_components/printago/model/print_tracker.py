"""Tracks external prints from start to end by the telemetry of their printers.

Printago keeps no record of such a print. It starts when a printer that was seen at rest runs without a Printago job. It ends
when its outcome is known: a missing or unknown status, an offline printer and stale telemetry neither end it nor start it
again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..api.models.records import JobStatus, PrintJob, read_moment
from .external_print import PRINT_READINGS, ExternalPrint
from .farm import Farm
from .print_status import ACTIVE_STATUSES, PrintStatus, Result, meaning_of, result_once_free
from .printer import PrinterState

_SAME_START = timedelta(minutes=2)
"""A job that starts within this time after a print was first seen is that print."""
_PATIENCE = timedelta(minutes=1)
"""How long to wait for a status of the printer if only Printago's flag says that it is free or taken."""
_AT_REST = frozenset({PrintStatus.IDLE, PrintStatus.FINISH, PrintStatus.FAILED})
_RUNNING_JOBS = frozenset({JobStatus.PRINTING, JobStatus.PAUSED})


class Step(NamedTuple):
    """A step of a print; ``kind`` is started, paused, resumed, or a Result."""

    kind: str
    at: datetime
    print: ExternalPrint


class Handover(NamedTuple):
    """What was reported of a job's print before the job started."""

    steps: list[Step]
    """How the previous print ended."""
    started: bool = False
    """It was taken for an external print, and its start was reported."""
    ended: bool = False
    """Its end was reported as well."""


@dataclass(slots=True)
class _Followed:
    """The state of a printer between prints."""

    rested: bool | None = None
    """It was seen at rest since the last print of a job; None until its first known status."""
    rested_in_words: bool = False
    taken_since: datetime | None = None
    """Since when Printago says that it is taken while its status does not say that it prints."""
    job: PrintJob | None = None
    """The job that it printed at the last update."""
    last: ExternalPrint | None = None
    ended_at: datetime | None = None
    """When the last external print ended."""


class PrintTracker:
    """Tracks the printers of a farm; a running print is stored in ``PrinterState.external_print``."""

    def __init__(self, farm: Farm) -> None:
        """Start without any state."""
        self._farm = farm
        self._followed: dict[str, _Followed] = {}
        self._saved: dict[str, ExternalPrint] = {}

    def forget(self, printer_id: str) -> None:
        """Remove a printer that left the farm."""
        self._followed.pop(printer_id, None)
        self._saved.pop(printer_id, None)

    def follow(self, state: PrinterState) -> list[Step]:
        """Return the steps of external prints after a change of a printer."""
        followed = self._followed.setdefault(state.id, _Followed())
        state.review_at = None
        external, (doing, in_words) = state.external_print, state.activity
        if external is not None:
            self._note_circumstances(state, external)
        if state.occupied:
            followed.rested, followed.job = False, state.job
            if state.job is not None and state.job.status in _RUNNING_JOBS:
                # If the job has just started, ``hand_over`` was called; else it ran before and has only become readable again.
                state.external_print = None
            return []
        lost, followed.job = followed.job, None
        if doing is None:
            if followed.rested is None:
                # A printer that has sent nothing since it was at rest has not started a print.
                meaning = meaning_of(state.telemetry.state)
                followed.rested = True if meaning is not None and meaning.status in _AT_REST else None
            return []
        if lost is not None and lost.status in _RUNNING_JOBS and not self._farm.knows_jobs:
            external = state.external_print = self._adopt(lost)
            self._note_circumstances(state, external)
        steps: list[Step] = []
        if external is not None and doing in ACTIVE_STATUSES:
            external.read(state.telemetry, runs=in_words or not external.in_words)
            if external.replaced or self._is_over(external, state):
                steps.append(self._end(state, followed, external, external.result_after(None, in_words=False)))
                external = None
        if external is None:
            return steps + self._at_rest_or_begun(state, followed, doing, in_words=in_words)
        if doing in ACTIVE_STATUSES:
            return self._go_on(state, external, doing, in_words=in_words)
        return self._stop(state, followed, external, in_words=in_words)

    def _note_circumstances(self, state: PrinterState, external: ExternalPrint) -> None:
        """Record what else is known of a printer while a print runs."""
        external.gap |= state.activity.status is None
        external.taken |= state.is_available is False
        if state.job is not None and self._farm.server_now() - external.seen_at <= _SAME_START:
            external.job_id = state.job.id

    def _is_over(self, external: ExternalPrint, state: PrinterState) -> bool:
        """Return whether a printer that was ending a print now reports another one."""
        meaning = meaning_of(state.telemetry.state)
        return external.result is not None and meaning is not None and meaning.result is None

    def _at_rest_or_begun(
        self, state: PrinterState, followed: _Followed, doing: PrintStatus, *, in_words: bool
    ) -> list[Step]:
        saved = self._saved.pop(state.id, None)
        if doing not in (PrintStatus.RUNNING, PrintStatus.PAUSE):
            followed.rested, followed.rested_in_words, followed.taken_since = True, in_words, None
            return []
        at = self._now(state)
        if state.job is not None or followed.rested is False:
            # A job is about to start there, or one has ended and the printer has not reported it yet.
            return []
        if not in_words and followed.rested is not None:
            if self._farm.knows_jobs and state.record.printing_job_id is not None:
                return []
            if state.telemetry.state is None and followed.rested_in_words:
                at = followed.taken_since = followed.taken_since or at
                if self._farm.server_now() - at < _PATIENCE:
                    state.review_at = at + _PATIENCE
                    return []
        followed.taken_since = None
        external = state.external_print = ExternalPrint(
            seen_at=at,
            name=state.telemetry.task_name,
            own=set(PRINT_READINGS & state.news),
            in_words=in_words,
        )
        self._note_circumstances(state, external)
        external.read(state.telemetry, runs=True)
        if followed.rested is None:
            # It was already running at the first update.
            external.paused = doing is PrintStatus.PAUSE
            if saved is not None and saved.goes_on_as(external):
                external.seen_at, external.name = saved.seen_at, external.name or saved.name
            followed.rested = True
            return []
        return [Step("started", at, external), *self._go_on(state, external, doing, in_words=in_words)]

    def _go_on(self, state: PrinterState, external: ExternalPrint, doing: PrintStatus, *, in_words: bool) -> list[Step]:
        external.free_since = None
        if not in_words:
            return []
        external.in_words = True
        meaning = meaning_of(state.telemetry.state)
        external.result = meaning.result if meaning is not None else None
        if doing in (PrintStatus.PREPARE, PrintStatus.SLICING):
            external.gap = True
        paused = doing is PrintStatus.PAUSE
        if paused is external.paused or (
            not paused and (doing is not PrintStatus.RUNNING or external.result is not None)
        ):
            return []
        external.paused = paused
        return [Step("paused" if paused else "resumed", self._now(state), external)]

    def _stop(self, state: PrinterState, followed: _Followed, external: ExternalPrint, *, in_words: bool) -> list[Step]:
        word = state.telemetry.state
        said = result_once_free(word)
        external.read(state.telemetry, runs=False)
        at = self._now(state)
        if not in_words and said is None and not external.taken:
            return []
        if not in_words and said is None and not external.ends_for_certain(word):
            at = external.free_since = external.free_since or at
            if self._farm.server_now() - at < _PATIENCE:
                state.review_at = at + _PATIENCE
                return []
        followed.rested_in_words = in_words
        external.name = external.name or state.telemetry.task_name
        return [self._end(state, followed, external, external.result_after(said, in_words=in_words), at)]

    def _end(
        self,
        state: PrinterState,
        followed: _Followed,
        external: ExternalPrint,
        result: Result,
        at: datetime | None = None,
    ) -> Step:
        at = max(at or self._now(state), external.seen_at)
        state.external_print = None
        followed.rested, followed.last, followed.ended_at = True, external, at
        return Step(result.value, at, external)

    def _now(self, state: PrinterState) -> datetime:
        now = self._farm.server_now()
        return min(state.received_at or now, now)

    # Jobs of Printago

    def hand_over(self, state: PrinterState, job: PrintJob) -> Handover:
        """Return what was already reported of the print of a job that starts, so that nothing is reported twice."""
        now = self._farm.server_now()
        began, ended = job.printing_started_at or now, job.ended_at
        if (external := state.external_print) is not None:
            if ended is not None and ended <= external.seen_at:
                return Handover([])
            if began > external.seen_at + _SAME_START and job.id != external.job_id:
                followed = self._followed.setdefault(state.id, _Followed())
                result = external.result_after(None, in_words=False)
                return Handover([self._end(state, followed, external, result, min(began, now))])
            state.external_print = None
            return Handover([], started=True)
        followed = self._followed.get(state.id, _Followed())
        if (external := followed.last) is None or followed.ended_at is None:
            return Handover([])
        same = began <= min(external.seen_at + _SAME_START, followed.ended_at)
        same = same and (ended is None or ended > external.seen_at)
        return Handover([], started=same, ended=same)

    def note_job_end(self, state: PrinterState) -> None:
        """Record that a job's print has ended: a printer that still reports a print means that one."""
        if state.external_print is None and state.activity.status in ACTIVE_STATUSES:
            self._followed.setdefault(state.id, _Followed()).rested = False

    def _adopt(self, job: PrintJob) -> ExternalPrint:
        """Return the print of a job that the key is no longer allowed to read."""
        return ExternalPrint(
            seen_at=job.printing_started_at or self._farm.server_now(),
            name=job.title,
            paused=job.status is JobStatus.PAUSED,
            in_words=True,
        )

    # Across restarts

    def export(self) -> dict[str, dict[str, Any]]:
        """Return the running prints in a form that JSON can store."""
        running = self._saved | {
            state.id: state.external_print for state in self._farm.printers.values() if state.external_print is not None
        }
        return {
            printer_id: {
                "seen_at": external.seen_at.isoformat(),
                "name": external.name,
                "progress": external.progress,
            }
            for printer_id, external in running.items()
        }

    def restore(self, saved: object) -> None:
        """Load what ``export`` returned before a restart, to know when prints that still run were first seen."""
        if not isinstance(saved, Mapping):
            return
        for printer_id, source in saved.items():
            if not isinstance(source, Mapping) or (seen_at := read_moment(source.get("seen_at"))) is None:
                continue
            name, progress = source.get("name"), source.get("progress")
            self._saved[str(printer_id)] = ExternalPrint(
                seen_at=seen_at,
                name=name if isinstance(name, str) else None,
                progress=progress if type(progress) in (int, float) else None,
            )
