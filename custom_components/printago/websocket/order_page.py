"""The open orders, how far they are, and what the prints of an order took."""

from collections import Counter
from collections.abc import Mapping
import heapq
from itertools import islice
import math
from typing import Any

from ..api.models.order import Order
from ..api.models.records import IN_PROGRESS_STATUSES, JobStatus
from ..history.search import PrintFilter, PrintSums, async_find_prints, async_name_order
from ..model.order_book import OrderBook
from ..model.store_info import Fact
from .history_page import past_print
from .viewer import Json, Viewer

_MOST_PRINTS = 1000


def orders(viewer: Viewer) -> Json:
    """Return the open orders, the most urgent first, and how far they are."""
    coordinator = viewer.runtime.coordinator
    facts = coordinator.store_state.facts
    if Fact.ORDERS not in facts.known:
        return {"readable": False}
    counts: dict[str, Counter[JobStatus | None]] = {}
    for job in coordinator.farm.jobs.values():
        if job.order_id is not None:
            counts.setdefault(job.order_id, Counter())[job.status] += 1
    now = coordinator.farm.server_now()
    urgent = heapq.nsmallest(viewer.limit, facts.orders.values(), key=_urgency)
    return {
        "readable": True,
        "total": len(facts.orders),
        "orders": [
            {
                "id": order.id,
                "number": order.title,
                "deadline": order.deadline.isoformat() if order.deadline is not None else None,
                "overdue": order.is_overdue(now),
                "source": order.source,
                "customer": facts.book.names.get(order.customer_id or ""),
                **_of_order(facts.book, order, counts.get(order.id, Counter())),
            }
            for order in urgent
        ],
    }


def _of_order(book: OrderBook, order: Order, jobs: Counter[JobStatus | None]) -> Json:
    items = [item for item in book.items.get(order.id, ()) if not item.ignored]
    printed = book.printed_of(order.id)
    started = sum(jobs[status] for status in IN_PROGRESS_STATUSES)
    # Items of which Printago has made no jobs yet.
    to_come = sum(item.quantity or 0 for item in items if not item.processed)
    to_print = jobs[JobStatus.PENDING] + started + jobs[JobStatus.FAILED] + to_come
    return {
        "queued": jobs[JobStatus.PENDING],
        "printing": started,
        "failed": jobs[JobStatus.FAILED],
        "printed": printed,
        "prints": None if printed is None else printed + to_print,
        "items": [{"name": item.title, "quantity": item.quantity} for item in items],
        "unprintable": [
            {"name": item.title, "reason": (item.problem and item.problem.reason) or "unknown"}
            for item in items
            if item.is_unprintable
        ],
    }


async def async_order_prints(viewer: Viewer, msg: Mapping[str, Any]) -> Json:
    """Return the prints of an order, which is named by its ID or number, and what they took; raises HomeAssistantError."""
    runtime, wanted = viewer.runtime, PrintFilter()
    order = await async_name_order(runtime.coordinator, runtime.history, wanted, msg["order"])
    found = await async_find_prints(runtime.coordinator, runtime.history, wanted, _MOST_PRINTS)
    sums = PrintSums.of(found.prints)
    return {
        "number": order.title if order is not None else msg["order"],
        "complete": found.complete,
        "results": sums.results,
        "seconds": sums.seconds,
        "grams": sums.grams,
        "cost": sums.cost,
        "currency": sums.currency,
        "without_cost": sums.without_cost,
        "prints": [past_print(viewer, one) for one in islice(found.prints, viewer.limit)],
    }


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline is not None else math.inf, order.title)
