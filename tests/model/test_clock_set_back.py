"""Printago's clock is set back: what was known from a time that now lies in the future must not block later messages."""

from datetime import timedelta

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import JOB, NOON, A, B, FarmClock, event, job, record, slot_rows, snapshot, stamp, stat

AHEAD = 3 * 3600
SLOT = "s" * 24


@pytest.fixture
def farm(clock: FarmClock) -> Farm:
    """A farm that got all of its data while the clock was three hours ahead."""
    farm = Farm(lambda: clock.now)
    clock.now = NOON + timedelta(seconds=AHEAD)
    snapshot(farm, {A: record(AHEAD)}, {JOB: job(AHEAD, status="printing", assignedPrinterId=A)})
    stat(farm, A, AHEAD, state="RUNNING", isOnline=True, isAvailable=False, data={"print": {"percent": 10}})
    farm.materials.take_slots(
        slot_rows({SLOT: {"printerId": A, "amsIndex": 0, "slotIndex": 0, "updatedAt": stamp(AHEAD)}})
    )
    farm.expire()
    return farm


def set_back(clock: FarmClock, seconds: float = 10) -> None:
    clock.now = NOON + timedelta(seconds=seconds)


def test_everything_is_updated_again_at_once(farm: Farm, clock: FarmClock) -> None:
    set_back(clock)
    farm.expire()
    stat(farm, A, 10, state="FINISH", isOnline=True, isAvailable=True, data={"print": {"percent": 100}})
    event(farm, "printer", Action.UPDATE, {A: record(10, confirmedReady=False)})
    event(farm, "printjob", Action.UPDATE, {JOB: job(10, status="completed", assignedPrinterId=A)})
    event(farm, "printerslot", Action.UPDATE, {SLOT: {"slotIndex": 3, "updatedAt": stamp(10)}})
    printer = farm.printers[A]
    assert (printer.print_status, printer.telemetry.percent) == ("finish", 100)
    assert (printer.bed_needs_clearing, printer.readiness) == (True, "awaiting_clear")
    assert farm.jobs == {}
    assert farm.materials.slots[SLOT].where is not None
    assert farm.materials.slots[SLOT].where[1].slot == 3
    assert farm.dropped == {}


def test_snapshot_that_shows_the_new_time_is_merged_itself(farm: Farm, clock: FarmClock) -> None:
    set_back(clock)
    snapshot(farm, {A: record(5, name="Renamed")}, {JOB: job(5, status="paused", assignedPrinterId=A)})
    assert (farm.printers[A].name, farm.jobs[JOB].status) == ("Renamed", "paused")
    assert farm.printers[A].job is farm.jobs[JOB]


def test_job_of_a_printer_is_the_known_one_after_the_clock_was_set(farm: Farm, clock: FarmClock) -> None:
    set_back(clock)
    farm.expire()
    assert farm.printers[A].job is farm.jobs[JOB]


def test_silent_printer_becomes_stale_within_minutes(farm: Farm, clock: FarmClock) -> None:
    set_back(clock)
    farm.expire()
    assert not farm.printers[A].stale
    set_back(clock, 15 * 60)
    farm.expire()
    assert farm.printers[A].stale


def test_removed_printer_and_job_may_come_back(farm: Farm, clock: FarmClock) -> None:
    event(farm, "printer", Action.DELETE, {A: {}})
    event(farm, "printjob", Action.DELETE, {JOB: {}})
    set_back(clock)
    farm.expire()
    event(farm, "printer", Action.INSERT, {A: record(10)})
    event(farm, "printjob", Action.INSERT, {JOB: job(10)})
    assert (farm.printers.keys(), farm.jobs.keys()) == ({A}, {JOB})


def test_slow_response_is_not_taken_for_a_clock_that_was_set_back(farm: Farm, clock: FarmClock) -> None:
    set_back(clock, AHEAD - 90)
    farm.expire()
    event(farm, "printer", Action.UPDATE, {A: record(AHEAD - 60, name="From before")})
    assert farm.printers[A].name == "Printer"


def test_what_is_older_stays_protected(clock: FarmClock) -> None:
    farm = Farm(lambda: clock.now)
    clock.now = NOON + timedelta(seconds=AHEAD)
    snapshot(farm, {A: record(AHEAD), B: record(0, name="Current")})
    set_back(clock)
    farm.expire()
    event(farm, "printer", Action.UPDATE, {B: record(-5, name="From before")})
    assert farm.printers[B].name == "Current"
