"""Shops that are connected to a store, and their orders."""

from datetime import UTC, datetime
from typing import Literal

from .clock import to_iso
from .entities import Document
from .orders import OrderDesk
from .world import World

type ShopType = Literal["etsy", "shopify"]
type Unprintable = Literal["sku_not_found", "ambiguous_match", "variant_enrichment_failed"]

_MESSAGES: dict[Unprintable, str] = {
    "sku_not_found": "No SKU matches this item",
    "ambiguous_match": "Several SKUs match this item",
    "variant_enrichment_failed": "The variant could not be read from the shop",
}


class Shops:
    """The shops of a store."""

    def __init__(self, world: World, orders: OrderDesk) -> None:
        """Use one world."""
        self._world = world
        self._orders = orders
        self._waiting: dict[str, list[tuple[Document, list[Document], Document | None]]] = {}
        """Customer orders since the last sync, by shop."""

    def connect(self, kind: ShopType, name: str, *, synced_at: datetime | None = None) -> Document:
        """Connect a shop that was synced at a time; returns it (schema `Integration`)."""
        slug = name.lower().replace(" ", "-")
        public: Document = (
            {"shopId": str(self._world.ids.digits(8)), "shopName": name, "shopUrl": f"https://{slug}.shop.invalid"}
            if kind == "etsy"
            else {"shopName": name, "shopDomain": f"{slug}.shop.invalid"}
        )
        if synced_at is not None:
            public["lastSyncedAt"] = _milliseconds(synced_at)
        document = self._world.document(type=kind, externalId=public.get("shopId"), publicData=public, settings=None)
        self._world.integrations.insert(document["id"], document)
        return document

    def disconnect(self, integration_id: str) -> None:
        """Disconnect a shop, which stays in the list; raises KeyError."""
        self._world.integrations.change(integration_id, {"publicData": None})

    def set_synced(self, integration_id: str, synced_at: datetime) -> None:
        """Set when a shop was last synced; raises KeyError."""
        public = self._world.integrations[integration_id]["publicData"] or {}
        changes = {"publicData": {**public, "lastSyncedAt": _milliseconds(synced_at)}}
        self._world.integrations.change(integration_id, changes)

    def order(
        self, integration_id: str, order: Document, items: list[Document], customer: Document | None = None
    ) -> None:
        """Create a customer order in a shop: it arrives with the next sync."""
        self._waiting.setdefault(integration_id, []).append((order, items, customer))

    def sync(self, integration_id: str, limit: int) -> Document:
        """Import the customer orders; returns the result."""
        shop = self._world.integrations[integration_id]
        waiting = self._waiting.pop(integration_id, [])
        taken, left = waiting[:limit], waiting[limit:]
        if left:
            self._waiting[integration_id] = left
        orders = []
        for order, items, customer in taken:
            fields = {**order, "source": shop["type"], "integrationId": integration_id}
            details = self._orders.create(fields, items, customer)
            orders.append(details["order"])
            for item in details["items"]:
                if item["skuId"] is None:
                    self.mark_unprintable(item["id"], "sku_not_found")
        self.set_synced(integration_id, self._world.clock())
        return {
            "orders": orders,
            "totalSynced": len(orders),
            "totalAvailable": len(waiting),
            "skipped": 0,
            "limitReached": bool(left),
        }

    def mark_unprintable(self, item_id: str, reason: Unprintable, message: str | None = None) -> None:
        """Set why an order item cannot be printed (schema `ResolutionNote`); raises KeyError."""
        note = {
            "type": reason,
            "message": message or _MESSAGES[reason],
            "retriable": reason == "variant_enrichment_failed",
            "occurredAt": _milliseconds(self._world.clock()),
        }
        self._world.order_items.change(item_id, {"resolutionNote": note})


def last_synced(shop: Document) -> str | None:
    """Return when a shop was last synced, for its status."""
    at = (shop["publicData"] or {}).get("lastSyncedAt")
    return None if at is None else to_iso(datetime.fromtimestamp(at / 1000, UTC))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
