"""What waits for a person, the items first that hold the farm up most."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import heapq
import math

from ..api.models.filament import SPOOL_ADDRESS, SlotAddress
from ..api.models.job_material import MaterialChoice
from ..api.models.maintenance import MaintenanceStatus
from ..api.models.material import PrinterSlot
from ..api.models.records import JobStatus, PrintJob, place_in_queue
from ..api.models.tags import PIN
from ..api.models.telemetry import Severity
from .farm import Farm
from .print_results import Results
from .print_status import Readiness, Result
from .printer import PrinterState
from .stock import Stock
from .store_info import StoreInfo
from .wait_reason import Tags, could_print, wanted_tags

_MOST_FAILED = 200
"""How many failed jobs are listed: the newest."""


class Concern(StrEnum):
    """What an item is about."""

    ERROR = "error"
    OFFLINE = "offline"
    BED = "bed"
    APPROVAL = "approval"
    TRAY = "tray"
    WARNING = "warning"
    FAILED = "failed"
    FAILED_EXTERNAL = "failed_external"
    ORDER = "order"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionItem:
    """One thing that waits for a person."""

    concern: Concern
    id: str
    """Stable as long as it is the same thing."""
    subject: str
    """ID of the printer, job, order or maintenance task."""
    name: str
    """Name of the job, order or maintenance task; else of the printer."""
    printer: str | None = None
    printer_id: str | None = None
    """Of a job or maintenance task; otherwise, what is about a printer has it as its subject."""
    text: str | None = None
    place: SlotAddress | None = None
    due: datetime | None = None
    ended_at: datetime | None = None
    """Of a failed print."""


type _Ranked = tuple[tuple[float, ...], AttentionItem]


def attention(farm: Farm, facts: StoreInfo, results: Results, stock: Stock) -> list[AttentionItem]:
    """Return what waits for a person."""
    now = farm.server_now()
    demand = _Demand(farm, stock)
    ranked = [
        *(ranked for printer in farm.printers.values() for ranked in _of_printer(printer, demand, results)),
        *_trays(farm, demand),
        *_jobs(farm),
        *(
            (
                (7, order.deadline.timestamp() if order.deadline else math.inf),
                _order_item(order.id, order.title, order.deadline),
            )
            for order in facts.overdue(now)
        ),
    ]
    ranked += _maintenance(farm, facts)
    return [item for _, item in sorted(ranked, key=lambda ranked: (ranked[0], ranked[1].name, ranked[1].id))]


def _maintenance(farm: Farm, facts: StoreInfo) -> Iterator[_Ranked]:
    for item in facts.maintenance.items.values():
        if item.status is not MaintenanceStatus.OVERDUE:
            continue
        printer = farm.printers.get(item.printer_id or "")
        yield (
            (8, -(item.progress or 0.0)),
            AttentionItem(
                concern=Concern.MAINTENANCE,
                id=f"maintenance_{item.id}",
                subject=item.id,
                name=item.name or item.id,
                printer=printer.name if printer is not None else None,
                printer_id=item.printer_id,
            ),
        )


def _order_item(order_id: str, title: str, deadline: datetime | None) -> AttentionItem:
    return AttentionItem(concern=Concern.ORDER, id=f"order_{order_id}", subject=order_id, name=title, due=deadline)


class _Demand:
    """The jobs that wait, by what they require of a printer."""

    def __init__(self, farm: Farm, stock: Stock) -> None:
        """Group the jobs: many require the same."""
        self._stock = stock
        self._pinned: dict[str, list[tuple[Tags, list[PrintJob]]]] = {}
        self._others: list[tuple[Tags, list[PrintJob]]] = []
        groups: dict[frozenset[tuple[str, str]], list[PrintJob]] = {}
        for job in farm.jobs_with(JobStatus.PENDING):
            groups.setdefault(frozenset((job.required_printer_tags or {}).items()), []).append(job)
        for jobs in groups.values():
            wanted = wanted_tags(jobs[0])
            if pins := wanted.get(PIN):
                for printer_id in pins:
                    self._pinned.setdefault(printer_id, []).append((wanted, jobs))
            else:
                self._others.append((wanted, jobs))

    def at(self, printer: PrinterState) -> int:
        """Return how many jobs wait that a printer could print."""
        return sum(map(len, self._groups(printer)))

    def of(self, printer: PrinterState, slot: PrinterSlot) -> int:
        """Return how many jobs wait that a printer could print with what should be in a slot."""
        return sum(self._takes(job, slot) for jobs in self._groups(printer) for job in jobs)

    def _groups(self, printer: PrinterState) -> Iterator[list[PrintJob]]:
        for wanted, jobs in (*self._pinned.get(printer.id, ()), *self._others):
            if could_print(printer, wanted):
                yield jobs

    def _takes(self, job: PrintJob, slot: PrinterSlot) -> bool:
        choices = [choice for need in self._stock.needs(job) for choice in need.choices]
        return not choices or any(_will_do(slot, choice) for choice in choices)


def _will_do(slot: PrinterSlot, choice: MaterialChoice) -> bool:
    if choice.group_id is not None:
        # Which materials belong to a group does not matter here: better one item too many.
        return True
    if choice.variant_id is not None:
        return choice.variant_id == slot.variant_id
    if choice.material_id is not None:
        return choice.material_id == slot.material_id
    return (choice.material_type or "").casefold() == (slot.material_type or "").casefold()


def _of_printer(printer: PrinterState, demand: _Demand, results: Results) -> Iterator[_Ranked]:
    if printer.has_problem:
        # The errors come first: a code that is also a warning is listed once.
        for problem in {problem.key: problem for problem in reversed(printer.problems)}.values():
            is_error = problem.severity is Severity.ERROR
            yield (
                (0 if is_error else 5,),
                AttentionItem(
                    concern=Concern.ERROR if is_error else Concern.WARNING,
                    id=f"hms_{printer.id}_{problem.key}",
                    subject=printer.id,
                    name=printer.name,
                    printer=printer.name,
                    text=problem.message,
                ),
            )
    if not printer.is_online and printer.in_use:
        name = printer.job.title if printer.job is not None else None
        yield (
            (1,),
            AttentionItem(
                concern=Concern.OFFLINE,
                id=f"offline_{printer.id}",
                subject=printer.id,
                name=printer.name,
                printer=printer.name,
                text=name,
            ),
        )
    if printer.bed_needs_clearing:
        holds_up = printer.readiness is Readiness.AWAITING_CLEAR
        yield (
            (2, -demand.at(printer)) if holds_up else (9, 0),
            AttentionItem(
                concern=Concern.BED,
                id=f"bed_{printer.id}",
                subject=printer.id,
                name=printer.name,
                printer=printer.name,
            ),
        )
    result = results.of(printer.id)
    if result.result is Result.FAILED and result.job_id is None and not result.seen and result.ended_at is not None:
        yield (
            (6, -datetime.fromisoformat(result.ended_at).timestamp()),
            AttentionItem(
                concern=Concern.FAILED_EXTERNAL,
                id=f"failed_{printer.id}_{result.ended_at}",
                subject=printer.id,
                name=result.job or printer.name,
                printer=printer.name,
                text=result.reason,
                ended_at=datetime.fromisoformat(result.ended_at),
            ),
        )


def _jobs(farm: Farm) -> Iterator[_Ranked]:
    for job in farm.jobs_with(JobStatus.WAITING_FOR_APPROVAL):
        yield (3, *place_in_queue(job)[:3]), _job_item(farm, job, Concern.APPROVAL)
    for job in heapq.nlargest(_MOST_FAILED, farm.jobs_with(JobStatus.FAILED), key=_ended):
        yield (6, -_ended(job)), _job_item(farm, job, Concern.FAILED)


def _job_item(farm: Farm, job: PrintJob, concern: Concern) -> AttentionItem:
    printer = farm.printers.get(job.assigned_printer_id or "")
    return AttentionItem(
        concern=concern,
        id=f"{concern}_{job.id}",
        subject=job.id,
        name=job.title,
        printer=printer.name if printer is not None else None,
        printer_id=job.assigned_printer_id,
        text=job.error_message if concern is Concern.FAILED else None,
        ended_at=job.ended_at,
    )


def _ended(job: PrintJob) -> float:
    return job.ended_at.timestamp() if job.ended_at is not None else 0.0


def _trays(farm: Farm, demand: _Demand) -> Iterator[_Ranked]:
    """Yield the trays that should hold filament and hold none, where a job waits for the printer."""
    for (printer_id, place), slot in farm.materials.placed.items():
        printer = farm.printers.get(printer_id)
        if printer is None or not _is_assigned(slot) or not printer.live or not ran_out(printer, place):
            continue
        waiting = demand.of(printer, slot)
        if waiting or (printer.job is not None and place in (printer.job.places or ())):
            yield (
                (4, -waiting),
                AttentionItem(
                    concern=Concern.TRAY,
                    id=f"tray_{printer_id}_{place.key}",
                    subject=printer_id,
                    name=printer.name,
                    printer=printer.name,
                    text=farm.materials.assigned(printer_id, place),
                    place=place,
                ),
            )


def _is_assigned(slot: PrinterSlot) -> bool:
    return bool(slot.material_id or slot.variant_id or slot.material_type)


def empty_places(printer: PrinterState) -> tuple[SlotAddress, ...]:
    """Return the trays of a printer that are empty."""
    units = printer.telemetry.ams or ()
    places = [SlotAddress(ams, slot) for ams, unit in enumerate(units) for slot in range(len(unit))]
    return tuple(place for place in (*places, SPOOL_ADDRESS) if ran_out(printer, place))


def ran_out(printer: PrinterState, place: SlotAddress) -> bool:
    """Return whether telemetry says that a tray is empty."""
    tray = printer.tray(place)
    return tray is not None and (tray.empty or tray.remaining == 0)
