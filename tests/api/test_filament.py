"""Filament in telemetry: every documented form is read, anything else does no harm."""

from contextlib import suppress
import re
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api.models.fields import UnreadableError, same
from custom_components.printago.api.models.filament import (
    SlotAddress,
    Tray,
    keys_of,
    read_filament,
    read_mapping,
    slot_address_of,
)
from custom_components.printago.api.models.telemetry import TelemetryDiff
from tests.api.payloads import ANYTHING, damaged

SPOOL = {"id": "0", "color": "#C12E1FFF", "info": "PLA Basic", "tagId": "A1", "type": "PLA", "remaining": 71.6}
FILAMENT = {
    "ams": {
        "status": {"slotsLoaded": "1", "slotsReading": "0"},
        "ams": [{"slots": [SPOOL, {"id": "1"}, {"id": "2"}, {"id": "3"}]}],
    },
    "spool": {key: value for key, value in SPOOL.items() if key != "id"},
}
LOADED = Tray(colors=("#C12E1F",), type="PLA", info="PLA Basic", remaining=72)
EMPTY = Tray(empty=True)


def unit(*slots: Any) -> dict[str, Any]:
    """Return filament in one AMS."""
    return {"ams": {"ams": [{"slots": list(slots)}]}}


def test_ams_and_spool_are_read() -> None:
    assert read_filament(FILAMENT) == {"ams": ((LOADED, EMPTY, EMPTY, EMPTY),), "external_spool": LOADED}


@pytest.mark.parametrize(
    ("raw", "color"),
    [
        ("C12E1F", "#C12E1F"),
        ("#C12E1F", "#C12E1F"),
        ("C12E1FFF", "#C12E1F"),
        ("c12e1fff", "#C12E1F"),
        ("c12e1f", "#C12E1F"),
        (" #C12E1F ", "#C12E1F"),
        ("#C12E1F00", "#C12E1F00"),
        ("C12E1F80", "#C12E1F80"),
        ("000000FF", "#000000"),
        ("00000000", "#00000000"),
        ("FFFFFF00", "#FFFFFF00"),
        ("FFFFFF", "#FFFFFF"),
        ("", None),
        ("C12E1", None),
        ("C12E1F0", None),
        ("##C12E1F", None),
        ("C12E1F\x00", None),
        ("red", None),
        (0xC12E1F, None),
        (True, None),
        ([], None),
        ({"hex": "C12E1F"}, None),
    ],
)
def test_color_has_one_form_with_alpha_only_if_not_opaque(raw: object, color: str | None) -> None:
    ((tray,),) = read_filament(unit({"id": "0", "color": raw, "type": "PLA"}))["ams"]
    assert tray.color == color
    assert tray.type == "PLA"


@pytest.mark.parametrize(
    "raw",
    [
        "#FF9425FF;#C16784FF",
        "FF9425FF,C16784FF",
        "ff9425 c16784",
        "#FF9425FF ; #C16784FF;",
        "FF9425|C16784",
        ["#FF9425FF", "C16784"],
        ["#FF9425FF", None, 7, "brown", "#C16784FF"],
        "#FF9425FF;brown;#C16784FF",
    ],
)
def test_several_colors_are_all_read_and_the_first_represents_them(raw: object) -> None:
    ((tray,),) = read_filament(unit({"id": "0", "color": raw, "type": "PLA"}))["ams"]
    assert tray.colors == ("#FF9425", "#C16784")
    assert tray.color == "#FF9425"


@pytest.mark.parametrize("spool", [{"type": 7}, {"type": "", "info": ["PLA"]}, 7, [], "PLA"])
def test_unreadable_spool_is_unknown_and_not_empty(spool: object) -> None:
    assert read_filament({"spool": spool}) == {"external_spool": Tray()}


def test_number_of_colors_is_limited() -> None:
    for raw in ("FF9425 " * 10_000, ["FF9425"] * 10_000, "9" * 100_000):
        ((tray,),) = read_filament(unit({"id": "0", "color": raw, "type": "PLA"}))["ams"]
        assert len(tray.colors) <= 16


