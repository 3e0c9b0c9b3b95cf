"""Runtime data of a loaded entry."""

from collections.abc import Iterable
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .api import PrintagoClient
from .coordinator import PrintagoCoordinator
from .history.energy import EnergyMeters
from .history.keeper import History
from .hub.cover_cache import CoverImageCache
from .hub.devices import async_called
from .hub.picture_names import PictureNames
from .model.spelling import distinct
from .printing.catalog import Catalog
from .printing.catalog_list import CatalogList
from .printing.saved_prints import SavedPrints


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintagoRuntime:
    """One store while its entry is loaded."""

    coordinator: PrintagoCoordinator
    client: PrintagoClient
    catalog: Catalog
    catalog_list: CatalogList
    saved_prints: SavedPrints
    covers: CoverImageCache
    pictures: PictureNames
    history: History
    energy_meters: EnergyMeters


type PrintagoConfigEntry = ConfigEntry[PrintagoRuntime]


@callback
def async_named_stores(hass: HomeAssistant, entries: Iterable[PrintagoConfigEntry]) -> dict[str, PrintagoConfigEntry]:
    """Return loaded stores by the name that users see, with their IDs if several share a name."""
    by_id = {entry.runtime_data.coordinator.store_id: entry for entry in entries}
    names = {store_id: async_called(hass, entry, store_id, entry.title) for store_id, entry in by_id.items()}
    return {name: by_id[store_id] for store_id, name in distinct(names).items()}
