"""Which filament a print takes, how much of it, and where from."""

from typing import Any

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.estimate import read_estimate
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.model.filament_need import PartNeeds, filament_needs

PLA, PETG = MaterialChoice(material_type="PLA"), MaterialChoice(material_type="PETG")
WHITE, BLACK = MaterialChoice(variant_id="white"), MaterialChoice(variant_id="black")
IN_WHITE = {"variantId": "white", "amsIndex": 0, "slotIndex": 1}
IN_BLACK = {"variantId": "black", "amsIndex": 1, "slotIndex": 3}
SKIPPED = {"skip": True}


def usage(grams: float | None = None, index: int | None = None, kind: str | None = None) -> dict[str, Any]:
    """Return the use of one filament, as the estimate has it."""
    fields = {"usedGrams": grams, "index": index, "materialType": kind}
    return {name: value for name, value in fields.items() if value is not None}


def part(grams: float | None, *usages: dict[str, Any], plates: Any = None, **assigned: MaterialChoice) -> PartNeeds:
    """Return the needs of a part; ``assigned`` are its materials by index, as in ``f0``."""
    estimate = read_estimate({"totalWeightGrams": grams, "materials": list(usages), "plates": plates})
    return PartNeeds(estimate, {int(name[1:]): (choice,) for name, choice in assigned.items()})


def needs(known: PartNeeds | None, **source: Any) -> list[tuple[tuple[MaterialChoice, ...], float | None]]:
    """Return the materials and grams of a job."""
    found = filament_needs(PrintJob.from_json("job", source), known)
    return [(need.choices, need.grams) for need in found]


def places(known: PartNeeds | None, *mapping: Any) -> list[SlotAddress | None]:
    """Return where the filaments of a job with a printer come from."""
    found = filament_needs(PrintJob.from_json("job", {"materialMapping": list(mapping)}), known)
    return [need.place for need in found]


def test_unknown_part_needs_one_unknown_filament() -> None:
    assert needs(None) == [((), None)]
    assert needs(PartNeeds()) == [((), None)]


def test_part_that_is_not_sliced_needs_all_its_materials() -> None:
    assert needs(PartNeeds(None, {1: (PETG,), 0: (PLA,)})) == [((PLA,), None), ((PETG,), None)]
    assert needs(PartNeeds(None, {1: (PETG,)})) == [((), None), ((PETG,), None)]


def test_materials_of_the_job_take_precedence_over_those_of_its_part() -> None:
    known = part(10, f0=PLA)
    assert needs(known) == [((PLA,), 10)]
    wanted = {"0": [{"variantId": "white"}, {"variantId": "black"}]}
    assert needs(known, materialAssignments=wanted) == [((WHITE, BLACK), 10)]
    assert needs(None, materialAssignments=wanted) == [((WHITE, BLACK), None)]
    assert needs(known, materialAssignments={}) == [((PLA,), 10)]


def test_weight_by_filament_takes_precedence_over_the_total() -> None:
    assert needs(part(100, usage(80, 0, "PLA"), usage(20, 1, "PETG"))) == [((PLA,), 80), ((PETG,), 20)]
    assert needs(part(100, usage(80, 0, "PLA"))) == [((PLA,), 80)]


def test_total_weight_is_that_of_the_only_filament() -> None:
    assert needs(part(100, usage(None, 0, "PLA"))) == [((PLA,), 100)]
    assert needs(part(100, usage(None, 0, "PLA"), usage(0, 1, "PETG"))) == [((PLA,), 100)]
    assert needs(part(100, f0=PETG)) == [((PETG,), 100)]
    assert needs(part(100, usage(0, 1, "PETG"), f0=PLA)) == [((PLA,), 100)]
    assert needs(part(None, usage(None, 0, "PLA"), usage(None, 1, "PETG"))) == [((PLA,), None), ((PETG,), None)]
    assert needs(part(100, usage(None, 0, "PLA"), usage(20, 1, "PETG"))) == [((PLA,), None), ((PETG,), 20)]


def test_filament_of_a_total_weight_is_the_first() -> None:
    assert needs(part(100, f0=PLA, f1=PETG)) == [((PLA,), 100)]


def test_filaments_without_an_index_are_in_order() -> None:
    known = part(100, usage(80), usage(20), f0=PLA, f1=PETG)
    assert needs(known) == [((PLA,), 80), ((PETG,), 20)]


def test_assigned_material_takes_precedence_over_the_type_in_the_estimate() -> None:
    assert needs(part(100, usage(80, 2, "PLA"), usage(20, 0, "PETG"), f2=WHITE)) == [((WHITE,), 80), ((PETG,), 20)]


def test_plate_of_the_job_has_its_own_filament() -> None:
    plates = [{"plateId": 2, "totalWeightGrams": 10, "materials": [usage(10, 0, "PETG")]}]
    known = part(100, usage(100, 0, "PLA"), plates=plates)
    assert needs(known, extensions={"3mf": {"plateId": 2}}) == [((PETG,), 10)]
    assert needs(known, extensions={"3mf": {"plateId": 3}}) == [((), None)]
    assert needs(known) == [((PLA,), 100)]
    assert needs(None, extensions={"3mf": {"plateId": 2}}) == [((), None)]
    assert needs(part(100, usage(100, 0, "PLA")), extensions={"3mf": {"plateId": 2}}) == [((PLA,), 100)]


def test_loaded_material_takes_precedence_once_the_job_has_a_printer() -> None:
    known = part(100, usage(80, 0, "PLA"), usage(20, 1, "PETG"), f0=BLACK)
    assert needs(known, materialMapping=[IN_WHITE, IN_BLACK]) == [((WHITE,), 80), ((BLACK,), 20)]
    assert places(known, IN_WHITE, IN_BLACK) == [SlotAddress(0, 1), SlotAddress(1, 3)]
    unnamed = {"amsIndex": 0, "slotIndex": 1}
    assert needs(known, materialMapping=[unnamed, IN_WHITE]) == [((BLACK,), 80), ((WHITE,), 20)]


def test_skipped_filaments_are_those_without_a_weight() -> None:
    known = part(100, usage(80, 0), usage(20, 2))
    assert needs(known, materialMapping=[IN_WHITE, SKIPPED, IN_BLACK]) == [((WHITE,), 80), ((BLACK,), 20)]
    assert needs(known, materialMapping=[SKIPPED, IN_WHITE, IN_BLACK]) == [((WHITE,), 80), ((BLACK,), 20)]
    assert needs(None, materialMapping=[SKIPPED, IN_WHITE, IN_BLACK]) == [((WHITE,), None), ((BLACK,), None)]
    assert places(None, SKIPPED, IN_BLACK) == [SlotAddress(1, 3)]


def test_filament_is_found_by_its_index_if_more_are_loaded_than_used() -> None:
    known = part(100, usage(20, 1, "PETG"))
    assert needs(known, materialMapping=[IN_WHITE, IN_BLACK]) == [((BLACK,), 20)]
    assert places(part(100, usage(20, 2)), IN_WHITE, IN_BLACK) == [None]
    assert needs(part(100, usage(20, 2, "PETG")), materialMapping=[IN_WHITE, IN_BLACK]) == [((PETG,), 20)]
