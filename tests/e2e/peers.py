"""Servers that stop responding at a chosen point, and detect when the client disconnects."""

import asyncio
import base64
from collections.abc import Callable, Iterator, Sequence
import contextlib
import hashlib
from pathlib import Path
import re
import select
import socket
import threading
from typing import Any, override

HOST = "127.0.0.1"
CONNACK = b"\x20\x02\x00\x00"

type Answer = Callable[[bytes], bytes]

_SYN_SENT = "02"
_WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def eventually(holds: Callable[[], bool], what: str, seconds: float = 5) -> None:
    """Poll for a condition that has no event."""
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110, what is waited for tells nobody
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None


def upgrade(request: bytes) -> bytes:
    """Accept a WebSocket."""
    found = re.search(rb"(?i)sec-websocket-key: *(\S+)", request)
    assert found is not None
    accept = base64.b64encode(hashlib.sha1(found[1] + _WEBSOCKET_GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


class _Connection(asyncio.Protocol):
    def __init__(self, peer: SilentPeer) -> None:
        self._peer = peer
        self._answers = list(peer.answers)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer.accepted += 1
        self._peer.open.add(self)

    @override
    def data_received(self, data: bytes) -> None:
        self._peer.received += data
        if self._answers:
            self._transport.write(self._answers.pop(0)(data))
        else:
            self._peer.waiting.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._peer.open.discard(self)


class SilentPeer:
    """Answers the first messages of each connection, then nothing; it never closes one."""

    def __init__(self, answers: Sequence[Answer] = ()) -> None:
        self.answers = answers
        self.accepted = 0
        self.received = bytearray()
        self.open: set[_Connection] = set()
        self.waiting = asyncio.Event()
        """A client waits for a response that does not come."""

    async def start(self, sock: socket.socket | None = None) -> None:
        """Listen, optionally on a socket that already listens."""
        loop = asyncio.get_running_loop()
        if sock is not None:
            self._server = await loop.create_server(lambda: _Connection(self), sock=sock)
        else:
            self._server = await loop.create_server(lambda: _Connection(self), HOST, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self._server.abort_clients()
        await self._server.wait_closed()

    async def all_closed(self) -> None:
        """Wait until the client has disconnected."""
        await eventually(lambda: not self.open, "the peer sees the connection closed")


class FullListener:
    """A listener whose queue is full, so that the kernel leaves connection attempts unanswered."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind((HOST, 0))
        self.socket.listen(0)
        self.port: int = self.socket.getsockname()[1]
        self._fillers: list[socket.socket] = []
        while self._fill():
            pass

    def _fill(self) -> bool:
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((HOST, self.port))
        if not select.select([], [filler], [], 0.1)[1]:
            filler.close()
            return False
        self._fillers.append(filler)
        return True

    @property
    def attempts(self) -> int:
        """Return the number of waiting connection attempts."""
        remote = f":{self.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[2].endswith(remote) and row[3] == _SYN_SENT for row in rows)

    def empty(self) -> None:
        """Empty the queue, so that attempts succeed from now on."""
        for filler in self._fillers:
            filler.close()
        for _ in self._fillers:
            self.socket.accept()[0].close()
        self._fillers.clear()

    def close(self) -> None:
        for filler in self._fillers:
            filler.close()
        self.socket.close()


class SilentResolver:
    """Delays the resolution of one name until it is released."""

    NAME = "silent.invalid"

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._released = threading.Event()
        self._loop = asyncio.get_running_loop()

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        real = socket.getaddrinfo

        def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host != self.NAME:
                return real(host, *args, **kwargs)
            self._loop.call_soon_threadsafe(self.asked.set)
            self._released.wait(20)
            return real(HOST, *args, **kwargs)

        socket.getaddrinfo = look_up
        try:
            yield
        finally:
            self._released.set()
            socket.getaddrinfo = real

    def release(self) -> None:
        """Answer now."""
        self._released.set()


def closed_port() -> int:
    """Return a port without a listener."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port: int = sock.getsockname()[1]
        return port
