"""REST calls that look things up for a person, and those that change or explain one job of the queue."""

from collections.abc import Mapping
from typing import Any

from ..exceptions import MalformedResponseError
from ..models.fields import is_identifier
from ..models.listing import Listing
from .pagination import PAGE_SIZE, Accept, objects, read_newest
from .rate_limit import RequestPriority
from .transport import Transport

MOST_PAGES = 5
"""Most requests that one look-up costs: 5,000 rows."""


class JobEndpoints:
    """The calls about single jobs, and about lists of which a part is wanted; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Use the store's transport."""
        self._transport = transport

    async def newest(
        self, path: str, filters: Mapping[str, str], accept: Accept, most: int, *, page_size: int = PAGE_SIZE
    ) -> Listing:
        """Return at most ``most`` rows of a list, newest first; complete when there are no others."""
        return await read_newest(
            self._transport,
            path,
            filters=filters,
            accept=accept,
            most=most,
            most_pages=MOST_PAGES,
            page_size=page_size,
        )

    async def update_job(self, job_id: str, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change fields of a job (``PATCH /v1/print-jobs/{id}``) and return all of them."""
        answer = await self._transport.request(
            "PATCH", f"/v1/print-jobs/{job_id}", priority=RequestPriority.USER, json=dict(changes)
        )
        if not isinstance(answer, Mapping) or not is_identifier(answer.get("id")):
            raise MalformedResponseError("the answer is not a job")
        return answer

    async def reorder(self, orders: Mapping[str, float]) -> None:
        """Give jobs new numbers in the queue (``PATCH /v1/print-jobs/bulk-reorder``), by job ID.

        What it does to other jobs is not documented: read the queue again afterwards.
        """
        body = {"updates": [{"id": job_id, "newQueueOrder": order} for job_id, order in orders.items()]}
        await self._transport.request("PATCH", "/v1/print-jobs/bulk-reorder", priority=RequestPriority.USER, json=body)

    async def matching(self, job_id: str) -> list[Mapping[str, Any]]:
        """Return how a job fits each printer (schema ``PrinterMatchingStatus``); empty when Printago tells nothing."""
        answer = await self._transport.request(
            "GET", f"/v1/print-jobs/{job_id}/matching-troubleshoot", priority=RequestPriority.USER
        )
        if answer is None:
            return []
        if not isinstance(answer, Mapping):
            raise MalformedResponseError("the answer is not an object")
        return objects(answer.get("printers"))
