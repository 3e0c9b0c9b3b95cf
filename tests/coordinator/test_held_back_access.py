"""Polls that wait for room in the quota say nothing about the access of the key: neither that it is refused, nor allowed."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.held_back import send
from tests.support.issues import Clock, issue_of
from tests.support.publish import poll
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.printers(1)

ISSUE = "access_denied"


@pytest.fixture
async def entry(hass: HomeAssistant, farm: VirtualFarm, clock: Clock, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry at rest whose quota uses a clock that only tests advance, an hour after its start."""
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    clock.now += 3600
    return entry


def refuse(farm: VirtualFarm) -> None:
    """Take the permission to view printers from the key."""
    farm.add_api_key(farm.config.api_key, ["queue.view"])


async def test_refused_access_stays_an_issue_until_a_poll_that_went_through_is_allowed(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    refuse(farm)
    await poll(hass, entry)
    await poll(hass, entry)
    assert issue_of(hass, entry, ISSUE) is not None

    send(entry, 60)
    await poll(hass, entry)
    assert issue_of(hass, entry, ISSUE) is not None

    farm.add_api_key(farm.config.api_key)
    clock.now += 63
    await poll(hass, entry)
    assert issue_of(hass, entry, ISSUE) is None


async def test_single_refusal_is_no_issue_however_many_polls_wait_after_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    refuse(farm)
    await poll(hass, entry)
    send(entry, 60)
    for _ in range(3):
        await poll(hass, entry)
    assert issue_of(hass, entry, ISSUE) is None


async def test_refusals_after_a_wait_are_an_issue(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    send(entry, 60)
    await poll(hass, entry)
    assert entry.runtime_data.coordinator.store_state.held_back.active
    refuse(farm)
    clock.now += 63
    await poll(hass, entry)
    await poll(hass, entry)
    assert issue_of(hass, entry, ISSUE) is not None
