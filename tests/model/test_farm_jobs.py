"""Jobs of the farm model: their printers, their end, and their counts."""

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import JOB, NOON, A, B, event, job, listed_jobs, listed_printers, record, snapshot, stamp


@pytest.fixture
def farm() -> Farm:
    """Return a farm of one printer, at noon."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()})
    return farm


def test_job_belongs_to_the_printer_that_it_is_assigned_to(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()}, {JOB: job(status="printing", assignedPrinterId=A)})
    assert farm.printers[A].job is farm.jobs[JOB]
    changes = event(farm, "printjob", Action.UPDATE, {JOB: {"assignedPrinterId": B, "updatedAt": stamp(1)}})
    assert changes.printers == {A, B}
    assert farm.printers[A].job is None
    assert farm.printers[B].job is farm.jobs[JOB]
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "completed", "updatedAt": stamp(2)}})
    assert farm.printers[B].job is None


def test_of_several_jobs_the_one_in_the_printers_record_is_its_job(farm: Farm) -> None:
    other = "k" * 24
    snapshot(
        farm,
        {A: record(printingJobId=JOB)},
        {JOB: job(status="assigned"), other: job(status="printing", assignedPrinterId=A)},
    )
    assert farm.printers[A].job is farm.jobs[JOB]


def test_job_only_in_the_printers_record_ends_for_the_printer_too(farm: Farm) -> None:
    snapshot(farm, {A: record(printingJobId=JOB, isAvailable=False)}, {JOB: job(status="printing")})
    assert farm.printers[A].print_status == "running"
    changes = event(farm, "printjob", Action.UPDATE, {JOB: {"status": "paused", "updatedAt": stamp(1)}})
    assert changes.printers == {A}
    assert farm.printers[A].print_status == "pause"
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "completed", "updatedAt": stamp(2)}})
    assert farm.printers[A].job is None


def test_printer_with_several_jobs_has_the_one_with_the_latest_status(farm: Farm) -> None:
    other = "k" * 24
    snapshot(
        farm,
        {A: record()},
        {JOB: job(status="assigned", assignedPrinterId=A), other: job(status="printing", assignedPrinterId=A)},
    )
    assert farm.printers[A].job is farm.jobs[other]
    event(farm, "printjob", Action.UPDATE, {other: {"status": "completed", "updatedAt": stamp(1)}})
    assert farm.printers[A].job is farm.jobs[JOB]


def test_job_of_an_unknown_printer_is_kept_until_the_printer_is_added(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job(status="printing", assignedPrinterId=B)})
    event(farm, "printer", Action.INSERT, {B: record(1)})
    assert farm.printers[B].job is farm.jobs[JOB]


def test_job_has_one_printer_even_if_another_record_still_names_it(farm: Farm) -> None:
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
    """All combinations of messages with and without timestamps."""
    farm.open_jobs.completions.total = 7
    printing = {JOB: job(status="printing", assignedPrinterId=A, updatedAt=before)}
    snapshot(farm, {A: record()}, printing)
    farm.begin_snapshot()
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "completed", **after}})
    farm.apply_snapshot(listed_printers({A: record()}), listed_jobs(printing))
    assert JOB not in farm.jobs
    assert farm.printers[A].job is None
    assert farm.open_jobs.completions.total == 8


def test_completed_job_is_counted_once_and_leaves(farm: Farm) -> None:
    farm.open_jobs.completions.total = 7
    snapshot(farm, {A: record()}, {JOB: job(status="printing", assignedPrinterId=A)})
    for _ in range(3):
        event(farm, "printjob", Action.UPDATE, {JOB: job(5, status="completed")})
    event(farm, "printjob", Action.UPDATE, {JOB: job(4, status="printing")})
    assert farm.open_jobs.completions.total == 8
    assert JOB not in farm.jobs


def test_late_message_does_not_restore_an_ended_and_deleted_job(farm: Farm) -> None:
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


def test_canceled_job_that_is_retried_returns(farm: Farm) -> None:
    snapshot(farm, {A: record()}, {JOB: job()})
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "cancelled", "updatedAt": stamp(3)}})
    assert JOB not in farm.jobs
    snapshot(farm, {A: record()}, {JOB: job(9)})
    assert JOB in farm.jobs


def test_job_with_little_data_requests_a_snapshot(farm: Farm) -> None:
    assert event(farm, "printjob", Action.UPDATE, {JOB: {"label": "Order 7"}}).needs_refresh
    assert JOB not in farm.jobs
    assert event(farm, "printjob", Action.UPDATE, {JOB: {"status": "pending"}}).needs_refresh
    assert JOB in farm.jobs
    assert event(farm, "printjob", Action.DELETE, {JOB: {}}).jobs
    assert JOB not in farm.jobs


def test_partial_updates_of_an_old_job_request_one_snapshot(farm: Farm) -> None:
    assert event(farm, "printjob", Action.UPDATE, {JOB: {"label": "Order 7"}}).needs_refresh
    snapshot(farm, {A: record()}, {})
    assert not event(farm, "printjob", Action.UPDATE, {JOB: {"label": "Order 8"}}).needs_refresh
    snapshot(farm, {A: record()}, {JOB: job()})
    assert farm.jobs[JOB].title == "Benchy"


def test_job_with_an_unknown_status_does_not_request_endless_snapshots(farm: Farm) -> None:
    for _ in range(3):
        assert not snapshot(farm, {A: record()}, {JOB: job(status="teleporting")}).needs_refresh
    assert JOB not in farm.jobs


def test_unreadable_jobs_are_left_unchanged(farm: Farm) -> None:
    farm.begin_snapshot()
    assert not farm.apply_snapshot(listed_printers({A: record()}), None).jobs


def test_part_builds_are_kept_with_their_first_time(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.model.jobs._MOST_REMEMBERED", 2)
    for number in range(4):
        event(farm, "printjob", Action.UPDATE, {f"job{number}": job(status="completed", partBuildId=f"build{number}")})
    assert list(farm.open_jobs.part_builds) == ["build2", "build3"]
    first_seen = farm.open_jobs.part_builds["build2"]
    farm.open_jobs.note_part_build("build2")
    assert farm.open_jobs.part_builds["build2"] == first_seen


def test_number_of_removed_entities_is_limited(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.model.gone_entities._MOST_REMEMBERED", 2)
    for number in range(4):
        event(farm, "printjob", Action.INSERT, {f"job{number}": job()})
        event(farm, "printjob", Action.DELETE, {f"job{number}": {}})
    event(farm, "printjob", Action.INSERT, {"job0": job()})
    event(farm, "printjob", Action.INSERT, {"job3": job()})
    assert farm.jobs.keys() == {"job0"}
