"""The actions on printers: beds, FabMatic, commands, objects and materials."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.printago.const import DOMAIN
from tests.common import device_of, printer_named, value_of
from tests.conftest import SetUp
from virtual_farm import Fault, VirtualFarm

CONFIRM = "/v1/printers/confirm-ready"


@pytest.fixture
async def entry(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry at rest, so that what is asked of the farm comes from the action."""
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return entry


async def act(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    """Call an action, and return its response."""
    response = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


def devices(hass: HomeAssistant, entry: MockConfigEntry, *printer_ids: str) -> list[str]:
    """Return the IDs of the devices of printers."""
    found = [device_of(hass, entry, printer_id) for printer_id in printer_ids]
    return [device.id for device in found if device is not None]


def sent(farm: VirtualFarm, path: str) -> list[Any]:
    """Return the bodies that were sent to a path."""
    return [request.body for request in farm.requests if request.path == path]


async def test_all_waiting_beds_are_confirmed_in_one_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    waiting = [
        printer.id
        for printer in farm.world.printers.values()
        if value_of(hass, printer.id, "bed_needs_clearing", "binary_sensor") == "on"
    ]
    assert waiting

    response = await act(hass, "confirm_beds")

    (body,) = sent(farm, CONFIRM)
    assert body["ready"] is True
    assert set(body["ids"]) == set(waiting)
    assert set(response["printers"]) == {farm.printer(printer_id).name for printer_id in waiting}
    for printer_id in waiting:
        assert value_of(hass, printer_id, "bed_needs_clearing", "binary_sensor") == "off"
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds")
    assert refused.value.translation_key == "no_bed_to_clear"


async def test_confirmation_can_be_taken_back_for_several_printers(
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


async def test_bed_under_a_print_is_not_confirmed_nor_any_with_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printing, waiting = printer_named(farm, "X1 Carbon 01"), printer_named(farm, "P1S 01")
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", printers=devices(hass, entry, waiting, printing))
    assert refused.value.translation_key == "still_printing"
    assert refused.value.translation_placeholders == {"printer": "X1 Carbon 01"}
    assert farm.requests == []


async def test_bed_that_printago_leaves_out_is_told_by_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    gone, other = printer_named(farm, "P1S 01"), printer_named(farm, "A1 01")
    targets = devices(hass, entry, gone, other)
    farm.world.printers.remove(gone)

    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "confirm_beds", printers=targets)

    assert failed.value.translation_key == "beds_not_confirmed"
    assert failed.value.translation_placeholders == {"printers": "P1S 01"}


@pytest.mark.parametrize("action", ["confirm_beds"])
async def test_device_that_is_no_printer_is_refused_before_anything_is_asked(
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
    with pytest.raises(vol.Invalid):
        await act(hass, action, printers=[], **values[action])
    assert farm.requests == []


async def test_lost_answer_is_told_as_unknown(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.inject_fault(Fault(mode="drop", path=CONFIRM))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "confirm_beds")
    assert failed.value.translation_key == "outcome_unknown"
    assert len(sent(farm, CONFIRM)) == 1
