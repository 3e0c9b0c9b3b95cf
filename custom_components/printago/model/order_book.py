"""Details of open orders: items, names of customers, and printed jobs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..api.models.order_item import Customer, OrderItem


@dataclass(slots=True)
class OrderBook:
    """Details by order ID; a missing order is unknown."""

    items: dict[str, list[OrderItem]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Names of customers by customer ID."""
    printed: Counter[str] = field(default_factory=Counter)
    """Completed jobs."""
    counted: set[str] = field(default_factory=set)
    """Orders whose completed jobs were read."""

    def take_items(self, order_ids: Iterable[str], items: Iterable[OrderItem]) -> None:
        """Replace the items of these orders, and forget those of others."""
        self.items = {order_id: [] for order_id in order_ids}
        for item in items:
            if item.order_id in self.items:
                self.items[item.order_id].append(item)

    def take_customers(self, customers: Mapping[str, Customer]) -> None:
        """Add names of customers."""
        self.names |= {customer.id: customer.name for customer in customers.values() if customer.name}

    def take_printed(self, order_ids: Iterable[str], printed: Mapping[str, int]) -> None:
        """Replace the numbers of completed jobs of these orders, and forget those of others."""
        self.counted = set(order_ids)
        self.printed = Counter({order_id: printed.get(order_id, 0) for order_id in self.counted})

    def count_printed(self, order_id: str) -> None:
        """Count a job that has just completed."""
        if order_id in self.counted:
            self.printed[order_id] += 1

    def printed_of(self, order_id: str) -> int | None:
        """Return how many jobs of an order were completed; None if unknown."""
        return self.printed[order_id] if order_id in self.counted else None

    def unprintable(self) -> list[OrderItem]:
        """Return the items that cannot be printed."""
        return [item for items in self.items.values() for item in items if item.is_unprintable]
