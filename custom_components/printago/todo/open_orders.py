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
from ..model.spelling import distinct
from ..model.store_info import Fact
from ..printing.orders_closed import async_close_orders
from .farm_list import COMPLETE, MOST_ITEMS, FarmList, TodoEntityDescription, described, open_item

OPEN_ORDERS = TodoEntityDescription(key="open_orders", fact=Fact.ORDERS, features=((COMPLETE, ORDER_EDIT),))


class OrderList(FarmList):
    """The open orders, the most urgent first."""

    @override
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        orders = heapq.nsmallest(MOST_ITEMS, self.coordinator.store_state.facts.orders.values(), key=_urgency)
        # Two shops may use the same number.
        titles = distinct({order.id: order.title for order in orders})
        return [
            open_item(order.id, titles[order.id], due=order.deadline, description=self._describe(order))
            for order in orders
        ]

    def _describe(self, order: Order) -> str | None:
        """Return what the order is: the customer's name, the items, what has been printed, the price and the link."""
        book = self.coordinator.store_state.facts.book
        printed = book.printed_of(order.id)
        return described(
            book.names.get(order.customer_id or ""),
            ", ".join(f"{item.quantity}x {item.title}" for item in book.items.get(order.id, ()) if not item.ignored),
            self._text("todo_printed", count=str(printed)) if printed is not None else None,
            f"{order.price:.2f} {order.currency or ''}".strip() if order.price is not None else None,
            order.url,
        )

    @override
    async def async_complete(self, uid: str) -> None:
        if not await async_settle_order(self.coordinator, uid):
            raise self._gone(uid)


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline else math.inf, order.title)


async def async_settle_order(coordinator: PrintagoCoordinator, order_id: str) -> bool:
    """Close an order; return False if it is not open (any more). Raises HomeAssistantError if Printago does not close it."""
    if (order := coordinator.store_state.facts.orders.get(order_id)) is None:
        return False
    result = await async_close_orders(coordinator, [order_id])
    if order_id not in result.done:
        raise action_failure("orders_not_closed", orders=f"{order.title} ({result.errors.get(order_id, '?')})")
    return True
