"""A long history is read and exported exactly, whatever happens meanwhile: every total, every hour of the statistics."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
import logging
import random
from typing import Any

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.printago.history.hourly import SCALES
from custom_components.printago.history.ledger import HOUR
from custom_components.printago.history.statistics_export import STATISTICS, statistic_id
from tests.conftest import SetUp
from tests.support.common import pass_time, until_farm
from tests.support.past_oracle import EVERYWHERE, Sums, add_up, ended_at, moment, past_jobs
from tests.support.past_reading import PAGE, history_of, pages
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.clock import to_iso
from virtual_farm.costs import add_component, add_cost

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("quota_has_room")]
_MOST_STEPS = 600
_UNTIL_PAGE, _UNTIL_RETRY, _UNTIL_EXPORT = 41, 800, 3700
"""Seconds until the next page is read, also after it failed a few times, and until statistics are exported."""
_STEPS_PER_EXPORT = 25


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm whose quota is left to the integration."""
    return FarmConfig(speed=0, printers=2, quota=False, timezone="Europe/Berlin")


@pytest.fixture(autouse=True)
def statements_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Keep each statement of a million out of the log: the test plugin has them logged."""
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")


def fill(farm: VirtualFarm, jobs: int) -> None:
    """Give the farm a past of 18 months; only prints of some filaments have a known price, SKUs cost labor and more."""
    # What ended just now would count by the progress that its printer shows.
    farm.fill_history(jobs, months=18, until=farm.world.clock() - timedelta(hours=1))
    world = farm.world
    labor = add_component(world, "Packing", "labor", 1.5, "piece")
    overhead = add_component(world, "Box", "overhead", 0.7, "piece")
    for number, sku in enumerate(world.skus):
        add_cost(world, sku, labor, 1 + number)
        if number % 2:
            add_cost(world, sku, overhead, 1)


def totals(entry: MockConfigEntry, printer: str | None) -> tuple[int, ...]:
    found = history_of(entry).totals(printer)
    assert found is not None
    return found.values()


def expected_totals(sums: Sums, printer: str | None) -> tuple[int, ...]:
    return tuple(sum(count for (_, of), count in one.items() if of == printer) for one in sums.all())


async def assert_statistics(hass: HomeAssistant, farm: VirtualFarm, sums: Sums) -> None:
    """Compare each hour of each statistic, with its running sum."""
    for printer in (EVERYWHERE, *farm.world.printers):
        ids = [statistic_id(farm.config.store_id, printer, name) for name in STATISTICS]
        rows = await get_instance(hass).async_add_executor_job(
            statistics_during_period,
            hass,
            moment("2000-01-01T00:00:00Z"),
            None,
            set(ids),
            "hour",
            None,
            {"state", "sum"},
        )
        for one, scale, counts in zip(ids, SCALES, sums.all(), strict=True):
            of_hours = {hour: count for (hour, of), count in counts.items() if of == printer and count}
            found = {int(row["start"]) // HOUR: row for row in rows.get(one, ())}
            assert {hour: round(row["state"] * scale) for hour, row in found.items() if row["state"]} == of_hours, one
            total = 0
            for hour, row in sorted(found.items()):
                total += of_hours.get(hour, 0)
                assert round((row["sum"] or 0) * scale) == total, (one, hour)


class Trouble:
    """What happens while the past is read, by chance."""

    def __init__(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, storage: dict[str, Any], seed: int
    ) -> None:
        """Prepare trouble for a farm."""
        self.chance = random.Random(seed)  # noqa: S311
        self._hass, self._farm, self._entry, self._storage = hass, farm, entry, storage

    def lose_pages(self) -> None:
        """Let the next pages fail."""
        fault: dict[str, Any] = self.chance.choice(
            [
                {"mode": "status", "status": 500},
                {"mode": "status", "status": 429, "retry_after": 7},
                {"mode": "truncated"},
                {"mode": "html", "status": 200},
                {"mode": "reset"},
                {"mode": "drop"},
            ]
        )
        self._farm.inject_fault(Fault(path=PAGE, count=self.chance.randint(1, 2), **fault))

    def correct(self) -> None:
        """Change some jobs of the past, some of them read and some not."""
        for job in self.chance.sample(list(past_jobs(self._farm)), 5):
            change: Callable[[Any], None] = self.chance.choice([_fail, _clear, self._move])
            change(job)
            job.updated_at = to_iso(self._farm.world.clock())
            self._farm.world.jobs.touch(job.id)
        self._farm.settle()

    def _move(self, job: Any) -> None:
        job.assigned_printer_id = self.chance.choice(list(self._farm.world.printers))

    async def restart(self) -> None:
        """Start again, half of the time after a crash: then what was saved at the end is missing."""
        hass, entry = self._hass, self._entry
        # The set-up asks the same address for open jobs.
        self._farm.clear_faults()
        saved = deepcopy({key: value for key, value in self._storage.items() if ".history" in key})
        entry.runtime_data.coordinator.store_state.async_forget_farm()
        assert await hass.config_entries.async_unload(entry.entry_id)
        if self.chance.random() < 0.5:
            for key in [key for key in self._storage if ".history" in key]:
                del self._storage[key]
            self._storage.update(saved)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()


def _fail(job: Any) -> None:
    if job.status == "completed":
        job.status, job.error_message = "failed", "Came off the bed"


def _clear(job: Any) -> None:
    job.hidden = True


async def _until_exact(entry: MockConfigEntry, farm: VirtualFarm, sums: Sums) -> None:
    def exact() -> bool:
        owners = (EVERYWHERE, *farm.world.printers)
        return all(totals(entry, owner) == expected_totals(sums, owner) for owner in owners)

    for _ in range(4):
        if exact():
            return
        try:
            await until_farm(entry, exact, seconds=5)
        except TimeoutError:
            await entry.runtime_data.coordinator.async_refresh()
            await pass_time(entry.runtime_data.coordinator.hass, 3700)
    for owner in (EVERYWHERE, *farm.world.printers):
        assert totals(entry, owner) == expected_totals(sums, owner), owner


async def test_long_history_is_exact_after_restarts_lost_pages_and_corrections(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    farm: VirtualFarm,
    setup_entry: SetUp,
    chaos: bool,
) -> None:
    jobs, restarts = (100_000, 30) if chaos else (900, 3)
    fill(farm, jobs)
    entry = await setup_entry()
    trouble = Trouble(hass, farm, entry, hass_storage, 17)
    troubled_steps = trouble.chance.sample(range(3 * restarts), restarts)
    step = read = 0
    while step < 3 * restarts or not history_of(entry).past.cursor.done:
        assert step < _MOST_STEPS, f"not read to its end: {len(pages(farm))} pages"
        if step in troubled_steps:
            await trouble.restart()
        elif step < 3 * restarts:
            trouble.chance.choice([trouble.lose_pages, trouble.correct])()
        # Exports of what is read so far are rare, as they are in real time: each writes all hours of the farm.
        exports, stalls = step % _STEPS_PER_EXPORT == _STEPS_PER_EXPORT - 1, len(pages(farm)) == read
        read = len(pages(farm))
        await pass_time(hass, _UNTIL_EXPORT if exports else _UNTIL_RETRY if stalls else _UNTIL_PAGE)
        step += 1
    farm.clear_faults()
    sums = add_up(farm)
    await _until_exact(entry, farm, sums)

    # A retry is another print: the failed attempt still counts.
    failed = [job for job in past_jobs(farm) if job.status == "failed" and job.printing_started_at is not None]
    for job in trouble.chance.sample(failed, 20):
        job.printing_started_at = ended_at(job)
        job.status, job.printing_completed_at, job.error_message = "completed", farm.world.now(), None
        job.updated_at = farm.world.now()
        farm.world.jobs.touch(job.id)
        sums.add(farm, job)
    farm.settle()
    await _until_exact(entry, farm, sums)

    for _ in range(3):
        await pass_time(hass, 1000)
        await async_wait_recording_done(hass)
    await assert_statistics(hass, farm, sums)
