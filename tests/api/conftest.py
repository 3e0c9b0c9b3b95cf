"""Fixtures for the client: a server on 127.0.0.1 with scripted responses, and a broker."""

from collections.abc import AsyncGenerator

import aiohttp
from aiohttp import web
import pytest

from custom_components.printago.api import PrintagoClient, RateLimiter, ServerClock, Transport
from tests.api.limiter_clock import LimiterClock
from tests.api.realtime_peers import Owner, accepts
from tests.api.server import KEY, STORE, Server
from virtual_farm.broker import RealtimeBroker


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[Server]:
    """Run a server for one test."""
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> LimiterClock:
    """Return the clock of `limiter`, which sleeps by it."""
    clock = LimiterClock()
    monkeypatch.setattr("custom_components.printago.api.rest.rate_limit.asyncio.sleep", clock.sleep)
    return clock


@pytest.fixture
def limiter(clock: LimiterClock) -> RateLimiter:
    """Return a limiter whose time only the test advances."""
    return RateLimiter(monotonic=clock.monotonic, wall=clock.wall)


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a session for one test."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def transport(server: Server, session: aiohttp.ClientSession) -> Transport:
    """Return a transport to the server, with its own quota."""
    return Transport(
        session, api_url=server.url, store_id=STORE, api_key=KEY, limiter=RateLimiter(), clock=ServerClock()
    )


@pytest.fixture
async def client(transport: Transport) -> AsyncGenerator[PrintagoClient]:
    """Return a client of the server."""
    client = PrintagoClient(transport)
    yield client
    await client.close()


@pytest.fixture
async def owner() -> Owner:
    """Return the owner of a realtime client."""
    return Owner()


@pytest.fixture
async def broker() -> AsyncGenerator[RealtimeBroker]:
    """Run a broker that knows two stores."""
    broker = RealtimeBroker(authenticate=accepts)
    await broker.start()
    yield broker
    await broker.stop()
