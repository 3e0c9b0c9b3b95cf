"""The API keys of a store, as far as a key may look at them."""

from typing import Any

from .route import Call, Route


def _permissions(call: Call) -> Any:
    return call.farm.keys.granted_directly(call.ids["id"])


ROUTES = (Route("GET", "/v1/api-keys/{id}/permissions", ("apiKey.view",), _permissions),)
