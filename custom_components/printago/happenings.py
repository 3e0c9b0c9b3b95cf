"""What happens in a farm, each thing told once.

How a print ended is decided by its Printago job; the printer's own word counts only for prints that were started
elsewhere, since Bambu printers say FAILED after a user has cancelled. A happening is known by its job and attempt (a retry
resets the same record), so that neither duplicates nor reconnects tell it again. The first look only takes bearings.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .api.messages import Action
from .api.models import JobStatus, PrintJob, read_moment
from .api.orders import Order
from .api.telemetry import HealthMessage, Severity
from .changes import Changes, JobChange, OrderChange, was_retried
from .farm import Farm
from .hms import wiki_url
from .print_status import ACTIVE_STATUSES, PrintStatus
from .printer_state import PrinterState

_LATE = timedelta(seconds=30)
_MOST_STORIES = 5_000


class Scope(StrEnum):
    """Who tells a happening: the event entities of printers (first two) and of the farm."""

    PRINT = "print"
    ALERT = "alert"
    JOB = "job"
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened; ``subject`` is the printer, None for the farm."""

    scope: Scope
    kind: str
    subject: str | None = None
    occurred_at: datetime
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Story:
    """What was told of a job's current attempt."""

    attempt: int = 1
    told: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Watch:
    """What was last seen of a printer."""

    online: bool
    status: PrintStatus | None
    codes: dict[str, HealthMessage] | None
    fabmatic: bool
    remaining: int | None
    heard: bool
    """Its telemetry has told what it does."""
    prints_elsewhere: bool = False


# The steps of a job that are told, and what each says of the printer.
_JOB_KINDS = {
    JobStatus.ASSIGNED: "assigned",
    JobStatus.PRINTING: "started",
    JobStatus.PAUSED: "paused",
    JobStatus.COMPLETED: "finished",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "canceled",
}
_HEALTH_KINDS = {Severity.ERROR: "hms_error", Severity.WARNING: "hms_warning"}
_PRINT_STEPS = frozenset({"started", "paused", "resumed", "finished", "failed", "canceled"})


