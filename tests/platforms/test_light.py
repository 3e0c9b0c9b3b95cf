"""The chamber light: optimistic state, and the state of the printer."""

from homeassistant.components.light import DOMAIN as LIGHT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import device_of, entity_id, pass_time, paths, printer_named, restart_silent, until, value_of
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> str:
    """Wait for the light of a printer and the end of setup; return the printer's ID."""
    printer = printer_named(farm, "A1 01")
    farm.printer(printer).machine.lights["chamber"] = "off"
    farm.printer(printer).machine.version += 1
    farm.settle()
    await until(hass, lambda: value_of(hass, printer, "chamber_light", LIGHT) == "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return printer


async def turn(hass: HomeAssistant, printer: str, to: str) -> None:
    """Turn the light on or off."""
    target = {"entity_id": entity_id(hass, printer, "chamber_light", LIGHT)}
    await hass.services.async_call(LIGHT, f"turn_{to}", target, blocking=True)


async def test_light_is_turned_on_and_off_at_the_printer(hass: HomeAssistant, farm: VirtualFarm, calm: str) -> None:
    for to in ("on", "off"):
        await turn(hass, calm, to)
        assert value_of(hass, calm, "chamber_light", LIGHT) == to
        assert farm.printer(calm).machine.lights["chamber"] == to
    assert paths(farm) == ["POST /v1/printer-commands/send"] * 2
    assert farm.requests[0].body == {
        "ids": [calm],
        "command": {"command": "led-control", "light": "chamber_light", "state": "on"},
    }


async def test_light_turned_on_at_the_printer_shows(hass: HomeAssistant, farm: VirtualFarm, calm: str) -> None:
    farm.printer(calm).machine.lights["chamber"] = "on"
    farm.printer(calm).machine.version += 1
    farm.settle()
    await until(hass, lambda: value_of(hass, calm, "chamber_light", LIGHT) == "on")


async def test_light_is_reverted_when_the_command_fails(hass: HomeAssistant, farm: VirtualFarm, calm: str) -> None:
    farm.inject_fault(Fault(mode="reset"))
    with pytest.raises(HomeAssistantError):
        await turn(hass, calm, "on")
    assert value_of(hass, calm, "chamber_light", LIGHT) == "off"


async def test_light_that_does_not_follow_shows_its_actual_state(
    hass: HomeAssistant, farm: VirtualFarm, calm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farm.commander, "send", lambda printer, command: True)
    await turn(hass, calm, "on")
    assert value_of(hass, calm, "chamber_light", LIGHT) == "on"
    await pass_time(hass, 16)
    assert value_of(hass, calm, "chamber_light", LIGHT) == "off"


async def test_light_of_an_offline_printer_is_unavailable(hass: HomeAssistant, farm: VirtualFarm, calm: str) -> None:
    farm.disconnect_printer(calm)
    await until(hass, lambda: value_of(hass, calm, "chamber_light", LIGHT) == "unavailable")


async def test_printer_without_a_light_gets_none(hass: HomeAssistant, farm: VirtualFarm) -> None:
    klipper = farm.add_printer("KLIPPER").id
    await until(hass, lambda: value_of(hass, klipper, "print_status") is not None)
    await until(hass, lambda: value_of(hass, klipper, "nozzle_temp") not in (None, "unknown", "unavailable"))
    assert value_of(hass, klipper, "chamber_light", LIGHT) is None


async def test_turning_on_all_lights_of_a_room_leaves_the_chamber_light_off(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, calm: str
) -> None:
    device = device_of(hass, entry, calm)
    assert device is not None
    area = ar.async_get(hass).async_create("Workshop")
    dr.async_get(hass).async_update_device(device.id, area_id=area.id)
    await hass.services.async_call(LIGHT, "turn_on", {"area_id": area.id}, blocking=True)
    assert paths(farm) == []
    await turn(hass, calm, "on")
    assert paths(farm) == ["POST /v1/printer-commands/send"]


async def test_lights_turned_on_together_are_one_request(hass: HomeAssistant, farm: VirtualFarm, calm: str) -> None:
    lit = [calm, printer_named(farm, "X1 Carbon 01"), printer_named(farm, "P1S 01")]
    await until(hass, lambda: all(value_of(hass, printer, "chamber_light", LIGHT) is not None for printer in lit))
    lights = [entity_id(hass, printer, "chamber_light", LIGHT) for printer in lit]
    await hass.services.async_call(LIGHT, "turn_on", {"entity_id": lights}, blocking=True)
    assert paths(farm) == ["POST /v1/printer-commands/send"]
    assert all(farm.printer(printer).machine.lights["chamber"] == "on" for printer in lit)


async def test_light_is_restored_for_a_printer_silent_since_a_restart(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, calm: str
) -> None:
    klipper = farm.add_printer("KLIPPER").id
    await until(hass, lambda: value_of(hass, klipper, "nozzle_temp") not in (None, "unknown", "unavailable"))
    await restart_silent(hass, farm, entry)
    assert value_of(hass, calm, "chamber_light", LIGHT) == "unknown"
    # It has never reported one.
    assert value_of(hass, klipper, "chamber_light", LIGHT) is None

    farm.printer(calm).machine.lights["chamber"] = "on"
    farm.printer(calm).machine.version += 1
    farm.settle()
    await until(hass, lambda: value_of(hass, calm, "chamber_light", LIGHT) == "on")
