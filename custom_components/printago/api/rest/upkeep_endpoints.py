"""REST calls for maintenance, shops, the API key and the subscription."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..exceptions import MalformedResponseError
from ..models import fields as f
from ..models.account import KeyStatus, Subscription
from ..models.listing import Listing
from ..models.maintenance import MaintenanceItem, read_maintenance
from ..models.shop import WITH_STATUS, Shop, ShopStatus, SyncResult
from .pagination import objects, read_list
from .rate_limit import RequestPriority
from .transport import Transport

_MOST_SYNCED = 100
_COUNT = f.whole(0, 1_000_000_000)


class UpkeepEndpoints:
    """The calls about maintenance, shops and the account; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def maintenance(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> dict[str, MaintenanceItem]:
        """Return the maintenance of all printers by enrollment ID (``GET /v1/maintenance/fleet-status``)."""
        answer = await self._transport.request("GET", "/v1/maintenance/fleet-status", priority=priority)
        return read_maintenance(objects(answer))

    async def mark_maintenance_done(self, enrollment_ids: Iterable[str], notes: str | None = None) -> None:
        """Mark a maintenance task as done now (``POST /v1/maintenance/mark-done``)."""
        body: dict[str, Any] = {"enrollmentIds": list(enrollment_ids)}
        if notes:
            body["notes"] = notes
        await self._transport.request("POST", "/v1/maintenance/mark-done", priority=RequestPriority.USER, json=body)

    async def shops(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> tuple[dict[str, Shop], bool]:
        """Return the connected shops by ID, and whether the list is complete (``GET /v1/integrations``)."""
        listing: Listing = await read_list(self._transport, "/v1/integrations", priority=priority)
        shops = (Shop.from_json(identifier, row) for identifier, row in listing.rows.items())
        return {shop.id: shop for shop in shops if shop.is_shop}, listing.complete

    async def shop_status(self, shop: Shop, priority: RequestPriority = RequestPriority.BACKGROUND) -> ShopStatus:
        """Return the connection of a shop (``GET /v1/integrations/{etsy, shopify}/{id}/status``).

        Shops of other types have no such call: only the time of their last sync is known.
        """
        if shop.type not in WITH_STATUS:
            return ShopStatus(None, shop.last_synced_at)
        path = f"/v1/integrations/{shop.type}/{shop.id}/status"
        return ShopStatus.from_json(_object(await self._transport.request("GET", path, priority=priority)))

    async def sync_etsy(self, shop_id: str, *, include_shipped: bool = False) -> SyncResult:
        """Import new orders of an Etsy shop (``POST /v1/integrations/etsy/{id}/sync-orders``), at most 100."""
        params = {"includeShipped": str(include_shipped).lower(), "limit": str(_MOST_SYNCED)}
        path = f"/v1/integrations/etsy/{shop_id}/sync-orders"
        answer = _object(await self._transport.request("POST", path, priority=RequestPriority.USER, params=params))
        values = f.read_fields(answer, {"totalSynced": ("synced", _COUNT), "limitReached": ("limit", f.flag)})
        return SyncResult(values.get("synced"), limit_reached=values.get("limit") is True)

    async def key_status(self) -> KeyStatus | None:
        """Return when the key expires (``GET /v1/api-keys/{id}``), None if its ID is unknown.

        The ID is part of a secret: errors do not contain the path.
        """
        if (key_id := self._transport.key_id) is None:
            return None
        answer = await self._transport.request("GET", f"/v1/api-keys/{key_id}", priority=RequestPriority.BACKGROUND)
        return KeyStatus.from_json(_object(answer))

    async def subscription(self) -> Subscription:
        """Return when a trial ends, and how many jobs run at once (``GET /v1/subscriptions``)."""
        answer = await self._transport.request("GET", "/v1/subscriptions", priority=RequestPriority.BACKGROUND)
        return Subscription.from_json(_object(answer))

    async def entitlements(self) -> frozenset[str]:
        """Return what the subscription includes, by Printago's names (``GET /v1/entitlements``; no permission needed).

        The names are not documented. Raises if the list is incomplete, since a missing name then means nothing.
        """
        listing = await read_list(self._transport, "/v1/entitlements", priority=RequestPriority.BACKGROUND)
        if not listing.complete:
            raise MalformedResponseError("the list of entitlements is not complete")
        names = (row.get("entitlement") for row in listing.rows.values())
        return frozenset(f.text(name) for name in names if isinstance(name, str))


def _object(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise MalformedResponseError("the answer is not an object")
    return answer
