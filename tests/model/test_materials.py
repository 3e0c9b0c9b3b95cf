"""Assigned materials: lists, and events before, between and after them."""

from typing import Any

import pytest

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


def test_only_the_color_has_a_name() -> None:
    materials = known()
    assert materials.color_name(PRINTER, FIRST) == "Red"
    assert materials.color_name(PRINTER, SlotAddress(0, 1)) is None
    materials.apply(event("materialvariant", red={"name": ""}))
    assert materials.color_name(PRINTER, FIRST) is None
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic"
    materials.apply(event("printerslot", s1={"variantId": "blue"}))
    assert materials.color_name(PRINTER, FIRST) is None
    materials.apply(event("materialvariant", Action.DELETE, red={}))
    materials.apply(event("printerslot", s1={"variantId": "red"}))
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic"


def test_names_of_material_and_color_are_cut_to_the_length_of_a_state() -> None:
    materials = known()
    materials.apply(event("material", pla={"name": "x" * 255}))
    name = materials.assigned(PRINTER, FIRST)
    assert name is not None
    assert len(name) == 255


def test_color_without_a_known_material_is_named() -> None:
    materials = known()
    materials.apply(event("printerslot", s1={"materialId": "gone"}))
    assert materials.assigned(PRINTER, FIRST) == "Red"


def test_names_are_missing_before_the_first_read_only_if_a_slot_has_a_material() -> None:
    materials = Materials()
    assert not materials.lacks_names
    materials.take_slots(slot_rows({"s1": slot()}))
    assert materials.lacks_names


@pytest.mark.parametrize("missing", ["materialId", "variantId"])
def test_names_are_missing_for_an_unknown_material_or_color(missing: str) -> None:
    materials = known()
    materials.apply(event("printerslot", s1={missing: "new"}))
    assert materials.lacks_names
    materials.apply(event("printerslot", s1={missing: None}))
    assert not materials.lacks_names


def test_event_that_brings_a_name_ends_the_search_for_it() -> None:
    materials = known()
    materials.apply(event("printerslot", s1={"materialId": "abs", "variantId": "blue"}))
    materials.apply(event("material", Action.INSERT, abs={"name": "ABS"}))
    assert materials.lacks_names
    materials.apply(event("materialvariant", Action.INSERT, blue={"name": "Blue"}))
    assert not materials.lacks_names
    assert materials.assigned(PRINTER, FIRST) == "ABS Blue"


def test_events_of_slots_are_counted() -> None:
    materials = known()
    assert materials.events == 0
    materials.apply(event("printerslot", s1={"variantId": None}))
    materials.apply(event("printerslot", s1={}))
    materials.apply(event("material", pla={"name": "PLA"}))
    assert materials.events == 2


def test_slot_without_a_position_does_not_hide_the_others_of_its_event() -> None:
    materials = known()
    message = event("printerslot", unknown={"materialId": "pla"}, s1={"variantId": None})
    assert materials.apply(message) == ({PRINTER}, True)
    assert materials.assigned(PRINTER, FIRST) == "PLA Basic"
    assert "unknown" not in materials.slots


def test_slot_that_moves_to_another_printer_changes_both() -> None:
    materials = known()
    assert materials.apply(event("printerslot", s1={"printerId": "q" * 24})) == ({PRINTER, "q" * 24}, False)
    assert materials.assigned(PRINTER, FIRST) is None
    assert materials.assigned("q" * 24, FIRST) == "PLA Basic Red"


def test_slot_that_gets_its_printer_changes_that_one_only() -> None:
    materials = Materials()
    materials.take_slots(slot_rows({"s1": slot(printerId=None)}))
    assert materials.apply(event("printerslot", s1={"printerId": PRINTER})) == ({PRINTER}, False)


def test_material_without_a_code_has_none() -> None:
    materials = known()
    materials.apply(event("material", pla={"identifier": ""}))
    assert materials.name_of("") is None


def test_deleted_material_or_code_names_nothing() -> None:
    materials = known()
    assert materials.apply(event("material", Action.DELETE, unknown={}, pla={})) == ({PRINTER}, False)
    assert materials.name_of("GFA00") is None
    assert materials.assigned(PRINTER, FIRST) == "Red"
    materials.apply(event("material", Action.INSERT, pla={"identifier": "GFA00"}, abs={"name": "ABS"}))
    assert materials.name_of("GFA00") is None
    materials.take_names(material_rows({"pla": {"name": "PLA", "identifier": "GFA01"}}), {})
    assert materials.name_of("GFA01") == "PLA"


def test_older_names_do_not_replace_newer_ones() -> None:
    materials = known()
    for kind, key in (("material", "pla"), ("materialvariant", "red")):
        for name, hour in (("New", 13), ("Old", 12)):
            row = {"name": name, "updatedAt": f"2026-11-24T{hour}:00:00Z"}
            materials.apply(event(kind, Action.UPDATE, **{key: row}))
    assert materials.assigned(PRINTER, FIRST) == "New New"
    old = {"name": "Old", "updatedAt": "2026-11-24T12:00:00Z"}
    materials.take_names(material_rows({"pla": old}), variant_rows({"red": old}))
    assert materials.assigned(PRINTER, FIRST) == "New New"


def test_slots_and_names_of_events_are_limited_and_known_ones_still_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.model.materials._MOST_REMEMBERED", 2)
    materials = known()
    for number in range(1, 4):
        materials.apply(event("printerslot", Action.INSERT, **{f"n{number}": slot(slotIndex=number)}))
        materials.apply(event("material", Action.INSERT, **{f"n{number}": {"name": "ABS"}}))
    assert list(materials.slots) == ["s1", "n1"]
    assert list(materials.materials) == ["pla", "n1"]
    assert materials.apply(event("printerslot", n1={"materialId": None, "variantId": None})) == ({PRINTER}, False)
    assert materials.assigned(PRINTER, SlotAddress(0, 1)) == "PLA"
    materials.apply(event("material", pla={"name": "House PLA"}))
    assert materials.assigned(PRINTER, FIRST) == "House PLA Red"
