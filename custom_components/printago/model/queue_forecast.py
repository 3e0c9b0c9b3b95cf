"""The print time of the queue, and when it will be printed, by the known estimates."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import heapq

from ..api.models.estimate import Estimate
from ..api.models.records import JobStatus, PrintJob, place_in_queue
from ..api.models.tags import PIN
from .print_status import Readiness
from .printer import PrinterState

_AWAY = frozenset({Readiness.MAINTENANCE, Readiness.DISABLED, Readiness.OFFLINE})


@dataclass(frozen=True, slots=True)
class PlannedPrint:
    """When a job of the queue can be printed, if the queue does not change and beds are cleared at once."""

    job: PrintJob
    printer_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class QueueForecast:
    """The waiting jobs; those without an estimate are counted, not guessed."""

    seconds: float = 0.0
    grams: float = 0.0
    jobs: int = 0
    without_time: int = 0
    without_weight: int = 0
    unplanned: int = 0
    """Jobs without a possible printer, or without an estimate."""
    planned: list[PlannedPrint] = field(default_factory=list)

    @property
    def ends_at(self) -> datetime | None:
        """Return when all planned jobs will be printed; None if there are none."""
        return max((one.ends_at for one in self.planned), default=None)


def forecast_queue(
    jobs: Iterable[PrintJob],
    estimate: Callable[[PrintJob], Estimate | None],
    printers: Mapping[str, PrinterState],
    now: datetime,
) -> QueueForecast:
    """Plan the waiting jobs in their order, each on the printer that is free first.

    A job pinned to a printer waits for that one; other tags and materials are not considered.
    """
    forecast = QueueForecast()
    jobs = list(jobs)
    free_at = _free_at(jobs, estimate, printers, now)
    queue = [(moment, printer_id) for printer_id, moment in free_at.items()]
    heapq.heapify(queue)
    for job in sorted((job for job in jobs if job.status is JobStatus.PENDING), key=place_in_queue):
        forecast.jobs += 1
        known = estimate(job)
        seconds, grams = (known.seconds, known.grams) if known is not None else (None, None)
        forecast.without_time += seconds is None
        forecast.without_weight += grams is None
        forecast.seconds += seconds or 0.0
        forecast.grams += grams or 0.0
        pin = (job.required_printer_tags or {}).get(PIN)
        while queue and free_at[queue[0][1]] != queue[0][0]:
            # A pinned job has that printer in the meantime.
            heapq.heapreplace(queue, (free_at[queue[0][1]], queue[0][1]))
        printer_id = pin if pin is not None else (queue[0][1] if queue else None)
        if seconds is None or printer_id is None or printer_id not in free_at:
            forecast.unplanned += 1
            continue
        starts_at = free_at[printer_id]
        free_at[printer_id] = ends_at = starts_at + timedelta(seconds=seconds)
        forecast.planned.append(PlannedPrint(job, printer_id, starts_at, ends_at))
    return forecast


def _free_at(
    jobs: Iterable[PrintJob],
    estimate: Callable[[PrintJob], Estimate | None],
    printers: Mapping[str, PrinterState],
    now: datetime,
) -> dict[str, datetime]:
    """Return when each usable printer will be free."""
    free_at = {
        printer.id: max(now, printer.end_time or now) for printer in printers.values() if printer.readiness not in _AWAY
    }
    for job in jobs:
        printer_id = job.assigned_printer_id
        if not job.in_progress or printer_id not in free_at or printers[printer_id].end_time is not None:
            continue
        if (known := estimate(job)) is not None and known.seconds is not None:
            begun = job.printing_started_at or now
            free_at[printer_id] = max(free_at[printer_id], begun + timedelta(seconds=known.seconds))
    return free_at
