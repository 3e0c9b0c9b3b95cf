"""Data of events of a job's attempts: name, printer, order and duration."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from tests.support.farm_model import JOB, A, event, job, record, snapshot, stamp
from tests.support.watched import Watched

OTHER = "k" * 24
AT_PRINTER = {"assignedPrinterId": A}


@pytest.mark.parametrize("blank", ["", "  ", None])
@pytest.mark.parametrize("status", ["printing", "completed"])
def test_blank_label_keeps_the_name(blank: str | None, status: str) -> None:
    watched = Watched(jobs={JOB: job(status="assigned", label="Order 7", **AT_PRINTER)})
    assert watched.job(1, status=status, label=blank, **AT_PRINTER)
    assert {event.data["job"] for event in watched.last} == {"Order 7"}


def test_attempt_without_a_printer_has_neither_printer_nor_duration() -> None:
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(-60), **AT_PRINTER)})
    watched.job(1, status="failed", **AT_PRINTER)
    assert watched.last[0].data["printer"] == "Printer"
    waiting: dict[str, Any] = {"assignedPrinterId": None, "printingStartedAt": None}
    assert watched.job(2, status="pending", **waiting) == ["job_retried"]
    assert watched.last[0].data["printer"] is None
    assert watched.job(3, status="cancelled", **waiting) == ["job_canceled"]
    assert (watched.last[0].data["printer"], watched.last[0].data["duration"]) == (None, None)


def test_print_with_an_end_before_its_start_has_no_duration() -> None:
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(100), **AT_PRINTER)})
    watched.now += timedelta(minutes=5)
    watched.job(50, status="completed", printingStartedAt=stamp(100), **AT_PRINTER)
    assert watched.last[0].data["duration"] == 0


def test_events_of_a_snapshot_are_in_the_order_of_occurrence() -> None:
    watched = Watched(jobs={name: job(status="assigned", **AT_PRINTER) for name in (JOB, OTHER)})
    watched.now += timedelta(minutes=5)
    rows = {
        name: job(seconds, status="failed", printingCompletedAt=stamp(seconds), **AT_PRINTER)
        for name, seconds in ((JOB, 200), (OTHER, 100))
    }
    watched.see(snapshot(watched.farm, {A: record()}, rows))
    assert [event.data["job_id"] for event in watched.last if event.kind == "job_failed"] == [OTHER, JOB]


def test_job_history_is_limited_to_the_latest_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.printago.model.events._MAX_HISTORIES", 2)
    watched = Watched(jobs={JOB: job()})
    watched.job(1, status="failed")
    watched.see(event(watched.farm, "printjob", Action.INSERT, {OTHER: job()}))
    assert watched.job(2, status="pending") == ["job_retried"]
    watched.see(event(watched.farm, "printjob", Action.INSERT, {"l" * 24: job()}))
    watched.job(3, status="printing", **AT_PRINTER)
    assert watched.last[0].data["attempt"] == 2


@pytest.mark.parametrize("by_snapshot", [False, True], ids=["event", "snapshot"])
@pytest.mark.parametrize(
    ("before", "end"),
    [
        ("printing", {"status": "completed"}),
        ("printing", {"status": "cancelled"}),
        ("printing", {"status": "failed", "hidden": True}),
        ("failed", {"status": "failed", "hidden": True}),
    ],
    ids=["completed", "canceled", "failed and cleared", "failed before we came, and cleared"],
)
def test_job_that_returns_is_another_attempt(before: str, end: dict[str, Any], by_snapshot: bool) -> None:
    printing = {"assignedPrinterId": A, "printingStartedAt": stamp(-60)}
    watched = Watched(jobs={JOB: job(status=before, **printing)})
    watched.job(1, printingCompletedAt=stamp(1), **end, **printing)
    assert JOB not in watched.farm.jobs

    waiting = job(2, status="pending", hidden=False, assignedPrinterId=None, printingStartedAt=None)
    if by_snapshot:
        kinds = watched.see(snapshot(watched.farm, {A: record()}, {JOB: waiting}))
    else:
        kinds = watched.see(event(watched.farm, "printjob", Action.UPDATE, {JOB: waiting}))
    assert kinds == ["job_retried"]
    again = {"assignedPrinterId": A, "printingStartedAt": stamp(3)}
    assert watched.job(3, status="printing", **again) == ["job_started", "print_started"]
    assert watched.job(4, status="failed", printingCompletedAt=stamp(4), **again) == ["job_failed", "print_failed"]
    assert watched.last[0].data["attempt"] == 2
    assert watched.last[0].data["duration"] == 1
