"""Closes orders, and shows that at once."""

from collections.abc import Sequence

from ..api.models.order_item import BatchResult
from ..coordinator import PrintagoCoordinator


async def async_close_orders(coordinator: PrintagoCoordinator, order_ids: Sequence[str]) -> BatchResult:
    """Close orders in one request; return the closed ones, and the errors of the others. Raises HomeAssistantError."""
    result = await coordinator.async_call(coordinator.client.orders.close(order_ids))
    coordinator.store_state.facts.close_orders(result.done)
    coordinator.listeners.async_update_farm()
    return result
