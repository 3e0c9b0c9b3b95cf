"""Home Assistant's long-term statistics hold the past of a farm, hour by hour, in a real recorder."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import StatisticsRow, list_statistic_ids, statistics_during_period
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.printago.const import DOMAIN
from custom_components.printago.history.ledger import HOUR
from custom_components.printago.history.statistics_export import statistic_id
from tests.conftest import SetUp
from tests.support.common import pass_time
from tests.support.past_oracle import EVERYWHERE, Sums, add_up, past_jobs
from tests.support.past_reading import assert_all_is_counted, history_of, pages, read_all, until_counted
from virtual_farm import VirtualFarm
from virtual_farm.clock import to_iso


async def exported(hass: HomeAssistant) -> None:
    """Let everything be exported and written."""
    for _ in range(3):
        await pass_time(hass, 61)
        await async_wait_recording_done(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_wait_recording_done(hass)


async def hourly(hass: HomeAssistant, farm: VirtualFarm, printer: str | None, name: str) -> dict[int, tuple[Any, Any]]:
    """Return change and sum of each hour of a statistic."""
    rows = await rows_of(hass, statistic_id(farm.config.store_id, printer, name), "hour")
    return {int(row["start"]) // HOUR: (row["change"], row["sum"]) for row in rows}


async def rows_of(hass: HomeAssistant, one: str, period: Literal["hour", "day"]) -> list[StatisticsRow]:
    """Return the rows of a statistic."""
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2000, 1, 1, tzinfo=UTC),
        None,
        {one},
        period,
        None,
        {"change", "sum", "state"},
    )
    return found.get(one, [])


async def assert_hours_are_right(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """Compare every hour of every statistic with what the farm has printed."""
    sums: Sums = add_up(farm)
    for printer in (EVERYWHERE, *farm.world.printers):
        for name, counts, scale in (
            ("jobs_completed", sums.completed, 1),
            ("jobs_failed", sums.failed, 1),
            ("print_time", sums.seconds, HOUR),
        ):
            hours = await hourly(hass, farm, printer, name)
            expected = {hour: count for (hour, of), count in counts.items() if of == printer and count}
            changes = {hour: round(change * scale) for hour, (change, _) in hours.items() if round(change * scale)}
            assert changes == expected, (printer, name)
            total = 0
            for hour, (_, hour_sum) in sorted(hours.items()):
                total += expected.get(hour, 0)
                assert hour_sum == pytest.approx(total / scale)


@pytest.fixture
def count() -> int:
    """Return the number of past jobs: more than one page. Most of a test's time is the writing of their hours."""
    return 120


@pytest.fixture
async def read(
    recorder_mock: Recorder, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, count: int
) -> MockConfigEntry:
    """Return the entry of a farm whose past of a year, with its clock changes, is read and exported."""
    farm.fill_history(count, months=12, until=datetime(2026, 6, 1, tzinfo=UTC))
    entry = await setup_entry()
    await read_all(hass, entry)
    await exported(hass)
    return entry


@pytest.mark.parametrize("count", [300])
async def test_every_hour_of_the_farm_and_of_each_printer_is_right(
    read: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm
) -> None:
    await assert_hours_are_right(hass, farm)
    metadata = {
        row["statistic_id"]: row
        for row in await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
        if row["source"] == DOMAIN
    }
    time = metadata[f"printago:{farm.config.store_id}_print_time"]
    assert (time["statistics_unit_of_measurement"], time["unit_class"], time["has_sum"]) == ("h", "duration", True)
    printer = next(iter(farm.world.printers.values()))
    jobs = metadata[f"printago:{farm.config.store_id}_{printer.id}_jobs_completed"]
    assert jobs["name"] == f"{printer.name} jobs completed"
    assert (
        f"printago:{farm.config.store_id}_cost" not in metadata
        or metadata[f"printago:{farm.config.store_id}_cost"]["statistics_unit_of_measurement"]
    )


async def test_late_correction_rewrites_the_hours_it_concerns(
    read: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm
) -> None:
    jobs = sorted(past_jobs(farm), key=lambda job: job.created_at)
    moved = next(job for job in jobs[20:] if job.status == "completed")
    moved.printing_completed_at = moved.printing_completed_at[:11] + "23:59:59.000Z"
    failed = next(job for job in jobs[40:] if job.status == "completed")
    failed.status = "failed"
    elsewhere = next(job for job in jobs[80:] if job.status == "failed" and job.assigned_printer_id)
    elsewhere.assigned_printer_id = next(one for one in farm.world.printers if one != elsewhere.assigned_printer_id)
    for _ in range(2):
        for job in (moved, failed, elsewhere):
            job.updated_at = to_iso(farm.world.clock())
            farm.world.jobs.touch(job.id)
        farm.settle()
        await until_counted(farm, read)
        # What is corrected once more has left rows behind where nothing happened any more.
        await exported(hass)
        await assert_hours_are_right(hass, farm)
        failed.status = "completed"


_CORRECTIONS = {
    "2026-03-29T00:59:59.000Z": "2026-03-29T01:00:01.000Z",  # across the hour that is left out
    "2025-10-26T00:30:00.000Z": "2025-10-26T01:30:00.000Z",  # in the hour that comes twice
    "2025-10-25T21:59:59.000Z": "2025-10-26T23:00:00.000Z",  # across a day of 25 hours
}


