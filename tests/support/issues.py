"""Repair issues as users see them, and the time until they appear."""

import json
from pathlib import Path

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.common import pass_time, state_of, until, value_of
from tests.support.publish import poll
from virtual_farm import Fault, VirtualFarm

ROOT = Path(__file__).parents[2]
MINUTE = 60.0


class Clock:
    """A monotonic clock that only the test advances."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def issue_of(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return an active issue of the entry."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")
    return issue if issue is not None and issue.active else None


def text_of(issue: ir.IssueEntry) -> str:
    """Return the English text of an issue."""
    translations = json.loads((ROOT / "custom_components/printago/translations/en.json").read_text())
    texts = translations["issues"][issue.translation_key]
    placeholders = issue.translation_placeholders or {}
    return f"{texts['title']}\n{texts['description']}".format(**placeholders)


async def pass_minutes(hass: HomeAssistant, clock: Clock, minutes: int) -> None:
    """Let minutes pass, with polls; a request in progress would count them as its own duration."""
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, MINUTE + 1)
    clock.now += minutes * MINUTE
    await pass_time(hass, 2 * MINUTE + 2)


async def stream_gone(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """Stop the broker, and wait until that is detected."""
    await farm.publisher.stop()
    await until(hass, lambda: state_of(hass, farm.config.store_id, "realtime", "binary_sensor").state == "off")


async def stream_back(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Restart the broker, and wait for the stream."""
    await farm.publisher.start()
    await connected(hass, farm, entry)


async def connected(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Keep the stream connected: advanced time makes the broker miss its pings."""
    store = farm.config.store_id
    while state_of(hass, store, "realtime", "binary_sensor").state == "off":
        entry.runtime_data.coordinator.realtime.reconnect_now()
        await hass.async_block_till_done(wait_background_tasks=True)


async def lose_connection(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Lose both connections to a store, and wait until that shows."""
    await stream_gone(hass, farm)
    farm.inject_fault(Fault(mode="status", status=503, count=1000))
    await poll(hass, entry)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "jobs_queued") == STATE_UNAVAILABLE)
    farm.clear_requests()
