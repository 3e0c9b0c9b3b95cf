"""What actions return of jobs, verdicts and past prints, and how they name them."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.api import JobStatus, PrintJob
from custom_components.printago.api.models.build import PreviewedBuild, PreviewedJob
from custom_components.printago.api.models.match import FailedCheck
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.order_item import OrderItem, ResolutionNote
from custom_components.printago.api.models.product import Sku
from custom_components.printago.history.search import _is
from custom_components.printago.hub.localize import async_words
from custom_components.printago.model.order_book import OrderBook
from custom_components.printago.services import queries
from custom_components.printago.services.change_jobs import JOB_CHANGES
from custom_components.printago.services.explain_job import PrinterVerdict, _explanation, _likeness, _named, _reason
from custom_components.printago.services.job_selection import job_summary, moment_text, printer_name
from custom_components.printago.services.submit_print_job import _preview_response
from tests.support.farm_model import NOON, job, listed_jobs, stamp

PRINTER = "p" * 24


def coordinator(**farm: Any) -> Any:
    printers = {PRINTER: SimpleNamespace(name="Left")}
    return SimpleNamespace(farm=SimpleNamespace(printers=printers, process_low_priority_jobs=True, **farm))


def a_job(**fields: Any) -> PrintJob:
    (only,) = listed_jobs({"job": job(**fields)}).rows.values()
    return only


def test_printer_is_called_by_its_name_and_by_its_id_when_it_has_left() -> None:
    assert printer_name(coordinator(), PRINTER) == "Left"
    assert printer_name(coordinator(), "gone") == "gone"
    assert printer_name(coordinator(), None) is None


def test_summary_of_a_job_has_what_is_known_of_it() -> None:
    summary = job_summary(
        coordinator(),
        a_job(
            label="Rush",
            partName="Benchy",
            sku="SET",
            status="failed",
            priority=1000,
            assignedPrinterId=PRINTER,
            requiredPrinterTags={"printer.id": "gone"},
            orderId="order",
            errorMessage="Spaghetti",
            hidden=True,
            createdAt=stamp(1),
            printingStartedAt=stamp(2),
            printingCompletedAt=stamp(3),
        ),
    )
    sku = summary.pop("sku")
    assert sku is None or isinstance(sku, str)
    assert summary == {
        "job_id": "job",
        "label": "Rush",
        "part": "Benchy",
        "status": "failed",
        "priority": "low",
        "printer": "Left",
        "pinned_to": "gone",
        "order_id": "order",
        "error": "Spaghetti",
        "cleared": True,
        "created_at": "2026-11-24T12:00:01+00:00",
        "started_at": "2026-11-24T12:00:02+00:00",
        "ended_at": "2026-11-24T12:00:03+00:00",
    }
    empty = job_summary(coordinator(), PrintJob(id="job"))
    assert {key: value for key, value in empty.items() if value} == {"job_id": "job"}
    assert empty["priority"] is None
    assert moment_text(None) is None
    assert moment_text(NOON) == "2026-11-24T12:00:00+00:00"


def test_each_change_is_possible_in_its_statuses_only() -> None:
    possible = {name: {status.value for status in change.possible} for name, change in JOB_CHANGES.items()}
    ended = {"completed", "failed", "cancelled"}
    assert possible == {
        "cancel_jobs": {status.value for status in JobStatus} - ended,
        "pause_jobs": {"printing"},
        "resume_jobs": {"paused"},
        "retry_jobs": {"failed", "cancelled"},
        "clear_jobs": ended,
        "move_jobs_to_front": {"pending"},
    }
    assert JOB_CHANGES["retry_jobs"].default_statuses == {JobStatus.FAILED}


def test_verdicts_come_with_the_most_likely_printer_first() -> None:
    def verdict(name: str, *, matched: bool = False, compatible: bool = False, reasons: int = 1) -> PrinterVerdict:
        return PrinterVerdict(name, name, matched, compatible, ("busy",) * reasons)

    verdicts = [
        verdict("f"),
        verdict("e", reasons=0),
        verdict("d", compatible=True),
        verdict("c", compatible=True),
        verdict("b", matched=True),
        verdict("a", matched=True, compatible=True, reasons=0),
    ]
    assert [each.name for each in sorted(verdicts, key=lambda each: each.rank)] == ["a", "b", "c", "d", "e", "f"]
    assert verdicts[2].as_response() == {
        "printer": "d",
        "printer_id": "d",
        "matched": False,
        "compatible": True,
        "reasons": ["busy"],
    }


def test_jobs_alike_have_the_same_build_status_printer_priority_and_tags_in_any_order() -> None:
    fields = {"requiredPrinterTags": {"user.tags": "a|b", "printer.id": "p"}, "priority": 100}
    one = _likeness(a_job(**fields))
    assert _likeness(a_job(**fields | {"requiredPrinterTags": {"printer.id": "p", "user.tags": "b|a"}})) == one
    for other in (
        {"partBuildId": "y" * 24},
        {"status": "assigned"},
        {"assignedPrinterId": "p"},
        {"priority": 1000},
        {"requiredPrinterTags": None},
        {"requiredPrinterTags": {"user.tags": "a"}},
    ):
        assert _likeness(a_job(**fields | other)) != one, other


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_reason_is_in_the_users_words_and_for_a_new_check_in_printagos(hass: HomeAssistant) -> None:
    words = await async_words(hass)

    def reason(code: object, tags: dict[str, str] | None = None, printer_id: str = PRINTER) -> str:
        waiting = a_job(requiredPrinterTags=tags)
        return _reason(coordinator(), waiting, printer_id, FailedCheck(code, "Its own text"), words)

    assert reason("brand-new") == "Its own text"
    assert reason(None) == "Its own text"
    assert reason("tags-match", {"printer.id": PRINTER}, "other").endswith("Left")
    assert reason("tags-match", {"printer.id": "gone"}, "other").endswith("gone")
    # It is pinned to this printer, and other tags are missing.
    pinned = reason("tags-match", {"printer.id": PRINTER, "user.tags": "a|b", "printer.modelName": "X1"})
    assert pinned.endswith(": a, b, X1")
    assert reason("tags-match", {"user.tags": "a"}).endswith(": a")
    assert reason("tags-match").startswith("the printer does not have all required tags")


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_explanation_names_the_printers_that_matter(hass: HomeAssistant) -> None:
    words = await async_words(hass)

    def explained(*verdicts: PrinterVerdict, low: bool | None = True, **fields: Any) -> str:
        store = coordinator()
        store.farm.process_low_priority_jobs = low
        return _explanation(store, a_job(**fields), list(verdicts), words)

    free = PrinterVerdict("1", "Free", True, True, ())
    busy = PrinterVerdict("2", "Busy", False, True, ("it is busy", "no bed"))
    wrong = PrinterVerdict("3", "Wrong", False, False, ("too small",))
    assert "Free" in explained(free, busy, wrong)
    assert "Busy" not in explained(free, busy, wrong)
    assert explained(busy, wrong).endswith(": Busy (it is busy; no bed).")
    assert "Wrong" not in explained(busy, wrong)
    assert "Wrong (too small)" in explained(wrong)
    assert explained(wrong) != explained(busy).replace("Busy (it is busy; no bed)", "Wrong (too small)")
    assert explained() == "Printago did not give a reason."
    low = "It has low priority, and low-priority jobs are not being processed right now."
    assert explained(free, low=False, priority=1000) == low
    assert explained(free, low=None, priority=1000) != low
    assert explained(free, low=True, priority=1000) != low
    assert explained(free, low=False, priority=100) != low
    assert (
        explained(status="printing", assignedPrinterId=PRINTER) == "It is not waiting. Status: Printing, printer: Left."
    )
    assert explained(status="printing") == "It is not waiting. Status: Printing, printer: -."


def test_three_names_are_listed_and_more_are_counted() -> None:
    assert _named(["a"]) == "a"
    assert _named(["a", "b", "c"]) == "a, b, c"
    assert _named(["a", "b", "c", "d"]) == "a, b, c, … (+1)"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(None, True), ("id", True), ("Benchy", True), ("benchy ", True), ("ID", False), ("Bench", False)],
)
def test_past_print_is_meant_by_id_or_name(wanted: str | None, found: bool) -> None:
    assert _is(wanted, "id", "Benchy") is found
    assert _is("Benchy", cast(Any, None), None) is False


def test_order_says_what_is_known_of_it() -> None:
    store = coordinator(server_now=lambda: NOON)
    book = OrderBook(names={"c": "Ada"}, counted={"o"})
    book.items["o"] = [
        OrderItem(id="i1", external_sku="SET", quantity=2),
        OrderItem(id="i2", sku_id="sku", problem=ResolutionNote(reason=None)),
        OrderItem(id="i3", problem=ResolutionNote(reason="sku_not_found"), ignored=True),
    ]

    def shown(**fields: Any) -> dict[str, Any]:
        return queries._order(store, Order(id="o", **{"status": "open", "customer_id": "c"} | fields), book)

    order = shown(deadline=NOON - timedelta(seconds=1), created_at=NOON)
    assert order["items"] == [
        {"sku": "SET", "quantity": 2, "ignored": False, "problem": None},
        {"sku": "sku", "quantity": None, "ignored": False, "problem": "unknown"},
        {"sku": "i3", "quantity": None, "ignored": True, "problem": "sku_not_found"},
    ]
    assert (order["overdue"], order["customer"], order["printed"]) == (True, "Ada", 0)
    assert order["created_at"] == "2026-11-24T12:00:00.000Z"
    assert order["deadline"] == "2026-11-24T11:59:59+00:00"
    assert not shown(deadline=NOON)["overdue"]
    assert not shown(deadline=NOON - timedelta(seconds=1), status="closed")["overdue"]
    assert shown(cancelled_at=NOON)["status"] == "cancelled"
    assert shown()["status"] == "open"
    other = queries._order(store, Order(id="other"), book)
    assert {key for key, value in other.items() if value} == {"order_id"}
    assert other["items"] == []


def test_parts_of_an_sku_are_listed_if_they_are_known() -> None:
    parts = [{"partId": "p", "label": "Lid", "quantity": 2}]
    assert queries._sku(Sku.from_json("s", {"linkedParts": parts}))["parts"] == [
        {"part_id": "p", "label": "Lid", "quantity": 2}
    ]
    assert queries._sku(Sku.from_json("s", {}))["parts"] == []


def test_preview_counts_all_jobs() -> None:
    jobs = (PreviewedJob("a", 1, 2, None), PreviewedJob("b", 2, 2, 1))
    builds = [PreviewedBuild("p", "Benchy", None, "a", 2, jobs), PreviewedBuild("q", "Cube", "SET", None, 1, jobs[:1])]
    preview = _preview_response(builds)
    assert (preview["dry_run"], preview["job_count"]) == (True, 3)
    assert preview["builds"][0]["jobs"][1] == {"label": "b", "number": 2, "of": 2, "plate": 1}
    assert [build["sku"] for build in preview["builds"]] == [None, "SET"]
