"""Follows jobs until they are queued, assigned or started."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from enum import StrEnum
import time
from types import TracebackType
from typing import Any, Self

from homeassistant.core import CALLBACK_TYPE, callback

from ..api import JobStatus, PrintagoError, PrintJob
from ..api.models.records import FINAL_STATUSES
from ..api.rest.job_filter import JobFilter
from ..const import LOGGER
from ..coordinator import PrintagoCoordinator
from ..model.changes import Changes

_LOOK_AGAIN = 30
"""Seconds after which to check the farm even without a change: a reload removes all listeners."""


class WaitUntil(StrEnum):
    """The step that jobs must reach."""

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
    """Tracks jobs, including those that end; a context manager."""

    def __init__(self, coordinator: PrintagoCoordinator) -> None:
        """Follow the farm of a coordinator."""
        self._coordinator = coordinator
        self._ended: dict[str, PrintJob] = {}
        self._changed = asyncio.Event()
        self._remove: CALLBACK_TYPE | None = None

    def __enter__(self) -> Self:
        """Start to listen."""
        self._remove = self._coordinator.listeners.async_add_changes(self._on_changes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._remove is not None:
            self._remove()

    @callback
    def _on_changes(self, changes: Changes) -> None:
        for change in changes.job_changes:
            if change.after.status in FINAL_STATUSES:
                self._ended[change.after.id] = change.after
        if changes.jobs or changes.job_changes:
            self._changed.set()

    def _job(self, job_id: str) -> PrintJob | None:
        return self._coordinator.farm.jobs.get(job_id) or self._ended.get(job_id)

    async def async_wait(self, job_ids: Collection[str], until: WaitUntil, seconds: float) -> bool:
        """Wait until all jobs have reached the step, or can't any more; return whether all did within the time."""
        end = time.monotonic() + seconds
        while not all(self._is_settled(job_id, until) for job_id in job_ids):
            if (left := end - time.monotonic()) <= 0:
                break
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK_AGAIN)):
                    await self._changed.wait()
        await self._async_look_for(job_ids)
        return bool(job_ids) and all(self._has_reached(job_id, until) for job_id in job_ids)

    def _has_reached(self, job_id: str, until: WaitUntil) -> bool:
        job = self._job(job_id)
        return job is not None and job.status is not None and job.status not in _NOT_REACHED[until]

    def _is_settled(self, job_id: str, until: WaitUntil) -> bool:
        job = self._job(job_id)
        return self._has_reached(job_id, until) or (job is not None and job.status in FINAL_STATUSES)

    async def _async_look_for(self, job_ids: Collection[str]) -> None:
        """Request the jobs that are unknown, for example because the stream is down."""
        missing = [job_id for job_id in job_ids if self._job(job_id) is None]
        if not missing or not self._coordinator.jobs_readable:
            return
        try:
            listing = await self._coordinator.client.queue.all(JobFilter(ids=missing))
        except PrintagoError as err:
            LOGGER.debug("Asking what became of jobs failed: %s", err)
            return
        self._ended |= listing.rows

    def as_response(self, job_ids: Collection[str]) -> list[dict[str, Any]]:
        """Return the jobs in the response of an action; an unknown status or printer is None."""
        return [self._response(job_id) for job_id in job_ids]

    def _response(self, job_id: str) -> dict[str, Any]:
        job = self._job(job_id)
        printer_id = job.assigned_printer_id if job is not None else None
        printer = self._coordinator.farm.printers.get(printer_id) if printer_id is not None else None
        return {
            "job_id": job_id,
            "status": job.status.value if job is not None and job.status is not None else None,
            "printer": printer.name if printer is not None else None,
            "printer_id": printer_id,
            "error": job.error_message if job is not None else None,
        }
