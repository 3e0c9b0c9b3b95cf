"""What waits for a person: each kind of item, its data, and the order of all."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from custom_components.printago.api import Listing
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.maintenance import MaintenanceItem
from custom_components.printago.api.models.order import Order
from custom_components.printago.model.attention import AttentionItem, Concern, attention
from custom_components.printago.model.events import FarmEvent, Scope
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.print_results import Results
from custom_components.printago.model.stock import Stock
from custom_components.printago.model.store_info import StoreInfo
from tests.support.farm_model import NOON, A, B, job, record, slot_rows, snapshot, stamp, stat

BED = {"confirmedReady": False}
EMPTY = {"id": "0"}
FIRST = SlotAddress(0, 0)


class Waiting:
    """A store and what waits for a person there."""

    def __init__(self, printers: Mapping[str, dict[str, Any]], **jobs: dict[str, Any]) -> None:
        self.farm = Farm(lambda: NOON)
        rows = {printer_id: record(**{"name": printer_id[0].upper(), **row}) for printer_id, row in printers.items()}
        snapshot(self.farm, rows, jobs)
        self.facts = StoreInfo()
        self.results = Results()
        self.stock = Stock(self.farm.materials)

    def orders(self, **deadlines: float | None) -> None:
        """Let orders be open, with deadlines in hours from now."""
        rows = {
            name: Order.from_json(
                name,
                {
                    "status": "open",
                    "deadline": None if hours is None else stamp(3600 * hours),
                    "orderNumber": f"#{name}",
                },
            )
            for name, hours in deadlines.items()
        }
        self.facts.apply_orders(Listing(rows, True), NOON)

    def ended(self, printer_id: str, kind: str = "print_failed", seconds: float = 0, **data: Any) -> None:
        """Let a print end."""
        self.results.record(
            FarmEvent(
                scope=Scope.PRINT,
                kind=kind,
                subject=printer_id,
                occurred_at=NOON + timedelta(seconds=seconds),
                data={"job_id": None, "job": None, "part": None, **data},
            )
        )

    def slots(self, *slots: dict[str, Any]) -> None:
        """Assign materials to slots, by default to the first one of A."""
        rows = {
            f"s{number}": {"printerId": A, "amsIndex": 0, "slotIndex": 0, **slot} for number, slot in enumerate(slots)
        }
        self.farm.materials.take_slots(slot_rows(rows))

    def trays(self, printer_id: str, *trays: dict[str, Any]) -> None:
        """Let a printer report its trays."""
        stat(self.farm, printer_id, isOnline=True, data={"filament": {"ams": {"ams": [{"slots": list(trays)}]}}})

    @property
    def items(self) -> list[AttentionItem]:
        """Return all items."""
        return attention(self.farm, self.facts, self.results, self.stock)

    @property
    def ids(self) -> list[str]:
        """Return the IDs of all items."""
        return [item.id for item in self.items]

    @property
    def only(self) -> AttentionItem:
        """Return the only item."""
        (item,) = self.items
        return item


def pinned(printer_id: str, **fields: Any) -> dict[str, Any]:
    """Return a waiting job for one printer."""
    return job(requiredPrinterTags={"printer.id": printer_id}, **fields)


def unhealthy(*, errors: Any = (), warnings: Any = ()) -> dict[str, Any]:
    """Return telemetry with problems."""
    rows = [[{"code": code, "message": code.upper()} for code in codes] for codes in (errors, warnings)]
    return {"isOnline": True, "data": {"health": {"errors": rows[0], "warnings": rows[1]}}}


def test_farm_without_a_problem_waits_for_nobody() -> None:
    waiting = Waiting({A: {}, B: {}}, done=job(status="completed"), next=job())
    waiting.orders(later=1, open=None)
    assert waiting.items == []


def test_items_are_sorted_by_how_much_they_hold_the_farm_up() -> None:
    running = job(status="printing", assignedPrinterId="d" * 24)
    waiting = Waiting(
        # Names do not decide.
        {
            A: {"name": "Z"},
            B: BED,
            "c" * 24: {**BED, "enabled": False},
            "d" * 24: {"name": "Y", "isOnline": False, "isAvailable": False},
        },
        running=running,
        approve=job(status="waiting-for-approval"),
        broken=job(status="failed", printingCompletedAt=stamp(-60)),
        next=job(),
    )
    stat(waiting.farm, A, **unhealthy(errors=["e1"], warnings=["w1"]))
    waiting.slots({"materialType": "PLA"})
    waiting.trays(A, EMPTY)
    waiting.ended(B)
    waiting.orders(late=-1)
    waiting.facts.maintenance.take(
        {"oil": MaintenanceItem.from_json("oil", {"printerId": A, "itemName": "Oil", "status": "OVERDUE"})}
    )
    assert waiting.ids == [
        f"hms_{A}_E1",
        f"offline_{'d' * 24}",
        f"bed_{B}",
        "approval_approve",
        f"tray_{A}_ams_1_tray_1",
        f"hms_{A}_W1",
        f"failed_{B}_{NOON.isoformat()}",
        "failed_broken",
        "order_late",
        "maintenance_oil",
        f"bed_{'c' * 24}",
    ]


def test_problem_names_its_printer_and_text() -> None:
    waiting = Waiting({A: {}})
    stat(waiting.farm, A, **unhealthy(errors=["both"], warnings=["both", "w1"]))
    error, warning = waiting.items
    assert error == AttentionItem(
        concern=Concern.ERROR, id=f"hms_{A}_BOTH", subject=A, name="A", printer="A", text="BOTH"
    )
    assert warning == AttentionItem(
        concern=Concern.WARNING, id=f"hms_{A}_W1", subject=A, name="A", printer="A", text="W1"
    )


def test_printer_that_went_offline_while_in_use_names_its_job() -> None:
    rows: dict[str, dict[str, Any]] = {A: {"isOnline": False, "isAvailable": False}, B: {"isOnline": False}}
    waiting = Waiting(rows, running=job(status="printing", label="Order 7", assignedPrinterId=A))
    assert waiting.only == AttentionItem(
        concern=Concern.OFFLINE, id=f"offline_{A}", subject=A, name="A", printer="A", text="Order 7"
    )


def test_printer_that_went_offline_during_an_external_print_names_no_job() -> None:
    waiting = Waiting({A: {}})
    stat(waiting.farm, A, 0, isOnline=True, isAvailable=False, state="RUNNING")
    stat(waiting.farm, A, 1, isOnline=False)
    assert waiting.only == AttentionItem(concern=Concern.OFFLINE, id=f"offline_{A}", subject=A, name="A", printer="A")


def test_bed_for_which_most_jobs_wait_comes_first_and_that_of_a_disabled_printer_last() -> None:
    c, d = "c" * 24, "d" * 24
    rows: dict[str, dict[str, Any]] = {A: BED, B: BED, c: {**BED, "tags": ["large"]}, d: {**BED, "enabled": False}}
    waiting = Waiting(
        rows,
        j1=pinned(B),
        j2=pinned(B),
        j3=job(requiredPrinterTags={"user.tags": "large"}),
        j4=pinned(d),
        j5=pinned(d),
        j6=pinned(d),
    )
    assert waiting.ids == [f"bed_{B}", f"bed_{c}", f"bed_{A}", f"bed_{d}"]
    assert waiting.items[0] == AttentionItem(concern=Concern.BED, id=f"bed_{B}", subject=B, name="B", printer="B")


def test_failed_external_print_is_an_item_until_it_was_seen() -> None:
    waiting = Waiting({A: {}, B: {}})
    waiting.ended(A, job="Vase", reason="Spaghetti")
    waiting.ended(B, "print_finished")
    assert waiting.only == AttentionItem(
        concern=Concern.FAILED_EXTERNAL,
        id=f"failed_{A}_{NOON.isoformat()}",
        subject=A,
        name="Vase",
        printer="A",
        text="Spaghetti",
        ended_at=NOON,
    )
    waiting.ended(B, seconds=60)
    assert [item.name for item in waiting.items] == ["B", "Vase"], "the latest first"
    waiting.results.mark_seen(A)
    waiting.ended(B, seconds=90, job_id="j1")
    assert waiting.items == []


def test_failed_result_without_a_time_is_no_item() -> None:
    waiting = Waiting({A: {}})
    waiting.results.restore({A: {"result": "failed"}})
    assert waiting.items == []


def test_jobs_that_wait_for_approval_are_in_the_order_of_the_queue() -> None:
    waiting = Waiting(
        {A: {}},
        later=job(status="waiting-for-approval", queueOrder=2),
        low=job(status="waiting-for-approval", queueOrder=1, priority=1000),
        first=job(
            status="waiting-for-approval", queueOrder=1, label="Order 7", assignedPrinterId=A, errorMessage="Old"
        ),
    )
    assert waiting.ids == ["approval_first", "approval_later", "approval_low"]
    assert waiting.items[0] == AttentionItem(
        concern=Concern.APPROVAL, id="approval_first", subject="first", name="Order 7", printer="A", printer_id=A
    )


def test_jobs_without_a_number_wait_for_approval_oldest_first() -> None:
    waiting = Waiting(
        {A: {}},
        new=job(status="waiting-for-approval", label="A", createdAt=stamp(-30)),
        old=job(status="waiting-for-approval", label="B", createdAt=stamp(-60)),
    )
    assert waiting.ids == ["approval_old", "approval_new"]


def test_failed_jobs_are_listed_latest_first_with_their_error() -> None:
    failed = job(status="failed", assignedPrinterId=A, label="Order 7", errorMessage="Jam")
    waiting = Waiting(
        {A: {}},
        old={**failed, "printingCompletedAt": stamp(-60)},
        new={**failed, "printingCompletedAt": stamp(-30)},
        gone={**failed, "assignedPrinterId": B, "updatedAt": None},
    )
    assert waiting.ids == ["failed_new", "failed_old", "failed_gone"]
    assert waiting.items[0] == AttentionItem(
        concern=Concern.FAILED,
        id="failed_new",
        subject="new",
        name="Order 7",
        printer="A",
        printer_id=A,
        text="Jam",
        ended_at=NOON - timedelta(seconds=30),
    )
    assert waiting.items[2].printer is None


def test_two_hundred_failed_jobs_are_listed() -> None:
    jobs = {f"j{number}": job(status="failed", printingCompletedAt=stamp(-number)) for number in range(1, 203)}
    ids = Waiting({A: {}}, **jobs).ids
    assert (len(ids), ids[0], ids[-1]) == (200, "failed_j1", "failed_j200")


def test_overdue_orders_are_listed_by_deadline() -> None:
    waiting = Waiting({A: {}})
    waiting.orders(late=-1, later=-2, soon=1)
    assert waiting.items == [
        AttentionItem(
            concern=Concern.ORDER, id=f"order_{name}", subject=name, name=f"#{name}", due=NOON - timedelta(hours=ago)
        )
        for name, ago in (("later", 2), ("late", 1))
    ]


def test_overdue_maintenance_is_listed_by_progress() -> None:
    waiting = Waiting({A: {}})
    rows: dict[str, dict[str, Any]] = {
        "fine": {"printerId": A, "status": "OK", "progress": 200},
        "oil": {"printerId": A, "itemName": "Oil", "status": "OVERDUE", "progress": 110},
        "belt": {"printerId": A, "itemName": "Belt", "status": "OVERDUE", "progress": 150},
        "gone": {"printerId": B, "status": "OVERDUE"},
        "missing": {"status": "OVERDUE", "progress": 1},
        "soon": {"printerId": A, "status": "DUE_SOON", "progress": 99},
        "unknown": {"printerId": A},
    }
    waiting.facts.maintenance.take({name: MaintenanceItem.from_json(name, row) for name, row in rows.items()})
    assert waiting.items == [
        AttentionItem(
            concern=Concern.MAINTENANCE,
            id=f"maintenance_{task}",
            subject=task,
            name=name,
            printer=printer,
            printer_id=printer_id,
        )
        for task, name, printer, printer_id in (
            ("belt", "Belt", "A", A),
            ("oil", "Oil", "A", A),
            ("missing", "missing", None, None),
            ("gone", "gone", None, B),
        )
    ]
