"""External prints beside jobs of Printago, and across restarts: nothing is reported twice."""

from datetime import timedelta

import pytest

from tests.support.farm_model import JOB, NOON, A, job, listed_jobs, record, snapshot, stamp
from tests.support.watched import Watched, data, events, idle


def test_late_job_takes_over_its_supposed_external_print() -> None:
    watched = idle()
    assert watched.say("RUNNING", 1) == ["print_started"]
    fields = {"assignedPrinterId": A, "createdAt": stamp(-60), "printingStartedAt": stamp(-20)}
    assert watched.job(3, status="printing", **fields) == ["job_created", "job_started"]
    assert events(watched, ("PAUSE",), ("RUNNING",), ("FINISH", 100)) == []
    done = {"printingCompletedAt": stamp(60), **fields}
    assert watched.job(60, status="completed", **done) == ["job_finished", "print_finished"]
    assert events(watched, ("RUNNING", 5), ("FINISH",))[:1] == ["print_started"]


def test_late_job_with_several_updates_starts_no_second_print() -> None:
    watched = idle()
    assert watched.say("Reticulating", isAvailable=False) == ["print_started"]
    assert watched.job(2, status="assigned", assignedPrinterId=A) == ["job_created", "job_assigned"]
    assert watched.job(3, status="sending-to-printer", assignedPrinterId=A) == []
    assert watched.say("Printing") == []
    assert watched.job(4, status="printing", assignedPrinterId=A, printingStartedAt=stamp(4)) == ["job_started"]
    assert watched.job(9, status="failed", assignedPrinterId=A) == ["job_failed", "print_failed"]


def test_job_with_a_long_transfer_starts_no_second_print() -> None:
    watched = idle()
    assert watched.say("Reticulating", isAvailable=False) == ["print_started"]
    watched.job(3, status="assigned", assignedPrinterId=A)
    watched.now += timedelta(minutes=10)
    watched.job(600, status="sending-to-printer", assignedPrinterId=A)
    watched.now += timedelta(minutes=5)
    began = {"assignedPrinterId": A, "printingStartedAt": stamp(900)}
    assert watched.job(900, status="printing", **began) == ["job_started"]
    assert watched.job(1900, status="completed", **began) == ["job_finished", "print_finished"]


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_job_that_failed_before_printing_does_not_end_the_external_print(end: str) -> None:
    watched = idle()
    assert watched.say("RUNNING", 5, "A") == ["print_started"]
    watched.job(3, status="assigned", assignedPrinterId=A)
    assert watched.job(9, status=end, assignedPrinterId=A) == [f"job_{end.replace('ll', 'l')}"]
    assert events(watched, ("RUNNING", 50), ("FINISH",)) == ["print_finished"]
    assert data(watched)["job"] == "A"


def test_job_that_starts_later_ends_the_previous_print() -> None:
    watched = idle()
    watched.say("RUNNING", 40, "A")
    watched.say("RUNNING", isOnline=False)
    watched.now += timedelta(hours=3)
    fired = watched.job(10_000, status="printing", assignedPrinterId=A, printingStartedAt=stamp(9_000))
    assert [kind for kind in fired if kind.startswith("print_")] == ["print_canceled", "print_started"]
    ended = next(farm_event for farm_event in watched.last if farm_event.kind == "print_canceled")
    assert ended.data["job"] == "A"


def test_job_found_after_its_print_ended_fires_nothing_at_the_printer() -> None:
    watched = idle()
    assert events(watched, ("RUNNING", 1), ("FINISH", 100)) == ["print_started", "print_finished"]
    watched.now += timedelta(minutes=2)
    whole = {"assignedPrinterId": A, "createdAt": stamp(1), "printingStartedAt": stamp(2)}
    source = job(90, status="completed", printingCompletedAt=stamp(3), **whole)
    fired = watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: source}), NOON))
    assert fired == ["job_created", "job_assigned", "job_started", "job_finished"]


@pytest.mark.parametrize(("began", "ended"), [(5, 300), (700, 800)])
def test_job_found_later_that_printed_before_or_after_the_external_print_fires_at_the_printer(
    began: float, ended: float
) -> None:
    watched = idle()
    watched.now += timedelta(minutes=10)
    assert events(watched, ("RUNNING", 1), ("FINISH", 100)) == ["print_started", "print_finished"]
    watched.now += timedelta(minutes=10)
    times = {"createdAt": stamp(1), "printingStartedAt": stamp(began), "printingCompletedAt": stamp(ended)}
    source = job(1210, status="completed", assignedPrinterId=A, **times)
    fired = watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: source}), NOON))
    assert [kind for kind in fired if kind.startswith("print_")] == ["print_started", "print_finished"]


