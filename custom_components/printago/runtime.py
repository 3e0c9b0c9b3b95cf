"""Runtime data of a loaded entry."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .api import PrintagoClient
from .coordinator import PrintagoCoordinator
from .history.energy import EnergyMeters
from .history.keeper import History
from .hub.cover_cache import CoverImageCache
from .hub.picture_names import PictureNames
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
