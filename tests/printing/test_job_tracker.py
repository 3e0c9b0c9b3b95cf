"""The tracker of a build's jobs, with changes and answers one at a time."""

import asyncio
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

from custom_components.printago.api import CannotConnectError, PrintJob
from custom_components.printago.printing.job_tracker import JobTracker, WaitUntil
from tests.support.farm_model import A, job, listed_jobs

BUILD = "x" * 24


def jobs(*statuses: str | None, total: int | None = 1, seconds: float = 0, **fields: Any) -> list[PrintJob]:
    """Return jobs of one part build, each with a status."""
    rows = {
        f"job{index}": job(seconds, status=status, quantityTotal=total, **fields)
        for index, status in enumerate(statuses)
    }
    return [*listed_jobs(rows).rows.values()]


class Coordinator:
    """A coordinator whose farm changes, and whose answers come, when a test says so."""

    def __init__(self) -> None:
        self.listening: list[Callable[[Any], None]] = []
        self.farm = SimpleNamespace(jobs={}, printers={A: SimpleNamespace(name="P1S 01")})
        self.listeners = SimpleNamespace(async_add_changes=self.add)
        self.client = SimpleNamespace(queue=SimpleNamespace(all=self.ask))
        self.jobs_readable = True
        self.asked = 0
        self.answer: Iterable[PrintJob] | Exception = ()

    def add(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        self.listening.append(listener)
        return lambda: self.listening.remove(listener)

    async def ask(self, *_: Any) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(rows={job.id: job for job in self.answer})

    def change(self, *changed: PrintJob) -> None:
        """Let jobs change; those that end leave the farm."""
        for after in changed:
            self.farm.jobs[after.id] = after
            if after.status is not None and after.status.value in ("completed", "failed", "cancelled"):
                del self.farm.jobs[after.id]
        changes = SimpleNamespace(job_changes=[SimpleNamespace(after=after) for after in changed], jobs=True)
        for listener in self.listening:
            listener(changes)


def tracking(*builds: str) -> tuple[Coordinator, JobTracker]:
    coordinator = Coordinator()
    tracker = JobTracker(cast(Any, coordinator))
    if builds:
        tracker.async_track(builds)
    return coordinator, tracker


def test_tracker_listens_only_as_long_as_it_is_used() -> None:
    coordinator, tracker = tracking()
    with tracker:
        assert len(coordinator.listening) == 1
        tracker.async_start()
        assert len(coordinator.listening) == 1
    assert coordinator.listening == []
    tracker.async_close()


def test_change_after_the_end_of_tracking_is_not_reported() -> None:
    _, tracker = tracking(BUILD)
    reported: list[bool] = []
    tracker.on_change = lambda: reported.append(True)
    tracker.async_add(jobs("pending"))
    tracker.async_close()
    tracker.async_add(jobs("printing"))
    assert reported == [True]


def test_jobs_of_other_builds_are_not_tracked() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("pending", partBuildId="y" * 24), *jobs("pending", partBuildId=None))
    assert tracker.jobs == {}
    assert not tracker.is_complete


def test_job_that_ended_before_the_builds_were_known_is_found() -> None:
    coordinator, tracker = tracking()
    tracker.async_start()
    coordinator.change(*jobs("printing", "completed", total=2))
    tracker.async_track([BUILD])
    assert tracker.is_complete
    assert [job.status for job in tracker.jobs.values()] == ["completed", "printing"]


async def test_all_jobs_have_to_appear() -> None:
    coordinator, tracker = tracking(BUILD)
    finding = asyncio.ensure_future(tracker.async_find([60]))
    coordinator.change(*jobs("pending", total=2))
    await asyncio.sleep(0)
    assert not tracker.is_complete
    coordinator.change(*jobs("pending", "pending", total=2))
    await finding
    assert coordinator.asked == 0


def test_job_that_does_not_say_how_many_there_are_is_the_only_one() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("pending", total=None))
    assert tracker.is_complete


