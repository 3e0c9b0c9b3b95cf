"""Pictures by signed URL, orders and production slots: requests, responses and refusals."""

import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.printago.api import (
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PrintagoClient,
    PrintagoError,
    RequestPriority,
    Transport,
)
from custom_components.printago.api.models.picture import Picture
from tests.api.server import KEY, Server

PNG = b"\x89PNG\r\n\x1a\n and so on"
SIGNATURE = "X-Signature=5e%2Bc%2Fret&sp=a+b"
PATH = "stores/one/thumbnails/pot.png"


def answer_with(server: Server, urls: Any, file: web.Response) -> None:
    """Sign every path with these addresses, and serve a file."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/storage/signed-urls":
            return web.json_response({"signedUrls": urls}, status=201)
        return file

    server.handler = handler


async def test_signed_url_is_fetched_unchanged_and_without_credentials(server: Server, client: PrintagoClient) -> None:
    raw: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        raw.append(request.raw_path)
        if request.path == "/v1/storage/signed-urls":
            return web.json_response({"signedUrls": [f"{server.url}/file?{SIGNATURE}"]}, status=201)
        return web.Response(body=PNG)

    server.handler = handler
    assert await client.picture(PATH) == Picture("image/png", PNG)

    signing, fetching = server.requests
    assert signing.json["paths"] == [PATH]
    assert signing.headers["authorization"] == f"ApiKey {KEY}"
    assert raw[1] == f"/file?{SIGNATURE}"
    assert not {"authorization", "x-printago-storeid", "content-type"} & fetching.headers.keys()
    assert KEY not in str(fetching)
    # Storage is separate from the API: it costs no quota.
    assert client.transport.limiter.requests_last_hour == 1


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (web.Response(status=404), NotFoundError),
        (web.Response(status=403, text="<Error>AccessDenied</Error>"), InvalidRequestError),
        (web.Response(status=400), InvalidRequestError),
        (web.Response(status=499), InvalidRequestError),
        (web.Response(status=500), OutcomeUnknownError),
        (web.Response(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"}), OutcomeUnknownError),
        (web.Response(status=503), OutcomeUnknownError),
        (web.Response(text="<svg/>", content_type="image/svg+xml"), MalformedResponseError),
    ],
    ids=["gone", "refused", "expired", "last-refusal", "failed", "redirected", "broken", "no-picture"],
)
async def test_error_of_storage_does_not_contain_the_url(
    server: Server, client: PrintagoClient, file: web.Response, error: type[PrintagoError]
) -> None:
    answer_with(server, [f"{server.url}/file?{SIGNATURE}"], file)
    with pytest.raises(error) as raised:
        await client.picture(PATH)
    assert "Signature" not in repr(raised.value)
    assert "/file" not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "urls",
    [
        None,
        "http://127.0.0.1:1/",
        [],
        ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"],
        [7],
        ["file:///etc/passwd"],
        ["ftp://127.0.0.1/file"],
        ["http:///file"],
        ["/relative?X-Signature=1"],
        ["http://[broken"],
        ["http://%a[ .]@"],
        [""],
    ],
)
async def test_invalid_signed_urls_are_refused(server: Server, client: PrintagoClient, urls: Any) -> None:
    answer_with(server, urls, web.Response(body=PNG))
    with pytest.raises(MalformedResponseError):
        await client.picture(PATH)
    assert len(server.requests) == 1


async def test_unreachable_storage_is_a_connection_error(server: Server, client: PrintagoClient) -> None:
    answer_with(server, ["http://127.0.0.1:1/file?X-Signature=1"], web.Response())
    with pytest.raises(CannotConnectError) as raised:
        await client.picture(PATH)
    assert "Signature" not in repr(raised.value)


async def test_file_is_not_read_past_the_limit(server: Server, transport: Transport) -> None:
    server.answer(200, b"x" * 1001)
    with pytest.raises(MalformedResponseError):
        await transport.download(f"{server.url}/file", 1000)
    assert await transport.download(f"{server.url}/file", 1001) == b"x" * 1001


@pytest.mark.parametrize(("value", "slots"), [(5, 5), (1.0, 1), (None, None)])
async def test_production_slots_are_a_number_or_no_limit(
    server: Server, client: PrintagoClient, value: Any, slots: int | None
) -> None:
    server.answer(200, json.dumps({"concurrencySlots": value}))
    assert (await client.upkeep.subscription()).production_slots() == slots


@pytest.mark.parametrize("value", [True, "5", 0, -1, [], 1e12])
async def test_invalid_production_slots_are_refused(server: Server, client: PrintagoClient, value: Any) -> None:
    server.answer(200, json.dumps({"concurrencySlots": value}))
    with pytest.raises(MalformedResponseError):
        (await client.upkeep.subscription()).production_slots()


async def test_only_open_orders_are_requested(server: Server, client: PrintagoClient) -> None:
    server.answer(200, json.dumps({"data": [{"id": "one"}], "meta": {"hasMore": False, "total": 1}}))
    listing = await client.open_orders()
    assert listing.complete
    assert list(listing.rows) == ["one"]
    query = server.requests[0].query
    assert (query["status.eq"], query["cancelledAt.isNull"]) == ("open", "true")
    assert client.transport.limiter.delay(RequestPriority.USER) == 0
