"""Jobs that ended without an event: which of them are news, and which count as completed."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.changes import Changes
from custom_components.printago.model.farm import Farm
from tests.support.farm_model import JOB, NOON, A, event, job, listed_jobs, record, snapshot, stamp

OTHER = "k" * 24
SINCE = NOON + timedelta(seconds=100)
NOW = NOON + timedelta(seconds=1000)
NEW = {"createdAt": stamp(100), "printingCompletedAt": stamp(100)}


@pytest.fixture
def farm() -> Farm:
    """Return a farm of one printer with a job, at noon, of which Printago has counted 100 completed jobs."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record()}, {JOB: job()})
    farm.open_jobs.completions.total = 100
    return farm


def found(farm: Farm, job_id: str = JOB, seconds: float = 200, **fields: Any) -> Changes:
    """Read a job in a list of ended ones."""
    rows = {job_id: job(seconds, **{"status": "completed", **fields})}
    return farm.apply_ended_jobs(listed_jobs(rows), SINCE)


def vanish(farm: Farm) -> None:
    """Read a list of open jobs that no longer has the job."""
    assert snapshot(farm, {A: record()}).jobs_vanished
    assert JOB not in farm.jobs


def test_list_that_has_all_open_jobs_lets_none_vanish(farm: Farm) -> None:
    assert not snapshot(farm, {A: record()}, {JOB: job()}).jobs_vanished
    assert not snapshot(farm, {A: record()}, {}, complete=False).jobs_vanished


@pytest.mark.parametrize(("end", "total"), [("completed", 101), ("failed", 100), ("cancelled", 100)])
def test_job_that_vanished_ends_as_the_list_says(farm: Farm, end: str, total: int) -> None:
    vanish(farm)
    changes = found(farm, status=end)
    assert [(change.before.status, change.after.status, change.by_snapshot) for change in changes.job_changes] == [
        ("pending", end, True)
    ]
    assert [ended.id for ended in changes.ended] == [JOB]
    assert farm.open_jobs.completions.total == total
    assert changes.jobs is (end == "completed")
    left = farm.open_jobs.find(JOB)
    assert left is not None
    assert left.status == end
    again = found(farm, status=end)
    assert again.job_changes == []
    assert farm.open_jobs.completions.total == total


def test_job_that_is_still_open_is_no_news(farm: Farm) -> None:
    vanish(farm)
    changes = found(farm, status="printing")
    assert (changes.job_changes, changes.ended) == ([], [])
    snapshot(farm, {A: record()}, {JOB: job(300)})
    changes = found(farm, status="failed")
    assert changes.job_changes == []
    assert [ended.id for ended in changes.ended] == [JOB]
    assert JOB in farm.jobs


def test_end_that_an_event_reported_is_no_news(farm: Farm) -> None:
    event(farm, "printjob", Action.UPDATE, {JOB: job(150, status="completed", printingCompletedAt=stamp(150))})
    assert farm.open_jobs.completions.total == 101
    for fields in ({"seconds": 140}, {"seconds": 150}, {"seconds": 900, "hidden": True}):
        assert found(farm, printingCompletedAt=stamp(150), **fields).job_changes == []
    assert farm.open_jobs.completions.total == 101


def test_attempt_after_an_end_that_was_reported_is_news(farm: Farm) -> None:
    event(farm, "printjob", Action.UPDATE, {JOB: job(150, status="completed", printingCompletedAt=stamp(150))})
    assert found(farm, seconds=149, printingCompletedAt=stamp(160)).job_changes == [], "it is older"
    (change,) = found(farm, seconds=170, printingCompletedAt=stamp(160)).job_changes
    assert change.after.printing_completed_at == NOON + timedelta(seconds=160)
    (change,) = found(farm, seconds=180, status="failed").job_changes
    assert change.before is not None
    assert (change.before.status, change.after.status) == ("completed", "failed")


@pytest.mark.parametrize(
    ("fields", "news"),
    [
        (NEW, True),
        ({**NEW, "status": "failed"}, True),
        ({**NEW, "status": "cancelled", "cancelledAt": stamp(100)}, True),
        ({**NEW, "createdAt": stamp(99)}, False),
        ({**NEW, "createdAt": None}, False),
        ({**NEW, "printingCompletedAt": stamp(99)}, False),
        ({**NEW, "printingCompletedAt": None}, True),
        ({**NEW, "printingCompletedAt": None, "updatedAt": None}, False),
        ({**NEW, "status": "cancelled", "cancelledAt": stamp(99)}, False),
        ({**NEW, "status": "printing"}, False),
    ],
)
def test_unknown_job_is_news_if_it_was_created_and_ended_since(farm: Farm, fields: dict[str, Any], news: bool) -> None:
    changes = found(farm, OTHER, **fields)
    assert [change.after.id for change in changes.job_changes] == ([OTHER] if news else [])
    if news:
        assert changes.job_changes[0].before is None
        assert found(farm, OTHER, **fields).job_changes == []
    assert farm.open_jobs.completions.total == 100, "Printago counted it"


def test_job_that_was_deleted_is_not_found_again(farm: Farm) -> None:
    event(farm, "printjob", Action.INSERT, {OTHER: job(300)})
    event(farm, "printjob", Action.DELETE, {OTHER: {}})
    assert found(farm, OTHER, seconds=300, **NEW).job_changes == []
    assert len(found(farm, OTHER, seconds=301, **NEW).job_changes) == 1


def test_old_jobs_in_a_list_do_not_hide_the_new_ones_after_them(farm: Farm) -> None:
    event(farm, "printjob", Action.UPDATE, {JOB: job(150, status="failed", hidden=True)})
    rows = {
        JOB: job(150, status="failed"),
        "undated": job(200, status="failed", createdAt=None),
        "old": job(200, status="failed", createdAt=stamp(9)),
        OTHER: job(200, status="failed", **NEW),
    }
    changes = farm.apply_ended_jobs(listed_jobs(rows), SINCE)
    assert [change.after.id for change in changes.job_changes] == [OTHER]
    assert [ended.id for ended in changes.ended] == list(rows)


def test_end_with_a_time_in_the_future_blocks_no_later_message(farm: Farm) -> None:
    vanish(farm)
    farm.apply_ended_jobs(listed_jobs({JOB: job(86_400, status="failed")}), SINCE)
    event(farm, "printjob", Action.UPDATE, {JOB: job(5, status="pending")})
    assert JOB in farm.jobs


def test_completion_is_counted_by_the_time_of_the_end_else_of_the_last_change(farm: Farm) -> None:
    farm.open_jobs.completions.counted_at = NOON + timedelta(seconds=150)
    vanish(farm)
    found(farm, seconds=200, printingCompletedAt=stamp(150))
    assert farm.open_jobs.completions.total == 100
    snapshot(farm, {A: record()}, {OTHER: job()})
    snapshot(farm, {A: record()}, {})
    found(farm, OTHER, seconds=151)
    assert farm.open_jobs.completions.total == 101
