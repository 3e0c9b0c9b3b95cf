"""How snapshots and messages become one farm."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings, strategies as st
import orjson
import pytest

from custom_components.printago.api import Action, EntityEvent, Listing, MalformedMessageError, parse_message
from custom_components.printago.api.telemetry import read_stat
from custom_components.printago.farm import Changes, Farm
from custom_components.printago.printer_state import PrintStatus, Readiness
from tests.api.payloads import ANYTHING, FULL_STAT, STORE, damaged

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B = "a" * 24, "b" * 24
JOB = "j" * 24


def stamp(seconds: float = 0) -> str:
    """Return the time some seconds after noon, as the cloud writes it."""
    return (NOON + timedelta(seconds=seconds)).isoformat()


def record(seconds: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a printer's record."""
    return {
        "name": "Printer",
        "isOnline": True,
        "isAvailable": True,
        "confirmedReady": True,
        "updatedAt": stamp(seconds),
        **fields,
    }


def job(seconds: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a job's record."""
    return {"partName": "Benchy", "status": "pending", "partBuildId": "x" * 24, "updatedAt": stamp(seconds), **fields}


def snapshot(
    farm: Farm, printers: Mapping[str, Any], jobs: Mapping[str, Any] | None = None, *, complete: bool = True
) -> Changes:
    """Let a snapshot come at once."""
    farm.begin_snapshot()
    return farm.apply_snapshot(Listing(dict(printers), complete), Listing(dict(jobs or {}), complete))


def event(farm: Farm, kind: str, action: Action, entities: Mapping[str, Any]) -> Changes:
    """Let an entity event come."""
    return farm.apply(EntityEvent(kind=kind, action=action, entities=entities))


def stat(farm: Farm, printer_id: str, seconds: float | None = 0, **payload: Any) -> Changes:
    """Let telemetry come."""
    received = {} if seconds is None else {"receivedAt": stamp(seconds), "expiresAt": stamp(seconds + 300)}
    return farm.apply(read_stat(printer_id, {**received, **payload}))


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


def test_empty_snapshot_is_believed_the_second_time(farm: Farm) -> None:
    assert not snapshot(farm, {}).removed
    assert A in farm.printers
    snapshot(farm, {A: record()})
    assert not snapshot(farm, {}).removed
    assert snapshot(farm, {}).removed == {A}


def test_empty_snapshot_that_was_cut_short_is_not_the_first_of_two(farm: Farm) -> None:
    assert not snapshot(farm, {}, complete=False).removed
    assert not snapshot(farm, {}).removed
    assert snapshot(farm, {}).removed == {A}


def test_queue_is_kept_while_the_whole_farm_seems_to_be_gone(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job()})
    snapshot(farm, {}, {})
    assert JOB in farm.jobs
    snapshot(farm, {A: record()}, {})
    assert JOB not in farm.jobs


def test_job_that_a_snapshot_left_out_by_mistake_comes_back_with_the_next(farm: Farm) -> None:
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
    changes = farm.apply_snapshot(
        Listing({A: record(name="From before")}, complete=True), Listing({JOB: job(-5)}, complete=True)
    )
    assert farm.printers.keys() == {A, B}
    assert farm.printers[A].name == "Unstamped"
    assert farm.printers[A].telemetry.bed_temp == 61
    assert farm.jobs[JOB].status == "printing"
    assert not changes.removed


def test_deletion_in_flight_survives_the_snapshot(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.DELETE, {A: {}})
    changes = farm.apply_snapshot(Listing({A: record(), B: record()}, complete=True), None)
    assert farm.printers.keys() == {B}
    assert A not in changes.added | changes.printers


def test_telemetry_that_comes_before_its_printer_is_kept_for_the_snapshot() -> None:
    farm = Farm(lambda: NOON)
    farm.begin_snapshot()
    stat(farm, A, data={"temps": {"bedTemp": 61, "chamberTemp": 40}})
    changes = farm.apply_snapshot(Listing({A: record()}, complete=True), None)
    assert farm.printers[A].telemetry.bed_temp == 61
    assert changes.parts == {A}


def test_snapshot_that_did_not_come_loses_no_message(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.UPDATE, {A: {"name": "Told meanwhile"}})
    farm.abandon_snapshot()
    assert farm.printers[A].name == "Told meanwhile"
    assert not snapshot(farm, {A: record()}).removed


