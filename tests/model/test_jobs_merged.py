"""How messages about jobs are merged: which are late, incomplete or too many, and which printers they concern."""

from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model import jobs
from custom_components.printago.model.changes import Changes
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import JOB, NOON, A, B, event, job, listed_jobs, listed_printers, record, snapshot, stamp

OTHER = "k" * 24


@pytest.fixture
def farm() -> Farm:
    """Return a farm of two printers, at noon."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record(), B: record()})
    return farm


def update(farm: Farm, job_id: str = JOB, /, **fields: Any) -> Changes:
    """Apply an event about a job."""
    return event(farm, "printjob", Action.UPDATE, {job_id: fields})


def statuses(changes: Changes) -> list[tuple[str | None, str | None]]:
    """Return the changes of status."""
    return [(change.before and change.before.status, change.after.status) for change in changes.job_changes]


# Changes of status


def test_changes_of_status_are_reported_with_the_status_before(farm: Farm) -> None:
    assert statuses(update(farm, **job(1))) == [(None, "pending")]
    assert statuses(update(farm, label="Order 7", updatedAt=stamp(2))) == []
    changes = update(farm, status="printing", updatedAt=stamp(3))
    assert statuses(changes) == [("pending", "printing")]
    assert not changes.job_changes[0].by_snapshot
    assert changes.ended == []
    changes = update(farm, status="completed", updatedAt=stamp(4))
    assert (statuses(changes), [ended.id for ended in changes.ended]) == ([("printing", "completed")], [JOB])
    changes = snapshot(farm, {A: record(), B: record()}, {JOB: job(5)})
    assert statuses(changes) == [("completed", "pending")]
    assert changes.job_changes[0].by_snapshot


def test_first_list_sets_the_state_without_changes() -> None:
    farm = Farm(lambda: NOON)
    farm.begin_snapshot()
    assert statuses(farm.apply_snapshot(listed_printers({A: record()}), listed_jobs({JOB: job()}))) == []
    farm.begin_snapshot()
    changes = farm.apply_snapshot(listed_printers({A: record()}), listed_jobs({JOB: job(1, status="assigned")}))
    assert statuses(changes) == [("pending", "assigned")]


def test_failed_job_that_is_mentioned_again_has_ended_once(farm: Farm) -> None:
    update(farm, **job(1))
    assert [ended.id for ended in update(farm, status="failed", updatedAt=stamp(2)).ended] == [JOB]
    changes = snapshot(farm, {A: record(), B: record()}, {JOB: job(2, status="failed")})
    assert (statuses(changes), changes.ended) == ([], [])
    changes = update(farm, hidden=True, updatedAt=stamp(3))
    assert (statuses(changes), JOB in farm.jobs) == ([], False)


def test_job_that_failed_again_later_is_another_attempt(farm: Farm) -> None:
    update(farm, **job(1, status="failed", printingCompletedAt=stamp(1)))
    assert statuses(update(farm, printingCompletedAt=stamp(5), updatedAt=stamp(5))) == [("failed", "failed")]


def test_ended_job_that_was_never_open_only_has_ended(farm: Farm) -> None:
    changes = update(farm, **job(1, status="cancelled"))
    assert (statuses(changes), [ended.id for ended in changes.ended], changes.jobs) == ([], [JOB], False)
    assert not changes.needs_refresh


def test_mention_of_an_ended_job_tells_what_was_known_of_it(farm: Farm) -> None:
    update(farm, **job(1, label="Order 7"))
    update(farm, status="completed", updatedAt=stamp(2))
    (ended,) = update(farm, hidden=True, updatedAt=stamp(3)).ended
    assert (ended.status, ended.label, ended.hidden) == ("completed", "Order 7", True)


# Late and incomplete messages


def test_late_message_changes_nothing_and_is_counted(farm: Farm) -> None:
    update(farm, **job(5))
    changes = update(farm, status="printing", updatedAt=stamp(4))
    assert (statuses(changes), changes.jobs, farm.dropped["late"]) == ([], False, 1)
    update(farm, **job(6, status="completed"))
    update(farm, **job(6, status="pending"))
    assert JOB not in farm.jobs
    assert farm.dropped["late"] == 2
    update(farm, **job(7))
    assert JOB in farm.jobs


@pytest.mark.parametrize(
    ("fields", "asks", "known"),
    [
        (job(1), False, True),
        ({"status": "printing", "updatedAt": stamp(1)}, True, True),
        ({"status": "completed", "updatedAt": stamp(1)}, False, False),
        ({"label": "Order 7"}, True, False),
    ],
)
def test_only_a_job_of_which_too_little_is_known_requests_a_snapshot(
    farm: Farm, fields: dict[str, Any], asks: bool, known: bool
) -> None:
    changes = update(farm, **fields)
    assert (changes.needs_refresh, JOB in farm.jobs) == (asks, known)


def test_list_of_jobs_never_requests_another_one(farm: Farm) -> None:
    changes = snapshot(farm, {A: record(), B: record()}, {JOB: {"status": "printing"}})
    assert (changes.needs_refresh, JOB in farm.jobs) == (False, True)


def test_time_in_the_future_of_a_listed_job_blocks_no_message(farm: Farm) -> None:
    for fields in ({}, {"label": "Order 7"}):
        snapshot(farm, {A: record(), B: record()}, {JOB: job(86_400, **fields)})
    assert farm.jobs[JOB].label == "Order 7"
    update(farm, status="printing", updatedAt=stamp(5))
    assert farm.jobs[JOB].status == "printing"


# Limits


def test_number_of_open_jobs_is_limited(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_MOST_JOBS", 2)
    for job_id in "abc":
        update(farm, job_id, **job(1))
    assert farm.jobs.keys() == {"a", "b"}
    assert farm.dropped["too many jobs"] == 1
    update(farm, "a", **job(2, status="printing"))
    assert farm.jobs["a"].status == "printing"


def test_number_of_remembered_ended_jobs_is_limited(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_MOST_REMEMBERED", 2)
    for second, job_id in enumerate("abcbd"):
        update(farm, job_id, **job(10 * second))
        update(farm, job_id, status="completed", updatedAt=stamp(10 * second + 1))
    assert [job_id for job_id in "abcd" if farm.open_jobs.find(job_id)] == ["b", "d"]


def test_deleted_job_is_not_remembered(farm: Farm) -> None:
    update(farm, **job(1))
    update(farm, status="completed", updatedAt=stamp(2))
    assert farm.open_jobs.find(JOB) is not None
    assert not event(farm, "printjob", Action.DELETE, {JOB: {}}).jobs
    assert farm.open_jobs.find(JOB) is None
    assert farm.open_jobs.find(OTHER) is None


def test_jobs_that_may_no_longer_be_read_are_forgotten(farm: Farm) -> None:
    update(farm, **job(1, status="printing", assignedPrinterId=A))
    update(farm, OTHER, **job(1))
    update(farm, OTHER, status="completed", updatedAt=stamp(2))
    changes = farm.forget_jobs()
    assert (changes.jobs, changes.printers, farm.jobs, farm.knows_jobs) == (True, {A}, {}, False)
    assert farm.open_jobs.find(OTHER) is None
    assert farm.printers[A].job is None
    assert statuses(update(farm, **job(9))) == [], "no event until a list has been read"


# Printers


def test_change_concerns_only_the_printers_of_the_job(farm: Farm) -> None:
    assert update(farm, **job(1)).printers == set()
    assert update(farm, assignedPrinterId=A, status="assigned", updatedAt=stamp(2)).printers == {A}
    assert update(farm, assignedPrinterId=B, updatedAt=stamp(3)).printers == {A, B}
    assert update(farm, status="printing", updatedAt=stamp(4)).printers == {B}
    assert event(farm, "printjob", Action.DELETE, {JOB: {}}).printers == {B}
    assert update(farm, OTHER, **job(5, assignedPrinterId=A)).printers == {A}


def test_job_without_a_printer_concerns_the_one_whose_record_names_it(farm: Farm) -> None:
    event(farm, "printer", Action.UPDATE, {A: record(1, printingJobId=JOB)})
    assert update(farm, **job(2)).printers == set()
    assert update(farm, status="printing", updatedAt=stamp(3)).printers == {A}
    assert farm.printers[A].job is farm.jobs[JOB]
    assert update(farm, assignedPrinterId=B, updatedAt=stamp(4)).printers == {A, B}
    assert farm.printers[A].job is None
    assert update(farm, assignedPrinterId=None, updatedAt=stamp(5)).printers == {A, B}
    assert update(farm, status="completed", updatedAt=stamp(6)).printers == {A}
    assert farm.printers[A].job is None


def test_job_that_waits_does_not_concern_a_printer_whose_record_still_names_it(farm: Farm) -> None:
    event(farm, "printer", Action.UPDATE, {A: record(1, printingJobId=JOB)})
    assert update(farm, **job(2, assignedPrinterId=B)).printers == {B}
    assert update(farm, assignedPrinterId=None, updatedAt=stamp(3)).printers == {B}


def test_pending_job_of_a_printer_is_not_there_yet(farm: Farm) -> None:
    for status, there, occupied in (("pending", False, False), ("assigned", True, False), ("paused", True, True)):
        snapshot(farm, {A: record(), B: record()}, {JOB: job(status=status, assignedPrinterId=A, updatedAt=None)})
        assert (farm.printers[A].job is not None, farm.printers[A].occupied) == (there, occupied)
        assert farm.printers[B].job is None


def test_printer_with_a_job_of_its_own_and_others_is_occupied_by_any(farm: Farm) -> None:
    rows = {
        JOB: job(status="assigned"),
        OTHER: job(status="printing", assignedPrinterId=A),
        "third": job(status="sliced", assignedPrinterId=A),
    }
    snapshot(farm, {A: record(printingJobId=JOB), B: record()}, rows)
    assert (farm.printers[A].job, farm.printers[A].occupied) == (farm.jobs[JOB], True)
    update(farm, **job(1, status="cancelled"))
    assert farm.printers[A].job is farm.jobs[OTHER]
    update(farm, OTHER, **job(1, status="completed"))
    assert (farm.printers[A].job, farm.printers[A].occupied) == (farm.jobs["third"], False)
