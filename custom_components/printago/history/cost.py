"""The cost of a print: its filament, the labor and overhead of its SKU, and its energy.

Unknown amounts never count as zero, and amounts of different currencies are never added.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..model.filament_need import FilamentNeed
from ..model.price_list import PriceList
from ..model.print_energy import PrintEnergy

_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintCost:
    """The cost of a print, in ``currency``."""

    amount: float | None
    """The total; None if any part is unknown."""
    currency: str
    material: float | None
    extra: float | None
    """Labor and overhead; 0 for a print that is not of an SKU, or that did not finish."""
    energy: float | None
    """None if it was not measured, has no price or is in another currency: then it is not part of ``amount``."""


def print_cost(
    used: Iterable[FilamentNeed],
    prices: PriceList,
    *,
    home_currency: str,
    share: float = 1.0,
    sku_id: str | None = None,
    finished: bool = True,
    energy: PrintEnergy | None = None,
) -> PrintCost | None:
    """Return the cost of a print; None while the currency of the prices is unknown.

    ``used`` is the filament of the whole print (``filament_needs``), of which it took ``share``; ``home_currency`` is
    Home Assistant's, which applies if the store has none. Labor and overhead are only added for a ``finished`` print: a
    failed one is printed again.
    """
    if not prices.currency_known:
        return None
    currency = prices.currency or home_currency
    material = _material_cost(used, prices, share)
    extra = prices.labor_and_overhead(sku_id) if sku_id is not None and finished else 0.0
    energy_cost = energy.cost if energy is not None and energy.currency == currency else None
    amount = None if material is None or extra is None else material + extra + (energy_cost or 0.0)
    return PrintCost(
        amount=_rounded(amount),
        currency=currency,
        material=_rounded(material),
        extra=_rounded(extra),
        energy=_rounded(energy_cost),
    )


def _material_cost(used: Iterable[FilamentNeed], prices: PriceList, share: float) -> float | None:
    total, any_filament = 0.0, False
    for need in used:
        any_filament = True
        if (grams := None if need.grams is None else need.grams * share) == 0:
            continue
        if grams is None or (price := prices.price(need.choices)) is None:
            return None
        total += grams * price / 1000
    return total if any_filament else None


def _rounded(amount: float | None) -> float | None:
    return None if amount is None else round(amount, _DIGITS) + 0
