"""Which addresses are public, and how many of a host are tried."""

import asyncio
from ipaddress import ip_address
import socket
from typing import Any

import aiohttp
from aiohttp import web
import pytest
from pytest_socket import socket_allow_hosts

from custom_components.printago.api import (
    CannotConnectError,
    MalformedResponseError,
    NotFoundError,
    PrintagoClient,
    RateLimiter,
    Transport,
)
from custom_components.printago.api.rest.addresses import _is_public, _parsed, is_address, without_query
from tests.api.server import KEY, STORE, Server
from tests.api.test_addresses import PNG, Names, names

__all__ = ["names"]


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("93.184.216.34", True),
        ("8.8.8.8", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("2606:4700::1111", True),
        ("::1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("ff0e::1", False),
        ("4000::1", False),
        ("::127.0.0.1", False),
        ("fd00::1", False),
        # IPv4 addresses within IPv6 ones count as what they are.
        ("::ffff:93.184.216.34", True),
        ("::ffff:192.168.1.1", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::c0a8:101", False),
        ("2002:5db8:d822::", True),
        ("2002:c0a8:101::", False),
    ],
)
def test_address_is_public_only_if_every_network_can_reach_it(ip: str, public: bool) -> None:
    assert _is_public(ip_address(ip)) is public


@pytest.mark.parametrize(
    ("path", "constant"),
    [
        ("https://cdn.example/a?b#c", "https://cdn.example/a"),
        ("https://cdn.example/a#b?c", "https://cdn.example/a"),
        ("//cdn.example/a?b", "//cdn.example/a"),
        (" HTTPS://cdn.example/a", " HTTPS://cdn.example/a"),
        ("stores/a?b#c", "stores/a?b#c"),
    ],
)
def test_constant_part_of_an_address_has_no_query(path: str, constant: str) -> None:
    assert without_query(path) == constant
    assert is_address(path) is (not path.startswith("stores"))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://x.example/a%2Bb?c=%2b", "https://x.example/a%2Bb?c=%2b"),
        (" https://x.example/a b ", "https://x.example/a%20b"),
        ("https://x.example/ä", "https://x.example/%C3%A4"),
    ],
)
def test_address_is_quoted_only_if_it_has_to_be(text: str, sent: str) -> None:
    assert str(_parsed(text)) == sent


@pytest.mark.parametrize(
    "text",
    [
        "http://:secret@x.example/a",
        "http://user@x.example/a",
        "ws://x.example/a",
        "http://x.example:0/a",
        "http://x.example/a\x7f",
        "x.example",
    ],
)
def test_address_that_is_none_of_the_web_is_refused(text: str) -> None:
    with pytest.raises(MalformedResponseError) as refused:
        _parsed(text)
    assert "secret" not in str(refused.value)


async def test_four_addresses_of_a_host_are_tried(server: Server, client: PrintagoClient, names: Names) -> None:
    # Nothing listens at these addresses of this machine.
    closed = [f"127.0.0.{number}" for number in range(11, 15)]
    socket_allow_hosts(["127.0.0.1", *closed], allow_unix_socket=True)
    server.answer(200, PNG)
    url = f"http://cdn.example:{server.url.rpartition(':')[2]}/pot.png"
    names["cdn.example"] = [*closed[:3], "127.0.0.1"]
    assert (await client.picture(url)).content == PNG
    names["cdn.example"] = [*closed, "127.0.0.1"]
    with pytest.raises(CannotConnectError, match="connection failed"):
        await client.picture(url)
    assert len(server.requests) == 1


async def test_public_address_is_used_and_a_private_one_of_the_same_host_is_not(
    server: Server, session: aiohttp.ClientSession, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the resolved addresses are public here; the connection is to this machine."""
    public = {"93.184.216.34": True, "127.0.0.1": True, "192.168.1.1": False}
    monkeypatch.setattr("custom_components.printago.api.rest.addresses._is_public", lambda ip: public[str(ip)])
    names |= {"api.example": ["93.184.216.34"], "cdn.example": ["192.168.1.1", "127.0.0.1", "127.0.0.1"]}
    client = PrintagoClient(
        Transport(session, api_url="https://api.example", store_id=STORE, api_key=KEY, limiter=RateLimiter())
    )
    server.answer(404)
    with pytest.raises(NotFoundError):
        await client.picture(f"http://cdn.example:{server.url.rpartition(':')[2]}/pot.png")
    assert len(server.requests) == 1


@pytest.mark.parametrize("api", [[], ["93.184.216.34"]])
async def test_file_in_the_local_network_needs_an_api_that_certainly_is_there(
    server: Server, session: aiohttp.ClientSession, names: Names, api: list[str]
) -> None:
    names["api.example"] = api
    client = PrintagoClient(
        Transport(session, api_url="https://api.example", store_id=STORE, api_key=KEY, limiter=RateLimiter())
    )
    with pytest.raises(MalformedResponseError, match="private network"):
        await client.picture(f"{server.url}/pot.png")
    names["api.example"] = ["93.184.216.34", "192.168.1.1"]
    server.answer(200, PNG)
    assert await client.picture(f"{server.url}/pot.png")


async def test_signature_of_the_address_that_a_redirect_names_is_unchanged(
    server: Server, client: PrintagoClient
) -> None:
    raw: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        raw.append(request.raw_path)
        return web.Response(body=PNG) if "sig" in raw[-1] else web.Response(status=302, headers={"Location": signed})

    signed = "/pot%2B1.png?sig=5e%2Bc%2Fret&sp=a+b"
    server.handler = handler
    assert await client.picture(f"{server.url}/pot.png")
    assert raw == ["/pot.png", signed]


async def test_unknown_host_was_certainly_not_reached(client: PrintagoClient, names: Names) -> None:
    for host in ("unknown.example", "x" * 64 + ".example"):
        with pytest.raises(CannotConnectError, match="no such host"):
            await client.picture(f"https://{host}/pot.png")


async def test_failing_name_resolution_is_no_host(client: PrintagoClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(host: str, port: int | None, **_: Any) -> list[Any]:
        raise UnicodeError if host.startswith("odd") else socket.gaierror

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    for host in ("odd.example", "none.example"):
        with pytest.raises(CannotConnectError, match="no such host"):
            await client.picture(f"https://{host}/pot.png")
