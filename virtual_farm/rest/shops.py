"""Shops that are connected to the store."""

from typing import Any

from virtual_farm.entities import Document
from virtual_farm.errors import BadRequestError, NotFoundError
from virtual_farm.shops import last_synced

from .resource import list_routes
from .route import Call, Route

_FIELDS = "type externalId publicData settings id storeId createdAt updatedAt"
_VIEW = ("integration.view",)
_MOST_ORDERS = 1000


def _integration(call: Call, kind: str | None = None) -> Document:
    integration_id = call.ids["id"]
    shop = call.world.integrations.get(integration_id)
    if shop is None or kind not in (None, shop["type"]):
        raise NotFoundError("Integration", integration_id)
    return shop


def _get(call: Call) -> Any:
    return _integration(call)


def _shops(call: Call, kind: str) -> list[Document]:
    return [shop for shop in call.world.integrations.values() if shop["type"] == kind and shop["publicData"]]


def _etsy(call: Call) -> Any:
    return [
        {"integrationId": shop["id"], **{key: shop["publicData"][key] for key in ("shopId", "shopName")}}
        for shop in _shops(call, "etsy")
    ]


def _shopify(call: Call) -> Any:
    return [
        {
            "integrationId": shop["id"],
            "shop": shop["publicData"]["shopDomain"],
            "shopName": shop["publicData"]["shopName"],
            "connectedAt": shop["createdAt"],
        }
        for shop in _shops(call, "shopify")
    ]


def _etsy_status(call: Call) -> Any:
    shop = _integration(call, "etsy")
    if (public := shop["publicData"]) is None:
        return {"connected": False}
    names = {key: public[key] for key in ("shopId", "shopName", "shopUrl")}
    return {"connected": True, **names, **_synced(shop)}


def _shopify_status(call: Call) -> Any:
    shop = _integration(call, "shopify")
    if (public := shop["publicData"]) is None:
        return {"connected": False}
    return {"connected": True, "shop": public["shopDomain"], "connectedAt": shop["createdAt"], **_synced(shop)}


def _synced(shop: Document) -> Document:
    at = last_synced(shop)
    return {} if at is None else {"lastSyncedAt": at}


def _sync(call: Call) -> Any:
    shop = _integration(call, "etsy")
    for name in ("includeShipped", "limit"):
        if name not in call.query:
            raise BadRequestError(f"{name} is required")
    if not (limit := call.query["limit"]).isdigit():
        raise BadRequestError("limit must be a whole number")
    if shop["publicData"] is None:
        raise BadRequestError("The shop is not connected")
    return call.farm.shops.sync(shop["id"], min(int(limit), _MOST_ORDERS))


ROUTES = (
    *list_routes("/v1/integrations", "integration.view", lambda call: call.world.integrations.values(), _FIELDS),
    Route("GET", "/v1/integrations/etsy", _VIEW, _etsy),
    Route("GET", "/v1/integrations/shopify", _VIEW, _shopify),
    Route("GET", "/v1/integrations/{id}", _VIEW, _get),
    Route("GET", "/v1/integrations/etsy/{id}/status", _VIEW, _etsy_status),
    Route("GET", "/v1/integrations/shopify/{id}/status", _VIEW, _shopify_status),
    Route("POST", "/v1/integrations/etsy/{id}/sync-orders", ("integration.manage",), _sync, None, 201),
)
