"""The events of a farm, each fired once.

The Printago job decides how a print ended. The printer's own status counts only for external prints, since Bambu printers
report FAILED after a user has canceled. Event data is what was known while the print ran, even if the last message omits or
changes it. Job and attempt identify an event (a retry resets the same record), so that neither duplicates nor reconnects
fire it again. The first update of a printer only sets its initial state.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ..api.models.entity_event import Action
from ..api.models.fields import text
from ..api.models.order import Order
from ..api.models.records import FINAL_STATUSES, JobStatus, PrintJob
from ..api.models.telemetry import HealthMessage, Severity
from .changes import Changes, JobChange, OrderChange, was_retried
from .farm import Farm
from .hms import wiki_url
from .print_status import PrintStatus
from .print_tracker import PrintTracker, Step
from .printer import PrinterState

_LATE = timedelta(seconds=30)
_MAX_HISTORIES = 5_000


class Scope(StrEnum):
    """Which event entity fires it: one of a printer (print, alert), or one of the farm."""

    PRINT = "print"
    ALERT = "alert"
    JOB = "job"
    ORDER = "order"
    MATERIAL = "material"


@dataclass(frozen=True, slots=True, kw_only=True)
class FarmEvent:
    """Something that happened; ``subject`` is the printer ID, None for the farm."""

    scope: Scope
    kind: str
    subject: str | None = None
    occurred_at: datetime
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _JobHistory:
    """What was reported of a job's current attempt."""

    attempt: int = 1
    fired: set[str] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)
    """The last known values of _FACTS and _FACTS_OF_ATTEMPT before the job ended."""
    reported_as_external: bool = False
    """Its print was taken for an external print and has ended as such: the events of the printer are already fired."""

    def begin_attempt(self) -> None:
        """Forget what belongs to the previous attempt."""
        self.fired = {"created"}
        self.reported_as_external = False
        for name in _FACTS_OF_ATTEMPT:
            self.facts.pop(name, None)

    def update(self, job: PrintJob) -> None:
        """Take over the facts of a job; once it has ended, only those that are still missing."""
        ended = job.status in FINAL_STATUSES
        for name in (*_FACTS, *_FACTS_OF_ATTEMPT):
            value = getattr(job, name)
            if value is None or (isinstance(value, str) and not value.strip()) or (ended and name in self.facts):
                continue
            self.facts[name] = value

    @property
    def title(self) -> str | None:
        """Return the name of the job: its label, else its part."""
        return text(label) if (label := self.facts.get("label")) is not None else self.facts.get("part_name")


@dataclass(slots=True)
class _PrinterSnapshot:
    """The last known state of a printer."""

    online: bool
    codes: dict[str, HealthMessage] | None
    fabmatic: bool
    remaining: int | None


# The steps of a job that fire events.
_JOB_KINDS = {
    JobStatus.ASSIGNED: "assigned",
    JobStatus.PRINTING: "started",
    JobStatus.PAUSED: "paused",
    JobStatus.COMPLETED: "finished",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "canceled",
}
_HEALTH_KINDS = {Severity.ERROR: "hms_error", Severity.WARNING: "hms_warning"}
_ENDS = frozenset({"finished", "failed", "canceled"})
_PRINT_STEPS = frozenset({"started", "paused", "resumed"}) | _ENDS
_FACTS = ("label", "part_name", "order_id")
_FACTS_OF_ATTEMPT = ("assigned_printer_id", "printing_started_at")


