"""What ended while Home Assistant was down, or was lost by a crash, is counted after the start."""

from copy import deepcopy
from datetime import timedelta
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time, until_farm
from tests.support.past_oracle import EVERYWHERE, add_up, past_jobs
from tests.support.past_reading import assert_all_is_counted, found, history_of, read_all, until_streaming
from virtual_farm import Fault, VirtualFarm
from virtual_farm.clock import to_iso

pytestmark = [pytest.mark.printers(8), pytest.mark.usefixtures("quota_has_room")]

PAGE = "/v1/print-jobs"


@pytest.fixture
async def read(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry whose past is known."""
    farm.fill_history(60, months=1)
    entry = await setup_entry()
    await read_all(hass, entry)
    await until_streaming(entry)
    return entry


async def stop(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload an entry and forget what a restart of Home Assistant forgets."""
    state = entry.runtime_data.coordinator.store_state
    assert await hass.config_entries.async_unload(entry.entry_id)
    state.async_forget_farm()


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def finish_print(farm: VirtualFarm) -> None:
    """Finish a print: its job is no longer open, so that no snapshot shows it."""
    busy = next(printer.id for printer in farm.world.printers.values() if printer.machine.phase.busy)
    farm.finish_print(busy)


async def test_print_that_ended_while_home_assistant_was_down_is_counted(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    before = found(read)
    await stop(hass, read)
    finish_print(farm)
    await start(hass, read)
    await pass_time(hass, 41)
    assert found(read)[0] == before[0] + 1
    assert_all_is_counted(farm, read)


async def test_print_that_a_crash_has_lost_is_counted(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await history_of(read).archive.async_save()
    saved = deepcopy({key: value for key, value in hass_storage.items() if ".history" in key})
    before = found(read)
    finish_print(farm)
    await until_farm(read, lambda: found(read)[0] == before[0] + 1)
    await stop(hass, read)
    hass_storage.update(saved)
    await start(hass, read)
    assert found(read) == before
    await pass_time(hass, 41)
    assert_all_is_counted(farm, read)


@pytest.mark.parametrize("restarts", [True, False], ids=["restart", "reload"])
async def test_job_that_changed_before_its_filament_was_known_is_weighed_after_another_start(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry, *, restarts: bool
) -> None:
    failed = (job for job in past_jobs(farm) if job.status == "failed" and job.printing_started_at is not None)
    job = next(job for job in failed if job.part_id in farm.world.parts)
    grams = history_of(read).past.ledger.farm.grams
    await stop(hass, read)
    start_again = partial(stop, hass, read) if restarts else partial(hass.config_entries.async_unload, read.entry_id)
    await start(hass, read)
    # Now it has printed all of the part; which grams that takes is read half a minute after a start.
    job.status, job.error_message = "completed", None
    farm.world.jobs.touch(job.id)
    farm.settle()
    await until_farm(read, lambda: history_of(read).past.ledger.farm.grams != grams)
    await start_again()
    await start(hass, read)
    for _ in range(4):
        await pass_time(hass, 61)

    expected = sum(count for (_, of), count in add_up(farm).grams.items() if of is EVERYWHERE)
    assert history_of(read).past.ledger.farm.grams == pytest.approx(expected, abs=60)


@pytest.mark.parametrize("failing", [0, 2], ids=["", "first reads fail"])
async def test_print_that_ends_right_after_the_start_hides_none_from_before(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry, hass_storage: dict[str, Any], failing: int
) -> None:
    before = found(read)
    await stop(hass, read)
    finish_print(farm)
    # It stopped an hour ago, and the print ended ten minutes ago.
    now = farm.world.clock()
    hass_storage[f"printago.{farm.config.store_id}.history"]["data"]["complete_until"] = to_iso(
        now - timedelta(hours=1)
    )
    job = max(past_jobs(farm), key=lambda job: str(job.updated_at))
    job.printing_started_at = to_iso(now - timedelta(minutes=20))
    job.printing_completed_at = job.updated_at = to_iso(now - timedelta(minutes=10))
    await start(hass, read)
    finish_print(farm)
    await until_farm(read, lambda: found(read)[0] > before[0])
    if failing:
        farm.inject_fault(Fault(mode="status", status=500, path=PAGE, count=failing))
    # The past waits for prices, in some pauses; the crowded quota leaves these to later turns.
    for _ in range(40):
        await pass_time(hass, 61)
    assert found(read)[0] == before[0] + 2
    assert_all_is_counted(farm, read)