@pytest.mark.parametrize(
    ("slot", "tray"),
    [
        ({"id": "0"}, EMPTY),
        ({}, EMPTY),
        ({"id": "0", "color": None, "info": None, "type": None, "remaining": None}, EMPTY),
        ({"id": "0", "color": "", "info": "", "type": "", "remaining": 0}, Tray(remaining=0)),
        ({"id": "0", "color": "FFFFFF", "info": " ", "type": "", "remaining": -1}, Tray(colors=("#FFFFFF",))),
        ({"id": "0", "color": "00000000", "info": "", "type": "", "remaining": 0}, Tray(remaining=0)),
        ({"id": "0", "color": "00000000", "info": "GFG01", "type": ""}, Tray(colors=("#00000000",), info="GFG01")),
        ({"id": "0", "type": "PLA", "remaining": 101}, Tray(type="PLA", remaining=100)),
        ({"id": "0", "type": "PLA", "remaining": 255}, Tray(type="PLA")),
        ({"id": "0", "type": "PLA", "remaining": True}, Tray(type="PLA")),
        ({"id": "0", "type": 7, "info": ["PLA"], "remaining": "50"}, Tray()),
        (None, Tray()),
        ("PLA", Tray()),
    ],
)
def test_empty_slot_differs_from_an_unknown_one(slot: object, tray: Tray) -> None:
    assert read_filament(unit(slot))["ams"] == ((tray,),)


@pytest.mark.parametrize(
    "spool",
    [
        {},
        {"id": "254"},
        {"color": "00000000", "info": "", "type": "", "remaining": 0},
        {"color": "C12E1FFF", "remaining": 40},
        {"color": "C12E1FFF", "info": None, "type": " "},
    ],
)
def test_spool_holder_that_was_not_set_up_is_empty(spool: dict[str, Any]) -> None:
    assert read_filament({"spool": spool}) == {"external_spool": EMPTY}


@pytest.mark.parametrize(
    ("source", "readings"),
    [
        ({}, {}),
        (None, {"ams": (), "external_spool": None}),
        (7, {"ams": None, "external_spool": None}),
        ([], {"ams": None, "external_spool": None}),
        ({"spool": 7, "ams": 7}, {"ams": None, "external_spool": Tray()}),
        ({"spool": [SPOOL], "ams": [{"slots": [SPOOL]}]}, {"ams": None, "external_spool": Tray()}),
        ({"ams": {"status": {}, "ams": []}}, {"ams": ()}),
        ({"ams": {"status": {}, "ams": None}}, {"ams": ()}),
        ({"ams": {"status": {}, "ams": 7}}, {"ams": None}),
        ({"ams": {"status": {}, "ams": {"slots": [SPOOL]}}}, {"ams": None}),
        ({"ams": {"status": {}}}, {}),
        ({"ams": None, "spool": None}, {"ams": (), "external_spool": None}),
        ({"ams": {"ams": [{}, {"slots": [{"id": "0"}]}]}}, {"ams": ((), (EMPTY,))}),
    ],
)
def test_only_mentioned_fields_are_read_and_unreadable_ones_are_unknown(
    source: object, readings: dict[str, Any]
) -> None:
    assert read_filament(source) == readings


def test_complete_message_without_units_means_no_ams() -> None:
    filament = {"spool": FILAMENT["spool"]}
    whole = {"temps": {}, "print": {}, "health": {}, "filament": filament}
    assert TelemetryDiff().news({"data": whole})["ams"] == ()
    for missing in ("temps", "print", "health"):
        sparse = {group: value for group, value in whole.items() if group != missing}
        assert "ams" not in TelemetryDiff().news({"data": sparse}), missing
    assert "ams" not in TelemetryDiff().news({"data": {"filament": filament}})
    assert "ams" not in TelemetryDiff().news({"data": {**whole, "filament": {}}})


def test_number_of_units_and_slots_is_limited() -> None:
    units = read_filament({"ams": {"ams": [{"slots": [SPOOL] * 1000}] * 1000}})["ams"]
    assert len(units) <= 12
    assert all(len(slots) <= 4 for slots in units)
    assert len(read_mapping([{"amsIndex": 0, "slotIndex": n % 200} for n in range(10_000)])) <= 100


def test_slot_names_count_from_one() -> None:
    assert keys_of(((EMPTY,), (), (EMPTY, EMPTY))) == {"ams_1_tray_1", "ams_3_tray_1", "ams_3_tray_2"}
    assert slot_address_of("ams_3_tray_2") == SlotAddress(2, 1)
    assert slot_address_of("external_spool") == SlotAddress(-1, 0)
    assert slot_address_of("ams_0_tray_1") is slot_address_of("ams_1_tray_") is slot_address_of("stage") is None


