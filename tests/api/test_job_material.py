"""What jobs and parts are printed with: readable rows count, and every list is limited."""

from typing import Any

import pytest

from custom_components.printago.api.models.fields import UnreadableError
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.job_material import (
    MappedFilament,
    MaterialChoice,
    assignments_by_part,
    group_members,
    group_names,
    read_assignments,
    read_choice,
    read_job_mapping,
    read_plate,
)

M1, M2 = MaterialChoice("m1"), MaterialChoice("m2")


@pytest.mark.parametrize(
    "sent",
    [
        {"materialId": "m1"},
        {"variantId": "v1"},
        {"materialType": "PLA"},
        {"groupId": "g1"},
        {"materialId": "m1", "variantId": "v1", "materialType": "PLA", "groupId": "g1"},
    ],
)
def test_choice_is_sent_as_it_was_read(sent: dict[str, str]) -> None:
    choice = read_choice({**sent, "priority": 3})
    assert choice is not None
    assert choice.as_json() == sent


@pytest.mark.parametrize("nothing", [None, 7, {}, {"materialId": None}, {"materialId": 7, "materialType": " "}])
def test_row_that_names_no_material_is_no_choice(nothing: Any) -> None:
    assert read_choice(nothing) is None


def test_filaments_of_a_job_are_in_the_order_of_its_part() -> None:
    rows: list[Any] = [
        {"amsIndex": 0, "slotIndex": 1, "materialId": "m1"},
        {"amsIndex": 0, "slotIndex": 2, "skip": True, "materialId": "m2"},
        None,
        {"amsIndex": "?", "materialType": "PLA"},
        {"amsIndex": -1},
    ]
    mapping = read_job_mapping(rows)
    assert mapping.places == {SlotAddress(0, 1), SlotAddress(-1, 0)}
    assert mapping.filaments == (
        MappedFilament(M1, SlotAddress(0, 1)),
        None,
        None,
        MappedFilament(MaterialChoice(material_type="PLA"), None),
        MappedFilament(None, SlotAddress(-1, 0)),
    )
    assert len(read_job_mapping([None] * 200).filaments) == 100
    with pytest.raises(UnreadableError):
        read_job_mapping({"0": rows})


def test_assignments_of_a_job_are_read_by_filament() -> None:
    raw: dict[Any, Any] = {
        "0": [{"materialId": "m1"}, {}, {"materialId": "m2"}],
        "12": [{"materialId": "m1"}],
        "9999": [{"materialId": "m2"}],
        "10000": [{"materialId": "m1"}],
        "one": [{"materialId": "m1"}],
        "-1": [{"materialId": "m1"}],
        "3": [{}],
        "4": {"materialId": "m1"},
        5: [{"materialId": "m1"}],
    }
    assert read_assignments(raw) == {0: (M1, M2), 12: (M1,), 9999: (M2,)}
    with pytest.raises(UnreadableError):
        read_assignments([raw])


def test_assignments_of_a_job_are_limited_in_number() -> None:
    rows = [{"materialId": f"m{number}"} for number in range(60)]
    read = read_assignments({str(index): rows for index in range(110)})
    assert len(read) == 100
    assert {len(choices) for choices in read.values()} == {50}


def test_materials_of_a_part_are_in_order_of_their_priority() -> None:
    rows: list[dict[str, Any]] = [
        {"partId": "a1", "index": 0, "priority": 2, "materialId": "m2"},
        {"partId": "a1", "index": 0, "priority": 1, "materialId": "m1"},
        {"partId": "a1", "index": 1, "materialId": "m2"},
        {"partId": "a2", "index": 0, "priority": "first", "materialId": "m2"},
        {"partId": "a2", "index": 0, "priority": 0, "materialId": "m1"},
        {"partId": "a3", "index": 0},
        {"partId": "a3", "materialId": "m1"},
        {"index": 0, "materialId": "m1"},
        {"partId": "a3", "index": 1001, "materialId": "m1"},
    ]
    assert assignments_by_part(rows) == {"a1": {0: (M1, M2), 1: (M2,)}, "a2": {0: (M2, M1)}}
    many = [{"partId": "a1", "index": 0, "priority": 9, "materialId": f"m{number}"} for number in range(60)]
    assert len(assignments_by_part(many)["a1"][0]) == 50


@pytest.mark.parametrize(
    ("raw", "plate"),
    [
        ({"3mf": {"plateId": 2}}, 2),
        ({"3mf": {"plateId": 0}}, 0),
        ({"3mf": {"plateId": 10_000}}, 10_000),
        ({"3mf": {"plateId": 10_001}}, None),
        ({"3mf": {"plateId": -1}}, None),
        ({"3mf": {"plateId": "2"}}, None),
        ({"3mf": 7}, None),
        ({}, None),
    ],
)
def test_job_of_one_plate_names_it(raw: Any, plate: int | None) -> None:
    assert read_plate(raw) == plate


def test_extensions_other_than_an_object_are_unreadable() -> None:
    with pytest.raises(UnreadableError):
        read_plate([2])


def test_groups_have_names_and_members() -> None:
    assert group_names([("g1", {"name": " Any PLA "}), ("g2", {"name": 7}), ("g3", {})]) == {
        "g1": "Any PLA",
        "g2": None,
        "g3": None,
    }
    members = group_members([
        {"materialGroupId": "g1", "variantId": "v1", "materialId": "m1", "materialType": "PLA"},
        {"materialGroupId": "g1", "materialId": "m2"},
        {"materialGroupId": "g2"},
        {"materialId": "m1"},
        {"materialGroupId": 7, "materialId": "m1"},
    ])  # fmt: skip
    assert members == {"g1": [MaterialChoice("m1", "v1"), M2]}
