"""External prints: each starts once and ends once, with its own result, name and times."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.print_results import Results
from custom_components.printago.model.print_status import Result
from tests.support.farm_model import NOON, A, event, record
from tests.support.watched import Said, Watched, data, events, idle

OCTOPRINT = ("Operational", "Starting", "Printing", "Pausing", "Paused", "Resuming", "Finishing", "Operational")


# How a print ends


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ([("cancelled",)], "canceled"),
        ([("STOPPED",)], "canceled"),
        ([("Cancelling",), ("Operational",)], "canceled"),
        ([("Cancelling",), ("Operational", 100)], "canceled"),
        ([("Cancelling",), (None,), ("Operational",)], "canceled"),
        ([("Cancelling",), ("ERROR",)], "canceled"),
        ([("Finishing",), ("Operational",)], "finished"),
        ([("Finishing",), ("ERROR",)], "failed"),
        ([("complete",)], "finished"),
        ([("FINISH", 0)], "finished"),
        ([("error",)], "failed"),
        ([("Error: MAXTEMP triggered",)], "failed"),
        ([("Offline (Error: Too many retries)",)], "failed"),
        ([("Error: Thermal runaway",), ("Operational",)], "failed"),
        ([("FAILED", 100)], "failed"),
        ([("IDLE",)], "canceled"),
        ([("IDLE", 0)], "canceled"),
        ([("IDLE", 100)], "finished"),
        ([("standby", 40)], "canceled"),
        ([(None,), ("IDLE", 100)], "finished"),
        ([(None, 0), ("IDLE",)], "canceled"),
        ([("RUNNING", 100), ("IDLE", 0)], "finished"),
        ([("RUNNING", 99.6), ("IDLE", 0)], "finished"),
        ([("RUNNING", 100), (None, 0), ("IDLE",)], "finished"),
        ([("RUNNING", 100), ("RUNNING", 0), ("IDLE",)], "finished"),
        ([("RUNNING", 100), ("RUNNING", 0), ("RUNNING", 1), ("IDLE",)], "canceled"),
        ([("PAUSE",), (None,), ("IDLE",)], "canceled"),
        ([("PAUSE",), ("FINISH",)], "finished"),
        ([("PAUSE",), ("offline",), ("IDLE",)], "canceled"),
        ([("offline",), ("Operational", 100)], "finished"),
        ([("PREPARE",), ("FINISH",)], "finished"),
    ],
)
def test_status_decides_how_a_print_ended_else_its_progress(said: list[Said], end: str) -> None:
    watched = idle()
    assert events(watched, ("RUNNING", 40)) == ["print_started"]
    fired = [kind for kind in events(watched, *said) if kind not in ("print_paused", "print_resumed")]
    assert fired == [f"print_{end}"]
    assert events(watched, ("FINISH", 100), (None,), ("IDLE",)) == []


@pytest.mark.parametrize(("ending", "end"), [("Cancelling", "canceled"), ("Finishing", "finished")])
def test_print_that_follows_right_after_an_ending_one_starts_anew(ending: str, end: str) -> None:
    watched = idle()
    watched.say("Printing", 40, "Bracket")
    assert events(watched, (ending,), ("Printing", 41, "Bracket")) == [f"print_{end}", "print_started"]


def test_canceled_print_is_not_a_failed_one() -> None:
    results = Results()
    watched = idle()
    for word in ("cancelled", "STOPPED", "IDLE", "FAILED"):
        watched.say("RUNNING", 40)
        watched.say(word)
        for farm_event in watched.last:
            results.record(farm_event)
        assert results.of(A).result is (Result.FAILED if word == "FAILED" else Result.CANCELED)
        assert results.of(A).reason is None
    assert results.of(A).failed_prints == 1


def test_end_has_progress_and_duration_of_the_print() -> None:
    watched = idle()
    watched.say("RUNNING", 40, "Bracket")
    watched.now += timedelta(minutes=9)
    watched.say("RUNNING", 60)
    watched.now += timedelta(seconds=58)
    assert watched.say("IDLE", 0) == ["print_canceled"]
    assert data(watched) == {
        "job_id": None,
        "job": "Bracket",
        "part": None,
        "order_id": None,
        "printer": "Printer",
        "duration": 600,
        "progress": 60,
    }


# Gaps and pauses


@pytest.mark.parametrize("gap", ["offline", "null", "unknown", "offline word", "silent", "maintenance"])
@pytest.mark.parametrize("times", [1, 3])
def test_gap_neither_ends_nor_restarts_a_print(gap: str, times: int) -> None:
    watched = idle()
    fired = watched.say("RUNNING", 40, "Bracket")
    for _ in range(times):
        match gap:
            case "offline":
                fired += watched.say("RUNNING", isOnline=False)
            case "null":
                fired += watched.say(None)
            case "unknown":
                fired += watched.say("reticulating", isAvailable=False)
            case "offline word":
                fired += watched.say("offline", isAvailable=False)
            case "silent":
                fired += watched.pass_time(minutes=30)
            case "maintenance":
                fired += watched.say(None, isAvailable=False)
                fired += watched.record((watched.now - NOON).seconds, isInMaintenance=True, isAvailable=False)
        fired += watched.say("RUNNING", 50, isOnline=True)
    fired += watched.say("FINISH", 100)
    assert [kind for kind in fired if kind.startswith("print_")] == ["print_started", "print_finished"]
    assert data(watched)["job"] == "Bracket"


@pytest.mark.parametrize("word", [None, "reticulating", "offline", "INIT"])
def test_flag_that_is_always_free_is_ignored(word: str | None) -> None:
    watched = Watched(record(confirmedReady=False))
    fired = [kind for said in ("IDLE", "RUNNING", word) for kind in watched.stat(1, state=said)]
    fired += watched.pass_time(minutes=2)
    fired += [kind for said in ("RUNNING", word, "FINISH") for kind in watched.say(said, isAvailable=True)]
    assert fired == ["print_started", "print_finished"]


def test_print_that_finished_while_offline_ends_when_the_printer_is_online() -> None:
    watched = idle()
    assert events(watched, ("RUNNING", 40)) == ["print_started"]
    assert watched.say("RUNNING", isOnline=False) == ["printer_offline"]
    assert watched.record(60, isOnline=True, isAvailable=True) == ["printer_online"]
    watched.now += timedelta(minutes=2)
    assert watched.say("FINISH", 100, isOnline=True) == ["print_finished"]


def test_print_that_ended_in_a_gap_ends_with_the_next_status() -> None:
    watched = idle()
    watched.say("RUNNING", 40)
    assert watched.pass_time(minutes=30) == []
    # Printago's "free" does not say how the print ended; the printer's next status does.
    assert watched.record(1800, isAvailable=True, confirmedReady=False) == []
    assert watched.pass_time(minutes=30) == []
    assert watched.say("FINISH", 100) == ["print_finished"]


def test_missing_status_of_a_free_printer_is_awaited_for_a_minute() -> None:
    watched = idle()
    watched.say("RUNNING", 40)
    assert watched.say(None, isAvailable=True) == []
    assert watched.pass_time(seconds=50) == []
    assert watched.pass_time(seconds=20) == ["print_canceled"]
    assert watched.last[-1].occurred_at == NOON + timedelta(seconds=3)
    assert events(watched, ("IDLE",), (None,)) == []


def test_pause_fires_once_despite_other_statuses_in_between() -> None:
    watched = idle()
    said = ("RUNNING",), ("PAUSE",), (None,), ("PAUSE",), ("PREPARE",), ("PAUSE",), ("RUNNING",), ("RUNNING",)
    assert events(watched, *said) == ["print_started", "print_paused", "print_resumed"]


def test_canceling_a_paused_print_does_not_resume_it() -> None:
    watched = idle()
    said = ("Printing", 40), ("Paused",), ("Cancelling",), ("Operational",)
    assert [kind for word in said for kind in watched.say(*word, isAvailable=word[0] == "Operational")] == [
        "print_started",
        "print_paused",
        "print_canceled",
    ]


# How a print starts


def test_whole_print_of_octoprint_fires_each_event_once() -> None:
    watched = Watched()
    fired = [kind for word in OCTOPRINT for kind in watched.say(word, isAvailable=word == "Operational")]
    assert fired == ["print_started", "print_paused", "print_resumed", "print_finished"]


@pytest.mark.parametrize(
    "words",
    [
        ("Bereit", "Aufheizen", "Druckt", "Bereit"),
        ("Operational", "Reticulating", "Operational"),
        ("IDLE", "Reticulating", None, "Reticulating", "IDLE"),
        (None, None, None, None),
    ],
)
def test_taken_printer_prints_whatever_its_status(words: tuple[str | None, ...]) -> None:
    watched = Watched()
    fired = [
        kind for place, word in enumerate(words) for kind in watched.say(word, isAvailable=place in (0, len(words) - 1))
    ]
    assert fired == ["print_started", "print_finished"]


@pytest.mark.parametrize("percent", [None, 40, 100])
def test_attention_of_a_free_printer_ends_the_print(percent: float | None) -> None:
    watched = idle()
    assert watched.say("PRINTING", percent, isAvailable=False) == ["print_started"]
    assert watched.say("ATTENTION", isAvailable=False) == []
    assert watched.say("ATTENTION", isAvailable=True) == ["print_finished"]
    assert events(watched, ("ATTENTION",), ("IDLE",), ("ATTENTION",)) == []


@pytest.mark.parametrize("word", ["Offline after error", "shutdown"])
def test_error_that_frees_a_printer_is_a_failed_print(word: str) -> None:
    watched = idle()
    said = [(word, False), (None, False), ("RUNNING", False), (word, True), ("startup", True), ("standby", True)]
    fired = watched.say("RUNNING", 40)
    fired += [kind for word, free in said for kind in watched.say(word, isAvailable=free)]
    assert fired == ["print_started", "print_failed"]


def test_missing_status_of_an_idle_printer_starts_nothing() -> None:
    watched = idle()
    assert [kind for word in (None, "IDLE", None) for kind in watched.say(word, isAvailable=False)] == []
    assert watched.pass_time(seconds=70) == ["print_started"]
    assert watched.say("RUNNING") == []


def test_aborted_preparation_is_not_a_print() -> None:
    watched = idle()
    assert events(watched, ("PREPARE",), ("IDLE",), ("PREPARE",), ("FINISH",)) == []


@pytest.mark.parametrize(
    ("word", "fired"), [("IDLE", ["print_started"]), ("FINISH", ["print_started"]), ("RUNNING", []), (None, [])]
)
@pytest.mark.parametrize("online", [True, False])
def test_print_of_a_printer_that_was_idle_and_silent_at_the_start_has_started(
    word: str | None, fired: list[str], online: bool
) -> None:
    watched = Watched(record(isOnline=online))
    watched.now = NOON + timedelta(days=1)
    assert watched.stat(0, state=word, isOnline=online) == []
    assert [kind for kind in watched.say("printing", isOnline=True) if "print_" in kind] == fired
    assert watched.say("complete") == ["print_finished"]


def test_print_first_seen_paused_has_started() -> None:
    watched = idle()
    assert events(watched, ("PAUSE",), ("RUNNING",), ("FINISH",)) == [
        "print_started",
        "print_paused",
        "print_resumed",
        "print_finished",
    ]


def test_repeated_end_fires_once() -> None:
    watched = idle()
    assert events(watched, ("RUNNING", 99), ("FINISH", 100), ("FINISH",), (None,), ("FINISH", 100), ("IDLE", 0)) == [
        "print_started",
        "print_finished",
    ]


# Names


@pytest.mark.parametrize("last", [None, "", "  ", "Calibration"])
def test_print_keeps_the_name_that_it_had_while_it_ran(last: str | None) -> None:
    watched = idle()
    watched.say("RUNNING", 40, "Bracket")
    watched.stat(10, state="IDLE", isAvailable=True, data={"print": {"taskName": last, "percent": 0}})
    assert data(watched)["job"] == "Bracket"


def test_name_reported_only_with_the_end_is_used() -> None:
    watched = idle()
    events(watched, ("RUNNING", 40), ("FINISH", 100, "Bracket"))
    assert data(watched)["job"] == "Bracket"


def test_name_reported_after_the_start_is_used() -> None:
    watched = idle()
    events(watched, ("FINISH", 100, "Yesterday's"), ("RUNNING",))
    assert data(watched)["job"] == "Yesterday's"
    assert events(watched, ("RUNNING", 0, "Bracket"), ("RUNNING", 5), ("FAILED",)) == ["print_failed"]
    assert data(watched)["job"] == "Bracket"


# One print after another


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ([("FINISH", 100), (None,), ("RUNNING", 0, "B")], "finished"),
        ([("FINISH", 100), ("RUNNING", 0, "B")], "finished"),
        ([("RUNNING", 0, "B")], "canceled"),
        ([("RUNNING", 100), ("RUNNING", 0, "B")], "finished"),
        ([("RUNNING", 0), ("RUNNING", None, "B")], "canceled"),
        ([("RUNNING", None, "B"), ("RUNNING", 0)], "canceled"),
        ([(None,), ("RUNNING", 0, "B")], "canceled"),
        ([("PREPARE", 0, "B"), ("RUNNING",)], "canceled"),
        ([("PREPARE",), ("RUNNING", 0, "B")], "canceled"),
        ([("Finishing",), ("Starting", 0, "B")], "finished"),
        ([("Finishing",), (None,), ("Printing", 0, "B")], "finished"),
        ([("Cancelling",), ("Printing", 0, "B")], "canceled"),
    ],
)
def test_next_print_ends_the_previous_one(said: list[Said], first: str) -> None:
    watched = idle()
    events(watched, ("RUNNING", 10, "A"), ("RUNNING", 97))
    assert events(watched, *said) == [f"print_{first}", "print_started"]
    assert events(watched, ("RUNNING", 30), ("FINISH",)) == ["print_finished"]
    assert data(watched)["job"] == "B"


@pytest.mark.parametrize(
    ("back", "fired"),
    [
        ({"name": "B"}, ["print_canceled", "print_started"]),
        ({"percent": 60, "name": "B"}, ["print_canceled", "print_started"]),
        ({"percent": 3, "name": "A"}, ["print_canceled", "print_started"]),
        ({"percent": 39, "name": "A"}, []),
        ({"percent": 60, "name": "A"}, []),
        ({}, []),
    ],
)
@pytest.mark.parametrize("gap", ["offline", "silent"])
def test_another_print_after_a_gap_ends_the_first(gap: str, back: dict[str, Any], fired: list[str]) -> None:
    watched = idle()
    watched.say("RUNNING", 40, "A")
    if gap == "offline":
        watched.say("RUNNING", isOnline=False)
    else:
        watched.pass_time(hours=2)
    assert [kind for kind in watched.say("RUNNING", isOnline=True, **back) if "print_" in kind] == fired
    if fired:
        assert watched.last[-2].data["job"] == "A"
        assert watched.last[-1].data["job"] == back.get("name", "A")
    assert watched.say("FINISH", 100) == ["print_finished"]


def test_readings_left_over_from_the_previous_print_do_not_end_the_next_one() -> None:
    watched = idle()
    events(watched, ("RUNNING", 50, "A"), ("FINISH", 100), ("IDLE",))
    said = ("RUNNING",), ("RUNNING", 0, "B"), ("RUNNING", 40), ("IDLE",)
    assert events(watched, *said) == ["print_started", "print_canceled"]
    assert data(watched)["job"] == "B"


def test_corrected_progress_is_not_another_print() -> None:
    watched = idle()
    said = ("RUNNING", 80, "A"), ("RUNNING", 55), ("RUNNING", 56), ("RUNNING", 20), (None,), ("RUNNING", 90)
    assert events(watched, *said) == ["print_started"]
    assert events(watched, ("RUNNING", 92, "A, renamed"), ("FINISH",)) == ["print_finished"]
    assert data(watched)["job"] == "A, renamed"


def test_removed_printer_forgets_its_print() -> None:
    watched = idle()
    watched.say("RUNNING", 40)
    assert watched.see(event(watched.farm, "printer", Action.DELETE, {A: {}})) == []
    assert watched.see(event(watched.farm, "printer", Action.INSERT, {A: record(5)})) == []
    assert events(watched, ("FINISH",), ("RUNNING",), ("FINISH",)) == ["print_started", "print_finished"]


def test_print_of_a_returning_printer_has_not_just_started() -> None:
    watched = idle()
    watched.see(event(watched.farm, "printer", Action.DELETE, {A: {}}))
    watched.see(event(watched.farm, "printer", Action.INSERT, {A: record(5)}))
    assert events(watched, ("RUNNING", 40), ("FINISH", 100)) == ["print_finished"]


# Times


def test_print_started_when_it_was_first_seen_running() -> None:
    watched = idle()
    state = watched.farm.printers[A]
    assert state.start_time is None
    watched.say("RUNNING")
    started = NOON + timedelta(seconds=2)
    assert state.start_time == started
    for word in ("PAUSE", None, "RUNNING", "Finishing"):
        watched.say(word)
        assert state.start_time == started
    watched.say("FINISH")
    assert state.start_time is None