def test_flood_in_flight_asks_for_another_snapshot(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.farm._MOST_JOURNALED", 1)
    farm.begin_snapshot()
    assert not event(farm, "printer", Action.UPDATE, {A: {}}).incomplete
    assert event(farm, "printer", Action.UPDATE, {A: {}}).incomplete


def test_telemetry_in_flight_stands_though_the_snapshot_is_older(farm: Farm) -> None:
    farm.begin_snapshot()
    stat(farm, A, 5, isOnline=True, isAvailable=False, state="RUNNING")
    farm.apply_snapshot(Listing({A: record(1)}, complete=True), None)
    assert farm.printers[A].printing
    assert farm.printers[A].readiness == "busy"


def test_beginning_a_snapshot_twice_loses_no_message(farm: Farm) -> None:
    farm.begin_snapshot()
    event(farm, "printer", Action.INSERT, {B: record(name="New")})
    farm.begin_snapshot()
    farm.apply_snapshot(Listing({A: record()}, complete=True), None)
    assert farm.printers[B].name == "New"


def test_late_message_of_a_printer_that_went_does_not_bring_it_back(farm: Farm) -> None:
    event(farm, "printer", Action.DELETE, {A: {}})
    changes = event(farm, "printer", Action.INSERT, {A: record()})
    assert A not in farm.printers
    assert changes.incomplete
    event(farm, "printer", Action.INSERT, {A: record(5)})
    assert A in farm.printers


def test_unknown_printer_is_counted_and_asked_for_once(farm: Farm) -> None:
    assert stat(farm, B).incomplete
    assert not stat(farm, B).incomplete
    assert farm.dropped["unknown_printer"] == 2
    assert not event(farm, "printer", Action.DELETE, {B: {}}).removed


def test_printer_of_which_only_a_field_is_known_is_not_added(farm: Farm) -> None:
    changes = event(farm, "printer", Action.INSERT, {B: {"isOnline": True}})
    assert changes.incomplete
    assert B not in farm.printers


def test_unknown_kinds_are_counted_but_not_without_end(farm: Farm) -> None:
    for number in range(500):
        event(farm, f"kind{number}", Action.UPDATE, {})
    assert farm.dropped["kind:kind7"] == 1
    assert len(farm.dropped) <= 51
    assert sum(farm.dropped.values()) == 500


def test_push_touches_only_its_printer(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()})
    changes = stat(farm, B, data={"temps": {"bedTemp": 60}})
    assert changes.printers == {B}
    assert changes.parts == {B}
    assert not changes.summary
    assert not stat(farm, B, 1, data={"temps": {"bedTemp": 61}}).parts
    assert stat(farm, B, 2, isAvailable=False).summary


def test_late_telemetry_is_dropped_and_counted(farm: Farm) -> None:
    stat(farm, A, 10, data={"temps": {"bedTemp": 60}})
    assert not stat(farm, A, 5, data={"temps": {"bedTemp": 20}}).printers
    assert farm.dropped["late"] == 1
    assert not event(farm, "printer", Action.UPDATE, {A: record(-1, isOnline=False, name="Old")}).printers


def test_expiry_tells_whose_telemetry_went_stale() -> None:
    now = [NOON]
    farm = Farm(lambda: now[0])
    snapshot(farm, {A: record(), B: record()})
    stat(farm, A)
    now[0] = NOON + timedelta(minutes=6)
    assert farm.expire().printers == {A}
    assert not farm.expire().printers


def test_job_belongs_to_the_printer_that_it_is_assigned_to(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()}, {JOB: job(status="printing", assignedPrinterId=A)})
    assert farm.printers[A].job is farm.jobs[JOB]
    changes = event(farm, "printjob", Action.UPDATE, {JOB: {"assignedPrinterId": B, "updatedAt": stamp(1)}})
    assert changes.printers == {A, B}
    assert farm.printers[A].job is None
    assert farm.printers[B].job is farm.jobs[JOB]
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "completed", "updatedAt": stamp(2)}})
    assert farm.printers[B].job is None


def test_of_several_jobs_the_one_that_the_printer_names_is_its_job(farm: Farm) -> None:
    other = "k" * 24
    snapshot(
        farm,
        {A: record(printingJobId=JOB)},
        {JOB: job(status="assigned"), other: job(status="printing", assignedPrinterId=A)},
    )
    assert farm.printers[A].job is farm.jobs[JOB]


