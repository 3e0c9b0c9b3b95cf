"""The owner of a realtime client, and servers that it may connect to."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from pathlib import Path
import sys
import time
import traceback

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from custom_components.printago.api.realtime.realtime_client import RealtimeClient

STORE = "store0000000000000000001"
OTHER_STORE = "store0000000000000000002"
KEY = "pk_live_Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua"
OTHER_KEY = "pk_live_otherotherotherotherotherotherother"
STATS = f"stores/{STORE}/printer-stats/printer1"
EVENTS = f"stores/{STORE}/entities/printers"


def accepts(store: str, key: str) -> bool:
    """Wait until a broker accepts or refuses a login."""
    return (store, key) in {(STORE, KEY), (OTHER_STORE, OTHER_KEY)}


class Owner:
    """Records what a client reports to its owner."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.connection: list[bool] = []
        self.refusals = 0
        self.backoff_ceilings: list[float] = []
        self.delay = 0.0
        self.now = 1000.0
        self.fail_on: bytes | None = None
        self._changed = asyncio.Event()

    def on_message(self, topic: str, payload: bytes) -> None:
        self._changed.set()
        if payload == self.fail_on:
            raise RuntimeError(f"cannot handle this with {KEY}")
        self.messages.append((topic, payload))

    def on_connection(self, connected: bool) -> None:
        self.connection.append(connected)
        self._changed.set()

    def on_refused(self) -> None:
        self.refusals += 1
        self._changed.set()

    def jitter(self, low: float, high: float) -> float:
        assert low == 0
        self.backoff_ceilings.append(high)
        self._changed.set()
        return self.delay

    def client(self, url: str, **options: object) -> RealtimeClient:
        defaults = {
            "url": url,
            "store_id": STORE,
            "api_key": KEY,
            "client_suffix": "test",
            "tls_context": None,
            "on_message": self.on_message,
            "on_connection": self.on_connection,
            "on_refused": self.on_refused,
            "jitter": self.jitter,
            "clock": lambda: self.now,
        }
        return RealtimeClient(**defaults | options)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def until_payload(self, payload: bytes) -> None:
        await self.until(lambda: payload in self.payloads)

    @property
    def payloads(self) -> list[bytes]:
        return [payload for _, payload in self.messages]


@contextlib.asynccontextmanager
async def running(client: RealtimeClient) -> AsyncIterator[RealtimeClient]:
    """Run a client, and check that it stops quickly and leaves nothing behind."""
    before = asyncio.all_tasks()
    client.start()
    try:
        yield client
    finally:
        await stop_fast(client)
        assert not {task for task in asyncio.all_tasks() - before if not belongs_to_a_server(task)}


def belongs_to_a_server(task: asyncio.Task[object]) -> bool:
    """Return the tasks of the server side, which end a moment after the client."""
    coroutine = task.get_coro()
    assert coroutine is not None
    file = Path(coroutine.cr_code.co_filename)
    return not {"websockets", "virtual_farm", "tests"}.isdisjoint(file.parts)


async def stop_fast(client: RealtimeClient) -> None:
    began = time.monotonic()
    await client.stop()
    assert time.monotonic() - began < 2
    assert not client.connected


@contextlib.asynccontextmanager
async def silent_host() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A TCP server that accepts and never sends anything; yields its port and an event set by the first bytes."""
    spoken_to = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            spoken_to.set()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], spoken_to


@contextlib.asynccontextmanager
async def websocket_host(handler: Callable[[ServerConnection], object]) -> AsyncIterator[str]:
    """A WebSocket server that is not an MQTT broker."""
    async with serve(handler, "127.0.0.1", 0, subprotocols=[Subprotocol("mqtt")], ping_interval=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def unused_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


def no_paho_thread_is_busy() -> bool:
    return not any(
        "paho" in frame.filename for stack in sys._current_frames().values() for frame in traceback.extract_stack(stack)
    )


@contextlib.asynccontextmanager
async def refusing_host(code: int) -> AsyncIterator[tuple[int, Callable[[], int]]]:
    """An MQTT 3.1.1 broker over TCP that answers each login with a return code; yields its port and a count of logins."""
    logins = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal logins
        if await reader.read(1000):
            logins += 1
            writer.write(bytes([0x20, 2, 0, code]))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], lambda: logins
