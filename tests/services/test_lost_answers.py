"""Submissions with a lost response: found by their jobs, sent once, and reported if the outcome is unknown."""

import asyncio
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time, paths, until, value_of
from tests.support.submissions import BUILD, build_arrived, count_builds, part_id, submit
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly: jobs appear a moment after their build, and progress."""
    return FarmConfig(speed=10, printers=3)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(mode="drop", path="/v2/builds"),
        Fault(mode="truncated", path="/v2/builds"),
        Fault(mode="status", status=504, path="/v2/builds", acts=True),
        Fault(mode="html", status=200, path="/v2/builds", acts=True),
    ],
    ids=lambda fault: f"{fault.mode}-{fault.status}",
)
@pytest.mark.parametrize("thing", [{"part": "Benchy", "quantity": 3}, {"sku": "DESK-SET"}], ids=["part", "sku"])
async def test_lost_response_is_found_by_its_jobs_and_nothing_is_sent_twice(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, fault: Fault, thing: dict[str, Any]
) -> None:
    await submit(hass, **thing)
    before = {job.id for job in farm.world.jobs.values()}
    farm.clear_requests()
    farm.inject_fault(fault)

    response = await submit(hass, **thing)

    assert paths(farm).count(BUILD) == 1
    assert response["confirmed"] is False
    made = {job.id for job in farm.world.jobs.values()} - before
    assert made
    assert set(response["job_ids"]) == made


async def test_lost_request_is_reported_as_lost_and_not_sent_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = count_builds(farm)
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "submission_lost"
    assert paths(farm).count(BUILD) == 1
    assert count_builds(farm) == before


async def test_lost_response_among_equal_jobs_is_reported_as_unknown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    """Another client orders exactly the same at the same moment."""
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    submission = asyncio.create_task(submit(hass, part="Benchy"))
    await build_arrived(farm)
    farm.builder.build({"parts": [{"partId": part_id(farm, "Benchy"), "quantity": 1}]})

    with pytest.raises(HomeAssistantError) as failed:
        await submission
    assert failed.value.translation_key == "submission_unclear"
    assert failed.value.translation_placeholders is not None
    assert failed.value.translation_placeholders["jobs"].count(",") == 1


async def test_lost_response_is_found_while_the_stream_is_down(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="Benchy")
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    confirmed = await submit(hass, part="Benchy")
    assert len(confirmed["job_ids"]) == 1
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))

    found = await submit(hass, part="Benchy")

    assert found["confirmed"] is False
    assert len(found["job_ids"]) == 1
    assert found["job_ids"] != confirmed["job_ids"]


async def test_simultaneous_equal_submissions_are_each_sent_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.set_quota(enabled=False)
    before = count_builds(farm)
    farm.inject_fault(Fault(mode="drop", path="/v2/builds", count=2, every=2))

    responses = await asyncio.gather(*(submit(hass, part="Benchy") for _ in range(4)))

    assert count_builds(farm) == before + 4
    assert sorted(response["confirmed"] for response in responses) == [False, False, True, True]
    assert len({job_id for response in responses for job_id in response["job_ids"]}) == 4


async def test_submission_continues_when_its_caller_is_canceled_and_the_store_reloaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = count_builds(farm)
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", until=answer, path="/v2/builds"))
    submission = asyncio.create_task(submit(hass, part="Benchy"))
    await build_arrived(farm)
    submission.cancel()
    assert await hass.config_entries.async_reload(entry.entry_id)
    answer.set()

    response = await submit(hass, part="Benchy")

    assert count_builds(farm) == before + 2
    assert len(response["job_ids"]) == 1


async def test_jobs_of_another_sku_are_not_taken_for_a_lost_part(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    submission = asyncio.create_task(submit(hass, part="Benchy"))
    await build_arrived(farm)
    sku = next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == "BENCHY-1")
    farm.builder.build({"skus": [{"skuId": sku, "quantity": 1}]})

    with pytest.raises(HomeAssistantError) as failed:
        await submission
    assert failed.value.translation_key == "submission_lost"


async def test_lost_response_is_reported_if_the_jobs_cannot_be_read(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="Benchy")
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    farm.inject_fault(Fault(mode="status", status=503, path="/v1/print-jobs", count=100))
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "submission_unchecked"


async def test_failed_look_up_says_that_nothing_was_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for path in ("/v1/parts", "/v1/print-jobs"):
        farm.inject_fault(Fault(mode="status", status=503, path=path))
        with pytest.raises(HomeAssistantError) as failed:
            await submit(hass, part="Benchy")
        assert failed.value.translation_key == "cannot_connect"
    assert BUILD not in paths(farm)


async def test_key_that_may_print_but_not_view_the_queue_can_print(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    key = "key_that_prints_and_does_not_look"
    farm.add_api_key(key, ["printer.view", "part.view", "build.create", "job.create"])
    await setup_entry(api_key=key)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = count_builds(farm)

    response = await submit(hass, part="Benchy")

    assert response["builds"][0]["part"] == "Benchy"
    assert response["job_ids"] == []
    assert count_builds(farm) == before + 1


async def test_refused_key_is_confirmed_by_a_snapshot_and_starts_reauth(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="Benchy")
    farm.revoke_api_key(farm.config.api_key)
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "invalid_auth"
    entry.runtime_data.coordinator.async_reconcile()
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, 20)
    assert any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_jobs_that_do_not_appear_on_the_stream_are_requested(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="Benchy")
    farm.inject_fault(Fault(mode="status", status=503, path="/v1/print-jobs"))
    await farm.disconnect_clients()
    farm.publisher.refuse = True
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    farm.clear_faults()
    response = await submit(hass, part="Benchy", quantity=2)
    assert len(response["job_ids"]) == 2


async def test_jobs_of_others_from_before_are_not_taken_for_lost_ones_while_the_stream_is_down(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    for part in ("Benchy", "Cable Clip"):
        body = {"parts": [{"partId": part_id(farm, part), "quantity": 1}]}
        farm.builder.build(body)
        await farm.advance(5)
        before = set(farm.world.jobs)
        farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
        found = await submit(hass, part=part)
        assert found["confirmed"] is False
        assert set(found["job_ids"]) == farm.world.jobs.keys() - before
    # What this client has found is known as well.
    before = set(farm.world.jobs)
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    assert set((await submit(hass, part="Benchy"))["job_ids"]) == farm.world.jobs.keys() - before


async def test_jobs_with_another_label_are_not_taken_for_lost_ones(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    submission = asyncio.create_task(submit(hass, part="Benchy", label="Mine"))
    await build_arrived(farm)
    farm.builder.build({"parts": [{"partId": part_id(farm, "Benchy"), "quantity": 1, "label": "Another"}]})
    with pytest.raises(HomeAssistantError) as failed:
        await submission
    assert failed.value.translation_key == "submission_lost"
    assert failed.value.translation_placeholders == {"jobs": "-"}


async def test_request_without_a_response_waits_neither_for_its_jobs_nor_asks_for_them(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await submit(hass, part="Benchy")
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.0, 0.0, 0.0))
    farm.clear_requests()
    await hass.services.async_call("printago", "submit_print_job", {"part": "Benchy"}, blocking=True)
    assert "GET /v1/print-jobs" not in paths(farm)
    await submit(hass, part="Benchy")
    assert "GET /v1/print-jobs" in paths(farm)
