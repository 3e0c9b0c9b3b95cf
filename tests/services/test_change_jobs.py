"""Changes that take one request per job: an error of one job does not keep the others from being tried."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import CannotConnectError, InvalidRequestError, PrintJob
from tests.support.actions import act
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.usefixtures("at_rest")


@pytest.mark.parametrize(
    ("error", "applied"),
    [(InvalidRequestError("No"), [True, False, True]), (CannotConnectError("down"), [True, False, False])],
)
async def test_jobs_after_one_that_is_refused_are_tried_and_none_after_a_hopeless_error(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    applied: list[bool],
) -> None:
    jobs = [job.id for job in farm.world.jobs.values() if job.status == "pending"][:3]
    tried: list[str] = []

    async def update(job: PrintJob, changes: Any, *, pin: str | None, unpin: bool) -> PrintJob:
        tried.append(job.id)
        if len(tried) == 2:
            raise error
        return job

    monkeypatch.setattr(entry.runtime_data.coordinator.client.queue, "update_job", update)
    response = await act(hass, "update_jobs", job_id=jobs, priority="low")
    assert [row["applied"] for row in response["jobs"]] == applied
    assert len(tried) == 2 + applied[2]
