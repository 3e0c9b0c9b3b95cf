"""What still arrives while a store is unloaded, or after it: nothing is asked, applied, logged or left running."""

import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import AuthenticationError, StatMessage
from tests.conftest import SetUp
from tests.support.common import printer_named
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("at_rest")


async def test_key_that_is_refused_after_an_unload_causes_no_poll(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    coordinator = entry.runtime_data.coordinator
    await hass.config_entries.async_unload(entry.entry_id)
    caplog.clear()

    async def press_that_was_sent_before() -> None:
        raise AuthenticationError("The key is not valid")

    with pytest.raises(HomeAssistantError):
        await coordinator.async_call(press_that_was_sent_before())
    await hass.async_block_till_done(wait_background_tasks=True)

    assert farm.requests == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_last_moment_of_the_stream_changes_nothing_and_starts_no_timer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    coordinator = entry.runtime_data.coordinator
    printer = printer_named(farm, "X1 Carbon 01")
    state = coordinator.farm.printers[printer]
    percent = state.telemetry.percent
    await hass.config_entries.async_unload(entry.entry_id)

    message = {"data": {"print": {"percent": 7}}}
    coordinator.updates.async_on_message(StatMessage(printer, {}, None, None, message, None))
    assert state.telemetry.percent == percent
    # The test fails at its end if a timer is left.
    coordinator._async_on_connection(False)


async def test_removed_store_that_is_added_again_shows_nothing_before_it_was_read(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, setup_entry: SetUp
) -> None:
    await hass.config_entries.async_remove(entry.entry_id)
    farm.inject_fault(Fault(mode="status", status=503, count=100))
    again = await setup_entry()
    assert again.state is ConfigEntryState.SETUP_RETRY
