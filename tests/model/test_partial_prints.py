"""Prints of which only some jobs are known yet: these never count as all of them."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import press, state_of, until, until_asked, until_farm
from tests.support.saved_prints import outcome, part_id, save_print
from tests.support.submissions import submit
from virtual_farm import FarmConfig, Fault, VirtualFarm

JOBS = [letter * 24 for letter in "abcde"]


@pytest.fixture
def farm_config() -> FarmConfig:
    """Stop simulated time: builds are accepted, and their jobs only appear when the test creates them."""
    return FarmConfig(speed=0, scenario="idle", printers=3)


def only_build(farm: VirtualFarm) -> str:
    """Return the ID of the only part build."""
    (build,) = farm.world.part_builds
    return build


def announce(farm: VirtualFarm, *job_ids: str, **fields: Any) -> None:
    """Send events of jobs of the only part build, which has five."""
    now = farm.config.clock()
    if "status" in fields:
        now += timedelta(seconds=1)
    job = {
        "partName": "Benchy",
        "partId": part_id(farm),
        "partBuildId": only_build(farm),
        "status": "pending",
        "quantityTotal": 5,
        "createdAt": farm.config.clock().isoformat(),
        "updatedAt": now.isoformat(),
        **fields,
    }
    message = {"action": "INSERT", "entityType": "printJob", "entities": dict.fromkeys(job_ids, job), "changes": {}}
    farm.publish(f"stores/{farm.config.store_id}/entities/printJobs", json.dumps(message).encode())


async def test_submission_of_five_waits_for_all_of_its_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (30,))
    await until(hass, lambda: state_of(hass, farm.config.store_id, "realtime", "binary_sensor").state == "on")
    submitting = hass.async_create_task(submit(hass, part="Benchy", quantity=5, wait_until="queued"))
    await until_asked(lambda: len(farm.world.part_builds) == 1)

    for number, job_id in enumerate(JOBS, 1):
        assert not submitting.done()
        announce(farm, job_id, quantityIndex=number)
        await until_farm(entry, lambda job_id=job_id: job_id in entry.runtime_data.coordinator.farm.jobs)

    response = await submitting
    assert response["job_ids"] == JOBS
    assert response["reached"] is True


async def test_lost_response_to_a_build_of_five_is_not_found_by_one_job(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.05, 0.05))
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    submitting = hass.async_create_task(submit(hass, part="Benchy", quantity=5))
    await until_asked(lambda: len(farm.world.part_builds) == 1)
    jobs = farm.builder.make_now(only_build(farm))
    farm.world.drain()  # no message is sent about them
    hidden = [farm.world.jobs.pop(job.id) for job in jobs[1:]]
    farm.clear_requests()

    await until_asked(lambda: any(request.path == "/v1/print-jobs" and request.status for request in farm.requests))
    assert not submitting.done()
    for job in hidden:
        farm.world.jobs[job.id] = job

    response = await submitting
    assert response["confirmed"] is False
    assert set(response["job_ids"]) == {job.id for job in jobs}


async def test_no_job_at_all_does_not_reach_the_requested_step(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.05,))
    for wanted in ("queued", "assigned", "started"):
        response = await submit(hass, part="Benchy", wait_until=wanted, timeout=1)
        assert response["job_ids"] == []
        assert response["reached"] is False


async def test_saved_print_of_five_is_not_finished_by_the_end_of_one_copy(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=5)
    await press(hass, saved, "print")

    for number, job_id in enumerate(JOBS, 1):
        announce(farm, job_id, quantityIndex=number)
        await until(hass, lambda number=number: len(state_of(hass, saved, "last_outcome").attributes["jobs"]) == number)
        announce(farm, job_id, quantityIndex=number, status="completed")
        await until(hass, lambda: outcome(hass, saved) != "queued")
        await until_farm(entry, lambda job_id=job_id: job_id not in entry.runtime_data.coordinator.farm.jobs)
        assert outcome(hass, saved) == ("printing" if number < 5 else "finished")


async def test_saved_print_of_five_is_not_canceled_by_the_end_of_one_copy(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=5)
    await press(hass, saved, "print")
    announce(farm, JOBS[0], quantityIndex=1)
    await until(hass, lambda: state_of(hass, saved, "last_outcome").attributes["jobs"] == JOBS[:1])

    announce(farm, JOBS[0], quantityIndex=1, status="cancelled")
    await until_farm(entry, lambda: JOBS[0] not in entry.runtime_data.coordinator.farm.jobs)
    assert outcome(hass, saved) == "queued"
