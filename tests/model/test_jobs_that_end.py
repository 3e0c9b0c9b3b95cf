"""Jobs that leave the open ones: their count, their part builds, and what is read later of them."""

from datetime import timedelta

import pytest

from custom_components.printago.api import Action
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.jobs import Completions
from tests.support.farm_model import (
    JOB,
    NOON,
    A,
    B,
    event,
    job,
    listed_jobs,
    listed_printers,
    record,
    snapshot,
    stamp,
    stat,
)

OTHER = "k" * 24


@pytest.fixture
def farm() -> Farm:
    """Return a farm of two printers, at noon, whose completed jobs are counted."""
    farm = Farm(lambda: NOON)
    snapshot(farm, {A: record(), B: record()}, {JOB: job(), OTHER: job()})
    farm.open_jobs.completions.total = 100
    return farm


@pytest.mark.parametrize(("end", "total"), [("completed", 101), ("cancelled", 100)])
def test_only_a_completed_job_counts_as_completed(farm: Farm, end: str, total: int) -> None:
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": end, "updatedAt": stamp(1)}})
    assert farm.open_jobs.completions.total == total


def test_failed_job_that_is_cleared_does_not_count_as_completed(farm: Farm) -> None:
    event(farm, "printjob", Action.UPDATE, {JOB: {"status": "failed", "hidden": True, "updatedAt": stamp(1)}})
    assert JOB not in farm.jobs
    assert farm.open_jobs.completions.total == 100


def test_job_of_the_first_read_that_was_counted_by_the_cloud_is_not_counted_again() -> None:
    completions = Completions(total=7, counted_at=NOON)
    completions.count(NOON)
    assert (completions.total, completions.seen) == (7, 1)
    completions.count(NOON + timedelta(seconds=1))
    completions.count()
    assert (completions.total, completions.seen) == (9, 3)


def test_completed_job_without_a_time_of_its_end_counts_by_its_last_change(farm: Farm) -> None:
    farm.open_jobs.completions.counted_at = NOON + timedelta(seconds=30)
    snapshot(farm, {A: record(), B: record()}, {OTHER: job()})
    farm.open_jobs.apply_ended(listed_jobs({JOB: job(20, status="completed")}), NOON, NOON)
    assert farm.open_jobs.completions.total == 100, "Printago's count was later, and includes it"


def test_jobs_after_an_open_one_in_a_list_of_ended_ones_are_read_too(farm: Farm) -> None:
    snapshot(farm, {A: record(), B: record()}, {JOB: job(), OTHER: job()})
    rows = {JOB: job(5), OTHER: job(6, status="failed", hidden=True)}
    changes = farm.open_jobs.apply_ended(listed_jobs(rows), NOON, NOON)
    assert [ended.id for ended in changes.ended] == [OTHER]


def test_open_job_that_has_ended_does_not_hide_the_ended_jobs_after_it(farm: Farm) -> None:
    rows = {JOB: job(5, status="failed"), OTHER: job(6, status="failed")}
    changes = farm.open_jobs.apply_ended(listed_jobs(rows), NOON, NOON)
    assert [ended.id for ended in changes.ended] == [JOB, OTHER]


def test_known_part_builds_are_those_of_all_jobs_seen(farm: Farm) -> None:
    event(farm, "printjob", Action.INSERT, {"n" * 24: job(1, partBuildId="y" * 24)})
    event(farm, "printjob", Action.UPDATE, {JOB: {"partBuildId": "z" * 24, "updatedAt": stamp(1)}})
    assert set(farm.open_jobs.part_builds) == {"x" * 24, "y" * 24, "z" * 24}


def test_job_without_a_printer_that_ends_updates_no_printer(farm: Farm) -> None:
    changes = event(farm, "printjob", Action.UPDATE, {JOB: {"status": "cancelled", "updatedAt": stamp(1)}})
    assert changes.printers == set()
    assert changes.jobs


def test_reading_that_arrives_during_a_snapshot_is_kept_and_applied_once(farm: Farm) -> None:
    farm.begin_snapshot()
    stat(farm, A, 5, isOnline=False)
    farm.apply_snapshot(listed_printers({A: record(), B: record()}), listed_jobs({}))
    assert not farm.printers[A].is_online
    assert farm.printers[B].is_online
