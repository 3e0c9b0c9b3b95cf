"""When the current print is expected to end: by repeated estimates, and by jobs that start or end without telemetry."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from custom_components.printago.api import StatMessage
from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.printer import PrinterState
from tests.support.farm_model import JOB, NOON, A, printer_row, record, stamp

RUNNING = {"state": "RUNNING", "data": {"print": {"timeRemaining": 60}}}
PRINTING = PrintJob.from_json(JOB, {"status": "printing", "assignedPrinterId": A})


def printer(**fields: Any) -> PrinterState:
    """Return a printer whose record arrived at noon."""
    state = PrinterState.from_row(printer_row(A, record(**fields)))
    state.update_derived(None)
    return state


def reading(**payload: Any) -> StatMessage:
    """Return telemetry of noon, which is fresh for an hour."""
    return read_stat(A, {"receivedAt": stamp(), "expiresAt": stamp(3600), **payload})


def repeat(state: PrinterState, message: StatMessage, seconds: float, job: PrintJob | None = None) -> None:
    """Merge a message that repeats an earlier one, some seconds after noon."""
    now = NOON + timedelta(seconds=seconds)
    state.merge_stat(replace(message, received_at=now), now)
    state.update_derived(job)


def test_remaining_time_that_stands_still_moves_the_end_in_steps_of_two_minutes() -> None:
    state, message = printer(isAvailable=False), reading(**RUNNING)
    repeat(state, message, 0)
    shown = {}
    for seconds in (30, 119, 120, 150, 239, 240, 300):
        repeat(state, message, seconds)
        assert state.end_time is not None
        shown[seconds] = (state.end_time - NOON) / timedelta(minutes=1)
    assert shown == {30: 60, 119: 60, 120: 62, 150: 62, 239: 62, 240: 64, 300: 64}


def test_moved_end_is_announced_even_if_no_reading_changed() -> None:
    state, message = printer(isAvailable=False), reading(**RUNNING)
    repeat(state, message, 0)
    announced = []
    for seconds in (60, 130, 140):
        now = NOON + timedelta(seconds=seconds)
        announced.append(bool(state.merge_stat(replace(message, received_at=now), now)))
    assert announced == [False, True, False]


def test_shorter_estimate_moves_the_end_back() -> None:
    state = printer(isAvailable=False)
    repeat(state, reading(**RUNNING), 0)
    repeat(state, reading(state="RUNNING", data={"print": {"timeRemaining": 59}}), 1)
    assert state.end_time == NOON + timedelta(minutes=60)
    repeat(state, reading(state="RUNNING", data={"print": {"timeRemaining": 50}}), 2)
    assert state.end_time == NOON + timedelta(minutes=50)


def test_remaining_time_left_over_at_an_idle_printer_is_no_end() -> None:
    state, message = printer(), reading(state="IDLE", data={"print": {"timeRemaining": 60}})
    for seconds in (0, 1, 600):
        repeat(state, message, seconds)
        assert state.end_time is None


def test_end_follows_a_job_that_starts_and_ends_without_telemetry() -> None:
    state, message = printer(isAvailable=None), reading(data={"print": {"timeRemaining": 30}})
    repeat(state, message, 0)
    assert state.end_time is None
    for _ in range(2):
        assert state.update_derived(PRINTING)
        assert state.end_time == NOON + timedelta(minutes=30)
        assert state.update_derived(None)
        assert state.end_time is None
    repeat(state, message, 60)
    assert state.end_time is None
    repeat(state, message, 61, PRINTING)
    repeat(state, message, 62, PRINTING)
    assert state.end_time == NOON + timedelta(minutes=31)


def test_job_that_starts_after_telemetry_without_a_time_has_no_end_yet() -> None:
    state = printer(isAvailable=None)
    state.merge_stat(read_stat(A, {"data": {"print": {"timeRemaining": 30}}}), NOON)
    state.update_derived(PRINTING)
    assert state.printing
    assert state.end_time is None
    state.merge_stat(read_stat(A, {"data": {"print": {"timeRemaining": 29}}}), NOON)
    assert state.end_time == NOON + timedelta(minutes=29)


def test_end_is_rounded_to_the_nearest_minute_and_only_shown_while_readings_are_current() -> None:
    for seconds, minutes in ((29, 60), (30, 61), (89, 61)):
        state = printer(isAvailable=False)
        repeat(state, reading(**RUNNING), seconds)
        assert state.end_time == state.live_end_time == NOON + timedelta(minutes=minutes)
    state.expire(NOON + timedelta(hours=1))
    assert state.end_time is not None
    assert state.live_end_time is None


def test_remaining_time_counts_from_when_the_message_was_received() -> None:
    state = printer(isAvailable=False)
    state.merge_stat(reading(**RUNNING), NOON + timedelta(seconds=100))
    assert state.end_time == NOON + timedelta(minutes=60)


def test_remaining_time_that_is_gone_or_zero_ends_the_estimate() -> None:
    for remaining in (None, 0):
        state, gone = printer(isAvailable=False), reading(state="RUNNING", data={"print": {"timeRemaining": remaining}})
        repeat(state, reading(**RUNNING), 0)
        for seconds in (1, 200, 400):
            repeat(state, gone, seconds)
            assert state.end_time is None
        repeat(state, reading(**RUNNING), 401)
        assert state.end_time is not None
