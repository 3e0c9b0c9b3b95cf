"""Sensors of past prints and of the queue."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time, printer_named, state_of, until, value_of
from tests.support.past_oracle import ended_at, moment, past_jobs
from tests.support.past_reading import history_of, read_all, until_streaming
from virtual_farm import VirtualFarm
from virtual_farm.clock import to_iso


@pytest.fixture
async def read(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    farm.fill_history(2400, months=6)
    entry = await setup_entry()
    await read_all(hass, entry)
    await pass_time(hass, 1)
    await until_streaming(entry)
    return entry


def counts(farm: VirtualFarm, printer: str | None = None) -> Counter[str]:
    since = datetime.now(UTC) - timedelta(days=30)
    return Counter(
        job.status
        for job in past_jobs(farm)
        if printer in (None, job.assigned_printer_id) and moment(ended_at(job)) >= since
    )


async def test_success_rate_is_that_of_the_last_thirty_days(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    for identifier, printer in ((farm.config.store_id, None), *((one, one) for one in farm.world.printers)):
        of = counts(farm, printer)
        state = state_of(hass, identifier, "success_rate")
        assert float(state.state) == round(100 * of["completed"] / (of["completed"] + of["failed"]), 1)
        assert state.attributes["finished"] == of["completed"]
        assert state.attributes["failed"] == of["failed"] == sum(state.attributes["reasons"].values())
        assert state.attributes["canceled"] == of["cancelled"]
    assert "0300-8000" in state_of(hass, farm.config.store_id, "success_rate").attributes["reasons"]


async def test_totals_are_those_of_the_whole_past(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    hours = sum(
        int(moment(ended_at(job)).timestamp()) - int(moment(job.printing_started_at).timestamp())
        for job in past_jobs(farm)
        if job.printing_started_at is not None
    )
    assert float(value_of(hass, farm.config.store_id, "print_time") or 0) == pytest.approx(hours / 3600, abs=0.06)


async def test_filament_is_that_of_the_estimates_in_proportion_for_prints_that_broke_off(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    estimates = {part["id"]: part["slicingEstimate"] for part in farm.world.parts.values() if part["slicingEstimate"]}
    for printer in (None, *farm.world.printers):
        grams = 0.0
        for job in past_jobs(farm):
            estimate = estimates.get(job.part_id)
            if estimate is None or printer not in (None, job.assigned_printer_id):
                continue
            share = 1.0
            if job.status != "completed":
                seconds = 0
                if job.printing_started_at is not None:
                    seconds = int(moment(ended_at(job)).timestamp()) - int(moment(job.printing_started_at).timestamp())
                share = min(1.0, seconds / estimate["estimatedPrintTimeSeconds"])
            grams += share * sum(material["usedGrams"] for material in estimate["materials"])
        assert float(value_of(hass, printer or farm.config.store_id, "filament_used") or 0) == pytest.approx(
            grams, rel=1e-3
        )


async def test_totals_wait_until_all_of_the_past_is_read(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(2400, months=6)
    entry = await setup_entry()
    for _ in range(60):
        await pass_time(hass, 41)
        if history_of(entry).known:
            break
    assert not history_of(entry).complete
    assert value_of(hass, farm.config.store_id, "print_time") == "unknown"
    await until(hass, lambda: value_of(hass, farm.config.store_id, "success_rate") != "unknown")


async def test_totals_are_there_again_right_after_a_reload_also_of_a_printer_that_has_never_printed(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await read_all(hass, entry)
    await pass_time(hass, 1)
    before = {one: value_of(hass, one, "filament_used") for one in (farm.config.store_id, *farm.world.printers)}
    assert "0.0" in before.values()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: {one: value_of(hass, one, "filament_used") for one in before} == before)


@pytest.mark.usefixtures("every_entity_enabled")
async def test_failed_prints_count_from_the_history(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    failed = sum(job.status == "failed" and job.assigned_printer_id == printer for job in past_jobs(farm))
    assert value_of(hass, printer, "failed_prints") == str(failed)
    farm.fail_print(printer)
    await until(hass, lambda: value_of(hass, printer, "failed_prints") == str(failed + 1))


async def test_failed_print_takes_filament_by_its_last_progress(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    job = farm.world.jobs[farm.world.printers[printer].printing_job_id]
    await farm.advance(1800)
    percent = int(farm.world.printers[printer].machine.progress * 100)
    assert 0 < percent < 100
    await until(hass, lambda: value_of(hass, printer, "print_progress") == str(percent))
    farm.fail_print(printer, "Spaghetti detected")
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "failed")
    past = history_of(read).past.recent.get(job.id, 1)
    assert past is not None
    estimate = farm.world.parts[job.part_id]["slicingEstimate"]
    assert past.grams == pytest.approx(
        percent / 100 * sum(material["usedGrams"] for material in estimate["materials"]), rel=0.01
    )


async def test_progress_of_the_next_print_is_not_that_of_the_one_that_failed(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    await farm.advance(1800)
    await until(hass, lambda: value_of(hass, printer, "print_progress") not in {"0", "unknown"})
    job = next(job for job in past_jobs(farm) if job.status == "completed" and job.part_id in farm.world.parts)
    estimate = farm.world.parts[job.part_id]["slicingEstimate"]
    now = datetime.now(UTC)
    job.printing_started_at = to_iso(now - timedelta(seconds=estimate["estimatedPrintTimeSeconds"] / 4))
    job.status, job.printing_completed_at, job.assigned_printer_id = "failed", to_iso(now), printer
    farm.world.jobs.touch(job.id)
    farm.settle()
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "failed")

    (past,) = [
        one for one in history_of(read).past.recent if one.job_id == job.id and one.ended_at.date() == now.date()
    ]
    assert past.grams == pytest.approx(estimate["totalWeightGrams"] / 4, rel=0.01)


async def test_queue_is_added_up_and_planned(hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry) -> None:
    waiting = [job for job in farm.world.jobs.values() if job.status == "pending"]
    estimates = [farm.world.parts[job.part_id]["slicingEstimate"] for job in waiting]
    hours = sum(one["estimatedPrintTimeSeconds"] for one in estimates) / 3600
    assert float(value_of(hass, farm.config.store_id, "queue_print_time") or 0) == pytest.approx(hours, abs=0.06)
    grams = sum(one["totalWeightGrams"] for one in estimates)
    assert float(value_of(hass, farm.config.store_id, "queue_filament") or 0) == pytest.approx(grams, abs=1)
    ends_at = dt_util.parse_datetime(value_of(hass, farm.config.store_id, "queue_end") or "")
    assert ends_at is not None
    longest = max(one["estimatedPrintTimeSeconds"] for one in estimates)
    assert (
        datetime.now(UTC) + timedelta(seconds=longest - 360) < ends_at < datetime.now(UTC) + timedelta(hours=hours + 24)
    )
