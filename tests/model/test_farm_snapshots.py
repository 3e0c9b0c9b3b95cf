"""Snapshots of the farm: what they change, what is applied on top of them, and what comes twice."""

from datetime import timedelta

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model import farm as module
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import (
    JOB,
    A,
    B,
    FarmClock,
    event,
    job,
    listed_jobs,
    listed_printers,
    record,
    snapshot,
    stamp,
    stat,
)


@pytest.fixture
def farm(clock: FarmClock) -> Farm:
    """Return a farm of one printer."""
    farm = Farm(lambda: clock.now)
    snapshot(farm, {A: record()})
    return farm


def test_snapshot_reports_all_printers_and_totals_but_jobs_only_if_it_has_them(farm: Farm) -> None:
    changes = snapshot(farm, {A: record(), B: record(1)})
    assert (changes.printers, changes.totals_changed, changes.jobs, changes.complete) == ({A, B}, True, True, True)
    farm.begin_snapshot()
    changes = farm.apply_snapshot(listed_printers({A: record()}), None)
    assert (changes.printers, changes.jobs, changes.removed) == ({A}, False, {B})


def test_jobs_are_known_once_a_snapshot_has_listed_them(clock: FarmClock) -> None:
    farm = Farm(lambda: clock.now)
    for jobs, known in ((None, False), (listed_jobs({}), True), (None, True)):
        farm.begin_snapshot()
        farm.apply_snapshot(listed_printers({A: record()}), jobs)
        assert farm.knows_jobs is known


def test_first_snapshot_may_be_empty(clock: FarmClock) -> None:
    farm = Farm(lambda: clock.now)
    changes = snapshot(farm, {}, {JOB: job()})
    assert not changes.complete
    assert snapshot(farm, {}).complete
    assert farm.jobs == {}, "no printer is missing that was there before"


def test_empty_snapshot_that_comes_twice_is_complete_the_second_time(farm: Farm) -> None:
    assert [snapshot(farm, {}).complete for _ in range(2)] == [False, True]
    assert farm.printers == {}


def test_printer_mentioned_while_a_snapshot_was_requested_is_not_removed_by_it(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()}, {JOB: job()})
    farm.begin_snapshot()
    event(farm, "printer", Action.UPDATE, {A: record(1, name="Renamed")})
    event(farm, "printjob", Action.UPDATE, {JOB: job(1)})
    changes = farm.apply_snapshot(listed_printers({B: record()}), listed_jobs({}))
    assert (farm.printers.keys(), changes.removed, farm.jobs.keys()) == ({A, B}, set(), {JOB})
    assert snapshot(farm, {B: record()}).removed == {A}


def test_printer_added_and_removed_in_flight_is_neither(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.DELETE, {A: {}})
    event(farm, "printer", Action.INSERT, {B: record(1)})
    event(farm, "printer", Action.DELETE, {B: {}})
    changes = farm.apply_snapshot(listed_printers({A: record(), B: record()}), None)
    assert farm.printers == {}
    assert (changes.added, changes.removed, changes.printers) == (set(), {A, B}, set())


def test_journal_counts_nothing_twice(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job()})
    farm.open_jobs.completions.total = 7
    farm.begin_snapshot()
    event(farm, "printjob", Action.UPDATE, {JOB: job(5, status="completed")})
    event(farm, "nonsense", Action.UPDATE, {})
    stat(farm, B, None)
    farm.abandon_snapshot()
    assert farm.open_jobs.completions.total == 8
    assert (farm.open_jobs.completions.seen, farm.dropped) == (1, {"kind:nonsense": 1, "unknown_printer": 1})


def test_message_after_a_snapshot_is_not_applied_again_with_the_next_one(farm: Farm) -> None:
    farm.begin_snapshot()
    farm.abandon_snapshot()
    event(farm, "printer", Action.UPDATE, {A: {"name": "Renamed"}})
    snapshot(farm, {A: record(1, name="Printago's")})
    assert farm.printers[A].name == "Printago's"


def test_orders_in_flight_are_reported_once_and_printers_again(farm: Farm) -> None:
    farm.begin_snapshot()
    assert len(event(farm, "order", Action.INSERT, {"o": {"status": "open"}}).order_changes) == 1
    event(farm, "printer", Action.UPDATE, {A: {"name": "Renamed"}})
    stat(farm, A, None, data={"temps": {"bedTemp": 60}})
    changes = farm.apply_snapshot(listed_printers({A: record()}), None)
    assert changes.order_changes == []
    assert (farm.printers[A].name, farm.printers[A].telemetry.bed_temp) == ("Renamed", 60)


def test_journal_keeps_as_many_messages_as_it_may(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_JOURNALED", 2)
    farm.begin_snapshot()
    asked = [
        event(farm, "printer", Action.UPDATE, {A: {"name": name}}).needs_refresh for name in ("one", "two", "three")
    ]
    assert asked == [False, False, True]
    farm.apply_snapshot(listed_printers({A: record(1)}), None)
    assert farm.printers[A].name == "two"


def test_snapshot_sees_which_telemetry_has_expired(farm: Farm, clock: FarmClock) -> None:
    stat(farm, A, 0, state="IDLE")
    assert farm.printers[A].live
    clock.now += timedelta(minutes=5)
    snapshot(farm, {A: record()})
    assert not farm.printers[A].live


def test_time_in_the_future_of_a_listed_printer_blocks_no_message(farm: Farm) -> None:
    snapshot(farm, {A: record(86_400, name="From tomorrow")})
    assert farm.printers[A].name == "From tomorrow"
    event(farm, "printer", Action.UPDATE, {A: {"name": "Now", "updatedAt": stamp(86_500)}})
    event(farm, "printer", Action.UPDATE, {A: {"name": "Newest", "updatedAt": stamp(1)}})
    assert farm.printers[A].name == "Newest"
