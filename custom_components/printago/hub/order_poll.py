"""Slow polls of the items, customers and progress of open orders."""

from collections import Counter
from collections.abc import Sequence
import heapq
import math

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ..api import JobStatus, PermissionDeniedError, RequestPriority
from ..api.models.entity_event import ORDER_ITEM_KIND
from ..api.models.order import Order
from ..api.rest.order_endpoints import MOST_NAMED
from ..model.changes import Changes
from ..model.store_info import Fact
from .slow_poll import DAY
from .store_access import StoreAccess

CUSTOMERS = "customers"
PRINTED = "printed_orders"


class OrderPoll:
    """Reads the details of the most urgent open orders; events update some of them in between."""

    def __init__(self, entry: ConfigEntry, store: StoreAccess) -> None:
        """Register the slow polls; they start with the coordinator."""
        self._store = store
        self._facts = store.store_state.facts
        self._orders: set[str] = set()
        self._nameless: set[str] = set()
        add = store.slow_poller.add
        add(Fact.ORDER_ITEMS, self._async_read_items, at_start=False)
        add(CUSTOMERS, self._async_read_customers, every=DAY, at_start=False)
        add(PRINTED, self._async_read_printed, at_start=False)
        entry.async_on_unload(store.listeners.async_add_changes(self._async_on_changes))
        entry.async_on_unload(store.listeners.async_add_farm(self._async_on_farm))

    def _urgent(self) -> list[Order]:
        """Return the most urgent open orders, as many as a request can name."""
        return heapq.nsmallest(MOST_NAMED, self._facts.orders.values(), key=_urgency)

    async def _async_read_items(self) -> None:
        orders = self._urgent()
        try:
            items = await self._store.client.orders.items_of([order.id for order in orders], RequestPriority.BACKGROUND)
        except PermissionDeniedError:
            self._facts.forget(Fact.ORDER_ITEMS)
            self._store.listeners.async_update_farm()
            raise
        self._facts.book.take_items([order.id for order in orders], items)
        self._facts.known.add(Fact.ORDER_ITEMS)
        self._store.listeners.async_update_farm()

    async def _async_read_customers(self) -> None:
        wanted = self._unknown_customers()
        customers = await self._store.client.orders.customers_with(wanted, RequestPriority.BACKGROUND)
        self._facts.book.take_customers(customers)
        self._nameless |= set(wanted) - self._facts.book.names.keys()
        self._store.listeners.async_update_farm()

    async def _async_read_printed(self) -> None:
        order_ids = [order.id for order in self._urgent()]
        jobs = await self._store.client.queue.completed_of(order_ids, RequestPriority.BACKGROUND)
        printed = Counter(job.order_id for job in jobs if job.order_id is not None)
        self._facts.book.take_printed(order_ids, printed)
        self._store.listeners.async_update_farm()

    def _unknown_customers(self) -> Sequence[str]:
        known = self._facts.book.names.keys() | self._nameless
        wanted = (order.customer_id for order in self._urgent() if order.customer_id is not None)
        return [customer_id for customer_id in dict.fromkeys(wanted) if customer_id not in known]

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        for change in changes.job_changes:
            if change.after.status is JobStatus.COMPLETED and change.after.order_id is not None:
                self._facts.book.count_printed(change.after.order_id)
        if ORDER_ITEM_KIND in changes.entity_types and self._facts.orders:
            self._store.slow_poller.async_want(Fact.ORDER_ITEMS)

    @callback
    def _async_on_farm(self) -> None:
        """Read the details of new orders."""
        if self._facts.orders.keys() <= self._orders:
            self._orders &= self._facts.orders.keys()
            return
        self._orders = set(self._facts.orders)
        self._store.slow_poller.async_want(Fact.ORDER_ITEMS)
        self._store.slow_poller.async_want(PRINTED)
        if self._unknown_customers():
            self._store.slow_poller.async_want(CUSTOMERS)


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline else math.inf, order.title)
