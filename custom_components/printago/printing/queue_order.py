"""Reorders waiting jobs, each within its priority."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
import math

from ..api import JobStatus, PrintJob
from ..api.models.records import NORMAL_PRIORITY, place_in_queue
from ..api.rest.job_filter import JobFilter
from ..coordinator import PrintagoCoordinator


async def async_waiting_jobs(coordinator: PrintagoCoordinator) -> list[PrintJob]:
    """Return the waiting jobs in Printago's queue order; raises HomeAssistantError."""
    if coordinator.jobs_readable and coordinator.available:
        waiting: Iterable[PrintJob] = coordinator.farm.jobs_with(JobStatus.PENDING)
    else:
        wanted = JobFilter(statuses=(JobStatus.PENDING,), hidden=False)
        waiting = (await coordinator.async_call(coordinator.client.queue.all(wanted), reads=True)).rows.values()
    return sorted(waiting, key=place_in_queue)


async def async_reorder(coordinator: PrintagoCoordinator, wanted: Sequence[PrintJob]) -> None:
    """Set the queue numbers of waiting jobs for this order, in one request; raises HomeAssistantError."""
    if numbers := new_numbers(wanted):
        await coordinator.async_call(coordinator.client.queue.reorder(numbers))
        # The effect on other jobs is not documented.
        coordinator.async_reconcile()


def moved(queue: Sequence[PrintJob], moving: Sequence[str], index: int) -> list[PrintJob]:
    """Return the queue with these jobs, in this order, moved in front of the one at an index of the others.

    Priorities take precedence.
    """
    by_id = {job.id: job for job in queue}
    others = [job for job in queue if job.id not in moving]
    return sorted([*others[:index], *(by_id[job_id] for job_id in moving), *others[index:]], key=_tier)


def swapped(queue: Sequence[PrintJob], order: Sequence[str]) -> list[PrintJob]:
    """Return the queue with these jobs in this order, in the positions that they have together."""
    by_id = {job.id: job for job in queue}
    following = iter(order)
    return sorted((by_id[next(following)] if job.id in order else job for job in queue), key=_tier)


def new_numbers(wanted: Sequence[PrintJob]) -> dict[str, float]:
    """Return the numbers that must change for an order, by job ID: as few as possible."""
    return {
        job_id: number for _, tier in groupby(wanted, key=_tier) for job_id, number in _numbers_in_tier([*tier]).items()
    }


def _tier(job: PrintJob) -> float:
    return NORMAL_PRIORITY if job.priority is None else job.priority


def _numbers_in_tier(jobs: Sequence[PrintJob]) -> dict[str, float]:
    """Return new numbers between those of the unchanged jobs; for all jobs if there is no room."""
    stay = set(_longest_rising([place_in_queue(job) for job in jobs]))
    if len(stay) == len(jobs):
        return {}
    numbers = [_number(job) for job in jobs]
    for before, after in pairwise([-1, *sorted(stay), len(jobs)]):
        low = numbers[before] if before >= 0 else 0.0
        step = (numbers[after] - low) / (after - before) if after < len(jobs) else 1.0
        for index in range(before + 1, after):
            numbers[index] = low + step * (index - before)
    if not all(low < high < math.inf for low, high in pairwise([-1.0, *numbers])):
        # There is no room between the others, or some of them have no number.
        return {job.id: float(index) for index, job in enumerate(jobs, 1)}
    return {job.id: numbers[index] for index, job in enumerate(jobs) if index not in stay}


def _number(job: PrintJob) -> float:
    """Return the number of a job; jobs without a number come last."""
    return math.inf if job.queue_order is None else job.queue_order


def _longest_rising[T: tuple[float | str, ...]](values: Sequence[T]) -> list[int]:
    """Return the indexes of a longest rising subsequence."""
    ends: list[T] = []
    end_indexes: list[int] = []
    before: list[int | None] = []
    for index, value in enumerate(values):
        length = bisect_left(ends, value)
        before.append(end_indexes[length - 1] if length else None)
        if length == len(ends):
            ends.append(value)
            end_indexes.append(index)
        else:
            ends[length], end_indexes[length] = value, index
    found: list[int] = []
    at = end_indexes[-1] if end_indexes else None
    while at is not None:
        found.append(at)
        at = before[at]
    return found[::-1]
