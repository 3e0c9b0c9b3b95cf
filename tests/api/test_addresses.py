"""Pictures at absolute URLs: fetched unchanged, without credentials, and never from the local network."""

import asyncio
import socket
from typing import Any

import aiohttp
from aiohttp import web
import pytest
from pytest_socket import socket_allow_hosts

from custom_components.printago.api import (
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PrintagoClient,
    PrintagoError,
    RateLimiter,
    Transport,
)
from custom_components.printago.api.models.picture import MAX_PICTURE, Picture
from custom_components.printago.api.rest.addresses import is_address, without_query
from tests.api.server import KEY, STORE, Server
from tests.api.tls import tls_contexts, tls_proxy

PNG = b"\x89PNG\r\n\x1a\n and so on"
SIGNED = "cdn/pot.png?X-Signature=5e%2Bc%2Fret&sp=a+b"

type Names = dict[str, list[str]]


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Replace name resolution by these addresses; other names do not exist."""
    known: Names = {}

    async def getaddrinfo(host: str, port: int | None, **_: Any) -> list[Any]:
        if not (found := known.get(host)):
            raise socket.gaierror
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return known


@pytest.fixture
def elsewhere(names: Names, session: aiohttp.ClientSession) -> PrintagoClient:
    """Return a client of an API on the public internet."""
    names["api.example"] = ["93.184.216.34"]
    return PrintagoClient(
        Transport(session, api_url="https://api.example", store_id=STORE, api_key=KEY, limiter=RateLimiter())
    )


async def test_url_is_fetched_unchanged_and_without_credentials(server: Server, client: PrintagoClient) -> None:
    raw: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        raw.append(request.raw_path)
        return web.Response(body=PNG)

    server.handler = handler
    assert await client.picture(f"{server.url}/{SIGNED}") == Picture("image/png", PNG)
    assert raw == [f"/{SIGNED}"]
    (request,) = server.requests
    assert f"http://{request.headers['host']}" == server.url
    assert not {"authorization", "x-printago-storeid", "cookie", "content-type"} & request.headers.keys()
    assert KEY not in str(request)
    assert client.transport.limiter.requests_last_hour == 0


async def test_url_with_spaces_and_unicode_is_quoted(server: Server, client: PrintagoClient) -> None:
    server.answer(200, PNG)
    assert await client.picture(f" {server.url}/Blumentöpfe/rot 1.png ")
    assert server.requests[0].path == "/Blumentöpfe/rot 1.png"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (web.Response(status=404), NotFoundError),
        (web.Response(status=403, text="<Error>AccessDenied</Error>"), InvalidRequestError),
        (web.Response(status=503), OutcomeUnknownError),
        (web.Response(status=204), OutcomeUnknownError),
        (web.Response(text="<html>Sign in</html>", content_type="image/png"), MalformedResponseError),
        (web.Response(text="<svg onload='alert(1)'/>", content_type="image/svg+xml"), MalformedResponseError),
        (web.Response(body=PNG + bytes(MAX_PICTURE)), MalformedResponseError),
        (web.Response(status=302, headers={"Location": "/again"}), OutcomeUnknownError),
        (web.Response(status=302), OutcomeUnknownError),
        (web.Response(status=302, headers={"Location": "file:///etc/passwd"}), MalformedResponseError),
        (web.Response(status=302, headers={"Location": "ftp://127.0.0.1/pot.png"}), MalformedResponseError),
    ],
    ids=str,
)
async def test_response_other_than_a_picture_raises_an_error_without_the_url(
    server: Server, client: PrintagoClient, answer: web.Response, error: type[PrintagoError]
) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    server.handler = handler
    with pytest.raises(error) as raised:
        await client.picture(f"{server.url}/{SIGNED}")
    for text in (str(raised.value), repr(raised.value)):
        assert "Signature" not in text
        assert "cdn" not in text
        assert "127.0.0.1" not in text
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert len(server.requests) <= 4


async def test_few_redirects_are_followed(server: Server, client: PrintagoClient) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        left = int(request.match_info["path"])
        return web.Response(body=PNG) if left == 0 else web.Response(status=307, headers={"Location": f"/{left - 1}"})

    server.handler = handler
    assert await client.picture(f"{server.url}/3")
    assert not any("authorization" in request.headers for request in server.requests)
    with pytest.raises(OutcomeUnknownError):
        await client.picture(f"{server.url}/4")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1/pot.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "s3://bucket/pot.png",
        "//127.0.0.1/pot.png",
        "http://",
        "http:///pot.png",
        "http://[broken",
        "http://%a[ .]@",
        "http://user:pass@127.0.0.1/pot.png",
        "http://127.0.0.1:99999/pot.png",
        "http://127.0.0.1/a\r\nHost: other",
        "HTTP:pot.png",
    ],
)
async def test_invalid_url_is_refused_without_a_request(server: Server, client: PrintagoClient, address: str) -> None:
    with pytest.raises(MalformedResponseError):
        await client.picture(address)
    assert server.requests == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::c0a8:101]",
        "[2002:7f00:1::]",
        "localhost",
        "router.local",
        "rebinding.example",
    ],
)
async def test_address_in_the_local_network_gets_no_request(
    server: Server, elsewhere: PrintagoClient, names: Names, host: str
) -> None:
    names |= {
        "127.1": ["127.0.0.1"],
        "2130706433": ["127.0.0.1"],
        "localhost": ["::1", "127.0.0.1"],
        "router.local": ["192.168.1.1"],
        "rebinding.example": ["127.0.0.1"],
    }
    port = server.url.rpartition(":")[2]
    server.answer(200, PNG)
    with pytest.raises(MalformedResponseError) as raised:
        await elsewhere.picture(f"http://{host}:{port}/pot.png")
    assert "private network" in str(raised.value)
    assert server.requests == []


async def test_connection_goes_to_the_address_that_was_checked(
    server: Server, client: PrintagoClient, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["cdn.example"] = ["127.0.0.1"]
    looked_up = 0
    resolve = asyncio.get_running_loop().getaddrinfo

    async def count(host: str, port: int | None, **options: Any) -> Any:
        nonlocal looked_up
        looked_up += 1
        return await resolve(host, port, **options)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", count)
    server.answer(200, PNG)
    port = server.url.rpartition(":")[2]
    assert await client.picture(f"http://cdn.example:{port}/pot.png")
    assert looked_up == 1
    assert server.requests[0].headers["host"] == f"cdn.example:{port}"


async def test_certificate_must_match_the_name(server: Server, names: Names) -> None:
    names |= {"cdn.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    server_context, client_context = tls_contexts("cdn.example")
    port = int(server.url.rpartition(":")[2])
    connector = aiohttp.TCPConnector(ssl=client_context)
    async with tls_proxy(port, server_context) as tls_port, aiohttp.ClientSession(connector=connector) as session:
        client = PrintagoClient(
            Transport(session, api_url=server.url, store_id=STORE, api_key=KEY, limiter=RateLimiter())
        )
        server.answer(200, PNG)
        assert await client.picture(f"https://cdn.example:{tls_port}/pot.png")
        with pytest.raises(CannotConnectError):
            await client.picture(f"https://other.example:{tls_port}/pot.png")
        server.answer(302, Location=f"{server.url}/pot.png")
        with pytest.raises(MalformedResponseError) as raised:
            await client.picture(f"https://cdn.example:{tls_port}/pot.png")
        assert "TLS" in str(raised.value)


async def test_redirect_into_the_local_network_is_not_followed(
    server: Server, elsewhere: PrintagoClient, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The public server really runs on this machine; only its resolved address is public.
    names["cdn.example"] = ["127.0.0.1"]
    judged: list[str] = []

    def is_public(ip: Any) -> bool:
        judged.append(str(ip))
        return len(judged) <= 2

    monkeypatch.setattr("custom_components.printago.api.rest.addresses._is_public", is_public)
    server.answer(302, Location="http://127.0.0.1:1/admin")
    port = server.url.rpartition(":")[2]
    with pytest.raises(MalformedResponseError):
        await elsewhere.picture(f"http://cdn.example:{port}/pot.png")
    assert len(server.requests) == 1
    assert judged == ["93.184.216.34", "127.0.0.1", "127.0.0.1"]


async def test_next_address_of_a_host_is_tried_when_one_does_not_answer(
    server: Server, client: PrintagoClient, names: Names
) -> None:
    socket_allow_hosts(["127.0.0.1", "127.0.0.9"], allow_unix_socket=True)
    names["cdn.example"] = ["127.0.0.9", "127.0.0.1"]
    server.answer(200, PNG)
    assert await client.picture(f"http://cdn.example:{server.url.rpartition(':')[2]}/pot.png")
    with pytest.raises(CannotConnectError):
        await client.picture("http://cdn.example:1/pot.png")


@pytest.mark.parametrize("host", ["unknown.example", "a" * 70 + ".example", "-.example", "ü.example", "a..b"])
async def test_unknown_host_is_a_connection_error(client: PrintagoClient, names: Names, host: str) -> None:
    with pytest.raises((CannotConnectError, MalformedResponseError)):
        await client.picture(f"https://{host}/pot.png")


async def test_slow_download_times_out(server: Server, client: PrintagoClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.printago.api.rest.addresses._SECONDS", 0.2)

    over = asyncio.Event()

    async def handler(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    server.handler = handler
    with pytest.raises(OutcomeUnknownError) as raised:
        await client.picture(f"{server.url}/{SIGNED}")
    assert "in time" in str(raised.value)
    over.set()


@pytest.mark.parametrize(
    "path", ["stores/one/pot.png", "a b/c:d.png", "pot.png", "/pot.png", "stores/http://x.png", ""]
)
def test_storage_path_is_not_a_url(path: str) -> None:
    assert not is_address(path)
    assert without_query(path) == path


def test_signature_is_not_part_of_the_identity_of_a_picture() -> None:
    assert without_query("https://cdn.example/pot.png?sig=1#x") == "https://cdn.example/pot.png"
