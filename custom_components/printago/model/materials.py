"""Which material Printago has assigned to which slot of a printer, and the names of materials."""

from collections.abc import Mapping
from datetime import datetime

from ..api.models.entity_event import Action, MaterialEvent, SlotEvent, VariantEvent
from ..api.models.fields import cut
from ..api.models.filament import SlotAddress
from ..api.models.material import Material, MaterialVariant, PrinterSlot
from ..api.models.row import Row
from .timestamps import is_older, none_after

_MOST_REMEMBERED = 20_000

type _Dated = PrinterSlot | Material | MaterialVariant


class Materials:
    """The materials of a store, and its slots."""

    def __init__(self) -> None:
        """Start empty."""
        self.slots: dict[str, PrinterSlot] = {}
        self.materials: dict[str, Material] = {}
        self.variants: dict[str, MaterialVariant] = {}
        self.events = 0
        """How many events about slots have arrived."""
        self._at: dict[tuple[str, SlotAddress], PrinterSlot] = {}
        self._codes: dict[str, str] = {}
        self._nameless: frozenset[str] = frozenset()

    # Reading

    def assigned(self, printer_id: str, place: SlotAddress) -> str | None:
        """Return what is assigned to a slot: material and color, or only the type if no name is known; None if nothing is."""
        slot = self._at.get((printer_id, place))
        if slot is None:
            return None
        variant = self.variants.get(slot.variant_id or "")
        material = self.materials.get(slot.material_id or (variant and variant.material_id) or "")
        names = [record.name for record in (material, variant) if record is not None and record.name]
        return cut(" ".join(names)) if names else slot.material_type

    @property
    def placed(self) -> Mapping[tuple[str, SlotAddress], PrinterSlot]:
        """Return the slots by printer ID and address; of several with the same address, the last one counts."""
        return self._at

    def color_name(self, printer_id: str, place: SlotAddress) -> str | None:
        """Return the name of the color that is assigned to a slot; None if none is, or its name is not known."""
        slot = self._at.get((printer_id, place))
        variant = self.variants.get(slot.variant_id or "") if slot is not None else None
        return variant.name or None if variant is not None else None

    def name_of(self, code: str) -> str | None:
        """Return the name of the material with this manufacturer's code; None if the store has none."""
        return self._codes.get(code)

    @property
    def lacks_names(self) -> bool:
        """Return whether a slot refers to a material that has not been looked up yet."""
        return not self._referred() <= self.materials.keys() | self.variants.keys() | self._nameless

    def _referred(self) -> set[str]:
        return {
            identifier
            for slot in self.slots.values()
            for identifier in (slot.material_id, slot.variant_id)
            if identifier is not None
        }

    # Merging

    def take_slots(self, rows: Mapping[str, Row[PrinterSlot]]) -> set[str]:
        """Replace the slots by a complete list; return the IDs of printers whose slots changed."""
        before = self._at
        self.slots = {slot_id: _merged(self.slots.get(slot_id), row) for slot_id, row in rows.items()}
        self._index()
        return {
            printer_id
            for printer_id, place in before.keys() | self._at.keys()
            if before.get((printer_id, place)) != self._at.get((printer_id, place))
        }

    def take_names(self, materials: Mapping[str, Row[Material]], variants: Mapping[str, Row[MaterialVariant]]) -> None:
        """Replace the materials and their colors by complete lists."""
        self.materials = {key: _merged(self.materials.get(key), row) for key, row in materials.items()}
        self.variants = {key: _merged(self.variants.get(key), row) for key, row in variants.items()}
        self._nameless = frozenset(self._referred() - self.materials.keys() - self.variants.keys())
        self._index_codes()

    def apply(self, message: SlotEvent | MaterialEvent | VariantEvent) -> tuple[set[str], bool]:
        """Merge an event; return the IDs of printers whose slots changed, and whether the slots must be read again."""
        if isinstance(message, SlotEvent):
            return self._apply_slots(message)
        if isinstance(message, MaterialEvent):
            _apply_names(self.materials, message.entities, message.action)
            self._index_codes()
        else:
            _apply_names(self.variants, message.entities, message.action)
        touched = {
            slot.printer_id
            for slot in self.slots.values()
            if slot.printer_id and (slot.material_id in message.entities or slot.variant_id in message.entities)
        }
        return touched, False

    def _apply_slots(self, message: SlotEvent) -> tuple[set[str], bool]:
        self.events += 1
        touched: set[str] = set()
        gaps = False
        for slot_id, row in message.entities.items():
            before = self.slots.get(slot_id)
            after = None
            if message.action is Action.DELETE:
                self.slots.pop(slot_id, None)
            else:
                after = _merged(before, row)
                if after.where is None:
                    gaps = True
                    continue
                if before is not None or len(self.slots) < _MOST_REMEMBERED:
                    self.slots[slot_id] = after
            if before != after:
                touched |= {slot.printer_id for slot in (before, after) if slot is not None and slot.printer_id}
        self._index()
        return touched, gaps

    def forget_timestamps_after(self, latest: datetime) -> None:
        """Forget timestamps that are later, since Printago's clock was set back."""
        self.slots = _without_timestamps_after(self.slots, latest)
        self.materials = _without_timestamps_after(self.materials, latest)
        self.variants = _without_timestamps_after(self.variants, latest)
        self._index()

    def _index(self) -> None:
        self._at = {where: slot for slot in self.slots.values() if (where := slot.where) is not None}

    def _index_codes(self) -> None:
        self._codes = {
            material.identifier: material.name
            for material in self.materials.values()
            if material.identifier and material.name
        }


def _apply_names[R: _Dated](known: dict[str, R], rows: Mapping[str, Row[R]], action: Action) -> None:
    for identifier, row in rows.items():
        if action is Action.DELETE:
            known.pop(identifier, None)
        elif identifier in known or len(known) < _MOST_REMEMBERED:
            known[identifier] = _merged(known.get(identifier), row)


def _merged[R: _Dated](before: R | None, row: Row[R]) -> R:
    if before is not None and is_older(row.updated_at, before.updated_at):
        return before
    return row.applied_to(before)


def _without_timestamps_after[R: (PrinterSlot, Material, MaterialVariant)](
    records: Mapping[str, R], latest: datetime
) -> dict[str, R]:
    return {
        identifier: record.changed({"updated_at": none_after(record.updated_at, latest)})
        for identifier, record in records.items()
    }