class EventDetector:
    """Detects events in the changes of a farm."""

    def __init__(self, farm: Farm) -> None:
        """Start without any history."""
        self._farm = farm
        self._job_histories: OrderedDict[str, _JobHistory] = OrderedDict()
        self._last_seen: dict[str, _PrinterSnapshot] = {}
        self.external_prints = PrintTracker(farm)
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self.known_order: Callable[[str], Order | None] = lambda order_id: None
        """Returns an order of which no event was seen; set by the owner."""
        self._expected_off: dict[str, datetime] = {}

    def expect_fabmatic_off(self, printer_id: str) -> None:
        """Fire no alert if FabMatic goes off within a minute: we turn it off ourselves."""
        self._expected_off[printer_id] = self._farm.server_now() + timedelta(minutes=1)

    def detect(self, changes: Changes) -> list[FarmEvent]:
        """Return the events of these changes, oldest first."""
        farm_events: list[FarmEvent] = []
        for change in changes.job_changes:
            farm_events += self._of_job(change)
        for order_change in changes.order_changes:
            farm_events += self._of_order(order_change)
        for printer_id in changes.removed:
            self._last_seen.pop(printer_id, None)
            self.external_prints.forget(printer_id)
        for printer_id in changes.printers:
            if (state := self._farm.printers.get(printer_id)) is not None:
                farm_events += self._of_printer(state)
        return sorted(farm_events, key=lambda farm_event: farm_event.occurred_at)

    # Jobs and orders

    def _of_job(self, change: JobChange) -> list[FarmEvent]:
        job, before = change.after, change.before
        history = self._history_of(job, before)
        steps: list[tuple[str, datetime | None]] = []
        if before is None:
            steps.append(("created", job.created_at))
        elif was_retried(before, job):
            steps.append(("retried", job.updated_at))
        if job.status is JobStatus.PRINTING and before is not None and before.status is JobStatus.PAUSED:
            steps.append(("resumed", job.updated_at))
        elif (kind := _JOB_KINDS.get(job.status or JobStatus.PENDING)) is not None:
            began = history.facts.get("printing_started_at")
            if "started" not in history.fired and (
                kind in ("paused", "finished") or (kind in _ENDS and began is not None)
            ):
                # Its start was missed: report it as well.
                began = began or _when(kind, job)
                steps += [("assigned", began), ("started", began)]
            steps.append((kind, _when(kind, job)))
        farm_events: list[FarmEvent] = []
        for place, (kind, when) in enumerate(steps, 1):
            # A print can be paused and resumed any number of times; everything else happens once per attempt.
            if kind in history.fired and kind not in ("paused", "resumed"):
                continue
            history.fired.add(kind)
            # Only the last of several steps can have just happened.
            maybe_late = change.by_snapshot or place < len(steps)
            farm_events += self._job_events(kind, when, job, history, maybe_late=maybe_late)
        if job.status is JobStatus.COMPLETED and farm_events:
            farm_events += self._order_completed(history.facts.get("order_id"), job.ended_at)
        return farm_events

    def _history_of(self, job: PrintJob, before: PrintJob | None) -> _JobHistory:
        if (history := self._job_histories.get(job.id)) is None:
            history = self._job_histories[job.id] = _JobHistory()
            if before is not None:
                # Steps before the first update are part of the initial state: fire no events for them.
                history.fired |= _steps_before(before)
                history.update(before)
            if len(self._job_histories) > _MAX_HISTORIES:
                self._job_histories.popitem(last=False)
        if before is not None and was_retried(before, job):
            history.attempt += 1
            history.begin_attempt()
        elif before is not None:
            history.update(before)
        history.update(job)
        self._job_histories.move_to_end(job.id)
        return history

    def _job_events(
        self, kind: str, when: datetime | None, job: PrintJob, history: _JobHistory, *, maybe_late: bool
    ) -> list[FarmEvent]:
        now = self._farm.server_now()
        occurred_at = when or now
        facts = history.facts
        printer = self._farm.printers.get(facts.get("assigned_printer_id", ""))
        data: dict[str, Any] = {
            "job_id": job.id,
            "job": history.title or job.id,
            "part": facts.get("part_name"),
            "order_id": facts.get("order_id"),
            "printer": printer.name if printer else None,
            "attempt": history.attempt,
        }
        if kind in _ENDS:
            data["duration"] = _duration(facts.get("printing_started_at"), occurred_at)
            data["reason"] = job.error_message
        if maybe_late and now - occurred_at > _LATE:
            data |= {"late": True, "occurred_at": occurred_at.isoformat()}
        fired: list[FarmEvent] = []
        if kind != "resumed":
            fired.append(FarmEvent(scope=Scope.JOB, kind=f"job_{kind}", occurred_at=occurred_at, data=data))
        if printer is not None and kind in _PRINT_STEPS:
            steps, concerned = self._at_printer(kind, job, history, printer)
            fired += steps
            if concerned:
                fired.append(
                    FarmEvent(
                        scope=Scope.PRINT, kind=f"print_{kind}", subject=printer.id, occurred_at=occurred_at, data=data
                    )
                )
        return fired

    def _at_printer(
        self, kind: str, job: PrintJob, history: _JobHistory, printer: PrinterState
    ) -> tuple[list[FarmEvent], bool]:
        """Return the events of an external print that a job's step ends, and whether that step is also an event of the printer."""
        if kind == "started":
            before = self.external_prints.hand_over(printer, job)
            history.reported_as_external = before.ended
            return [self._of_external(printer, step) for step in before.steps], not before.started
        if kind in _ENDS:
            self.external_prints.note_job_end(printer)
            if "started" not in history.fired and (kind == "canceled" or printer.external_print is not None):
                # Its print never started.
                return [], False
        return [], not history.reported_as_external

    def _order_completed(self, order_id: str | None, ended_at: datetime | None) -> list[FarmEvent]:
        """Return the event of a completed order if its last open job has just been completed."""
        if order_id is None or any(other.order_id == order_id for other in self._farm.jobs.values()):
            return []
        return [self._order_event("completed", order_id, ended_at)]

    def _of_order(self, change: OrderChange) -> list[FarmEvent]:
        order_id, values = change.row.id, change.row.values
        known = self._orders.get(order_id) or self.known_order(order_id)
        if change.action is Action.DELETE:
            self._orders.pop(order_id, None)
            return []
        order = self._orders[order_id] = change.row.applied_to(known)
        if len(self._orders) > _MAX_HISTORIES:
            self._orders.popitem(last=False)
        if known is None:
            if change.action is not Action.INSERT:
                # Its previous state is not known.
                return []
            return [self._order_event("created", order_id, values.get("created_at"))]
        if order.cancelled_at is not None and known.cancelled_at is None:
            return [self._order_event("canceled", order_id, order.cancelled_at)]
        if order.status == "closed" and known.status not in ("closed", None):
            return [self._order_event("closed", order_id, values.get("updated_at"))]
        return []

    def _order_event(self, kind: str, order_id: str, when: datetime | None) -> FarmEvent:
        order = self._orders.get(order_id) or self.known_order(order_id)
        return FarmEvent(
            scope=Scope.ORDER,
            kind=f"order_{kind}",
            occurred_at=when or self._farm.server_now(),
            data={"order_id": order_id, "order_number": order.number if order else None},
        )

    # Printers

    def _of_printer(self, state: PrinterState) -> list[FarmEvent]:
        problems = {problem.key: problem for problem in reversed(state.problems)}
        seen = _PrinterSnapshot(
            online=state.is_online,
            # Stale telemetry neither raises nor clears a problem.
            codes=problems if state.live else None,
            fabmatic=state.record.continuous_print,
            remaining=state.record.fabmatic_remaining_jobs,
        )
        before = self._last_seen.get(state.id)
        self._last_seen[state.id] = seen
        used_from_outside = state.external_print is not None
        prints = [self._of_external(state, step) for step in self.external_prints.follow(state)]
        used_from_outside |= _prints_externally(state)
        if before is None:
            return prints
        farm_events: list[FarmEvent] = []
        if before.online is not seen.online:
            farm_events.append(self._alert(state, "printer_online" if seen.online else "printer_offline"))
        if seen.codes is None:
            seen.codes = before.codes
        elif before.codes is not None:
            farm_events += self._of_health(state, before.codes, seen.codes)
        if before.fabmatic and not seen.fabmatic:
            farm_events += self._of_fabmatic(state, before, seen, used_from_outside=used_from_outside)
        return farm_events + prints

    def _of_health(
        self, state: PrinterState, before: dict[str, HealthMessage], now: dict[str, HealthMessage]
    ) -> list[FarmEvent]:
        came = sorted(key for key, problem in now.items() if key not in before or problem.is_worse_than(before[key]))
        fired = [(_HEALTH_KINDS[now[key].severity], now[key]) for key in came]
        fired += [("hms_cleared", before[key]) for key in sorted(before.keys() - now.keys())]
        return [self._alert(state, kind, **_health_data(state, problem)) for kind, problem in fired]

    def _of_fabmatic(
        self, state: PrinterState, before: _PrinterSnapshot, seen: _PrinterSnapshot, *, used_from_outside: bool
    ) -> list[FarmEvent]:
        now = self._farm.server_now()
        expected_until = self._expected_off.pop(state.id, None)
        if expected_until is not None and now <= expected_until:
            return []
        if seen.remaining == 0 or before.remaining == 0:
            # The end of its job limit turned it off.
            return []
        cause = "unknown"
        if not seen.online:
            cause = "contact_lost"
        elif seen.codes:
            cause = "hms"
        elif used_from_outside:
            cause = "used_from_outside"
        return [self._alert(state, "fabmatic_tripped", cause=cause)]

    def _of_external(self, state: PrinterState, step: Step) -> FarmEvent:
        """Return the event of an external print."""
        data: dict[str, Any] = {
            "job_id": None,
            "job": step.print.name,
            "part": None,
            "order_id": None,
            "printer": state.name,
        }
        if step.kind in _ENDS:
            data["duration"] = _duration(step.print.seen_at, step.at)
            data["progress"] = None if step.print.progress is None else round(step.print.progress)
        return FarmEvent(scope=Scope.PRINT, kind=f"print_{step.kind}", subject=state.id, occurred_at=step.at, data=data)

    def _alert(self, state: PrinterState, kind: str, **data: Any) -> FarmEvent:
        return FarmEvent(
            scope=Scope.ALERT,
            kind=kind,
            subject=state.id,
            occurred_at=self._farm.server_now(),
            data={"printer": state.name, **data},
        )


def _prints_externally(state: PrinterState) -> bool:
    return state.job is None and state.print_status in (PrintStatus.RUNNING, PrintStatus.PAUSE)


def _health_data(state: PrinterState, problem: HealthMessage) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity.value,
        "wiki": wiki_url(state.record.provider, problem.code),
    }


def _steps_before(job: PrintJob) -> set[str]:
    """Return the steps that a job's current attempt has already taken."""
    if job.status is JobStatus.PENDING:
        return {"created"}
    if job.printing_started_at is not None or job.status in (JobStatus.PRINTING, JobStatus.PAUSED):
        return {"created", "assigned", "started"}
    return {"created", "assigned"} if job.in_progress else {"created"}


def _when(kind: str, job: PrintJob) -> datetime | None:
    if kind == "started":
        return job.printing_started_at
    return (job.ended_at if kind in _ENDS else None) or job.updated_at


def _duration(started_at: datetime | None, ended_at: datetime) -> int | None:
    """Return how long a print took, in whole seconds; None if its start is unknown."""
    return None if started_at is None else max(0, round((ended_at - started_at).total_seconds()))
