"""Merging snapshots and messages into one farm."""

from datetime import UTC, timedelta
from typing import Any

from hypothesis import example, given, settings, strategies as st
import orjson
import pytest

from custom_components.printago.api import Action, MalformedMessageError, parse_message
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.print_status import PrintStatus, Readiness
from tests.api.payloads import ANYTHING, FULL_STAT, STORE, damaged
from tests.support.farm_model import (
    JOB,
    NOON,
    A,
    B,
    event,
    job,
    listed_jobs,
    listed_printers,
    printer_row,
    record,
    snapshot,
    stamp,
    stat,
)


@pytest.fixture
def farm() -> Farm:
    """Return a farm of one printer, at noon."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()})
    return farm


def test_snapshot_adds_updates_and_removes(farm: Farm) -> None:
    changes = snapshot(farm, {A: record(1, name="Renamed"), B: record()})
    assert (changes.added, changes.removed) == ({B}, set())
    assert farm.printers[A].name == "Renamed"
    changes = snapshot(farm, {B: record()})
    assert (changes.added, changes.removed) == (set(), {A})
    assert A not in farm.printers


def test_incomplete_snapshot_removes_nothing(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job()})
    changes = snapshot(farm, {B: record()}, {}, complete=False)
    assert not changes.complete
    assert farm.printers.keys() == {A, B}
    assert JOB in farm.jobs


def test_empty_snapshot_is_accepted_the_second_time(farm: Farm) -> None:
    assert not snapshot(farm, {}).removed
    assert A in farm.printers
    snapshot(farm, {A: record()})
    assert not snapshot(farm, {}).removed
    assert snapshot(farm, {}).removed == {A}


def test_incomplete_empty_snapshot_is_not_the_first_of_two(farm: Farm) -> None:
    assert not snapshot(farm, {}, complete=False).removed
    assert not snapshot(farm, {}).removed
    assert snapshot(farm, {}).removed == {A}


def test_queue_is_kept_after_one_empty_snapshot(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job()})
    snapshot(farm, {}, {})
    assert JOB in farm.jobs
    snapshot(farm, {A: record()}, {})
    assert JOB not in farm.jobs


def test_job_missing_in_one_snapshot_returns_with_the_next(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job(5)})
    snapshot(farm, {A: record()}, {})
    assert JOB not in farm.jobs
    event(farm, "printjob", Action.UPDATE, {JOB: job(5)})
    assert JOB not in farm.jobs
    snapshot(farm, {A: record()}, {JOB: job(4)})
    assert JOB not in farm.jobs
    snapshot(farm, {A: record()}, {JOB: job(5)})
    assert JOB in farm.jobs


def test_event_in_flight_is_applied_on_top_of_the_snapshot(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.INSERT, {B: record(name="New")})
    event(farm, "printer", Action.UPDATE, {A: {"name": "Unstamped"}})
    event(farm, "printjob", Action.UPDATE, {JOB: job(status="printing", assignedPrinterId=A)})
    stat(farm, A, None, data={"temps": {"bedTemp": 61}})
    changes = farm.apply_snapshot(listed_printers({A: record(name="From before")}), listed_jobs({JOB: job(-5)}))
    assert farm.printers.keys() == {A, B}
    assert farm.printers[A].name == "Unstamped"
    assert farm.printers[A].telemetry.bed_temp == 61
    assert farm.jobs[JOB].status == "printing"
    assert not changes.removed


def test_deletion_in_flight_survives_the_snapshot(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.DELETE, {A: {}})
    changes = farm.apply_snapshot(listed_printers({A: record(), B: record()}), None)
    assert farm.printers.keys() == {B}
    assert A not in changes.added | changes.printers


def test_telemetry_before_its_printer_is_kept_for_the_snapshot() -> None:
    farm = Farm(lambda: NOON)
    farm.begin_snapshot()
    stat(farm, A, data={"temps": {"bedTemp": 61, "chamberTemp": 40}})
    changes = farm.apply_snapshot(listed_printers({A: record()}), None)
    assert farm.printers[A].telemetry.bed_temp == 61
    assert changes.new_features == {A}


def test_failed_snapshot_loses_no_message(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.UPDATE, {A: {"name": "Renamed meanwhile"}})
    farm.abandon_snapshot()
    assert farm.printers[A].name == "Renamed meanwhile"
    assert not snapshot(farm, {A: record()}).removed


def test_too_many_messages_in_flight_request_another_snapshot(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.model.farm._MOST_JOURNALED", 1)
    farm.begin_snapshot()
    assert not event(farm, "printer", Action.UPDATE, {A: {}}).needs_refresh
    assert event(farm, "printer", Action.UPDATE, {A: {}}).needs_refresh


def test_telemetry_in_flight_overrides_an_older_snapshot(farm: Farm) -> None:
    farm.begin_snapshot()
    stat(farm, A, 5, isOnline=True, isAvailable=False, state="RUNNING")
    farm.apply_snapshot(listed_printers({A: record(1)}), None)
    assert farm.printers[A].printing
    assert farm.printers[A].readiness == "busy"


def test_starting_a_snapshot_twice_loses_no_message(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.INSERT, {B: record(name="New")})
    farm.begin_snapshot()
    farm.apply_snapshot(listed_printers({A: record()}), None)
    assert farm.printers[B].name == "New"


def test_late_message_does_not_restore_a_removed_printer(farm: Farm) -> None:
    event(farm, "printer", Action.DELETE, {A: {}})
    changes = event(farm, "printer", Action.INSERT, {A: record()})
    assert A not in farm.printers
    assert changes.needs_refresh
    event(farm, "printer", Action.INSERT, {A: record(5)})
    assert A in farm.printers


@pytest.mark.parametrize(
    ("action", "half"),
    [
        (Action.UPDATE, {"isOnline": True, "updatedAt": stamp(9)}),
        (Action.UPDATE, {"name": "Renamed", "updatedAt": stamp(9)}),
        (Action.UPDATE, {}),
        (Action.INSERT, {"isOnline": True, "updatedAt": stamp(9)}),
        (Action.INSERT, {}),
        (Action.INSERT, record(-1)),
    ],
)
def test_partial_update_does_not_restore_a_printer_deleted_twice(
    farm: Farm, action: Action, half: dict[str, Any]
) -> None:
    assert event(farm, "printer", Action.DELETE, {A: {}}).removed == {A}
    assert not event(farm, "printer", Action.DELETE, {A: {}}).removed
    changes = event(farm, "printer", action, {A: half})
    assert not changes.printers | changes.added
    assert A not in farm.printers
    assert event(farm, "printer", Action.INSERT, {A: record(10)}).added == {A}


def test_partial_update_of_a_deleted_printer_requests_one_snapshot(farm: Farm) -> None:
    for _ in range(2):
        event(farm, "printer", Action.DELETE, {A: {}})
    asked = [event(farm, "printer", Action.UPDATE, {A: {"isOnline": True}}).needs_refresh for _ in range(3)]
    assert asked == [True, False, False]


def test_unknown_printer_is_counted_and_requested_once(farm: Farm) -> None:
    assert stat(farm, B).needs_refresh
    assert not stat(farm, B).needs_refresh
    assert farm.dropped["unknown_printer"] == 2
    assert not event(farm, "printer", Action.DELETE, {B: {}}).removed


def test_printer_with_only_one_known_field_is_not_added(farm: Farm) -> None:
    changes = event(farm, "printer", Action.INSERT, {B: {"isOnline": True}})
    assert changes.needs_refresh
    assert B not in farm.printers


def test_number_of_counted_unknown_entity_types_is_limited(farm: Farm) -> None:
    for number in range(500):
        event(farm, f"kind{number}", Action.UPDATE, {})
    assert farm.dropped["kind:kind7"] == 1
    assert len(farm.dropped) <= 51
    assert sum(farm.dropped.values()) == 500


def test_push_changes_only_its_printer(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()})
    changes = stat(farm, B, data={"temps": {"bedTemp": 60}})
    assert changes.printers == {B}
    assert changes.new_features == {B}
    assert not changes.totals_changed
    assert not stat(farm, B, 1, data={"temps": {"bedTemp": 61}}).new_features
    assert stat(farm, B, 2, isAvailable=False).totals_changed


def test_late_telemetry_is_dropped_and_counted(farm: Farm) -> None:
    stat(farm, A, 10, data={"temps": {"bedTemp": 60}})
    assert not stat(farm, A, 5, data={"temps": {"bedTemp": 20}}).printers
    assert farm.dropped["late"] == 1
    assert not event(farm, "printer", Action.UPDATE, {A: record(-1, isOnline=False, name="Old")}).printers


def test_expiry_returns_printers_with_stale_telemetry() -> None:
    now = [NOON]
    farm = Farm(lambda: now[0])
    snapshot(farm, {A: record(), B: record()})
    stat(farm, A)
    now[0] = NOON + timedelta(minutes=6)
    assert farm.expire().printers == {A}
    assert not farm.expire().printers


def test_record_from_a_response_is_applied(farm: Farm) -> None:
    assert farm.apply_printer(printer_row(A, record(1, confirmedReady=False))).printers == {A}
    assert farm.printers[A].bed_needs_clearing
    assert not farm.apply_printer(printer_row(A, record(-1, name="Old", isOnline=False))).printers
    assert not farm.apply_printer(printer_row(B, record())).printers


messages = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from(["name", "stat"]), st.integers(0, 9)), min_size=1, max_size=30
)


@settings(max_examples=150, deadline=None)
@given(messages, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter_for_data_with_timestamps(
    sent: list[tuple[int, str, int]], random: Any
) -> None:
    """Duplicated and shuffled, the newest of each group wins."""
    newest = {kind: max((when for when, of, _ in sent if of == kind), default=None) for kind in ("name", "stat")}
    unique = {(when, kind): value for when, kind, value in sent}
    arriving = [*unique.items(), *unique.items()]
    random.shuffle(arriving)
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record(-1, name="Before")})
    for (when, kind), value in arriving:
        if kind == "name":
            event(farm, "printer", Action.UPDATE, {A: {"name": f"Name {value}", "updatedAt": stamp(when)}})
        else:
            stat(farm, A, when, data={"temps": {"bedTemp": value}})
    state = farm.printers[A]
    if newest["name"] is not None:
        assert state.name == f"Name {unique[newest['name'], 'name']}"
    if newest["stat"] is not None:
        assert state.telemetry.bed_temp == unique[newest["stat"], "stat"]


RECORD = record(
    tags=["tag"],
    metadata={"dev_product_name": "X1"},
    printingJobId=JOB,
    continuousPrint=False,
    isInMaintenance=False,
    enabled=True,
)
RECORDS = st.dictionaries(st.sampled_from([A, B, JOB]), damaged(RECORD) | damaged(job(assignedPrinterId=A)), max_size=3)
EVENTS = st.fixed_dictionaries(
    {"action": st.sampled_from(["INSERT", "UPDATE", "DELETE"]) | ANYTHING, "entities": RECORDS | ANYTHING},
    optional={"entityType": st.sampled_from(["printers", "print-jobs", "orders"]) | ANYTHING, "changes": ANYTHING},
)
STAT = {key: value for key, value in FULL_STAT.items() if key not in ("printerId", "storeId")}
STATS = damaged(STAT)
TOPICS = ("printer-stats/" + A, "printer-stats/" + B, "entities/printers", "entities/print-jobs")


@settings(max_examples=150, deadline=None)
@example(sent=[(TOPICS[0], STAT)], asked=None)
@given(
    sent=st.lists(st.tuples(st.sampled_from(TOPICS), STATS | EVENTS) | RECORDS, min_size=1, max_size=12),
    asked=st.sampled_from([None, 0, 3]),
)
def test_any_messages_leave_a_working_farm_with_valid_values(sent: list[Any], asked: int | None) -> None:
    """Damaged messages and snapshots in any order; a snapshot starts after ``asked`` of them."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()})
    for number, item in enumerate(sent):
        if number == asked:
            farm.begin_snapshot()
        if isinstance(item, dict):
            farm.apply_snapshot(listed_printers(item, complete=False), listed_jobs(item))
            continue
        topic, payload = item
        try:
            farm.apply(
                parse_message(STORE, f"stores/{STORE}/{topic}", orjson.dumps(payload, option=orjson.OPT_NON_STR_KEYS))
            )
        except MalformedMessageError, orjson.JSONEncodeError:
            continue
    farm.abandon_snapshot()
    farm.expire()
    for printer_id, state in farm.printers.items():
        assert state.id == printer_id
        assert isinstance(state.name, str)
        assert isinstance(state.bed_needs_clearing, bool)
        assert state.print_status in {*PrintStatus, None}
        assert state.readiness in Readiness
        assert state.job is None or farm.jobs[state.job.id] is state.job
        assert state.end_time is None or state.end_time.tzinfo is UTC
        for problem in state.problems:
            assert problem.code or problem.message
    assert all(found.status is not None for found in farm.jobs.values())
