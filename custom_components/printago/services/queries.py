"""The actions that read parts, SKUs, jobs and orders, with the fields that templates need."""

from collections.abc import Callable
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api.models.order import OPEN, Order
from ..api.models.product import Part, Sku
from ..api.rest.job_filter import timestamp
from ..coordinator import PrintagoCoordinator
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
    orders: list[Any] = [_order(coordinator, order) for order in found.rows.values()]
    return {"orders": orders, "complete": found.complete}


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


def _order(coordinator: PrintagoCoordinator, order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "number": order.number,
        "status": _order_status(order),
        "source": order.source,
        "deadline": moment_text(order.deadline),
        "overdue": order.is_open and order.is_overdue(coordinator.farm.server_now()),
        "created_at": timestamp(order.created_at) if order.created_at is not None else None,
    }


def _order_status(order: Order) -> str | None:
    # A canceled order is a closed one with a time of cancellation.
    return "cancelled" if order.cancelled_at is not None else order.status
