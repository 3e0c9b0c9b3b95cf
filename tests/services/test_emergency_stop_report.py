"""What an emergency stop reports: in its response, and in a notification that goes when all is well."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.hub.localize import async_words
from custom_components.printago.services.emergency_stop import _device_name, _merged
from tests.support.actions import act
from tests.support.common import device_of, printer_named
from virtual_farm import Fault, VirtualFarm

STOP = "/v1/printer-commands/send"


def notifications(hass: HomeAssistant) -> list[str]:
    return [each["message"] for each in hass.data[persistent_notification.DOMAIN].values()]


def test_reasons_of_several_stores_are_merged_by_step() -> None:
    reports = [{"stop": "down", "disable": "no"}, {"stop": "down"}, {"stop": "slow", "bed_off": "no"}, {}]
    assert _merged(reports) == {"stop": "down; slow", "disable": "no", "bed_off": "no"}


@pytest.mark.usefixtures("at_rest")
async def test_notification_goes_when_a_later_stop_is_complete(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=500, message="Broken", path=STOP, count=1))
    response = await act(hass, "emergency_stop", printers=["A1 01", "A1 01", "Nobody"])
    assert response["printers"] == ["A1 01"]
    assert response["not_reached"] == [
        {"printer": "A1 01", "printer_id": printer_named(farm, "A1 01"), "steps": ["stop"]}
    ]
    assert set(response["errors"]) == {"stop"}
    assert response["unknown_devices"] == ["Nobody"]
    (message,) = notifications(hass)
    assert "A1 01 (stop), Nobody" in message
    assert (await act(hass, "emergency_stop", printers=["A1 01"]))["complete"]
    assert notifications(hass) == []


@pytest.mark.usefixtures("at_rest")
async def test_store_is_meant_by_its_title_or_the_name_of_its_device(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    device = device_of(hass, entry, farm.config.store_id)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user="The workshop")
    every = sorted(printer.name for printer in farm.world.printers.values())
    for name in ("the workshop", "virtual farm", device.id):
        response = await act(hass, "emergency_stop", printers=[name])
        assert (response["printers"], response["unknown_devices"]) == (every, [])
    response = await act(hass, "emergency_stop", printers=["The workshop", "a1 01", "x"])
    assert (response["printers"], response["unknown_devices"]) == (every, ["x"])
    response = await act(hass, "emergency_stop", config_entry_id=entry.entry_id)
    assert response["printers"] == every
    entry.runtime_data.coordinator.farm.printers.clear()
    for data in ({}, {"printers": ["The workshop"]}, {"printers": [device.id]}):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "emergency_stop", **data)
        assert refused.value.translation_key == "emergency_stop_nobody"


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_device_is_named_as_people_know_it_and_never_by_its_id(hass: HomeAssistant) -> None:
    words = await async_words(hass)
    devices: dict[str, Any] = {
        "a" * 32: SimpleNamespace(name_by_user="Mine", name="Lamp"),
        "b" * 32: SimpleNamespace(name_by_user=None, name="Lamp"),
        "c" * 32: SimpleNamespace(name_by_user=None, name=None),
    }
    gone = "a device that no longer exists"
    with patch.object(dr, "async_get", lambda _: SimpleNamespace(async_get=devices.get)):
        for device_id, name in (
            ("a" * 32, "Mine"),
            ("b" * 32, "Lamp"),
            ("c" * 32, gone),
            ("d" * 32, gone),
            ("A name", "A name"),
            ("d" * 31, "d" * 31),
            ("", gone),
        ):
            assert _device_name(hass, device_id, words) == name
