"""REST calls for past jobs, prices of SKUs, materials of parts and spools in stock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
import math

from ..exceptions import MalformedResponseError
from ..models.job_material import Assignments, MaterialChoice, assignments_by_part, group_members, group_names
from ..models.listing import PAGE_SIZE
from ..models.material import MaterialInstance
from ..models.records import FINAL_STATUSES, PrintJob
from ..models.sku_cost import CostBreakdown, ExtraCost, read_extra_costs
from .pagination import Page, objects, read_list, with_ids
from .rate_limit import RequestPriority
from .transport import Transport


@dataclass(frozen=True, slots=True)
class JobPage[T]:
    """A page of past jobs, newest first."""

    jobs: list[T]
    """What was made of each."""
    oldest: datetime | None
    """When the oldest job was created, None if unknown."""
    of_oldest: int
    """How many jobs were created then."""
    length: int
    """Number of rows returned, readable or not: the next page's offset is greater by this number."""
    has_more: bool
    total: int | None
    """Number of all matching jobs, None if unknown."""

    def left(self, offset: int) -> int | None:
        """Return how many pages of the same length follow this one, which has an offset; None if unknown."""
        if not self.has_more:
            return 0
        return None if self.total is None else max(1, math.ceil((self.total - offset) / self.length) - 1)


class HistoryEndpoints:
    """The calls for history and costs; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def past_jobs[T](
        self,
        make: Callable[[PrintJob], T | None],
        *,
        until: datetime | None = None,
        offset: int = 0,
        limit: int = PAGE_SIZE,
        priority: RequestPriority = RequestPriority.BACKGROUND,
    ) -> JobPage[T]:
        """Return one page of ended jobs, including cleared ones, newest first (``GET /v1/print-jobs``).

        Jobs are read in a separate thread, and ``make`` is called there; where it returns None, the job is left out.
        ``until`` is the latest time of creation, which never changes: starting a page at the oldest job read so far
        keeps newer jobs from shifting it. Jobs of one build share their time, so some of them are returned again.
        """
        params = {
            "status.in": ",".join(sorted(FINAL_STATUSES)),
            "sort": "createdAt:desc",
            "limit": str(limit),
            "meta": "true",
            **({"offset": str(offset)} if offset else {}),
            **({"createdAt.lte": _timestamp(until)} if until is not None else {}),
        }
        answer: JobPage[T] = await self._transport.request(
            "GET", "/v1/print-jobs", priority=priority, params=params, read=lambda answer: _page_of(answer, make)
        )
        return answer

    async def cost_breakdown(self, sku_id: str, priority: RequestPriority = RequestPriority.USER) -> CostBreakdown:
        """Return the costs of one copy of an SKU (``GET /v1/sku-costs/breakdown/{skuId}``)."""
        answer = await self._transport.request("GET", f"/v1/sku-costs/breakdown/{sku_id}", priority=priority)
        if not isinstance(answer, Mapping):
            raise MalformedResponseError("the answer is not a breakdown")
        return CostBreakdown.from_json(answer)

    async def extra_costs(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> dict[str, ExtraCost]:
        """Return labor and overhead of all SKUs that have any, by SKU ID.

        Takes two requests (``GET /v1/sku-costs``, ``GET /v1/cost-components``) for any number of SKUs. Raises
        MalformedResponseError if a list is incomplete, since the sum would be wrong.
        """
        costs = await read_list(self._transport, "/v1/sku-costs", priority=priority)
        components = await read_list(self._transport, "/v1/cost-components", priority=priority)
        if not (costs.complete and components.complete):
            raise MalformedResponseError("a list of costs is not complete")
        return read_extra_costs(costs.rows.values(), components.rows)

    async def spools(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> dict[str, MaterialInstance]:
        """Return the spools that are in stock or loaded, by ID (``GET /v1/materials/instances``)."""
        answer = await self._transport.request("GET", "/v1/materials/instances", priority=priority)
        return {
            identifier: MaterialInstance.from_json(identifier, row) for identifier, row in with_ids(objects(answer))
        }

    async def part_materials(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> dict[str, Assignments]:
        """Return the materials assigned to the filaments of parts, by part ID (``GET /v1/part-material-assignments``)."""
        listing = await read_list(self._transport, "/v1/part-material-assignments", priority=priority)
        return assignments_by_part(listing.rows.values())

    async def material_groups(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> tuple[dict[str, str | None], dict[str, list[MaterialChoice]]]:
        """Return the names of groups of materials and their members, by group ID.

        Two requests (``GET /v1/materials/groups``, ``GET /v1/materials/group-members``).
        """
        groups = objects(await self._transport.request("GET", "/v1/materials/groups", priority=priority))
        rows = objects(await self._transport.request("GET", "/v1/materials/group-members", priority=priority))
        return group_names(with_ids(groups)), group_members(rows)


def _page_of[T](answer: object, make: Callable[[PrintJob], T | None]) -> JobPage[T]:
    page = Page.of(answer)
    jobs = [PrintJob.from_json(identifier, row) for identifier, row in with_ids(page.rows)]
    # A server that does not know a filter returns other jobs as well.
    past = [job for job in jobs if job.status in FINAL_STATUSES]
    created = [job.created_at for job in past if job.created_at is not None]
    oldest = min(created, default=None)
    return JobPage(
        jobs=[made for job in past if (made := make(job)) is not None],
        oldest=oldest,
        of_oldest=0 if oldest is None else created.count(oldest),
        length=page.length,
        has_more=page.has_more and page.length > 0,
        total=page.total,
    )


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
