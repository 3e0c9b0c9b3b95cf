"""The print time of the queue, and when it will be printed, by the known estimates."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import heapq

from ..api.models.estimate import Estimate
from ..api.models.records import LOW_PRIORITY, JobStatus, PrintJob, place_in_queue
from ..api.models.tags import PIN
from .print_status import Readiness
from .printer import PrinterState
from .wait_reason import Tags, could_print, wanted_tags

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
    """Jobs that no usable printer can take, or without an estimate."""
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
    *,
    low_priority: bool = True,
) -> QueueForecast:
    """Plan the waiting jobs in their order, each on the first free printer that has the required tags.

    Materials are not considered. ``low_priority`` tells whether jobs of low priority are printed at all.
    """
    forecast = QueueForecast()
    jobs = list(jobs)
    first_free = _FirstFree(printers, _free_at(jobs, estimate, printers, now))
    for job in sorted((job for job in jobs if job.status is JobStatus.PENDING), key=place_in_queue):
        forecast.jobs += 1
        known = estimate(job)
        seconds, grams = (known.seconds, known.grams) if known is not None else (None, None)
        forecast.without_time += seconds is None
        forecast.without_weight += grams is None
        forecast.seconds += seconds or 0.0
        forecast.grams += grams or 0.0
        wanted = low_priority or job.priority != LOW_PRIORITY
        printer_id = first_free.printer(job) if wanted and seconds is not None else None
        if seconds is None or printer_id is None:
            forecast.unplanned += 1
            continue
        starts_at = first_free.at[printer_id]
        first_free.at[printer_id] = ends_at = starts_at + timedelta(seconds=seconds)
        forecast.planned.append(PlannedPrint(job, printer_id, starts_at, ends_at))
    return forecast


class _FirstFree:
    """Finds the printer that is free first among those that can print a job."""

    def __init__(self, printers: Mapping[str, PrinterState], free_at: dict[str, datetime]) -> None:
        self.at = free_at
        """When each printer will be free, which only moves to later."""
        self._printers = printers
        self._by_tags: dict[frozenset[tuple[str, frozenset[str]]], list[tuple[datetime, str]]] = {}
        """Heaps of the printers that have the same required tags, with times that may be outdated."""

    def printer(self, job: PrintJob) -> str | None:
        """Return the printer for a job, None if there is none."""
        tags = wanted_tags(job)
        key = frozenset(tags.items())
        if (heap := self._by_tags.get(key)) is None:
            heap = self._by_tags[key] = self._heap(tags)
        while heap and self.at[heap[0][1]] != heap[0][0]:
            # Another job has that printer in the meantime.
            heapq.heapreplace(heap, (self.at[heap[0][1]], heap[0][1]))
        return heap[0][1] if heap else None

    def _heap(self, tags: Tags) -> list[tuple[datetime, str]]:
        # On a large farm, many jobs may each be pinned to another printer.
        candidates = tags[PIN] & self.at.keys() if PIN in tags else self.at
        heap = [(self.at[found], found) for found in candidates if could_print(self._printers[found], tags)]
        heapq.heapify(heap)
        return heap


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