def test_job_that_only_its_printer_names_ends_for_the_printer_too(farm: Farm) -> None:
    snapshot(farm, {A: record(printingJobId=JOB, isAvailable=False)}, {JOB: job(status="printing")})
    assert farm.printers[A].print_status == "running"
    changes = event(farm, "printjob", Action.UPDATE, {JOB: {"status": "paused", "updatedAt": stamp(1)}})
    assert changes.printers == {A}
    assert farm.printers[A].print_status == "pause"
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "completed", "updatedAt": stamp(2)}})
    assert farm.printers[A].job is None


def test_printer_with_several_jobs_has_the_one_that_came_furthest(farm: Farm) -> None:
    other = "k" * 24
    snapshot(
        farm,
        {A: record()},
        {JOB: job(status="assigned", assignedPrinterId=A), other: job(status="printing", assignedPrinterId=A)},
    )
    assert farm.printers[A].job is farm.jobs[other]
    event(farm, "printjob", Action.UPDATE, {other: {"status": "completed", "updatedAt": stamp(1)}})
    assert farm.printers[A].job is farm.jobs[JOB]


def test_job_at_a_printer_that_nobody_knows_is_kept_until_the_printer_comes(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job(status="printing", assignedPrinterId=B)})
    event(farm, "printer", Action.INSERT, {B: record(1)})
    assert farm.printers[B].job is farm.jobs[JOB]


def test_job_is_at_one_printer_only_whatever_a_record_still_says(farm: Farm) -> None:
    snapshot(
        farm,
        {A: record(printingJobId=JOB, isAvailable=False), B: record()},
        {JOB: job(status="printing")},
    )
    assert farm.printers[A].job is not None
    event(farm, "printjob", Action.UPDATE, {JOB: {"assignedPrinterId": B, "updatedAt": stamp(1)}})
    assert farm.printers[A].job is None
    assert farm.printers[B].job is farm.jobs[JOB]


@pytest.mark.parametrize(
    ("before", "after"), [(None, {}), (stamp(), {}), (stamp(), {"updatedAt": stamp(5)})], ids=["none", "one", "both"]
)
def test_job_that_completes_while_a_snapshot_is_in_flight_is_counted_once(
    farm: Farm, before: str | None, after: dict[str, str]
) -> None:
    """Whichever of the messages carry a stamp."""
    farm.completed_jobs = 7
    printing = {JOB: job(status="printing", assignedPrinterId=A, updatedAt=before)}
    snapshot(farm, {A: record()}, printing)
    farm.begin_snapshot()
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "completed", **after}})
    farm.apply_snapshot(Listing({A: record()}, complete=True), Listing(printing, complete=True))
    assert JOB not in farm.jobs
    assert farm.printers[A].job is None
    assert farm.completed_jobs == 8


def test_completed_job_is_counted_once_and_leaves(farm: Farm) -> None:
    farm.completed_jobs = 7
    snapshot(farm, {A: record()}, {JOB: job(status="printing", assignedPrinterId=A)})
    for _ in range(3):
        event(farm, "printjob", Action.UPDATE, {JOB: job(5, status="completed")})
    event(farm, "printjob", Action.UPDATE, {JOB: job(4, status="printing")})
    assert farm.completed_jobs == 8
    assert JOB not in farm.jobs


def test_late_message_of_a_job_that_ended_and_was_deleted_does_not_bring_it_back(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job(status="printing")})
    event(farm, "printjob", Action.UPDATE, {JOB: job(5, status="completed")})
    event(farm, "printjob", Action.DELETE, {JOB: {}})
    event(farm, "printjob", Action.UPDATE, {JOB: job(4, status="printing")})
    assert JOB not in farm.jobs


def test_failed_job_stays_until_it_is_cleared_and_can_be_retried(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job(status="failed")})
    assert [found.id for found in farm.jobs_with("failed")] == [JOB]
    event(farm, "printjob", Action.UPDATE, {JOB: {"hidden": True, "updatedAt": stamp(1)}})
    assert JOB not in farm.jobs
    event(farm, "printjob", Action.UPDATE, {JOB: job(2, hidden=False, status="pending")})
    assert farm.jobs[JOB].status == "pending"


