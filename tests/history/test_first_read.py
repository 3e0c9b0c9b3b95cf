"""The past of a farm is read once, page by page, and then kept up to date by what happens."""

import random
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.history.keeper import History
from custom_components.printago.history.ledger import HOUR, UNKNOWN
from tests.conftest import SetUp
from tests.support.common import pass_time, printer_named, state_of, until_farm
from tests.support.issues import Clock
from tests.support.past_oracle import EVERYWHERE, add_up, past_jobs
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.clock import to_iso

PAGE = "/v1/print-jobs"


@pytest.fixture
def farm_config() -> FarmConfig:
    return FarmConfig(speed=0, printers=3, quota=False)


@pytest.fixture(autouse=True)
def quota_has_room(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the quota forget: what a test takes as hours is one second to it."""
    monkeypatch.setattr(Clock, "__call__", _later)


def _later(clock: Clock) -> float:
    clock.now += 1
    return clock.now


def history_of(entry: MockConfigEntry) -> History:
    return entry.runtime_data.history


def pages(farm: VirtualFarm) -> list[tuple[str | None, str]]:
    """Return where the pages of the past that were asked for begin."""
    return [
        (request.query.get("createdAt.lte"), request.query.get("offset", "0"))
        for request in farm.requests
        if request.path == PAGE and request.query.get("sort") == "createdAt:desc" and "limit" in request.query
    ]


async def read_all(hass: HomeAssistant, entry: MockConfigEntry, step: float = 70) -> None:
    """Let time pass until all of the past is read."""
    for _ in range(60):
        if history_of(entry).past.cursor.done:
            return
        await pass_time(hass, step)
    pytest.fail("the past was not read to its end")


def found(entry: MockConfigEntry, printer: str | None = EVERYWHERE) -> tuple[int, int, int]:
    totals = history_of(entry).totals(printer)
    assert totals is not None
    return totals.completed, totals.failed, totals.seconds


def hours(entry: MockConfigEntry) -> dict[tuple[int, str | None], list[int]]:
    past = history_of(entry).past
    sums: dict[tuple[int, str | None], list[int]] = {}
    for row in past.ledger.since(0):
        for printer in {EVERYWHERE, past.names["printers"].name(row.printer)}:
            of_hour = sums.setdefault((row.ended // HOUR, printer), [0, 0, 0])
            of_hour[0] += row.outcome == 0
            of_hour[1] += row.outcome == 1
            of_hour[2] += row.seconds if row.seconds != UNKNOWN else 0
    return sums


def assert_all_is_counted(farm: VirtualFarm, entry: MockConfigEntry) -> None:
    expected = add_up(farm)
    for printer in (EVERYWHERE, *farm.world.printers):
        assert found(entry, printer) == expected.of(printer)
    keys = expected.completed.keys() | expected.failed.keys() | expected.seconds.keys()
    assert hours(entry) == {key: [expected.completed[key], expected.failed[key], expected.seconds[key]] for key in keys}


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
        await pass_time(hass, 31)
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
    chance = random.Random(4)
    for _ in range(20):
        await pass_time(hass, 31)
        if history_of(entry).past.cursor.done:
            break
        for job in chance.sample(list(past_jobs(farm)), 5):
            job.status = "failed" if job.status == "completed" else job.status
            job.updated_at = to_iso(farm.world.clock())
            farm.world.jobs.touch(job.id)
        farm.settle()
    assert history_of(entry).past.cursor.done
    expected = add_up(farm).of(EVERYWHERE)
    if found(entry) != expected:
        await until_farm(entry, lambda: found(entry) == expected)
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
    await pass_time(hass, 31)
    farm.inject_fault(fault)
    await read_all(hass, entry, step=3700)
    assert_all_is_counted(farm, entry)


async def test_last_result_is_known_from_the_first_page(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(900, months=2)
    entry = await setup_entry()
    await pass_time(hass, 31)
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
