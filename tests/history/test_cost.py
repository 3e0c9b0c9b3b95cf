"""What a print costs."""

from typing import Any

import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.estimate import read_estimate
from custom_components.printago.api.models.job_material import MaterialChoice, assignments_by_part
from custom_components.printago.api.models.sku_cost import ExtraCost
from custom_components.printago.history.cost import PrintCost, print_cost
from custom_components.printago.model.filament_need import FilamentNeed, PartNeeds, filament_needs
from custom_components.printago.model.materials import Materials
from custom_components.printago.model.price_list import PriceList
from custom_components.printago.model.print_energy import PrintEnergy
from tests.support.farm_model import material_rows, variant_rows

MATERIALS: dict[str, dict[str, Any]] = {
    "pla": {"name": "PLA Basic", "type": "PLA", "pricePer1000g": 20},
    "matte": {"name": "PLA Matte", "type": "PLA", "pricePer1000g": 25},
    "petg": {"name": "PETG HF", "type": "PETG", "pricePer1000g": 30},
    "gift": {"name": "ABS", "type": "ABS"},
}
VARIANTS: dict[str, dict[str, Any]] = {
    "white": {"materialId": "pla", "name": "White"},
    "silk": {"materialId": "pla", "name": "Silk gold", "pricePer1000g": 40},
    "lost": {"materialId": "gone", "name": "Red"},
}
PART = PartNeeds(
    read_estimate(
        {
            "totalWeightGrams": 100,
            "materials": [
                {"index": 0, "usedGrams": 80, "materialType": "PLA"},
                {"index": 1, "usedGrams": 20, "materialType": "PETG"},
            ],
            "plates": [{"plateId": 2, "totalWeightGrams": 10, "materials": [{"index": 0, "usedGrams": 10}]}],
        }
    )
)
SLOT = {"amsIndex": 0, "slotIndex": 0}


def price_list(**values: Any) -> PriceList:
    materials = Materials()
    materials.take_names(material_rows(MATERIALS), variant_rows(VARIANTS))
    return PriceList(materials, **{"currency": "EUR", "currency_known": True, "extra_costs": {}, **values})


def job(**source: Any) -> PrintJob:
    return PrintJob.from_json("job", source)


def cost(needs: tuple[FilamentNeed, ...], prices: PriceList | None = None, **options: Any) -> PrintCost:
    result = print_cost(needs, prices or price_list(), home_currency="CHF", **options)
    assert result is not None
    return result


def amount(part: PartNeeds | None = PART, **source: Any) -> float | None:
    return cost(filament_needs(job(**source), part)).amount


def test_filament_costs_what_its_material_or_color_does() -> None:
    white, silk = ({**SLOT, "variantId": name, "materialId": "pla"} for name in ("white", "silk"))
    petg = {**SLOT, "slotIndex": 1, "materialId": "petg"}
    assert amount(materialMapping=[white, petg]) == 2.2
    assert amount(materialMapping=[silk, petg]) == 3.8
    assert amount(materialAssignments={"0": [{"variantId": "silk"}], "1": [{"materialId": "petg"}]}) == 3.8


def test_unused_filaments_between_are_skipped() -> None:
    petg, pla = {**SLOT, "materialId": "petg"}, {**SLOT, "slotIndex": 1, "materialId": "pla"}
    assert amount(materialMapping=[pla, {"skip": True}, petg]) == 2.2


def test_plate_costs_its_own_filament() -> None:
    mapping = [{**SLOT, "materialId": "petg"}]
    assert amount(materialMapping=mapping, extensions={"3mf": {"plateId": 2}}) == 0.3
    assert amount(materialMapping=mapping, extensions={"3mf": {"plateId": 9}}) is None, "no estimate of this plate"


def test_type_has_a_price_only_if_all_its_materials_have_the_same() -> None:
    assert cost(filament_needs(job(), PART)).amount is None, "two kinds of PLA with two prices"
    prices = price_list()
    prices.materials.take_names(material_rows(MATERIALS | {"matte": MATERIALS["pla"]}), variant_rows(VARIANTS))
    assert cost(filament_needs(job(), PART), prices).amount == 2.2


