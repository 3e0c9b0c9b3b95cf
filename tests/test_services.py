"""The action that submits prints."""

import asyncio
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, DOMAIN
from tests.common import device_of, pass_time, paths, printer_named, until, value_of
from tests.conftest import SetUp
from virtual_farm import FarmConfig, Fault, VirtualFarm

BUILD = "POST /v2/builds"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass quickly: jobs appear a moment after their build, and go on from there."""
    return FarmConfig(speed=10)


@pytest.fixture(autouse=True)
def quick_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for jobs sooner than for a cloud that is far away."""
    monkeypatch.setattr("custom_components.printago.actions.submission._ASK_AFTER", (0.4, 0.4, 0.4))


async def submit(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Submit a print, and return the response of the action."""
    response = await hass.services.async_call(
        DOMAIN, "submit_print_job", data, blocking=True, return_response=True, context=Context()
    )
    assert response is not None
    return dict(response)


def last_build(farm: VirtualFarm) -> Any:
    """Return the body of the last build that was sent."""
    return next(request.body for request in reversed(farm.requests) if request.path == "/v2/builds")


async def build_arrived(farm: VirtualFarm) -> None:
    """Await that a build is sent; the farm has no event for it."""
    farm.clear_requests()
    while BUILD not in paths(farm):  # noqa: ASYNC110
        await asyncio.sleep(0)


def part_id(farm: VirtualFarm, name: str) -> str:
    """Return the ID of a part."""
    return next(part["id"] for part in farm.world.parts.values() if part["name"] == name)


def count_builds(farm: VirtualFarm) -> int:
    """Return how many part builds there are."""
    return len(farm.world.part_builds)


async def test_part_is_printed_and_its_jobs_are_returned(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await submit(hass, part="Benchy", quantity=2, label="Order 1042")

    assert last_build(farm) == {
        "parts": [
            {
                "partId": part_id(farm, "Benchy"),
                "quantity": 2,
                "priority": 100,
                "position": "back",
                "label": "Order 1042",
            }
        ]
    }
    assert len(response["job_ids"]) == 2
    assert response["confirmed"] is True
    (build,) = response["builds"]
    assert build["part"] == "Benchy"
    assert build["quantity"] == 2
    assert build["job_ids"] == response["job_ids"]
    for job_id in response["job_ids"]:
        job = farm.job(job_id)
        assert job.part_build_id == build["part_build_id"]
        assert "Order 1042" in job.label


async def test_everything_that_can_be_asked_for_reaches_printago(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    device = device_of(hass, entry, printer)
    assert device is not None

    await submit(
        hass,
        config_entry_id=entry.entry_id,
        part=part_id(farm, "Articulated Dragon"),
        printer=device.id,
        tags=["demo", "rack-1"],
        priority="low",
        position="front",
        material="PLA",
        plates={1: 2, "2": 0},
    )

    (part,) = last_build(farm)["parts"]
    assert part["tags"] == {"printer.id": printer, "user.tags": "demo|rack-1"}
    assert (part["priority"], part["position"]) == (1000, "front")
    assert part["materials"] == {"0": [{"materialType": "PLA"}]}
    assert part["plateQuantities"] == {"1": 2, "2": 0}


async def test_parameters_keep_their_types(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    parameters = {"text": "Ada", "height": 4.5, "hole": False}
    await submit(hass, part="Name Tag", parameters=parameters)
    (part,) = last_build(farm)["parts"]
    assert part["parameters"] == parameters
    assert part["parameters"]["hole"] is False


async def test_material_can_be_named_or_given_by_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    material = next(material for material in farm.world.materials.values() if material["type"] == "PLA")
    for wanted in (material["name"], material["id"]):
        await submit(hass, part="Benchy", material=wanted)
        (part,) = last_build(farm)["parts"]
        assert part["materials"] == {"0": [{"materialId": material["id"]}]}


async def test_sku_is_printed_with_all_of_its_parts(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    response = await submit(hass, sku="DESK-SET", label="Order 7")

    (sku,) = last_build(farm)["skus"]
    assert set(sku) == {"skuId", "quantity", "priority", "position", "linkedPartConfigs"}
    assert all(config == {"label": "Order 7"} for config in sku["linkedPartConfigs"].values())
    assert len(response["builds"]) == 3
    assert len(response["sku_builds"]) == 1
    assert len(response["job_ids"]) == 6


async def test_job_reaches_the_printer_that_was_chosen(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    printer = printer_named(farm, "A1 01")
    device = device_of(hass, entry, printer)
    assert device is not None
    await submit(hass, part="Calibration Cube", printer=device.id, position="front", label="Pinned")
    await until(hass, lambda: value_of(hass, printer, "current_job") == "Pinned", seconds=20)
    assert "deprecated" not in caplog.text


async def test_without_a_response_nobody_waits_for_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = count_builds(farm)
    data = {"part": "benchy", "quantity": "2", "tags": [], "plates": {}, "parameters": {}}
    await hass.services.async_call(DOMAIN, "submit_print_job", data, blocking=True)
    assert count_builds(farm) == before + 1
    assert last_build(farm)["parts"][0].keys() == {"partId", "quantity", "priority", "position"}
    assert paths(farm)[-1] == BUILD


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"part": "Benchy", "sku": "BENCHY-1"},
        {"part": " "},
        {"part": "Benchy", "quantity": 0},
        {"part": "Benchy", "quantity": 501},
        {"part": "Benchy", "quantity": 2.7},
        {"part": "Benchy", "quantity": True},
        {"part": "Benchy", "quantity": "many"},
        {"part": "Benchy", "priority": "urgent"},
        {"part": "Benchy", "tags": ["a|b"]},
        {"part": "Benchy", "parameters": {"text": "x" * 256}},
        {"part": "Benchy", "plates": {"1": -1}},
    ],
)
async def test_nonsense_is_refused_before_anything_is_asked(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    with pytest.raises(vol.Invalid):
        await submit(hass, **data)
    assert farm.requests == []


@pytest.mark.parametrize(
    ("data", "key", "candidates"),
    [
        ({"part": "Bency"}, "part_not_found", "Benchy"),
        ({"part": "cal"}, "part_not_found", "Calibration Cube"),
        ({"part": "Spaceship"}, "part_not_found", "("),
        ({"sku": "DESK"}, "sku_not_found", "DESK-SET"),
        ({"part": "Benchy", "material": "Unobtainium"}, "material_not_found", "("),
    ],
)
async def test_name_that_fits_nothing_lists_what_it_could_have_been(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any], key: str, candidates: str
) -> None:
    before = count_builds(farm)
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, **data)
    assert refused.value.translation_key == key
    assert refused.value.translation_placeholders is not None
    assert candidates in refused.value.translation_placeholders["candidates"]
    assert count_builds(farm) == before


async def test_name_that_fits_several_parts_lists_them_and_an_id_chooses(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    first = part_id(farm, "Benchy")
    second = part_id(farm, "Cable Clip")
    farm.world.parts.change(second, {"name": "Benchy"})

    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part="Benchy")
    assert refused.value.translation_key == "part_ambiguous"
    assert refused.value.translation_placeholders is not None
    assert first in refused.value.translation_placeholders["candidates"]
    assert second in refused.value.translation_placeholders["candidates"]

    await submit(hass, part=second)
    assert last_build(farm)["parts"][0]["partId"] == second


async def test_details_for_an_sku_without_parts_are_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for link in [link for link in farm.world.linked_parts.values() if link["label"] == "Benchy"]:
        farm.world.linked_parts.remove(link["id"])
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, sku="BENCHY-1", material="PLA")
    assert refused.value.translation_key == "sku_without_parts"


async def test_long_label_is_no_hindrance_to_finding_a_lost_print(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    response = await submit(hass, part="Benchy", label="L" * 600)
    assert len(response["job_ids"]) == 1


async def test_device_that_is_no_printer_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = device_of(hass, entry, farm.config.store_id)
    assert store is not None
    for device in (store.id, "nonsense"):
        with pytest.raises(ServiceValidationError) as refused:
            await submit(hass, part="Benchy", printer=device)
        assert refused.value.translation_key == "not_a_printer"


async def test_store_has_to_be_named_only_where_there_are_several(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    await setup_entry()
    async with VirtualFarm(FarmConfig(speed=10, store_id="d" * 24, seed=2)) as other:
        second = await setup_entry(
            store_id="d" * 24,
            api_key=other.config.api_key,
            server={CONF_API_URL: other.rest_url, CONF_REALTIME_URL: other.realtime_url},
        )
        with pytest.raises(ServiceValidationError):
            await submit(hass, part="Benchy")

        await submit(hass, part="Benchy", config_entry_id=second.entry_id)
        assert BUILD in paths(other)

        other.clear_requests()
        device = device_of(hass, second, printer_named(other, "A1 01"))
        assert device is not None
        await submit(hass, part="Benchy", printer=device.id)
        assert BUILD in paths(other)
        assert BUILD not in paths(farm)
        await hass.config_entries.async_unload(second.entry_id)


async def test_build_that_printago_refuses_is_told_in_its_words(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=400, message="Part has no plate 9", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "refused"
    assert failed.value.translation_placeholders == {"error": "Part has no plate 9"}


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
async def test_lost_answer_is_found_by_its_jobs_and_nothing_is_sent_twice(
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


async def test_lost_request_is_told_as_lost_and_not_sent_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = count_builds(farm)
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "submission_lost"
    assert paths(farm).count(BUILD) == 1
    assert count_builds(farm) == before


async def test_lost_answer_among_alike_jobs_is_told_as_unclear(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    """Somebody else orders exactly the same at the same moment."""
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    submission = asyncio.create_task(submit(hass, part="Benchy"))
    await build_arrived(farm)
    farm.builder.build({"parts": [{"partId": part_id(farm, "Benchy"), "quantity": 1}]})

    with pytest.raises(HomeAssistantError) as failed:
        await submission
    assert failed.value.translation_key == "submission_unclear"
    assert failed.value.translation_placeholders is not None
    assert failed.value.translation_placeholders["jobs"].count(",") == 1


async def test_lost_answer_is_found_while_the_stream_is_down(
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


async def test_alike_submissions_at_the_same_time_are_each_made_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.set_quota(enabled=False)
    before = count_builds(farm)
    farm.inject_fault(Fault(mode="drop", path="/v2/builds", count=2, every=2))

    responses = await asyncio.gather(*(submit(hass, part="Benchy") for _ in range(4)))

    assert count_builds(farm) == before + 4
    assert sorted(response["confirmed"] for response in responses) == [False, False, True, True]
    assert len({job_id for response in responses for job_id in response["job_ids"]}) == 4


async def test_submission_goes_on_when_its_caller_gives_up_and_the_store_is_reloaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    before = count_builds(farm)
    farm.inject_fault(Fault(mode="slow", seconds=0.5, path="/v2/builds"))
    submission = asyncio.create_task(submit(hass, part="Benchy"))
    await build_arrived(farm)
    submission.cancel()
    assert await hass.config_entries.async_reload(entry.entry_id)

    response = await submit(hass, part="Benchy")

    assert count_builds(farm) == before + 2
    assert len(response["job_ids"]) == 1


async def test_jobs_of_somebody_elses_sku_are_not_taken_for_a_lost_part(
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


async def test_lost_answer_that_nobody_could_look_for_is_told_as_such(
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


async def test_refused_key_is_confirmed_by_a_snapshot_and_asked_for_anew(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await submit(hass, part="Benchy")
    farm.revoke_api_key(farm.config.api_key)
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "invalid_auth"
    entry.runtime_data.async_reconcile()
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, 20)
    assert any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_jobs_that_do_not_appear_on_the_stream_are_asked_for(
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