def test_cancelled_job_that_is_retried_comes_back(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job()})
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "cancelled", "updatedAt": stamp(3)}})
    assert JOB not in farm.jobs
    snapshot(farm, {A: record()}, {JOB: job(9)})
    assert JOB in farm.jobs


def test_job_of_which_little_is_known_asks_for_a_snapshot(farm: Farm) -> None:
    assert event(farm, "printjob", Action.UPDATE, {JOB: {"label": "Order 7"}}).incomplete
    assert JOB not in farm.jobs
    assert event(farm, "printjob", Action.UPDATE, {JOB: {"status": "pending"}}).incomplete
    assert JOB in farm.jobs
    assert event(farm, "printjob", Action.DELETE, {JOB: {}}).jobs
    assert JOB not in farm.jobs


def test_fragments_of_an_old_job_ask_for_one_snapshot_only(farm: Farm) -> None:
    assert event(farm, "printjob", Action.UPDATE, {JOB: {"label": "Order 7"}}).incomplete
    snapshot(farm, {A: record()}, {})
    assert not event(farm, "printjob", Action.UPDATE, {JOB: {"label": "Order 8"}}).incomplete
    snapshot(farm, {A: record()}, {JOB: job()})
    assert farm.jobs[JOB].title == "Benchy"


def test_job_in_a_status_that_nobody_knows_does_not_ask_for_snapshots_without_end(farm: Farm) -> None:
    for _ in range(3):
        assert not snapshot(farm, {A: record()}, {JOB: job(status="teleporting")}).incomplete
    assert JOB not in farm.jobs


def test_jobs_that_the_key_may_not_read_are_left_as_they_are(farm: Farm) -> None:
    farm.begin_snapshot()
    assert not farm.apply_snapshot(Listing({A: record()}, complete=True), None).jobs


def test_part_builds_are_remembered_by_when_they_were_first_seen(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.farm._MOST_REMEMBERED", 2)
    for number in range(4):
        event(farm, "printjob", Action.UPDATE, {f"job{number}": job(status="completed", partBuildId=f"build{number}")})
    assert list(farm.part_builds) == ["build2", "build3"]
    first_seen = farm.part_builds["build2"]
    farm.note_part_build("build2")
    assert farm.part_builds["build2"] == first_seen


def test_memory_of_what_went_is_bounded(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.farm._MOST_REMEMBERED", 2)
    for number in range(4):
        event(farm, "printjob", Action.INSERT, {f"job{number}": job()})
        event(farm, "printjob", Action.DELETE, {f"job{number}": {}})
    event(farm, "printjob", Action.INSERT, {"job0": job()})
    event(farm, "printjob", Action.INSERT, {"job3": job()})
    assert farm.jobs.keys() == {"job0"}


def test_record_that_a_call_has_brought_is_taken_over(farm: Farm) -> None:
    assert farm.apply_printer(A, record(1, confirmedReady=False)).printers == {A}
    assert farm.printers[A].bed_needs_clearing
    assert not farm.apply_printer(A, record(-1, name="Old", isOnline=False)).printers
    assert not farm.apply_printer(B, record()).printers


messages = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from(["name", "stat"]), st.integers(0, 9)), min_size=1, max_size=30
)


@settings(max_examples=150, deadline=None)
@given(messages, st.randoms(use_true_random=False))
def test_order_of_arrival_does_not_matter_for_what_is_stamped(sent: list[tuple[int, str, int]], random: Any) -> None:
    """Duplicated and shuffled, the newest of each group stands in the end."""
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
STATS = damaged({key: value for key, value in FULL_STAT.items() if key not in ("printerId", "storeId")})
TOPICS = ("printer-stats/" + A, "printer-stats/" + B, "entities/printers", "entities/print-jobs")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(TOPICS), STATS | EVENTS) | RECORDS, min_size=1, max_size=12),
    st.sampled_from([None, 0, 3]),
)
def test_whatever_comes_the_farm_goes_on_and_all_of_it_can_be_shown(sent: list[Any], asked: int | None) -> None:
    """Damaged messages and snapshots in any order; ``asked`` is after how many of them a snapshot is begun."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()})
    for number, item in enumerate(sent):
        if number == asked:
            farm.begin_snapshot()
        if isinstance(item, dict):
            farm.apply_snapshot(Listing(item, complete=False), Listing(item, complete=True))
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
            assert problem.code
    assert all(found.status is not None for found in farm.jobs.values())
