"""The actions for objects of the current print, and for materials in slots."""

import contextlib
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api.models.filament import SlotAddress
from tests.support.actions import act, sent
from tests.support.common import device_of, paths, printer_named, until_farm
from virtual_farm import Fault, VirtualFarm

COMMANDS = "/v1/printer-commands/send"
ASSIGN = "/v1/materials/printer-slots/assign"
PRINTER = "X1 Carbon 01"

pytestmark = pytest.mark.usefixtures("at_rest")


def device(hass: HomeAssistant, entry: MockConfigEntry, printer_id: str) -> str:
    """Return the device ID of a printer."""
    found = device_of(hass, entry, printer_id)
    assert found is not None
    return found.id


@pytest.fixture
def job_id(farm: VirtualFarm) -> str:
    """Give the current job four objects, one of them skipped; return its ID."""
    printing = farm.printer(printer_named(farm, PRINTER)).printing_job_id
    assert printing is not None
    rows = [("101", "Body", False), ("102", "Tail", False), ("103", "Tail", False), ("104", "Wing", True)]
    farm.job(printing).skip_objects_data = {
        "objects": [{"identifyId": number, "name": name, "skipped": skipped} for number, name, skipped in rows]
    }
    return printing


async def test_objects_are_skipped_by_name_and_by_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, job_id: str
) -> None:
    printer = printer_named(farm, PRINTER)

    response = await act(hass, "skip_objects", printer=device(hass, entry, printer), objects=["body", "103", "Wing"])

    assert sent(farm, COMMANDS) == [{"ids": [printer], "command": {"command": "skip-objects", "objectIds": [101, 103]}}]
    assert response == {
        "job_id": job_id,
        "skipped": [{"id": 101, "name": "Body"}, {"id": 103, "name": "Tail"}],
        "remaining": [{"id": 102, "name": "Tail"}],
    }
    data = farm.job(job_id).skip_objects_data
    assert data is not None
    assert [item["skipped"] for item in data["objects"]] == [True, False, True, True]


async def test_skipped_object_is_not_sent_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, job_id: str
) -> None:
    response = await act(
        hass, "skip_objects", printer=device(hass, entry, printer_named(farm, PRINTER)), objects="Wing"
    )
    assert response["skipped"] == []
    assert sent(farm, COMMANDS) == []


async def test_print_whose_objects_are_all_skipped_can_be_asked_for_the_same_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, job_id: str
) -> None:
    data = farm.job(job_id).skip_objects_data
    assert data is not None
    for item in data["objects"]:
        item["skipped"] = True
    response = await act(hass, "skip_objects", printer=PRINTER, objects=["Body"])
    assert (response["skipped"], response["remaining"]) == ([], [])
    assert sent(farm, COMMANDS) == []


@pytest.mark.parametrize(
    ("objects", "key", "placeholders"),
    [
        (["Tail"], "object_ambiguous", {"name": "Tail", "candidates": "Tail (102), Tail (103)"}),
        (["Body", "Head"], "object_not_found", {"name": "Head", "candidates": "Body (101), Tail (102), Tail (103)"}),
        (["101", "102", "103"], "no_object_left", {"printer": PRINTER}),
    ],
)
async def test_wrong_objects_are_refused_before_anything_is_skipped(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    job_id: str,
    objects: list[str],
    key: str,
    placeholders: dict[str, str],
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "skip_objects", printer=device(hass, entry, printer_named(farm, PRINTER)), objects=objects)
    assert refused.value.translation_key == key
    assert refused.value.translation_placeholders == placeholders
    assert sent(farm, COMMANDS) == []


@pytest.mark.parametrize(("name", "key"), [(PRINTER, "no_objects"), ("A1 01", "no_current_job")])
async def test_printer_without_objects_raises_an_error(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, name: str, key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "skip_objects", printer=device(hass, entry, printer_named(farm, name)), objects=["Body"])
    assert refused.value.translation_key == key
    assert sent(farm, COMMANDS) == []


async def test_printer_that_did_not_get_the_command_is_an_error(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, job_id: str
) -> None:
    target = device(hass, entry, printer_named(farm, PRINTER))
    farm.printer(printer_named(farm, PRINTER)).connected = False
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "skip_objects", printer=target, objects=["Body"])
    assert failed.value.translation_key == "not_applied"


def material_id(farm: VirtualFarm, name: str) -> str:
    """Return the ID of a material."""
    return str(next(row["id"] for row in farm.world.materials.values() if row["name"] == name))


def variant_id(farm: VirtualFarm, material: str, name: str) -> str:
    """Return the ID of a color of a material."""
    owner = material_id(farm, material)
    rows = farm.world.variants.values()
    return str(next(row["id"] for row in rows if row["materialId"] == owner and row["name"] == name))


