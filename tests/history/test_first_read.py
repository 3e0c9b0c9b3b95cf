"""The past of a farm is read once, page by page, and then kept up to date by what happens."""

import random
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time, printer_named, state_of, until_farm
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import (
    PAGE,
    assert_all_is_counted,
    found,
    history_of,
    pages,
    read_all,
    until_counted,
    until_streaming,
)
from virtual_farm import Fault, VirtualFarm
from virtual_farm.clock import to_iso


async def test_whole_past_is_read_once(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    farm.fill_history(3500, months=3)
    entry = await setup_entry()
    await read_all(hass, entry)
    assert_all_is_counted(farm, entry)
    asked = pages(farm)
    assert len(asked) == 4
    assert len(set(asked)) == 4
    await pass_time(hass, 3700)
    assert len(pages(farm)) == 4


async def test_read_goes_on_after_restarts_and_no_page_comes_twice(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(4200, months=6)
    entry = await setup_entry()
    for _ in range(5):
        for _ in range(2):
            await pass_time(hass, 41)
        entry.runtime_data.coordinator.store_state.async_forget_farm()
        assert await hass.config_entries.async_reload(entry.entry_id)
    await read_all(hass, entry)
    assert_all_is_counted(farm, entry)
    assert len(pages(farm)) == len(set(pages(farm))) == 5


async def test_jobs_of_one_moment_are_read_to_the_last(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(3300, months=2)
    jobs = sorted(past_jobs(farm), key=lambda job: job.created_at)
    for job in jobs[500:2900]:
        job.created_at = jobs[500].created_at
    entry = await setup_entry()
    await read_all(hass, entry)
    assert_all_is_counted(farm, entry)
    assert len(pages(farm)) <= 5


async def test_jobs_that_change_while_pages_are_read_are_counted_as_they_are(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(4000, months=3)
    entry = await setup_entry()
    chance = random.Random(4)  # noqa: S311
    for _ in range(20):
        await pass_time(hass, 41)
        if history_of(entry).past.cursor.done:
            break
        for job in chance.sample(list(past_jobs(farm)), 5):
            job.status = "failed" if job.status == "completed" else job.status
            job.updated_at = to_iso(farm.world.clock())
            farm.world.jobs.touch(job.id)
        farm.settle()
    assert history_of(entry).past.cursor.done
    await until_counted(farm, entry)
    assert_all_is_counted(farm, entry)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(mode="status", path=PAGE, status=500, count=3),
        Fault(mode="status", path=PAGE, status=429, retry_after=20, count=2),
        Fault(mode="truncated", path=PAGE, count=2),
    ],
    ids=["error", "429", "truncated"],
)
async def test_pages_that_fail_are_read_later(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, fault: Any
) -> None:
    farm.fill_history(2500, months=3)
    entry = await setup_entry()
    await pass_time(hass, 41)
    farm.inject_fault(fault)
    await read_all(hass, entry, step=3700)
    assert_all_is_counted(farm, entry)


async def test_last_result_is_known_from_the_first_page(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(900, months=2)
    entry = await setup_entry()
    await pass_time(hass, 31)
    await read_all(hass, entry, step=50)
    for printer in farm.world.printers:
        last = max(
            (
                job
                for job in past_jobs(farm)
                if job.assigned_printer_id == printer and (job.status != "cancelled" or job.printing_started_at)
            ),
            key=lambda job: job.cancelled_at if job.status == "cancelled" else job.printing_completed_at,
        )
        state = state_of(hass, printer, "last_print_result")
        assert state.state == {"completed": "finished", "cancelled": "canceled"}.get(last.status, last.status)
        assert state.attributes["job_id"] == last.id
        assert state.attributes["reason"] == last.error_message


async def test_print_that_ends_is_counted_once(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    await read_all(hass, entry)
    await until_streaming(entry)
    before = found(entry)
    printer = printer_named(farm, "X1 Carbon 01")
    farm.fail_print(printer, "[0300-8000] Printing was paused")
    await until_farm(entry, lambda: found(entry)[1] == before[1] + 1)
    assert_all_is_counted(farm, entry)
    for _ in range(2):
        await entry.runtime_data.coordinator.async_refresh()
    assert_all_is_counted(farm, entry)
    outcomes = history_of(entry).outcomes(printer)
    assert outcomes is not None
    assert outcomes.reasons["0300-8000"] == 1
