"""Finds past prints: the last ones are known, others are read from Printago."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from ..api import PrintJob
from ..api.models.order import Order
from ..api.rest.job_filter import JobFilter
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.print_status import Result
from ..model.spelling import folded, folded_number, tidied
from .earlier_prints import earlier_attempts
from .job_entry import past_print_of
from .keeper import History
from .past_print import PastPrint


@dataclass(slots=True)
class PrintFilter:
    """Which prints are wanted; None is any."""

    start: datetime | None = None
    """They ended at this time or later."""
    end: datetime | None = None
    """They ended before this time."""
    printer_id: str | None = None
    part: str | None = None
    """Its ID or name."""
    sku: str | None = None
    """Its ID or code."""
    order_id: str | None = None
    ordered_at: datetime | None = None
    """When that order was made; all of its prints ended later."""
    results: frozenset[Result] = frozenset(Result)

    def matches(self, past: PastPrint) -> bool:
        """Return whether a print is one of them."""
        if past.result not in self.results:
            return False
        if (self.start is not None and past.ended_at < self.start) or (
            self.end is not None and past.ended_at >= self.end
        ):
            return False
        if self.printer_id is not None and past.printer_id != self.printer_id:
            return False
        if self.order_id is not None and past.order_id != self.order_id:
            return False
        return _is(self.part, past.part_id, past.part) and _is(self.sku, past.sku_id, past.sku)


def _is(wanted: str | None, identifier: str | None, name: str | None) -> bool:
    return wanted is None or wanted == identifier or folded(wanted) == folded(name or "")


@dataclass(frozen=True, slots=True)
class FoundPrints:
    """Prints, the last one first."""

    prints: list[PastPrint]
    complete: bool
    """There are no others."""


@dataclass(slots=True)
class PrintSums:
    """What prints took together; an amount that is unknown for all of them is None."""

    results: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    seconds: int = 0
    grams: float | None = None
    cost: float | None = None
    """Of the prints in the currency of the last one that has a cost: amounts in others can't be added."""
    currency: str | None = None
    energy: float | None = None
    """In kilowatt-hours."""
    without_cost: int = 0
    """How many prints have no cost, or one in another currency."""

    @classmethod
    def of(cls, prints: Iterable[PastPrint]) -> Self:
        """Add up prints, the last one first."""
        sums = cls()
        for past in prints:
            sums.results[past.result] += 1
            sums.seconds += past.seconds or 0
            sums.grams = _plus(sums.grams, past.grams)
            sums.energy = _plus(sums.energy, past.energy)
            if past.cost is not None and sums.currency in (None, past.currency):
                sums.cost, sums.currency = _plus(sums.cost, past.cost), past.currency
            else:
                sums.without_cost += 1
        return sums


def _plus(total: float | None, value: float | None) -> float | None:
    return total if value is None else (total or 0.0) + value


async def async_find_prints(
    coordinator: PrintagoCoordinator, history: History, wanted: PrintFilter, limit: int
) -> FoundPrints:
    """Return the prints that match, at most ``limit``; raises HomeAssistantError.

    The last 1,000 are known; for older ones Printago is asked.
    """
    recent = history.past.recent
    found = {(past.job_id, past.attempt): past for past in recent if wanted.matches(past)}
    complete = True
    earliest = max(filter(None, (wanted.start, wanted.ordered_at)), default=None)
    all_known = history.complete and (
        recent.oldest is None or (earliest is not None and earliest > recent.oldest) or len(found) > limit
    )
    if not all_known:
        older, complete = await _async_older(coordinator, history, wanted, limit)
        known = {(past.job_id, past.ended_at.replace(microsecond=0)) for past in found.values()}
        for past in older:
            if (past.job_id, past.ended_at.replace(microsecond=0)) not in known:
                found[past.job_id, past.attempt] = past
    prints = sorted(found.values(), key=lambda past: past.ended_at, reverse=True)
    return FoundPrints(prints[:limit], complete and len(prints) <= limit)


async def _async_older(
    coordinator: PrintagoCoordinator, history: History, wanted: PrintFilter, limit: int
) -> tuple[Iterable[PastPrint], bool]:
    """Ask Printago for prints that are no longer known in detail."""
    prints: dict[str, PastPrint] = {}

    def accept(job: PrintJob) -> bool:
        made = history.made_of(job)
        past = None if made is None else past_print_of(job, *made)
        if past is None or not past.printed or not wanted.matches(past):
            return False
        prints[job.id] = past
        return True

    filters = JobFilter(printer_id=wanted.printer_id, order_id=wanted.order_id, since=wanted.start)
    listing = await coordinator.async_call(coordinator.client.queue.newest_past(filters, accept, limit + 1), reads=True)
    last = prints.values()
    earlier = (one for one in earlier_attempts(history.past, last) if one.printed and wanted.matches(one))
    return (*last, *earlier), listing.complete


async def async_name_order(
    coordinator: PrintagoCoordinator, history: History, wanted: PrintFilter, name: str
) -> Order | None:
    """Want the prints of the order with an ID or number only; raises HomeAssistantError.

    Return the order, None if only its prints are known.
    """
    order = coordinator.store_state.facts.orders.get(name)
    if order is None and any(past.order_id == name for past in history.past.recent):
        wanted.order_id = name
        return None
    if order is None:
        order = await _async_order(coordinator, name)
    wanted.order_id, wanted.ordered_at = order.id, order.created_at
    return order


async def _async_order(coordinator: PrintagoCoordinator, name: str) -> Order:
    wanted = folded_number(name)
    plain = tidied(name).lstrip("# ")
    # As shops write numbers, which finds an order of any age with one request; else among the newest in any spelling.
    for numbers in ((plain, f"#{plain}"), None):
        listing = await coordinator.async_call(
            coordinator.client.products.newest_orders(
                lambda order: order.id == name or (folded_number(order.number or "") == wanted != ""),
                2,
                numbers=numbers,
            ),
            reads=True,
        )
        if len(listing.rows) > 1:
            raise action_error("order_ambiguous", name=name, candidates=", ".join(listing.rows))
        if listing.rows:
            return next(iter(listing.rows.values()))
    raise action_error("any_order_not_found", name=name)
