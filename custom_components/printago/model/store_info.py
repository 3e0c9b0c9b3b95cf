"""What is known of the store beyond its printers and jobs: open orders, and production slots.

Both change seldom. They are read about once an hour, and only as long as the key may; events keep orders up to date in
between.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..api.models.entity_event import Action
from ..api.models.listing import Listing
from ..api.models.order import Order
from .timestamps import is_older

_MOST_JOURNALED = 1_000
_MOST_ORDERS = 20_000


class Fact(StrEnum):
    """One thing that a key may, or may not, read of the store."""

    ORDERS = "orders"
    SLOTS = "production_slots"


class StoreInfo:
    """Orders and production slots; nothing of what the key may not read."""

    def __init__(self) -> None:
        """Start without knowing anything."""
        self.known: set[Fact] = set()
        self.orders: dict[str, Order] = {}
        """The open ones, by ID."""
        self.slots: int | None = None
        """How many jobs the subscription runs at once; None for no limit, or while unknown."""
        self._journal: list[tuple[str, Action, Mapping[str, Any]]] | None = None

    def overdue(self, now: datetime) -> list[Order]:
        """Return the open orders whose deadline has passed at ``now`` (Printago's clock)."""
        return [order for order in self.orders.values() if order.is_overdue(now)]

    def begin_orders(self) -> None:
        """Remember from now on what a list that is about to be asked for may have missed."""
        self._journal = []

    def apply_orders(self, listing: Listing) -> None:
        """Take over the list of open orders; one that is not complete makes none disappear."""
        journal, self._journal = self._journal, None
        read = {order_id: Order.from_json(order_id, source) for order_id, source in listing.rows.items()}
        kept = {} if listing.complete else self.orders
        self.orders = kept | {order_id: order for order_id, order in read.items() if order.is_open}
        self.known.add(Fact.ORDERS)
        for order_id, action, source in journal or ():
            self.apply_order(order_id, action, source)

    def apply_order(self, order_id: str, action: Action, source: Mapping[str, Any]) -> bool:
        """Lay what an event tells of an order over what is known; return whether it tells enough to know the order."""
        if self._journal is not None and len(self._journal) < _MOST_JOURNALED:
            self._journal.append((order_id, action, source))
        if Fact.ORDERS not in self.known:
            return True
        if action is Action.DELETE:
            self.orders.pop(order_id, None)
            return True
        values = Order.read(source)
        known = self.orders.get(order_id)
        if known is not None and is_older(values.get("updated_at"), known.updated_at):
            return True
        order = known.changed(values) if known else Order.from_json(order_id, source)
        if order.is_open and (known is not None or len(self.orders) < _MOST_ORDERS):
            self.orders[order_id] = order
        else:
            self.orders.pop(order_id, None)
        # Of a closed order, which nobody keeps, any field may be told.
        return known is not None or order.status is not None

    def apply_slots(self, slots: int | None) -> None:
        """Take over how many jobs the subscription runs at once."""
        self.slots = slots
        self.known.add(Fact.SLOTS)

    def forget(self, fact: Fact) -> None:
        """Forget what the key may not read any more."""
        self.known.discard(fact)
        if fact is Fact.ORDERS:
            self.orders = {}
        else:
            self.slots = None
