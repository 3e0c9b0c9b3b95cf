"""Which empty trays wait for a person."""

from typing import Any

import pytest

from custom_components.printago.api.models.filament import SPOOL_ADDRESS, SlotAddress
from custom_components.printago.model.attention import AttentionItem, Concern, empty_places, ran_out
from tests.model.test_attention_items import EMPTY, FIRST, Waiting, pinned
from tests.support.farm_model import A, B, job, material_rows, stat


def test_empty_tray_is_listed_with_its_place_and_material() -> None:
    waiting = Waiting({A: {}}, next=job())
    waiting.slots({"materialId": "pla"})
    waiting.farm.materials.take_names(material_rows({"pla": {"name": "PLA Basic"}}), {})
    waiting.trays(A, EMPTY)
    assert waiting.only == AttentionItem(
        concern=Concern.TRAY,
        id=f"tray_{A}_ams_1_tray_1",
        subject=A,
        name="A",
        printer="A",
        text="PLA Basic",
        place=FIRST,
    )


@pytest.mark.parametrize(
    ("slot", "tray", "listed"),
    [
        ({"materialType": "PLA"}, EMPTY, True),
        ({"materialId": "pla"}, EMPTY, True),
        ({"variantId": "white"}, EMPTY, True),
        ({"materialType": "PLA"}, {"id": "0", "type": "PLA", "remaining": 0}, True),
        ({"materialType": "PLA"}, {"id": "0", "type": "PLA", "remaining": 1}, False),
        ({"materialType": "PLA"}, {"id": "0", "type": "PLA"}, False),
        ({}, EMPTY, False),
        ({"materialType": "PLA", "slotIndex": 1}, EMPTY, False),
        ({"materialType": "PLA", "slotIndex": None}, EMPTY, False),
        ({"materialType": "PLA", "printerId": "x" * 24}, EMPTY, False),
    ],
)
def test_tray_is_listed_if_it_is_empty_and_should_not_be(
    slot: dict[str, Any], tray: dict[str, Any], listed: bool
) -> None:
    waiting = Waiting({A: {}}, next=job())
    waiting.slots(slot)
    waiting.trays(A, tray)
    assert bool(waiting.items) is listed


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [
        ([{"variantId": "white"}], True),
        ([{"variantId": "black", "materialId": "pla"}], False),
        ([{"materialId": "pla"}], True),
        ([{"materialId": "petg", "materialType": "PLA"}], False),
        ([{"materialType": "pla"}], True),
        ([{"materialType": "PETG"}], False),
        ([{"materialType": "PETG"}, {"materialType": "PLA"}], True),
        ([{"groupId": "any"}], True),
    ],
)
def test_empty_tray_is_listed_if_a_waiting_job_wants_its_material(wanted: list[Any], listed: bool) -> None:
    waiting = Waiting({A: {}}, next=job(materialAssignments={"0": wanted}))
    waiting.slots({"variantId": "white", "materialId": "pla", "materialType": "PLA"})
    waiting.trays(A, EMPTY)
    assert bool(waiting.items) is listed


def test_tray_without_a_type_does_for_no_job_of_a_type() -> None:
    waiting = Waiting({A: {}}, next=job(materialAssignments={"0": [{"materialType": "PLA"}]}))
    waiting.slots({"materialId": "pla"})
    waiting.trays(A, EMPTY)
    assert waiting.items == []


def test_tray_with_two_records_is_listed_once() -> None:
    waiting = Waiting({A: {}}, next=job())
    waiting.slots({"materialType": "PLA"}, {"materialType": "PETG"})
    waiting.trays(A, EMPTY)
    assert waiting.only.text == "PETG"


def test_trays_for_which_most_jobs_wait_come_first() -> None:
    waiting = Waiting({A: {}, B: {}}, j1=pinned(B), j2=pinned(B), j3=pinned(A), j4=pinned("c" * 24))
    waiting.slots({"materialType": "PLA"}, {"materialType": "PLA", "printerId": B})
    waiting.trays(A, EMPTY)
    waiting.trays(B, EMPTY)
    assert [item.subject for item in waiting.items] == [B, A]


@pytest.mark.parametrize(("slots", "listed"), [([0], True), ([1], False), (None, False)])
def test_empty_tray_of_the_running_print_is_listed_though_no_job_waits(slots: list[int] | None, listed: bool) -> None:
    mapping = None if slots is None else [{"amsIndex": 0, "slotIndex": slot} for slot in slots]
    waiting = Waiting({A: {}}, running=job(status="printing", assignedPrinterId=A, materialMapping=mapping))
    waiting.slots({"materialType": "PLA"})
    waiting.trays(A, EMPTY, {"id": "1", "type": "PLA", "remaining": 50})
    assert bool(waiting.items) is listed


def test_empty_tray_of_a_silent_printer_is_not_listed() -> None:
    waiting = Waiting({A: {}}, next=job())
    waiting.slots({"materialType": "PLA"})
    waiting.trays(A, EMPTY)
    waiting.farm.printers[A].stale = True
    assert waiting.items == []


def test_empty_places_are_trays_and_the_holder_of_the_external_spool() -> None:
    waiting = Waiting({A: {}})
    printer = waiting.farm.printers[A]
    assert empty_places(printer) == ()
    full = {"id": "1", "type": "PLA", "remaining": 50}
    units = [{"slots": [full, EMPTY]}, {"slots": [EMPTY, full]}]
    stat(waiting.farm, A, data={"filament": {"ams": {"ams": units}, "spool": {}}})
    assert empty_places(printer) == (SlotAddress(0, 1), SlotAddress(1, 0), SPOOL_ADDRESS)
    assert not ran_out(printer, SlotAddress(2, 0))


def test_tray_is_listed_whatever_slots_come_before_it() -> None:
    waiting = Waiting({A: {}, B: {"isOnline": False}}, j1=pinned(A), j2=pinned(B))
    plain = {"materialType": "PLA"}
    others = (
        {**plain, "printerId": "x" * 24},
        {**plain, "slotIndex": 1},
        {"slotIndex": None},
        {**plain, "printerId": B},
    )
    waiting.slots({"slotIndex": 2}, *others, plain)
    waiting.trays(A, EMPTY, {"id": "1", "type": "PLA", "remaining": 50})
    assert waiting.ids == [f"tray_{A}_ams_1_tray_1"]
