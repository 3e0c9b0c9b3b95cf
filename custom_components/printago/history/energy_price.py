"""The price of a kilowatt-hour: from the energy meter, or from Home Assistant's energy settings."""

from collections.abc import Iterator, Mapping
import math
from typing import Any

from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.unit_conversion import EnergyConverter

CONF_PRICE = "price"
CONF_PRICE_ENTITY = "price_entity"

_HUNDREDTHS = frozenset({"c", "ct", "cent", "cents", "¢", "öre", "øre", "gr"})
"""Notations for a hundredth of a currency in units of prices."""
_CODE_LENGTH = 3

type Price = tuple[float | None, str | None]
"""The price and its currency as an ISO 4217 code; None if unknown."""


async def async_energy_settings(hass: HomeAssistant) -> Any:
    """Return Home Assistant's energy settings, which stay up to date; None if it does not use them."""
    if "energy" not in hass.config.components:
        return None
    from homeassistant.components.energy.data import async_get_manager

    return await async_get_manager(hass)


@callback
def async_energy_price(hass: HomeAssistant, meter: Mapping[str, Any], settings: Any) -> Price:
    """Return the current price of a kilowatt-hour.

    The meter's own, else that of the first grid in ``settings`` with a price.
    """
    if entity_id := meter.get(CONF_PRICE_ENTITY):
        return _price_of(hass, entity_id)
    if (price := meter.get(CONF_PRICE)) is not None:
        return float(price), hass.config.currency
    for source in _grids(settings):
        if entity_id := source.get("entity_energy_price"):
            return _price_of(hass, entity_id)
        if (price := source.get("number_energy_price")) is not None:
            return float(price), hass.config.currency
    return None, None


def _grids(settings: Any) -> Iterator[Mapping[str, Any]]:
    data = getattr(settings, "data", None) or {}
    for source in data.get("energy_sources", ()):
        if source.get("type") == "grid":
            yield source
            # Up to Home Assistant 2026.1, each tariff of a grid was a part of it.
            yield from source.get("flow_from", ())


@callback
def _price_of(hass: HomeAssistant, entity_id: str) -> Price:
    """Return the price from an entity's state, such as 0.31 EUR/kWh or 31 ct/kWh."""
    if (state := hass.states.get(entity_id)) is None:
        return None, None
    try:
        price = float(state.state)
    except ValueError:
        return None, None
    money, _, energy = str(state.attributes.get("unit_of_measurement") or "").partition("/")
    money, energy = money.strip(), energy.strip() or UnitOfEnergy.KILO_WATT_HOUR
    if not math.isfinite(price) or energy not in EnergyConverter.VALID_UNITS:
        return None, None
    price /= EnergyConverter.convert(1, energy, UnitOfEnergy.KILO_WATT_HOUR)
    if money.casefold() in _HUNDREDTHS:
        return price / 100, hass.config.currency
    if len(money) == _CODE_LENGTH and money.isascii() and money.isalpha():
        return price, money.upper()
    return price, hass.config.currency
