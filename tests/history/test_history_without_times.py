"""Jobs that do not say when they ended are left out of the history, and hide no others."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import history_of
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
