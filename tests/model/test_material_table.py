"""The material table: what is needed, loaded, in stock, and short."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.printago.api import PrintJob
from custom_components.printago.api.models.estimate import read_estimate
from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.models.material import MaterialInstance
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.filament_need import PartNeeds
from custom_components.printago.model.material_table import MaterialTable, material_table
from custom_components.printago.model.materials import Materials
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.stock import Stock
from tests.support.farm_model import material_rows, printer_row, slot_rows, variant_rows

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MATERIALS = {"pla": {"name": "PLA Basic", "type": "PLA"}, "petg": {"name": "PETG HF", "type": "PETG"}}
VARIANTS = {
    "white": {"materialId": "pla", "name": "White", "color": "#FFFFFF"},
    "black": {"materialId": "pla", "name": "Black", "color": "#000000"},
    "clear": {"materialId": "petg", "name": "Clear", "color": "#00000000"},
}


class Farm:
    """A farm of one printer with the trays that a test loads."""

    def __init__(self) -> None:
        self.stock = Stock(Materials())
        self.stock.materials.take_names(material_rows(MATERIALS), variant_rows(VARIANTS))
        self.printer = PrinterState.from_row(printer_row("p1", {"name": "X1C", "isOnline": True}))
        self.jobs: list[PrintJob] = []
        self._slots: dict[str, dict[str, Any]] = {}
        self._trays: list[dict[str, Any]] = []

    def load(self, remaining: int | None, *, empty: bool = False, **material: str) -> None:
        """Load a tray."""
        number = len(self._trays)
        self._slots[f"s{number}"] = {"printerId": "p1", "amsIndex": 0, "slotIndex": number, **material}
        tray = {"id": str(number)} if empty else {"id": str(number), "type": "PLA", "remaining": remaining}
        self._trays.append(tray)
        self.stock.materials.take_slots(slot_rows(self._slots))
        self.report(filament={"ams": {"ams": [{"slots": list(self._trays)}]}})

    def report(self, **data: Any) -> None:
        """Let the printer send telemetry."""
        self.printer.merge_stat(read_stat("p1", {"isOnline": True, "data": data}), NOW)

    def spool(self, grams: float, **material: str) -> str:
        """Put a spool into stock."""
        key = f"i{len(self.stock.spools)}"
        row = {"remainingMaterial": grams, **material}
        self.stock.take_spools({**self.stock.spools, key: MaterialInstance.from_json(key, row)})
        return key

    def queue(self, grams: float | None, material: dict[str, Any] | None, **source: Any) -> None:
        """Queue a job of a part that takes so much of a material."""
        number = len(self.jobs)
        if grams is not None:
            part = PartNeeds(read_estimate({"totalWeightGrams": grams, "materials": []}))
            self.stock.take_parts({f"part{number}": part}, complete=False)
        self.jobs.append(
            PrintJob.from_json(
                f"j{number}",
                {
                    "status": "pending",
                    "partId": f"part{number}",
                    "label": f"Job {number}",
                    "queueOrder": number,
                    **({"materialAssignments": {"0": [material]}} if material else {}),
                    **source,
                },
            )
        )

    def run(self, grams: float, **source: Any) -> None:
        """Let the printer begin a job that takes so much from the first tray."""
        mapping = [{"amsIndex": 0, "slotIndex": 0, "variantId": "white"}]
        self.queue(
            grams, None, **{"status": "printing", "assignedPrinterId": "p1", "materialMapping": mapping, **source}
        )
        self.report(print={"percent": 0})

    def table(self) -> MaterialTable:
        """Return the table."""
        return material_table(self.jobs, self.stock, {"p1": self.printer})

    def row(self, name: str | None = None) -> dict[str, Any]:
        """Return the row of a material."""
        rows = {row.name: row.as_dict() for row in self.table().rows}
        return rows[name] if name is not None else next(iter(rows.values()))


@pytest.fixture
def farm() -> Farm:
    return Farm()


def test_row_says_what_is_needed_loaded_and_in_stock(farm: Farm) -> None:
    farm.load(40, variantId="white")
    farm.load(90, variantId="black")
    farm.spool(1000, variantId="white", materialId="pla", materialType="PLA")
    farm.queue(300, {"variantId": "white"})
    farm.queue(150, {"variantId": "white"})
    assert farm.row() == {
        "material": "PLA Basic",
        "color": "White",
        "color_code": "#FFFFFF",
        "needed": 450,
        "loaded": 400,
        "trays": [{"printer": "X1C", "tray": "ams_1_tray_1", "grams": 400}],
        "in_stock": 1000,
        "spools": 1,
        "missing": 0,
        "covered": True,
        "jobs": ["Job 0", "Job 1"],
        "jobs_waiting": 2,
        "jobs_not_sliced": 0,
        "short_prints": [],
    }
    assert not farm.table().short


def test_material_that_nothing_covers_is_short_by_what_is_missing(farm: Farm) -> None:
    farm.load(40, variantId="white")
    farm.spool(100, variantId="white", materialId="pla", materialType="PLA")
    for _ in range(3):
        farm.queue(200, {"variantId": "white"})
    row = farm.row()
    assert (row["missing"], row["covered"]) == (100, False)
    assert [row.name for row in farm.table().short] == ["PLA Basic White"]


def test_spool_in_a_tray_is_not_in_stock_as_well(farm: Farm) -> None:
    spool = farm.spool(500, variantId="white", materialId="pla", materialType="PLA")
    farm.load(50, variantId="white", instanceId=spool)
    farm.queue(600, {"variantId": "white"})
    row = farm.row()
    assert (row["loaded"], row["in_stock"], row["missing"]) == (500, 0, 100)


def test_full_spool_weighs_a_kilogram_unless_the_spool_or_the_user_says_more(farm: Farm) -> None:
    farm.queue(1, {"materialType": "PLA"})
    spool = farm.spool(2500, variantId="black", materialId="pla", materialType="PLA")
    farm.load(50, variantId="white")
    farm.load(80, variantId="black", instanceId=spool)
    assert [tray["grams"] for tray in farm.row()["trays"]] == [500, 2000]
    farm.stock.spool_grams["pla"] = 750
    assert [tray["grams"] for tray in farm.row()["trays"]] == [375, 600]


def test_tray_without_a_percentage_holds_what_its_spool_says_else_an_unknown_weight(farm: Farm) -> None:
    spool = farm.spool(300, variantId="white", materialId="pla", materialType="PLA")
    farm.load(None, variantId="white", instanceId=spool)
    farm.queue(400, {"variantId": "white"})
    assert (farm.row()["loaded"], farm.row()["covered"]) == (300, False)
    farm.load(None, variantId="white")
    row = farm.row()
    assert (row["covered"], row["missing"]) == (None, 100)
    assert not farm.table().short, "nobody knows whether the other tray holds enough"


def test_empty_tray_covers_nothing(farm: Farm) -> None:
    farm.load(None, empty=True, variantId="white")
    farm.queue(10, {"variantId": "white"})
    row = farm.row()
    assert (row["loaded"], row["trays"], row["covered"]) == (0, [], False)


def test_job_that_is_not_sliced_is_short_only_where_there_is_nothing_at_all(farm: Farm) -> None:
    farm.queue(None, {"variantId": "white"})
    assert (farm.row()["covered"], farm.row()["jobs_not_sliced"]) == (False, 1)
    farm.load(40, variantId="white")
    assert farm.row()["covered"] is None
    assert not farm.table().short


def test_one_spool_does_not_cover_two_materials(farm: Farm) -> None:
    farm.load(50, variantId="white")
    farm.queue(400, {"materialType": "pla"})
    farm.queue(400, {"variantId": "white"})
    assert farm.row("PLA Basic White")["covered"] is True, "nothing else will do for it"
    assert farm.row("pla")["missing"] == 300


def test_any_member_of_a_group_will_do_and_any_alternative(farm: Farm) -> None:
    farm.stock.take_groups(
        {"g": "House colors"}, {"g": [MaterialChoice(variant_id="white"), MaterialChoice(material_id="petg")]}
    )
    farm.load(10, variantId="clear")
    farm.queue(50, {"groupId": "g"})
    farm.queue(50, None, materialAssignments={"0": [{"variantId": "white"}, {"variantId": "clear"}]})
    assert farm.row("House colors")["covered"] is True
    assert farm.row("PLA Basic White / PETG HF Clear")["covered"] is True
    farm.queue(50, {"groupId": "unknown"})
    assert farm.row("unknown")["covered"] is False


@pytest.mark.parametrize(("percent", "short"), [(0, ["X1C"]), (49, ["X1C"]), (50, []), (None, [])])
def test_running_print_counts_when_its_tray_cannot_finish_it(farm: Farm, percent: int | None, short: list[str]) -> None:
    farm.load(10, variantId="white")
    farm.load(100, variantId="white")
    mapping = [{"amsIndex": 0, "slotIndex": 0, "materialType": "PLA"}]
    farm.queue(200, None, status="printing", assignedPrinterId="p1", materialMapping=mapping)
    farm.report(print={"percent": percent})
    table = farm.table()
    assert [row.short_prints for row in table.short] == ([short] if short else [])
    assert [row.name for row in table.short] == ["PLA Basic White"] * len(short)


def test_what_a_running_print_still_takes_is_not_there_for_the_queue(farm: Farm) -> None:
    farm.load(50, variantId="white")
    mapping = [{"amsIndex": 0, "slotIndex": 0, "variantId": "white"}]
    farm.queue(400, None, status="paused", assignedPrinterId="p1", materialMapping=mapping)
    farm.report(print={"percent": 50})
    farm.queue(400, {"variantId": "white"})
    assert farm.row()["missing"] == 100


def test_failed_jobs_need_nothing_and_assigned_ones_do(farm: Farm) -> None:
    farm.queue(400, {"variantId": "white"}, status="failed")
    assert farm.table().rows == ()
    farm.queue(400, {"variantId": "white"}, status="slicing")
    assert farm.row()["needed"] == 400


def test_same_jobs_are_not_computed_again(farm: Farm) -> None:
    farm.queue(400, {"variantId": "white"})
    first = farm.stock.needs_of(farm.jobs)
    assert farm.stock.needs_of(farm.jobs)[0][1] is first[0][1]
    farm.stock.take_parts(dict(farm.stock.parts), complete=True)
    assert farm.stock.needs_of(farm.jobs)[0][1] is first[0][1]
    farm.stock.take_parts({"part0": PartNeeds(read_estimate({"totalWeightGrams": 5}))}, complete=True)
    assert farm.stock.needs_of(farm.jobs)[0][1][0].grams == 5


def test_key_names_all_alternatives(farm: Farm) -> None:
    farm.queue(
        10, None, materialAssignments={"0": [{"variantId": "white", "materialId": "pla"}, {"materialType": "PLA"}]}
    )
    farm.queue(10, {"materialId": "pla", "materialType": "PLA"})
    farm.queue(10, {"materialType": "PLA", "groupId": "g"})
    farm.queue(10, None)
    assert {row.key for row in farm.table().rows} == {
        "variantId=white|materialType=PLA",
        "materialId=pla",
        "materialType=PLA,groupId=g",
        "",
    }


def test_short_materials_come_first_then_by_name_and_nameless_ones_last(farm: Farm) -> None:
    for name in ("white", "black", "clear"):
        farm.load(50, variantId=name)
    farm.queue(10, {"variantId": "white"})
    farm.queue(10, None)
    farm.queue(600, {"variantId": "clear"})
    farm.queue(10, {"variantId": "black"})
    names = ["PETG HF Clear", "PLA Basic Black", "PLA Basic White", None]
    assert [row.name for row in farm.table().rows] == names
    assert [row["material"] for row in farm.table().described] == ["PETG HF", "PLA Basic", "PLA Basic", None]
    assert [row["color"] for row in farm.table().described] == ["Clear", "Black", "White", None]


@pytest.mark.parametrize(("needed", "covered"), [(500.04, True), (500.06, False)])
def test_trace_of_a_gram_is_nothing(farm: Farm, needed: float, covered: bool) -> None:
    farm.load(50, variantId="white")
    farm.queue(needed, {"variantId": "white"})
    assert farm.row()["covered"] is covered


@pytest.mark.parametrize(("needed", "short"), [(500.04, False), (500.06, True)])
def test_running_print_that_lacks_a_trace_is_not_short(farm: Farm, needed: float, short: bool) -> None:
    farm.load(50, variantId="white")
    farm.run(needed)
    assert bool(farm.table().short) is short


def test_grams_are_rounded_to_tenths(farm: Farm) -> None:
    spool = farm.spool(100.26, variantId="white", materialId="pla", materialType="PLA")
    farm.spool(50.26, variantId="white", materialId="pla", materialType="PLA")
    farm.load(None, variantId="white", instanceId=spool)
    farm.queue(200.26, {"variantId": "white"})
    row = farm.row()
    assert (row["needed"], row["loaded"], row["in_stock"], row["missing"]) == (200.3, 100.3, 50.3, 49.7)
    assert row["trays"] == [{"printer": "X1C", "tray": "ams_1_tray_1", "grams": 100.3}]


def test_first_twenty_jobs_and_trays_are_named_and_all_are_counted(farm: Farm) -> None:
    for _ in range(21):
        farm.queue(1, {"materialType": "PLA"}, queueOrder=-len(farm.jobs) + 50)
    units = [{"slots": [{"id": str(slot), "type": "PLA", "remaining": 10} for slot in range(4)]} for _ in range(6)]
    slots = {
        f"s{number}": {"printerId": "p1", "amsIndex": number // 4, "slotIndex": number % 4, "materialType": "PLA"}
        for number in range(21)
    }
    farm.stock.materials.take_slots(slot_rows(slots))
    farm.report(filament={"ams": {"ams": units}})
    row = farm.row()
    assert row["jobs"][:2] == ["Job 20", "Job 19"], "in the order of the queue"
    assert (len(row["jobs"]), row["jobs_waiting"], len(row["trays"]), row["loaded"]) == (20, 21, 20, 2100)


def test_job_with_two_filaments_of_one_material_is_listed_once(farm: Farm) -> None:
    estimate = read_estimate({"materials": [{"index": 0, "usedGrams": 10}, {"index": 1, "usedGrams": 20}]})
    farm.stock.take_parts({"part0": PartNeeds(estimate)}, complete=True)
    farm.queue(None, None, materialAssignments={"0": [{"variantId": "white"}], "1": [{"variantId": "white"}]})
    farm.queue(5, {"variantId": "white"})
    assert (farm.row()["needed"], farm.row()["jobs"]) == (35, ["Job 0", "Job 1"])


def test_unknown_weight_of_a_tray_leaves_it_open_only_where_it_matters(farm: Farm) -> None:
    farm.load(50, variantId="white")
    farm.load(None, variantId="white")
    farm.queue(400, {"variantId": "white"})
    assert farm.row()["covered"] is True, "the other tray is enough"
    farm.queue(None, {"variantId": "white"})
    assert farm.row()["covered"] is None


def test_material_that_only_a_running_print_takes_is_covered_otherwise(farm: Farm) -> None:
    farm.load(10, variantId="white")
    farm.run(200)
    row = farm.row()
    assert (row["covered"], row["missing"], row["jobs"], row["short_prints"]) == (True, 0, [], ["X1C"])


@pytest.mark.parametrize(
    "job",
    [
        {"assignedPrinterId": "gone"},
        {"assignedPrinterId": None},
        {"materialMapping": [{"amsIndex": 0, "slotIndex": 3, "variantId": "white"}]},
        {"materialMapping": [{"variantId": "white"}]},
        {"partId": "unknown"},
        {},
    ],
    ids=["unknown printer", "no printer", "unassigned slot", "no slot", "unknown need", "unknown weight"],
)
def test_running_print_whose_need_or_tray_is_unknown_is_not_short(farm: Farm, job: dict[str, Any]) -> None:
    farm.load(None if job == {} else 1, variantId="white")
    farm.run(200, **job)
    assert farm.table().short == []


def test_materials_with_the_fewest_alternatives_are_covered_first(farm: Farm) -> None:
    farm.stock.take_groups({"g": "House"}, {"g": [MaterialChoice(material_id="pla")]})
    farm.load(50, variantId="white")
    wanted: list[dict[str, Any]] = [
        {},
        {"groupId": "g"},
        {"materialType": "PLA"},
        {"materialId": "pla"},
        {"variantId": "white"},
    ]
    for material in wanted:
        farm.queue(200, material)
    missing = {row.name: round(row.missing) for row in farm.table().rows}
    assert missing == {"PLA Basic White": 0, "PLA Basic": 0, "PLA": 100, "House": 200, None: 200}


def test_of_two_equally_exact_materials_the_one_with_fewer_lots_is_covered_first(farm: Farm) -> None:
    farm.stock.take_groups(
        {"all": "All", "one": "One"},
        {
            "all": [MaterialChoice(variant_id="white"), MaterialChoice(variant_id="black")],
            "one": [MaterialChoice(variant_id="white")],
        },
    )
    farm.load(50, variantId="white")
    farm.spool(500, variantId="black", materialId="pla", materialType="PLA")
    farm.queue(500, {"groupId": "all"})
    farm.queue(500, {"groupId": "one"})
    assert [row.missing for row in farm.table().rows] == [0, 0]


def test_row_without_a_known_name_shows_what_the_job_names(farm: Farm) -> None:
    for number, material in enumerate(
        ({"materialId": "m"}, {"variantId": "v"}, {"groupId": "g"}, {"materialId": "m2", "materialType": "PA"})
    ):
        farm.queue(number + 1, material)
    assert {row.name for row in farm.table().rows} == {"m", "v", "g", "m2"}
    farm.stock.take_groups({"g": None}, {})
    assert None in {row.name for row in farm.table().rows}


def test_alternatives_of_one_name_are_named_once(farm: Farm) -> None:
    farm.queue(
        1,
        None,
        materialAssignments={
            "0": [{"materialType": "PLA"}, {"materialType": "PLA", "groupId": "g"}, {"variantId": "white"}]
        },
    )
    assert farm.row()["material"] == "PLA / PLA Basic White"
    assert farm.row()["color"] is None