@pytest.mark.parametrize(
    ("part", "source"),
    [
        (None, {"materialMapping": [{**SLOT, "materialId": "pla"}]}),
        (PartNeeds(), {"materialMapping": [{**SLOT, "materialId": "pla"}]}),
        (PART, {"materialMapping": [{**SLOT, "materialId": "gift"}, {**SLOT, "materialId": "petg"}]}),
        (PART, {"materialMapping": [{**SLOT, "variantId": "lost"}, {**SLOT, "materialId": "petg"}]}),
        (PART, {"materialMapping": [{**SLOT, "materialId": "deleted"}, {**SLOT, "materialId": "petg"}]}),
    ],
    ids=["part unknown", "not sliced", "no price", "material of the color unknown", "material unknown"],
)
def test_cost_is_unknown_never_zero_without_estimate_or_price(part: PartNeeds | None, source: dict[str, Any]) -> None:
    assert amount(part, **source) is None


def test_part_says_its_material_where_the_job_does_not() -> None:
    rows = [
        {"partId": "p", "index": 0, "priority": 1, "materialId": "matte"},
        {"partId": "p", "index": 0, "priority": 0, "materialId": "pla"},
        {"partId": "p", "index": 1, "priority": 0, "materialType": "PETG"},
        {"partId": None, "index": 0, "materialId": "pla"},
        {"partId": "p", "index": "x", "materialId": "pla"},
        {"partId": "p", "index": 0},
    ]
    part = PartNeeds(PART.estimate, assignments_by_part(rows)["p"])
    needs = filament_needs(job(), part)
    assert [choice.material_id for choice in needs[0].choices] == ["pla", "matte"]
    assert [choice.material_type for choice in needs[1].choices] == ["PETG"]


def test_failed_print_costs_the_share_of_its_filament_and_no_labor() -> None:
    mapping = [{**SLOT, "materialId": "pla"}, {**SLOT, "materialId": "petg"}]
    needs = filament_needs(job(materialMapping=mapping), PART)
    prices = price_list(extra_costs={"sku": ExtraCost(6, 2)}, jobs_of_sku={"sku": 4})
    assert cost(needs, prices, share=0.5, sku_id="sku", finished=False).amount == 1.1
    unknown = FilamentNeed((MaterialChoice(material_type="ASA"),), 80.0)
    assert cost((unknown,), prices, share=0.0, finished=False).amount == 0, "nothing was printed"
    assert cost((unknown,), prices, share=0.5, finished=False).amount is None


def test_jobs_of_one_sku_share_its_labor_and_overhead() -> None:
    needs = filament_needs(job(materialMapping=[{**SLOT, "materialId": "pla"}, {**SLOT, "materialId": "petg"}]), PART)
    prices = price_list(extra_costs={"sku": ExtraCost(6, 2), "odd": ExtraCost(1, None)}, jobs_of_sku={"sku": 4})
    whole = cost(needs, prices, sku_id="sku")
    assert (whole.amount, whole.material, whole.extra) == (4.2, 2.2, 2)
    assert cost(needs, prices, sku_id="plain").amount == 2.2, "this SKU has no labor"
    assert cost(needs, prices, sku_id="odd").amount is None
    assert cost(needs, price_list(extra_costs=None), sku_id="sku").amount is None
    assert cost(needs, price_list(extra_costs={"sku": ExtraCost(6, 2)}), sku_id="sku").amount is None


def test_energy_is_added_in_the_same_currency_only() -> None:
    needs = filament_needs(job(materialMapping=[{**SLOT, "materialId": "pla"}, {**SLOT, "materialId": "petg"}]), PART)
    with_energy = cost(needs, energy=PrintEnergy(kwh=2, price=0.3, currency="EUR"))
    assert (with_energy.amount, with_energy.energy, with_energy.currency) == (2.8, 0.6, "EUR")
    for energy in (PrintEnergy(kwh=2, price=0.3, currency="CHF"), PrintEnergy(kwh=2)):
        without = cost(needs, energy=energy)
        assert (without.amount, without.energy) == (2.2, None)


def test_currency_is_the_stores_else_that_of_home_assistant() -> None:
    needs = filament_needs(job(materialMapping=[{**SLOT, "materialId": "pla"}, {**SLOT, "materialId": "petg"}]), PART)
    assert cost(needs).currency == "EUR"
    energy = PrintEnergy(kwh=2, price=0.3, currency="CHF")
    own = cost(needs, price_list(currency=None), energy=energy)
    assert (own.amount, own.currency) == (2.8, "CHF")
    unread = price_list(currency=None, currency_known=False)
    assert print_cost(needs, unread, home_currency="CHF", energy=energy) is None


@pytest.mark.parametrize("raw", [None, 7, [], {"0": 7, "x": [{"materialId": "a"}], "1": [7, {}], "9" * 9: []}])
def test_damaged_assignments_say_nothing(raw: object) -> None:
    needs = filament_needs(job(materialAssignments=raw, materialMapping=raw, extensions=raw), PART)
    assert [need.grams for need in needs] == [80, 20]
