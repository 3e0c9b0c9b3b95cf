"""Printago's REST calls, one method per call.

Paths, bodies and responses are those of the vendor's OpenAPI description. Calls that take a list of IDs are batched
(see ``batcher``), so that buttons pressed together cause one request.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import aiohttp
import orjson

from .exceptions import InUseError, MalformedResponseError, NotAppliedError
from .models.account import StoreSettings, store_names
from .models.build import CreatedBuild
from .models.fields import timestamp
from .models.listing import Listing, read_listing
from .models.material import Material, MaterialVariant, PrinterSlot
from .models.order import OPEN, Order
from .models.picture import MAX_PICTURE, Picture
from .models.product import Part, Sku
from .models.records import FINAL_STATUSES, JobStatus, PrintJob
from .models.row import PrinterRow, Row, printer_rows, rows_of
from .rest.addresses import is_address
from .rest.batcher import Batcher
from .rest.history_endpoints import HistoryEndpoints
from .rest.job_endpoints import JobEndpoints
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
"""Filter of the jobs in the farm model: those that wait, run, or failed and were not cleared."""

OPEN_ORDERS = {"status.eq": OPEN, "cancelledAt.isNull": "true"}
_SIGNED_SECONDS = 300
_MOST_COMPLETED = 1_000_000_000


class PrintagoClient:
    """The REST calls of one store."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport
        self.printer_endpoints = PrinterEndpoints(transport)
        self.products = ProductEndpoints(transport)
        self.queue = JobEndpoints(transport)
        self.orders = OrderEndpoints(transport)
        self.history = HistoryEndpoints(transport)
        self.upkeep = UpkeepEndpoints(transport)
        self.in_use: Callable[[str], bool] = lambda printer_id: False
        """Returns whether the bed of a printer is in use; set by the owner. A bed in use is never confirmed as clear.
        """
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
        """Return the transport, which knows Printago's clock and the quota."""
        return self._transport

    @property
    def permissions(self) -> PermissionLedger:
        """Return the known permissions of the key."""
        return self._transport.permissions

    async def close(self) -> None:
        """Give calls in progress a moment to end; a call that was sent is never canceled.

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

    async def stores(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> dict[str, str]:
        """Return the names of the stores that the key may view, by ID (``GET /v1/stores``)."""
        return store_names(objects(await self._transport.request("GET", "/v1/stores", priority=priority)))

    async def granted_permissions(self) -> object:
        """Return the permissions granted to the key directly (``GET /v1/api-keys/{id}/permissions``), unparsed.

        None if the key's ID is unknown. The ID is part of a secret: errors do not contain the path.
        """
        if (key_id := self._transport.key_id) is None:
            return None
        return await self._transport.request(
            "GET", f"/v1/api-keys/{key_id}/permissions", priority=RequestPriority.BACKGROUND
        )

    async def printers(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> Listing[PrinterRow]:
        """Return all printers of the store (``GET /v1/printers``)."""
        listing = await self._list("/v1/printers", priority=priority)
        for printer in listing.rows.values():
            self._transport.redactor.add(printer)
        return Listing(printer_rows(listing.rows.items()), listing.complete)

    async def has_printers(self) -> bool:
        """Request a single printer, the cheapest call that fails in the same cases as ``printers``."""
        return bool(
            await self._transport.request("GET", "/v1/printers", priority=RequestPriority.USER, params={"limit": "1"})
        )

    async def open_jobs(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> Listing[PrintJob]:
        """Return the jobs that wait, run, or failed and were not cleared (``GET /v1/print-jobs``)."""
        return read_listing(await self._list("/v1/print-jobs", priority=priority, filters=OPEN_JOBS), PrintJob)

    async def ended_jobs(self, since: datetime) -> Listing[PrintJob]:
        """Return the ended jobs that changed after ``since`` (Printago's clock)."""
        filters = {"status.in": ",".join(sorted(FINAL_STATUSES)), "updatedAt.gte": timestamp(since)}
        listing = await self._list("/v1/print-jobs", priority=RequestPriority.BACKGROUND, filters=filters)
        return read_listing(listing, PrintJob)

    async def completed_count(self) -> int:
        """Return the number of all jobs that the store has completed."""
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
        """Return all parts, or those with these IDs or this name (``GET /v1/parts``)."""
        filters = _filters({"id.in": ids, "name.eq": name})
        return read_listing(await self._list("/v1/parts", priority=priority, filters=filters), Part)

    async def skus(
        self,
        *,
        ids: Collection[str] | None = None,
        name: str | None = None,
        priority: RequestPriority = RequestPriority.USER,
    ) -> Listing[Sku]:
        """Return all SKUs with their linked parts, or those with these IDs or this code (``GET /v1/skus``)."""
        filters = _filters({"id.in": ids, "sku.eq": name})
        return read_listing(await self._list("/v1/skus", priority=priority, filters=filters), Sku)

    async def materials(self, priority: RequestPriority = RequestPriority.USER) -> Listing[Row[Material]]:
        """Return materials (``GET /v1/materials``)."""
        listing = await self._list("/v1/materials", priority=priority)
        return Listing(rows_of(Material, listing.rows.items()), listing.complete)

    async def material_variants(
        self, priority: RequestPriority = RequestPriority.BACKGROUND
    ) -> dict[str, Row[MaterialVariant]]:
        """Return all colors of all materials by ID (``GET /v1/materials/variants``)."""
        answer = await self._transport.request("GET", "/v1/materials/variants", priority=priority)
        return rows_of(MaterialVariant, with_ids(objects(answer)))

    async def printer_slots(self) -> dict[str, Row[PrinterSlot]]:
        """Return what is assigned to the slots of all printers, by ID (``GET /v1/materials/printer-slots``)."""
        answer = await self._transport.request(
            "GET", "/v1/materials/printer-slots", priority=RequestPriority.BACKGROUND
        )
        return rows_of(PrinterSlot, with_ids(objects(answer)))

    async def store_settings(self) -> StoreSettings:
        """Return the settings of the store (``GET /v1/settings/store``)."""
        answer = await self._transport.request("GET", "/v1/settings/store", priority=RequestPriority.BACKGROUND)
        return StoreSettings.from_json(_object(answer))

    async def open_orders(self, priority: RequestPriority = RequestPriority.BACKGROUND) -> Listing[Order]:
        """Return the open orders (``GET /v1/orders``)."""
        return read_listing(await self._list("/v1/orders", priority=priority, filters=OPEN_ORDERS), Order)

    async def picture(self, path: str) -> Picture:
        """Return the picture at a storage path, such as a thumbnail's, or at an absolute address.

        Paths requested at the same time share one request; an address costs none, and gets no credentials.
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

    # Writing

    async def confirm_ready(self, printer_id: str, *, ready: bool = True) -> PrinterRow | None:
        """Confirm that a bed is clear, so that the printer takes its next job, or withdraw that.

        Return the printer's record if the response has it. Raises NotAppliedError if the response does not name this
        printer, and InUseError if its bed is in use when the request would be sent.
        """
        return await self._confirm.submit(ready, printer_id)

    async def set_enabled(self, printer_id: str, *, enabled: bool) -> PrinterRow | None:
        """Include a printer in automatic assignment, or exclude it; returns and raises as ``confirm_ready`` does."""
        return await self._enabled.submit(enabled, printer_id)

    async def set_fabmatic(self, printer_id: str, *, enabled: bool, job_limit: int | None = None) -> PrinterRow | None:
        """Turn FabMatic on, with or without a job limit, or off; returns and raises as ``confirm_ready`` does."""
        return await self._fabmatic.submit((enabled, job_limit), printer_id)

    async def set_maintenance(self, printer_id: str, *, enabled: bool) -> PrinterRow | None:
        """Turn maintenance mode on or off; returns and raises as ``confirm_ready`` does.

        Raises NotEntitledError as well: only turning it on needs a subscription that includes it.
        """
        return await self._maintenance.submit(enabled, printer_id)

    async def process_low_priority_jobs(self, *, on: bool) -> bool | None:
        """Set whether the store prints jobs of low priority (``PATCH /v1/settings/store``); return the new setting."""
        answer = await self._transport.request(
            "PATCH", "/v1/settings/store", priority=RequestPriority.USER, json={"processLowPriorityJobs": on}
        )
        return StoreSettings.from_json(_object(answer)).process_low_priority_jobs

    async def send_command(self, printer_id: str, command: str, /, **options: Any) -> None:
        """Send one printer command, for example ``pause``; raises NotAppliedError if the printer did not get it."""
        encoded = orjson.dumps({"command": command, **options}, option=orjson.OPT_SORT_KEYS)
        await self._commands.submit(encoded, printer_id)

    async def skip_objects(self, printer_id: str, object_ids: Iterable[int]) -> None:
        """Leave objects out of the current print; raises NotAppliedError if the printer did not get it."""
        await self.send_command(printer_id, "skip-objects", objectIds=list(object_ids))

    async def pause_job(self, job_id: str) -> None:
        """Pause a job; raises NotAppliedError if Printago did not."""
        await self._jobs.submit("pause", job_id)

    async def resume_job(self, job_id: str) -> None:
        """Resume a paused job; raises NotAppliedError if Printago did not."""
        await self._jobs.submit("resume", job_id)

    async def cancel_job(self, job_id: str) -> None:
        """Cancel a job, and stop its print; raises NotAppliedError if Printago did not."""
        await self._jobs.submit("cancel", job_id)

    async def change_jobs(self, change: str, job_ids: Iterable[str]) -> frozenset[str]:
        """Do one of ``pause resume cancel retry clear move-to-queue-front``; return the IDs of the jobs that changed."""
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

    async def _confirm_ready(self, ready: bool, ids: list[str]) -> Mapping[str, PrinterRow | InUseError]:
        refused: dict[str, InUseError] = {}

        def body() -> Mapping[str, Any]:
            # While the quota is short, seconds pass between a press and its request: enough for a print to start.
            refused.update({printer_id: InUseError() for printer_id in ids if ready and self.in_use(printer_id)})
            if len(refused) == len(ids):
                raise InUseError
            return {"ready": ready, "ids": [printer_id for printer_id in ids if printer_id not in refused]}

        answer = await self._transport.request(
            "PATCH", "/v1/printers/confirm-ready", priority=RequestPriority.USER, json=body
        )
        return printer_rows(with_ids(objects(answer))) | refused

    async def _set_enabled(self, enabled: bool, ids: list[str]) -> Mapping[str, PrinterRow]:
        answer = await self._transport.request(
            "PATCH", "/v1/printers/enabled", priority=RequestPriority.USER, json={"enabled": enabled, "ids": ids}
        )
        return printer_rows(with_ids(objects(answer)))

    async def _set_fabmatic(self, wanted: tuple[bool, int | None], ids: list[str]) -> Mapping[str, PrinterRow]:
        enabled, job_limit = wanted
        answer = await self._transport.request(
            "PATCH",
            "/v1/printers/continous-print",
            priority=RequestPriority.USER,
            json={"enabled": enabled, "jobLimit": job_limit, "ids": ids},
        )
        return printer_rows(with_ids(objects(answer)))

    async def _set_maintenance(self, enabled: bool, ids: list[str]) -> Mapping[str, PrinterRow]:
        answer = await self._transport.request(
            "PATCH",
            "/v1/maintenance/mode",
            priority=RequestPriority.USER,
            json={"printerIds": ids, "enabled": enabled},
            entitled=not enabled,
        )
        return printer_rows(with_ids(objects(answer)))

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


def _ids(answer: object) -> dict[str, None]:
    if not isinstance(answer, list):
        raise MalformedResponseError("the answer is not a list of IDs")
    return {identifier: None for identifier in answer if isinstance(identifier, str)}
