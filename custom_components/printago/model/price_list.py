"""Prices of a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..api.models.job_material import MaterialChoice
from ..api.models.material import Material, MaterialVariant
from ..api.models.sku_cost import ExtraCost
from .materials import Materials


@dataclass(slots=True)
class PriceList:
    """Prices of materials, and labor and overhead of SKUs, all in the currency of the store."""

    materials: Materials
    currency: str | None = None
    """ISO 4217 code; None if the store has none."""
    currency_known: bool = False
    """The store's currency was read, or the key is not allowed to read it."""
    extra_costs: Mapping[str, ExtraCost] | None = None
    """By SKU ID, for one copy; a missing SKU has none. None until read."""
    jobs_of_sku: Mapping[str, float] = field(default_factory=dict)
    """Number of jobs of one copy, by SKU ID."""

    def price(self, choices: tuple[MaterialChoice, ...]) -> float | None:
        """Return the price of a kilogram; None if unknown, or if it depends on which of several materials is used."""
        prices = {price for choice in choices for price in self._prices(choice)}
        return prices.pop() if len(prices) == 1 else None

    def labor_and_overhead(self, sku_id: str) -> float | None:
        """Return labor and overhead of one job of a SKU; None if they are unknown."""
        if self.extra_costs is None:
            return None
        cost = self.extra_costs.get(sku_id, ExtraCost())
        if cost.labor is None or cost.overhead is None:
            return None
        if not (total := cost.labor + cost.overhead):
            return 0.0
        jobs = self.jobs_of_sku.get(sku_id)
        return total / jobs if jobs else None

    def _prices(self, choice: MaterialChoice) -> set[float | None]:
        known = self.materials
        if choice.variant_id is not None:
            return {self._price_of_variant(known.variants.get(choice.variant_id))}
        if choice.material_id is not None:
            return {_price_of(known.materials.get(choice.material_id))}
        if choice.material_type is not None:
            return {
                material.price_per_kg for material in known.materials.values() if material.type == choice.material_type
            }
        return {None}

    def _price_of_variant(self, variant: MaterialVariant | None) -> float | None:
        if variant is None:
            return None
        if variant.price_per_kg is not None:
            return variant.price_per_kg
        return _price_of(self.materials.materials.get(variant.material_id or ""))


def _price_of(material: Material | None) -> float | None:
    return material.price_per_kg if material is not None else None
