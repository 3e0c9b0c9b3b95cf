"""What is known of the store besides printers and jobs: open orders, production slots, maintenance.

Both rarely change. They are read about once an hour, if the key is allowed to; events keep orders up to date in between.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from ..api.models.entity_event import Action
from ..api.models.listing import Listing
from ..api.models.order import Order
from ..api.models.order_item import OrderItem
from ..api.models.row import Row
from .order_book import OrderBook
from .shop_links import ShopLinks
from .timestamps import is_older, without_future_timestamp
from .upkeep import Maintenance

_MOST_JOURNALED = 1_000
_MOST_ORDERS = 20_000
_MAINTENANCE = "maintenance"


class Fact(StrEnum):
    """Data of the store that needs its own permission of the key."""

    ORDERS = "orders"
    SLOTS = "production_slots"
    MATERIALS = "materials"
    MAINTENANCE = "maintenance"
    ORDER_ITEMS = "order_items"
    SHOPS = "shops"


class StoreInfo:
    """Orders and production slots, as far as the key is allowed to read them."""

    def __init__(self) -> None:
        """Start empty."""
        self.known: set[Fact] = set()
        self.orders: dict[str, Order] = {}
        """Open orders by ID."""
        self.slots: int | None = None
        """How many jobs the subscription runs at once; None if unlimited or unknown."""
        self.trial_ends_at: datetime | None = None
        """Read together with the slots."""
        self.trial_known = False
        """Whether that was read, or the key is not allowed to."""
        self._closed: dict[str, Order] = {}
        self.book = OrderBook()
        self.shops = ShopLinks()
        self.maintenance = Maintenance()
        self.entitled: bool | None = None
        """Whether the subscription includes maintenance mode; None while unknown."""
        self._journal: list[tuple[Action, Row[Order]]] | None = None

    def overdue(self, now: datetime) -> list[Order]:
        """Return the open orders whose deadline has passed at ``now`` (Printago's clock)."""
        return [order for order in self.orders.values() if order.is_overdue(now)]

    def begin_orders(self) -> None:
        """Record events from now on: the list that is about to be requested may not include them."""
        self._journal = []

    def apply_orders(self, listing: Listing[Order], now: datetime) -> None:
        """Replace the open orders at ``now`` (Printago's clock); a list that is not complete removes none."""
        journal, self._journal = self._journal, None
        kept = {} if listing.complete else self.orders
        self.orders = kept | {
            order_id: without_future_timestamp(order, now) for order_id, order in listing.rows.items() if order.is_open
        }
        self.known.add(Fact.ORDERS)
        self._closed.clear()
        for action, row in journal or ():
            self.apply_order(action, row)

    def apply_order(self, action: Action, row: Row[Order]) -> bool:
        """Merge an event of an order; return whether the order is known well enough."""
        if self._journal is not None and len(self._journal) < _MOST_JOURNALED:
            self._journal.append((action, row))
        if Fact.ORDERS not in self.known:
            return True
        if action is Action.DELETE:
            self.orders.pop(row.id, None)
            return True
        known = self.orders.get(row.id)
        if known is not None and is_older(row.updated_at, known.updated_at):
            return True
        order = row.applied_to(known)
        if order.is_open and (known is not None or len(self.orders) < _MOST_ORDERS):
            self.orders[order.id] = order
        else:
            self.orders.pop(order.id, None)
        # An unknown order without a status may be open, or a closed one that is not kept.
        return known is not None or order.status is not None

    def close_orders(self, order_ids: Iterable[str]) -> None:
        """Drop orders that Printago has just closed; their events come later."""
        for order_id in order_ids:
            if (order := self.orders.pop(order_id, None)) is not None:
                self._closed[order_id] = order

    def order(self, order_id: str) -> Order | None:
        """Return an order that is open, or was until we closed it."""
        return self.orders.get(order_id) or self._closed.get(order_id)

    def apply_slots(self, slots: int | None) -> None:
        """Set how many jobs the subscription runs at once; None for no limit."""
        self.slots = slots
        self.known.add(Fact.SLOTS)

    def forget(self, fact: Fact) -> None:
        """Forget what the key is no longer allowed to read."""
        self.known.discard(fact)
        match fact:
            case Fact.ORDERS:
                self.orders = {}
                self.book = OrderBook()
            case Fact.ORDER_ITEMS:
                self.book.items = {}
            case Fact.SLOTS:
                self.slots = None
            case Fact.MAINTENANCE:
                self.maintenance.forget()
            case Fact.SHOPS:
                self.shops.all = {}

    def unprintable(self) -> list[OrderItem]:
        """Return the items of open orders that cannot be printed."""
        return [item for item in self.book.unprintable() if item.order_id in self.orders]

    def take_entitlements(self, names: Iterable[str]) -> None:
        """Set what the subscription includes. Its words are not documented: the one for maintenance says what it is."""
        self.entitled = any(_MAINTENANCE in name.casefold() for name in names)
