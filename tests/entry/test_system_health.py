"""Printago's section of the system information."""

import json

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.common import paths, until, value_of
from virtual_farm import Fault, VirtualFarm


async def test_section_has_known_data_without_a_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    sent = entry.runtime_data.coordinator.store_state.limiter.requests_last_hour

    info = await get_system_health_info(hass, DOMAIN)

    assert info == {
        "stores": 1,
        "rest": "1 / 1",
        "realtime": "1 / 1",
        "requests_last_hour": sent,
        "last_error": "-",
    }
    assert paths(farm) == []


async def test_section_has_the_last_error_without_secrets(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    farm.inject_fault(Fault(mode="status", count=50, status=400, message=f"no {farm.config.api_key}", path="/v1"))
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    await entry.runtime_data.coordinator.async_refresh()

    info = await get_system_health_info(hass, DOMAIN)

    assert info["rest"] == "0 / 1"
    assert info["last_error"] == "REST: no ***"
    assert farm.config.api_key[:24] not in json.dumps(info)


async def test_unloaded_store_counts_as_unreachable(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await setup_entry(**{CONF_API_KEY: "wrong_key_0123456789abcdefghijklmnop"})
    info = await get_system_health_info(hass, DOMAIN)
    assert info["stores"] == 1
    assert info["rest"] == "0 / 1"
    assert info["requests_last_hour"] == 0