class Chronicle:
    """Turns changes of a farm into happenings."""

    def __init__(self, farm: Farm) -> None:
        """Watch a farm; nothing has happened yet."""
        self._farm = farm
        self._stories: OrderedDict[str, _Story] = OrderedDict()
        self._watched: dict[str, _Watch] = {}
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._expected_off: dict[str, datetime] = {}

    def expect_fabmatic_off(self, printer_id: str) -> None:
        """Note that we turn FabMatic off ourselves: that is no alert."""
        self._expected_off[printer_id] = self._farm.server_now() + timedelta(minutes=1)

    def observe(self, changes: Changes) -> list[Happening]:
        """Return what has happened with these changes, in the order in which it did."""
        happenings: list[Happening] = []
        for change in changes.job_changes:
            happenings += self._of_job(change)
        for order_change in changes.order_changes:
            happenings += self._of_order(order_change)
        for printer_id in changes.removed:
            self._watched.pop(printer_id, None)
        for printer_id in changes.printers:
            if (state := self._farm.printers.get(printer_id)) is not None:
                happenings += self._of_printer(state)
        return sorted(happenings, key=lambda happening: happening.occurred_at)

    # Jobs and orders

    def _of_job(self, change: JobChange) -> list[Happening]:
        job, before = change.after, change.before
        story = self._story(job, before)
        steps: list[tuple[str, datetime | None]] = []
        if before is None:
            steps.append(("created", job.created_at))
        elif was_retried(before, job):
            steps.append(("retried", job.updated_at))
        if job.status is JobStatus.PRINTING and before is not None and before.status is JobStatus.PAUSED:
            steps.append(("resumed", job.updated_at))
        elif (kind := _JOB_KINDS.get(job.status or JobStatus.PENDING)) is not None:
            if (
                kind not in ("assigned", "started")
                and job.printing_started_at is not None
                and "started" not in story.told
            ):
                # It ran while nobody told: that it has started is news as well.
                steps.append(("assigned", job.printing_started_at))
                steps.append(("started", job.printing_started_at))
            steps.append((kind, _when(kind, job)))
        happenings: list[Happening] = []
        for kind, when in steps:
            # A print can be paused and resumed any number of times, everything else happens once an attempt.
            if kind in story.told and kind not in ("paused", "resumed"):
                continue
            story.told.add(kind)
            happenings += self._tell_job(kind, when, job, story, by_snapshot=change.by_snapshot)
        if job.status is JobStatus.COMPLETED and happenings:
            happenings += self._order_completed(job)
        return happenings

    def _story(self, job: PrintJob, before: PrintJob | None) -> _Story:
        if (story := self._stories.get(job.id)) is None:
            story = self._stories[job.id] = _Story()
            if before is not None:
                # What was so when we first looked is known, not news.
                story.told |= {"created"} | ({"started"} if before.printing_started_at else set())
            if len(self._stories) > _MOST_STORIES:
                self._stories.popitem(last=False)
        if before is not None and was_retried(before, job):
            story.attempt += 1
            story.told = {"created"}
        self._stories.move_to_end(job.id)
        return story

    def _tell_job(
        self, kind: str, when: datetime | None, job: PrintJob, story: _Story, *, by_snapshot: bool
    ) -> list[Happening]:
        now = self._farm.server_now()
        occurred_at = when or now
        printer = self._farm.printers.get(job.assigned_printer_id or "")
        data: dict[str, Any] = {
            "job_id": job.id,
            "job": job.title,
            "part": job.part_name,
            "order_id": job.order_id,
            "printer": printer.name if printer else None,
            "attempt": story.attempt,
        }
        if kind in ("finished", "failed", "canceled"):
            data["duration"] = _duration(job, occurred_at)
            data["reason"] = job.error_message
        if by_snapshot and now - occurred_at > _LATE:
            data |= {"late": True, "occurred_at": occurred_at.isoformat()}
        told: list[Happening] = []
        if kind != "resumed":
            told.append(Happening(scope=Scope.JOB, kind=f"job_{kind}", occurred_at=occurred_at, data=data))
        if printer is not None and kind in _PRINT_STEPS and (kind != "canceled" or "started" in story.told):
            told.append(
                Happening(
                    scope=Scope.PRINT, kind=f"print_{kind}", subject=printer.id, occurred_at=occurred_at, data=data
                )
            )
        return told

    def _order_completed(self, job: PrintJob) -> list[Happening]:
        """Return that an order is completed when its last open job has just been."""
        order_id = job.order_id
        if order_id is None or any(other.order_id == order_id for other in self._farm.jobs.values()):
            return []
        return [self._tell_order("completed", order_id, job.printing_completed_at)]

    def _of_order(self, change: OrderChange) -> list[Happening]:
        known = self._orders.get(change.id)
        if change.action is Action.DELETE:
            self._orders.pop(change.id, None)
            return []
        values = Order.read(change.source)
        order = self._orders[change.id] = known.changed(values) if known else Order.from_json(change.id, change.source)
        if len(self._orders) > _MOST_STORIES:
            self._orders.popitem(last=False)
        if known is None:
            if change.action is not Action.INSERT:
                # Seen for the first time: how it was before is not known.
                return []
            return [self._tell_order("created", change.id, read_moment(change.source.get("createdAt")))]
        if order.cancelled_at is not None and known.cancelled_at is None:
            return [self._tell_order("canceled", change.id, order.cancelled_at)]
        if order.status == "closed" and known.status not in ("closed", None):
            return [self._tell_order("closed", change.id, values.get("updated_at"))]
        return []

    def _tell_order(self, kind: str, order_id: str, when: datetime | None) -> Happening:
        order = self._orders.get(order_id)
        return Happening(
            scope=Scope.ORDER,
            kind=f"order_{kind}",
            occurred_at=when or self._farm.server_now(),
            data={"order_id": order_id, "order_number": order.number if order else None},
        )

    # Printers

    def _of_printer(self, state: PrinterState) -> list[Happening]:
        problems = {problem.key: problem for problem in reversed(state.problems)}
        seen = _Watch(
            online=state.is_online,
            status=state.print_status,
            # What is not fresh says nothing: neither that a problem came nor that it went.
            codes=problems if state.live else None,
            fabmatic=state.record.continuous_print,
            remaining=state.record.fabmatic_remaining_jobs,
            heard=state.telemetry.state is not None,
        )
        before = self._watched.get(state.id)
        self._watched[state.id] = seen
        if before is None:
            seen.prints_elsewhere = _prints_elsewhere(state)
            return []
        happenings: list[Happening] = []
        if before.online is not seen.online:
            happenings.append(self._alert(state, "printer_online" if seen.online else "printer_offline"))
        if seen.codes is None:
            seen.codes = before.codes
        elif before.codes is not None:
            happenings += self._of_health(state, before.codes, seen.codes)
        if before.fabmatic and not seen.fabmatic:
            happenings += self._of_fabmatic(state, before, seen)
        happenings += self._of_elsewhere(state, before, seen)
        return happenings

    def _of_health(
        self, state: PrinterState, before: dict[str, HealthMessage], now: dict[str, HealthMessage]
    ) -> list[Happening]:
        came = sorted(key for key, problem in now.items() if key not in before or problem.is_worse_than(before[key]))
        told = [(_HEALTH_KINDS[now[key].severity], now[key]) for key in came]
        told += [("hms_cleared", before[key]) for key in sorted(before.keys() - now.keys())]
        return [self._alert(state, kind, **_health_data(state, problem)) for kind, problem in told]

    def _of_fabmatic(self, state: PrinterState, before: _Watch, seen: _Watch) -> list[Happening]:
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
        elif before.prints_elsewhere or _prints_elsewhere(state):
            cause = "used_from_outside"
        return [self._alert(state, "fabmatic_tripped", cause=cause)]

    def _of_elsewhere(self, state: PrinterState, before: _Watch, seen: _Watch) -> list[Happening]:
        """Return what happened to a print that Printago knows nothing of: only the printer's own word tells."""
        if not before.heard:
            seen.prints_elsewhere = _prints_elsewhere(state)
            return []
        seen.prints_elsewhere = before.prints_elsewhere and state.job is None
        old, new = before.status, seen.status
        if old is new or state.job is not None or PrintStatus.OFFLINE in (old, new):
            return []
        kind: str | None = None
        if not before.prints_elsewhere:
            # While it prepares, the job of it may still be on its way to us.
            if new is PrintStatus.RUNNING and old not in (PrintStatus.PAUSE, None):
                seen.prints_elsewhere = True
                kind = "started"
        elif new is PrintStatus.PAUSE:
            kind = "paused"
        elif new is PrintStatus.RUNNING:
            kind = "resumed" if old is PrintStatus.PAUSE else None
        elif new not in ACTIVE_STATUSES and new is not None:
            seen.prints_elsewhere = False
            kind = {PrintStatus.FINISH: "finished", PrintStatus.FAILED: "failed"}.get(new)
        if kind is None:
            return []
        return [
            Happening(
                scope=Scope.PRINT,
                kind=f"print_{kind}",
                subject=state.id,
                occurred_at=state.received_at or self._farm.server_now(),
                data={
                    "job_id": None,
                    "job": state.telemetry.task_name,
                    "part": None,
                    "order_id": None,
                    "printer": state.name,
                },
            )
        ]

    def _alert(self, state: PrinterState, kind: str, **data: Any) -> Happening:
        return Happening(
            scope=Scope.ALERT,
            kind=kind,
            subject=state.id,
            occurred_at=self._farm.server_now(),
            data={"printer": state.name, **data},
        )


def _prints_elsewhere(state: PrinterState) -> bool:
    return state.job is None and state.print_status in (PrintStatus.RUNNING, PrintStatus.PAUSE)


def _health_data(state: PrinterState, problem: HealthMessage) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity.value,
        "wiki": wiki_url(state.record.provider, problem.code),
    }


def _when(kind: str, job: PrintJob) -> datetime | None:
    match kind:
        case "started":
            return job.printing_started_at
        case "finished":
            return job.printing_completed_at or job.updated_at
        case "canceled":
            return job.cancelled_at or job.updated_at
    return job.updated_at


def _duration(job: PrintJob, ended_at: datetime) -> int | None:
    """Return how long a job has printed, in whole seconds."""
    if job.printing_started_at is None:
        return None
    return max(0, round((ended_at - job.printing_started_at).total_seconds()))
