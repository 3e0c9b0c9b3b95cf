"""REST calls for uploads, parts, SKUs, previews of builds, and orders to print."""

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
import math
from types import MappingProxyType
from typing import Any

from ..exceptions import MalformedResponseError
from ..models.build import PreviewedBuild, objects_in
from ..models.fields import cut, is_identifier
from ..models.listing import Listing, read_listing
from ..models.order import Order
from ..models.product import Part, Sku, SkuOption
from .job_endpoints import newest
from .pagination import identified, objects, read_list
from .rate_limit import RequestPriority
from .transport import Transport

_MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """The target of an upload: its storage path, and the signed URL, which is a secret."""

    path: str
    url: str = field(repr=False)


class ProductEndpoints:
    """The calls about uploads, parts, SKUs and orders of one store; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Send requests with the transport of the store."""
        self._transport = transport

    async def newest_parts(self, accept: Callable[[Part], bool], most: int) -> Listing[Part]:
        """Return at most ``most`` parts that are accepted, newest first; complete if there are no others."""
        return await self._newest("/v1/parts", Part, accept, most)

    async def newest_skus(self, accept: Callable[[Sku], bool], most: int) -> Listing[Sku]:
        """Return SKUs as ``newest_parts`` returns parts."""
        return await self._newest("/v1/skus", Sku, accept, most)

    async def newest_orders(
        self, accept: Callable[[Order], bool], most: int, *, numbers: Iterable[str] | None = None
    ) -> Listing[Order]:
        """Return orders as ``newest_parts`` returns parts; with ``numbers``, only those with exactly one of them."""
        filters = {} if numbers is None else {"orderNumber.in": ",".join(sorted(numbers))}
        return await self._newest("/v1/orders", Order, accept, most, filters)

    async def _newest[R: (Part, Sku, Order)](
        self,
        path: str,
        kind: type[R],
        accept: Callable[[R], bool],
        most: int,
        filters: Mapping[str, str] = MappingProxyType({}),
    ) -> Listing[R]:
        rows = await newest(self._transport, path, filters, lambda row: accept(kind.from_json(row["id"], row)), most)
        return read_listing(rows, kind)

    async def sku_options(self) -> dict[str, list[SkuOption]]:
        """Return what SKUs let people choose, by SKU ID, in three requests (``GET /v1/sku-options`` and kin)."""
        options = await read_list(self._transport, "/v1/sku-options", priority=RequestPriority.USER)
        values, bindings = [
            objects(await self._transport.request("GET", f"/v1/sku-options/{rows}", priority=RequestPriority.USER))
            for rows in ("values", "bindings")
        ]
        names: dict[str, list[str]] = {}
        for row in sorted(values, key=_place):
            if isinstance(name := row.get("name"), str):
                names.setdefault(str(row.get("optionId")), []).append(cut(name))
        known = {
            identifier: SkuOption(cut(name), tuple(names.get(identifier, ())), row.get("isPersonalization") is True)
            for identifier, row in options.rows.items()
            if isinstance(name := row.get("name"), str)
        }
        by_sku: dict[str, list[SkuOption]] = {}
        for row in sorted(bindings, key=_place):
            if (option := known.get(str(row.get("optionId")))) is not None:
                by_sku.setdefault(str(row.get("skuId")), []).append(option)
        return by_sku

    async def preview_build(self, build: Mapping[str, Any]) -> list[PreviewedBuild]:
        """Return the jobs that a build would queue (``POST /v2/builds/preview``), without queuing them."""
        answer = await self._transport.request("POST", "/v2/builds/preview", priority=RequestPriority.USER, json=build)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("partBuilds"), list):
            raise MalformedResponseError("the answer is not a preview")
        return [PreviewedBuild.from_json(build) for build in objects_in(answer["partBuilds"])]

    async def upload_target(self, filename: str) -> UploadTarget:
        """Request the upload target of a file with this name (``POST /v1/storage/signed-upload-urls``)."""
        answer = await self._transport.request(
            "POST", "/v1/storage/signed-upload-urls", priority=RequestPriority.USER, json={"filenames": [filename]}
        )
        targets = answer.get("signedUrls") if isinstance(answer, Mapping) else None
        target = targets[0] if isinstance(targets, list) and len(targets) == 1 else None
        if not isinstance(target, Mapping) or not all(
            isinstance(target.get(key), str) for key in ("path", "uploadUrl")
        ):
            raise MalformedResponseError("the answer is not an address for an upload")
        return UploadTarget(target["path"], target["uploadUrl"])

    async def upload(self, target: UploadTarget, content: AsyncIterable[bytes], size: int) -> None:
        """Upload ``size`` bytes to the target; costs no quota."""
        await self._transport.upload(target.url, content, size)

    async def create_part(self, name: str, kind: str, path: str, description: str = "") -> Part:
        """Create a part from an uploaded file (``POST /v1/parts``) and return it; ``kind`` is the vendor's file type."""
        answer = await self._transport.request(
            "POST",
            "/v1/parts",
            priority=RequestPriority.USER,
            json={
                "name": name,
                "type": kind,
                "description": description,
                "fileUris": [path],
                "parameters": [],
                "printTags": {},
                "overriddenProcessProfileId": None,
            },
        )
        if not isinstance(answer, Mapping) or not is_identifier(answer.get("id")):
            raise MalformedResponseError("the answer is not a part")
        return Part.from_json(answer["id"], answer)

    async def create_skus(self, names: Iterable[tuple[str, str]]) -> list[Sku]:
        """Create an SKU from each part, given as part ID and code (``POST /v1/parts/create-skus``), and return them."""
        body = [{"partId": part_id, "skuName": name} for part_id, name in names]
        answer = await self._transport.request(
            "POST", "/v1/parts/create-skus", priority=RequestPriority.USER, json=body
        )
        return [Sku.from_json(row["id"], row) for row in identified(answer)]

    async def skus_of_order(self, order_id: str) -> list[str]:
        """Return the SKUs of an order (``GET /v1/orders/{orderId}/items``), without ignored items."""
        answer = await self._transport.request("GET", f"/v1/orders/{order_id}/items", priority=RequestPriority.USER)
        if not isinstance(answer, list):
            raise MalformedResponseError("the answer is not a list")
        return [
            item["skuId"]
            for item in answer
            if isinstance(item, Mapping) and is_identifier(item.get("skuId")) and item.get("ignored") is not True
        ]

    async def print_orders(
        self,
        *,
        order_ids: list[str] | None,
        sku_ids: list[str],
        tags: Mapping[str, str],
        priority: int | None,
        position: str | None,
    ) -> list[str]:
        """Queue the missing prints of orders (``POST /v1/orders/print``).

        Return Printago's errors for those it could not queue.
        """
        fields = {
            "orderIds": order_ids,
            "skuIds": sku_ids,
            "printerTags": dict(tags) or None,
            "priority": priority,
            "position": position,
        }
        request = {name: value for name, value in fields.items() if value is not None}
        answer = await self._transport.request("POST", "/v1/orders/print", priority=RequestPriority.USER, json=request)
        errors = answer.get("errors") if isinstance(answer, Mapping) else None
        if not isinstance(errors, list):
            raise MalformedResponseError("the answer is not what became of the orders")
        return [cut(error) if isinstance(error, str) else "?" for error in errors[:_MOST_ERRORS]]


def _place(row: Mapping[str, Any]) -> float:
    return order if isinstance(order := row.get("order"), int | float) and not isinstance(order, bool) else math.inf
