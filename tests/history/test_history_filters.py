"""get_history returns exactly the prints that were asked for, also those that are too old to be kept in detail."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.past_oracle import ended_at, moment, past_jobs
from tests.support.past_reading import read_all
from virtual_farm import VirtualFarm

KEPT = 1000
"""How many prints are kept in detail."""


async def history(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    answer = await hass.services.async_call(DOMAIN, "get_history", data, blocking=True, return_response=True)
    assert isinstance(answer, dict)
    return answer


def by_end(farm: VirtualFarm, wanted: Callable[[Any], bool]) -> list[str]:
    """Return the IDs of the past jobs that are wanted, the last one first."""
    printed = (job for job in past_jobs(farm) if job.status != "cancelled" or job.printing_started_at is not None)
    jobs = [job for job in printed if wanted(job)]
    return [job.id for job in sorted(jobs, key=lambda job: moment(ended_at(job)), reverse=True)]


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["job_id"] for row in answer["prints"]]


@pytest.fixture
async def read(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    farm.fill_history(300, months=2)
    order = next(iter(farm.world.orders))
    for job in list(past_jobs(farm))[::10]:
        job.order_id = order
    entry = await setup_entry()
    await read_all(hass, entry)
    farm.clear_requests()
    return entry


async def test_prints_of_a_part_are_found_by_its_name_and_by_its_id(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    part = farm.world.parts[next(job.part_id for job in past_jobs(farm) if job.part_id in farm.world.parts)]
    expected = by_end(farm, lambda job: job.part_id == part["id"])
    for wanted in (part["id"], part["name"], part["name"].upper()):
        answer = await history(hass, part=wanted, limit=1000)
        assert sorted(ids(answer)) == sorted(expected)
    assert (await history(hass, part="No such part"))["prints"] == []


async def test_prints_of_a_printer_and_of_an_order_are_found(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    printer = next(iter(farm.world.printers.values()))
    answer = await history(hass, printer=printer.name, limit=1000)
    assert sorted(ids(answer)) == sorted(by_end(farm, lambda job: job.assigned_printer_id == printer.id))
    order = next(iter(farm.world.orders))
    answer = await history(hass, order=order, limit=1000)
    assert sorted(ids(answer)) == sorted(by_end(farm, lambda job: job.order_id == order))


async def test_period_includes_its_start_and_not_its_end(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    ends = sorted({moment(ended_at(job)).replace(microsecond=0) for job in past_jobs(farm)})
    start, end = ends[20], ends[40]

    def in_period(job: Any) -> bool:
        return start <= moment(ended_at(job)) < end

    answer = await history(hass, start=start.isoformat(), end=end.isoformat(), limit=1000)
    assert sorted(ids(answer)) == sorted(by_end(farm, in_period))
    found = [datetime.fromisoformat(row["ended_at"]) for row in answer["prints"]]
    assert start <= min(found)
    assert max(found) < end
    with pytest.raises(ServiceValidationError) as refused:
        await history(hass, start=end.isoformat(), end=end.isoformat())
    assert refused.value.translation_key == "end_before_start"


async def test_more_prints_than_the_limit_are_said_to_be_incomplete(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    failed = by_end(farm, lambda job: job.status == "failed")
    for limit, complete in ((len(failed) - 1, False), (len(failed), True), (len(failed) + 1, True)):
        answer = await history(hass, result=["failed"], limit=limit)
        assert ids(answer) == failed[:limit]
        assert answer["complete"] is complete


async def test_prints_that_are_no_longer_kept_are_asked_for(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(KEPT + 200, months=4)
    entry = await setup_entry()
    await read_all(hass, entry)
    failed = by_end(farm, lambda job: job.status == "failed")
    farm.clear_requests()
    answer = await history(hass, result=["failed"], limit=1000)
    assert ids(answer) == failed
    assert answer["complete"]
    assert farm.requests
    farm.clear_requests()
    answer = await history(hass, result=["failed"], limit=3)
    assert ids(answer) == failed[:3]
    assert not answer["complete"]
    assert not farm.requests
