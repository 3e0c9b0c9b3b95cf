"""The actions that only read: parts, SKUs, jobs and orders, as small as a template needs them."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import Listing, PrintJob
from ..api.models.order import OPEN, Order
from ..api.rest.pagination import Accept
from ..coordinator import PrintagoCoordinator
from ..model.spelling import folded
from ..printing.action_fields import NAME, whole_number
from .helpers import async_coordinator, async_runtime
from .job_selection import FILTERS, async_find_jobs, async_job_filter, job_summary, moment_text

ATTR_LIMIT = "limit"
ATTR_SEARCH = "search"
ATTR_STATUS = "status"

_LIMIT = {vol.Optional(ATTR_LIMIT, default=100): vol.All(whole_number, vol.Range(min=1, max=1000))}
_STORE = {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}

GET_ITEMS_SCHEMA = vol.Schema({**_STORE, vol.Optional(ATTR_SEARCH): NAME, **_LIMIT})
GET_JOBS_SCHEMA = vol.Schema({**FILTERS, **_LIMIT})
GET_ORDERS_SCHEMA = vol.Schema(
    {**_STORE, vol.Optional(ATTR_STATUS, default=OPEN): vol.In((OPEN, "closed", "cancelled", "all")), **_LIMIT}
)


async def async_get_parts(call: ServiceCall) -> ServiceResponse:
    """Return the newest parts, or those whose name contains a text."""
    coordinator = async_coordinator(call)
    found = await _async_newest(coordinator, call, "/v1/parts", _contains(call, "name"))
    parts: list[Any] = [_part(row) for row in found.rows.values()]
    return {"parts": parts, "complete": found.complete}


async def async_get_skus(call: ServiceCall) -> ServiceResponse:
    """Return the newest SKUs, or those whose code or title contains a text."""
    coordinator = async_coordinator(call)
    found = await _async_newest(coordinator, call, "/v1/skus", _contains(call, "sku", "title"))
    skus: list[Any] = [_sku(row) for row in found.rows.values()]
    return {"skus": skus, "complete": found.complete}


async def async_get_jobs(call: ServiceCall) -> ServiceResponse:
    """Return the newest jobs that match all filters."""
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    wanted = await async_job_filter(call, runtime)
    found = await async_find_jobs(coordinator, wanted, call.data[ATTR_LIMIT])
    jobs: list[Any] = [job_summary(coordinator, PrintJob.from_json(job_id, row)) for job_id, row in found.rows.items()]
    return {"jobs": jobs, "complete": found.complete}


async def async_get_orders(call: ServiceCall) -> ServiceResponse:
    """Return the newest orders of a status."""
    coordinator = async_coordinator(call)
    wanted = call.data[ATTR_STATUS]
    found = await _async_newest(
        coordinator, call, "/v1/orders", lambda row: wanted in ("all", _order_status(Order.from_json("", row)))
    )
    orders: list[Any] = [_order(coordinator, order_id, row) for order_id, row in found.rows.items()]
    return {"orders": orders, "complete": found.complete}


async def _async_newest(coordinator: PrintagoCoordinator, call: ServiceCall, path: str, accept: Accept) -> Listing:
    return await coordinator.async_call(
        coordinator.client.queue.newest(path, {}, accept, call.data[ATTR_LIMIT]), reads=True
    )


def _contains(call: ServiceCall, *fields: str) -> Accept:
    wanted = folded(call.data.get(ATTR_SEARCH, ""))
    return lambda row: any(wanted in folded(_text(row, field) or "") for field in fields)


def _part(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "part_id": row["id"],
        "name": _text(row, "name"),
        "type": _text(row, "type"),
        "description": _text(row, "description"),
        "tags": [tag for tag in _list(row, "userTags") if isinstance(tag, str)],
        "parameters": [
            name
            for parameter in _list(row, "parameters")
            if isinstance(parameter, Mapping) and (name := _text(parameter, "name")) is not None
        ],
        "created_at": _text(row, "createdAt"),
        "updated_at": _text(row, "updatedAt"),
    }


def _sku(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "sku_id": row["id"],
        "sku": _text(row, "sku"),
        "title": _text(row, "title"),
        "parts": [
            {"part_id": part["partId"], "label": _text(part, "label"), "quantity": _number(part, "quantity")}
            for part in _list(row, "linkedParts")
            if isinstance(part, Mapping) and isinstance(part.get("partId"), str)
        ],
        "created_at": _text(row, "createdAt"),
        "updated_at": _text(row, "updatedAt"),
    }


def _order(coordinator: PrintagoCoordinator, order_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    order = Order.from_json(order_id, row)
    return {
        "order_id": order_id,
        "number": order.number,
        "status": _order_status(order),
        "source": _text(row, "source"),
        "deadline": moment_text(order.deadline),
        "overdue": order.is_open and order.is_overdue(coordinator.farm.server_now()),
        "created_at": _text(row, "createdAt"),
    }


def _order_status(order: Order) -> str | None:
    # A cancelled order is a closed one that tells when it was cancelled.
    return "cancelled" if order.cancelled_at is not None else order.status


def _text(row: Mapping[str, Any], field: str) -> str | None:
    value = row.get(field)
    return value if isinstance(value, str) else None


def _number(row: Mapping[str, Any], field: str) -> int | float | None:
    value = row.get(field)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _list(row: Mapping[str, Any], field: str) -> list[Any]:
    value = row.get(field)
    return value if isinstance(value, list) else []
