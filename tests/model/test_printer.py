"""The state of a printer, derived from its data."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.model.print_status import PrintStatus, Readiness
from custom_components.printago.model.printer import PrinterState
from tests.support.farm_model import printer_row
from tests.support.one_printer import BUSY, DONE, ID, IDLE, NOON, job, merge, printer

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
