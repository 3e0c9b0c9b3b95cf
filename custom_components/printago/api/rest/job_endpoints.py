"""REST calls that search jobs, and those that change or explain single jobs of the queue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import batched
from typing import Any

from ..exceptions import MalformedResponseError
from ..models.fields import is_identifier
from ..models.listing import PAGE_SIZE, Listing, read_listing
from ..models.match import PrinterMatch
from ..models.records import FINAL_STATUSES, JobStatus, PrintJob
from ..models.tags import PIN, plain_tags
from .job_filter import JobFilter
from .order_endpoints import MOST_NAMED
from .pagination import Accept, objects, read_list, read_newest
from .rate_limit import RequestPriority
from .transport import Transport

MOST_PAGES = 5
"""Limit of requests for one search: 5,000 rows."""
_JOBS = "/v1/print-jobs"
_TAGS = "requiredPrinterTags"


class JobEndpoints:
    """The calls that search, change or explain jobs; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def all(self, wanted: JobFilter, priority: RequestPriority = RequestPriority.USER) -> Listing[PrintJob]:
        """Return all jobs that match (``GET /v1/print-jobs``)."""
        return read_listing(await read_list(self._transport, _JOBS, priority=priority, filters=wanted.query), PrintJob)

    async def completed_of(self, order_ids: Sequence[str], priority: RequestPriority) -> list[PrintJob]:
        """Return the completed jobs of orders, in a request for each ``MOST_NAMED`` orders."""
        found: list[PrintJob] = []
        for some in batched(order_ids, MOST_NAMED, strict=False):
            wanted = JobFilter(statuses=(JobStatus.COMPLETED,), order_ids=some)
            jobs = (await self.all(wanted, priority)).rows.values()
            # A server that does not know a filter returns others as well.
            found += [job for job in jobs if job.status is JobStatus.COMPLETED and job.order_id in some]
        return found

    async def newest(self, wanted: JobFilter, most: int) -> Listing[PrintJob]:
        """Return at most ``most`` jobs that match, newest first; complete if there are no others."""
        # Request one more than wanted, to see whether there are others.
        page_size = PAGE_SIZE if wanted.ids is not None else most + 1
        rows = await newest(self._transport, _JOBS, wanted.query, wanted.matches, most, page_size=page_size)
        return read_listing(rows, PrintJob)

    async def newest_past(self, wanted: JobFilter, accept: Callable[[PrintJob], bool], most: int) -> Listing[PrintJob]:
        """Return at most ``most`` jobs that have ended, match and are accepted, those made last first."""
        past = replace(wanted, statuses=FINAL_STATUSES)
        rows = await newest(
            self._transport,
            _JOBS,
            past.query,
            lambda row: past.matches(row) and accept(PrintJob.from_json(row["id"], row)),
            most,
        )
        return read_listing(rows, PrintJob)

    async def update_job(
        self, job: PrintJob, changes: Mapping[str, Any], *, pin: str | None = None, unpin: bool = False
    ) -> PrintJob:
        """Change fields of a job (``PATCH /v1/print-jobs/{id}``) and return all of them.

        ``pin`` restricts it to one printer, ``unpin`` removes that. Unreadable tags stay unchanged.
        """
        body = dict(changes)
        if pin is not None or unpin:
            body[_TAGS] = _with_pin(job.source_of(_TAGS), pin)
        answer = await self._transport.request("PATCH", f"{_JOBS}/{job.id}", priority=RequestPriority.USER, json=body)
        if not isinstance(answer, Mapping) or not is_identifier(answer.get("id")):
            raise MalformedResponseError("the answer is not a job")
        return PrintJob.from_json(job.id, answer)

    async def reorder(self, orders: Mapping[str, float]) -> None:
        """Set the queue numbers of jobs (``PATCH /v1/print-jobs/bulk-reorder``), by job ID.

        The effect on other jobs is not documented: read the queue again afterwards.
        """
        body = {"updates": [{"id": job_id, "newQueueOrder": order} for job_id, order in orders.items()]}
        await self._transport.request("PATCH", "/v1/print-jobs/bulk-reorder", priority=RequestPriority.USER, json=body)

    async def matching(self, job_id: str) -> list[PrinterMatch]:
        """Return how a job fits each printer; empty if Printago does not say."""
        answer = await self._transport.request(
            "GET", f"{_JOBS}/{job_id}/matching-troubleshoot", priority=RequestPriority.USER
        )
        if answer is None:
            return []
        if not isinstance(answer, Mapping):
            raise MalformedResponseError("the answer is not an object")
        rows = objects(answer.get("printers"))
        return [PrinterMatch.from_json(row) for row in rows if isinstance(row.get("printerId"), str)]


async def newest(
    transport: Transport,
    path: str,
    filters: Mapping[str, str],
    accept: Accept,
    most: int,
    *,
    page_size: int = PAGE_SIZE,
) -> Listing:
    """Return at most ``most`` rows of a list, newest first; complete if there are no others."""
    return await read_newest(
        transport, path, filters=filters, accept=accept, most=most, most_pages=MOST_PAGES, page_size=page_size
    )


def _with_pin(tags: object, printer_id: str | None) -> dict[str, Any]:
    """Return the tags of a job with another pin, or with none; unreadable ones stay."""
    given = tags if isinstance(tags, Mapping) else {}
    kept = {
        kind: plain_tags(value) if isinstance(value, str) else value for kind, value in given.items() if kind != PIN
    }
    return kept if printer_id is None else {**kept, PIN: printer_id}
