"""The filament weight of full spools, as set by users."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from .store_access import StoreAccess

SUBENTRY_TYPE = "spool_weight"
CONF_MATERIAL = "material"
CONF_WEIGHT = "weight"


@callback
def async_follow_spool_weights(entry: ConfigEntry, store: StoreAccess) -> None:
    """Follow the current subentries."""
    weights = {
        subentry.data[CONF_MATERIAL]: float(subentry.data[CONF_WEIGHT])
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_TYPE
    }
    if weights != store.store_state.stock.spool_grams:
        store.store_state.stock.spool_grams = weights
        store.listeners.async_update_farm_soon()
