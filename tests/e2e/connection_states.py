"""States of a store's connections in which it can be unloaded, stopped or removed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
from dataclasses import dataclass
from pathlib import Path
import sys
import threading
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN
from custom_components.printago.hub import persistence
from tests.conftest import entry_data
from tests.e2e.peers import CONNACK, HOST, FullListener, SilentPeer, SilentResolver, closed_port, eventually, upgrade
from tests.support.common import entity_id, printer_named
from virtual_farm import Fault, VirtualFarm


def threads_in_paho() -> int:
    """Return how many threads are connecting."""
    ours = threading.get_ident()
    count = 0
    for ident, frame in sys._current_frames().items():
        while frame is not None and ident != ours:
            if "/paho/" in frame.f_code.co_filename:
                count += 1
                break
            frame = frame.f_back
    return count


def our_tasks() -> list[str]:
    """Return the names of tasks that run code of the integration."""
    return [
        task.get_name()
        for task in asyncio.all_tasks()
        if "printago" in task.get_name() or "custom_components/printago" in repr(task.get_coro())
    ]


@dataclass(slots=True)
class Scenario:
    """An entry of a store in Home Assistant, before it is unloaded."""

    hass: HomeAssistant
    farm: VirtualFarm
    model: Path
    entry: MockConfigEntry | None = None

    async def load(self, realtime_url: str | None = None) -> MockConfigEntry:
        """Set up the entry, with another realtime URL than the farm's."""
        server = {
            CONF_API_URL: self.farm.rest_url,
            CONF_REALTIME_URL: self.farm.realtime_url if realtime_url is None else realtime_url,
        }
        data = entry_data(self.farm, **{CONF_SERVER: server})
        entry = MockConfigEntry(domain=DOMAIN, title="Virtual Farm", unique_id=data[CONF_STORE_ID], data=data)
        entry.add_to_hass(self.hass)
        self.entry = entry
        # The scenarios share a store, but each has its full quota.
        self.hass.data.pop(persistence._STATES, None)
        await self.hass.config_entries.async_setup(entry.entry_id)
        return entry

    async def load_connected(self) -> MockConfigEntry:
        """Set up the entry with all of its entities."""
        entry = await self.load()
        assert entry.state is ConfigEntryState.LOADED
        await eventually(lambda: entry.runtime_data.coordinator.stream_since is not None, "the stream is up")
        return entry

    async def asked(self, request: str) -> None:
        """Wait until the farm gets a request."""
        await eventually(
            lambda: any(f"{record.method} {record.path}".startswith(request) for record in self.farm.requests),
            f"the farm is asked {request}",
        )

    async def begin(self, action: Awaitable[Any], request: str) -> asyncio.Task[Any]:
        """Start something, and wait until the farm gets its request."""
        task = asyncio.ensure_future(action)
        await self.asked(request)
        return task


type InState = Callable[[Scenario], contextlib.AbstractAsyncContextManager[None]]
"""Brings a scenario into a state; afterwards it checks the connection."""


@contextlib.asynccontextmanager
async def connecting_by_tcp(scenario: Scenario) -> AsyncIterator[None]:
    listener = FullListener()
    peer = SilentPeer()
    try:
        await scenario.load(f"mqtt://{HOST}:{listener.port}")
        await eventually(lambda: listener.attempts > 0, "an attempt to connect waits")
        yield
        # The attempt succeeds too late.
        listener.empty()
        await peer.start(listener.socket)
        await eventually(lambda: peer.accepted > 0, "the connection comes late", 20)
        await peer.all_closed()
        assert not peer.received, "nobody logs in late"
        await peer.stop()
    finally:
        listener.close()


def silent(scheme: str, *answers: Callable[[bytes], bytes]) -> InState:
    """Return the state in which a server stops responding after some responses."""

    @contextlib.asynccontextmanager
    async def state(scenario: Scenario) -> AsyncIterator[None]:
        peer = SilentPeer(answers)
        await peer.start()
        try:
            await scenario.load(f"{scheme}://{HOST}:{peer.port}")
            await eventually(peer.waiting.is_set, "a client waits for an answer")
            yield
            await peer.all_closed()
        finally:
            await peer.stop()

    return state


