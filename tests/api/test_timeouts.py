"""Time limits of requests; no test waits for them, so they are read from the calls of aiohttp."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from custom_components.printago.api import RequestPriority, Transport
from tests.api.server import Server


@pytest.fixture
def limits(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> list[aiohttp.ClientTimeout]:
    """Return the time limits of the session's requests."""
    sent: list[aiohttp.ClientTimeout] = []
    send = session._request

    async def noted(*args: Any, **options: Any) -> aiohttp.ClientResponse:
        sent.append(options["timeout"])
        return await send(*args, **options)

    monkeypatch.setattr(session, "_request", noted)
    return sent


async def file(size: int) -> AsyncIterator[bytes]:
    yield b"x" * size


async def test_request_has_half_a_minute_and_its_connection_ten_seconds(
    transport: Transport, limits: list[aiohttp.ClientTimeout]
) -> None:
    await transport.request("GET", "/v1/printers", priority=RequestPriority.BACKGROUND)
    assert [(limit.total, limit.connect, limit.sock_connect) for limit in limits] == [(30, 10, 10)]


async def test_download_has_half_a_minute(
    transport: Transport, server: Server, limits: list[aiohttp.ClientTimeout]
) -> None:
    await transport.download(f"{server.url}/storage/picture", 1000)
    assert [limit.total for limit in limits] == [30]


async def test_file_at_an_address_has_half_a_minute(
    transport: Transport, server: Server, limits: list[aiohttp.ClientTimeout]
) -> None:
    await transport.fetch(f"{server.url}/pictures/benchy.png", 1000)
    assert [(limit.total, limit.connect, limit.sock_connect) for limit in limits] == [(30, 10, 10)]


@pytest.mark.parametrize(("size", "seconds"), [(10, 60), (500_000, 70), (1_000_000, 80)])
async def test_upload_has_a_minute_and_more_the_larger_it_is(
    transport: Transport, server: Server, limits: list[aiohttp.ClientTimeout], size: int, seconds: float
) -> None:
    await transport.upload(f"{server.url}/storage/file", file(size), size)
    assert [limit.total for limit in limits] == [pytest.approx(seconds, abs=1)]
    assert [(limit.connect, limit.sock_connect) for limit in limits] == [(10, 10)]