async def test_late_correction_across_a_clock_change_moves_to_the_right_hour_and_day(
    read: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    await hass.config.async_set_time_zone(zone.key)
    # A later start than the known end would be another attempt.
    jobs = [job for job in past_jobs(farm) if job.status == "completed" and job.printing_started_at > "2026-04"]
    for ends, status in ((list(_CORRECTIONS), "completed"), (list(_CORRECTIONS.values()), "failed")):
        for job, end, first in zip(jobs, ends, _CORRECTIONS, strict=False):
            job.printing_started_at = to_iso(datetime.fromisoformat(first) - timedelta(minutes=50))
            job.printing_completed_at, job.status = end, status
            job.updated_at = to_iso(farm.world.clock())
            farm.world.jobs.touch(job.id)
        farm.settle()
        await until_counted(farm, read)
        await exported(hass)
    await assert_hours_are_right(hass, farm)

    days = Counter[date]()
    for (hour, of), count in add_up(farm).failed.items():
        if of is EVERYWHERE:
            days[datetime.fromtimestamp(hour * HOUR, zone).date()] += count
    rows = await rows_of(hass, statistic_id(farm.config.store_id, None, "jobs_failed"), "day")
    changes = {datetime.fromtimestamp(row["start"], zone).date(): row["change"] for row in rows}
    assert {day: change for day, change in changes.items() if change} == dict(+days)


async def test_print_of_today_is_added(read: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm) -> None:
    for printer in farm.world.printers.values():
        if printer.printing_job_id is not None:
            farm.finish_print(printer.id)
    await until_counted(farm, read)
    await exported(hass)
    await assert_hours_are_right(hass, farm)


async def test_statistics_that_were_lost_are_exported_again_after_a_restart(
    read: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm
) -> None:
    printer = next(iter(farm.world.printers))
    ids = [statistic_id(farm.config.store_id, printer, name) for name in ("jobs_completed", "print_time")]
    get_instance(hass).async_clear_statistics(ids)
    await async_wait_recording_done(hass)
    assert await hourly(hass, farm, printer, "jobs_completed") == {}

    assert await hass.config_entries.async_reload(read.entry_id)
    await exported(hass)
    await assert_hours_are_right(hass, farm)


@pytest.mark.parametrize("call", ["async_add_external_statistics", "get_last_statistics"])
async def test_export_is_repeated_after_errors_of_the_recorder(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    call: str,
) -> None:
    from homeassistant.components.recorder import statistics

    original, failures = getattr(statistics, call), iter(range(2))

    def failing(*args: Any) -> Any:
        if next(failures, None) is not None:
            raise RuntimeError("database disk image is malformed")
        return original(*args)

    monkeypatch.setattr(statistics, call, failing)
    farm.fill_history(count // 2, months=2, until=datetime(2026, 6, 1, tzinfo=UTC))
    entry = await setup_entry()
    await read_all(hass, entry)
    for _ in range(4):
        await pass_time(hass, 3700)
        await async_wait_recording_done(hass)
    assert next(failures, None) is None
    await assert_hours_are_right(hass, farm)
    assert [
        record.message for record in caplog.records if record.levelname == "WARNING" and "recorder" in record.message
    ] == ["The recorder failed, statistics of prints follow later: RuntimeError"], (
        "only the first error is worth a warning"
    )


async def test_removing_the_store_removes_its_statistics(
    read: MockConfigEntry, hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm
) -> None:
    assert await hass.config_entries.async_remove(read.entry_id)
    await async_wait_recording_done(hass)
    left = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    assert not [row for row in left if row["source"] == DOMAIN]
    assert not [key for key in hass_storage if ".history" in key]


async def test_store_that_is_added_again_is_read_from_the_start_and_nothing_counts_twice(
    read: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    asked = pages(farm)
    assert await hass.config_entries.async_remove(read.entry_id)
    await async_wait_recording_done(hass)
    assert await hourly(hass, farm, EVERYWHERE, "jobs_completed") == {}
    for _ in range(2):
        farm.clear_requests()
        again = await setup_entry()
        assert history_of(again).totals() is None
        await read_all(hass, again)
        await exported(hass)
        assert pages(farm) == asked
        assert_all_is_counted(farm, again)
        await assert_hours_are_right(hass, farm)
        await hass.config_entries.async_remove(again.entry_id)
        await async_wait_recording_done(hass)


async def test_without_a_recorder_everything_else_works(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(100)
    entry = await setup_entry()
    await read_all(hass, entry)
    await pass_time(hass, 61)
    totals = history_of(entry).totals()
    assert totals is not None
    assert totals.completed
    assert await hass.config_entries.async_remove(entry.entry_id)


@pytest.mark.parametrize(
    ("store", "printer", "expected"),
    [
        ("vf4q8m2k", None, "printago:vf4q8m2k_cost"),
        ("vf4q8m2k", "abc", "printago:vf4q8m2k_abc_cost"),
        ("_My--Store_", "P_1", "printago:my_store_p_1_cost"),
    ],
)
def test_ids_of_statistics_are_slugs(store: str, printer: str | None, expected: str) -> None:
    assert statistic_id(store, printer, "cost") == expected
