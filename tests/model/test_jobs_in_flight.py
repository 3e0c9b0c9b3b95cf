"""Events of jobs that arrive while a snapshot is requested, and that have no timestamp to tell which is newer."""

from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.changes import Changes
from tests.support.farm_model import JOB, A, event, job, listed_jobs, listed_printers, record, snapshot
from tests.support.watched import Watched

PRINTING = {"status": "printing", "assignedPrinterId": A, "printingStartedAt": "2026-11-24T11:00:00Z"}


@pytest.fixture
def watched() -> Watched:
    return Watched(jobs={JOB: job(**PRINTING)})


def said(watched: Watched, action: Action = Action.UPDATE, **fields: Any) -> list[str]:
    """Return the events of a message that has only these fields of the job."""
    return watched.see(event(watched.farm, "printjob", action, {JOB: fields}))


def answered(watched: Watched, seconds: float = 0, **fields: Any) -> list[str]:
    """Return the events when the requested snapshot arrives, with the job as it was at a time."""
    rows = {JOB: job(seconds, **{**PRINTING, **fields})}
    return watched.see(watched.farm.apply_snapshot(listed_printers({A: record()}), listed_jobs(rows)))


def test_end_of_a_print_during_a_snapshot_is_neither_a_retry_nor_reported_twice(watched: Watched) -> None:
    watched.farm.open_jobs.completions.total = 7
    watched.farm.begin_snapshot()
    assert said(watched, status="completed") == ["job_finished", "print_finished"]
    assert answered(watched) == []
    assert (watched.farm.jobs, watched.farm.open_jobs.completions.total) == ({}, 8)


def test_pause_during_a_snapshot_is_reported_once(watched: Watched) -> None:
    watched.farm.begin_snapshot()
    assert said(watched, status="paused") == ["job_paused", "print_paused"]
    assert answered(watched) == []
    assert watched.farm.jobs[JOB].status == "paused"


@pytest.mark.parametrize("fails", [False, True])
def test_several_steps_during_a_snapshot_are_reported_once_each(watched: Watched, *, fails: bool) -> None:
    watched.farm.begin_snapshot()
    assert said(watched, status="paused") == ["job_paused", "print_paused"]
    assert said(watched, status="printing") == ["print_resumed"]
    if fails:
        watched.farm.abandon_snapshot()
        assert watched.see(snapshot(watched.farm, {A: record()}, {JOB: job(**PRINTING)})) == []
    else:
        assert answered(watched) == []
    assert watched.farm.jobs[JOB].status == "printing"


def test_newer_snapshot_completes_what_an_event_said_of_a_new_job() -> None:
    watched = Watched()
    watched.farm.begin_snapshot()
    assert said(watched, Action.INSERT, status="assigned") == ["job_created", "job_assigned"]
    assert answered(watched, status="pending") == []
    known = watched.farm.jobs[JOB]
    assert (known.status, known.part_name, known.assigned_printer_id) == ("assigned", "Benchy", A)


def test_snapshot_that_is_newer_than_an_event_decides(watched: Watched) -> None:
    watched.farm.begin_snapshot()
    assert watched.job(5, **{**PRINTING, "status": "paused"}) == ["job_paused", "print_paused"]
    assert answered(watched, 9) == ["print_resumed"]


def test_job_deleted_during_a_snapshot_stays_deleted(watched: Watched) -> None:
    watched.farm.begin_snapshot()
    said(watched, Action.DELETE)
    changes = watched.farm.apply_snapshot(listed_printers({A: record()}), listed_jobs({JOB: job(**PRINTING)}))
    assert (watched.farm.jobs, changes.job_changes) == ({}, [])
    assert watched.farm.printers[A].job is None


def test_job_that_was_deleted_and_came_back_during_a_snapshot_is_kept(watched: Watched) -> None:
    watched.farm.begin_snapshot()
    said(watched, Action.DELETE)
    event(watched.farm, "printjob", Action.INSERT, {JOB: job(5, status="pending")})
    answered(watched)
    assert watched.farm.jobs[JOB].status == "pending"


def test_jobs_that_the_key_may_no_longer_read_do_not_come_back_from_messages_before(watched: Watched) -> None:
    watched.farm.begin_snapshot()
    said(watched, status="paused")
    watched.farm.forget_jobs()
    changes: Changes = watched.farm.apply_snapshot(listed_printers({A: record()}), None)
    assert (watched.farm.jobs, changes.job_changes) == ({}, [])
