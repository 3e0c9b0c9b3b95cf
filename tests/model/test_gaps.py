"""Which events fire for jobs that ended since a gap, and which do not."""

from typing import Any

import pytest

from tests.support.farm_model import JOB, NOON, A, job, listed_jobs, record, snapshot, stamp
from tests.support.watched import Watched


def answer(watched: Watched, row: dict[str, Any]) -> list[str]:
    """Apply the jobs that have ended since noon; return the events."""
    return watched.see(watched.farm.apply_ended_jobs(listed_jobs({JOB: row}), NOON))


@pytest.mark.parametrize(
    "fields",
    [
        {"createdAt": stamp(-9000), "printingCompletedAt": stamp(-600)},
        {"createdAt": stamp(-9000), "printingCompletedAt": stamp(600)},
        {"createdAt": stamp(10), "printingCompletedAt": stamp(-600)},
        {"createdAt": None, "printingCompletedAt": stamp(600)},
        {"createdAt": stamp(10), "printingCompletedAt": stamp(600), "status": "printing"},
    ],
    ids=["both before", "created before", "ended before", "created whenever", "not over"],
)
def test_job_not_created_and_ended_within_a_gap_fires_nothing(fields: dict[str, Any]) -> None:
    watched = Watched()
    source = job(700, **{"status": "completed", "assignedPrinterId": A, **fields})
    assert answer(watched, source) == []


def test_disappeared_job_that_has_not_ended_fires_nothing() -> None:
    paused = job(status="paused", assignedPrinterId=A, printingStartedAt=stamp(-60))
    watched = Watched(jobs={JOB: paused})
    assert watched.see(snapshot(watched.farm, {A: record()})) == []
    assert answer(watched, {**paused, **job(5, status="printing")}) == []


def test_result_of_a_job_that_runs_again_fires_nothing() -> None:
    watched = Watched(jobs={JOB: job(status="printing", assignedPrinterId=A, createdAt=stamp(1))})
    assert watched.job(5, status="failed", assignedPrinterId=A) == ["job_failed", "print_failed"]
    assert watched.job(6, status="pending") == ["job_retried"]
    failed = job(5, status="failed", createdAt=stamp(1), printingCompletedAt=stamp(5), assignedPrinterId=A)
    assert answer(watched, failed) == []
    assert watched.farm.jobs[JOB].status == "pending"


def test_result_older_than_the_stream_fires_nothing() -> None:
    fields = {"assignedPrinterId": A, "createdAt": stamp(1)}
    watched = Watched(jobs={JOB: job(status="printing", **fields)})
    failed = job(5, status="failed", printingCompletedAt=stamp(5), **fields)
    for seconds, status in ((5, "failed"), (6, "pending"), (7, "printing"), (8, "completed")):
        assert watched.job(seconds, status=status, **fields)
    assert answer(watched, failed) == []


def test_old_failure_cleared_in_a_gap_fires_nothing() -> None:
    failed = job(-600, status="failed", assignedPrinterId=A, printingStartedAt=stamp(-900), createdAt=stamp(-9000))
    watched = Watched(jobs={JOB: failed})
    assert watched.see(snapshot(watched.farm, {A: record()})) == []
    assert answer(watched, {**failed, **job(5, status="failed"), "hidden": True}) == []


@pytest.mark.parametrize("vanished", [False, True], ids=["ended", "cleared in the gap"])
def test_job_retried_and_ended_within_a_gap_fires_its_events(vanished: bool) -> None:
    """It was created long before, and no event of its wait or print arrived."""
    fields = {"assignedPrinterId": A, "createdAt": stamp(-9000)}
    watched = Watched(jobs={JOB: job(status="printing", printingStartedAt=stamp(-600), **fields)})
    first = {
        "status": "failed",
        "printingStartedAt": stamp(-600),
        "printingCompletedAt": stamp(-1),
        "hidden": not vanished,
    }
    watched.job(1, **first, **fields)
    if vanished:
        assert watched.see(snapshot(watched.farm, {A: record()})) == []
    second = {"status": "failed", "printingStartedAt": stamp(100), "printingCompletedAt": stamp(200)}
    kinds = ["job_retried", "job_assigned", "job_started", "print_started", "job_failed", "print_failed"]
    assert sorted(answer(watched, job(200, **second, **fields))) == sorted(kinds)
    assert watched.last[-1].data["attempt"] == 2
    assert answer(watched, job(200, **second, **fields)) == []


def test_disappeared_job_that_continues_is_the_same_attempt() -> None:
    paused = job(status="paused", assignedPrinterId=A, printingStartedAt=stamp(-60))
    watched = Watched(jobs={JOB: paused})
    watched.see(snapshot(watched.farm, {A: record()}))
    answer(watched, {**paused, **job(5, status="printing")})
    assert watched.see(snapshot(watched.farm, {A: record()}, {JOB: {**paused, **job(5, status="printing")}})) == [
        "print_resumed"
    ]
