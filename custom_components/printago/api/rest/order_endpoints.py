"""REST calls about orders beyond the list of the open ones: their items, their customers, closing them."""

from collections.abc import Iterable, Mapping

from ..exceptions import MalformedResponseError
from ..models.order_item import BatchResult, Customer, OrderItem, read_batch
from .pagination import read_list
from .rate_limit import RequestPriority
from .transport import Transport

UNPRINTABLE_ITEMS = {"resolutionNote.isNull": "false"}


class OrderEndpoints:
    """The calls about orders; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Use the store's transport."""
        self._transport = transport

    async def items(
        self, filters: Mapping[str, str] | None = None, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, OrderItem], bool]:
        """Return items of orders by ID, and whether they are all (``GET /v1/order-items``)."""
        listing = await read_list(self._transport, "/v1/order-items", priority=priority, filters=filters)
        rows = {identifier: OrderItem.from_json(identifier, row) for identifier, row in listing.rows.items()}
        return rows, listing.complete

    async def unprintable_items(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, OrderItem], bool]:
        """Return the items that can't be printed by ID, and whether they are all; those of closed orders are among them."""
        items, complete = await self.items(UNPRINTABLE_ITEMS, priority)
        # A server that does not know the filter returns others as well.
        return {identifier: item for identifier, item in items.items() if item.is_unprintable}, complete

    async def customers(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, Customer], bool]:
        """Return the customers by ID, of whom only names are read, and whether they are all (``GET /v1/customers``)."""
        listing = await read_list(self._transport, "/v1/customers", priority=priority)
        rows = {identifier: Customer.from_json(identifier, row) for identifier, row in listing.rows.items()}
        return rows, listing.complete

    async def close(self, order_ids: Iterable[str]) -> BatchResult:
        """Close orders (``PATCH /v1/orders/batch/close``); the result says which, and why not the others."""
        body = {"orderIds": list(order_ids)}
        answer = await self._transport.request(
            "PATCH", "/v1/orders/batch/close", priority=RequestPriority.USER, json=body
        )
        if not isinstance(answer, Mapping):
            raise MalformedResponseError("the answer is not what became of the orders")
        return read_batch(answer, "closed")
