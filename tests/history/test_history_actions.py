"""The actions about past prints."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import read_all
from virtual_farm import VirtualFarm


@pytest.fixture
async def read(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    farm.fill_history(300, months=2)
    entry = await setup_entry()
    await read_all(hass, entry)
    farm.clear_requests()
    return entry


async def call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    answer = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    return answer


async def test_history_returns_the_prints_that_match(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    failed = {job.id: job for job in past_jobs(farm) if job.status == "failed"}
    answer = await call(hass, "get_history", result=["failed"], limit=1000)
    assert answer["complete"]
    assert {row["job_id"] for row in answer["prints"]} == failed.keys()
    assert all(row["reason"] == failed[row["job_id"]].error_message for row in answer["prints"])
    assert not farm.requests
    ends = [row["ended_at"] for row in answer["prints"]]
    assert ends == sorted(ends, reverse=True)


async def test_statistics_add_up_by_printer(hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry) -> None:
    answer = await call(hass, "get_statistics", by="printer", start="2000-01-01 00:00:00")
    jobs = list(past_jobs(farm))
    assert answer["total"]["finished"] == sum(job.status == "completed" for job in jobs)
    for row in answer["groups"]:
        of = [job for job in jobs if job.assigned_printer_id == row.get("id")]
        assert (row["finished"], row["failed"]) == (
            sum(job.status == "completed" for job in of),
            sum(job.status == "failed" for job in of),
        )


@pytest.mark.usefixtures("quick_to_ask")
@pytest.mark.parametrize("cleared", [False, True], ids=["", "cleared"])
async def test_print_again_submits_the_same_once(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry, *, cleared: bool
) -> None:
    jobs = (job for job in past_jobs(farm) if job.part_id in farm.world.parts and job.sku_id is None)
    job = next(job for job in jobs if job.hidden is cleared)
    before = set(farm.world.jobs)
    answer = await call(hass, "print_again", job_id=job.id)
    await farm.advance(60)
    (new,) = (one for one in farm.world.jobs.values() if one.id not in before)
    assert (new.part_id, new.label, new.quantity_total) == (job.part_id, job.label, 1)
    assert answer["job_ids"] in ([], [new.id])
    assert answer["confirmed"]
