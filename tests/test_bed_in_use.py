"""A bed in use never looks as if it could be cleared, whatever a printer and Printago say of it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.printago.api import Action, JobStatus
from custom_components.printago.api.telemetry import StatMessage, read_stat
from custom_components.printago.farm import Farm
from custom_components.printago.print_status import PrintStatus
from custom_components.printago.printer_state import PrinterState, Readiness
from tests.farm_model import JOB, NOON, A, event, job, record, snapshot, stamp

PRINTS = ("RUNNING", "Printing from SD", "paused", "SLICING", "Cancelling")
RESTS = ("FINISH", "Operational", "STOPPED", "error")
UNDECIDED = ("ATTENTION", "Offline after error", "startup", "Printing (slow)", "", 7, None)
THERE = (JobStatus.SENDING_TO_PRINTER, JobStatus.PRINTING, JobStatus.PAUSED)
SHOWN_BEFORE_THE_BED = (Readiness.MAINTENANCE, Readiness.DISABLED, Readiness.OFFLINE)

type Flags = dict[str, bool | None]


class Clock:
    """What Printago's clock shows."""

    now = NOON


def telemetry(word: object, *, second: float = 0, lifetime: float = 300, **flags: bool | None) -> StatMessage:
    """Return telemetry that came some seconds after noon."""
    stamps = {"receivedAt": stamp(second), "expiresAt": stamp(second + lifetime)}
    return read_stat(A, {"state": word, **stamps, **flags})


def check(state: PrinterState) -> None:
    """Readiness, bed and status tell the same story."""
    readiness, waits = state.readiness, state.bed_needs_clearing
    assert not (state.in_use and waits)
    assert waits == (readiness is Readiness.AWAITING_CLEAR) or readiness in SHOWN_BEFORE_THE_BED
    assert state.in_use == (readiness is Readiness.BUSY) or readiness in SHOWN_BEFORE_THE_BED
    if state.is_online and not state.stale and state.print_status in (PrintStatus.RUNNING, PrintStatus.PAUSE):
        assert state.in_use


def all_flags() -> Iterator[Flags]:
    """Return all combinations of what Printago says of a printer."""
    names = ("isOnline", "isAvailable", "confirmedReady", "enabled", "continuousPrint", "isInMaintenance")
    kinds = ((True, False), (True, False, None), (True, False, None), (True, False), (True, False), (True, False))
    for values in product(*kinds):
        yield dict(zip(names, values, strict=True))


@pytest.mark.parametrize("stale", [False, True], ids=["fresh", "stale"])
@pytest.mark.parametrize("status", [None, *JobStatus])
@pytest.mark.parametrize("word", [*PRINTS[:3], *RESTS[:3], *UNDECIDED[:4], None], ids=repr)
def test_readiness_and_bed_follow_whether_the_bed_is_in_use(word: str | None, status: str | None, stale: bool) -> None:
    for flags in all_flags():
        farm = Farm(lambda: NOON)
        jobs = {JOB: job(status=status, assignedPrinterId=A)} if status else {}
        snapshot(farm, {A: record(**flags)}, jobs)
        connection = {name: flags[name] for name in ("isOnline", "isAvailable")}
        farm.apply(telemetry(word, lifetime=-1 if stale else 300, **connection))

        state = farm.printers[A]
        check(state)
        taken = flags["isAvailable"] is False and not flags["isInMaintenance"]
        in_use = status in THERE or (flags["isOnline"] and (taken or (word in PRINTS and not stale)))
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
def test_no_sequence_of_messages_makes_them_contradict_each_other(steps: list[tuple[str, Any, Any]]) -> None:
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
