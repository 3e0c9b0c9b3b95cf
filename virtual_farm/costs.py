"""Costs of SKUs besides material: labor and overhead."""

from typing import Literal

from .entities import Document
from .world import World

type CostType = Literal["material", "labor", "overhead"]

_GRAMS_PER_PRICE = 1000


def add_component(world: World, name: str, kind: CostType, rate: float, unit: str) -> Document:
    """Add a cost component with a rate per unit (schema `CostComponent`)."""
    document = world.document(name=name, unit=unit, rate=rate, type=kind)
    return world.cost_components.insert(document["id"], document)


def add_cost(world: World, sku_id: str, component: Document, quantity: float) -> Document:
    """Assign a number of units of a component to a SKU (schema `SkuCost`)."""
    document = world.document(skuId=sku_id, costComponentId=component["id"], quantity=quantity)
    world.sku_costs.insert(document["id"], document)
    world.skus.change(sku_id, {"totalCogs": breakdown(world, sku_id)["total"]})
    return document


def breakdown(world: World, sku_id: str) -> Document:
    """Return the cost of one SKU (schema `CostBreakdown`).

    The material cost is the weight of its parts times the price of the first material of their type that has a
    price.
    """
    sums = {"materials": _materials(world, sku_id), "labor": 0.0, "overhead": 0.0}
    for cost in costs_of(world, sku_id):
        component = world.cost_components[cost["costComponentId"]]
        key = "materials" if component["type"] == "material" else component["type"]
        sums[key] += component["rate"] * cost["quantity"]
    rounded = {key: round(value, 2) for key, value in sums.items()}
    return {**rounded, "total": round(sum(rounded.values()), 2)}


def costs_of(world: World, sku_id: str) -> list[Document]:
    """Return the cost of a SKU besides its material."""
    return [cost for cost in world.sku_costs.values() if cost["skuId"] == sku_id]


def _materials(world: World, sku_id: str) -> float:
    total = 0.0
    for linked in world.linked_parts.values():
        part = world.parts.get(linked["partId"])
        if linked["skuId"] != sku_id or part is None or part["slicingEstimate"] is None:
            continue
        for usage in part["slicingEstimate"]["materials"]:
            price = _price(world, usage["materialType"])
            total += usage["usedGrams"] / _GRAMS_PER_PRICE * price * linked["quantity"]
    return total


def _price(world: World, kind: str) -> float:
    prices = (item["pricePer1000g"] for item in world.materials.values() if item["type"] == kind)
    return next((float(price) for price in prices if price is not None), 0.0)