async def test_jobs_that_do_not_appear_are_asked_for() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.answer = jobs("pending")
    await tracker.async_find([0.001, 60])
    assert coordinator.asked == 1
    assert tracker.is_complete


async def test_failed_question_loses_nothing() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("printing"))
    coordinator.answer = CannotConnectError("down")
    await tracker.async_ask()
    assert [job.status for job in tracker.jobs.values()] == ["printing"]


async def test_late_answer_does_not_replace_a_newer_status() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("printing", seconds=10))
    coordinator.answer = jobs("pending", seconds=5)
    await tracker.async_ask()
    assert [job.status for job in tracker.jobs.values()] == ["printing"]
    coordinator.answer = jobs("completed", seconds=20)
    await tracker.async_ask()
    assert [job.status for job in tracker.jobs.values()] == ["completed"]


async def test_no_jobs_have_reached_nothing() -> None:
    _, tracker = tracking(BUILD)
    assert not await tracker.async_wait(WaitUntil.QUEUED, 0)


async def test_waiting_ends_when_all_jobs_got_so_far() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("assigned", "pending", total=2))
    waiting = asyncio.ensure_future(tracker.async_wait(WaitUntil.ASSIGNED, 60))
    await asyncio.sleep(0)
    assert not waiting.done()
    coordinator.change(*jobs("printing", "assigned", total=2))
    assert await waiting


async def test_waiting_goes_on_for_less_than_a_second() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("pending"))
    waiting = asyncio.ensure_future(tracker.async_wait(WaitUntil.ASSIGNED, 0.5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    coordinator.change(*jobs("assigned"))
    assert await waiting


async def test_job_that_is_asked_for_is_looked_for_in_the_farm_as_well() -> None:
    coordinator, tracker = tracking(BUILD)
    (pending,) = jobs("pending")
    tracker.async_add([pending])
    (assigned,) = jobs("assigned")
    coordinator.farm.jobs[assigned.id] = assigned
    assert await tracker.async_wait(WaitUntil.ASSIGNED, 0.001)
    assert coordinator.asked == 0
    assert tracker.as_response()[0]["status"] == "assigned"


def test_jobs_that_were_there_before_are_found_with_any_change_of_jobs() -> None:
    coordinator, tracker = tracking(BUILD)
    first, second = jobs("pending", "pending", total=2)
    coordinator.farm.jobs[first.id] = first
    coordinator.change(second)
    assert tracker.jobs.keys() == {first.id, second.id}
    assert tracker.is_complete


async def test_unknown_status_is_not_as_far_as_asked_for() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs(None))
    assert not await tracker.async_wait(WaitUntil.QUEUED, 0.001)


async def test_job_that_failed_before_it_got_so_far_ends_the_wait() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("failed", "printing", total=2))
    assert not await tracker.async_wait(WaitUntil.STARTED, 60)
    assert coordinator.asked == 0


async def test_job_that_vanished_is_asked_for_unless_the_key_cannot_read_jobs() -> None:
    for readable in (True, False):
        coordinator, tracker = tracking(BUILD)
        coordinator.jobs_readable = readable
        coordinator.change(*jobs("pending"))
        coordinator.farm.jobs.clear()
        coordinator.answer = jobs("completed", seconds=9)
        assert await tracker.async_wait(WaitUntil.STARTED, 0.001) == readable
        assert coordinator.asked == readable


def test_response_names_the_printer_and_what_went_wrong() -> None:
    coordinator, tracker = tracking(BUILD)
    coordinator.change(*jobs("failed", "pending", None, assignedPrinterId=A, errorMessage="Out of PLA"))
    coordinator.change(*jobs("failed", assignedPrinterId="gone" * 6, errorMessage=None))
    first, second, third = tracker.as_response()
    assert first == {
        "job_id": "job0",
        "status": "failed",
        "printer": None,
        "printer_id": "gone" * 6,
        "error": None,
    }
    assert (second["printer"], second["printer_id"], second["error"]) == ("P1S 01", A, "Out of PLA")
    assert third["status"] is None
