"""Materials, their colors, and which of them Printago has assigned to the slots of printers.

Field names and types are those of the vendor's ``Material``, ``MaterialVariant`` and ``PrinterSlot`` schemas.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from . import fields as f
from .filament import SlotAddress
from .records import Record

_INDEX = f.whole(-1, 255)
_PRICE = f.number(0, 1e9)

_SLOT_FIELDS: f.Fields = {
    "printerId": ("printer_id", f.reference),
    "amsIndex": ("ams", _INDEX),
    "slotIndex": ("slot", _INDEX),
    "materialId": ("material_id", f.path_text),
    "variantId": ("variant_id", f.path_text),
    "materialType": ("material_type", f.text),
    "instanceId": ("instance_id", f.path_text),
    "updatedAt": ("updated_at", f.moment),
}
_MATERIAL_FIELDS: f.Fields = {
    "name": ("name", f.text),
    "identifier": ("identifier", f.text),
    "type": ("type", f.filled_text),
    "pricePer1000g": ("price_per_kg", _PRICE),
    "updatedAt": ("updated_at", f.moment),
}
_VARIANT_FIELDS: f.Fields = {
    "name": ("name", f.text),
    "materialId": ("material_id", f.path_text),
    "color": ("color", f.filled_text),
    "pricePer1000g": ("price_per_kg", _PRICE),
    "updatedAt": ("updated_at", f.moment),
}
_INSTANCE_FIELDS: f.Fields = {
    "variantId": ("variant_id", f.path_text),
    "materialId": ("material_id", f.path_text),
    "materialType": ("material_type", f.filled_text),
    "remainingMaterial": ("remaining", f.number(0, 1_000_000)),
    "updatedAt": ("updated_at", f.moment),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterSlot(Record):
    """What Printago has assigned to a slot of a printer; matching uses it."""

    FIELDS: ClassVar[f.Fields] = _SLOT_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"printer_id", "ams", "slot", "updated_at"})

    printer_id: str | None = None
    ams: int | None = None
    slot: int | None = None
    material_id: str | None = None
    variant_id: str | None = None
    material_type: str | None = None
    instance_id: str | None = None
    """The loaded spool, if it is in stock."""
    updated_at: datetime | None = None

    @property
    def where(self) -> tuple[str, SlotAddress] | None:
        """Return the printer's ID and the slot, None if unknown."""
        if self.printer_id is None or self.ams is None or self.slot is None:
            return None
        return self.printer_id, SlotAddress(self.ams, self.slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material(Record):
    """A filament such as "PLA Basic"; ``identifier`` is its manufacturer's code, such as ``GFA00``."""

    FIELDS: ClassVar[f.Fields] = _MATERIAL_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"name", "updated_at"})

    name: str | None = None
    identifier: str | None = None
    type: str | None = None
    price_per_kg: float | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialVariant(Record):
    """A material in one color; ``name`` is the color's."""

    FIELDS: ClassVar[f.Fields] = _VARIANT_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"name", "material_id", "updated_at"})

    name: str | None = None
    material_id: str | None = None
    color: str | None = None
    """The color as in the cloud: hex, with or without ``#`` and alpha."""
    price_per_kg: float | None = None
    """None if it costs the same as its material."""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialInstance(Record):
    """A spool in stock or in a slot."""

    FIELDS: ClassVar[f.Fields] = _INSTANCE_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"variant_id", "material_id", "material_type", "updated_at"})

    variant_id: str | None = None
    material_id: str | None = None
    material_type: str | None = None
    remaining: float | None = None
    """Grams left on it [assumed]."""
    updated_at: datetime | None = None
