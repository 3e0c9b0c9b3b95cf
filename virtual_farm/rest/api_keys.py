"""The API keys of a store, as far as a key can read them."""

from typing import Any

from .route import Call, Route


def _get(call: Call) -> Any:
    store = call.world.store
    dates = {"storeId": store["id"], "createdAt": store["createdAt"], "updatedAt": store["updatedAt"]}
    return {**call.farm.keys.record(call.ids["id"], call.world.now()), **dates}


def _permissions(call: Call) -> Any:
    return call.farm.keys.granted_directly(call.ids["id"])


ROUTES = (
    Route("GET", "/v1/api-keys/{id}", ("apiKey.view",), _get),
    Route("GET", "/v1/api-keys/{id}/permissions", ("apiKey.view",), _permissions),
)
