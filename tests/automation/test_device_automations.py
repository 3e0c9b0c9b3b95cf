"""Device triggers and device conditions are the same as the others: for a printer, and for a farm and all its printers."""

from typing import Any

from homeassistant.components.device_automation import DeviceAutomationType
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_get_device_automations

from custom_components.printago.condition import FARM_CONDITIONS, PRINTER_CONDITIONS
from custom_components.printago.const import DOMAIN
from custom_components.printago.device_trigger import async_get_trigger_capabilities
from custom_components.printago.trigger import FARM_TRIGGERS, PRINTER_TRIGGERS, TRIGGERS
from tests.automation.test_condition import Asked
from tests.automation.test_trigger import device_id
from tests.support.automations import automate
from tests.support.common import entity_id, pass_time, press, printer_named, until, value_of
from virtual_farm import VirtualFarm

X1C, P1S = "X1 Carbon 01", "P1S 01"

pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished."""
    await pass_time(hass, 31)


def device_trigger(device: str, kind: str, **options: Any) -> dict[str, Any]:
    """Return the configuration of a device trigger."""
    return {"trigger": "device", "domain": DOMAIN, "device_id": device, "type": kind, **options}


async def test_printer_and_farm_have_the_triggers_and_conditions_that_fit_them(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer, store = (device_id(hass, entry, each) for each in (printer_named(farm, X1C), farm.config.store_id))
    for kind, of_printer, of_farm in (
        (DeviceAutomationType.TRIGGER, PRINTER_TRIGGERS, FARM_TRIGGERS),
        (DeviceAutomationType.CONDITION, PRINTER_CONDITIONS, FARM_CONDITIONS),
    ):
        for device, wanted in ((printer, set(of_printer)), (store, {*of_printer, *of_farm})):
            found = await async_get_device_automations(hass, kind, device)
            assert {each["type"] for each in found if each["domain"] == DOMAIN} == wanted
        words = await async_get_translations(hass, "en", "device_automation", {DOMAIN})
        prefix = f"component.{DOMAIN}.device_automation.{kind.name.lower()}_type"
        assert all(words.get(f"{prefix}.{name}") for name in (*of_printer, *of_farm))


@pytest.mark.parametrize("on_the_farm", [True, False])
async def test_device_trigger_fires(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, on_the_farm: bool
) -> None:
    printer = printer_named(farm, X1C)
    device = device_id(hass, entry, farm.config.store_id if on_the_farm else printer)
    ran = await automate(hass, device_trigger(device, "print_failed"))
    farm.fail_print(printer, "Spaghetti")
    await until(hass, lambda: ran != [])
    assert ran == [entity_id(hass, printer, "print", "event")]


async def test_device_trigger_takes_its_options(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    tray = entity_id(hass, printer_named(farm, X1C), "ams_1_tray_1")
    device = device_id(hass, entry, printer_named(farm, X1C))
    ran = await automate(hass, device_trigger(device, "spool_low", below=50))
    hass.states.async_set(tray, "Red", {"remaining": 60})
    await hass.async_block_till_done()
    hass.states.async_set(tray, "Red", {"remaining": 40})
    await hass.async_block_till_done()
    assert ran == [tray]


async def test_forms_of_device_triggers_have_the_options_that_count(hass: HomeAssistant) -> None:
    fields = {}
    for name in TRIGGERS:
        found = await async_get_trigger_capabilities(hass, {"type": name})
        fields[name] = {str(marker) for marker in found["extra_fields"].schema}
    assert fields["bed_waiting"] == fields["printer_offline"] == fields["queue_empty"] == {"for"}
    assert fields["spool_low"] == {"below"}
    assert fields["print_failed"] == set()


async def test_device_condition_holds(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, P1S)
    condition = {
        "condition": "device",
        "domain": DOMAIN,
        "device_id": device_id(hass, entry, printer),
        "type": "printer_ready",
    }
    question = {"trigger": "event", "event_type": "question"}
    asked = Asked(hass, await automate(hass, question, conditions=[condition]))
    assert not await asked.holds()
    await press(hass, printer, "confirm_bed_cleared")
    await until(hass, lambda: value_of(hass, printer, "readiness") == "ready")
    assert await asked.holds()


async def test_device_that_is_neither_has_none(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("other", "1")})
    for kind in (DeviceAutomationType.TRIGGER, DeviceAutomationType.CONDITION):
        found = await async_get_device_automations(hass, kind, device.id)
        assert [each for each in found if each["domain"] == DOMAIN] == []
