"""Printago's order of jobs is used everywhere, also for jobs without a number or a tier."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import Listing
from custom_components.printago.api.models.listing import read_listing
from custom_components.printago.api.models.records import PrintJob, place_in_queue
from custom_components.printago.const import DOMAIN
from tests.support.actions import act, sent
from tests.support.common import state_of, until, until_farm
from virtual_farm import FarmConfig, VirtualFarm

LETTERS = "abcdef"
OF_QUEUE = ["a", "d", "c", "b", "f", "e"]
"""The jobs of ``shuffled`` in Printago's order."""


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm without jobs of its own."""
    return FarmConfig(speed=0, scenario="idle", printers=3)


def send_jobs(farm: VirtualFarm, **jobs: dict[str, Any]) -> None:
    """Publish waiting jobs, each named by a letter, with these fields."""
    entities = {
        letter * 24: {
            "status": "pending",
            "label": letter,
            "partName": letter.upper(),
            "partBuildId": f"{letter * 23}0",
            "createdAt": "2026-11-24T12:00:00.000Z",
            **fields,
        }
        for letter, fields in jobs.items()
    }
    topic = f"stores/{farm.config.store_id}/entities/printJobs"
    farm.publish(topic, json.dumps({"entityType": "printJobs", "action": "INSERT", "entities": entities}).encode())


@pytest.fixture
async def shuffled(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Have waiting jobs with and without a number and a tier."""
    send_jobs(
        farm,
        e={"priority": 1000, "queueOrder": None, "createdAt": "2020-01-01T00:00:00.000Z"},
        b={"priority": 100, "queueOrder": None, "createdAt": "2026-11-24T13:00:00.000Z"},
        a={"priority": 100, "queueOrder": 0},
        f={"priority": 1000, "queueOrder": 1},
        c={"queueOrder": None},
        d={"priority": None, "queueOrder": 7},
    )
    await until_farm(entry, lambda: len(entry.runtime_data.coordinator.farm.jobs) == len(LETTERS))


@pytest.mark.usefixtures("shuffled")
async def test_sensor_and_explanation_name_jobs_in_the_same_order(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await until(hass, lambda: state_of(hass, store, "jobs_queued").state == str(len(LETTERS)))
    assert state_of(hass, store, "jobs_queued").attributes["jobs"] == OF_QUEUE


async def test_jobs_without_a_number_are_explained_last(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def matching(_: Any, job_id: str) -> list[Any]:
        asked.append(job_id[0])
        return []

    monkeypatch.setattr("custom_components.printago.api.rest.job_endpoints.JobEndpoints.matching", matching)
    send_jobs(farm, b={"priority": 100, "queueOrder": None}, a={"priority": 100, "queueOrder": 4})
    await until_farm(entry, lambda: len(entry.runtime_data.coordinator.farm.jobs) == 2)

    await hass.services.async_call(DOMAIN, "explain_job", {}, blocking=True, return_response=True)

    assert asked == ["a", "b"]


async def test_moved_jobs_keep_the_order_of_the_queue(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: dict[str, dict[str, Any]] = {
        "b" * 24: {"status": "pending", "label": "x", "queueOrder": None, "priority": 100},
        "c" * 24: {"status": "pending", "label": "x", "queueOrder": 2, "priority": 1000},
        "a" * 24: {"status": "pending", "label": "x", "queueOrder": 5, "priority": 100},
    }

    async def newest(*_: Any, **__: Any) -> Any:
        return read_listing(Listing(rows, complete=True), PrintJob)

    monkeypatch.setattr("custom_components.printago.api.rest.job_endpoints.JobEndpoints.newest", newest)

    await act(hass, "move_jobs_to_front", label="x")

    (body,) = sent(farm, "/v1/print-jobs/move-to-queue-front")
    assert [job_id[0] for job_id in body["printJobIds"]] == ["a", "b", "c"]


def test_jobs_are_sorted_by_tier_then_number_then_age() -> None:
    def job(identifier: str, **fields: Any) -> PrintJob:
        return PrintJob.from_json(identifier, fields)

    jobs = [
        job("low", priority=1000, queueOrder=1),
        job("last", priority=100),
        job("younger", priority=100, createdAt="2026-11-24T12:00:01Z"),
        job("older", priority=100, createdAt="2026-11-24T12:00:00Z"),
        job("second", priority=100, queueOrder=2),
        job("unreadable", priority="high", queueOrder="1"),
        job("first", queueOrder=0),
    ]
    places = [job.id for job in sorted(jobs, key=place_in_queue)]
    assert places == ["first", "second", "older", "younger", "last", "unreadable", "low"]
