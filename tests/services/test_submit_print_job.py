"""The action that submits prints."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, DOMAIN
from tests.conftest import SetUp
from tests.support.common import device_of, paths, printer_named, until, value_of
from tests.support.submissions import BUILD, count_builds, last_build, part_id, submit
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass quickly: jobs appear a moment after their build, and go on from there."""
    return FarmConfig(speed=10, printers=3)


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


async def test_all_options_are_sent_to_printago(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
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


async def test_color_can_be_named_or_given_by_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    red = next(variant for variant in farm.world.variants.values() if variant["name"] == "Red")
    material = farm.world.materials[red["materialId"]]
    for data in ({"material": material["name"], "variant": "red"}, {"variant": red["id"]}):
        await submit(hass, part="Benchy", **data)
        (part,) = last_build(farm)["parts"]
        assert part["materials"] == {"0": [{"variantId": red["id"]}]}

    with pytest.raises(ServiceValidationError) as error:
        await submit(hass, part="Benchy", material=material["name"], variant="Octarine")
    assert error.value.translation_key == "variant_unknown"


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


async def test_job_goes_to_the_selected_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    printer = printer_named(farm, "A1 01")
    device = device_of(hass, entry, printer)
    assert device is not None
    await submit(hass, part="Calibration Cube", printer=device.id, position="front", label="Pinned")
    await until(hass, lambda: value_of(hass, printer, "current_job") == "Pinned", seconds=20)
    assert "deprecated" not in caplog.text


async def test_without_a_response_the_action_does_not_wait_for_jobs(
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
async def test_invalid_data_is_refused_before_any_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    with pytest.raises(ServiceValidationError):
        await submit(hass, **data)
    assert farm.requests == []


@pytest.mark.parametrize(
    ("data", "key", "candidates"),
    [
        ({"part": "Bency"}, "part_not_found", "Benchy"),
        ({"part": "cal"}, "part_not_found", "Calibration Cube"),
        ({"part": "Spaceship"}, "part_unknown", None),
        ({"sku": "DESK"}, "sku_not_found", "DESK-SET"),
        ({"part": "Benchy", "material": "Bambu PLA Basik"}, "material_not_found", "Bambu PLA Basic"),
        ({"part": "Benchy", "material": "PLAA"}, "material_not_found", "PLA"),
        ({"part": "Benchy", "material": "Unobtainium"}, "material_unknown", None),
    ],
)
async def test_unknown_name_raises_an_error_with_the_few_that_are_similar(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    data: dict[str, Any],
    key: str,
    candidates: str | None,
) -> None:
    before = count_builds(farm)
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, **data)
    assert refused.value.translation_key == key
    assert refused.value.translation_placeholders is not None
    if candidates is None:
        assert refused.value.translation_placeholders.keys() == {"name"}
    else:
        listed = refused.value.translation_placeholders["candidates"].split(", ")
        assert listed[0] == candidates
        assert len(listed) <= 3
        assert f"Did you mean {candidates}" in str(refused.value)
    assert count_builds(farm) == before


async def test_ambiguous_name_lists_its_parts_and_an_id_selects_one(
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


async def test_lost_print_with_a_long_label_is_found(
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


async def test_store_must_be_named_only_if_there_are_several(
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


async def test_refused_build_has_the_message_of_printago(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=400, message="Part has no plate 9", path="/v2/builds"))
    with pytest.raises(HomeAssistantError) as failed:
        await submit(hass, part="Benchy")
    assert failed.value.translation_key == "refused"
    assert failed.value.translation_placeholders == {"error": "Part has no plate 9"}
