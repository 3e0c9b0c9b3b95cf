"""The actions that change jobs of the queue."""

import itertools
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.actions import act
from tests.support.common import device_of, paths, printer_named, until_farm, writes
from virtual_farm import Fault, VirtualFarm
from virtual_farm.entities import PrintJob


def labelled(farm: VirtualFarm, label: str) -> PrintJob:
    """Return the job with this label."""
    return next(job for job in farm.world.jobs.values() if job.label == label)


def with_status(farm: VirtualFarm, status: str) -> list[PrintJob]:
    """Return the jobs with this status."""
    return [job for job in farm.world.jobs.values() if job.status == status]


def device_id(hass: HomeAssistant, entry: MockConfigEntry, printer_id: str) -> str:
    """Return the ID of a printer's device."""
    device = device_of(hass, entry, printer_id)
    assert device is not None
    return device.id


async def test_jobs_given_by_id_are_canceled_in_one_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    jobs = [labelled(farm, "Benchy for the shop"), labelled(farm, "Cable Clip")]
    farm.clear_requests()

    response = await act(hass, "cancel_jobs", job_id=[job.id for job in jobs])

    assert [job.status for job in jobs] == ["cancelled", "cancelled"]
    assert writes(farm) == ["PATCH /v1/print-jobs/cancel"]
    assert (response["applied"], response["not_applied"]) == (2, 0)
    assert [outcome["job_id"] for outcome in response["jobs"]] == [job.id for job in jobs]
    assert response["jobs"][0]["label"] == "Benchy for the shop"
    assert response["jobs"][0]["previous_status"] == "pending"
    await until_farm(entry, lambda: jobs[0].id not in entry.runtime_data.coordinator.farm.jobs)


@pytest.mark.printers(8)
async def test_response_has_the_result_of_each_job(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (paused,) = with_status(farm, "paused")
    waiting = labelled(farm, "Cable Clip")
    response = await act(hass, "resume_jobs", job_id=[paused.id, waiting.id, "nosuchjob000000000000000"])
    assert [(outcome["job_id"], outcome["applied"]) for outcome in response["jobs"]] == [
        (paused.id, True),
        (waiting.id, False),
        ("nosuchjob000000000000000", False),
    ]
    assert paused.status == "printing"


@pytest.mark.printers(8)
async def test_unchanged_job_raises_an_error_without_a_response(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (paused,) = with_status(farm, "paused")
    waiting = labelled(farm, "Cable Clip")
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "resume_jobs", {"job_id": [paused.id, waiting.id]}, blocking=True)
    assert raised.value.translation_key == "jobs_not_changed"
    assert raised.value.translation_placeholders == {"jobs": "Cable Clip", "done": "1"}


async def test_everything_that_failed_today_is_retried_and_nothing_else(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    failed = labelled(farm, "Order 1003")
    earlier = labelled(farm, "Benchy for the shop")
    earlier.status, earlier.printing_completed_at = "failed", "2020-01-01T10:00:00.000Z"
    cancelled = labelled(farm, "Cable Clip")
    await act(hass, "cancel_jobs", job_id=cancelled.id)

    response = await act(hass, "retry_jobs", status="failed", since="today")

    assert [outcome["job_id"] for outcome in response["jobs"]] == [failed.id]
    assert (failed.status, earlier.status, cancelled.status) == ("pending", "failed", "cancelled")


async def test_retry_without_a_status_ignores_canceled_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    cancelled = labelled(farm, "Cable Clip")
    await act(hass, "cancel_jobs", label="Cable Clip")
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "retry_jobs", label="Cable Clip")
    assert raised.value.translation_key == "no_jobs_match"

    await act(hass, "retry_jobs", label="Cable Clip", status=["cancelled"])
    assert cancelled.status == "pending"


async def test_label_must_match_exactly(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.clear_requests()
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "cancel_jobs", label="Benchy")
    assert raised.value.translation_key == "no_jobs_match"
    assert writes(farm) == []
    await act(hass, "cancel_jobs", label="Benchy for the shop")
    assert labelled(farm, "Benchy for the shop").status == "cancelled"


@pytest.mark.printers(8)
async def test_jobs_of_a_printer_are_paused(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    job, other = with_status(farm, "printing")[:2]
    assert job.assigned_printer_id is not None
    response = await act(hass, "pause_jobs", printer=device_id(hass, entry, job.assigned_printer_id))
    assert [outcome["job_id"] for outcome in response["jobs"]] == [job.id]
    assert (job.status, other.status) == ("paused", "printing")


async def test_failed_jobs_are_cleared(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    failed = labelled(farm, "Order 1003")
    await act(hass, "clear_jobs", status="failed")
    assert failed.hidden
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "clear_jobs", status="failed")
    assert raised.value.translation_key == "no_jobs_match"


async def test_jobs_of_a_part_move_to_the_front(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    clip = labelled(farm, "Cable Clip")
    assert farm.queue.pending()[0] is not clip
    response = await act(hass, "move_jobs_to_front", part="Cable Clip")
    assert [outcome["job_id"] for outcome in response["jobs"]] == [clip.id]
    assert farm.queue.pending()[0] is clip


async def test_retried_jobs_keep_their_order(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    waiting = [job for job in farm.queue.pending() if job.priority == 100]
    assert len(waiting) > 2
    # Neither the newest first, in which they are listed, nor the oldest first.
    for job, hour in zip(waiting, itertools.cycle((10, 12, 11)), strict=False):
        job.created_at = f"2026-01-01T{hour}:00:00.000Z"
    await act(hass, "cancel_jobs", job_id=[job.id for job in waiting])
    await act(hass, "retry_jobs", status="cancelled", since="today")
    assert [job.id for job in farm.queue.pending() if job in waiting] == [job.id for job in waiting]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "no_filter"),
        ({"job_id": []}, "no_jobs_match"),
        ({"job_id": "abc", "status": "pending"}, "ids_or_filter"),
        ({"status": "completed"}, "wrong_status"),
        ({"label": "No such label"}, "no_jobs_match"),
        ({"part": "No such part"}, "part_unknown"),
    ],
)
async def test_ambiguous_selection_is_refused_before_anything_is_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any], key: str
) -> None:
    farm.clear_requests()
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "cancel_jobs", **data)
    assert raised.value.translation_key == key
    assert writes(farm) == []


