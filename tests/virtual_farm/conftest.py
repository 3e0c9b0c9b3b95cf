"""Farms to test, on real sockets of 127.0.0.1."""

from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib

import aiohttp
from cloud import Cloud
import pytest

from virtual_farm import FarmConfig, VirtualFarm

type CloudFactory = Callable[..., Awaitable[Cloud]]


@pytest.fixture
async def start_farm(socket_enabled: None) -> AsyncIterator[CloudFactory]:
    """Start farms whose world moves only by `advance`, unless told otherwise."""
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
