"""A bed in use never looks ready to be cleared, whatever its printer and Printago report."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api import Action, JobStatus
from custom_components.printago.api.models.telemetry import StatMessage, read_stat
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.print_status import PrintStatus, Readiness
from custom_components.printago.model.printer import PrinterState
from tests.support.farm_model import JOB, NOON, A, event, job, record, snapshot, stamp

PRINTS = ("RUNNING", "Printing from SD", "paused", "SLICING", "Cancelling")
RESTS = ("FINISH", "Operational", "STOPPED", "error")
UNDECIDED = ("ATTENTION", "Offline after error", "startup", "Printing (slow)", "", 7, None)
THERE = (JobStatus.SENDING_TO_PRINTER, JobStatus.PRINTING, JobStatus.PAUSED)
SHOWN_BEFORE_THE_BED = (Readiness.MAINTENANCE, Readiness.DISABLED, Readiness.OFFLINE)

type Flags = dict[str, bool | None]


class Clock:
    """The time of Printago's clock."""

    now = NOON


def telemetry(word: object, *, second: float = 0, lifetime: float = 300, **flags: bool | None) -> StatMessage:
    """Return telemetry that arrived some seconds after noon."""
    stamps = {"receivedAt": stamp(second), "expiresAt": stamp(second + lifetime)}
    return read_stat(A, {"state": word, **stamps, **flags})


def check(state: PrinterState) -> None:
    """Assert that readiness, bed and status agree."""
    readiness, waits = state.readiness, state.bed_needs_clearing
    assert not (state.in_use and waits)
    assert waits == (readiness is Readiness.AWAITING_CLEAR) or readiness in SHOWN_BEFORE_THE_BED
    assert state.in_use == (readiness is Readiness.BUSY) or readiness in SHOWN_BEFORE_THE_BED
    if state.is_online and not state.stale and state.print_status in (PrintStatus.RUNNING, PrintStatus.PAUSE):
        assert state.in_use


def all_flags() -> Iterator[Flags]:
    """Return all combinations of Printago's data of a printer."""
    names = ("isOnline", "isAvailable", "confirmedReady", "enabled", "continuousPrint", "isInMaintenance")
    kinds = ((True, False), (True, False, None), (True, False, None), (True, False), (True, False), (True, False))
    for values in product(*kinds):
        yield dict(zip(names, values, strict=True))


@pytest.mark.parametrize("stale", [False, True], ids=["fresh", "stale"])
@pytest.mark.parametrize("status", [None, *JobStatus])
@pytest.mark.parametrize("word", [*PRINTS[:3], *RESTS[:3], *UNDECIDED[:4], None], ids=repr)
def test_readiness_and_bed_follow_bed_in_use(word: str | None, status: str | None, stale: bool) -> None:
    for flags in all_flags():
        farm = Farm(lambda: NOON)
        jobs = {JOB: job(status=status, assignedPrinterId=A)} if status else {}
        snapshot(farm, {A: record(**flags)}, jobs)
        connection = {name: flags[name] for name in ("isOnline", "isAvailable")}
        farm.apply(telemetry(word, lifetime=-1 if stale else 300, **connection))

        state = farm.printers[A]
        check(state)
        taken = flags["isAvailable"] is False and not flags["isInMaintenance"]
        in_use = status in THERE or (flags["isOnline"] and taken) or (word in PRINTS and not stale)
        assert state.in_use is bool(in_use), flags
        waits = flags["confirmedReady"] is False and not flags["continuousPrint"] and not in_use
        assert state.bed_needs_clearing is bool(waits), flags


