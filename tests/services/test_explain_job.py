"""The action that explains why jobs wait."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.common import paths, until_farm
from virtual_farm import Fault, VirtualFarm
from virtual_farm.entities import PrintJob


async def explain(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Return what the action returns."""
    response = await hass.services.async_call(DOMAIN, "explain_job", data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


async def explain_one(hass: HomeAssistant, job: PrintJob) -> dict[str, Any]:
    """Return the explanation of one job."""
    (explained,) = (await explain(hass, job_id=job.id))["jobs"]
    return dict(explained)


def labelled(farm: VirtualFarm, label: str) -> PrintJob:
    """Return the job with this label."""
    return next(job for job in farm.world.jobs.values() if job.label == label)


def reasons_of(explained: dict[str, Any], printer_id: str) -> list[str]:
    """Return the obstacles of a printer."""
    return next(list(printer["reasons"]) for printer in explained["printers"] if printer["printer_id"] == printer_id)


def asked(farm: VirtualFarm) -> int:
    """Return the number of requests that explain a job."""
    return sum(path.endswith("/matching-troubleshoot") for path in paths(farm))


async def test_job_for_a_busy_printer_waits_for_that_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = labelled(farm, "Benchy for the shop")
    printer = farm.printer(job.required_printer_tags["printer.id"])
    other = next(
        printer for printer in farm.world.printers.values() if printer.id != job.required_printer_tags["printer.id"]
    )

    explained = await explain_one(hass, job)

    assert explained["explanation"].startswith(f"It is waiting for one of these printers: {printer.name} (")
    assert "the printer is busy" in reasons_of(explained, printer.id)
    assert f"the job may only be printed by {printer.name}" in reasons_of(explained, other.id)
    assert explained["printers"][0]["printer"] == printer.name
    assert len(explained["printers"]) == len(farm.world.printers)


async def test_job_without_a_matching_printer_has_the_missing_requirements(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = labelled(farm, "Jig")
    explained = await explain_one(hass, job)
    assert explained["explanation"].startswith("No printer matches.")
    wanted = ", ".join(job.required_printer_tags.values())
    assert f"the printer does not have all required tags: {wanted}" in explained["printers"][0]["reasons"]


@pytest.mark.printers(8)
async def test_only_the_first_printers_are_named_and_the_others_counted(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    explained = await explain_one(hass, labelled(farm, "Jig"))
    assert len(explained["printers"]) == len(farm.world.printers) == 8
    names = [printer["printer"] for printer in explained["printers"]]
    assert [name for name in names if f"{name} (" in explained["explanation"]] == names[:3]
    assert explained["explanation"].rstrip(".").endswith("… (+5)")
    for printer in list(farm.world.printers)[3:]:
        farm.remove_printer(printer)
    explained = await explain_one(hass, labelled(farm, "Jig"))
    assert all(f"{printer['printer']} (" in explained["explanation"] for printer in explained["printers"])
    assert len(explained["printers"]) == 3
    assert "…" not in explained["explanation"]


async def test_farm_without_printers_gives_no_reason(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for printer in list(farm.world.printers):
        farm.remove_printer(printer)
    explained = await explain_one(hass, labelled(farm, "Jig"))
    assert explained["printers"] == []
    assert explained["explanation"] == "Printago did not give a reason."


async def test_job_that_waits_for_a_bed_says_so(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = next(
        printer
        for printer in farm.world.printers.values()
        if printer.is_online and printer.is_available and not printer.confirmed_ready
    )
    job = labelled(farm, "Cable Clip")
    job.required_printer_tags = {"printer.id": printer.id}
    explained = await explain_one(hass, job)
    assert reasons_of(explained, printer.id) == ["nobody has confirmed that the bed is clear"]
    assert explained["explanation"] == (
        f"It is waiting for one of these printers: {printer.name} (nobody has confirmed that the bed is clear)."
    )


async def test_job_of_low_priority_waits_for_the_setting_of_the_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.world.settings["processLowPriorityJobs"] = False
    entry.runtime_data.coordinator.farm.process_low_priority_jobs = False
    explained = await explain_one(hass, labelled(farm, "Night filler"))
    assert explained["explanation"] == "It has low priority, and low-priority jobs are not being processed right now."


async def test_job_that_does_not_wait_costs_no_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = next(job for job in farm.world.jobs.values() if job.status == "printing")
    farm.clear_requests()
    explained = await explain_one(hass, job)
    printer = farm.printer(job.assigned_printer_id or "")
    assert explained["explanation"] == f"It is not waiting. Status: Printing, printer: {printer.name}."
    assert paths(farm) == []


async def test_all_waiting_jobs_are_explained_in_the_order_of_the_queue(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    waiting = [job for job in farm.world.jobs.values() if job.status == "pending"]
    response = await explain(hass)
    explained = [job_id for job in response["jobs"] for job_id in job["job_ids"]]
    in_order = sorted(waiting, key=lambda job: (job.priority, job.queue_order))
    assert explained == [job.id for job in in_order]
    assert response["not_explained"] == 0
    assert all(job["explanation"] for job in response["jobs"])


async def test_limit_restricts_the_requests_and_counts_the_rest(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    waiting = [job for job in farm.world.jobs.values() if job.status == "pending"]
    farm.clear_requests()
    response = await explain(hass, limit=1)
    assert asked(farm) == len(response["jobs"]) == 1
    assert response["not_explained"] == len(waiting) - 1


async def test_copies_of_one_print_cost_one_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    part = next(part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy")
    await hass.services.async_call(
        DOMAIN, "submit_print_job", {"part": part, "quantity": 5, "tags": "no-such-tag"}, blocking=True
    )
    known = entry.runtime_data.coordinator.farm.jobs
    await farm.advance(5)
    await until_farm(entry, lambda: sum(job.part_id == part and job.quantity_total == 5 for job in known.values()) == 5)
    copies = [job.id for job in known.values() if job.part_id == part and job.quantity_total == 5]
    farm.clear_requests()
    (explained,) = (await explain(hass, job_id=copies))["jobs"]
    assert sorted(explained["job_ids"]) == sorted(copies)
    assert asked(farm) == 1


async def test_used_up_quota_leaves_the_rest_unexplained(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    first, second = labelled(farm, "Benchy for the shop"), labelled(farm, "Cable Clip")
    farm.inject_fault(
        Fault(mode="status", status=429, retry_after=30, path=f"/v1/print-jobs/{second.id}/matching-troubleshoot")
    )
    response = await explain(hass, job_id=[first.id, second.id])
    assert [job["job_id"] for job in response["jobs"]] == [first.id]
    assert response["not_explained"] == 1

    with pytest.raises(HomeAssistantError) as raised:
        await explain(hass, job_id=second.id)
    assert raised.value.translation_key == "rate_limited"


async def test_unknown_job_raises_an_error(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as raised:
        await explain(hass, job_id="nosuchjob000000000000000")
    assert raised.value.translation_key == "jobs_not_found"


async def test_job_that_ended_long_ago_is_explained_too(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = labelled(farm, "Cable Clip")
    await hass.services.async_call(DOMAIN, "cancel_jobs", {"job_id": job.id}, blocking=True)
    await until_farm(entry, lambda: job.id not in entry.runtime_data.coordinator.farm.jobs)
    explained = await explain_one(hass, job)
    assert explained["explanation"] == "It is not waiting. Status: Canceled, printer: -."
