"""The action that queues the missing prints of orders."""

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import RequestPriority
from ..api.models.order import Order
from ..coordinator import PrintagoCoordinator
from ..errors import action_error, action_failure
from ..model.spelling import alike, folded, folded_number, tidied
from ..printing.action_fields import NAME, at_least_one, not_found_error
from ..printing.request import ATTR_POSITION, ATTR_PRIORITY, POSITIONS, PRIORITIES
from .helpers import ATTR_PRINTER, async_runtime
from .submit_print_job import ATTR_TAGS, TAGS, tags_of

ATTR_ORDERS = "orders"
ATTR_SKUS = "skus"
_MOST_ORDERS = 20
_MOST_SKUS = 50

PRINT_ORDERS_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Optional(ATTR_ORDERS): vol.All(cv.ensure_list, [NAME], vol.Length(min=1, max=_MOST_ORDERS)),
            vol.Optional(ATTR_SKUS): vol.All(cv.ensure_list, [NAME], vol.Length(min=1, max=_MOST_SKUS)),
            vol.Optional(ATTR_PRINTER): cv.string,
            vol.Optional(ATTR_TAGS): TAGS,
            vol.Optional(ATTR_PRIORITY): vol.In(PRIORITIES),
            vol.Optional(ATTR_POSITION): vol.In(POSITIONS),
        }
    ),
    at_least_one(ATTR_ORDERS, ATTR_SKUS),
)


async def async_print_orders(call: ServiceCall) -> ServiceResponse:
    """Queue the missing prints of orders, and return what Printago could not queue.

    Raises HomeAssistantError for that if the action returns no response.
    """
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    tags = tags_of(call, coordinator)
    order_ids = None
    if ATTR_ORDERS in call.data:
        order_ids = await coordinator.async_call(async_find_orders(coordinator, call.data[ATTR_ORDERS]), reads=True)
    if ATTR_SKUS in call.data:
        skus = [
            await coordinator.async_call(runtime.catalog.async_find_sku(sku), reads=True)
            for sku in call.data[ATTR_SKUS]
        ]
        sku_ids = list(dict.fromkeys(sku.id for sku in skus))
    else:
        sku_ids = await coordinator.async_call(_async_skus_of(coordinator, order_ids or []), reads=True)
    if not sku_ids:
        raise action_error("orders_without_skus", orders=", ".join(call.data[ATTR_ORDERS]))
    errors = await coordinator.async_call(
        coordinator.client.products.print_orders(
            order_ids=order_ids,
            sku_ids=sku_ids,
            tags=tags,
            priority=PRIORITIES[call.data[ATTR_PRIORITY]] if ATTR_PRIORITY in call.data else None,
            position=call.data.get(ATTR_POSITION),
        )
    )
    if call.return_response:
        # A response is JSON, so it has no tuples.
        return {"errors": [*errors], "order_ids": [*order_ids] if order_ids else None, "sku_ids": [*sku_ids]}
    if errors:
        raise action_failure("orders_not_all_printed", errors="; ".join(errors))
    return None


async def async_find_orders(coordinator: PrintagoCoordinator, wanted: list[str]) -> list[str]:
    """Return the IDs of open orders given by ID or number; raises PrintagoError and ServiceValidationError."""
    orders = (await coordinator.client.open_orders(RequestPriority.USER)).rows
    found: dict[str, None] = {}
    for name in wanted:
        matching = (
            [orders[name]] if name in orders else alike(name, orders.values(), lambda o: o.number or "", folded_number)
        )
        if not matching:
            raise not_found_error("order", name, map(_called, orders.values()))
        if len(matching) > 1:
            raise action_error("order_ambiguous", name=name, candidates=", ".join(order.id for order in matching))
        found[matching[0].id] = None
    return list(found)


def _called(order: Order) -> str:
    return tidied(order.number) if order.number and folded(order.number) else order.id


async def _async_skus_of(coordinator: PrintagoCoordinator, order_ids: list[str]) -> list[str]:
    """Return the SKUs of orders: Printago requires them in the call."""
    skus: dict[str, None] = {}
    for order_id in order_ids:
        skus |= dict.fromkeys(await coordinator.client.products.skus_of_order(order_id))
    return list(skus)