STEPS = st.one_of(
    st.tuples(st.just("stat"), st.sampled_from((*PRINTS, *RESTS, *UNDECIDED)), st.sampled_from((True, False, None))),
    st.tuples(
        st.just("record"),
        st.sampled_from(("isOnline", "isAvailable", "confirmedReady", "enabled", "continuousPrint", "isInMaintenance")),
        st.sampled_from((True, False, None)),
    ),
    st.tuples(st.just("job"), st.sampled_from([*JobStatus, None]), st.booleans()),
    st.tuples(st.just("snapshot"), st.sampled_from([*JobStatus, None]), st.booleans()),
    st.tuples(st.just("silence"), st.just(None), st.just(None)),
    st.tuples(st.just("forbidden"), st.just(None), st.just(None)),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_no_sequence_of_messages_causes_a_contradiction(steps: list[tuple[str, Any, Any]]) -> None:
    clock = Clock()
    farm = Farm(lambda: clock.now)
    snapshot(farm, {A: record(isAvailable=None, confirmedReady=False)})
    for second, (kind, what, value) in enumerate(steps):
        clock.now += timedelta(seconds=1)
        before = farm.printers[A].in_use
        match kind:
            case "stat":
                farm.apply(telemetry(what, second=second, isAvailable=value))
            case "record":
                event(farm, "printer", Action.UPDATE, {A: {what: value, "updatedAt": stamp(second)}})
            case "job":
                fields = job(second, status=what, assignedPrinterId=A, printingJobId=JOB)
                event(farm, "printjob", Action.UPDATE if what else Action.DELETE, {JOB: fields})
            case "snapshot":
                jobs = {JOB: job(second, status=what, assignedPrinterId=A)} if what and what != "completed" else {}
                snapshot(farm, {A: record(second, isAvailable=value, confirmedReady=False)}, jobs)
            case "silence":
                clock.now += timedelta(minutes=6)
                farm.expire()
            case "forbidden":
                farm.forget_jobs()
        state = farm.printers[A]
        check(state)
        if not state.is_online and kind not in ("job", "snapshot"):
            assert state.in_use is before


def farm_at_noon() -> Farm:
    """Return an empty farm at noon."""
    return Farm(lambda: NOON)


def update(farm: Farm, second: float, **fields: Any) -> PrinterState:
    """Change some fields of the printer's record by an event, and return the printer."""
    event(farm, "printer", Action.UPDATE, {A: {**fields, "updatedAt": stamp(second)}})
    return farm.printers[A]


@pytest.mark.parametrize("connection", [{"isOnline": False}, {"isOnline": False, "isAvailable": False}], ids=str)
@pytest.mark.parametrize("taken", [True, False], ids=["taken", "free"])
def test_last_known_value_stays_while_offline_and_is_updated_when_online(
    connection: dict[str, bool], taken: bool
) -> None:
    farm = farm_at_noon()
    snapshot(farm, {A: record(isAvailable=not taken, confirmedReady=False)})
    assert update(farm, 1, **connection).bed_needs_clearing is not taken
    farm.apply(telemetry("FINISH" if taken else "RUNNING", second=2, isOnline=False))
    assert update(farm, 3, name="Renamed").bed_needs_clearing is not taken
    # It is online again, and taken or printing as far as known.
    assert update(farm, 4, isOnline=True).readiness is Readiness.BUSY
    farm.apply(telemetry("FINISH", second=5, isAvailable=True))
    assert farm.printers[A].bed_needs_clearing


@pytest.mark.parametrize("word", ["RUNNING", "PAUSE", "PREPARE"])
def test_bed_of_a_never_online_printer_is_in_use_if_it_last_reported_a_print(word: str) -> None:
    farm = farm_at_noon()
    offline = record(isOnline=False, isAvailable=False, confirmedReady=False)
    snapshot(farm, {A: offline})
    farm.apply(telemetry(word, isOnline=False, isAvailable=False))
    assert (farm.printers[A].in_use, farm.printers[A].bed_needs_clearing) == (True, False)
    # It sends nothing else, and is online again.
    farm.apply(telemetry(None, second=1, lifetime=-1, isOnline=False))
    assert farm.printers[A].in_use
    assert update(farm, 2, isOnline=True, isAvailable=True).bed_needs_clearing


@pytest.mark.parametrize("status", ["sending-to-printer", "printing", "paused"])
def test_bed_of_an_offline_printer_is_in_use_while_it_has_a_job(status: str) -> None:
    farm = farm_at_noon()
    offline = record(isOnline=False, isAvailable=False, confirmedReady=False)
    snapshot(farm, {A: offline}, {JOB: job(status=status, assignedPrinterId=A)})
    assert farm.printers[A].in_use
    event(farm, "printjob", Action.UPDATE, {JOB: job(1, status="completed")})
    assert farm.printers[A].bed_needs_clearing


def test_bed_stays_in_use_if_jobs_become_unreadable() -> None:
    farm = farm_at_noon()
    offline = record(isOnline=False, isAvailable=False, confirmedReady=False)
    snapshot(farm, {A: offline}, {JOB: job(status="printing", assignedPrinterId=A)})
    farm.forget_jobs()
    assert farm.printers[A].in_use
    assert update(farm, 1, isOnline=True, isAvailable=True).bed_needs_clearing


@pytest.mark.parametrize("word", ["reticulating", None, "Offline"])
@pytest.mark.parametrize("in_maintenance", [False, True])
def test_last_known_value_stays_if_nothing_decides(word: str | None, in_maintenance: bool) -> None:
    farm = farm_at_noon()
    snapshot(farm, {A: record(isAvailable=False if in_maintenance else None, confirmedReady=False)})
    update(farm, 1, isInMaintenance=in_maintenance)
    for prints in ("RUNNING", "FINISH"):
        farm.apply(telemetry(prints, second=2))
        farm.apply(telemetry(word, second=2))
        assert farm.printers[A].in_use is (prints == "RUNNING")
        assert farm.printers[A].bed_needs_clearing is (prints != "RUNNING")


def test_silent_printing_printer_stays_in_use_until_printago_reports_otherwise() -> None:
    clock = Clock()
    farm = Farm(lambda: clock.now)
    snapshot(farm, {A: record(isAvailable=None, confirmedReady=False)})
    farm.apply(telemetry("RUNNING"))
    clock.now += timedelta(minutes=6)
    farm.expire()
    assert (farm.printers[A].in_use, farm.printers[A].print_status) == (True, PrintStatus.RUNNING)
    assert update(farm, 400, isAvailable=True).bed_needs_clearing
    assert farm.printers[A].print_status is PrintStatus.FINISH


def test_bed_is_in_use_by_any_of_several_jobs() -> None:
    other = "k" * 24
    farm = farm_at_noon()
    jobs = {JOB: job(status="assigned", assignedPrinterId=A), other: job(status="printing", assignedPrinterId=A)}
    snapshot(farm, {A: record(printingJobId=JOB, confirmedReady=False)}, jobs)
    assert farm.printers[A].in_use
    event(farm, "printjob", Action.UPDATE, {other: job(1, status="completed", assignedPrinterId=A)})
    assert farm.printers[A].bed_needs_clearing


def test_waiting_job_does_not_occupy_the_bed() -> None:
    farm = farm_at_noon()
    snapshot(farm, {A: record(confirmedReady=False)}, {JOB: job(status="assigned", assignedPrinterId=A)})
    assert farm.printers[A].bed_needs_clearing
    assert farm.printers[A].print_status is PrintStatus.IDLE


@pytest.mark.parametrize("fields", [{}, {"isOnline": True}, {"isOnline": True, "isAvailable": None}], ids=str)
def test_new_printer_with_little_data_needs_clearing_until_it_is_taken(fields: dict[str, Any]) -> None:
    farm = farm_at_noon()
    snapshot(farm, {})
    event(farm, "printer", Action.INSERT, {A: {"name": "New", "confirmedReady": False, **fields}})
    assert farm.printers[A].bed_needs_clearing
    assert update(farm, 1, isOnline=True, isAvailable=False).readiness is Readiness.BUSY
    assert not farm.printers[A].bed_needs_clearing


def test_snapshot_older_than_telemetry_does_not_free_the_bed() -> None:
    farm = farm_at_noon()
    snapshot(farm, {A: record(confirmedReady=False)})
    farm.apply(telemetry("reticulating", second=10, isAvailable=False))
    snapshot(farm, {A: record(5, confirmedReady=False)})
    assert farm.printers[A].readiness is Readiness.BUSY
    snapshot(farm, {A: record(15, confirmedReady=False)})
    assert farm.printers[A].readiness is Readiness.AWAITING_CLEAR


@pytest.mark.parametrize("word", ["reticulating", None])
def test_end_of_a_print_follows_its_job_if_the_status_is_unknown(word: str | None) -> None:
    farm = farm_at_noon()
    snapshot(farm, {A: record(isAvailable=None)})
    farm.apply(stat_with_end(word))
    assert farm.printers[A].end_time is None
    for second, (status, known) in enumerate([("printing", True), ("paused", False), ("printing", True)], 1):
        event(farm, "printjob", Action.UPDATE, {JOB: job(second, status=status, assignedPrinterId=A)})
        assert (farm.printers[A].end_time is not None) is known
    assert farm.printers[A].end_time == NOON + timedelta(hours=1)


def stat_with_end(word: str | None) -> StatMessage:
    """Return telemetry of a print that ends in an hour."""
    body = {"state": word, "receivedAt": stamp(), "expiresAt": stamp(300), "data": {"print": {"timeRemaining": 60}}}
    return read_stat(A, body)
