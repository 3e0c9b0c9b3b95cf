"""Items without a name, or with invalid data: shown by ID, left out, or reported as an error."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.actions import act, sent
from tests.support.common import paths, state_of, until
from tests.support.submissions import BUILD, part_id, submit
from virtual_farm import FarmConfig, VirtualFarm

NAMELESS: list[dict[str, Any]] = [{"name": None}, {"name": ""}, {"name": "  "}, {"name": 5}, {"name": ["Benchy"]}, {}]


def take_name(farm: VirtualFarm, name: str, instead: dict[str, Any]) -> str:
    """Replace the name of a part by this value, and return its ID."""
    identifier = part_id(farm, name)
    part = farm.world.parts.get(identifier)
    assert part is not None
    del part["name"]
    part |= instead
    return identifier


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass, so that jobs appear."""
    return FarmConfig(speed=20, printers=3)


@pytest.fixture(autouse=True)
def quick(quick_to_ask: None) -> None:
    """Shorten the pause before a lost response is looked up."""


@pytest.mark.parametrize("instead", NAMELESS, ids=str)
async def test_part_without_a_name_becomes_an_sku_with_its_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, instead: dict[str, Any]
) -> None:
    nameless = take_name(farm, "Benchy", instead)
    (made,) = (await act(hass, "create_sku", parts=[nameless]))["skus"]
    assert (made["sku"], made["part_id"]) == (nameless, nameless)


@pytest.mark.parametrize("instead", NAMELESS, ids=str)
async def test_part_without_a_name_is_listed_by_its_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, instead: dict[str, Any]
) -> None:
    nameless = take_name(farm, "Benchy", instead)
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, part=nameless[:-1])
    assert refused.value.translation_key == "part_not_found"
    assert nameless in str(refused.value)
    assert f"({nameless})" not in str(refused.value)
    assert nameless in {part["part_id"] for part in (await act(hass, "get_parts"))["parts"]}


async def test_current_job_without_a_name_is_shown_by_its_id(hass: HomeAssistant, farm: VirtualFarm, busy: str) -> None:
    job_id = farm.printer(busy).printing_job_id
    update = {
        "entityType": "printJobs",
        "action": "UPDATE",
        "entities": {job_id: {"label": None, "partName": None}},
        "changes": {job_id: {}},
    }
    farm.publish(f"stores/{farm.config.store_id}/entities/printJobs", json.dumps(update).encode())
    await until(hass, lambda: state_of(hass, busy, "current_job").state == job_id)


@pytest.mark.parametrize("number", [None, "", 1002])
async def test_order_without_a_number_is_found_by_its_id_alone(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, number: Any
) -> None:
    order = next(order for order in farm.world.orders.values() if order["orderNumber"] == "1002")
    order["orderNumber"] = number
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "print_orders", orders=["None"])
    assert refused.value.translation_key == "order_unknown"
    assert (await act(hass, "print_orders", orders=[order["id"]]))["order_ids"] == [order["id"]]


@pytest.mark.parametrize("builds", [[{}], [None], ["x"], [{"id": None}], [{"id": 7}], [{"id": ["a"]}], {}, None])
async def test_invalid_response_to_a_build_counts_as_lost_and_its_jobs_are_found(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, builds: Any
) -> None:
    build = farm.builder.build
    monkeypatch.setattr(farm.builder, "build", lambda body: {**build(body), "partBuilds": builds})
    response = await submit(hass, part="Calibration Cube", quantity=2)
    assert response["confirmed"] is False
    assert len(response["job_ids"]) == 2
    assert paths(farm).count(BUILD) == 1


@pytest.mark.parametrize(
    "linked",
    [None, [], "x", [None], [{}], [{"partId": None}], [{"partId": 5, "quantity": 1}], {"partId": "x"}],
    ids=str,
)
async def test_sku_with_invalid_parts_lists_none(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, linked: Any
) -> None:
    monkeypatch.setattr(farm.builder, "linked_parts", lambda _: linked)
    (listed,) = (await act(hass, "get_skus", search="DESK-SET"))["skus"]
    assert listed["parts"] == []
    with pytest.raises(ServiceValidationError) as refused:
        await submit(hass, sku="DESK-SET", label="x")
    assert refused.value.translation_key == "sku_without_parts"
    assert not sent(farm, "/v2/builds")


@pytest.mark.parametrize("broken", [{"name": 7, "type": {}}, {"name": None, "type": None}, {"type": ["PLA"]}], ids=str)
async def test_malformed_material_does_not_hide_the_others(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, broken: dict[str, Any]
) -> None:
    first, second, *_ = farm.world.materials.values()
    first |= broken
    assert (await submit(hass, part="Benchy", material=second["id"]))["confirmed"]
    with pytest.raises(HomeAssistantError) as refused:
        await submit(hass, part="Benchy", material="Unobtainium")
    assert refused.value.translation_key == "material_unknown"
