"""Submits prints, each exactly once.

Printago's builds have no idempotency key, and the response names part builds instead of jobs: jobs appear a little
later and refer to them by ``partBuildId``. A response can be lost after Printago has acted. So builds of the same part
or SKU are sent one after the other, and after a lost response we look for new jobs; nothing is ever sent again.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
import time
from typing import Any

from ..api import (
    AuthenticationError,
    CannotConnectError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    PrintJob,
)
from ..api.models.build import PartBuild, SkuBuild
from ..api.rest.job_filter import JobFilter
from ..const import LOGGER
from ..coordinator import PrintagoCoordinator
from ..errors import action_failure, home_assistant_error
from .catalog import Catalog
from .job_tracker import JobTracker, by_part_build, is_whole
from .request import PrintRequest

_ASK_AFTER = (3.0, 4.0, 8.0)
"""Seconds to wait for messages of the stream, before each request for the jobs."""
_CLOCK_MARGIN = timedelta(seconds=2)
_BASELINE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Submission:
    """The result of a build: ``confirmed`` by the response, else found by its jobs after the response was lost."""

    part_builds: tuple[PartBuild, ...]
    sku_builds: tuple[SkuBuild, ...] = ()
    confirmed: bool = True

    def as_response(self, tracker: JobTracker) -> dict[str, Any]:
        """Return it in the response of the action, with the jobs that have appeared."""
        job_ids = {
            part_build: [job.id for job in jobs] for part_build, jobs in by_part_build(tracker.jobs.values()).items()
        }
        return {
            "builds": [
                {
                    "part_build_id": build.id,
                    "part_id": build.part_id,
                    "part": build.part_name,
                    "quantity": build.quantity,
                    "job_ids": job_ids.get(build.id, []),
                }
                for build in self.part_builds
            ],
            "sku_builds": [{"sku_build_id": build.id, "sku_id": build.sku_id} for build in self.sku_builds],
            "job_ids": list(tracker.jobs),
            "confirmed": self.confirmed,
        }


class Submitter:
    """Submits the print requests of one store."""

    def __init__(self, coordinator: PrintagoCoordinator, catalog: Catalog) -> None:
        """Submit with the coordinator's client, and watch its farm for jobs."""
        self._coordinator = coordinator
        self._catalog = catalog
        self._client = coordinator.client
        self._ledger = coordinator.store_state.builds

    async def async_submit(self, request: PrintRequest, tracker: JobTracker, *, find_jobs: bool = False) -> Submission:
        """Submit a request, track its jobs, and return the result; ``find_jobs`` waits until they have appeared.

        Raises HomeAssistantError if Printago refuses it, can't be reached, or may or may not have acted; the message
        says which. Canceling the call does not stop the submission, so that its outcome is known before the same item
        is submitted again.
        """
        submitting = self._coordinator.hass.async_create_task(self._async_submit(request, tracker))
        submission = await asyncio.shield(submitting)
        if find_jobs and submission.confirmed and self._coordinator.jobs_readable:
            await tracker.async_find(_ASK_AFTER)
        return submission

    async def _async_submit(self, request: PrintRequest, tracker: JobTracker) -> Submission:
        tracker.async_start()
        async with self._ledger.locks.setdefault(request.item, asyncio.Lock()):
            await self._async_know_what_is_there(request)
            asked_at = self._client.transport.clock.now()
            asked_at_monotonic = time.monotonic()
            try:
                answer = await self._client.create_build(request.build)
            except OutcomeUnknownError as err:
                LOGGER.warning("The answer to a build was lost (%s), looking for its jobs", err)
                return await self._async_find(request, tracker, asked_at, asked_at_monotonic)
            except PrintagoError as err:
                self._catalog.forget()
                if isinstance(err, AuthenticationError):
                    self._coordinator.async_reconcile()
                raise home_assistant_error(err) from err
            part_builds = [build.id for build in answer.part_builds]
            self._account_for(part_builds)
            tracker.async_track(part_builds)
            return Submission(answer.part_builds, answer.sku_builds)

    async def _async_know_what_is_there(self, request: PrintRequest) -> None:
        """Make sure that all existing jobs are known, so that none is taken for a new one.

        While the stream is up, it reports every job; at its start, and without it, the jobs are requested.
        """
        connected_since = self._coordinator.stream_since
        if connected_since is not None and self._ledger.baselines.get(request.item) == connected_since:
            return
        try:
            jobs = await self._async_jobs(request, self._client.transport.clock.now() - _BASELINE)
        except PermissionDeniedError:
            # Without permission to view the queue, the outcome of a lost response stays unknown.
            return
        except PrintagoError as err:
            raise home_assistant_error(CannotConnectError(str(err))) from err
        self._account_for(job.part_build_id for job in jobs if job.part_build_id is not None)
        if connected_since is not None:
            self._ledger.baselines[request.item] = connected_since

    def _account_for(self, part_builds: Iterable[str]) -> None:
        for part_build_id in part_builds:
            self._coordinator.farm.open_jobs.note_part_build(part_build_id)

    async def _async_jobs(self, request: PrintRequest, since: datetime) -> list[PrintJob]:
        wanted = JobFilter(part_id=request.part_id, sku_id=request.sku_id, created_since=since)
        return list((await self._client.queue.all(wanted)).rows.values())

    async def _async_find(
        self, request: PrintRequest, tracker: JobTracker, asked_at: datetime, asked_at_monotonic: float
    ) -> Submission:
        """Look for the jobs of a build whose response was lost."""
        found: dict[str, list[PrintJob]] = {}
        key = "submission_unchecked"
        for seconds in _ASK_AFTER:
            await asyncio.sleep(seconds)
            try:
                jobs = await self._async_jobs(request, asked_at - _CLOCK_MARGIN)
            except PrintagoError as err:
                LOGGER.debug("Looking for the jobs of a build failed: %s", err)
                key = "submission_unchecked"
                continue
            found = by_part_build(job for job in jobs if self._is_new(job, request, asked_at_monotonic))
            if len(found) == request.part_builds and all(map(is_whole, found.values())):
                self._account_for(found)
                tracker.async_track(found)
                tracker.async_add(job for jobs in found.values() for job in jobs)
                return Submission(tuple(map(_found_build, found.values())), confirmed=False)
            key = "submission_unclear" if found else "submission_lost"
        raise action_failure(key, jobs=", ".join(job.id for jobs in found.values() for job in jobs) or "-")

    def _is_new(self, job: PrintJob, request: PrintRequest, asked_at_monotonic: float) -> bool:
        if job.part_build_id is None or not request.matches(job):
            return False
        first_seen = self._coordinator.farm.open_jobs.part_builds.get(job.part_build_id)
        return first_seen is None or first_seen > asked_at_monotonic


def _found_build(jobs: list[PrintJob]) -> PartBuild:
    first = jobs[0]
    return PartBuild(
        id=first.part_build_id or "",
        part_id=first.part_id,
        part_name=first.part_name,
        quantity=first.quantity_total,
    )
