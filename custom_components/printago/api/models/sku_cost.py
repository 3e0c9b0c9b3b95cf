"""The costs of SKUs (the vendor's ``CostBreakdown``, ``SkuCost`` and ``CostComponent`` schemas)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import fields as f

_MONEY = f.number(-1e9, 1e9)
_BREAKDOWN_FIELDS: f.Fields = {name: (name, _MONEY) for name in ("materials", "labor", "overhead", "total")}
_COST_FIELDS: f.Fields = {
    "skuId": ("sku_id", f.path_text),
    "costComponentId": ("component_id", f.path_text),
    "quantity": ("quantity", _MONEY),
}
_COMPONENT_FIELDS: f.Fields = {"type": ("type", f.text), "rate": ("rate", _MONEY)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBreakdown:
    """The costs of one copy of an SKU, in the currency of the store; None for unknown ones."""

    materials: float | None = None
    labor: float | None = None
    overhead: float | None = None
    total: float | None = None

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> CostBreakdown:
        """Read a breakdown."""
        return cls(**f.read_fields(source, _BREAKDOWN_FIELDS))


@dataclass(frozen=True, slots=True)
class ExtraCost:
    """Labor and overhead of one copy of an SKU; None if a rate or a quantity is unknown."""

    labor: float | None = 0.0
    overhead: float | None = 0.0


def read_extra_costs(
    costs: Iterable[Mapping[str, Any]], components: Mapping[str, Mapping[str, Any]]
) -> dict[str, ExtraCost]:
    """Return labor and overhead by SKU ID, from the rows of ``SkuCost`` and the components that they name.

    A cost with a missing or unreadable component makes both unknown: it could be part of either.
    """
    result: dict[str, ExtraCost] = {}
    for row in costs:
        cost = f.read_fields(row, _COST_FIELDS)
        if (sku_id := cost.get("sku_id")) is None:
            continue
        known = result.get(sku_id, ExtraCost())
        component = f.read_fields(components.get(cost.get("component_id") or ""), _COMPONENT_FIELDS)
        rate, quantity = component.get("rate"), cost.get("quantity")
        amount = None if rate is None or quantity is None else rate * quantity
        match component.get("type"):
            case "labor":
                result[sku_id] = ExtraCost(_sum(known.labor, amount), known.overhead)
            case "overhead":
                result[sku_id] = ExtraCost(known.labor, _sum(known.overhead, amount))
            case "material":
                result[sku_id] = known
            case _:
                result[sku_id] = ExtraCost(None, None)
    return result


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
