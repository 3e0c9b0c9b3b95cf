"""Jobs that do not say when they ended, or name a time in the future, hide no others in the history."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import history_of, read_all
from virtual_farm import VirtualFarm


async def test_job_without_any_readable_time_is_left_out(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(20, months=1)
    broken, kept = [job for job in past_jobs(farm) if job.status == "completed"][:2]
    never = next(job for job in farm.world.jobs.values() if job.status == "pending")
    farm.queue.cancel(never)
    broken.printing_completed_at, broken.updated_at = None, "yesterday"
    entry: MockConfigEntry = await setup_entry()
    assert not history_of(entry).complete
    found = {row["job_id"] for row in (await act(hass, "get_history", limit=1000))["prints"]}
    assert kept.id in found
    assert broken.id not in found
    # It was canceled before a printer began.
    assert never.id not in found


@pytest.mark.parametrize("year", [2040, 2150, 2999])
async def test_end_in_the_future_is_not_used_and_harms_no_other_print(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, year: int
) -> None:
    farm.fill_history(20, months=1)
    early, wrong = [job for job in past_jobs(farm) if job.status == "completed"][:2]
    early.printing_completed_at = f"{year}-01-01T00:00:00.000Z"
    wrong.printing_completed_at = wrong.updated_at = f"{year}-01-01T00:00:00.000Z"
    entry: MockConfigEntry = await setup_entry()
    await read_all(hass, entry)

    prints = {row["job_id"]: row for row in (await act(hass, "get_history", limit=1000))["prints"]}

    assert prints.keys() >= {job.id for job in past_jobs(farm)}
    now = entry.runtime_data.coordinator.farm.server_now()
    assert datetime.fromisoformat(prints[early.id]["ended_at"]) == datetime.fromisoformat(early.updated_at).replace(
        microsecond=0
    )
    assert now - timedelta(days=1) < datetime.fromisoformat(prints[wrong.id]["ended_at"]) <= now
    assert history_of(entry).totals().completed == sum(job.status == "completed" for job in past_jobs(farm))
