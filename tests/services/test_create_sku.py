"""The action that creates SKUs from parts."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.common import paths
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.printers(1)

CREATE = "POST /v1/parts/create-skus"


async def create(hass: HomeAssistant, **data: Any) -> list[dict[str, Any]]:
    """Create SKUs, and return the response of the action."""
    response = await hass.services.async_call(DOMAIN, "create_sku", data, blocking=True, return_response=True)
    assert response is not None
    return response["skus"]  # type: ignore[return-value]


def part_id(farm: VirtualFarm, name: str) -> str:
    """Return the ID of a part."""
    return next(part["id"] for part in farm.world.parts.values() if part["name"] == name)


async def test_part_becomes_an_sku_that_can_be_printed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (made,) = await create(hass, parts=["Benchy"], sku="BOAT-1")

    assert made == {"sku_id": made["sku_id"], "sku": "BOAT-1", "part_id": part_id(farm, "Benchy")}
    sku = farm.world.skus.get(made["sku_id"])
    assert sku is not None
    assert sku["sku"] == "BOAT-1"
    await hass.services.async_call(DOMAIN, "submit_print_job", {"sku": "BOAT-1"}, blocking=True)
    assert any(build["skuId"] == made["sku_id"] for build in farm.world.part_builds.values())


async def test_each_of_several_parts_becomes_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    made = await create(hass, parts=["Benchy", "Cable Clip", "Benchy"])
    assert [(sku["sku"], sku["part_id"]) for sku in made] == [
        (name, part_id(farm, name)) for name in ("Benchy", "Cable Clip")
    ]


async def test_used_code_is_refused_and_nothing_is_created(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.world.parts.change(part_id(farm, "Cable Clip"), {"name": "DESK-SET"})
    for data in ({"parts": ["Benchy"], "sku": "DESK-SET"}, {"parts": ["Benchy", "DESK-SET"]}):
        with pytest.raises(ServiceValidationError) as refused:
            await create(hass, **data)
        assert refused.value.translation_key == "sku_exists"
        assert "DESK-SET" in str(refused.value)
    assert CREATE not in paths(farm)


async def test_parts_of_the_same_name_need_codes(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.world.parts.change(part_id(farm, "Cable Clip"), {"name": "Benchy"})
    parts = [part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy"]
    with pytest.raises(ServiceValidationError) as refused:
        await create(hass, parts=parts)
    assert refused.value.translation_key == "sku_exists"
    assert CREATE not in paths(farm)


@pytest.mark.parametrize("data", [{}, {"parts": []}, {"parts": [" "]}, {"parts": ["Benchy", "Cable Clip"], "sku": "X"}])
async def test_invalid_data_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError):
        await create(hass, **data)
    assert CREATE not in paths(farm)


async def test_unknown_part_is_refused(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await create(hass, parts=["Bency"])
    assert refused.value.translation_key == "part_not_found"


@pytest.mark.parametrize("parts", [["Benchy"], ["Benchy", "Cable Clip"]])
async def test_lost_response_is_found_and_nothing_is_created_twice(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, parts: list[str]
) -> None:
    farm.inject_fault(Fault(mode="drop", path="/v1/parts/create-skus"))
    made = await create(hass, parts=parts)
    assert [sku["sku"] for sku in made] == parts
    assert paths(farm).count(CREATE) == 1


async def test_lost_request_is_reported_as_lost(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.inject_fault(Fault(mode="reset", path="/v1/parts/create-skus"))
    with pytest.raises(HomeAssistantError) as failed:
        await create(hass, parts=["Benchy"])
    assert failed.value.translation_key == "sku_lost"
    assert failed.value.translation_placeholders == {"missing": "Benchy", "found": "-"}


async def test_skus_of_which_only_some_were_created_are_named(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = ["Benchy", "Cable Clip", "Phone Stand"]
    found = {"Cable Clip": None}
    answers = iter(({}, found))

    async def skus_called(*_: Any) -> Any:
        return next(answers)

    monkeypatch.setattr("custom_components.printago.services.create_sku._async_skus_called", skus_called)
    farm.inject_fault(Fault(mode="reset", path="/v1/parts/create-skus"))
    with pytest.raises(HomeAssistantError) as failed:
        await create(hass, parts=parts)
    assert failed.value.translation_placeholders == {"missing": "Benchy, Phone Stand", "found": "Cable Clip"}


async def test_refused_key_asks_for_a_new_one_and_another_refusal_does_not(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciled: list[int] = []
    monkeypatch.setattr(entry.runtime_data.coordinator, "async_reconcile", lambda: reconciled.append(1))
    for status, key, times in ((400, "refused", 0), (401, "invalid_auth", 1)):
        farm.inject_fault(Fault(mode="status", status=status, count=2, path="/v1/parts/create-skus"))
        with pytest.raises(HomeAssistantError) as failed:
            await create(hass, parts=["Benchy"])
        farm.clear_faults()
        assert (failed.value.translation_key, len(reconciled)) == (key, times)


async def test_refusal_has_the_message_of_printago(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="status", status=400, message="Too many SKUs", path="/v1/parts/create-skus"))
    with pytest.raises(HomeAssistantError) as failed:
        await create(hass, parts=["Benchy"])
    assert failed.value.translation_key == "refused"
    assert "Too many SKUs" in str(failed.value)