@contextlib.asynccontextmanager
async def resolving(scenario: Scenario) -> AsyncIterator[None]:
    peer = SilentPeer()
    await peer.start()
    resolver = SilentResolver()
    try:
        with resolver.installed():
            await scenario.load(f"ws://{SilentResolver.NAME}:{peer.port}")
            async with asyncio.timeout(5):
                await resolver.asked.wait()
            yield
            resolver.release()
            await eventually(lambda: not threads_in_paho(), "the thread that resolved has ended")
            assert not peer.received, "nobody logs in late"
    finally:
        await peer.stop()


@contextlib.asynccontextmanager
async def connected(scenario: Scenario) -> AsyncIterator[None]:
    await scenario.load_connected()
    yield
    await eventually(lambda: scenario.farm.publisher.connections == 0, "the broker sees the end")


@contextlib.asynccontextmanager
async def frozen(scenario: Scenario) -> AsyncIterator[None]:
    await scenario.load_connected()
    scenario.farm.publisher.frozen = True
    yield
    scenario.farm.publisher.frozen = False
    await eventually(lambda: scenario.farm.publisher.connections == 0, "the broker sees the end")


@contextlib.asynccontextmanager
async def backing_off(scenario: Scenario) -> AsyncIterator[None]:
    entry = await scenario.load(f"mqtt://{HOST}:{closed_port()}")
    await eventually(
        lambda: entry.runtime_data.coordinator.realtime.last_error is not None, "the connection is refused"
    )
    yield


@contextlib.asynccontextmanager
async def polling(scenario: Scenario) -> AsyncIterator[None]:
    entry = await scenario.load_connected()
    scenario.farm.clear_requests()
    scenario.farm.inject_fault(Fault(mode="timeout", path="/v1/printers", seconds=3))
    entry.async_create_background_task(scenario.hass, entry.runtime_data.coordinator.async_refresh(), "a poll")
    await scenario.asked("GET /v1/printers")
    yield


@contextlib.asynccontextmanager
async def switching(scenario: Scenario) -> AsyncIterator[None]:
    await scenario.load_connected()
    scenario.farm.clear_requests()
    scenario.farm.inject_fault(Fault(mode="timeout", path="/v1/printers/enabled", seconds=2))
    switch = entity_id(scenario.hass, printer_named(scenario.farm, "P1S 01"), "enabled", "switch")
    turning = await scenario.begin(
        scenario.hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True),
        "PATCH /v1/printers/enabled",
    )
    yield
    with contextlib.suppress(HomeAssistantError, asyncio.CancelledError):
        await turning


@contextlib.asynccontextmanager
async def uploading(scenario: Scenario) -> AsyncIterator[None]:
    await scenario.load_connected()
    scenario.farm.clear_requests()
    scenario.farm.inject_fault(Fault(mode="timeout", path="/storage", method="PUT", seconds=0.5))
    upload = await scenario.begin(
        scenario.hass.services.async_call(DOMAIN, "upload_part", {"path": str(scenario.model)}, blocking=True),
        "PUT /storage",
    )
    yield
    with contextlib.suppress(HomeAssistantError, asyncio.CancelledError):
        await upload


@contextlib.asynccontextmanager
async def setting_up(scenario: Scenario) -> AsyncIterator[None]:
    scenario.farm.clear_requests()
    scenario.farm.inject_fault(Fault(mode="timeout", path="/v1/printers", seconds=1))
    set_up = await scenario.begin(scenario.load(), "GET /v1/printers")
    yield
    with contextlib.suppress(asyncio.CancelledError):
        await set_up


@contextlib.asynccontextmanager
async def retrying(scenario: Scenario) -> AsyncIterator[None]:
    scenario.farm.inject_fault(Fault(mode="status", path="/v1/printers", count=100))
    entry = await scenario.load()
    assert entry.state is ConfigEntryState.SETUP_RETRY
    yield


STATES: dict[str, InState] = {
    "its name is being resolved": resolving,
    "it connects to a host that does not accept": connecting_by_tcp,
    "the TLS handshake is unanswered": silent("wss"),
    "the websocket's upgrade is unanswered": silent("ws"),
    "its login is unanswered, over a websocket": silent("ws", upgrade),
    "its login is unanswered": silent("mqtt"),
    "its subscription is unanswered": silent("mqtt", lambda _: CONNACK),
    "it is up": connected,
    "its broker is frozen": frozen,
    "it waits for its next attempt": backing_off,
    "a poll is unanswered": polling,
    "a switch's request is unanswered": switching,
    "a file is being uploaded": uploading,
    "set-up is going to be retried": retrying,
}
STATES_AT_STOP = STATES | {"set-up waits for its first answer": setting_up}
"""Home Assistant does not unload an entry during setup, but it may stop."""
