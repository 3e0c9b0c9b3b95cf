"""Submitting prints: dry runs, waiting for a step, and options of SKUs."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.common import device_of, paths, printer_named, until_asked
from virtual_farm import FarmConfig, Fault, VirtualFarm

BUILD = "POST /v2/builds"

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly, with every printer ready."""
    return FarmConfig(speed=20, scenario="idle", printers=3)


async def submit(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Submit a print, and return the response of the action."""
    response = await hass.services.async_call(DOMAIN, "submit_print_job", data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


def printer_device(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, name: str) -> str:
    """Return the device ID of a printer."""
    device = device_of(hass, entry, printer_named(farm, name))
    assert device is not None
    return device.id


async def test_dry_run_returns_the_jobs_and_queues_nothing(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await submit(hass, part="Benchy", quantity=2, label="Order 7", dry_run=True)

    assert response["dry_run"] is True
    assert response["job_count"] == 2
    (build,) = response["builds"]
    assert (build["part"], build["quantity"], build["label"], build["sku"]) == ("Benchy", 2, "Order 7", None)
    assert [(job["number"], job["of"]) for job in build["jobs"]] == [(1, 2), (2, 2)]
    assert BUILD not in paths(farm)
    assert len(farm.world.part_builds) == 0


async def test_refused_dry_run_has_the_reason(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy", parameters={"height": 2}, dry_run=True)
    assert failed.value.translation_key == "refused"
    assert "no parameter height" in str(failed.value)


async def test_waiting_until_started_returns_the_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_device(hass, farm, entry, "A1 01")
    response = await submit(hass, part="Benchy", printer=printer, wait_until="started", timeout=20)

    assert response["reached"] is True
    (job,) = response["jobs"]
    assert job["job_id"] == response["job_ids"][0]
    assert job["printer"] == "A1 01"
    assert job["printer_id"] == printer_named(farm, "A1 01")
    assert job["status"] in ("printing", "completed")
    assert job["error"] is None


async def test_waiting_until_assigned_does_not_wait_for_the_start(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await submit(hass, part="Benchy", wait_until="assigned", timeout=20)
    assert response["reached"] is True
    assert response["jobs"][0]["status"] not in (None, "pending")


async def test_timeout_of_waiting_is_reported_and_the_job_stays_queued(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await submit(hass, part="Benchy", tags=["nobody-has-this"], wait_until="assigned", timeout=1)
    assert response["reached"] is False
    (job,) = response["jobs"]
    assert (job["status"], job["printer"]) == ("pending", None)
    assert farm.job(job["job_id"]).status == "pending"


async def test_waiting_ends_when_the_job_is_canceled(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    submission = asyncio.create_task(
        submit(hass, part="Benchy", tags=["nobody-has-this"], wait_until="started", timeout=600)
    )
    await until_asked(lambda: len(farm.world.jobs) > 0)
    (job,) = farm.world.jobs.values()
    farm.queue.cancel(job)
    async with asyncio.timeout(10):
        response = await submission
    assert response["reached"] is False
    assert response["jobs"][0]["status"] == "cancelled"


async def test_queued_jobs_are_returned_without_waiting(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await submit(hass, part="Benchy", quantity=3, wait_until="queued")
    assert response["reached"] is True
    assert [job["job_id"] for job in response["jobs"]] == response["job_ids"]
    assert len(response["jobs"]) == 3


async def test_sku_options_are_sent_and_a_wrong_value_is_refused_with_printagos_message(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, sku="POT-M", options={"Color": "Jade White"})
    build = next(request.body for request in reversed(farm.requests) if request.path == "/v2/builds")
    assert build["skus"][0]["options"] == [{"name": "Color", "value": "Jade White"}]
    option = next(iter(farm.world.sku_options.values()))["id"]
    await submit(hass, sku="POT-M", options={option: "Black"})
    build = next(request.body for request in reversed(farm.requests) if request.path == "/v2/builds")
    assert build["skus"][0]["options"] == [{"id": option, "value": "Black"}]

    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, sku="POT-M", options={"Color": "Octarine"})
    assert failed.value.translation_key == "refused"
    assert "Octarine" in str(failed.value)


async def test_options_of_a_part_are_refused_before_anything_is_sent(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part="Benchy", options={"Color": "Black"})
    assert refused.value.translation_key == "options_without_sku"
    assert BUILD not in paths(farm)


@pytest.mark.parametrize(
    "data", [{"wait_until": "tomorrow"}, {"timeout": 0}, {"timeout": 3601}, {"options": {"": "x"}}]
)
async def test_invalid_data_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError):
        await submit(hass, part="Benchy", **data)
    assert BUILD not in paths(farm)


async def test_jobs_found_after_a_lost_response_are_awaited_as_well(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    response = await submit(hass, part="Benchy", wait_until="queued", timeout=5)
    assert response["confirmed"] is False
    assert response["reached"] is True
    assert response["jobs"][0]["status"] is not None


async def test_lost_response_for_several_plates_is_found_by_all_of_its_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    response = await submit(hass, part="Articulated Dragon", quantity=2)
    assert response["confirmed"] is False
    assert set(response["job_ids"]) == set(farm.world.jobs)
    assert len(response["job_ids"]) > 2
