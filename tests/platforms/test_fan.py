"""Fans: those that a printer has, at the requested speed."""

from homeassistant.components.fan import DOMAIN as FAN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, printer_named, restart_silent, state_of, until, value_of
from virtual_farm import Fault, VirtualFarm


async def act(hass: HomeAssistant, printer: str, key: str, service: str, **data: int) -> None:
    """Call an action of a fan."""
    target = {"entity_id": entity_id(hass, printer, key, FAN), **data}
    await hass.services.async_call(FAN, service, target, blocking=True)


@pytest.fixture
async def entry(every_entity_enabled: None, setup_entry: SetUp) -> MockConfigEntry:
    """Return the entry of the farm, with every entity enabled."""
    return await setup_entry()


@pytest.fixture
async def printer(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> str:
    """Return the ID of a printer with every fan, once they are added."""
    printer = printer_named(farm, "X1 Carbon 01")
    await until(hass, lambda: value_of(hass, printer, "chamber_fan", FAN) not in (None, "unknown"))
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return printer


@pytest.mark.parametrize(("key", "fan"), [("cooling_fan", "part"), ("aux_fan", "aux"), ("chamber_fan", "chamber")])
async def test_fan_runs_at_the_requested_speed(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, key: str, fan: str
) -> None:
    await act(hass, printer, key, "set_percentage", percentage=40)
    assert state_of(hass, printer, key, FAN).attributes["percentage"] == 40
    assert farm.printer(printer).machine.fans[fan] == 40
    assert farm.requests[0].body == {"ids": [printer], "command": {"command": "set-fan", "type": fan, "speed": 40}}

    await act(hass, printer, key, "turn_off")
    assert value_of(hass, printer, key, FAN) == "off"
    assert farm.printer(printer).machine.fans[fan] == 0

    await act(hass, printer, key, "turn_on")
    assert state_of(hass, printer, key, FAN).attributes["percentage"] == 100
    assert farm.printer(printer).machine.fans[fan] == 100


async def test_fan_is_reverted_when_the_command_fails(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    await act(hass, printer, "aux_fan", "set_percentage", percentage=40)
    await until(hass, lambda: value_of(hass, printer, "aux_fan_speed") == "40")
    farm.inject_fault(Fault(mode="status", status=500))
    with pytest.raises(HomeAssistantError):
        await act(hass, printer, "aux_fan", "set_percentage", percentage=70)
    assert state_of(hass, printer, "aux_fan", FAN).attributes["percentage"] == 40


async def test_printer_has_entities_only_for_its_own_fans(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    open_printer = printer_named(farm, "A1 01")
    assert value_of(hass, open_printer, "cooling_fan", FAN) is not None
    assert value_of(hass, open_printer, "aux_fan", FAN) is None
    assert value_of(hass, open_printer, "chamber_fan", FAN) is None


async def test_fans_are_restored_for_a_printer_silent_since_a_restart(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, printer: str
) -> None:
    await restart_silent(hass, farm, entry)
    keys = ("cooling_fan", "aux_fan", "chamber_fan")
    assert [value_of(hass, printer, key, FAN) for key in keys] == ["unknown"] * 3
    assert [value_of(hass, printer_named(farm, "A1 01"), key, FAN) for key in keys] == ["unknown", None, None]

    farm.printer(printer).machine.fans["chamber"] = 30
    farm.printer(printer).machine.version += 1
    farm.settle()
    await until(hass, lambda: value_of(hass, printer, "chamber_fan", FAN) == "on")
