"""Which changes of a farm fire events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.events import FarmEvent, Scope
from custom_components.printago.model.print_results import Results
from custom_components.printago.model.print_status import Result
from tests.support.farm_model import JOB, NOON, A, event, job, listed_jobs, record, snapshot, stamp
from tests.support.watched import Watched

KNOWN = {"code": "0700-2000-0002-0001", "message": "Empty"}


def test_first_telemetry_only_sets_the_initial_state() -> None:
    watched = Watched()
    health = {"errors": [KNOWN], "warnings": [], "infos": []}
    assert watched.stat(0, state="RUNNING", data={"health": health}) == []
    assert watched.stat(1, state="RUNNING", data={"health": health}) == []


def test_external_print_fires_events_by_the_status_of_the_printer() -> None:
    watched = Watched()
    kinds = [
        kind
        for seconds, word in enumerate(["IDLE", "PREPARE", "RUNNING", "PAUSE", "RUNNING", "FAILED", "IDLE"])
        for kind in watched.stat(seconds, state=word, isAvailable=word in ("IDLE", "FAILED"))
    ]
    assert kinds == ["print_started", "print_paused", "print_resumed", "print_failed"]


def test_external_print_that_ran_at_the_start_fires_its_end() -> None:
    watched = Watched()
    assert watched.stat(0, state="RUNNING", isAvailable=False) == []
    assert watched.stat(1, state="FINISH", isAvailable=True) == ["print_finished"]


def test_status_of_the_printer_fires_nothing_for_a_print_of_a_job() -> None:
    watched = Watched(jobs={JOB: job(status="assigned", assignedPrinterId=A)})
    assert watched.stat(0, state="PREPARE") == []
    assert watched.job(1, status="printing", assignedPrinterId=A) == ["job_started", "print_started"]
    assert watched.stat(2, state="RUNNING") == []
    assert watched.job(3, status="cancelled", assignedPrinterId=A, cancelledAt=stamp(3)) == [
        "job_canceled",
        "print_canceled",
    ]
    assert watched.stat(4, state="FAILED") == []


@pytest.mark.parametrize(
    "last",
    [
        {"label": None, "partName": None, "orderId": None, "printingStartedAt": None, "assignedPrinterId": None},
        {"label": "", "partName": " ", "orderId": ""},
        {"label": "Other", "partName": "Other", "printingStartedAt": stamp(50), "orderId": "x" * 24},
        {},
    ],
    ids=["null", "blank", "another", "not mentioned"],
)
@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_print_of_a_job_keeps_the_data_known_while_it_ran(last: dict[str, Any], end: str) -> None:
    watched = Watched()
    fields = {"assignedPrinterId": A, "label": "Order 7", "orderId": "o" * 24}
    watched.job(1, status="pending", **fields)
    watched.job(2, status="printing", printingStartedAt=stamp(2), **fields)
    ended_at = {"printingCompletedAt": stamp(62), "cancelledAt": stamp(62)}
    source = {"status": end, "updatedAt": stamp(70), **ended_at, **last}
    kinds = watched.see(event(watched.farm, "printjob", Action.UPDATE, {JOB: source}))
    assert [kind.partition("_")[0] for kind in kinds] == ["job", "print", *["order"] * (end == "completed")]
    for farm_event in watched.last[:2]:
        assert farm_event.subject in (None, A)
        known = {name: farm_event.data[name] for name in ("job", "part", "order_id", "printer", "duration")}
        assert known == {
            "job": "Order 7",
            "part": "Benchy",
            "order_id": "o" * 24,
            "printer": "Printer",
            "duration": 60,
        }


def test_name_given_to_a_job_while_printing_is_its_name() -> None:
    watched = Watched(jobs={JOB: job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-60))})
    assert watched.job(1, status="printing", label="Order 7") == []
    watched.job(2, status="completed", label=None)
    assert watched.last[0].data["job"] == "Order 7"


def test_later_attempt_is_distinguished_from_the_first() -> None:
    watched = Watched(jobs={JOB: job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-600))})
    failed = {"status": "failed", "assignedPrinterId": A, "printingCompletedAt": stamp(1)}
    assert watched.job(1, **failed) == ["job_failed", "print_failed"]
    assert watched.last[0].data["duration"] == 601
    assert watched.job(2, status="pending", assignedPrinterId=None, printingStartedAt=None) == ["job_retried"]
    assert watched.job(9, status="printing", assignedPrinterId=A, printingStartedAt=stamp(10)) == [
        "job_started",
        "print_started",
    ]
    # The record still contains the end of the previous attempt.
    assert watched.job(40, **failed) == ["job_failed", "print_failed"]
    assert watched.last[0].data["duration"] == 30


def test_canceled_job_ended_at_its_time_of_cancellation() -> None:
    running = {"assignedPrinterId": A, "printingStartedAt": stamp(-60)}
    watched = Watched(jobs={JOB: job(status="printing", **running)})
    watched.job(90, status="cancelled", cancelledAt=stamp(30), printingCompletedAt=stamp(80), **running)
    assert {farm_event.occurred_at for farm_event in watched.last} == {NOON + timedelta(seconds=30)}
    assert watched.last[0].data["duration"] == 90


def test_start_detected_with_the_end_is_late() -> None:
    watched = Watched(jobs={JOB: job(status="assigned", assignedPrinterId=A)})
    watched.now = NOON + timedelta(hours=1)
    watched.job(3600, status="completed", printingStartedAt=stamp(60), printingCompletedAt=stamp(3599))
    late = {farm_event.kind: farm_event.data.get("occurred_at") for farm_event in watched.last}
    assert late["print_started"] == stamp(60)
    assert late["print_finished"] is None


def test_job_found_completed_fires_its_start_as_well() -> None:
    watched = Watched(jobs={JOB: job(status="assigned", assignedPrinterId=A)})
    kinds = watched.job(9, status="completed", assignedPrinterId=A)
    assert [kind for kind in kinds if kind.startswith("print_")] == ["print_started", "print_finished"]


def test_job_canceled_in_the_queue_fires_nothing_at_the_printer() -> None:
    watched = Watched(jobs={JOB: job()})
    assert watched.job(1, status="cancelled", assignedPrinterId=A) == ["job_canceled"]


def test_repeated_message_fires_nothing() -> None:
    watched = Watched(jobs={JOB: job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-60))})
    assert watched.job(5, status="completed", assignedPrinterId=A, printingStartedAt=stamp(-60)) == [
        "job_finished",
        "print_finished",
    ]
    assert watched.last[0].data["duration"] == 65
    for seconds in (5, 4, 6):
        assert watched.job(seconds, status="completed", assignedPrinterId=A) == []


def test_job_with_alternating_status_is_assigned_once_per_attempt() -> None:
    watched = Watched(jobs={JOB: job()})
    at_printer = {"assignedPrinterId": A}
    assert watched.job(1, status="assigned", **at_printer) == ["job_assigned"]
    for seconds, status in enumerate(("slicing", "assigned", "pending", "assigned", "slicing"), start=2):
        assert watched.job(seconds, status=status, **at_printer) == []
    assert watched.job(10, status="failed", **at_printer) == ["job_failed", "print_failed"]
    assert watched.job(11, status="pending") == ["job_retried"]
    assert watched.job(12, status="assigned", **at_printer) == ["job_assigned"]
    assert watched.last[0].data["attempt"] == 2


@pytest.mark.parametrize("status", ["assigned", "slicing", "printing"])
def test_job_already_assigned_at_the_start_is_not_assigned_again(status: str) -> None:
    watched = Watched(jobs={JOB: job(status=status, assignedPrinterId=A)})
    assert watched.job(1, status="sending-to-printer", assignedPrinterId=A) == []
    assert watched.job(2, status="assigned", assignedPrinterId=A) == []


def test_retried_job_that_waits_at_the_start_starts_like_any_other() -> None:
    watched = Watched(jobs={JOB: job(printingStartedAt=stamp(-60))})
    assert watched.job(1, status="assigned", assignedPrinterId=A) == ["job_assigned"]
    assert watched.job(2, status="printing", assignedPrinterId=A) == ["job_started", "print_started"]


@pytest.mark.parametrize("status", ["printing", "paused"])
@pytest.mark.parametrize("end", ["cancelled", "failed", "completed"])
def test_print_that_ran_at_the_start_ends_even_without_a_start_time(status: str, end: str) -> None:
    watched = Watched(jobs={JOB: job(status=status, assignedPrinterId=A)})
    kind = {"cancelled": "canceled", "failed": "failed", "completed": "finished"}[end]
    assert watched.job(5, status=end, assignedPrinterId=A, printingStartedAt=stamp(-60)) == [
        f"job_{kind}",
        f"print_{kind}",
    ]


@pytest.mark.parametrize(("age", "late"), [(0, None), (30, None), (31, True)])
def test_event_of_a_snapshot_is_late_if_older_than_half_a_minute(age: int, late: bool | None) -> None:
    watched = Watched(jobs={JOB: job(status="assigned", assignedPrinterId=A)})
    watched.now = NOON + timedelta(hours=1)
    began = stamp(3600 - age)
    changes = snapshot(
        watched.farm,
        {A: record()},
        {JOB: job(3600, status="printing", assignedPrinterId=A, printingStartedAt=began)},
    )
    assert watched.see(changes) == ["job_started", "print_started"]
    for farm_event in watched.last:
        assert farm_event.data.get("late") is late
        assert farm_event.data.get("occurred_at") == (began if late else None)


def test_event_of_the_stream_is_never_late() -> None:
    watched = Watched(jobs={JOB: job(status="assigned", assignedPrinterId=A)})
    watched.now = NOON + timedelta(hours=1)
    assert watched.job(3600, status="printing", assignedPrinterId=A, printingStartedAt=stamp(60))[0] == "job_started"
    assert "late" not in watched.last[0].data


def test_retry_is_another_attempt_that_can_fail_again() -> None:
    watched = Watched(jobs={JOB: job(status="failed", assignedPrinterId=A, printingStartedAt=stamp(-60))})
    assert watched.job(1, status="pending") == ["job_retried"]
    assert watched.job(2, status="printing", assignedPrinterId=A) == ["job_started", "print_started"]
    assert watched.job(3, status="failed", assignedPrinterId=A, errorMessage="Spaghetti") == [
        "job_failed",
        "print_failed",
    ]
    assert (watched.last[0].data["attempt"], watched.last[0].data["reason"]) == (2, "Spaghetti")


def test_missed_end_is_found_with_its_time() -> None:
    watched = Watched(jobs={JOB: job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-60))})
    watched.now = NOON + timedelta(hours=1)
    changes = snapshot(watched.farm, {A: record()})
    assert changes.jobs_vanished
    assert watched.see(changes) == []
    source = job(
        600, status="completed", assignedPrinterId=A, printingStartedAt=stamp(-60), printingCompletedAt=stamp(600)
    )
    rows = listed_jobs({JOB: source})
    assert watched.see(watched.farm.apply_ended_jobs(rows, NOON)) == ["job_finished", "print_finished"]
    assert watched.last[0].data["late"] is True
    assert watched.last[0].data["occurred_at"] == stamp(600)
    assert watched.see(watched.farm.apply_ended_jobs(rows, NOON)) == []


def test_job_that_was_missed_completely_fires_all_of_its_events() -> None:
    watched = Watched()
    source = job(
        600,
        status="completed",
        assignedPrinterId=A,
        createdAt=stamp(10),
        printingStartedAt=stamp(60),
        printingCompletedAt=stamp(600),
    )
    kinds = watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: source}), NOON))
    assert kinds == [
        "job_created",
        "job_assigned",
        "job_started",
        "print_started",
        "job_finished",
        "print_finished",
    ]


def test_queue_that_becomes_readable_again_fires_nothing() -> None:
    watched = Watched(jobs={JOB: job()})
    assert watched.see(watched.farm.forget_jobs()) == []
    assert watched.see(snapshot(watched.farm, {A: record()}, {JOB: job()})) == []


def test_printer_going_offline_and_online_is_an_alert() -> None:
    watched = Watched()
    assert watched.see(event(watched.farm, "printer", Action.UPDATE, {A: record(1, isOnline=False)})) == [
        "printer_offline"
    ]
    assert watched.see(event(watched.farm, "printer", Action.UPDATE, {A: record(2)})) == ["printer_online"]
    assert watched.see(event(watched.farm, "printer", Action.DELETE, {A: {}})) == []
    assert watched.see(event(watched.farm, "printer", Action.INSERT, {A: record(3)})) == []


@pytest.mark.parametrize("online", [True, False])
def test_printer_that_is_removed_and_returns_fires_no_old_alert(online: bool) -> None:
    watched = Watched(record(continuousPrint=True))
    watched.stat(0, data={"health": {"errors": [], "warnings": [KNOWN]}})
    watched.see(event(watched.farm, "printer", Action.DELETE, {A: {}}))
    assert watched.see(event(watched.farm, "printer", Action.INSERT, {A: record(3, isOnline=online)})) == []
    assert watched.stat(4, isOnline=online, data={"health": {"errors": [], "warnings": []}}) == []
    assert watched.stat(5, isOnline=not online) == ["printer_offline" if online else "printer_online"]


def health(*codes: str) -> dict[str, Any]:
    """Return telemetry with these warnings and nothing else."""
    return {"health": {"errors": [], "warnings": [{**KNOWN, "code": code} for code in codes]}}


@pytest.fixture(params=["silent", "offline"])
def gone(request: pytest.FixtureRequest) -> Watched:
    """Return a printer that has reported problem A, and then nothing for some time."""
    watched = Watched()
    watched.stat(0, data=health())
    assert watched.stat(1, data=health("A")) == ["hms_warning"]
    if request.param == "offline":
        assert watched.stat(2, isOnline=False) == ["printer_offline"]
    watched.now = NOON + timedelta(minutes=10)
    assert watched.see(watched.farm.expire()) == []
    return watched


def back(watched: Watched, seconds: float, *codes: str) -> list[tuple[str, str]]:
    """Return which problems appear and disappear when the printer reports just these."""
    watched.stat(seconds, isOnline=True, data=health(*codes))
    return [(event.kind, event.data["code"]) for event in watched.last if event.kind.startswith("hms")]


def test_problem_that_lasts_over_a_gap_is_neither_cleared_nor_reported_again(gone: Watched) -> None:
    assert back(gone, 601, "A") == []
    assert back(gone, 602) == [("hms_cleared", "A")]


def test_problem_in_the_first_message_after_a_gap_is_reported(gone: Watched) -> None:
    assert back(gone, 601, "A", "B") == [("hms_warning", "B")]


def test_problem_that_ended_in_a_gap_is_cleared_by_the_first_message_after_it(gone: Watched) -> None:
    assert back(gone, 601, "B") == [("hms_warning", "B"), ("hms_cleared", "A")]


def test_missed_failed_attempt_fires_as_another_attempt() -> None:
    failed = {"status": "failed", "assignedPrinterId": A}
    watched = Watched(jobs={JOB: job(**failed, printingStartedAt=stamp(-90), printingCompletedAt=stamp(-60))})
    again = job(20, **failed, printingStartedAt=stamp(10), printingCompletedAt=stamp(20))

    kinds = watched.see(snapshot(watched.farm, {A: record()}, {JOB: again}))

    assert set(kinds) == {"job_retried", "job_assigned", "job_started", "print_started", "job_failed", "print_failed"}
    assert watched.last[-1].data["attempt"] == 2
    assert watched.see(snapshot(watched.farm, {A: record()}, {JOB: again})) == []


def test_missed_completed_attempt_fires_as_another_attempt() -> None:
    failed = job(status="failed", assignedPrinterId=A, printingStartedAt=stamp(-90), printingCompletedAt=stamp(-60))
    watched = Watched(jobs={JOB: failed})
    kinds = watched.job(
        30, status="completed", assignedPrinterId=A, printingStartedAt=stamp(10), printingCompletedAt=stamp(20)
    )
    assert set(kinds) >= {"job_retried", "print_started", "print_finished"}
    assert watched.last[-1].data["attempt"] == 2


def test_job_histories_are_removed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.model.events._MAX_HISTORIES", 2)
    watched = Watched()
    for number in range(5):
        watched.see(event(watched.farm, "printjob", Action.INSERT, {f"job{number}": job()}))
    assert len(watched.event_detector._job_histories) == 2


def ending(kind: str, minutes: int = 0, **data: Any) -> FarmEvent:
    """Return an event that a print has ended."""
    return FarmEvent(
        scope=Scope.PRINT,
        kind=kind,
        subject=A,
        occurred_at=datetime(2026, 11, 24, 12, minutes, tzinfo=UTC),
        data={"job_id": JOB, "job": "Order 7", "part": "Benchy", **data},
    )


def test_late_result_does_not_replace_a_newer_one() -> None:
    results = Results()
    assert results.record(ending("print_failed", 5, reason="Spaghetti"))
    assert results.record(ending("print_failed", 1))
    assert not results.record(ending("print_started", 9))
    result = results.of(A)
    assert (result.result, result.reason, result.failed_prints) == (Result.FAILED, "Spaghetti", 2)

    restored = Results()
    restored.restore(results.export())
    assert restored.of(A) == result
    restored.forget(A)
    assert restored.of(A).result is None


def test_of_two_ends_at_the_same_time_the_last_one_is_the_result() -> None:
    results = Results()
    results.record(ending("print_failed"))
    results.record(ending("print_finished"))
    assert results.of(A).result is Result.FINISHED


@pytest.mark.parametrize("saved", [None, [], {A: None}, {A: {"result": ["x"], "failed_prints": -1, "reason": 5}}])
def test_damaged_results_are_ignored(saved: object) -> None:
    results = Results()
    results.restore(saved)
    assert (results.of(A).result, results.of(A).failed_prints, results.of(A).reason) == (None, 0, None)


def test_damaged_time_of_a_result_does_not_block_later_results() -> None:
    results = Results()
    results.restore({A: {"result": "failed", "failed_prints": 3, "ended_at": "yesterday"}})
    assert results.record(ending("print_finished"))
    assert (results.of(A).result, results.of(A).failed_prints) == (Result.FINISHED, 3)