@pytest.mark.printers(8)
async def test_color_change_of_two_printers_is_one_request_and_used_by_matching(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printers = [printer_named(farm, PRINTER), printer_named(farm, "X1 Carbon 02")]
    black = variant_id(farm, "Bambu PLA Basic", "Black")

    response = await act(
        hass,
        "assign_material",
        printers=[device(hass, entry, printer) for printer in printers],
        slots=["ams_1_tray_1", "AMS 1 tray 2"],
        material="bambu pla basic",
        variant="black",
    )

    assert sent(farm, ASSIGN) == [
        {
            "printerIds": printers,
            "visualSlots": [{"amsIndex": 0, "slotIndex": 0}, {"amsIndex": 0, "slotIndex": 1}],
            "variantId": black,
            "setOnPrinter": True,
        }
    ]
    assert response == {
        "printers": [PRINTER, "X1 Carbon 02"],
        "slots": ["ams_1_tray_1", "ams_1_tray_2"],
        "assigned": {"variantId": black},
        "set_on_printer": True,
    }
    for printer in printers:
        slot = farm.world.slot_of(printer, 0, 1)
        assert slot is not None
        assert slot["variantId"] == black
        tray = farm.printer(printer).machine.tray((0, 1))
        assert tray is not None
        assert tray.color.startswith("000000")


async def test_assigned_material_shows_in_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, PRINTER)
    materials = entry.runtime_data.coordinator.farm.materials
    target = [device(hass, entry, printer)]

    await act(hass, "assign_material", printers=target, slots=["ams_1_tray_3"], material="PETG", set_on_printer=False)

    assert sent(farm, ASSIGN)[0]["materialType"] == "PETG"
    assert sent(farm, ASSIGN)[0]["setOnPrinter"] is False
    await farm.advance(1)
    await until_farm(entry, lambda: materials.assigned(printer, SlotAddress(0, 2)) == "PETG")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"material": "Bambu ABS"}, "materialId"),
        ({"material": "PLA"}, "materialType"),
        ({"variant": "Azure"}, "variantId"),
        ({"material": "TPU", "variant": "blue"}, "variantId"),
    ],
)
async def test_material_can_be_named_in_every_way(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, wanted: dict[str, str], expected: str
) -> None:
    target = [device(hass, entry, printer_named(farm, PRINTER))]
    response = await act(hass, "assign_material", printers=target, slots="external_spool", **wanted)
    assert set(response["assigned"]) == {expected}
    assert sent(farm, ASSIGN)[0]["visualSlots"] == [{"amsIndex": -1, "slotIndex": 0}]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"slots": ["ams_4_tray_1"], "material": "PLA"}, "no_such_slot"),
        ({"slots": ["ams_1_tray_1"], "material": "Bambu ABS", "variant": "Black"}, "variant_unknown"),
        ({"slots": ["ams_1_tray_1"], "material": "PLA", "variant": "Blue"}, "variant_unknown"),
        ({"slots": ["ams_1_tray_1"], "material": "Wood"}, "material_unknown"),
    ],
)
async def test_wrong_slot_or_material_is_refused_before_anything_is_assigned(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "assign_material", printers=[device(hass, entry, printer_named(farm, PRINTER))], **data)
    assert refused.value.translation_key == key
    assert sent(farm, ASSIGN) == []


@pytest.mark.parametrize(
    "data", [{"slots": ["tray two"], "material": "PLA"}, {"slots": [], "material": "PLA"}, {"slots": ["ams_1_tray_1"]}]
)
async def test_invalid_slots_are_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError):
        await act(hass, "assign_material", printers=[device(hass, entry, printer_named(farm, PRINTER))], **data)
    assert farm.requests == []


async def test_lost_response_to_an_assignment_is_reported_and_it_is_not_sent_twice(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="drop", path=ASSIGN))
    with pytest.raises(HomeAssistantError) as failed:
        await act(
            hass,
            "assign_material",
            printers=[device(hass, entry, printer_named(farm, PRINTER))],
            slots=["ams_1_tray_1"],
            material="PLA",
        )
    assert failed.value.translation_key == "outcome_unknown"
    assert paths(farm).count(f"PATCH {ASSIGN}") == 1


async def test_slot_that_printago_knows_can_be_assigned_before_the_printer_reports_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    """Only of this printer: another one does not have the slot for that."""
    slots: Any = entry.runtime_data.coordinator.farm.materials.slots
    slots["s" * 24] = SimpleNamespace(where=(printer_named(farm, PRINTER), SlotAddress(3, 1)))
    slots["t" * 24] = SimpleNamespace(where=(printer_named(farm, "P1S 01"), SlotAddress(3, 2)))
    for name, slot in ((PRINTER, "ams_4_tray_3"), ("P1S 01", "ams_4_tray_2")):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "assign_material", printers=[name], slots=[slot], material="PLA")
        assert refused.value.translation_key == "no_such_slot"
    assert sent(farm, ASSIGN) == []
    with contextlib.suppress(HomeAssistantError):
        await act(hass, "assign_material", printers=[PRINTER], slots=["ams_4_tray_2"], material="PLA")
    assert sent(farm, ASSIGN)[0]["visualSlots"] == [{"amsIndex": 3, "slotIndex": 1}]
