"""The actions on printers: beds, FabMatic, commands, objects and materials."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, floor_registry as fr, label_registry as lr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.actions import act, sent
from tests.support.common import device_of, printer_named, until, value_of
from virtual_farm import Fault, VirtualFarm

CONFIRM = "/v1/printers/confirm-ready"
FABMATIC = "/v1/printers/continous-print"
COMMANDS = "/v1/printer-commands/send"

pytestmark = pytest.mark.usefixtures("at_rest")


def devices(hass: HomeAssistant, entry: MockConfigEntry, *printer_ids: str) -> list[str]:
    """Return the IDs of the devices of printers."""
    found = [device_of(hass, entry, printer_id) for printer_id in printer_ids]
    return [device.id for device in found if device is not None]


async def test_all_waiting_beds_are_confirmed_in_one_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    waiting = [
        printer.id
        for printer in farm.world.printers.values()
        if value_of(hass, printer.id, "bed_needs_clearing", "binary_sensor") == "on"
    ]
    assert waiting

    response = await act(hass, "confirm_beds", all_printers=True)

    (body,) = sent(farm, CONFIRM)
    assert body["ready"] is True
    assert set(body["ids"]) == set(waiting)
    assert set(response["printers"]) == {farm.printer(printer_id).name for printer_id in waiting}
    for printer_id in waiting:
        assert value_of(hass, printer_id, "bed_needs_clearing", "binary_sensor") == "off"
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", all_printers=True)
    assert refused.value.translation_key == "no_bed_to_clear"


@pytest.mark.printers(8)
async def test_confirmation_can_be_withdrawn_for_several_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printers = [printer_named(farm, "A1 01"), printer_named(farm, "Klipper 01")]

    response = await act(hass, "confirm_beds", cleared=False, printers=devices(hass, entry, *printers))

    assert sent(farm, CONFIRM) == [{"ready": False, "ids": printers}]
    assert response == {"cleared": False, "printers": ["A1 01", "Klipper 01"]}
    assert value_of(hass, printers[0], "bed_needs_clearing", "binary_sensor") == "on"
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", cleared=False)
    assert refused.value.translation_key == "beds_to_take_back"


@pytest.mark.parametrize("data", [{}, {"all_printers": False}, {"cleared": True}])
async def test_without_any_choice_no_bed_is_confirmed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", **data)
    assert refused.value.translation_key == "fields_needed"
    assert farm.requests == []


@pytest.mark.parametrize("field", ["areas", "floors", "labels"])
@pytest.mark.parametrize("by_name", [True, False])
async def test_beds_are_confirmed_by_place_and_those_in_use_are_left_out(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, field: str, by_name: bool
) -> None:
    waiting, printing = printer_named(farm, "P1S 01"), printer_named(farm, "X1 Carbon 01")
    floor = fr.async_get(hass).async_create("Ground floor")
    area = ar.async_get(hass).async_create("Workshop", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Rack A")
    for device in devices(hass, entry, waiting, printing, farm.config.store_id):
        dr.async_get(hass).async_update_device(device, area_id=area.id, labels={label.label_id})
    places = {
        "areas": (area.id, "workshop"),
        "floors": (floor.floor_id, "Ground Floor"),
        "labels": (label.label_id, "rack a"),
    }

    response = await act(hass, "confirm_beds", **{field: [places[field][by_name]]})

    assert sent(farm, CONFIRM) == [{"ready": True, "ids": [waiting]}]
    assert response["printers"] == ["P1S 01"]
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", **{field: [places[field][by_name]]})
    assert refused.value.translation_key == "no_bed_to_clear"


@pytest.mark.parametrize("action", ["confirm_beds", "set_fabmatic"])
async def test_place_that_is_unknown_or_without_printers_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, action: str
) -> None:
    ar.async_get(hass).async_create("Garden")
    values = {"enabled": True} if action == "set_fabmatic" else {}
    for place, key in (("Garden", "no_printer_there"), ("Gardens", "place_unknown")):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, action, areas=[place], **values)
        assert refused.value.translation_key == key
    assert farm.requests == []


@pytest.mark.printers(8)
async def test_fabmatic_is_set_for_an_area_and_a_printer_beside_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printers = [printer_named(farm, name) for name in ("A1 01", "Klipper 01")]
    area = ar.async_get(hass).async_create("Workshop")
    here, elsewhere = devices(hass, entry, *printers)
    dr.async_get(hass).async_update_device(here, area_id=area.id)

    await act(hass, "set_fabmatic", printers=[elsewhere], areas=[area.id], enabled=True)

    (body,) = sent(farm, FABMATIC)
    assert set(body["ids"]) == set(printers)


async def test_bed_in_use_is_not_confirmed_nor_any_other_of_the_call(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printing, waiting = printer_named(farm, "X1 Carbon 01"), printer_named(farm, "P1S 01")
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", printers=devices(hass, entry, waiting, printing))
    assert refused.value.translation_key == "still_printing"
    assert refused.value.translation_placeholders == {"printer": "X1 Carbon 01"}
    assert farm.requests == []


async def test_bed_left_out_by_printago_is_named(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    gone, other = printer_named(farm, "P1S 01"), printer_named(farm, "A1 01")
    targets = devices(hass, entry, gone, other)
    farm.world.printers.remove(gone)

    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "confirm_beds", printers=targets)

    assert failed.value.translation_key == "beds_not_confirmed"
    assert failed.value.translation_placeholders == {"printers": "P1S 01"}


@pytest.mark.parametrize("action", ["confirm_beds", "set_fabmatic", "send_command", "assign_material"])
async def test_device_that_is_no_printer_is_refused_before_any_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, action: str
) -> None:
    values: dict[str, dict[str, Any]] = {
        "confirm_beds": {},
        "set_fabmatic": {"enabled": True},
        "send_command": {"command": "pause"},
        "assign_material": {"slots": ["ams_1_tray_1"], "material": "PLA"},
    }
    printers = devices(hass, entry, printer_named(farm, "A1 01"), farm.config.store_id)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, action, printers=printers, **values[action])
    assert refused.value.translation_key == "not_a_printer"
    with pytest.raises(ServiceValidationError):
        await act(hass, action, printers=[], **values[action])
    assert farm.requests == []


async def test_lost_response_is_reported_as_unknown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="drop", path=CONFIRM))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "confirm_beds", all_printers=True)
    assert failed.value.translation_key == "outcome_unknown"
    assert len(sent(farm, CONFIRM)) == 1


@pytest.mark.printers(8)
async def test_fabmatic_is_turned_on_with_a_limit_and_off_for_several_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printers = [printer_named(farm, "A1 01"), printer_named(farm, "Klipper 01")]
    targets = devices(hass, entry, *printers)

    response = await act(hass, "set_fabmatic", printers=targets, enabled=True, job_limit="5")

    assert sent(farm, FABMATIC) == [{"enabled": True, "jobLimit": 5, "ids": printers}]
    assert response == {"enabled": True, "job_limit": 5, "printers": ["A1 01", "Klipper 01"]}
    assert {value_of(hass, printer, "fabmatic", "switch") for printer in printers} == {"on"}

    await act(hass, "set_fabmatic", printers=targets, enabled=False)

    assert sent(farm, FABMATIC)[1:] == [{"enabled": False, "jobLimit": None, "ids": printers}]
    assert {value_of(hass, printer, "fabmatic", "switch") for printer in printers} == {"off"}
    assert {value_of(hass, printer, "alert", "event") for printer in printers} == {"unknown"}


async def test_refused_fabmatic_names_its_requirements(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=400, message="No bed sweeper", path=FABMATIC))
    targets = devices(hass, entry, printer_named(farm, "A1 01"))
    with pytest.raises(HomeAssistantError) as refused:
        await act(hass, "set_fabmatic", printers=targets, enabled=True)
    assert refused.value.translation_key == "fabmatic_refused"
    assert refused.value.translation_placeholders == {"error": "No bed sweeper"}


@pytest.mark.parametrize("data", [{"enabled": False, "job_limit": 3}, {"enabled": True, "job_limit": 0}, {}])
async def test_invalid_fabmatic_data_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError):
        await act(hass, "set_fabmatic", printers=devices(hass, entry, printer_named(farm, "A1 01")), **data)
    assert farm.requests == []


COMMANDS_AND_OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("stop", {}),
    ("pause", {}),
    ("resume", {}),
    ("resync-data", {}),
    ("unload-filament", {}),
    ("load-filament", {"targetTemp": 220, "currentTemp": 25.5, "targetSlot": {"amsIndex": 0, "slotIndex": 1}}),
    ("led-control", {"light": "chamber_light", "state": "on"}),
    ("set-temperature", {"type": "nozzle", "temperature": 200, "extruderIndex": 1}),
    ("select-tool", {"toolIndex": 1}),
    ("home-axis", {"axes": {"x": True}}),
    ("move-axis", {"axes": {"z": 10}}),
    ("set-fan", {"type": "part", "speed": 40}),
    ("extrude-filament", {"amount": 5}),
    ("calibration", {"option_value": 2}),
    ("refresh-slot", {"amsId": 0, "slotId": 1}),
    ("skip-objects", {"objectIds": [101, 102]}),
    ("set-slot-info", {"info": {"slotId": 0, "nozzleTempMin": 190, "nozzleTempMax": 240, "trayType": "PLA"}}),
]


@pytest.mark.printers(8)
async def test_every_command_of_the_vendor_reaches_several_printers_in_one_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    printers = [printer_named(farm, "A1 01"), printer_named(farm, "Klipper 01")]
    for command, options in COMMANDS_AND_OPTIONS:
        with subtests.test(command):
            farm.clear_requests()
            response = await act(
                hass, "send_command", printers=devices(hass, entry, *printers), command=command, options=options
            )
            (request,) = [request for request in farm.requests if request.method != "GET"]
            assert sent(farm, COMMANDS) == [{"ids": printers, "command": {"command": command, **options}}]
            assert request.status == 201
            assert response == {"command": command, "printers": ["A1 01", "Klipper 01"]}


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("stop", {"now": True}),
        ("set-temperature", {"type": "nozzle"}),
        ("set-temperature", {"type": "nozzle", "temperature": 301}),
        ("set-temperature", {"type": "hotend", "temperature": 200}),
        ("set-temperature", {"type": "bed", "temperature": "warm"}),
        ("set-fan", {"type": "part", "speed": True}),
        ("home-axis", {"axes": {}}),
        ("move-axis", {"axes": {"z": 101}}),
        ("load-filament", {"targetTemp": 220, "currentTemp": 25, "targetSlot": 1}),
        ("skip-objects", {"objectIds": []}),
    ],
)
async def test_options_that_do_not_fit_the_command_are_refused_before_anything_is_sent(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, command: str, options: dict[str, Any]
) -> None:
    targets = devices(hass, entry, printer_named(farm, "A1 01"))
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "send_command", printers=targets, command=command, options=options)
    assert refused.value.translation_key == "command_options"
    assert farm.requests == []


async def test_command_that_disturbs_a_print_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printing = printer_named(farm, "X1 Carbon 01")
    await until(hass, lambda: value_of(hass, printing, "print_status") == "running")
    targets = devices(hass, entry, printer_named(farm, "A1 01"), printing)
    for command, options in (("home-axis", {"axes": {"z": True}}), ("unload-filament", {})):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "send_command", printers=targets, command=command, options=options)
        assert refused.value.translation_key == "busy_printing"
        assert refused.value.translation_placeholders == {"printer": "X1 Carbon 01"}
    assert farm.requests == []


@pytest.mark.printers(8)
async def test_printer_that_did_not_get_a_command_is_named(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    offline = next(printer for printer in farm.world.printers.values() if not printer.connected)
    targets = devices(hass, entry, printer_named(farm, "A1 01"), offline.id)
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "send_command", printers=targets, command="resync-data")
    assert failed.value.translation_key == "command_not_taken"
    assert failed.value.translation_placeholders == {"printers": offline.name}
