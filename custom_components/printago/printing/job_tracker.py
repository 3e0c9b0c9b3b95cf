"""Tracks the jobs of a build: until they have appeared, got far enough, or ended."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from itertools import chain
import time
from types import TracebackType
from typing import Any, Self

from homeassistant.core import CALLBACK_TYPE, callback

from ..api import JobStatus, PrintagoError, PrintJob, RequestPriority
from ..api.models.records import FINAL_STATUSES
from ..api.rest.job_filter import JobFilter
from ..const import LOGGER
from ..coordinator import PrintagoCoordinator
from ..model.changes import Changes
from ..model.timestamps import is_older

_LOOK_AGAIN = 30
"""Seconds after which to check the farm without a change: a reload removes all listeners."""


class WaitUntil(StrEnum):
    """How far jobs have to get."""

    QUEUED = "queued"
    ASSIGNED = "assigned"
    STARTED = "started"


_STARTED = frozenset({JobStatus.PRINTING, JobStatus.PAUSED, JobStatus.COMPLETED})
_NOT_REACHED: Mapping[WaitUntil, Collection[JobStatus]] = {
    WaitUntil.QUEUED: (),
    WaitUntil.ASSIGNED: (JobStatus.PENDING, JobStatus.FAILED, JobStatus.CANCELLED),
    WaitUntil.STARTED: frozenset(JobStatus) - _STARTED,
}


class JobTracker:
    """Tracks the jobs of one build, including those that have ended.

    Start it before the build is submitted, since a job may end before the response arrives.
    """

    def __init__(self, coordinator: PrintagoCoordinator) -> None:
        """Track nothing yet."""
        self._coordinator = coordinator
        self._ended: dict[str, PrintJob] | None = None
        """The jobs that ended while the part builds are not known."""
        self._changed = asyncio.Event()
        self._remove: CALLBACK_TYPE | None = None
        self.part_builds: frozenset[str] = frozenset()
        self.jobs: dict[str, PrintJob] = {}
        """The jobs that have appeared, and the last status of each."""
        self.on_change: Callable[[], None] | None = None
        """Called when a job has appeared or changed."""

    def __enter__(self) -> Self:
        """Start listening."""
        self.async_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening."""
        self.async_close()

    @callback
    def async_start(self) -> None:
        """Listen to the farm, and keep the jobs that end until ``async_track``."""
        if self._remove is None:
            self._ended = {}
            self._remove = self._coordinator.listeners.async_add_changes(self._async_on_changes)

    @callback
    def async_track(self, part_builds: Iterable[str]) -> None:
        """Track the jobs of these part builds."""
        self.async_start()
        self.part_builds = frozenset(part_builds)
        ended, self._ended = self._ended or {}, None
        self.async_add(chain(ended.values(), self._coordinator.farm.jobs.values()))

    @callback
    def async_add(self, jobs: Iterable[PrintJob]) -> None:
        """Add or update those of these jobs that are tracked."""
        found = [job for job in jobs if job.part_build_id in self.part_builds]
        if found:
            self.jobs |= {job.id: job for job in found}
            self._changed.set()
            if self.on_change is not None:
                self.on_change()

    @callback
    def async_close(self) -> None:
        """Stop listening."""
        self.on_change = None
        if self._remove is not None:
            self._remove()
            self._remove = None

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        changed = [change.after for change in changes.job_changes]
        if self._ended is not None:
            self._ended |= {job.id: job for job in changed if job.status in FINAL_STATUSES}
        elif changes.jobs and not self.is_complete:
            self.async_add(chain(changed, self._coordinator.farm.jobs.values()))
        else:
            self.async_add(changed)

    @property
    def is_complete(self) -> bool:
        """Return whether all jobs have appeared."""
        groups = by_part_build(self.jobs.values())
        return groups.keys() == self.part_builds and all(map(is_whole, groups.values()))

    async def async_ask(self, priority: RequestPriority = RequestPriority.USER) -> None:
        """Ask Printago for the jobs; a failure is only logged."""
        try:
            listing = await self._coordinator.client.queue.all(
                JobFilter(part_builds=sorted(self.part_builds)), priority
            )
        except PrintagoError as err:
            LOGGER.debug("Asking for the jobs of a build failed: %s", err)
            return
        self.async_add(job for job in listing.rows.values() if not self._is_late(job))

    def _is_late(self, job: PrintJob) -> bool:
        known = self.jobs.get(job.id)
        return known is not None and is_older(job.updated_at, known.updated_at)

    async def async_find(self, ask_after: Iterable[float]) -> None:
        """Wait until all jobs have appeared; Printago is asked for them after each of these seconds without a change."""
        for seconds in ask_after:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while not self.is_complete:
                        self._changed.clear()
                        await self._changed.wait()
            if self.is_complete:
                return
            await self.async_ask()

    async def async_wait(self, until: WaitUntil, seconds: float) -> bool:
        """Wait until all jobs got so far, or none can any more; return whether all did within the time."""
        end = time.monotonic() + seconds
        while not all(self._is_settled(job_id, until) for job_id in self.jobs):
            if (left := end - time.monotonic()) <= 0:
                break
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK_AGAIN)):
                    await self._changed.wait()
        if self._coordinator.jobs_readable and any(map(self._has_vanished, self.jobs)):
            await self.async_ask()
        return bool(self.jobs) and all(self._has_reached(job_id, until) for job_id in self.jobs)

    def _job(self, job_id: str) -> PrintJob:
        return self._coordinator.farm.jobs.get(job_id, self.jobs[job_id])

    def _has_vanished(self, job_id: str) -> bool:
        """Return whether a job has ended without an event, as when the stream is down."""
        return job_id not in self._coordinator.farm.jobs and self.jobs[job_id].status not in FINAL_STATUSES

    def _has_reached(self, job_id: str, until: WaitUntil) -> bool:
        status = self._job(job_id).status
        return status is not None and status not in _NOT_REACHED[until]

    def _is_settled(self, job_id: str, until: WaitUntil) -> bool:
        return self._has_reached(job_id, until) or self._job(job_id).status in FINAL_STATUSES

    def as_response(self) -> list[dict[str, Any]]:
        """Return the jobs in the response of an action; an unknown status or printer is None."""
        return [self._response(self._job(job_id)) for job_id in self.jobs]

    def _response(self, job: PrintJob) -> dict[str, Any]:
        printer = self._coordinator.farm.printers.get(job.assigned_printer_id or "")
        return {
            "job_id": job.id,
            "status": job.status.value if job.status is not None else None,
            "printer": printer.name if printer is not None else None,
            "printer_id": job.assigned_printer_id,
            "error": job.error_message,
        }


def by_part_build(jobs: Iterable[PrintJob]) -> dict[str, list[PrintJob]]:
    """Return the jobs of each part build."""
    groups: dict[str, list[PrintJob]] = {}
    for job in jobs:
        groups.setdefault(job.part_build_id or "", []).append(job)
    return groups


def is_whole(jobs: Collection[PrintJob]) -> bool:
    """Return whether all jobs of a part build have appeared: each says how many there are."""
    return len(jobs) >= max(job.quantity_total or 1 for job in jobs)
