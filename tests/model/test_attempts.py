"""What events say of a job and its attempts: under which name, of which printer, in which order and for how long."""

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
def test_label_that_is_left_blank_takes_no_name_away(blank: str | None, status: str) -> None:
    watched = Watched(jobs={JOB: job(status="assigned", label="Order 7", **AT_PRINTER)})
    assert watched.job(1, status=status, label=blank, **AT_PRINTER)
    assert {event.data["job"] for event in watched.last} == {"Order 7"}


def test_attempt_that_never_reached_a_printer_names_none_and_took_no_time() -> None:
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(-60), **AT_PRINTER)})
    watched.job(1, status="failed", **AT_PRINTER)
    assert watched.last[0].data["printer"] == "Printer"
    waiting: dict[str, Any] = {"assignedPrinterId": None, "printingStartedAt": None}
    assert watched.job(2, status="pending", **waiting) == ["job_retried"]
    assert watched.last[0].data["printer"] is None
    assert watched.job(3, status="cancelled", **waiting) == ["job_canceled"]
    assert (watched.last[0].data["printer"], watched.last[0].data["duration"]) == (None, None)


def test_print_that_ended_before_it_began_by_the_stamps_took_no_time() -> None:
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(100), **AT_PRINTER)})
    watched.now += timedelta(minutes=5)
    watched.job(50, status="completed", printingStartedAt=stamp(100), **AT_PRINTER)
    assert watched.last[0].data["duration"] == 0


def test_what_a_snapshot_brings_comes_in_the_order_in_which_it_happened() -> None:
    watched = Watched(jobs={name: job(status="assigned", **AT_PRINTER) for name in (JOB, OTHER)})
    watched.now += timedelta(minutes=5)
    rows = {
        name: job(seconds, status="failed", printingCompletedAt=stamp(seconds), **AT_PRINTER)
        for name, seconds in ((JOB, 200), (OTHER, 100))
    }
    watched.see(snapshot(watched.farm, {A: record()}, rows))
    assert [event.data["job_id"] for event in watched.last if event.kind == "job_failed"] == [OTHER, JOB]


def test_of_many_jobs_those_that_have_not_changed_for_longest_are_forgotten(
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
def test_job_that_comes_back_after_it_left_is_another_attempt(
    before: str, end: dict[str, Any], by_snapshot: bool
) -> None:
    printing = {"assignedPrinterId": A, "printingStartedAt": stamp(-60)}
    watched = Watched(jobs={JOB: job(status=before, **printing)})
    watched.job(1, printingCompletedAt=stamp(1), **end, **printing)
    assert JOB not in watched.farm.jobs

    waiting = job(2, status="pending", hidden=False, assignedPrinterId=None, printingStartedAt=None)
    if by_snapshot:
        told = watched.see(snapshot(watched.farm, {A: record()}, {JOB: waiting}))
    else:
        told = watched.see(event(watched.farm, "printjob", Action.UPDATE, {JOB: waiting}))
    assert told == ["job_retried"]
    again = {"assignedPrinterId": A, "printingStartedAt": stamp(3)}
    assert watched.job(3, status="printing", **again) == ["job_started", "print_started"]
    assert watched.job(4, status="failed", printingCompletedAt=stamp(4), **again) == ["job_failed", "print_failed"]
    assert watched.last[0].data["attempt"] == 2
    assert watched.last[0].data["duration"] == 1
