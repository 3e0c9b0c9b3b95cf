"""Shared by the tests of cards."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.support.browser import Browser
from tests.support.common import pass_time, until, value_of
from virtual_farm import VirtualFarm


@pytest.fixture
async def browser(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Browser:
    """Return a signed-in browser."""
    return Browser(await hass_ws_client(hass))


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Run all slow polls."""
    await pass_time(hass, 31)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "orders_overdue") == "1")
