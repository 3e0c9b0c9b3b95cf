"""Fixtures of the tests of automations and of the assistant."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import entity_id, pass_time
from tests.support.voice import begin_to_listen
from virtual_farm import VirtualFarm


@pytest.fixture
async def listening(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> MockConfigEntry:
    """Return the entry of a farm that the assistant listens for."""
    await begin_to_listen(hass, entity_id(hass, farm.config.store_id, "jobs_queued"))
    await pass_time(hass, 31)
    farm.clear_requests()
    return entry
