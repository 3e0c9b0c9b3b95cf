"""The filament of a store: which choices it matches, and how much of it there is."""

from typing import Any

import pytest

from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.models.material import MaterialInstance
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.filament_lots import FilamentKind, Lot, filament_lots
from custom_components.printago.model.materials import Materials
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.stock import MaterialGroup, Stock
from tests.support.farm_model import NOON, A, material_rows, printer_row, record, slot_rows, variant_rows

WHITE = FilamentKind("white", "basic", "PLA")
GROUP = MaterialGroup("House", (MaterialChoice(variant_id="white"), MaterialChoice(material_id="petg")))
NESTED = MaterialGroup("Nested", (MaterialChoice(group_id="house"),))


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        (WHITE, MaterialChoice(variant_id="white")),
        (FilamentKind(None, "basic", "PLA"), MaterialChoice(material_id="basic")),
        (FilamentKind(None, None, "PLA"), MaterialChoice(material_type="PLA")),
    ],
)
def test_filament_is_named_as_exactly_as_it_is_known(kind: FilamentKind, choice: MaterialChoice) -> None:
    assert kind.choice == choice


@pytest.mark.parametrize(
    ("choices", "matches"),
    [
        ([], True),
        ([{"variant_id": "white", "material_id": "petg"}], True),
        ([{"variant_id": "black", "material_id": "basic"}], False),
        ([{"material_id": "basic", "material_type": "PETG"}], True),
        ([{"material_id": "petg", "material_type": "PLA"}], False),
        ([{"material_type": "pla", "group_id": "none"}], True),
        ([{"material_type": "PETG", "group_id": "house"}], False),
        ([{"group_id": "house"}], True),
        ([{"group_id": "unknown"}], False),
        ([{"group_id": "nested"}], False),
        ([{"variant_id": "black"}, {"material_type": "PLA"}], True),
        ([{"variant_id": "black"}, {"material_type": "PETG"}], False),
    ],
)
def test_filament_matches_the_most_specific_part_of_any_choice(choices: list[dict[str, str]], matches: bool) -> None:
    wanted = tuple(MaterialChoice(**choice) for choice in choices)
    assert WHITE.is_one_of(wanted, {"house": GROUP, "nested": NESTED}) is matches


def test_filament_without_a_type_is_of_none() -> None:
    assert not FilamentKind("white", None, None).is_one_of((MaterialChoice(material_type="PLA"),), {})


@pytest.mark.parametrize(
    ("grams", "wanted", "taken", "left"), [(100, 60, 60, 40), (50, 60, 50, 0), (None, 60, 0, None)]
)
def test_no_more_is_taken_than_there_is(grams: float | None, wanted: float, taken: float, left: float | None) -> None:
    lot = Lot(WHITE, grams)
    assert lot.take(wanted) == taken
    assert (lot.left, lot.grams) == (left, grams)


class Store:
    """A store with one printer, its slots and its spools."""

    def __init__(self, *slots: dict[str, Any], trays: Any = (), **spools: dict[str, Any]) -> None:
        self.stock = Stock(Materials())
        self.stock.materials.take_names(
            material_rows({"basic": {"type": "PLA"}, "untyped": {"name": "?"}}),
            variant_rows({"white": {"materialId": "basic"}}),
        )
        rows = {f"s{n}": {"printerId": A, "amsIndex": 0, "slotIndex": n, **slot} for n, slot in enumerate(slots)}
        self.stock.materials.take_slots(slot_rows(rows))
        self.stock.take_spools({key: MaterialInstance.from_json(key, row) for key, row in spools.items()})
        self.printer = PrinterState.from_row(printer_row(A, record()))
        data = {"filament": {"ams": {"ams": [{"slots": list(trays)}]}}}
        self.printer.merge_stat(read_stat(A, {"isOnline": True, "data": data}), NOON)

    @property
    def lots(self) -> list[Lot]:
        return filament_lots(self.stock, {A: self.printer})


def tray(remaining: int | None) -> dict[str, Any]:
    return {"id": "0", "type": "PLA", "remaining": remaining}


def test_lots_are_the_assigned_trays_then_the_spools_that_are_not_loaded() -> None:
    store = Store(
        {"printerId": "x" * 24, "materialType": "PLA", "instanceId": "three"},
        {"materialType": "PLA", "slotIndex": None},
        {},
        {"variantId": "white", "instanceId": "one"},
        {"materialId": "basic"},
        {"materialType": "PLA"},
        one={"remainingMaterial": 100, "variantId": "white"},
        two={"remainingMaterial": 200, "materialType": "PETG"},
        three={"remainingMaterial": 300},
    )
    assert [(lot.kind, lot.place.slot if lot.place else None, lot.grams) for lot in store.lots] == [
        (FilamentKind("white", "basic", "PLA"), 3, 100),
        (FilamentKind(None, "basic", "PLA"), 4, None),
        (FilamentKind(None, None, "PLA"), 5, None),
        (FilamentKind(None, None, "PETG"), None, 200),
    ]
    assert [lot.printer for lot in store.lots] == [store.printer] * 3 + [None]


@pytest.mark.parametrize(
    ("slot", "kind"),
    [
        ({"variantId": "white", "materialId": "petg", "materialType": "ABS"}, FilamentKind("white", "petg", "ABS")),
        ({"variantId": "white", "materialType": "ABS"}, FilamentKind("white", "basic", "PLA")),
        ({"variantId": "unknown", "materialType": "ABS"}, FilamentKind("unknown", None, "ABS")),
        ({"materialId": "untyped", "materialType": "ABS"}, FilamentKind(None, "untyped", "ABS")),
    ],
)
def test_material_of_a_color_and_type_of_a_material_are_looked_up(slot: dict[str, Any], kind: FilamentKind) -> None:
    assert [lot.kind for lot in Store(slot).lots] == [kind]


@pytest.mark.parametrize(
    ("found", "recorded", "full", "grams"),
    [
        (tray(50), None, None, 500),
        (tray(50), 300, None, 500),
        (tray(50), 2500, None, 1250),
        (tray(50), 2500, 750, 375),
        (tray(0), 300, None, 0),
        (tray(None), 300, 750, 300),
        (tray(None), None, 750, None),
        ({"id": "0"}, 300, 750, 0),
        (None, 300, 750, 300),
    ],
)
def test_weight_is_measured_by_the_printer_else_that_of_the_spool(
    found: dict[str, Any] | None, recorded: float | None, full: float | None, grams: float | None
) -> None:
    slot = {"materialId": "basic", "instanceId": "one"}
    store = Store(slot, trays=[found] if found else [], one={"remainingMaterial": recorded})
    if full is not None:
        store.stock.spool_grams["basic"] = full
    assert [lot.grams for lot in store.lots] == [grams]


def test_slot_with_two_records_is_one_lot() -> None:
    store = Store({"materialId": "basic"}, {"materialType": "PETG", "slotIndex": 0}, trays=[tray(50)])
    assert [(lot.kind.material_type, lot.grams) for lot in store.lots] == [("PETG", 500)]
