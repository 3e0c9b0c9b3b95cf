"""REST calls for items and customers of orders, and for closing orders."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched

from ..exceptions import MalformedResponseError
from ..models.order_item import BatchResult, Customer, OrderItem, read_batch
from .pagination import read_list
from .rate_limit import RequestPriority
from .transport import Transport

MOST_NAMED = 200
"""How many records a request names: their IDs are part of the address."""
UNPRINTABLE_ITEMS = {"resolutionNote.isNull": "false"}


class OrderEndpoints:
    """The calls about orders; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def items(
        self, filters: Mapping[str, str] | None = None, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, OrderItem], bool]:
        """Return items of orders by ID, and whether the list is complete (``GET /v1/order-items``)."""
        listing = await read_list(self._transport, "/v1/order-items", priority=priority, filters=filters)
        rows = {identifier: OrderItem.from_json(identifier, row) for identifier, row in listing.rows.items()}
        return rows, listing.complete

    async def unprintable_items(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, OrderItem], bool]:
        """Return the unprintable items by ID, including those of closed orders, and whether the list is complete."""
        items, complete = await self.items(UNPRINTABLE_ITEMS, priority)
        # A server that does not know the filter returns other items as well.
        return {identifier: item for identifier, item in items.items() if item.is_unprintable}, complete

    async def customers(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, Customer], bool]:
        """Return the customers by ID, names only, and whether the list is complete (``GET /v1/customers``)."""
        listing = await read_list(self._transport, "/v1/customers", priority=priority)
        rows = {identifier: Customer.from_json(identifier, row) for identifier, row in listing.rows.items()}
        return rows, listing.complete

    async def items_of(self, order_ids: Sequence[str], priority: RequestPriority) -> list[OrderItem]:
        """Return the items of orders, in a request for each ``MOST_NAMED`` orders."""
        wanted = frozenset(order_ids)
        found: list[OrderItem] = []
        for some in batched(order_ids, MOST_NAMED, strict=False):
            items, _ = await self.items({"orderId.in": ",".join(some)}, priority)
            # A server that does not know the filter returns others as well.
            found += [item for item in items.values() if item.order_id in wanted]
        return found

    async def customers_with(self, customer_ids: Sequence[str], priority: RequestPriority) -> dict[str, Customer]:
        """Return the customers with these IDs, of whom only names are read."""
        found: dict[str, Customer] = {}
        for some in batched(customer_ids, MOST_NAMED, strict=False):
            listing = await read_list(
                self._transport, "/v1/customers", priority=priority, filters={"id.in": ",".join(some)}
            )
            found |= {key: Customer.from_json(key, row) for key, row in listing.rows.items() if key in some}
        return found

    async def close(self, order_ids: Iterable[str]) -> BatchResult:
        """Close orders (``PATCH /v1/orders/batch/close``).

        The result lists the closed ones and the errors of the others.
        """
        body = {"orderIds": list(order_ids)}
        answer = await self._transport.request(
            "PATCH", "/v1/orders/batch/close", priority=RequestPriority.USER, json=body
        )
        if not isinstance(answer, Mapping):
            raise MalformedResponseError("the answer is not what became of the orders")
        return read_batch(answer, "closed")
