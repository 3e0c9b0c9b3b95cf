"""REST calls about what can be printed: uploads, parts, SKUs, previews of builds, and what orders still lack."""

from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..exceptions import MalformedResponseError
from ..models.fields import cut, is_identifier
from .pagination import identified
from .rate_limit import RequestPriority
from .transport import Transport

_MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """Where a file goes: its storage path, and the signed address, which is a secret."""

    path: str
    url: str = field(repr=False)


class ProductEndpoints:
    """The calls about uploads, parts, SKUs and orders of one store; all raise PrintagoError."""

    def __init__(self, transport: Transport) -> None:
        """Use the store's transport."""
        self._transport = transport

    async def preview_build(self, build: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a build would queue (``POST /v2/builds/preview``, schema ``BuildPreviewV2``); nothing is."""
        answer = await self._transport.request("POST", "/v2/builds/preview", priority=RequestPriority.USER, json=build)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("partBuilds"), list):
            raise MalformedResponseError("the answer is not a preview")
        return answer

    async def upload_target(self, filename: str) -> UploadTarget:
        """Ask where a file of this name may be put (``POST /v1/storage/signed-upload-urls``)."""
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
        """Put ``size`` bytes to where ``upload_target`` said; costs no quota."""
        await self._transport.upload(target.url, content, size)

    async def create_part(self, name: str, kind: str, path: str, description: str = "") -> Mapping[str, Any]:
        """Make a part of an uploaded file (``POST /v1/parts``) and return it; ``kind`` is the vendor's file type."""
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
        return answer

    async def create_skus(self, names: Iterable[tuple[str, str]]) -> list[Mapping[str, Any]]:
        """Make an SKU of each part, given as part ID and code (``POST /v1/parts/create-skus``), and return them."""
        body = [{"partId": part_id, "skuName": name} for part_id, name in names]
        return identified(
            await self._transport.request("POST", "/v1/parts/create-skus", priority=RequestPriority.USER, json=body)
        )

    async def order_items(self, order_id: str) -> list[Mapping[str, Any]]:
        """Return what an order consists of (``GET /v1/orders/{orderId}/items``)."""
        answer = await self._transport.request("GET", f"/v1/orders/{order_id}/items", priority=RequestPriority.USER)
        if not isinstance(answer, list):
            raise MalformedResponseError("the answer is not a list")
        return [item for item in answer if isinstance(item, Mapping)]

    async def print_orders(self, request: Mapping[str, Any]) -> list[str]:
        """Queue what orders still lack (``POST /v1/orders/print``); return what Printago could not queue, in its words."""
        answer = await self._transport.request("POST", "/v1/orders/print", priority=RequestPriority.USER, json=request)
        errors = answer.get("errors") if isinstance(answer, Mapping) else None
        if not isinstance(errors, list):
            raise MalformedResponseError("the answer is not what became of the orders")
        return [cut(error) if isinstance(error, str) else "?" for error in errors[:_MOST_ERRORS]]
