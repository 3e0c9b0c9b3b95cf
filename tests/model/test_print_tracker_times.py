"""External prints at the limits of time: how long a status is awaited, and which print a job's is."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from tests.support.farm_model import JOB, NOON, A, event, job, listed_jobs, record, snapshot, stamp, stat
from tests.support.watched import Watched, data, events, idle

AT_PRINTER = {"assignedPrinterId": A}


def of_prints(fired: list[str]) -> list[str]:
    """Return the events of the printer among others."""
    return [kind for kind in fired if kind.startswith("print_")]


def found_later(watched: Watched, began: float, ended: float) -> list[str]:
    """Read that a job had printed between these times; return the events of the printer."""
    times = {"createdAt": stamp(), "printingStartedAt": stamp(began), "printingCompletedAt": stamp(ended)}
    source = job(ended, status="completed", **AT_PRINTER, **times)
    return of_prints(watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: source}), NOON)))


# How long a status is awaited


@pytest.mark.parametrize(("word", "free", "kind"), [("RUNNING", True, "canceled"), ("IDLE", False, "started")])
def test_missing_status_is_awaited_for_exactly_a_minute(word: str, free: bool, kind: str) -> None:
    watched = idle()
    watched.say(word, 40)
    assert watched.say(None, isAvailable=free) == []
    assert watched.pass_time(seconds=59) == []
    assert watched.pass_time(seconds=1) == [f"print_{kind}"]
    assert watched.last[-1].occurred_at == NOON + timedelta(seconds=3)


@pytest.mark.parametrize(("word", "free"), [("RUNNING", True), ("IDLE", False)])
def test_wait_for_a_status_starts_over_after_each_status(word: str, free: bool) -> None:
    watched = idle()
    watched.say(word, 40)
    for _ in range(3):
        assert watched.say(None, isAvailable=free) == []
        assert watched.pass_time(seconds=50) == []
        assert watched.say(word, isAvailable=not free) == []
    assert watched.pass_time(seconds=70) == []


def test_printer_is_not_checked_again_once_its_status_is_known() -> None:
    watched = idle()
    watched.say("RUNNING", 40)
    watched.say(None, isAvailable=True)
    assert not watched.farm.expire().printers, "the minute is not over"
    watched.say("RUNNING")
    assert not watched.farm.expire().printers
    watched.now += timedelta(seconds=90)
    assert not watched.farm.expire().printers


# Which print a job's is


@pytest.mark.parametrize(
    ("began", "kinds"), [(122, []), (123, ["print_canceled", "print_started"]), (-500, []), (2, [])]
)
def test_job_that_began_within_two_minutes_after_the_print_was_seen_is_that_print(
    began: float, kinds: list[str]
) -> None:
    watched = idle()
    watched.say("RUNNING", 1, "A")
    watched.now += timedelta(minutes=10)
    fired = watched.job(602, status="printing", **AT_PRINTER, printingStartedAt=stamp(began))
    assert of_prints(fired) == kinds
    if kinds:
        ended, started = (farm_event for farm_event in watched.last if farm_event.kind.startswith("print_"))
        assert (ended.data["job"], started.data["job_id"]) == ("A", JOB)
        assert ended.occurred_at == NOON + timedelta(seconds=began)
    assert events(watched, ("RUNNING", 5), ("FINISH", 100)) == []
    assert of_prints(watched.job(700, status="completed", **AT_PRINTER)) == ["print_finished"]


def test_job_without_a_start_time_begins_when_it_is_seen() -> None:
    for minutes, kinds in ((1, []), (3, ["print_canceled", "print_started"])):
        watched = idle()
        watched.say("RUNNING", 1)
        watched.now += timedelta(minutes=minutes)
        assert of_prints(watched.job(200, status="printing", **AT_PRINTER)) == kinds


def test_start_of_a_job_in_the_future_ends_the_previous_print_now() -> None:
    watched = idle()
    watched.say("RUNNING", 1)
    watched.now += timedelta(minutes=5)
    watched.job(302, status="printing", **AT_PRINTER, printingStartedAt=stamp(9000))
    ended = next(farm_event for farm_event in watched.last if farm_event.kind == "print_canceled")
    assert ended.occurred_at == watched.now


@pytest.mark.parametrize(("assigned", "kinds"), [(122, []), (123, ["print_canceled", "print_started"])])
def test_job_assigned_within_two_minutes_is_the_print_however_late_it_begins(assigned: float, kinds: list[str]) -> None:
    watched = idle()
    watched.say("RUNNING", 1)
    watched.now = NOON + timedelta(seconds=assigned)
    watched.job(assigned, status="assigned", **AT_PRINTER)
    watched.now += timedelta(minutes=20)
    fired = watched.job(1300, status="printing", **AT_PRINTER, printingStartedAt=stamp(1300))
    assert of_prints(fired) == kinds


BOTH = ["print_started", "print_finished"]


@pytest.mark.parametrize(
    ("began", "ended", "kinds"),
    [(1, 2, BOTH), (1, 3, []), (2, 600, []), (122, 600, []), (123, 600, BOTH)],
)
def test_job_found_after_a_long_external_print(began: float, ended: float, kinds: list[str]) -> None:
    watched = idle()
    watched.say("RUNNING", 1)
    watched.now += timedelta(minutes=10)
    watched.say("FINISH", 100)
    watched.now += timedelta(minutes=5)
    assert found_later(watched, began, ended) == kinds


@pytest.mark.parametrize(("began", "kinds"), [(30, []), (31, BOTH)])
def test_job_found_after_a_short_external_print_that_began_when_it_ended(began: float, kinds: list[str]) -> None:
    watched = idle()
    watched.say("RUNNING", 1)
    watched.now = NOON + timedelta(seconds=29)
    watched.say("FINISH", 100)
    watched.now += timedelta(minutes=5)
    assert found_later(watched, began, 90) == kinds


@pytest.mark.parametrize("ended", [1, 2])
def test_job_that_had_ended_before_the_external_print_does_not_end_it(ended: float) -> None:
    watched = idle()
    watched.say("RUNNING", 1, "A")
    watched.now += timedelta(minutes=5)
    assert found_later(watched, -100, ended) == BOTH
    assert watched.farm.printers[A].external_print is not None
    assert events(watched, ("FINISH", 100)) == ["print_finished"]
    assert data(watched)["job"] == "A"


def test_printer_still_running_after_a_job_that_was_never_seen_printing_starts_nothing() -> None:
    watched = idle()
    watched.job(2, status="assigned", **AT_PRINTER)
    assert watched.say("RUNNING", 99) == []
    assert of_prints(watched.job(4, status="completed", **AT_PRINTER)) == BOTH
    assert events(watched, ("RUNNING",), ("FINISH", 100)) == []
    assert events(watched, ("RUNNING", 1), ("FINISH", 100)) == BOTH


# What is known at first


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        (["PAUSE", "RUNNING", "PAUSE"], ["print_resumed", "print_paused"]),
        (["RUNNING", "PAUSE", "RUNNING"], ["print_paused", "print_resumed"]),
    ],
)
def test_print_that_was_running_or_paused_at_first_is_only_resumed_or_paused(said: list[str], kinds: list[str]) -> None:
    assert events(Watched(), *((word,) for word in said)) == kinds


def test_progress_reported_while_the_status_was_unknown_counts_once_it_is_known() -> None:
    watched = Watched()
    fired = watched.say("Bereit", isAvailable=True)
    fired += watched.say("Druckt", 40, isAvailable=False)
    fired += watched.record(10, isInMaintenance=True, isAvailable=False)
    fired += watched.say("Druckt", 80)
    fired += watched.record(20, isInMaintenance=False, isAvailable=False)
    watched.now += timedelta(seconds=30)
    assert of_prints(fired) == ["print_started"]
    assert of_prints(watched.say("Bereit", isAvailable=True)) == ["print_canceled"]
    assert data(watched)["progress"] == 80


def test_printer_that_runs_for_an_unknown_job_of_its_record_starts_only_if_it_says_so() -> None:
    for word, kinds in (("Druckt", []), ("RUNNING", ["print_started"])):
        watched = Watched()
        watched.say("Bereit", isAvailable=True)
        watched.record(2, printingJobId="x" * 24, isAvailable=True)
        assert of_prints(watched.say(word, isAvailable=False)) == kinds


# Across restarts and removals


def test_removed_printer_is_no_longer_saved() -> None:
    watched = Watched()
    tracker = watched.event_detector.external_prints
    tracker.restore({A: {"seen_at": stamp(-60), "name": "Bracket", "progress": 60}})
    watched.see(event(watched.farm, "printer", Action.DELETE, {A: {}}))
    assert tracker.export() == {}


@pytest.mark.parametrize(
    ("saved", "kept"),
    [
        ({"name": "Bracket", "progress": 60.5}, {"name": "Bracket", "progress": 60.5}),
        ({"name": 5, "progress": True}, {"name": None, "progress": None}),
        ({"name": ["x"], "progress": "60"}, {"name": None, "progress": None}),
        ({"progress": 60}, {"name": None, "progress": 60}),
        ({}, {"name": None, "progress": None}),
    ],
)
def test_saved_print_keeps_what_is_valid(saved: dict[str, Any], kept: dict[str, Any]) -> None:
    tracker = Watched().event_detector.external_prints
    tracker.restore({"other": 5, "none": {}, A: {"seen_at": stamp(-60), **saved}})
    assert tracker.export() == {A: {"seen_at": stamp(-60), **kept}}


def test_saved_print_is_the_one_that_runs_for_up_to_two_weeks() -> None:
    for seconds, kept in ((14 * 86_400 - 2, True), (14 * 86_400 - 1, False)):
        watched = Watched()
        watched.event_detector.external_prints.restore({A: {"seen_at": stamp(-seconds), "name": None}})
        watched.say("RUNNING", 40)
        watched.say("RUNNING", 41)
        assert (watched.farm.printers[A].start_time == NOON - timedelta(seconds=seconds)) is kept


def test_job_that_becomes_unreadable_keeps_its_start_and_its_pause() -> None:
    fields = {**AT_PRINTER, "printingStartedAt": stamp(-60), "label": "Order 7"}
    watched = Watched(jobs={JOB: job(status="paused", **fields)})
    watched.say("PAUSE", 40)
    watched.see(watched.farm.forget_jobs())
    assert watched.farm.printers[A].start_time == NOON - timedelta(seconds=60)
    assert events(watched, ("PAUSE",), ("RUNNING",), ("FINISH",)) == ["print_resumed", "print_finished"]


def test_job_that_disappears_from_a_list_is_not_an_external_print() -> None:
    watched = Watched(jobs={JOB: job(status="printing", **AT_PRINTER, printingStartedAt=stamp(-60))})
    watched.say("RUNNING", 40)
    watched.see(snapshot(watched.farm, {A: record(3)}))
    assert watched.farm.printers[A].external_print is None
    assert events(watched, ("RUNNING", 50), ("FINISH", 100)) == []


# Times of events


def test_step_of_a_print_is_dated_when_the_message_was_received_but_never_later_than_now() -> None:
    watched = idle()
    watched.now += timedelta(seconds=29)
    for second, word in ((2, "RUNNING"), (3, "PAUSE"), (50, "RUNNING"), (60, "FINISH")):
        assert len(watched.stat(second, state=word)) == 1
        assert watched.last[-1].occurred_at == NOON + timedelta(seconds=min(second, 30))


def test_step_of_a_print_without_a_time_is_dated_now() -> None:
    watched = Watched()
    for word, kinds in (("IDLE", []), ("RUNNING", ["print_started"]), ("FINISH", ["print_finished"])):
        watched.now += timedelta(minutes=1)
        assert watched.see(stat(watched.farm, A, None, state=word)) == kinds
    assert watched.last[-1].occurred_at == watched.now


def test_running_job_found_after_its_print_ended_is_that_print() -> None:
    watched = idle()
    events(watched, ("RUNNING", 1), ("FINISH", 100))
    watched.now += timedelta(seconds=30)
    times = {"printingStartedAt": stamp(2.5)}
    assert of_prints(watched.job(40, status="printing", **AT_PRINTER, **times)) == []
    assert of_prints(watched.job(50, status="completed", **AT_PRINTER, **times)) == []


def test_unreadable_job_without_a_start_time_prints_since_then() -> None:
    watched = Watched(jobs={JOB: job(status="printing", **AT_PRINTER)})
    watched.say("RUNNING", 40)
    watched.now += timedelta(minutes=5)
    watched.see(watched.farm.forget_jobs())
    assert watched.farm.printers[A].start_time == watched.now
