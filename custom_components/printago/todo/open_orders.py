"""The open orders as a to-do list. Completing one closes it."""

import heapq
import math
from typing import override

from homeassistant.components.todo.entity import TodoItem
from homeassistant.core import callback

from ..api.models.order import Order
from ..api.rest.permissions import ORDER_EDIT
from ..coordinator import PrintagoCoordinator
from ..errors import action_failure
from ..model.farm import Farm
from ..model.store_info import Fact
from .farm_list import COMPLETE, MOST_ITEMS, FarmList, TodoEntityDescription, open_item

OPEN_ORDERS = TodoEntityDescription(key="open_orders", fact=Fact.ORDERS, features=((COMPLETE, ORDER_EDIT),))


class OrderList(FarmList):
    """The open orders, the most urgent first."""

    @override
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        orders = heapq.nsmallest(MOST_ITEMS, self.coordinator.store_state.facts.orders.values(), key=_urgency)
        return [
            open_item(order.id, order.title, due=order.deadline, description=self._describe(order)) for order in orders
        ]

    def _describe(self, order: Order) -> str | None:
        return order.url

    @override
    async def async_complete(self, uid: str) -> None:
        if not await async_settle_order(self.coordinator, uid):
            raise self._gone(uid)


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline else math.inf, order.title)


async def async_settle_order(coordinator: PrintagoCoordinator, order_id: str) -> bool:
    """Close an order; return False if it is not open (any more). Raises HomeAssistantError if Printago does not close it."""
    facts = coordinator.store_state.facts
    if (order := facts.orders.get(order_id)) is None:
        return False
    result = await coordinator.async_call(coordinator.client.orders.close([order_id]))
    if order_id not in result.done:
        raise action_failure("orders_not_closed", orders=f"{order.title} ({result.errors.get(order_id, '?')})")
    facts.close_orders(result.done)
    coordinator.listeners.async_update_farm()
    return True
