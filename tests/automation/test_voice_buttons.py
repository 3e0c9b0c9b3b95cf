"""Buttons of printers, pressed by Home Assistant's own assistant."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import device_of, entity_id, printer_named, until, value_of, writes
from tests.support.voice import ask, begin_to_listen, say
from virtual_farm import VirtualFarm

X1C, P1S = "X1 Carbon 01", "P1S 01"
CONFIRM = "press the Left one Confirm bed cleared button"


async def await_beds(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, *names: str) -> list[str]:
    """Let the beds of printers wait, rename each printer to "Left one", and expose their buttons; return their IDs."""
    printers = [printer_named(farm, name) for name in names]
    for printer in printers:
        if farm.printer(printer).printing_job_id is not None:
            farm.finish_print(printer)
        device = device_of(hass, entry, printer)
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, name_by_user="Left one")
    for printer in printers:
        await until(
            hass, lambda printer=printer: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on"
        )
    await begin_to_listen(hass, *(entity_id(hass, printer, "confirm_bed_cleared", "button") for printer in printers))
    farm.clear_requests()
    return printers


@pytest.mark.usefixtures("at_rest")
async def test_bed_is_confirmed_by_the_name_given_to_its_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (printer,) = await await_beds(hass, farm, entry, X1C)
    await say(hass, CONFIRM)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "off")
    assert farm.printer(printer).confirmed_ready


@pytest.mark.usefixtures("at_rest")
async def test_bed_is_not_confirmed_if_two_printers_share_the_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printers = await await_beds(hass, farm, entry, X1C, P1S)
    assert (await ask(hass, CONFIRM))["response_type"] == "error"
    await hass.async_block_till_done()
    assert writes(farm) == []
    assert not any(farm.printer(printer).confirmed_ready for printer in printers)