def test_printer_that_runs_for_an_assigned_job_starts_no_external_print() -> None:
    watched = idle()
    assert watched.job(2, status="assigned", assignedPrinterId=A) == ["job_created", "job_assigned"]
    assert events(watched, ("RUNNING", 1), ("RUNNING", 2)) == []
    assert watched.job(5, status="printing", assignedPrinterId=A) == ["job_started", "print_started"]


def test_printer_that_still_reports_running_after_its_job_ended_starts_nothing() -> None:
    watched = Watched(jobs={JOB: job(status="printing", assignedPrinterId=A, printingStartedAt=stamp(-60))})
    watched.say("RUNNING", 99, "Benchy")
    assert "print_finished" in watched.job(2, status="completed", assignedPrinterId=A)
    assert events(watched, ("RUNNING",), (None,), ("RUNNING", 100), ("PAUSE",), ("RUNNING",), ("FINISH",)) == []
    assert events(watched, ("RUNNING", 1), ("FINISH",)) == ["print_started", "print_finished"]


def test_print_of_an_unreadable_job_follows_the_status_of_the_printer() -> None:
    fields = {"assignedPrinterId": A, "printingStartedAt": stamp(-60), "label": "Order 7"}
    watched = Watched(jobs={JOB: job(status="printing", **fields)})
    watched.say("RUNNING", 40)
    assert watched.see(watched.farm.forget_jobs()) == []
    assert events(watched, ("RUNNING", 50), ("FINISH",)) == ["print_finished"]
    assert data(watched)["job"] == "Order 7"
    assert data(watched)["duration"] == 63


def test_job_that_becomes_readable_again_does_not_start_again() -> None:
    watched = idle()
    assert watched.see(watched.farm.forget_jobs()) == []
    assert watched.say("RUNNING", 1) == ["print_started"]
    fields = {"assignedPrinterId": A, "printingStartedAt": stamp(2)}
    assert watched.see(snapshot(watched.farm, {A: record(3)}, {JOB: job(3, status="printing", **fields)})) == []
    assert watched.job(9, status="completed", **fields) == ["job_finished", "print_finished"]


# Restarts


@pytest.mark.parametrize(
    ("percent", "name", "began"),
    [(70, "Bracket", 1), (None, None, 1), (70, None, 1), (70, "Other", 7200), (10, "Bracket", 7200)],
)
def test_print_across_a_restart_started_when_it_was_first_seen(
    percent: float | None, name: str | None, began: int
) -> None:
    before = Watched()
    before.say("IDLE")
    before.say("RUNNING", 60, "Bracket")
    saved = before.event_detector.external_prints.export()

    after = Watched()
    after.event_detector.external_prints.restore(saved)
    assert after.event_detector.external_prints.export() == saved
    after.now = NOON + timedelta(hours=2)
    assert after.say("RUNNING", percent, name) == []
    assert after.farm.printers[A].start_time == NOON + timedelta(seconds=1 + began)
    assert after.say("FINISH", 100) == ["print_finished"]
    assert data(after)["job"] == ("Bracket" if name is None else name)
    assert after.event_detector.external_prints.export() == {}


@pytest.mark.parametrize(
    "saved",
    [None, [], {A: None}, {A: {}}, {A: {"seen_at": 5}}, {A: {"seen_at": stamp(9e6)}}, {A: {"seen_at": stamp(-9e6)}}],
)
def test_damaged_stored_print_is_ignored(saved: object) -> None:
    watched = Watched()
    watched.event_detector.external_prints.restore(saved)
    assert events(watched, ("RUNNING",), ("FINISH",)) == ["print_finished"]
    assert data(watched)["duration"] == 1


def test_print_that_ended_before_the_restart_fires_nothing() -> None:
    watched = Watched()
    watched.event_detector.external_prints.restore({A: {"seen_at": stamp(-60), "name": "Bracket", "progress": 60}})
    assert events(watched, ("FINISH", 100, "Bracket"), ("RUNNING", 1, "Bracket")) == ["print_started"]
    assert watched.farm.printers[A].start_time == NOON + timedelta(seconds=2)
