"""Farms to test, on real sockets of 127.0.0.1."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
import time

import aiohttp
from cloud import Cloud
import pytest

from tests.virtual_farm.mqtt_clients import accepts
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.broker import RealtimeBroker

type CloudFactory = Callable[..., Awaitable[Cloud]]


@pytest.fixture
async def start_farm(socket_enabled: None) -> AsyncIterator[CloudFactory]:
    """Start farms with stopped time, unless configured otherwise."""
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())

        async def start(**settings) -> Cloud:
            config = FarmConfig(**{"speed": 0.0, "quota": False, "scenario": "idle", **settings})
            farm = await stack.enter_async_context(VirtualFarm(config))
            return Cloud(farm, session)

        yield start


@pytest.fixture
async def cloud(start_farm: CloudFactory) -> Cloud:
    """A farm of eight idle printers with an empty queue."""
    return await start_farm()


@pytest.fixture
async def demo(start_farm: CloudFactory) -> Cloud:
    """The farm of the demo."""
    return await start_farm(scenario="demo")


@pytest.fixture
async def broker() -> AsyncIterator[RealtimeBroker]:
    """Run a broker that knows two stores, and check that it stops quickly and leaves nothing behind."""
    before = asyncio.all_tasks()
    broker = RealtimeBroker(authenticate=accepts)
    await broker.start()
    yield broker
    began = time.monotonic()
    await broker.stop()
    assert time.monotonic() - began < 2
    assert broker.clients == broker.connections == 0
    left = {task for task in asyncio.all_tasks() - before if "virtual_farm" in str(task) or "websockets" in str(task)}
    assert not left
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", broker.port)