@pytest.mark.parametrize(
    "data", [{"status": []}, {"status": "broken"}, {"label": " "}, {"job_id": "../printers"}, {"since": "soon"}]
)
async def test_invalid_value_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    farm.clear_requests()
    with pytest.raises(ServiceValidationError):
        await act(hass, "cancel_jobs", **data)
    assert paths(farm) == []


async def test_selection_of_too_many_jobs_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.services.job_selection._MOST_CHOSEN", 2)
    farm.clear_requests()
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "cancel_jobs", status="pending")
    assert raised.value.translation_key == "too_many_jobs"
    assert writes(farm) == []


async def test_lost_response_is_reported_as_unknown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="drop", path="/v1/print-jobs/cancel"))
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "cancel_jobs", label="Cable Clip")
    assert raised.value.translation_key == "outcome_unknown"
    assert writes(farm).count("PATCH /v1/print-jobs/cancel") == 1


async def test_jobs_get_priority_label_and_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    jig = labelled(farm, "Jig")
    model = jig.required_printer_tags["printer.modelName"]
    printer = printer_named(farm, "A1 01")
    response = await act(
        hass,
        "update_jobs",
        job_id=jig.id,
        priority="low",
        new_label="Jig for later",
        pin_to_printer=device_id(hass, entry, printer),
    )
    assert (jig.priority, jig.label) == (1000, "Jig for later")
    assert jig.required_printer_tags == {"user.tags": "enclosed", "printer.modelName": model, "printer.id": printer}
    (outcome,) = response["jobs"]
    assert (outcome["label"], outcome["priority"], outcome["pinned_to"]) == ("Jig for later", "low", "A1 01")

    await act(hass, "update_jobs", label="Jig for later", unpin=True)
    assert jig.required_printer_tags == {"user.tags": "enclosed", "printer.modelName": model}


async def test_failed_update_of_one_job_does_not_affect_the_others(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    first, second = labelled(farm, "Jig"), labelled(farm, "Cable Clip")
    farm.inject_fault(Fault(mode="status", status=400, message="No", method="PATCH", path=f"/v1/print-jobs/{first.id}"))
    response = await act(hass, "update_jobs", job_id=[first.id, second.id], priority="low")
    applied = {outcome["job_id"]: outcome["applied"] for outcome in response["jobs"]}
    assert applied == {first.id: False, second.id: True}
    assert "No" in next(outcome["failure"] for outcome in response["jobs"] if not outcome["applied"])
    assert (first.priority, second.priority) == (100, 1000)


async def test_reason_of_a_failed_update_is_in_the_language_of_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    hass.config.language = "de"
    first, second = labelled(farm, "Jig"), labelled(farm, "Cable Clip")
    farm.inject_fault(Fault(mode="status", status=400, message="No", method="PATCH", path=f"/v1/print-jobs/{first.id}"))
    response = await act(hass, "update_jobs", job_id=[first.id, second.id], priority="low")
    (failure,) = [outcome["failure"] for outcome in response["jobs"] if not outcome["applied"]]
    assert failure == "Printago hat die Anfrage abgelehnt: No"


@pytest.mark.parametrize(
    ("status", "words"), [(401, "API key"), (403, "permission"), (429, "request limit"), (307, "redirects elsewhere")]
)
async def test_no_further_job_is_tried_after_a_final_error(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, status: int, words: str
) -> None:
    jobs = [labelled(farm, label) for label in ("Jig", "Cable Clip", "Benchy for the shop")]
    # The one that was made first is listed, and tried, last.
    for hour, job in enumerate(jobs):
        job.created_at = f"2026-01-01T1{hour}:00:00.000Z"
    # With a second, a further job would be tried after it.
    farm.inject_fault(Fault(mode="status", status=status, retry_after=1, count=2, path=f"/v1/print-jobs/{jobs[1].id}"))
    farm.clear_requests()

    response = await act(hass, "update_jobs", job_id=[job.id for job in jobs], priority="low")

    assert {outcome["job_id"]: outcome["applied"] for outcome in response["jobs"]} == {
        jobs[2].id: True,
        jobs[1].id: False,
        jobs[0].id: False,
    }
    failures = [outcome["failure"] for outcome in response["jobs"] if not outcome["applied"]]
    assert len(set(failures)) == 1
    assert words in failures[0]
    assert writes(farm) == [f"PATCH /v1/print-jobs/{job.id}" for job in (jobs[2], jobs[1])]
    assert jobs[0].priority == 100


async def test_update_without_changes_or_jobs_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.clear_requests()
    for data, key in (
        ({"label": "Jig"}, "nothing_to_change"),
        ({"priority": "low"}, "no_filter"),
        ({"priority": "low", "job_id": "nosuchjob000000000000000"}, "jobs_not_found"),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "update_jobs", **data)
        assert raised.value.translation_key == key
    assert writes(farm) == []


async def test_more_updates_than_the_quota_allows_are_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.clear_requests()
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "update_jobs", priority="low", job_id=[f"job{number}" for number in range(21)])
    assert raised.value.translation_key == "too_many_jobs"
    assert paths(farm) == []
