"""The filament of a store: what is read of it, and what jobs need of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.estimate import Estimate
from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.models.material import MaterialInstance
from custom_components.printago.api.models.product import Part
from custom_components.printago.model.filament_need import FilamentNeed, PartNeeds
from custom_components.printago.model.materials import Materials
from custom_components.printago.model.stock import MaterialGroup, Stock, loaded_spool_ids, part_needs
from tests.support.farm_model import slot_rows

PLA, PETG = MaterialChoice(material_type="PLA"), MaterialChoice(material_type="PETG")


def sliced(grams: float) -> PartNeeds:
    """Return a part of one filament."""
    return PartNeeds(Estimate(grams=grams))


def job(job_id: str, part_id: str | None, **source: Any) -> PrintJob:
    """Return a job of a part."""
    return PrintJob.from_json(job_id, {"partId": part_id, **source})


def grams(stock: Stock, *jobs: PrintJob) -> list[float | None]:
    """Return what each job needs of its first filament."""
    return [needs[0].grams for _, needs in stock.needs_of(jobs)]


@pytest.fixture
def stock() -> Stock:
    return Stock(Materials())


def test_nothing_is_known_until_it_was_read(stock: Stock) -> None:
    assert not stock.parts_known
    assert not stock.spools_known
    stock.take_parts({}, complete=True)
    stock.take_spools({})
    assert stock.parts_known
    assert stock.spools_known


def test_incomplete_list_of_parts_removes_none(stock: Stock) -> None:
    stock.take_parts({"one": sliced(1), "two": sliced(2)}, complete=True)
    stock.take_parts({"two": sliced(3)}, complete=False)
    assert stock.parts == {"one": sliced(1), "two": sliced(3)}
    stock.take_parts({"two": sliced(4)}, complete=True)
    assert stock.parts == {"two": sliced(4)}


def test_job_needs_the_filament_of_its_part(stock: Stock) -> None:
    stock.take_parts({"one": sliced(10)}, complete=True)
    jobs = [job("j1", "one"), job("j2", "unknown"), job("j3", None)]
    assert grams(stock, *jobs) == [10, None, None]
    assert [need.grams for need in stock.needs(jobs[0])] == [10]
    assert [need.grams for need in stock.needs(jobs[2])] == [None]


def test_needs_change_with_the_job_and_with_its_part(stock: Stock) -> None:
    stock.take_parts({"one": sliced(10), "two": sliced(20)}, complete=True)
    before = job("j1", "one")
    assert grams(stock, before, job("j2", "two")) == [10, 20]
    assert grams(stock, job("j1", "two")) == [20]
    (_, (need,)), *_ = stock.needs_of([job("j1", "two", materialAssignments={"0": [{"materialType": "PLA"}]})])
    assert need == FilamentNeed((PLA,), 20)
    stock.take_parts({"one": sliced(11), "two": sliced(20)}, complete=True)
    assert grams(stock, before) == [11]


def test_unchanged_job_of_an_unchanged_part_is_not_computed_again(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def needs(of: PrintJob, part: PartNeeds | None) -> tuple[FilamentNeed, ...]:
        computed.append(of.id)
        return (FilamentNeed((), None),)

    monkeypatch.setattr("custom_components.printago.model.stock.filament_needs", needs)
    one, two = job("one", "part"), job("two", None)
    for complete in (True, False):
        stock.take_parts({"part": sliced(10)}, complete=complete)
        stock.needs_of([one, two])
    assert computed == ["one", "two"]
    stock.needs_of([one])
    stock.needs_of([one, two])
    assert computed == ["one", "two", "two"], "what is not asked for is forgotten"


def test_groups_that_jobs_refer_to_are_missing_until_they_were_read(stock: Stock) -> None:
    wanted = {"0": [{"groupId": "g1"}, {"materialType": "PLA"}], "1": [{"groupId": "g2"}]}
    stock.needs_of([job("j1", None, materialAssignments=wanted), job("j2", None)])
    assert stock.missing_groups() == {"g1", "g2"}
    stock.take_groups({"g1": "House", "g3": None}, {"g1": [PLA, PETG], "g4": [PETG]})
    assert stock.groups == {
        "g1": MaterialGroup("House", (PLA, PETG)),
        "g2": MaterialGroup(None, ()),
        "g3": MaterialGroup(None, ()),
        "g4": MaterialGroup(None, (PETG,)),
    }
    assert stock.missing_groups() == set()
    stock.take_groups({}, {})
    assert stock.groups == {"g1": MaterialGroup(None, ()), "g2": MaterialGroup(None, ())}
    assert stock.missing_groups() == set(), "a group that does not exist is not read again"


def test_spools_are_replaced(stock: Stock) -> None:
    spools = {key: MaterialInstance(id=key) for key in ("one", "two")}
    stock.take_spools(spools)
    stock.take_spools({"two": spools["two"]})
    assert stock.spools == {"two": spools["two"]}


def test_loaded_spools_are_those_of_slots() -> None:
    materials = Materials()
    rows: Mapping[str, Any] = {
        f"s{number}": {"printerId": "p", "amsIndex": 0, "slotIndex": number, "instanceId": spool}
        for number, spool in enumerate(("one", None, "two"))
    }
    materials.take_slots(slot_rows(rows))
    assert loaded_spool_ids(materials) == {"one", "two"}


def test_needs_of_parts_come_from_their_records_and_their_materials() -> None:
    parts = {name: Part.from_json(name, {"slicingEstimate": {"totalWeightGrams": 5}}) for name in ("one", "two")}
    assert part_needs(parts, {"one": {0: (PLA,)}, "three": {0: (PETG,)}}) == {
        "one": PartNeeds(parts["one"].estimate, {0: (PLA,)}),
        "two": PartNeeds(parts["two"].estimate, {}),
    }
    assert parts["one"].estimate is not None
