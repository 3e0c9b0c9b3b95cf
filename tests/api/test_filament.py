"""What a printer tells of its filament: every form is read, nothing else does harm."""

import re
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api.filament import Place, Tray, keys_of, place_of, read_filament, read_mapping
from custom_components.printago.api.telemetry import Heard
from tests.api.payloads import ANYTHING, damaged

SPOOL = {"id": "0", "color": "#C12E1FFF", "info": "PLA Basic", "tagId": "A1", "type": "PLA", "remaining": 71.6}
FILAMENT = {
    "ams": {
        "status": {"slotsLoaded": "1", "slotsReading": "0"},
        "ams": [{"slots": [SPOOL, {"id": "1"}, {"id": "2"}, {"id": "3"}]}],
    },
    "spool": {key: value for key, value in SPOOL.items() if key != "id"},
}
LOADED = Tray(color="#C12E1F", type="PLA", info="PLA Basic", remaining=72)
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
        ("#C12E1F00", "#C12E1F"),
        ("c12e1f", "#C12E1F"),
        ("", None),
        ("C12E1", None),
        ("C12E1F0", None),
        ("##C12E1F", None),
        ("C12E1F\n", None),
        ("red", None),
        (0xC12E1F, None),
    ],
)
def test_colour_is_told_in_one_form(raw: object, color: str | None) -> None:
    ((tray,),) = read_filament(unit({"id": "0", "color": raw, "type": "PLA"}))["ams"]
    assert tray.color == color
    assert tray.type == "PLA"


@pytest.mark.parametrize(
    ("slot", "tray"),
    [
        ({"id": "0"}, EMPTY),
        ({}, EMPTY),
        ({"id": "0", "color": None, "info": None, "type": None, "remaining": None}, EMPTY),
        ({"id": "0", "color": "", "info": "", "type": "", "remaining": 0}, Tray(remaining=0)),
        ({"id": "0", "color": "FFFFFF", "info": " ", "type": "", "remaining": -1}, Tray(color="#FFFFFF")),
        ({"id": "0", "type": "PLA", "remaining": 101}, Tray(type="PLA")),
        (None, Tray()),
        ("PLA", Tray()),
    ],
)
def test_slot_that_is_empty_differs_from_one_that_is_unknown(slot: object, tray: Tray) -> None:
    assert read_filament(unit(slot))["ams"] == ((tray,),)


@pytest.mark.parametrize("spool", [{}, {"id": "254"}, {"color": "00000000", "info": "", "type": "", "remaining": 0}])
def test_spool_holder_that_was_not_set_up_is_empty(spool: dict[str, Any]) -> None:
    assert read_filament({"spool": spool}) == {"external_spool": EMPTY}


@pytest.mark.parametrize(
    ("source", "readings"),
    [
        ({}, {}),
        (None, {}),
        ({"spool": 7, "ams": 7}, {}),
        ({"ams": {"status": {}, "ams": []}}, {"ams": ()}),
        ({"ams": {"status": {}}}, {}),
        ({"ams": None, "spool": None}, {"ams": (), "external_spool": None}),
        ({"ams": {"ams": [{}, {"slots": [{"id": "0"}]}]}}, {"ams": ((), (EMPTY,))}),
    ],
)
def test_only_what_is_mentioned_is_read(source: object, readings: dict[str, Any]) -> None:
    assert read_filament(source) == readings


def test_whole_message_without_units_tells_that_there_is_no_ams() -> None:
    filament = {"spool": FILAMENT["spool"]}
    whole = {"temps": {}, "print": {}, "health": {}, "filament": filament}
    assert Heard().news({"data": whole})["ams"] == ()
    assert "ams" not in Heard().news({"data": {"filament": filament}})
    assert "ams" not in Heard().news({"data": {**whole, "filament": {}}})


def test_endless_lists_are_cut() -> None:
    units = read_filament({"ams": {"ams": [{"slots": [SPOOL] * 1000}] * 1000}})["ams"]
    assert len(units) <= 12
    assert all(len(slots) <= 4 for slots in units)
    assert len(read_mapping([{"amsIndex": 0, "slotIndex": n % 200} for n in range(10_000)])) <= 100


def test_places_are_counted_from_one() -> None:
    assert keys_of(((EMPTY,), (), (EMPTY, EMPTY))) == {"ams_1_tray_1", "ams_3_tray_1", "ams_3_tray_2"}
    assert place_of("ams_3_tray_2") == Place(2, 1)
    assert place_of("external_spool") == Place(-1, 0)
    assert place_of("ams_0_tray_1") is place_of("ams_1_tray_") is place_of("stage") is None


def test_mapping_names_the_places_that_a_job_prints_from() -> None:
    mapping = [
        {"amsIndex": 0, "slotIndex": 2, "materialType": "PLA"},
        {"amsIndex": -1, "slotIndex": 0},
        {"amsIndex": 1, "slotIndex": 0, "skip": True},
        {"amsIndex": 1},
        {"amsIndex": "1", "slotIndex": 0},
        None,
    ]
    assert read_mapping(mapping) == {Place(0, 2), Place(-1, 0)}


@settings(max_examples=300, deadline=None)
@given(damaged({"data": {"temps": {}, "print": {}, "health": {}, "filament": FILAMENT}}))
def test_damaged_filament_gives_only_what_a_state_may_show(payload: dict[str, Any]) -> None:
    readings = Heard().news(payload)
    trays = [tray for slots in readings.get("ams", ()) for tray in slots]
    trays += [tray for tray in [readings.get("external_spool")] if tray is not None]
    for tray in trays:
        assert tray.color is None or re.fullmatch("#[0-9A-F]{6}", tray.color)
        assert tray.remaining is None or 0 <= tray.remaining <= 100
        assert all(text is None or (text and len(text) <= 255) for text in (tray.type, tray.info))
        assert not tray.empty or tray == EMPTY


@settings(max_examples=200, deadline=None)
@given(st.lists(damaged({"amsIndex": 0, "slotIndex": 1, "skip": False}) | ANYTHING, max_size=6))
def test_damaged_mapping_gives_only_places(mapping: list[Any]) -> None:
    assert all(-1 <= place.ams <= 255 and -1 <= place.slot <= 255 for place in read_mapping(mapping))
