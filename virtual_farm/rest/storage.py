"""Signed URLs, and the storage behind them."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from virtual_farm.farm import VirtualFarm
from virtual_farm.pictures import thumbnail
from virtual_farm.storage import DOWNLOAD_SECONDS, UPLOAD_SECONDS

from .route import Call, RawRoute, Route
from .schema import array, number, shape, text

_CREDENTIALS = ("authorization", "x-printago-storeid", "cookie")
# The signature covers the headers: any of these makes it invalid.
_UNSIGNED = ("authorization", "x-printago-storeid")
_ANY_BYTES = "application/octet-stream"


def _upload_urls(call: Call) -> Any:
    storage = call.farm.storage
    result = []
    for filename in call.body["filenames"]:
        path = storage.new_path(call.world.ids(), filename)
        result.append({"path": path, "uploadUrl": call.farm.rest_url + storage.sign("PUT", path, UPLOAD_SECONDS)})
    return {"signedUrls": result}


def _download_urls(call: Call) -> Any:
    seconds = float(call.body.get("duration", DOWNLOAD_SECONDS))
    storage = call.farm.storage
    return {"signedUrls": [call.farm.rest_url + storage.sign("GET", path, seconds) for path in call.body["paths"]]}


def _refusal(status: int, code: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return web.Response(text=text, status=status, content_type="application/xml")


def _may(farm: VirtualFarm, request: web.Request, path: str) -> bool:
    if any(name in request.headers for name in _UNSIGNED):
        return False
    # One public client found that every content type is rejected. The vendor's own script sends application/octet-
    # stream.
    content_type = request.headers.get("content-type")
    if content_type is not None and (farm.config.strict_uploads or content_type != _ANY_BYTES):
        return False
    query = request.query
    return farm.storage.allows(request.method, path, query.get("X-Expires", ""), query.get("X-Signature", ""))


def _path(request: web.Request) -> str:
    """Return the file of a URL: decoded once from the raw path, because the router decodes differently."""
    return unquote(request.raw_path.partition("?")[0].removeprefix("/storage/"))


async def _put(farm: VirtualFarm, request: web.Request) -> web.StreamResponse:
    path = _path(request)
    if not _may(farm, request, path):
        return _refusal(403, "SignatureDoesNotMatch")
    digest, size = hashlib.sha256(), 0
    file = farm.storage.temporary_file()
    with await asyncio.to_thread(file.open, "wb") as target:
        async for chunk in request.content.iter_chunked(1 << 18):
            digest.update(chunk)
            size += len(chunk)
            await asyncio.to_thread(target.write, chunk)
    farm.storage.keep(path, size, digest.hexdigest(), file)
    return web.Response()


async def _get(farm: VirtualFarm, request: web.Request) -> web.StreamResponse:
    path = _path(request)
    if not _may(farm, request, path):
        return _refusal(403, "SignatureDoesNotMatch")
    if (picture := farm.storage.picture(path)) is not None:
        return web.Response(body=picture, content_type="image/png")
    if (blob := farm.storage.blob(path)) is not None:
        return web.FileResponse(Path(blob.file), headers={"Content-Type": "application/octet-stream"})
    return _refusal(404, "NoSuchKey")


async def _public_picture(_: VirtualFarm, request: web.Request) -> web.StreamResponse:
    # A client that sends a key to a URL that needs none has leaked it.
    if any(name in request.headers for name in _CREDENTIALS):
        return _refusal(403, "AccessDenied")
    return web.Response(body=thumbnail(request.match_info["name"]), content_type="image/png")


ROUTES = (
    Route(
        "POST",
        "/v1/storage/signed-upload-urls",
        ("part.create",),
        _upload_urls,
        shape({"filenames": array(text(1, 1024))}),
        201,
    ),
    Route(
        "POST",
        "/v1/storage/signed-urls",
        ("file.download",),
        _download_urls,
        shape({"paths": array(text())}, {"duration": number()}),
        201,
    ),
)
RAW_ROUTES = (
    RawRoute("PUT", "/storage/{path:.+}", _put),
    RawRoute("GET", "/storage/{path:.+}", _get),
    RawRoute("GET", "/thumbnails/{name}.png", _public_picture),
)
