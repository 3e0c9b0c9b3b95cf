"""Which jobs can belong to a request whose response was lost."""

from typing import Any

import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.printing.request import PrintRequest
from tests.support.farm_model import job, listed_jobs


def a_job(**fields: Any) -> PrintJob:
    (only,) = listed_jobs({"job": job(**fields)}).rows.values()
    return only


PART = {"partId": "part", "label": "Order 7 (1)", "quantityTotal": 2, "requiredPrinterTags": {"room": "cellar"}}


@pytest.mark.parametrize(
    ("changed", "belongs"),
    [
        ({}, True),
        ({"partId": "another"}, False),
        ({"partId": None}, False),
        ({"skuId": "sku"}, False),
        ({"orderId": "order"}, False),
        ({"label": "Order 8"}, False),
        ({"label": None}, False),
        ({"quantityTotal": 3}, False),
        ({"requiredPrinterTags": None}, False),
    ],
)
def test_only_jobs_alike_belong_to_a_request(changed: dict[str, Any], *, belongs: bool) -> None:
    request = PrintRequest(build={}, part_id="part", quantity=2, label="Order 7", tags={"room": "cellar"})
    assert request.matches(a_job(**(PART | changed))) is belongs


def test_jobs_of_an_sku_are_those_of_all_its_parts() -> None:
    request = PrintRequest(build={}, sku_id="sku", part_builds=2)
    assert request.matches(a_job(skuId="sku", partId="one"))
    assert request.matches(a_job(skuId="sku", partId="two", label="anything", quantityTotal=9))
    assert not request.matches(a_job(skuId="other", partId="one"))
    assert not request.matches(a_job(partId="one"))
