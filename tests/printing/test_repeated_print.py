"""The request for one more of what a job was."""

from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.printing.repeated_print import async_request_again
from custom_components.printago.printing.request import PrintRequest
from tests.support.farm_model import job, listed_jobs


def a_job(**fields: Any) -> PrintJob:
    (only,) = listed_jobs({"job": job(**fields)}).rows.values()
    return only


async def again(*part_ids: str, **fields: Any) -> PrintRequest:
    """Return the request for a job, whose SKU has these parts now."""

    class Catalog:
        async def async_find_part(self, wanted: str) -> Any:
            return SimpleNamespace(id=wanted)

        async def async_find_sku(self, wanted: str) -> Any:
            return SimpleNamespace(id=wanted, part_ids=[*part_ids])

    return await async_request_again(cast(Any, Catalog()), a_job(**fields))


USUAL = {"quantity": 1, "priority": 100, "position": "back"}
FULL: dict[str, Any] = {
    "priority": 1000,
    "label": "Rush",
    "extensions": {"3mf": {"plateId": 0}},
    "parameterOverrides": [{"name": "text", "value": "Ada"}],
    "materialAssignments": {"0": [{"materialType": "PLA"}]},
    "requiredPrinterTags": {"user.tags": "a"},
}


async def test_part_is_printed_as_before() -> None:
    request = await again(partId="part", **FULL)
    assert request.build == {
        "parts": [
            {
                "partId": "part",
                "quantity": 1,
                "priority": 1000,
                "position": "back",
                "tags": {"user.tags": "a"},
                "label": "Rush",
                "parameters": {"text": "Ada"},
                "plateQuantities": {"0": 1},
                "materials": {"0": [{"materialType": "PLA"}]},
            }
        ]
    }
    assert (request.part_id, request.sku_id, request.label, request.quantity) == ("part", None, "Rush", None)
    assert request.tags == {"user.tags": "a"}


async def test_job_without_details_is_printed_without_any() -> None:
    for label in (None, ""):
        request = await again(partId="part", label=label, requiredPrinterTags=None)
        assert request.build == {"parts": [{"partId": "part", **USUAL}]}
        assert (request.label, request.tags) == (None, {})


async def test_sku_is_printed_whole_and_only_the_part_of_the_job_has_its_settings() -> None:
    for part_ids, configured, part_builds in ((["part", "other"], {"part"}, 2), (["other"], set(), 1), ([], set(), 1)):
        request = await again(*part_ids, partId="part", skuId="sku", label="Rush")
        (sku,) = request.build["skus"]
        assert set(sku["linkedPartConfigs"]) == configured
        assert (request.sku_id, request.part_id, request.part_builds) == ("sku", None, part_builds)
    request = await again("part", partId=None, skuId="sku", label="Rush")
    assert request.build["skus"][0]["linkedPartConfigs"] == {}


async def test_job_of_nothing_is_refused() -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await again(partId=None, label="Mystery")
    assert (refused.value.translation_key, refused.value.translation_placeholders) == (
        "job_without_part",
        {"job": "Mystery"},
    )
