"""What a job was is printed once more: exactly once, with everything it was printed with."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.actions import act
from tests.support.common import paths
from tests.support.submissions import BUILD, last_build, part_id, submit
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")

PART: dict[str, Any] = {"part": "Benchy", "label": "Gift"}
SKU: dict[str, Any] = {"sku": "DESK-SET"}


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly: jobs appear a moment after their build."""
    return FarmConfig(speed=10, printers=3)


def job_of(farm: VirtualFarm, name: str, answer: dict[str, Any]) -> str:
    """Return the first job of a part among those of a submission."""
    return next(job_id for job_id in answer["job_ids"] if farm.world.jobs[job_id].part_name == name)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"part": "Benchy"}, {"label": "Benchy"}),
        (
            {"part": "Benchy", "priority": "low", "tags": ["enclosed"], "label": "Gift", "position": "front"},
            {"label": "Gift", "priority": 1000, "tags": {"user.tags": "enclosed"}},
        ),
        (
            {"part": "Name Tag", "parameters": {"text": "Ada", "height": 2, "hole": False}},
            {"label": "Name Tag", "parameters": {"text": "Ada", "height": 2, "hole": False}},
        ),
        ({"part": "Benchy", "material": "PETG"}, {"label": "Benchy", "materials": {"0": [{"materialType": "PETG"}]}}),
        (
            {"part": "Articulated Dragon", "plates": {"2": 1}},
            {"label": "Articulated Dragon", "plateQuantities": {"2": 1}},
        ),
    ],
    ids=["plain", "low priority and tags", "parameters", "material", "one plate"],
)
async def test_same_part_is_sent_once_with_what_the_job_was_printed_with(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    (job_id,) = (await submit(hass, **given))["job_ids"]
    farm.clear_requests()
    again = await act(hass, "print_again", job_id=job_id)
    assert paths(farm).count(BUILD) == 1
    expected = {"partId": part_id(farm, given["part"]), "quantity": 1, "priority": 100, "position": "back", **sent}
    assert last_build(farm) == {"parts": [expected]}
    assert again["confirmed"]
    assert len(again["job_ids"]) == 1
    assert again["job_ids"] != [job_id]


async def test_job_whose_tags_are_null_is_printed_again_by_any_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (job_id,) = (await submit(hass, part="Benchy"))["job_ids"]
    farm.world.jobs[job_id].required_printer_tags = None
    farm.world.jobs.touch(job_id)
    farm.settle()

    await act(hass, "print_again", job_id=job_id)

    assert not last_build(farm)["parts"][0].get("tags")


async def test_job_of_an_sku_queues_the_whole_sku_with_the_settings_of_its_part(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    first = await submit(hass, sku="DESK-SET", material="PETG")
    farm.clear_requests()
    again = await act(hass, "print_again", job_id=job_of(farm, "Cable Clip", first))
    (build,) = last_build(farm)["skus"]
    assert (build["skuId"], build["quantity"]) == (first["sku_builds"][0]["sku_id"], 1)
    assert build["linkedPartConfigs"].keys() == {part_id(farm, "Cable Clip")}
    assert build["linkedPartConfigs"][part_id(farm, "Cable Clip")]["materials"] == {"0": [{"materialType": "PETG"}]}
    assert paths(farm).count(BUILD) == 1
    assert sorted(build["part"] for build in again["builds"]) == ["Cable Clip", "Headphone Hook", "Phone Stand"]
    assert len(again["job_ids"]) == 6
    assert not set(again["job_ids"]) & set(first["job_ids"])


async def test_job_of_an_sku_that_has_other_parts_now_queues_the_sku_as_it_is_now(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    first = await submit(hass, sku="DESK-SET")
    removed = part_id(farm, "Cable Clip")
    for key, linked in list(farm.world.linked_parts.items()):
        if linked["partId"] == removed:
            del farm.world.linked_parts[key]
    entry.runtime_data.catalog.forget()
    again = await act(hass, "print_again", job_id=job_of(farm, "Cable Clip", first))
    assert not last_build(farm)["skus"][0].get("linkedPartConfigs")
    assert sorted(build["part"] for build in again["builds"]) == ["Headphone Hook", "Phone Stand"]


@pytest.mark.parametrize(
    "fault",
    [Fault(mode="drop", path="/v2/builds"), Fault(mode="status", status=504, path="/v2/builds", acts=True)],
    ids=["dropped", "gateway timeout"],
)
@pytest.mark.parametrize(("given", "part"), [(PART, "Benchy"), (SKU, "Phone Stand")], ids=["part", "sku"])
async def test_lost_answer_is_found_by_its_jobs_and_nothing_is_sent_twice(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    fault: Fault,
    given: dict[str, Any],
    part: str,
) -> None:
    first = await submit(hass, **given)
    before = set(farm.world.jobs)
    farm.clear_requests()
    farm.inject_fault(fault)

    again = await act(hass, "print_again", job_id=job_of(farm, part, first))

    assert paths(farm).count(BUILD) == 1
    assert again["confirmed"] is False
    assert set(again["job_ids"]) == farm.world.jobs.keys() - before
    assert len(again["job_ids"]) == len(first["job_ids"])


@pytest.mark.parametrize(("given", "part"), [(PART, "Benchy"), (SKU, "Phone Stand")], ids=["part", "sku"])
async def test_lost_request_is_an_error_and_is_not_sent_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, given: dict[str, Any], part: str
) -> None:
    first = await submit(hass, **given)
    before = set(farm.world.jobs)
    farm.clear_requests()
    farm.inject_fault(Fault(mode="reset", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "print_again", job_id=job_of(farm, part, first))
    assert failed.value.translation_key == "submission_lost"
    assert paths(farm).count(BUILD) == 1
    assert farm.world.jobs.keys() == before


async def test_without_a_response_the_action_does_not_wait_for_the_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (job_id,) = (await submit(hass, part="Benchy"))["job_ids"]
    before = len(farm.world.part_builds)
    assert await hass.services.async_call(DOMAIN, "print_again", {"job_id": job_id}, blocking=True) is None
    assert len(farm.world.part_builds) == before + 1


async def test_what_no_longer_exists_is_refused_before_anything_is_sent(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (job_id,) = (await submit(hass, part="Benchy"))["job_ids"]
    (of_sku,) = (await submit(hass, sku="BENCHY-1"))["job_ids"]
    gone = part_id(farm, "Benchy")
    del farm.world.parts[gone]
    for key in [key for key, sku in farm.world.skus.items() if sku["sku"] == "BENCHY-1"]:
        del farm.world.skus[key]
    entry.runtime_data.catalog.forget()
    farm.clear_requests()
    for wanted, key in (
        (job_id, "part_unknown"),
        (of_sku, "sku_unknown"),
        (gone, "no_jobs_match"),
        ("not an ID!", "field_not_a_job_id"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "print_again", job_id=wanted)
        assert refused.value.translation_key == key
    farm.world.jobs[job_id].part_id = None
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "print_again", job_id=job_id)
    assert refused.value.translation_key == "job_without_part"
    assert BUILD not in paths(farm)


async def test_read_that_fails_says_that_nothing_was_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (job_id,) = (await submit(hass, part="Benchy"))["job_ids"]
    entry.runtime_data.catalog.forget()
    farm.clear_requests()
    for path in ("/v1/print-jobs", "/v1/parts"):
        farm.inject_fault(Fault(mode="status", status=503, path=path, count=9))
        with pytest.raises(HomeAssistantError) as failed:
            await act(hass, "print_again", job_id=job_id)
        assert failed.value.translation_key == "cannot_connect"
        farm.clear_faults()
    assert BUILD not in paths(farm)
