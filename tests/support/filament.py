"""Loads filament into printers of the virtual farm, and reads it from the entities of trays."""

from typing import Any

from homeassistant.core import HomeAssistant

from tests.support.common import state_of
from virtual_farm import VirtualFarm
from virtual_farm.catalog import slot_fields
from virtual_farm.entities import Document
from virtual_farm.machine import Tray


def shelf(farm: VirtualFarm) -> str:
    """Add an idle printer with one AMS: three spools, and one empty slot; return its ID."""
    printer_id = farm.add_printer("X1C", name="Shelf", ready=True).id
    for slot, (name, color) in enumerate((("Black", "000000FF"), ("Red", "C12E1FFF"), ("Orange", "F75403FF"))):
        variant = variant_named(farm, name)
        material = farm.world.materials[variant["materialId"]]
        load(farm, printer_id, (0, slot), Tray(color, material["type"], material["name"], "", 80.0 - slot), variant)
    return printer_id


def variant_named(farm: VirtualFarm, name: str) -> Document:
    """Return a color by its name."""
    return next(variant for variant in farm.world.variants.values() if variant["name"] == name)


def load(
    farm: VirtualFarm, printer_id: str, place: tuple[int, int], tray: Tray | None, variant: Document | None = None
) -> None:
    """Load a spool into a slot, and assign a material to it; None removes either."""
    farm.fleet.load(farm.printer(printer_id), place, tray, slot_fields(farm.world, variant))
    farm.feed.flush(everything=True)


def attributes(hass: HomeAssistant, printer_id: str, key: str) -> dict[str, Any]:
    """Return the attributes of an entity, without Home Assistant's own ones."""
    shown = dict(state_of(hass, printer_id, key).attributes)
    return {name: shown[name] for name in ("color", "colors", "type", "remaining", "name", "active", "material")}
