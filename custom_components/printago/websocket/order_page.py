"""The open orders, and how far they are."""

from collections import Counter
import heapq
import math

from ..api.models.order import Order
from ..api.models.records import IN_PROGRESS_STATUSES, JobStatus
from ..model.store_info import Fact
from .viewer import Json, Viewer


def orders(viewer: Viewer) -> Json:
    """Return the open orders, the most urgent first, with their numbers of waiting, running and failed jobs."""
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
                **_of_order(counts.get(order.id, Counter())),
            }
            for order in urgent
        ],
    }


def _of_order(jobs: Counter[JobStatus | None]) -> Json:
    return {
        "queued": jobs[JobStatus.PENDING],
        "printing": sum(jobs[status] for status in IN_PROGRESS_STATUSES),
        "failed": jobs[JobStatus.FAILED],
    }


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline is not None else math.inf, order.title)
