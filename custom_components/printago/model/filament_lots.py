"""The filament of a store by lots: the loaded trays, and the spools in stock."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..api.models.filament import SlotAddress
from ..api.models.job_material import MaterialChoice
from ..api.models.material import MaterialInstance, PrinterSlot
from .printer import PrinterState
from .stock import DEFAULT_SPOOL_GRAMS, MaterialGroup, Stock, loaded_spool_ids


@dataclass(frozen=True, slots=True)
class FilamentKind:
    """The material of a lot, as exactly as Printago knows it."""

    variant_id: str | None
    material_id: str | None
    material_type: str | None

    @property
    def choice(self) -> MaterialChoice:
        """Return the choice that matches exactly this."""
        if self.variant_id is not None:
            return MaterialChoice(variant_id=self.variant_id)
        if self.material_id is not None:
            return MaterialChoice(material_id=self.material_id)
        return MaterialChoice(material_type=self.material_type)

    def is_one_of(self, choices: tuple[MaterialChoice, ...], groups: Mapping[str, MaterialGroup]) -> bool:
        """Return whether this matches one of the choices; any filament does if there are none."""
        return not choices or any(self._is(choice, groups) for choice in choices)

    def _is(self, choice: MaterialChoice, groups: Mapping[str, MaterialGroup]) -> bool:
        if choice.variant_id is not None:
            return self.variant_id == choice.variant_id
        if choice.material_id is not None:
            return self.material_id == choice.material_id
        if choice.material_type is not None:
            return self.material_type is not None and self.material_type.casefold() == choice.material_type.casefold()
        group = groups.get(choice.group_id or "")
        return group is not None and any(self._is(member, {}) for member in group.members)


@dataclass(slots=True, eq=False)
class Lot:
    """Filament in one place."""

    kind: FilamentKind
    grams: float | None
    """The weight; None if unknown."""
    printer: PrinterState | None = None
    """The printer that it is loaded in; None for a spool in stock."""
    place: SlotAddress | None = None
    left: float | None = None
    """The part of the weight that is not needed yet."""

    def __post_init__(self) -> None:
        """Start with the whole weight."""
        self.left = self.grams

    def take(self, wanted: float) -> float:
        """Use up to this many grams; return how many there were."""
        if self.left is None:
            return 0.0
        taken = min(wanted, self.left)
        self.left -= taken
        return taken


def filament_lots(stock: Stock, printers: Mapping[str, PrinterState]) -> list[Lot]:
    """Return the loaded lots, then those in stock."""
    lots = []
    for (printer_id, place), slot in stock.materials.placed.items():
        printer = printers.get(printer_id)
        if printer is not None and (slot.variant_id or slot.material_id or slot.material_type):
            kind = _kind_of(slot, stock)
            grams = _loaded_grams(printer, place, stock.spools.get(slot.instance_id or ""), kind, stock)
            lots.append(Lot(kind, grams, printer, place))
    loaded = loaded_spool_ids(stock.materials)
    lots += [Lot(_kind_of(spool, stock), spool.remaining) for key, spool in stock.spools.items() if key not in loaded]
    return lots


def _kind_of(record: PrinterSlot | MaterialInstance, stock: Stock) -> FilamentKind:
    variant = stock.materials.variants.get(record.variant_id or "")
    material_id = record.material_id or (variant.material_id if variant is not None else None)
    material = stock.materials.materials.get(material_id or "")
    known_type = material.type if material is not None else None
    return FilamentKind(record.variant_id, material_id, known_type or record.material_type)


def _loaded_grams(
    printer: PrinterState, place: SlotAddress, spool: MaterialInstance | None, kind: FilamentKind, stock: Stock
) -> float | None:
    """Return the loaded weight: the printer's measurement takes precedence over Printago's record of the spool."""
    tray = printer.tray(place)
    if tray is not None and tray.empty:
        return 0.0
    recorded = spool.remaining if spool is not None else None
    if tray is None or tray.remaining is None:
        return recorded
    full = stock.spool_grams.get(kind.material_id or "")
    if full is None:
        # A spool with a greater remaining weight is a larger one.
        full = max(DEFAULT_SPOOL_GRAMS, recorded or 0.0)
    return tray.remaining / 100 * full
