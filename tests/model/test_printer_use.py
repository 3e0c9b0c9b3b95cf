"""What a printer does and what can be done with it, where job, flags and telemetry say different things."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.external_print import ExternalPrint
from custom_components.printago.model.print_status import Activity, PrintStatus
from custom_components.printago.model.printer import PrinterState
from tests.support.farm_model import JOB, NOON, A, printer_row, record, stamp

STUCK = {"code": "0300-0D00-0001-000B", "message": "Stuck"}


def printer(**fields: Any) -> PrinterState:
    """Return a printer whose record arrived at noon."""
    state = PrinterState.from_row(printer_row(A, record(**fields)))
    state.update_derived(None)
    return state


def merge(state: PrinterState, /, second: float = 0, **payload: Any) -> None:
    """Merge telemetry."""
    now = NOON + timedelta(seconds=second)
    state.merge_stat(read_stat(A, {"receivedAt": stamp(second), "expiresAt": stamp(second + 300), **payload}), now)


def job(status: str | None, **fields: Any) -> PrintJob:
    """Return a job of the printer."""
    return PrintJob.from_json(JOB, {"status": status, "assignedPrinterId": A, **fields})


# Activity


@pytest.mark.parametrize(
    ("word", "flags", "status", "in_words"),
    [
        ("RUNNING", {}, PrintStatus.RUNNING, True),
        ("RUNNING", {"isAvailable": True}, PrintStatus.RUNNING, True),
        ("IDLE", {"isAvailable": False}, PrintStatus.IDLE, True),
        ("offline", {"isAvailable": False}, None, False),
        ("Druckt", {"isAvailable": False}, PrintStatus.RUNNING, False),
        ("Druckt", {"isAvailable": True}, PrintStatus.IDLE, False),
        (None, {"isAvailable": False}, PrintStatus.RUNNING, False),
        ("RUNNING", {"isOnline": False}, None, False),
    ],
)
def test_activity_is_the_word_of_the_printer_else_the_flag(
    word: str | None, flags: dict[str, bool], status: PrintStatus | None, in_words: bool
) -> None:
    state = printer()
    merge(state, state=word, **flags)
    assert state.activity == Activity(status, in_words)
    state.expire(NOON + timedelta(minutes=5))
    assert state.activity == Activity(None, in_words=False)


@pytest.mark.parametrize("fields", [{"isAvailable": None}, {"isAvailable": False, "isInMaintenance": True}])
def test_activity_is_unknown_without_a_word_and_a_flag_that_counts(fields: dict[str, Any]) -> None:
    state = printer(**fields)
    merge(state, state="Druckt")
    assert state.activity == Activity(None, in_words=False)
    assert state.printing is None
    assert state.can_pause
    assert state.can_resume
    assert state.can_stop


# Use of the bed


@pytest.mark.parametrize(
    ("word", "in_use"), [("RUNNING", True), ("PAUSE", True), ("IDLE", False), ("Druckt", False), (None, False)]
)
def test_printer_that_was_never_online_is_in_use_if_its_last_word_was_of_a_print(
    word: str | None, in_use: bool
) -> None:
    state = printer(isOnline=False, isAvailable=None, confirmedReady=False)
    merge(state, state=word)
    state.update_derived(None)
    assert (state.in_use, state.bed_needs_clearing) == (in_use, not in_use)


def test_printer_that_went_offline_keeps_what_was_known_of_its_bed() -> None:
    state = printer(confirmedReady=False)
    merge(state, 0, state="FINISH")
    state.update_derived(None)
    merge(state, 1, isOnline=False, state="RUNNING")
    for _ in range(3):
        state.update_derived(None)
        assert not state.in_use
    merge(state, 2, isOnline=True)
    state.update_derived(None)
    assert state.in_use


def test_printer_named_by_a_job_is_in_use_until_telemetry_says_otherwise() -> None:
    for fields, in_use in (({"printingJobId": JOB}, True), ({}, False)):
        state = PrinterState.from_row(printer_row(A, record(isOnline=False, **fields)))
        assert state.in_use is in_use
        state.update_derived(None)
        assert state.in_use is in_use


def test_end_of_a_job_frees_the_bed_of_an_offline_printer_but_not_that_of_a_running_one() -> None:
    for online in (False, True):
        state = printer(isOnline=online, isAvailable=None)
        merge(state, state="RUNNING")
        state.update_derived(job("printing"))
        assert (state.in_use, state.occupied) == (True, True)
        state.update_derived(None)
        assert (state.in_use, state.occupied) == (online, False)


def test_several_jobs_occupy_the_printer_even_if_its_own_is_not_there_yet() -> None:
    state = printer()
    state.update_derived(job("assigned"), occupied=True)
    assert (state.occupied, state.in_use) == (True, True)
    state.update_derived(job("assigned"))
    assert (state.occupied, state.in_use) == (False, False)


def test_unreadable_job_is_forgotten_at_once() -> None:
    state = printer(isAvailable=None)
    state.update_derived(job("printing"))
    state.forget_job()
    assert (state.job, state.occupied, state.in_use) == (None, False, True)


def test_update_reports_only_what_the_totals_depend_on() -> None:
    state = printer()
    assert not state.update_derived(None)
    assert state.update_derived(job("printing"))
    assert not state.update_derived(job("printing"))
    merge(state, data={"health": {"errors": [STUCK]}})
    assert state.update_derived(job("printing"))
    assert state.counted is not None
    assert (state.counted.has_problem, len(state.counted.problems)) == (True, 1)
    state.expire(NOON + timedelta(minutes=5))
    assert state.update_derived(job("printing"))
    assert (state.counted.has_problem, state.counted.problems) == (False, ())


# Problems


def test_problem_counts_while_telemetry_is_current() -> None:
    state = printer()
    assert not state.has_problem
    merge(state, data={"health": {"errors": [STUCK]}})
    assert state.has_problem
    state.expire(NOON + timedelta(minutes=5))
    assert not state.has_problem
    assert state.problems, "it stays in the attributes"


# Commands


@pytest.mark.parametrize(
    ("word", "flags", "status", "able"),
    [
        ("RUNNING", {}, None, "pause stop"),
        ("PREPARE", {}, None, "pause stop"),
        ("SLICING", {}, None, "stop"),
        ("PAUSE", {}, None, "resume stop"),
        ("IDLE", {}, None, ""),
        ("IDLE", {}, "printing", "pause stop"),
        ("IDLE", {}, "paused", "resume stop"),
        ("IDLE", {}, "assigned", "stop"),
        ("RUNNING", {}, "assigned", "pause stop"),
        ("Druckt", {"isAvailable": False}, None, "pause resume stop"),
        ("Druckt", {"isAvailable": False}, "printing", "pause stop"),
        ("Druckt", {"isAvailable": True}, None, ""),
        ("RUNNING", {"isOnline": False}, None, ""),
    ],
)
def test_commands_are_possible_for_what_job_or_printer_do(
    word: str, flags: dict[str, bool], status: str | None, able: str
) -> None:
    state = printer()
    merge(state, state=word, **flags)
    state.update_derived(job(status) if status else None)
    possible = {"pause": state.can_pause, "resume": state.can_resume, "stop": state.can_stop}
    assert " ".join(name for name, can in possible.items() if can) == able


# Filament


def test_tray_is_found_by_its_address() -> None:
    state = printer()
    assert state.tray(SlotAddress(0, 0)) is None
    units = [{"slots": [{"type": "PLA"}, {"type": "PETG"}]}, {"slots": [{"type": "ABS"}]}]
    merge(state, data={"filament": {"ams": {"ams": units}, "spool": {"type": "TPU"}}})
    places = (0, 0), (0, 1), (1, 0), (-1, 0)
    trays = [state.tray(SlotAddress(ams, slot)) for ams, slot in places]
    assert [tray.type if tray is not None else None for tray in trays] == ["PLA", "PETG", "ABS", "TPU"]
    for missing in (SlotAddress(0, 2), SlotAddress(1, 1), SlotAddress(2, 0)):
        assert state.tray(missing) is None


@pytest.mark.parametrize(
    ("status", "mapping", "feeds"),
    [
        ("printing", [0], (True, False)),
        ("paused", [0, 1], (True, True)),
        ("sending-to-printer", [0], (False, False)),
        ("printing", None, (None, None)),
        (None, None, (False, False)),
    ],
)
def test_print_uses_the_filament_of_its_job(
    status: str | None, mapping: list[int] | None, feeds: tuple[bool | None, ...]
) -> None:
    state = printer()
    rows = None if mapping is None else [{"amsIndex": 0, "slotIndex": slot, "materialType": "PLA"} for slot in mapping]
    state.update_derived(job(status, materialMapping=rows) if status else None)
    assert tuple(state.feeds_from(SlotAddress(0, slot)) for slot in (0, 1)) == feeds


# Times


def test_start_is_that_of_the_job_else_of_the_external_print() -> None:
    state = printer()
    assert state.start_time is None
    state.external_print = ExternalPrint(seen_at=NOON, name=None)
    assert state.start_time == NOON
    state.update_derived(job("printing"))
    assert state.start_time == NOON, "the job has no time yet"
    state.update_derived(job("printing", printingStartedAt=stamp(5)))
    assert state.start_time == NOON + timedelta(seconds=5)
    state.external_print = None
    state.update_derived(job("printing"))
    assert state.start_time is None


def test_readings_left_over_from_the_previous_print_are_not_those_of_the_next() -> None:
    state = printer()
    merge(state, 0, state="FINISH", data={"print": {"percent": 100, "taskName": "Yesterday's"}})
    external = state.external_print = ExternalPrint(seen_at=NOON, name=None)
    for second, word in ((1, "RUNNING"), (2, "PAUSE"), (3, "RUNNING")):
        merge(state, second, state=word)
        assert (external.name, external.progress) == (None, None)
    merge(state, 4, data={"print": {"percent": 5}})
    assert (external.name, external.progress) == (None, 5)
    merge(state, 5, data={"print": {"taskName": "Bracket"}})
    assert (external.name, external.progress) == ("Bracket", 5)
