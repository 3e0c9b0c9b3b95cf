"""Target temperatures: sent to the printer within the limits of its model."""

from homeassistant.components.number import DOMAIN as NUMBER
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, printer_named, state_of, until, value_of
from virtual_farm import Fault, VirtualFarm


async def set_value(hass: HomeAssistant, printer: str, key: str, value: float) -> None:
    """Set a number of a printer."""
    target = {"entity_id": entity_id(hass, printer, key, NUMBER), "value": value}
    await hass.services.async_call(NUMBER, "set_value", target, blocking=True)


@pytest.fixture
async def printer(hass: HomeAssistant, farm: VirtualFarm, every_entity_enabled: None, setup_entry: SetUp) -> str:
    """Return the ID of an idle printer, once its numbers are added."""
    await setup_entry()
    printer = printer_named(farm, "A1 01")
    await until(hass, lambda: value_of(hass, printer, "nozzle_target", NUMBER) not in (None, "unknown"))
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return printer


@pytest.mark.parametrize(("key", "heater"), [("nozzle_target", "nozzle"), ("bed_target", "bed")])
async def test_target_is_set_at_the_printer_and_shown_at_once(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, key: str, heater: str
) -> None:
    await set_value(hass, printer, key, 60)
    assert float(value_of(hass, printer, key, NUMBER) or 0) == 60
    assert getattr(farm.printer(printer).machine, heater).target == 60
    assert farm.requests[0].body == {
        "ids": [printer],
        "command": {"command": "set-temperature", "type": heater, "temperature": 60},
    }
    sensor = "target_nozzle_temp" if heater == "nozzle" else "target_bed_temp"
    await until(hass, lambda: float(value_of(hass, printer, sensor) or 0) == 60)


async def test_target_is_reverted_when_the_command_fails(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    before = value_of(hass, printer, "nozzle_target", NUMBER)
    farm.inject_fault(Fault(mode="status", status=500))
    with pytest.raises(HomeAssistantError):
        await set_value(hass, printer, "nozzle_target", 200)
    assert value_of(hass, printer, "nozzle_target", NUMBER) == before


async def test_target_lowered_by_the_printer_is_shown(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    obey = farm.commander.send
    monkeypatch.setattr(farm.commander, "send", lambda machine, command: obey(machine, {**command, "temperature": 90}))
    await set_value(hass, printer, "bed_target", 100)
    await until(hass, lambda: float(value_of(hass, printer, "bed_target", NUMBER) or 0) == 90)


@pytest.mark.printers(8)
@pytest.mark.parametrize(
    ("name", "most_bed"), [("X1 Carbon 01", 120), ("P1S 01", 100), ("A1 01", 100), ("A1 mini 01", 80), ("H2D 01", 120)]
)
async def test_limits_are_those_of_the_model(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, name: str, most_bed: int
) -> None:
    model = printer_named(farm, name)
    assert state_of(hass, model, "bed_target", NUMBER).attributes["max"] == most_bed
    assert state_of(hass, model, "nozzle_target", NUMBER).attributes["max"] == 300
    assert state_of(hass, model, "nozzle_target", NUMBER).attributes["min"] == 0


async def test_target_beyond_the_limit_is_never_sent(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    with pytest.raises(ServiceValidationError):
        await set_value(hass, printer, "bed_target", 101)
    assert farm.requests == []


async def test_targets_are_disabled_by_default(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    await setup_entry()
    await pass_time(hass, 1)
    registered = er.async_get(hass).async_get(entity_id(hass, printer_named(farm, "A1 01"), "bed_target", NUMBER))
    assert registered is not None
    assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION
