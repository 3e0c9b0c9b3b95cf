"""The state of a printer, derived from its data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.print_status import PrintStatus, Readiness
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.printer_facts import STANDING
from tests.support.farm_model import printer_row

ID = "p" * 24
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDLE = {"isOnline": True, "isAvailable": True, "confirmedReady": True}
BUSY = {"isOnline": True, "isAvailable": False, "confirmedReady": False}
DONE = {"isOnline": True, "isAvailable": True, "confirmedReady": False}
UNDECIDED = (
    None,
    "",
    " ",
    "FILAMENT_DANCING",
    "Printing (slow)",
    "7",
    "ATTENTION",
    "Offline after error",
    "INIT",
    "startup",
)


def printer(**record: Any) -> PrinterState:
    """Return a printer whose record arrived at noon."""
    state = PrinterState.from_row(printer_row(ID, {"name": "X", "updatedAt": NOON.isoformat(), **IDLE, **record}))
    state.update_derived(None)
    return state


def merge(
    state: PrinterState, /, after: float = 0, *, lifetime: float = 300, job: PrintJob | None = None, **stat: Any
) -> bool:
    """Merge telemetry some seconds after noon, and return whether it was accepted."""
    now = NOON + timedelta(seconds=after)
    expires_at = now + timedelta(seconds=lifetime)
    message = read_stat(ID, {"receivedAt": now.isoformat(), "expiresAt": expires_at.isoformat(), **stat})
    changed = state.merge_stat(message, now)
    state.update_derived(job)
    return changed is not None


def job(status: str, **fields: Any) -> PrintJob:
    """Return a job of the printer."""
    return PrintJob.from_json("j" * 24, {"status": status, "assignedPrinterId": ID, **fields})


@pytest.mark.parametrize(
    ("record", "readiness"),
    [
        (IDLE, Readiness.READY),
        (BUSY, Readiness.BUSY),
        (DONE, Readiness.AWAITING_CLEAR),
        ({"isOnline": False}, Readiness.OFFLINE),
        ({**DONE, "continuousPrint": True}, Readiness.READY),
        ({**IDLE, "enabled": False}, Readiness.DISABLED),
        ({"isOnline": False, "enabled": False}, Readiness.DISABLED),
        ({**BUSY, "isInMaintenance": True}, Readiness.MAINTENANCE),
        ({"isOnline": False, "enabled": False, "isInMaintenance": True}, Readiness.MAINTENANCE),
    ],
)
def test_readiness_is_the_first_applicable_reason(record: dict[str, Any], readiness: Readiness) -> None:
    assert printer(**record).readiness is readiness


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("IDLE", PrintStatus.IDLE),
        ("PREPARE", PrintStatus.PREPARE),
        ("SLICING", PrintStatus.SLICING),
        ("RUNNING", PrintStatus.RUNNING),
        ("PAUSE", PrintStatus.PAUSE),
        ("FINISH", PrintStatus.FINISH),
        ("FAILED", PrintStatus.FAILED),
        ("standby", PrintStatus.IDLE),
        ("Printing", PrintStatus.RUNNING),
        ("paused", PrintStatus.PAUSE),
        ("complete", PrintStatus.FINISH),
        ("cancelled", PrintStatus.IDLE),
        ("STOPPED", PrintStatus.IDLE),
        ("Printing from SD", PrintStatus.RUNNING),
        ("Starting", PrintStatus.RUNNING),
        ("Starting print from SD", PrintStatus.RUNNING),
        ("Transferring file to SD", PrintStatus.PREPARE),
        ("Resuming", PrintStatus.RUNNING),
        ("Finishing", PrintStatus.RUNNING),
        ("Cancelling", PrintStatus.RUNNING),
        (" error ", PrintStatus.FAILED),
        ("printing_from-sd", PrintStatus.RUNNING),
    ],
)
@pytest.mark.parametrize("flags", [IDLE, BUSY, DONE])
def test_status_of_any_brand_becomes_one_status(flags: dict[str, Any], word: str, status: PrintStatus) -> None:
    state = printer(**flags)
    merge(state, state=word)
    assert state.print_status is status


@pytest.mark.parametrize(
    ("flags", "status", "expected"),
    [
        (BUSY, "printing", PrintStatus.RUNNING),
        (BUSY, "paused", PrintStatus.PAUSE),
        (BUSY, "sending-to-printer", PrintStatus.PREPARE),
        (BUSY, "slicing", PrintStatus.SLICING),
        (BUSY, "assigned", PrintStatus.PREPARE),
        (BUSY, None, PrintStatus.RUNNING),
        ({**BUSY, "confirmedReady": True}, None, PrintStatus.RUNNING),
        (DONE, "printing", PrintStatus.RUNNING),
        (DONE, "sending-to-printer", PrintStatus.PREPARE),
        (DONE, "assigned", PrintStatus.IDLE),
        (DONE, None, PrintStatus.IDLE),
        (IDLE, None, PrintStatus.IDLE),
        ({**BUSY, "isInMaintenance": True}, "printing", PrintStatus.RUNNING),
        ({**BUSY, "isInMaintenance": True}, None, None),
        ({**IDLE, "isInMaintenance": True}, None, PrintStatus.IDLE),
    ],
)
@pytest.mark.parametrize("word", UNDECIDED)
def test_unknown_status_is_replaced_by_the_job_or_by_the_free_flag(
    word: str | None, flags: dict[str, Any], status: str | None, expected: PrintStatus | None
) -> None:
    state = printer(**flags)
    merge(state, state=word, job=job(status) if status else None)
    assert state.print_status is expected


@pytest.mark.parametrize(
    ("flags", "status", "expected"),
    [
        (IDLE, None, PrintStatus.OFFLINE),
        (DONE, None, PrintStatus.OFFLINE),
        (BUSY, None, PrintStatus.RUNNING),
        (DONE, "paused", PrintStatus.PAUSE),
    ],
)
def test_host_that_reports_offline_counts_only_if_nothing_occupies_the_printer(
    flags: dict[str, Any], status: str | None, expected: PrintStatus
) -> None:
    state = printer(**flags)
    merge(state, state="Offline", job=job(status) if status else None)
    assert state.print_status is expected


@pytest.mark.parametrize("word", UNDECIDED)
def test_status_is_unknown_if_neither_printer_nor_printago_reports_it(word: str | None) -> None:
    state = PrinterState.from_row(printer_row(ID, {"name": "X", "isOnline": True}))
    merge(state, state=word)
    assert state.print_status is None


def test_offline_printer_is_offline_whatever_its_last_status() -> None:
    state = printer()
    merge(state, state="RUNNING", isOnline=False)
    assert state.print_status is PrintStatus.OFFLINE
    assert state.printing is False
    assert not state.live


@pytest.mark.parametrize(
    ("status", "record", "expected"),
    [
        ("printing", BUSY, PrintStatus.RUNNING),
        ("paused", BUSY, PrintStatus.PAUSE),
        ("slicing", BUSY, PrintStatus.SLICING),
        ("sending-to-printer", BUSY, PrintStatus.PREPARE),
        (None, IDLE, PrintStatus.IDLE),
        (None, DONE, PrintStatus.IDLE),
        (None, BUSY, PrintStatus.RUNNING),
    ],
)
def test_status_without_any_telemetry_comes_from_the_job(
    status: str | None, record: dict[str, Any], expected: PrintStatus | None
) -> None:
    state = printer(**record)
    state.update_derived(job(status) if status else None)
    assert state.print_status is expected


def test_last_status_stays_when_telemetry_becomes_stale() -> None:
    state = printer(**BUSY)
    merge(state, state="RUNNING", isAvailable=False)
    assert state.expire(NOON + timedelta(minutes=6))
    assert state.stale
    assert state.print_status is PrintStatus.RUNNING
    assert not state.expire(NOON + timedelta(minutes=7))


@pytest.mark.parametrize(
    "record",
    [
        {"isOnline": True, "confirmedReady": True},
        {**IDLE, "isAvailable": None},
        {**IDLE, "isAvailable": False, "isInMaintenance": True},
    ],
)
def test_idle_printer_stays_idle_when_its_telemetry_becomes_stale(record: dict[str, Any]) -> None:
    state = PrinterState.from_row(printer_row(ID, {"name": "X", "updatedAt": NOON.isoformat(), **record}))
    merge(state, state="IDLE")
    state.expire(NOON + timedelta(minutes=6))
    assert state.print_status is PrintStatus.IDLE


@pytest.mark.parametrize(
    ("status", "expected"),
    [("printing", PrintStatus.RUNNING), ("sending-to-printer", PrintStatus.PREPARE), (None, PrintStatus.RUNNING)],
)
def test_stale_idle_is_replaced_when_printago_reports_a_busy_printer(
    status: str | None, expected: PrintStatus | None
) -> None:
    state = printer(**IDLE)
    merge(state, state="IDLE")
    state.expire(NOON + timedelta(minutes=6))
    state.merge_record(printer_row(ID, {**BUSY, "updatedAt": (NOON + timedelta(minutes=7)).isoformat()}))
    state.update_derived(job(status) if status else None)
    assert state.print_status is expected


def test_stale_status_is_replaced_when_printago_reports_the_end() -> None:
    state = printer(**BUSY)
    merge(state, state="RUNNING", isAvailable=False)
    state.expire(NOON + timedelta(minutes=6))
    state.merge_record(printer_row(ID, {**DONE, "updatedAt": (NOON + timedelta(minutes=7)).isoformat()}))
    state.update_derived(None)
    assert state.print_status is PrintStatus.FINISH
    assert state.bed_needs_clearing


@pytest.mark.parametrize(
    ("record", "word", "needs_clearing"),
    [
        (IDLE, "IDLE", False),
        (DONE, "FINISH", True),
        (DONE, "IDLE", True),
        (BUSY, "RUNNING", False),
        (BUSY, "PAUSE", False),
        ({**DONE, "continuousPrint": True}, "FINISH", False),
        ({**DONE, "isInMaintenance": True}, "FINISH", True),
        ({**DONE, "enabled": False}, "FINISH", True),
        ({**DONE, "isAvailable": False, "isInMaintenance": True}, "FINISH", True),
        ({"isOnline": False, "confirmedReady": False}, None, True),
        ({"isOnline": False, "confirmedReady": True}, None, False),
        ({"isOnline": False, "confirmedReady": False, "printingJobId": "j" * 24}, None, False),
        (BUSY, None, False),
    ],
)
def test_bed_needs_clearing_when_unconfirmed_and_nothing_prints(
    record: dict[str, Any], word: str | None, needs_clearing: bool
) -> None:
    state = printer(**record)
    if word:
        merge(state, state=word)
    assert state.bed_needs_clearing is needs_clearing
    assert not (state.in_use and needs_clearing)


def test_bed_keeps_its_last_state_while_the_printer_is_offline() -> None:
    done = printer(**DONE)
    merge(done, state="FINISH")
    busy = printer(**BUSY)
    merge(busy, state="RUNNING", isAvailable=False, job=job("printing"))
    for state, expected in ((done, True), (busy, False)):
        state.merge_record(printer_row(ID, {"isOnline": False, "updatedAt": (NOON + timedelta(seconds=9)).isoformat()}))
        state.update_derived(state.job)
        assert state.bed_needs_clearing is expected


def test_bed_needs_clearing_when_the_job_of_an_offline_printer_is_over() -> None:
    state = printer(**BUSY)
    merge(state, state="RUNNING", isAvailable=False, job=job("printing"))
    state.merge_record(printer_row(ID, {"isOnline": False, "updatedAt": (NOON + timedelta(seconds=9)).isoformat()}))
    state.update_derived(None)
    assert state.bed_needs_clearing


def test_older_stamp_never_overwrites_a_newer_one() -> None:
    state = printer(name="New")
    assert not state.merge_record(
        printer_row(ID, {"name": "Old", "isOnline": False, "updatedAt": "2026-11-24T11:59:59Z"})
    )
    assert (state.name, state.is_online) == ("New", True)
    assert merge(state, 10, data={"temps": {"bedTemp": 60}})
    assert not merge(state, 9, data={"temps": {"bedTemp": 20}})
    assert state.telemetry.bed_temp == 60
    assert merge(state, 9, data={"temps": {"bedTemp": 20}}, isOnline=False)
    assert (state.telemetry.bed_temp, state.is_online) == (60, False)
    assert not merge(state, 8, isOnline=True)
    assert state.is_online is False


def test_equal_or_missing_stamp_lets_the_last_arrival_win() -> None:
    state = printer(name="First")
    assert state.merge_record(printer_row(ID, {"name": "Second", "updatedAt": NOON.isoformat()}))
    assert state.merge_record(printer_row(ID, {"name": "Third"}))
    assert state.name == "Third"


def test_flags_have_their_own_timestamp_from_either_source() -> None:
    state = printer(**IDLE)
    merge(state, 60, isOnline=True, isAvailable=False)
    # A record that is newer than the last record, but older than the telemetry: all of it counts except the flags.
    state.merge_record(
        printer_row(ID, {**IDLE, "name": "Renamed", "updatedAt": (NOON + timedelta(seconds=30)).isoformat()})
    )
    assert (state.name, state.is_available) == ("Renamed", False)
    state.merge_record(printer_row(ID, {"isAvailable": True, "updatedAt": (NOON + timedelta(seconds=90)).isoformat()}))
    assert state.is_available is True
    merge(state, 80, isAvailable=False)
    assert state.is_available is True


def test_sparse_telemetry_leaves_the_rest_and_health_replaces_health() -> None:
    state = printer()
    problem = {"code": "0700-2000-0002-0001", "message": "AMS slot empty"}
    merge(state, 1, data={"temps": {"bedTemp": 60}, "health": {"errors": [problem], "warnings": [problem]}})
    merge(state, 2, data={"temps": {"nozzleTemp": 200}})
    assert (state.telemetry.bed_temp, len(state.problems)) == (60, 2)
    merge(state, 3, data={"health": {"errors": [], "infos": []}})
    assert [found.severity for found in state.problems] == ["warning"]
    assert state.has_problem


@pytest.mark.parametrize("code", ["0300-8013", "0300-8001", "0300-8000", "03008000", "0300_8000"])
def test_pause_by_a_user_is_no_problem(code: str) -> None:
    state = printer()
    merge(state, data={"health": {"errors": [{"code": code, "message": "Paused"}], "warnings": [], "infos": []}})
    assert state.problems == ()
    assert not state.has_problem


def test_telemetry_without_an_expiry_is_fresh_for_ten_minutes() -> None:
    state = printer()
    state.merge_stat(read_stat(ID, {"data": {}}), NOON)
    assert state.live
    state.expire(NOON + timedelta(minutes=11))
    assert not state.live


def test_end_of_the_print_moves_only_with_the_estimate() -> None:
    state = printer(**BUSY)
    merge(state, 0, state="RUNNING", data={"print": {"timeRemaining": 60}})
    first = state.end_time
    assert first == NOON + timedelta(hours=1)
    for minute in range(1, 30):
        merge(state, minute * 60 + 29, data={"print": {"timeRemaining": 60 - minute}})
        assert state.end_time == first
    merge(state, 1800, data={"temps": {"bedTemp": 60}})
    assert state.end_time == first
    merge(state, 1800, data={"print": {"timeRemaining": 40}})
    assert state.end_time == NOON + timedelta(minutes=70)


@pytest.mark.parametrize("second", [0, 1, 30, 58, 59])
@pytest.mark.parametrize("start", [0, 59])
@pytest.mark.parametrize("lag", [0, 20])
def test_end_of_the_print_does_not_jitter_with_rounded_minutes(second: int, start: int, lag: int) -> None:
    state = printer(**BUSY)
    over = 7200 + second
    ends = set()
    for elapsed in range(start, 7000, 7):
        # The remaining time is in whole minutes; messages take a varying time to arrive.
        late = lag if (elapsed - start) % 3 else 0
        merge(state, elapsed + late, state="RUNNING", data={"print": {"timeRemaining": (over - elapsed) // 60}})
        ends.add(state.end_time)
    assert len(ends) == 1


def test_remaining_time_out_of_range_does_no_harm() -> None:
    state = printer(**BUSY)
    for received_at in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2999-12-31T23:59:59Z"):
        message = {"receivedAt": received_at, "state": "RUNNING", "data": {"print": {"timeRemaining": 1_000_000}}}
        assert state.merge_stat(read_stat(ID, message), NOON) is not None
        assert state.end_time == NOON + timedelta(minutes=1_000_000)


def test_future_timestamp_blocks_nothing() -> None:
    state = printer()
    merge(state, 86400, data={"temps": {"bedTemp": 20}})
    future = (NOON + timedelta(days=365)).isoformat()
    assert state.merge_stat(read_stat(ID, {"receivedAt": future, "data": {"temps": {"bedTemp": 99}}}), NOON) is not None
    assert merge(state, 86401, data={"temps": {"bedTemp": 21}})
    assert state.telemetry.bed_temp == 21


@pytest.mark.parametrize("word", ["PAUSE", "FINISH", "IDLE"])
def test_idle_printer_has_no_end_time(word: str) -> None:
    state = printer(**BUSY)
    merge(state, 0, state="RUNNING", data={"print": {"timeRemaining": 60}})
    merge(state, 1, state=word)
    assert state.end_time is None


def test_start_time_is_that_of_the_job() -> None:
    state = printer(**BUSY)
    assert state.start_time is None
    state.update_derived(job("printing", printingStartedAt="2026-11-24T11:00:00Z"))
    assert state.start_time == NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "word", "pause", "resume", "stop"),
    [
        ("printing", "RUNNING", True, False, True),
        ("paused", "PAUSE", False, True, True),
        ("paused", "RUNNING", True, True, True),
        ("sending-to-printer", "PREPARE", True, False, True),
        ("assigned", "IDLE", False, False, True),
        (None, "RUNNING", True, False, True),
        (None, "PAUSE", False, True, True),
        (None, "FINISH", False, False, False),
        (None, "DANCING", True, True, True),
    ],
)
def test_available_commands_depend_on_job_and_printer(
    status: str | None, word: str, pause: bool, resume: bool, stop: bool
) -> None:
    state = printer(**BUSY)
    merge(state, state=word, job=job(status) if status else None)
    assert (state.can_pause, state.can_resume, state.can_stop) == (pause, resume, stop)


def test_name_is_the_id_until_a_record_has_one() -> None:
    assert PrinterState.from_row(printer_row(ID, {})).name == ID


def test_temperature_has_whole_degrees_that_do_not_flicker() -> None:
    state = printer()
    shown = []
    for second, reading in enumerate((59.8, 60.4, 60.51, 59.49, 60.69, 60.71, 60.4, 60.2)):
        merge(state, second, data={"temps": {"bedTemp": reading}})
        shown.append(state.telemetry.bed_temp)
    assert shown == [60, 60, 60, 60, 60, 61, 61, 60]


def test_only_different_readings_count_as_changed() -> None:
    state = printer(**BUSY)
    whole = {"state": "RUNNING", "data": {"temps": {"bedTemp": 60}, "print": {"percent": 4, "timeRemaining": 30}}}
    merge(state, **whole)
    assert state.merge_stat(read_stat(ID, whole), NOON) == set()
    assert state.merge_stat(read_stat(ID, {**whole, "data": {"temps": {"bedTemp": 62}}}), NOON) == {"bed_temp"}
    assert state.merge_stat(read_stat(ID, {**whole, "state": "PAUSE"}), NOON) == {"state", "bed_temp", STANDING}
    assert state.merge_stat(read_stat(ID, {"isOnline": False}), NOON) == {STANDING}


def test_unreadable_field_is_read_once_it_is_readable() -> None:
    state = printer()
    merge(state, 0, data={"print": {"percent": True, "currentLayer": 3}})
    merge(state, 1, data={"print": {"percent": 1, "currentLayer": 3}})
    assert (state.telemetry.percent, state.telemetry.current_layer) == (1, 3)
