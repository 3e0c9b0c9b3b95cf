"""Repair issue: items of open orders have been unprintable for an hour."""

import time

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..coordinator import PrintagoCoordinator
from ..model.store_info import Fact
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

ISSUE = "order_items_unprintable"
PATIENCE_SECONDS = 3600
_MOST_LISTED = 10


class UnprintableItemsMonitor:
    """Raises and clears the issue by the items of open orders."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Monitor the orders of an entry."""
        self._entry = entry
        self._facts = coordinator.store_state.facts
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="order-items-cannot-be-printed")
        self._since: dict[str, float] = {}
        entry.async_on_unload(coordinator.listeners.async_add_farm(self._async_check))
        entry.async_on_unload(self._async_end)

    @callback
    def _async_check(self) -> None:
        if Fact.ORDER_ITEMS not in self._facts.known:
            return
        now = time.monotonic()
        items = {item.id: item for item in self._facts.unprintable()}
        self._since = {item_id: self._since.get(item_id, now) for item_id in items}
        lasting = [items[item_id] for item_id, since in self._since.items() if now - since >= PATIENCE_SECONDS]
        if not lasting:
            if not items:
                self._issue.async_clear()
            return
        lines = []
        for item in lasting[:_MOST_LISTED]:
            order = self._facts.orders.get(item.order_id or "")
            why = (item.problem.message or item.problem.reason) if item.problem is not None else None
            lines.append(f"- {order.title if order is not None else '?'}: `{item.title}` ({why or '?'})")
        self._issue.async_raise(ir.IssueSeverity.WARNING, {"count": str(len(lasting)), "items": "\n".join(lines)})

    @callback
    def _async_end(self) -> None:
        if self._entry.disabled_by is not None:
            self._issue.async_withdraw()
