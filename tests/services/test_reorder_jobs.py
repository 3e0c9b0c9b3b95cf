"""The action that reorders waiting jobs, tested with the virtual farm."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.actions import act, sent
from tests.support.common import paths, state_of, until
from virtual_farm import Fault, VirtualFarm

REORDER = "/v1/print-jobs/bulk-reorder"


def waiting(farm: VirtualFarm) -> list[str]:
    """Return the IDs of the waiting jobs, in the farm's order."""
    pending = [job for job in farm.world.jobs.values() if job.status == "pending"]
    return [job.id for job in sorted(pending, key=lambda job: (job.priority, job.queue_order))]


def normal(farm: VirtualFarm) -> list[str]:
    """Return those of normal priority."""
    return [job_id for job_id in waiting(farm) if farm.world.jobs[job_id].priority == 100]


@pytest.fixture
def queue(farm: VirtualFarm, entry: MockConfigEntry) -> list[str]:
    """Return the waiting jobs, one of which has low priority."""
    queue = waiting(farm)
    assert len(queue) >= 4
    assert len(normal(farm)) < len(queue)
    farm.clear_requests()
    return queue


async def test_job_is_moved_by_one_request_that_changes_no_other(
    hass: HomeAssistant, farm: VirtualFarm, queue: list[str]
) -> None:
    response = await act(hass, "reorder_jobs", job_id=queue[2], position=1)

    assert waiting(farm) == [queue[2], queue[0], queue[1], *queue[3:]]
    (body,) = sent(farm, REORDER)
    assert [update["id"] for update in body["updates"]] == [queue[2]]
    assert [(job["job_id"], job["position"]) for job in response["jobs"]] == [(queue[2], 1)]


async def test_home_assistant_shows_the_new_order(hass: HomeAssistant, farm: VirtualFarm, queue: list[str]) -> None:
    await act(hass, "reorder_jobs", job_id=queue[1], before=queue[0])

    def jobs() -> list[str]:
        return list(state_of(hass, farm.config.store_id, "jobs_queued").attributes["jobs"])

    titles = [farm.world.jobs[job_id].label or farm.world.jobs[job_id].part_name for job_id in waiting(farm)]
    await until(hass, lambda: jobs() == titles[: len(jobs())])


@pytest.mark.parametrize(
    ("moving", "place", "expected"),
    [
        ([2], {"before": 1}, [0, 2, 1]),
        ([0], {"after": 1}, [1, 0, 2]),
        ([2, 0], {"after": 1}, [1, 2, 0]),
        ([2, 1], {}, [0, 2, 1]),
        ([2, 0, 1], {}, [2, 0, 1]),
        ([0], {}, [0, 1, 2]),
    ],
)
async def test_jobs_get_the_requested_position(
    hass: HomeAssistant,
    farm: VirtualFarm,
    queue: list[str],
    moving: list[int],
    place: dict[str, int],
    expected: list[int],
) -> None:
    beside = {field: queue[index] for field, index in place.items()}
    await act(hass, "reorder_jobs", job_id=[queue[index] for index in moving], **beside)

    assert waiting(farm)[:3] == [queue[index] for index in expected]
    assert waiting(farm)[3:] == queue[3:]


async def test_priority_takes_precedence_over_the_position(
    hass: HomeAssistant, farm: VirtualFarm, queue: list[str]
) -> None:
    first, low = queue[0], queue[-1]
    assert farm.world.jobs[low].priority == 1000

    await act(hass, "reorder_jobs", job_id=low, position=1)
    assert waiting(farm)[-1] == low

    await act(hass, "reorder_jobs", job_id=first, position=99)
    assert waiting(farm) == [*queue[1 : len(normal(farm))], first, *queue[len(normal(farm)) :]]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"job_id": ["clx9job00000000000000999"], "position": 1}, "jobs_not_waiting"),
        ({"job_id": [0], "before": "clx9job00000000000000999"}, "jobs_not_waiting"),
        ({"job_id": [0, 1], "after": 0}, "job_beside_itself"),
        ({"job_id": [0], "before": 1, "position": 1}, "fields_exclusive"),
        ({"job_id": [0], "position": 0}, "field_too_small"),
        ({"job_id": [0], "position": 1.5}, "field_not_a_whole_number"),
        ({"job_id": [], "position": 1}, "field_empty"),
        ({"job_id": [0], "before": "not an ID"}, "field_not_a_job_id"),
        ({"position": 1}, "field_missing"),
    ],
)
async def test_invalid_data_changes_nothing(
    hass: HomeAssistant, farm: VirtualFarm, queue: list[str], data: dict[str, Any], key: str
) -> None:
    def real(field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [real(field, each) for each in value]
        return queue[value] if isinstance(value, int) and field != "position" else value

    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "reorder_jobs", **{field: real(field, value) for field, value in data.items()})

    assert error.value.translation_key == key
    assert paths(farm) == []


async def test_refusal_is_reported(hass: HomeAssistant, farm: VirtualFarm, queue: list[str]) -> None:
    farm.inject_fault(Fault(mode="status", path=REORDER, status=403, count=1))

    with pytest.raises(HomeAssistantError) as error:
        await hass.services.async_call(DOMAIN, "reorder_jobs", {"job_id": queue[1], "position": 1}, blocking=True)

    assert error.value.translation_key == "forbidden"
    assert waiting(farm) == queue


async def test_key_without_background_reads_requests_the_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, queue: list[str]
) -> None:
    entry.runtime_data.coordinator.jobs_readable = False

    await act(hass, "reorder_jobs", job_id=queue[1], position=1)

    assert paths(farm)[:2] == ["GET /v1/print-jobs", f"PATCH {REORDER}"]
    assert waiting(farm)[0] == queue[1]


async def test_jobs_are_requested_while_the_farm_may_have_changed_unseen(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, queue: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(entry.runtime_data.coordinator), "available", False)

    await act(hass, "reorder_jobs", job_id=queue[1], position=1)

    assert paths(farm)[:2] == ["GET /v1/print-jobs", f"PATCH {REORDER}"]
    (request,) = [request for request in farm.requests[:1] if request.path == "/v1/print-jobs"]
    assert (request.query["status.in"], request.query["hidden.eq"]) == ("pending", "false")
    farm.inject_fault(Fault(mode="html", status=200, path="/v1/print-jobs"))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "reorder_jobs", job_id=queue[1], position=1)
    assert failed.value.translation_key == "cannot_connect"


async def test_queue_is_read_again_only_after_a_change_and_positions_are_those_of_the_whole_queue(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, queue: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciled: list[int] = []
    monkeypatch.setattr(entry.runtime_data.coordinator, "async_reconcile", lambda: reconciled.append(1))
    response = await act(hass, "reorder_jobs", job_id=[queue[0]], position=1)
    assert ([(job["job_id"], job["position"]) for job in response["jobs"]], reconciled) == ([(queue[0], 1)], [])
    assert paths(farm) == []
    response = await act(hass, "reorder_jobs", job_id=[queue[2], queue[0], queue[2]], after=queue[1])
    assert [(job["job_id"], job["position"]) for job in response["jobs"]] == [(queue[2], 2), (queue[0], 3)]
    assert reconciled == [1]
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "reorder_jobs", job_id=["a" * 24, queue[0]], before="b" * 24)
    assert refused.value.translation_placeholders == {"jobs": f"{'a' * 24}, {'b' * 24}"}
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "reorder_jobs", job_id=[queue[0]], before=queue[0])
    assert refused.value.translation_placeholders == {"job": queue[0]}
