"""The action that closes orders."""

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..errors import action_failure
from ..printing.action_fields import NAME
from ..printing.orders_closed import async_close_orders
from .helpers import async_coordinator
from .print_orders import ATTR_ORDERS, async_find_orders

_MOST_ORDERS = 100

CLOSE_ORDERS_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(ATTR_ORDERS): vol.All(cv.ensure_list, [NAME], vol.Length(min=1, max=_MOST_ORDERS)),
    }
)


async def async_close_orders_named(call: ServiceCall) -> ServiceResponse:
    """Close orders, and return which; what was not closed is an error if the action returns no response."""
    coordinator = async_coordinator(call)
    order_ids = await coordinator.async_call(async_find_orders(coordinator, call.data[ATTR_ORDERS]), reads=True)
    result = await async_close_orders(coordinator, order_ids)
    failures = {order_id: result.errors.get(order_id, "?") for order_id in order_ids if order_id not in result.done}
    if call.return_response:
        return {
            "closed": [order_id for order_id in order_ids if order_id in result.done],
            "errors": [{"order_id": order_id, "error": error} for order_id, error in failures.items()],
        }
    if failures:
        raise action_failure("orders_not_closed", orders="; ".join(failures.values()))
    return None