def test_mapping_contains_the_slots_of_a_job() -> None:
    mapping = [
        {"amsIndex": 0, "slotIndex": 2, "materialType": "PLA"},
        {"amsIndex": -1, "slotIndex": 0},
        {"amsIndex": 1, "slotIndex": 0, "skip": True},
        {"amsIndex": 1},
        {"amsIndex": "1", "slotIndex": 0},
        None,
    ]
    assert read_mapping(mapping) == {SlotAddress(0, 2), SlotAddress(-1, 0)}


@pytest.mark.parametrize(
    "external",
    [
        {"amsIndex": -1, "slotIndex": 0},
        {"amsIndex": -1, "slotIndex": 1},
        {"amsIndex": -1},
        {"amsIndex": 254, "slotIndex": 0},
        {"amsIndex": 255, "slotIndex": 254},
    ],
)
def test_every_external_spool_is_the_one_in_telemetry(external: dict[str, Any]) -> None:
    assert read_mapping([external, {"amsIndex": 0, "slotIndex": 3}]) == {SlotAddress(-1, 0), SlotAddress(0, 3)}


@pytest.mark.parametrize(
    "unreadable",
    [
        {"amsIndex": 128, "slotIndex": 0},
        {"amsIndex": 12, "slotIndex": 0},
        {"amsIndex": 0, "slotIndex": 4},
        {"amsIndex": 0, "slotIndex": -1},
        {"amsIndex": -2, "slotIndex": 0},
        {"amsIndex": "0", "slotIndex": 0},
        {"amsIndex": True, "slotIndex": 0},
        {"slotIndex": 0},
        {},
        7,
    ],
)
def test_unreadable_slot_is_ignored_beside_readable_ones_and_unknown_alone(unreadable: object) -> None:
    assert read_mapping([unreadable, {"amsIndex": 0, "slotIndex": 3}]) == {SlotAddress(0, 3)}
    with pytest.raises(UnreadableError):
        read_mapping([unreadable, {"amsIndex": 0, "slotIndex": 0, "skip": True}])
    assert read_mapping([{"amsIndex": 0, "slotIndex": 0, "skip": True}, None]) == read_mapping([]) == frozenset()


@pytest.mark.parametrize(
    ("before", "after"), [({"remaining": 1}, {"remaining": True}), ({"remaining": 0}, {"remaining": False})]
)
def test_flag_in_place_of_an_equal_number_is_not_taken_for_it(before: dict[str, Any], after: dict[str, Any]) -> None:
    known = TelemetryDiff()
    assert known.news({"data": {"filament": unit({"type": "PLA", **before})}}) == {
        "ams": ((Tray(type="PLA", **before),),)
    }
    assert known.news({"data": {"filament": unit({"type": "PLA", **after})}}) == {"ams": ((Tray(type="PLA"),),)}


@settings(max_examples=300, deadline=None)
@given(damaged({"data": {"temps": {}, "print": {}, "health": {}, "filament": FILAMENT}}))
def test_damaged_filament_gives_only_valid_states(payload: dict[str, Any]) -> None:
    readings = TelemetryDiff().news(payload)
    trays = [tray for slots in readings.get("ams") or () for tray in slots]
    trays += [tray for tray in [readings.get("external_spool")] if tray is not None]
    for tray in trays:
        assert all(re.fullmatch("#([0-9A-F]{6}|[0-9A-F]{8})", color) for color in tray.colors)
        assert tray.remaining is None or 0 <= tray.remaining <= 100
        assert all(text is None or (text and len(text) <= 255) for text in (tray.type, tray.info))
        assert not tray.empty or tray == EMPTY


@settings(max_examples=200, deadline=None)
@given(st.lists(damaged({"amsIndex": 0, "slotIndex": 1, "skip": False}) | ANYTHING, max_size=6))
def test_damaged_mapping_gives_only_valid_slots(mapping: list[Any]) -> None:
    with suppress(UnreadableError):
        assert all(-1 <= place.ams < 12 and 0 <= place.slot < 4 for place in read_mapping(mapping))


def test_values_are_the_same_only_if_their_types_are() -> None:
    assert same({"a": 1}, {"a": 1})
    assert not same({"a": 1}, {"a": 2})
    assert not same({"a": 1}, {"a": 1.0})
    assert not same({"a": 1}, {"a": True})
