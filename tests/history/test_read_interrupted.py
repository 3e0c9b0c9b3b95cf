"""Home Assistant stops in the middle of a page of the past: no job is lost, and none counts twice."""

import asyncio
from copy import deepcopy
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from tests.conftest import SetUp
from tests.support.common import pass_time, until_asked
from tests.support.past_reading import PAGE, assert_all_is_counted, history_of, pages, read_all
from virtual_farm import Fault, VirtualFarm

JOBS = 5500
SAVED = 4
"""Of six pages, these are saved together."""


@pytest.fixture
async def begun(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry that has read the first pages, which are saved."""
    farm.fill_history(JOBS, months=3)
    entry = await setup_entry()
    while history_of(entry).progress.pages_read < SAVED:
        await pass_time(hass, 41)
    return entry


def history_stored(storage: dict[str, Any]) -> dict[str, Any]:
    return deepcopy({key: value for key, value in storage.items() if ".history" in key})


async def start_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def stop(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload an entry and forget what a restart of Home Assistant forgets."""
    state = entry.runtime_data.coordinator.store_state
    assert await hass.config_entries.async_unload(entry.entry_id)
    state.async_forget_farm()


async def test_page_that_was_on_its_way_is_read_after_the_restart(
    hass: HomeAssistant, farm: VirtualFarm, begun: MockConfigEntry
) -> None:
    arrives = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", path=PAGE, until=arrives))
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=41))
    await until_asked(lambda: len(pages(farm)) == SAVED + 1)
    await stop(hass, begun)
    arrives.set()
    await start_again(hass, begun)
    await read_all(hass, begun)

    assert_all_is_counted(farm, begun)
    asked = pages(farm)
    assert asked[SAVED] == asked[SAVED + 1]
    assert len(set(asked)) == len(asked) - 1, "no other page comes twice"


@pytest.mark.parametrize("kept", ["nothing", "segments", "all"])
async def test_crash_while_a_page_is_saved_loses_no_job_and_counts_none_twice(
    hass: HomeAssistant, farm: VirtualFarm, begun: MockConfigEntry, hass_storage: dict[str, Any], kept: str
) -> None:
    before = history_stored(hass_storage)
    await pass_time(hass, 41)
    assert len(pages(farm)) == SAVED + 1
    await history_of(begun).archive.async_save()
    after = history_stored(hass_storage)
    await stop(hass, begun)
    state = f"printago.{farm.config.store_id}.history"
    # The state is written last.
    written = {"nothing": before, "segments": after | {state: before[state]}, "all": after}[kept]
    for key in history_stored(hass_storage).keys() - written.keys():
        del hass_storage[key]
    hass_storage.update(written)
    await start_again(hass, begun)
    assert len(history_of(begun).past.ledger) == written[state]["data"]["rows"]
    await read_all(hass, begun)

    assert_all_is_counted(farm, begun)
    assert len(pages(farm)) == (6 if kept == "all" else 7)
