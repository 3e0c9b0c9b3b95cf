"""Assigned materials: lists, and events before, between and after them."""

from typing import Any

from custom_components.printago.api.models.entity_event import Action, read_event
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.model.materials import Materials
from tests.support.farm_model import material_rows, slot_rows, variant_rows

PRINTER = "p" * 24
FIRST = SlotAddress(0, 0)


def slot(**fields: Any) -> dict[str, Any]:
    """Return the record of a printer's first slot."""
    return {
        "printerId": PRINTER,
        "amsIndex": 0,
        "slotIndex": 0,
        "materialId": "pla",
        "variantId": "red",
        "materialType": "PLA",
        "updatedAt": "2026-11-24T12:00:00Z",
        **fields,
    }


def event(kind: str, action: Action = Action.UPDATE, **entities: dict[str, Any]) -> Any:
    """Return an event of some entities."""
    return read_event(kind=kind, action=action, entities=entities)


def known() -> Materials:
    """Return a slot, and the names of its material."""
    materials = Materials()
    assert materials.take_slots(slot_rows({"s1": slot()})) == {PRINTER}
    materials.take_names(
        material_rows({"pla": {"name": "PLA Basic", "identifier": "GFA00"}}),
        variant_rows({"red": {"name": "Red", "materialId": "pla"}}),
    )
    return materials


def test_assigned_material_has_name_and_color() -> None:
    materials = known()
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic Red"
    assert materials.assigned(PRINTER, SlotAddress(0, 1)) is None
    assert materials.assigned("q" * 24, FIRST) is None
    assert materials.name_of("GFA00") == "PLA Basic"
    assert materials.name_of("GFA01") is None


def test_type_replaces_unknown_names() -> None:
    materials = Materials()
    materials.take_slots(slot_rows({"s1": slot()}))
    assert materials.assigned(PRINTER, FIRST) == "PLA"


def test_material_is_found_if_the_slot_only_has_the_color() -> None:
    materials = known()
    materials.take_slots(slot_rows({"s1": slot(materialId=None)}))
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic Red"


def test_names_are_missing_until_they_were_read() -> None:
    materials = known()
    assert not materials.lacks_names
    materials.apply(event("printerslot", s1={"variantId": "blue"}))
    assert materials.lacks_names
    materials.take_names(material_rows({"pla": {"name": "PLA Basic"}}), {})
    assert not materials.lacks_names, "asked for once is enough"


def test_event_with_some_fields_changes_only_those() -> None:
    materials = known()
    assert materials.apply(event("printerslot", s1={"variantId": None})) == ({PRINTER}, False)
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic"
    assert materials.apply(event("printerslot", s1={"variantId": None})) == (set(), False)


def test_event_of_an_unknown_slot_without_a_position_requests_the_slots() -> None:
    materials = known()
    assert materials.apply(event("printerslot", s2={"materialId": "pla"})) == (set(), True)
    whole = slot(slotIndex=1)
    assert materials.apply(event("printerslot", Action.INSERT, s2=whole)) == ({PRINTER}, False)
    assert materials.assigned(PRINTER, SlotAddress(0, 1)) == "PLA Basic Red"


def test_deleted_slot_has_no_material() -> None:
    materials = known()
    assert materials.apply(event("printerslot", Action.DELETE, s1={})) == ({PRINTER}, False)
    assert materials.assigned(PRINTER, FIRST) is None


def test_older_record_does_not_overwrite_a_newer_one() -> None:
    materials = known()
    materials.apply(event("printerslot", s1={"variantId": None, "updatedAt": "2026-11-24T13:00:00Z"}))
    materials.take_slots(slot_rows({"s1": slot()}))
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic"


def test_renamed_material_changes_its_printers() -> None:
    materials = known()
    assert materials.apply(event("material", pla={"name": "House PLA"})) == ({PRINTER}, False)
    assert materials.assigned(PRINTER, FIRST) == "House PLA Red"
    assert materials.name_of("GFA00") == "House PLA"
    assert materials.apply(event("materialvariant", red={"name": "Crimson"})) == ({PRINTER}, False)
    assert materials.assigned(PRINTER, FIRST) == "House PLA Crimson"
    assert materials.apply(event("material", Action.INSERT, abs={"name": "ABS"})) == (set(), False)


def test_list_returns_the_changed_printers() -> None:
    materials = known()
    other = slot(printerId="q" * 24)
    assert materials.take_slots(slot_rows({"s1": slot(), "s2": other})) == {"q" * 24}
    assert materials.take_slots(slot_rows({"s2": other})) == {PRINTER}
