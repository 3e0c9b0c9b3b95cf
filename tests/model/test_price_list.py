"""Prices of filament, and labor and overhead of a job."""

from typing import Any

import pytest

from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.models.sku_cost import ExtraCost
from custom_components.printago.model.materials import Materials
from custom_components.printago.model.price_list import PriceList
from tests.support.farm_model import material_rows, variant_rows

PLA, PETG, ABS = (MaterialChoice(material_type=kind) for kind in ("PLA", "PETG", "ABS"))


@pytest.fixture
def prices() -> PriceList:
    materials = Materials()
    materials.take_names(
        material_rows(
            {
                "basic": {"type": "PLA", "pricePer1000g": 20},
                "matte": {"type": "PLA", "pricePer1000g": 25},
                "petg": {"type": "PETG", "pricePer1000g": 20},
                "gift": {"type": "ABS"},
                "free": {"type": "PA", "pricePer1000g": 0},
            }
        ),
        variant_rows(
            {
                "white": {"materialId": "basic"},
                "silk": {"materialId": "basic", "pricePer1000g": 40},
                "sample": {"materialId": "basic", "pricePer1000g": 0},
                "lost": {"name": "Red"},
            }
        ),
    )
    return PriceList(materials)


@pytest.mark.parametrize(
    ("choice", "price"),
    [
        ({"variant_id": "white"}, 20),
        ({"variant_id": "silk", "material_id": "matte", "material_type": "PETG"}, 40),
        ({"variant_id": "sample"}, 0),
        ({"variant_id": "lost"}, None),
        ({"variant_id": "unknown", "material_id": "basic"}, None),
        ({"material_id": "matte", "material_type": "PETG"}, 25),
        ({"material_id": "free"}, 0),
        ({"material_id": "gift"}, None),
        ({"material_id": "unknown", "material_type": "PETG"}, None),
        ({"material_type": "PETG", "group_id": "any"}, 20),
        ({"material_type": "PLA"}, None),
        ({"material_type": "ABS"}, None),
        ({"material_type": "TPU"}, None),
        ({"group_id": "any"}, None),
    ],
)
def test_price_is_that_of_the_color_else_of_the_material_else_of_its_type(
    prices: PriceList, choice: dict[str, str], price: float | None
) -> None:
    assert prices.price((MaterialChoice(**choice),)) == price


def test_currency_and_labor_are_unknown_until_they_were_read(prices: PriceList) -> None:
    assert (prices.currency, prices.currency_known) == (None, False)
    assert prices.labor_and_overhead("sku") is None


def test_alternatives_have_a_price_if_it_is_the_same(prices: PriceList) -> None:
    basic, matte = MaterialChoice(material_id="basic"), MaterialChoice(material_id="matte")
    assert prices.price((basic, PETG)) == 20
    assert prices.price((basic, matte)) is None
    assert prices.price((basic, ABS)) is None
    assert prices.price((basic, MaterialChoice(group_id="any"))) is None
    assert prices.price(()) is None


@pytest.mark.parametrize(
    ("costs", "jobs", "total"),
    [
        (None, {"sku": 4}, None),
        ({}, {"sku": 4}, 0),
        ({}, {}, 0),
        ({"sku": ExtraCost(6, 2)}, {"sku": 4}, 2),
        ({"sku": ExtraCost(6, 2)}, {"other": 4}, None),
        ({"sku": ExtraCost(6, 2)}, {"sku": 0}, None),
        ({"sku": ExtraCost(2, -2)}, {}, 0),
        ({"sku": ExtraCost(None, 2)}, {"sku": 4}, None),
        ({"sku": ExtraCost(6, None)}, {"sku": 4}, None),
    ],
)
def test_labor_and_overhead_are_shared_by_the_jobs_of_a_sku(
    prices: PriceList, costs: Any, jobs: dict[str, float], total: float | None
) -> None:
    prices.extra_costs, prices.jobs_of_sku = costs, jobs
    assert prices.labor_and_overhead("sku") == total
