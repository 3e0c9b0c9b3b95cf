"""The job history of a farm: many months, the same for the same seed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import random
from zoneinfo import ZoneInfo

from .clock import to_iso
from .entities import Document, PrintJob
from .ids import IdFactory
from .world import World

MONTHS = 18
_DAYS_PER_MONTH = 30.4
_REASONS = (
    "Nozzle temperature malfunction",
    "[0300-8000] Printing was paused for an unknown reason",
    "0700-2000-0002-0001 AMS A Slot 1 filament has run out",
    "Spaghetti detected",
    None,
)
_FAILED, _CANCELLED, _RETRIED, _CLEARED, _UNKNOWN_PART, _GONE_PRINTER = 0.08, 0.05, 0.06, 0.6, 0.04, 0.03
"""Shares of the results."""
_NEVER_PRINTED = 0.2
"""Share of the failed and canceled jobs that no printer started."""
_OF_SKU, _AT_CLOCK_CHANGE = 0.3, 0.02
"""Shares of the jobs of SKUs, and of those created in the hours around a clock change of the store."""
_JOBS_PER_ORDER = 4


@dataclass(frozen=True, slots=True)
class _Printed:
    """What a past job printed."""

    id: str | None
    name: str
    seconds: float
    thumbnail: str | None = None
    material: str = "PLA"
    sku: Document | None = None
    linked_part_id: str | None = None


def fill_history(world: World, jobs: int, *, months: int = MONTHS, until: datetime | None = None) -> None:
    """Put past jobs into the store, spread over the months before a moment (by default now); nothing is announced.

    Some of them were retried or cleared, have a part or printer that no longer exists, or failed or were canceled
    before their printer began, or in the middle. Some are of SKUs, several of them for the same order. All are random:
    jobs of one printer may overlap.
    """
    past = _Past(world, until or world.clock())
    began = past.until - timedelta(days=months * _DAYS_PER_MONTH)
    span = (past.until - began).total_seconds()
    changes = [(change - began).total_seconds() for change in _clock_changes(world, began, past.until)]
    moments = [past.chance.uniform(0, span) for _ in range(jobs)]
    for index in range(jobs if changes else 0):
        if past.chance_of_order.random() < _AT_CLOCK_CHANGE:
            around = past.chance_of_order.choice(changes) + past.chance_of_order.uniform(-10_800, 10_800)
            moments[index] = min(max(around, 0), span)
    for number, seconds in enumerate(sorted(moments), 1):
        job = past.job(number, began + timedelta(seconds=seconds))
        world.jobs.load(job.id, job)
        world.completed_jobs += job.status == "completed"


class _Past:
    """Creates jobs that have ended."""

    def __init__(self, world: World, until: datetime) -> None:
        """Create jobs that ended before a time."""
        self.until = until
        self.chance = random.Random(f"history:{world.config.seed}")
        self.chance_of_order = random.Random(f"orders:{world.config.seed}")
        self._world = world
        self._store_id = world.config.store_id
        self._order_ids = IdFactory(world.config.seed + 2_000_003)
        self._order: Document | None = None
        self._left_in_order = 0
        self._products = _products(world)
        self._ids = ids = IdFactory(world.config.seed + 1_000_003)
        self._parts = [_printed(part) for part in world.parts.values()] or [_Printed(None, "Test print", 3600)]
        self._gone = [_Printed(ids(), "Deleted part", 5400), _Printed(None, "Deleted part without ID", 2700)]
        self._printers, self._gone_printer = list(world.printers) or [ids()], ids()
        self._mappings = _mappings(world)

    def job(self, number: int, created: datetime) -> PrintJob:
        """Return the next job, created at a time."""
        chance, until = self.chance, self.until
        part = chance.choice(self._gone if chance.random() < _UNKNOWN_PART else self._parts)
        order: Document | None = None
        if self._products and part.id is not None and self.chance_of_order.random() < _OF_SKU:
            part, order = self.chance_of_order.choice(self._products), self._order_of(created)
        printer = self._gone_printer if chance.random() < _GONE_PRINTER else chance.choice(self._printers)
        fate = chance.random()
        status = "failed" if fate < _FAILED else "cancelled" if fate < _FAILED + _CANCELLED else "completed"
        wait = chance.uniform(5, 3600)
        if chance.random() < _RETRIED:
            # The record is as old as the first attempt. Its other fields describe the last one.
            wait += chance.uniform(3600, 3 * 86_400)
        printed = status == "completed" or chance.random() >= _NEVER_PRINTED
        share = 1.0 if status == "completed" else chance.uniform(0.02, 0.98)
        started = min(created + timedelta(seconds=wait), until)
        seconds = part.seconds * chance.uniform(0.9, 1.3) * share
        ended = min(started + timedelta(seconds=seconds if printed else 1), until)
        cleared = chance.random() < _CLEARED
        updated = min(ended + timedelta(seconds=chance.uniform(60, 86_400)), until) if cleared else ended
        at_printer = printed or chance.random() < 0.5
        return PrintJob(
            id=self._ids(),
            store_id=self._store_id,
            created_at=to_iso(created),
            updated_at=to_iso(updated),
            part_build_id=self._ids(),
            quantity_index=1,
            quantity_total=1,
            part_id=part.id,
            part_name=part.name,
            label=part.name,
            sku_id=part.sku["id"] if part.sku is not None else None,
            sku_name=part.sku["sku"] if part.sku is not None else None,
            linked_part_id=part.linked_part_id,
            order_id=order["id"] if order is not None else None,
            queue_order=float(number),
            status=status,
            thumbnail_uri=part.thumbnail,
            task_id=number,
            assigned_printer_id=printer if at_printer else None,
            assignment_started_at=to_iso(started) if at_printer else None,
            assignment_completed_at=to_iso(started) if at_printer else None,
            printing_started_at=to_iso(started) if printed else None,
            printing_completed_at=to_iso(ended) if status != "cancelled" else None,
            cancelled_at=to_iso(ended) if status == "cancelled" else None,
            error_message=chance.choice(_REASONS) if status == "failed" else None,
            material_mapping=self._mappings.get((printer, part.material)) if at_printer else None,
            hidden=cleared,
        )

    def _order_of(self, created: datetime) -> Document:
        """Return the closed order of the next job of an SKU."""
        if self._order is None or not self._left_in_order:
            self._left_in_order = self.chance_of_order.randint(1, 2 * _JOBS_PER_ORDER - 1)
            self._order = _closed_order(self._world, self._order_ids(), created)
        self._left_in_order -= 1
        return self._order


def _closed_order(world: World, order_id: str, created: datetime) -> Document:
    """Add an order that is done."""
    document = {
        **dict.fromkeys(("cancelledAt", "integrationId", "priceBucket", "price", "currency", "externalUrl", "note")),
        **dict.fromkeys(("deadline", "customerId")),
        "id": order_id,
        "storeId": world.config.store_id,
        "createdAt": to_iso(created),
        "updatedAt": to_iso(created),
        "source": "manual",
        "status": "closed",
        "orderNumber": f"P{len(world.orders)}",
        "externalId": None,
        "sourceRef": None,
        "processedAt": to_iso(created),
        "syncDisabled": False,
    }
    world.orders.load(order_id, document)
    return document


def _clock_changes(world: World, began: datetime, until: datetime) -> list[datetime]:
    """Return the hours in which the clocks of the store's time zone change."""
    zone, hour = ZoneInfo(world.store["timezone"]), timedelta(hours=1)
    moments = [began + hour * number for number in range(int((until - began) / hour))]
    return [
        moment
        for moment in moments
        if moment.astimezone(zone).utcoffset() != (moment + hour).astimezone(zone).utcoffset()
    ]


def _products(world: World) -> list[_Printed]:
    """Return the parts of the SKUs."""
    return [
        _printed(part, world.skus[linked["skuId"]], linked["id"])
        for linked in world.linked_parts.values()
        if (part := world.parts.get(linked["partId"])) is not None and linked["skuId"] in world.skus
    ]


def _printed(part: Document, sku: Document | None = None, linked_part_id: str | None = None) -> _Printed:
    estimate = part["slicingEstimate"]
    seconds, material = 3600, "PLA"
    if estimate is not None:
        seconds, material = estimate["estimatedPrintTimeSeconds"], estimate["materials"][0]["materialType"]
    return _Printed(part["id"], part["name"], seconds, part["thumbnailUri"], material, sku, linked_part_id)


def _mappings(world: World) -> dict[tuple[str, str], list[Document]]:
    """Return the source of a filament type on a printer: its first slot with such a material."""
    result: dict[tuple[str, str], list[Document]] = {}
    for slot in world.slots.values():
        kind = slot["materialType"]
        if kind is not None:
            place = {"amsIndex": slot["amsIndex"], "slotIndex": slot["slotIndex"], "materialType": kind}
            result.setdefault((slot["printerId"], kind), [place])
    return result
