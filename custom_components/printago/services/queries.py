"""The actions that read parts, SKUs, jobs and orders, with the fields that templates need."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import PermissionDeniedError, RequestPriority
from ..api.models.fields import timestamp
from ..api.models.order import OPEN, Order
from ..api.models.product import Part, Sku
from ..coordinator import PrintagoCoordinator
from ..model.order_book import OrderBook
from ..model.spelling import folded
from ..printing.action_fields import NAME, whole_number
from .helpers import ATTR_LIMIT, async_coordinator, async_runtime
from .job_selection import ATTR_STATUS, FILTERS, async_find_jobs, async_job_filter, job_summary, moment_text

ATTR_SEARCH = "search"

_LIMIT = {vol.Optional(ATTR_LIMIT, default=100): vol.All(whole_number, vol.Range(min=1, max=1000))}
_STORE = {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}

GET_ITEMS_SCHEMA = vol.Schema({**_STORE, vol.Optional(ATTR_SEARCH): NAME, **_LIMIT})
GET_JOBS_SCHEMA = vol.Schema({**FILTERS, **_LIMIT})
GET_ORDERS_SCHEMA = vol.Schema(
    {**_STORE, vol.Optional(ATTR_STATUS, default=OPEN): vol.In((OPEN, "closed", "cancelled", "all")), **_LIMIT}
)


async def async_get_parts(call: ServiceCall) -> ServiceResponse:
    """Return the newest parts, or those whose name contains a text."""
    coordinator, contains = async_coordinator(call), _contains(call)
    found = await coordinator.async_call(
        coordinator.client.products.newest_parts(lambda part: contains(part.name), call.data[ATTR_LIMIT]), reads=True
    )
    parts: list[Any] = [_part(part) for part in found.rows.values()]
    return {"parts": parts, "complete": found.complete}


async def async_get_skus(call: ServiceCall) -> ServiceResponse:
    """Return the newest SKUs, or those whose code or title contains a text."""
    coordinator, contains = async_coordinator(call), _contains(call)
    found = await coordinator.async_call(
        coordinator.client.products.newest_skus(
            lambda sku: contains(sku.name) or contains(sku.title), call.data[ATTR_LIMIT]
        ),
        reads=True,
    )
    skus: list[Any] = [_sku(sku) for sku in found.rows.values()]
    return {"skus": skus, "complete": found.complete}


async def async_get_jobs(call: ServiceCall) -> ServiceResponse:
    """Return the newest jobs that match all filters."""
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    wanted = await async_job_filter(call, runtime)
    found = await async_find_jobs(coordinator, wanted, call.data[ATTR_LIMIT])
    jobs: list[Any] = [job_summary(coordinator, job) for job in found.rows.values()]
    return {"jobs": jobs, "complete": found.complete}


async def async_get_orders(call: ServiceCall) -> ServiceResponse:
    """Return the newest orders with a status."""
    coordinator, wanted = async_coordinator(call), call.data[ATTR_STATUS]
    found = await coordinator.async_call(
        coordinator.client.products.newest_orders(
            lambda order: wanted in ("all", _order_status(order)), call.data[ATTR_LIMIT]
        ),
        reads=True,
    )
    details = await coordinator.async_call(_async_details(coordinator, list(found.rows.values())), reads=True)
    orders: list[Any] = [_order(coordinator, order, details) for order in found.rows.values()]
    return {"orders": orders, "complete": found.complete}


async def _async_details(coordinator: PrintagoCoordinator, orders: Sequence[Order]) -> OrderBook:
    """Read what orders consist of, who wants them, and how many jobs of them were completed."""
    client, book = coordinator.client, OrderBook()
    order_ids = [order.id for order in orders]
    customer_ids = list(dict.fromkeys(order.customer_id for order in orders if order.customer_id is not None))
    book.take_items(order_ids, await client.orders.items_of(order_ids, RequestPriority.USER))
    book.take_customers(await client.orders.customers_with(customer_ids, RequestPriority.USER))
    try:
        jobs = await client.queue.completed_of(order_ids, RequestPriority.USER)
    except PermissionDeniedError:
        # How much was printed stays unknown.
        return book
    book.take_printed(order_ids, Counter(job.order_id for job in jobs if job.order_id is not None))
    return book


def _contains(call: ServiceCall) -> Callable[[str | None], bool]:
    wanted = folded(call.data.get(ATTR_SEARCH, ""))
    return lambda text: wanted in folded(text or "")


def _part(part: Part) -> dict[str, Any]:
    return {
        "part_id": part.id,
        "name": part.name,
        "type": part.kind,
        "description": part.description,
        "tags": [*part.tags],
        "parameters": [*part.parameters],
        "created_at": part.created_at,
        "updated_at": part.updated_at,
    }


def _sku(sku: Sku) -> dict[str, Any]:
    return {
        "sku_id": sku.id,
        "sku": sku.name,
        "title": sku.title,
        "parts": [
            {"part_id": part.part_id, "label": part.label, "quantity": part.quantity} for part in sku.parts or ()
        ],
        "created_at": sku.created_at,
        "updated_at": sku.updated_at,
    }


def _order(coordinator: PrintagoCoordinator, order: Order, details: OrderBook) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "number": order.number,
        "status": _order_status(order),
        "source": order.source,
        "deadline": moment_text(order.deadline),
        "overdue": order.is_open and order.is_overdue(coordinator.farm.server_now()),
        "created_at": timestamp(order.created_at) if order.created_at is not None else None,
        "customer": details.names.get(order.customer_id or ""),
        "items": [
            {
                "sku": item.title,
                "quantity": item.quantity,
                "ignored": item.ignored,
                "problem": (item.problem.reason or "unknown") if item.problem is not None else None,
            }
            for item in details.items.get(order.id, ())
        ],
        "printed": details.printed_of(order.id),
        "price": order.price,
        "currency": order.currency,
        "url": order.url,
    }


def _order_status(order: Order) -> str | None:
    # A canceled order is a closed one with a time of cancellation.
    return "cancelled" if order.cancelled_at is not None else order.status
