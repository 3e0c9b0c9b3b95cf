"""Printago's REST calls, one method a call.

Paths, bodies and answers are those of the vendor's OpenAPI description. Calls that take a list of IDs are gathered (see
``batch``), so that buttons pressed together leave as one request.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import aiohttp
import orjson

from .exceptions import InUseError, MalformedResponseError, NotAppliedError
from .models.build import CreatedBuild
from .models.listing import Listing, read_listing
from .models.order import OPEN
from .models.picture import MAX_PICTURE, Picture
from .models.product import Part, Sku
from .models.records import FINAL_STATUSES, JobStatus
from .rest.addresses import is_address
from .rest.batcher import Batcher
from .rest.history_endpoints import HistoryEndpoints
from .rest.job_endpoints import JobEndpoints
from .rest.job_filter import timestamp
from .rest.order_endpoints import OrderEndpoints
from .rest.pagination import identified, objects, read_list, with_ids
from .rest.permissions import PermissionLedger
from .rest.printer_endpoints import PrinterEndpoints
from .rest.product_endpoints import ProductEndpoints
from .rest.rate_limit import RateLimiter, RequestPriority
from .rest.transport import ServerClock, Transport
from .rest.upkeep_endpoints import UpkeepEndpoints

OPEN_JOBS = {
    "status.in": ",".join(sorted(set(JobStatus) - {JobStatus.COMPLETED, JobStatus.CANCELLED})),
    "hidden.eq": "false",
}
"""Filter of the jobs that the farm model holds: all that still wait, run, or failed and were not cleared."""

OPEN_ORDERS = {"status.eq": OPEN, "cancelledAt.isNull": "true"}
_LOW_PRIORITY = "processLowPriorityJobs"
_SIGNED_SECONDS = 300
_MOST_COMPLETED = 1_000_000_000


class PrintagoClient:
    """The calls that this project needs, for one store."""

    def __init__(self, transport: Transport) -> None:
        """Use a transport, which is the store's own."""
        self._transport = transport
        self.printer_endpoints = PrinterEndpoints(transport)
        self.products = ProductEndpoints(transport)
        self.queue = JobEndpoints(transport)
        self.orders = OrderEndpoints(transport)
        self.history = HistoryEndpoints(transport)
        self.upkeep = UpkeepEndpoints(transport)
        self.in_use: Callable[[str], bool] = lambda printer_id: False
        """Returns whether the bed of a printer is in use; set by the owner. Beds in use are not confirmed as clear."""
        self._confirm = Batcher(self._confirm_ready)
        self._enabled = Batcher(self._set_enabled)
        self._fabmatic = Batcher(self._set_fabmatic)
        self._maintenance = Batcher(self._set_maintenance)
        self._commands = Batcher(self._send_command)
        self._jobs = Batcher(self._change_jobs)
        self._signed = Batcher(self._sign)

    @classmethod
    def create(
        cls,
        session: aiohttp.ClientSession,
        *,
        api_url: str,
        store_id: str,
        api_key: str,
        limiter: RateLimiter,
        clock: ServerClock | None = None,
    ) -> PrintagoClient:
        """Return a client; raises CannotConnectError when ``api_url`` is not an http(s) address."""
        return cls(
            Transport(session, api_url=api_url, store_id=store_id, api_key=api_key, limiter=limiter, clock=clock)
        )

    @property
    def transport(self) -> Transport:
        """Return what sends the requests: it knows Printago's clock and the quota."""
        return self._transport

    @property
    def permissions(self) -> PermissionLedger:
        """Return what the key has turned out to lack."""
        return self._transport.permissions

    async def close(self) -> None:
        """Give calls that are being gathered or answered a moment to end; none that was sent is cancelled.

        Reads that wait for room in the quota end at once.
        """
        self._transport.close()
        await asyncio.gather(
            self._confirm.close(),
            self._enabled.close(),
            self._fabmatic.close(),
            self._maintenance.close(),
            self._commands.close(),
            self._jobs.close(),
            self._signed.close(),
        )

    # Reading

    async def stores(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> list[Mapping[str, Any]]:
        """Return the stores that the key may see (``GET /v1/stores``)."""
        return objects(await self._transport.request("GET", "/v1/stores", priority=priority))

    async def granted_permissions(self) -> object:
        """Return the names of what the key was granted directly (``GET /v1/api-keys/{id}/permissions``), as they came.

        None where its ID is not known. It is part of a secret: errors do not contain the path.
        """
        if (key_id := self._transport.key_id) is None:
            return None
        return await self._transport.request(
            "GET", f"/v1/api-keys/{key_id}/permissions", priority=RequestPriority.BACKGROUND
        )

    async def printers(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> Listing:
        """Return all printers of the store (``GET /v1/printers``)."""
        listing = await self._list("/v1/printers", priority=priority)
        for printer in listing.rows.values():
            self._transport.redactor.add(printer)
        return listing

    async def has_printers(self) -> bool:
        """Ask for one printer: it fails as ``printers`` would, and costs little."""
        return bool(
            await self._transport.request("GET", "/v1/printers", priority=RequestPriority.USER, params={"limit": "1"})
        )

    async def open_jobs(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> Listing:
        """Return the jobs that wait, run, or failed and were not cleared (``GET /v1/print-jobs``)."""
        return await self._list("/v1/print-jobs", priority=priority, filters=OPEN_JOBS)

    async def ended_jobs(self, since: datetime) -> Listing:
        """Return the jobs that are over and changed after ``since`` (Printago's clock)."""
        filters = {"status.in": ",".join(sorted(FINAL_STATUSES)), "updatedAt.gte": timestamp(since)}
        return await self._list("/v1/print-jobs", priority=RequestPriority.BACKGROUND, filters=filters)

    async def completed_count(self) -> int:
        """Return how many jobs the store has completed in its life."""
        answer = await self._transport.request(
            "GET", "/v1/print-jobs/stats/completed-count", priority=RequestPriority.BACKGROUND
        )
        if isinstance(answer, bool) or not isinstance(answer, int | float) or not 0 <= answer <= _MOST_COMPLETED:
            raise MalformedResponseError("the count is not a number that one could be")
        return int(answer)

    async def parts(
        self,
        *,
        ids: Collection[str] | None = None,
        name: str | None = None,
        priority: RequestPriority = RequestPriority.USER,
    ) -> Listing[Part]:
        """Return parts, all or those with these IDs or this name (``GET /v1/parts``)."""
        filters = _filters({"id.in": ids, "name.eq": name})
        return read_listing(await self._list("/v1/parts", priority=priority, filters=filters), Part)

    async def skus(
        self,
        *,
        ids: Collection[str] | None = None,
        name: str | None = None,
        priority: RequestPriority = RequestPriority.USER,
    ) -> Listing[Sku]:
        """Return SKUs with their linked parts, all or those with these IDs or this code (``GET /v1/skus``)."""
        filters = _filters({"id.in": ids, "sku.eq": name})
        return read_listing(await self._list("/v1/skus", priority=priority, filters=filters), Sku)

    async def materials(self, priority: RequestPriority = RequestPriority.USER) -> Listing:
        """Return materials (``GET /v1/materials``)."""
        return await self._list("/v1/materials", priority=priority)

    async def material_variants(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> Mapping[str, Mapping[str, Any]]:
        """Return all colours of all materials by ID (``GET /v1/materials/variants``)."""
        answer = await self._transport.request("GET", "/v1/materials/variants", priority=priority)
        return dict(with_ids(objects(answer)))

    async def printer_slots(self) -> Mapping[str, Mapping[str, Any]]:
        """Return by ID what is assigned to all slots of all printers (``GET /v1/materials/printer-slots``)."""
        answer = await self._transport.request(
            "GET", "/v1/materials/printer-slots", priority=RequestPriority.BACKGROUND
        )
        return dict(with_ids(objects(answer)))

    async def processes_low_priority_jobs(self) -> bool | None:
        """Return whether the store prints jobs of low priority, None where it is not said (``GET /v1/settings/store``)."""
        answer = await self._transport.request("GET", "/v1/settings/store", priority=RequestPriority.BACKGROUND)
        return _low_priority(_object(answer))

    async def open_orders(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> Listing:
        """Return the orders that customers still wait for (``GET /v1/orders``)."""
        return await self._list("/v1/orders", priority=priority, filters=OPEN_ORDERS)

    async def production_slots(self) -> int | None:
        """Return how many jobs the subscription runs at once, None for no limit (``GET /v1/subscriptions``)."""
        answer = _object(await self._transport.request("GET", "/v1/subscriptions", priority=RequestPriority.BACKGROUND))
        slots = answer.get("concurrencySlots")
        if slots is None:
            return None
        if isinstance(slots, bool) or not isinstance(slots, int | float) or not 0 < slots < 1_000_000:
            raise MalformedResponseError("the number of production slots is none")
        return int(slots)

    async def picture(self, path: str) -> Picture:
        """Return the picture at a storage path, such as a thumbnail's, or at an absolute address.

        All paths that are asked for at once are one request; an address costs none, and gets no credentials.
        """
        if is_address(path):
            return Picture.of(await self._transport.fetch(path, MAX_PICTURE))
        return Picture.of(await self._transport.download(await self._signed.submit(None, path), MAX_PICTURE))

    async def _sign(self, _: None, paths: list[str]) -> Mapping[str, str]:
        answer = await self._transport.request(
            "POST",
            "/v1/storage/signed-urls",
            priority=RequestPriority.BACKGROUND,
            json={"paths": paths, "duration": _SIGNED_SECONDS},
        )
        urls = answer.get("signedUrls") if isinstance(answer, Mapping) else None
        if not isinstance(urls, list) or len(urls) != len(paths) or not all(isinstance(url, str) for url in urls):
            raise MalformedResponseError("the answer is not a list of addresses")
        return dict(zip(paths, urls, strict=True))

    # Steering

    async def confirm_ready(self, printer_id: str, *, ready: bool = True) -> Mapping[str, Any] | None:
        """Confirm that a bed is clear, so that the printer takes its next job, or withdraw that.

        Return the printer's record where told. Raises NotAppliedError when Printago's answer leaves this printer out, and
        InUseError when its bed is in use by the time at which the request would leave.
        """
        return await self._confirm.submit(ready, printer_id)

    async def set_enabled(self, printer_id: str, *, enabled: bool) -> Mapping[str, Any] | None:
        """Let a printer take part in automatic assignment, or not; as ``confirm_ready``."""
        return await self._enabled.submit(enabled, printer_id)

    async def set_fabmatic(
        self, printer_id: str, *, enabled: bool, job_limit: int | None = None
    ) -> Mapping[str, Any] | None:
        """Turn FabMatic on, for a number of jobs or without a limit, or off; as ``confirm_ready``."""
        return await self._fabmatic.submit((enabled, job_limit), printer_id)

    async def set_maintenance(self, printer_id: str, *, enabled: bool) -> Mapping[str, Any] | None:
        """Take a printer into maintenance, or out of it; as ``confirm_ready``.

        Raises NotEntitledError as well: only turning it on needs a subscription that includes it.
        """
        return await self._maintenance.submit(enabled, printer_id)

    async def process_low_priority_jobs(self, *, on: bool) -> bool | None:
        """Let the store print jobs of low priority, or not (``PATCH /v1/settings/store``); return what holds then."""
        answer = await self._transport.request(
            "PATCH", "/v1/settings/store", priority=RequestPriority.USER, json={_LOW_PRIORITY: on}
        )
        return _low_priority(_object(answer))

    async def send_command(self, printer_id: str, command: str, /, **options: Any) -> None:
        """Send one printer command, for example ``pause``; raises NotAppliedError when it did not get it."""
        encoded = orjson.dumps({"command": command, **options}, option=orjson.OPT_SORT_KEYS)
        await self._commands.submit(encoded, printer_id)

    async def skip_objects(self, printer_id: str, object_ids: Iterable[int]) -> None:
        """Leave objects out of the current print; raises NotAppliedError when the printer did not get it."""
        await self.send_command(printer_id, "skip-objects", objectIds=list(object_ids))

    async def pause_job(self, job_id: str) -> None:
        """Pause a job at its printer; raises NotAppliedError when Printago did not."""
        await self._jobs.submit("pause", job_id)

    async def resume_job(self, job_id: str) -> None:
        """Resume a paused job; raises NotAppliedError when Printago did not."""
        await self._jobs.submit("resume", job_id)

    async def cancel_job(self, job_id: str) -> None:
        """Cancel a job, which stops its printer if it prints; raises NotAppliedError when Printago did not."""
        await self._jobs.submit("cancel", job_id)

    async def change_jobs(self, change: str, job_ids: Iterable[str]) -> frozenset[str]:
        """Do one of ``pause resume cancel retry clear move-to-queue-front``; return the jobs to which it was done."""
        wanted = tuple(job_ids)
        done = await asyncio.gather(*(self._jobs.submit(change, job_id) for job_id in wanted), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException) and not isinstance(result, NotAppliedError):
                raise result
        return frozenset(job_id for job_id, result in zip(wanted, done, strict=True) if result is None)

    async def create_build(self, build: Mapping[str, Any]) -> CreatedBuild:
        """Queue prints (``POST /v2/builds``) and return what Printago made of them.

        There is no idempotency key: after OutcomeUnknownError look for the jobs before anything is sent again.
        """
        answer = _object(await self._transport.request("POST", "/v2/builds", priority=RequestPriority.USER, json=build))
        identified(answer.get("partBuilds"))
        return CreatedBuild.from_json(answer)

    async def _confirm_ready(self, ready: bool, ids: list[str]) -> Mapping[str, Mapping[str, Any] | InUseError | None]:
        refused: dict[str, InUseError] = {}

        def body() -> Mapping[str, Any]:
            # Between a press and its request there are seconds when the quota is short, enough for a print to start.
            refused.update({printer_id: InUseError() for printer_id in ids if ready and self.in_use(printer_id)})
            if len(refused) == len(ids):
                raise InUseError
            return {"ready": ready, "ids": [printer_id for printer_id in ids if printer_id not in refused]}

        answer = await self._transport.request(
            "PATCH", "/v1/printers/confirm-ready", priority=RequestPriority.USER, json=body
        )
        return dict(with_ids(objects(answer))) | refused

    async def _set_enabled(self, enabled: bool, ids: list[str]) -> Mapping[str, Mapping[str, Any] | None]:
        answer = await self._transport.request(
            "PATCH", "/v1/printers/enabled", priority=RequestPriority.USER, json={"enabled": enabled, "ids": ids}
        )
        return dict(with_ids(objects(answer)))

    async def _set_fabmatic(
        self, wanted: tuple[bool, int | None], ids: list[str]
    ) -> Mapping[str, Mapping[str, Any] | None]:
        enabled, job_limit = wanted
        answer = await self._transport.request(
            "PATCH",
            "/v1/printers/continous-print",
            priority=RequestPriority.USER,
            json={"enabled": enabled, "jobLimit": job_limit, "ids": ids},
        )
        return dict(with_ids(objects(answer)))

    async def _set_maintenance(self, enabled: bool, ids: list[str]) -> Mapping[str, Mapping[str, Any] | None]:
        answer = await self._transport.request(
            "PATCH",
            "/v1/maintenance/mode",
            priority=RequestPriority.USER,
            json={"printerIds": ids, "enabled": enabled},
            entitled=not enabled,
        )
        return dict(with_ids(objects(answer)))

    async def _send_command(self, command: bytes, ids: list[str]) -> Mapping[str, None]:
        answer = await self._transport.request(
            "POST",
            "/v1/printer-commands/send",
            priority=RequestPriority.USER,
            json={"ids": ids, "command": orjson.loads(command)},
        )
        return _ids(answer)

    async def _change_jobs(self, change: str, ids: list[str]) -> Mapping[str, None]:
        answer = await self._transport.request(
            "PATCH", f"/v1/print-jobs/{change}", priority=RequestPriority.USER, json={"printJobIds": ids}
        )
        return _ids(answer)

    async def _list(self, path: str, *, priority: RequestPriority, filters: Mapping[str, str] | None = None) -> Listing:
        return await read_list(self._transport, path, priority=priority, filters=filters)


def _object(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise MalformedResponseError("the answer is not an object")
    return answer


def _filters(wanted: Mapping[str, str | Collection[str] | None]) -> dict[str, str] | None:
    filters = {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in wanted.items()
        if value is not None
    }
    return filters or None


def _low_priority(settings: Mapping[str, Any]) -> bool | None:
    value = settings.get(_LOW_PRIORITY)
    return value if isinstance(value, bool) else None


def _ids(answer: object) -> dict[str, None]:
    if not isinstance(answer, list):
        raise MalformedResponseError("the answer is not a list of IDs")
    return {identifier: None for identifier in answer if isinstance(identifier, str)}
