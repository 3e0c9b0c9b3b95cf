"""A card that was closed gets nothing more."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.browser import Browser

pytestmark = pytest.mark.usefixtures("calm")


async def test_closed_card_gets_no_changes(hass: HomeAssistant, entry: MockConfigEntry, browser: Browser) -> None:
    second = (await browser.subscribe("queue"))["queued"][1]
    await browser.unsubscribe()
    await hass.services.async_call("printago", "move_jobs_to_front", {"job_id": [second["id"]]}, blocking=True)
    entry.runtime_data.coordinator.listeners.async_update_farm()
    assert await browser.answers_next()


async def test_closed_card_gets_nothing_when_the_store_is_reloaded(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser
) -> None:
    await browser.subscribe("queue")
    await browser.unsubscribe()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await browser.answers_next()
