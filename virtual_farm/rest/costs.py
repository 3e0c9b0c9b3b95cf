"""Costs of SKUs."""

from typing import Any

from virtual_farm.costs import breakdown, costs_of
from virtual_farm.errors import NotFoundError

from .resource import list_routes
from .route import Call, Route

_COMPONENT_FIELDS = "id name unit rate type description storeId createdAt updatedAt"
_COST_FIELDS = "id skuId costComponentId quantity storeId createdAt updatedAt"


def _sku_id(call: Call) -> str:
    sku_id = call.ids["skuId"]
    if sku_id not in call.world.skus:
        raise NotFoundError("SKU", sku_id)
    return sku_id


def _breakdown(call: Call) -> Any:
    return breakdown(call.world, _sku_id(call))


def _by_sku(call: Call) -> Any:
    components = call.world.cost_components
    return [{**cost, "component": components[cost["costComponentId"]]} for cost in costs_of(call.world, _sku_id(call))]


ROUTES = (
    *list_routes(
        "/v1/cost-components",
        "settings.view",
        lambda call: call.world.cost_components.values(),
        _COMPONENT_FIELDS,
    ),
    *list_routes("/v1/sku-costs", "sku.view", lambda call: call.world.sku_costs.values(), _COST_FIELDS),
    Route("GET", "/v1/sku-costs/by-sku/{skuId}", ("sku.view",), _by_sku),
    Route("GET", "/v1/sku-costs/breakdown/{skuId}", ("sku.view",), _breakdown),
)
