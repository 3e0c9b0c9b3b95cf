"""Connections from Home Assistant to the virtual farm: a TCP proxy and a name service that fail like networks."""

import asyncio
from collections.abc import Callable
import contextlib
import socket
import struct
import threading
import time
import traceback
from typing import Any, Self

from aiohttp import ThreadedResolver

HOST = "127.0.0.1"
NAME = "printago.test"
"""The host name under which Home Assistant knows the farm in these tests."""

_CHUNK = 65_536


class TcpProxy:
    """Forwards every connection to one port of this machine; can cut, freeze, delay or refuse."""

    def __init__(self, target: int) -> None:
        """Prepare a proxy for the port ``target``."""
        self.delay = 0.0
        """Seconds that each chunk takes, either way."""
        self.accepted = 0
        """How many connections were made so far."""
        self._target = target
        self._server: asyncio.Server | None = None
        self._waiting: socket.socket | None = None
        self._port = 0
        self._links: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thawed = asyncio.Event()
        self._thawed.set()

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, leaving no socket or task behind."""
        self.frozen = False
        await self.refuse()
        if self._waiting is not None:
            self._waiting.close()

    @property
    def port(self) -> int:
        """Port at which it listens, the same for ever."""
        return self._port

    @property
    def connections(self) -> int:
        """How many connections are up."""
        return len(self._links)

    @property
    def frozen(self) -> bool:
        """Half-open: connections are accepted and kept, yet nothing passes, not even their end."""
        return not self._thawed.is_set()

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        if frozen:
            self._thawed.clear()
        else:
            self._thawed.set()

    def cut(self, *, reset: bool = True) -> None:
        """End every connection, by a reset or as if the other side had closed it."""
        for writer in tuple(self._writers):
            if reset:
                linger = struct.pack("ii", 1, 0)
                with contextlib.suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

    async def refuse(self) -> None:
        """Cut every connection, and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
            # As long as somebody is bound to the port nobody else gets it, and who connects is refused.
            self._waiting = self._bind()
        self.cut()
        if links := tuple(self._links):
            for link in links:
                link.cancel()
            await asyncio.wait(links)

    async def accept(self) -> None:
        """Accept connections (again)."""
        if self._server is not None:
            return
        listening, self._waiting = self._waiting or self._bind(), None
        self._server = await asyncio.start_server(self._serve, sock=listening)
        self._port = listening.getsockname()[1]

    def _bind(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, self._port))
        bound.setblocking(False)
        return bound

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        self.accepted += 1
        writers = {writer}
        self._writers.add(writer)
        try:
            back_reader, back_writer = await asyncio.open_connection(HOST, self._target)
            writers.add(back_writer)
            self._writers.add(back_writer)
            ways = [
                asyncio.ensure_future(self._pass_on(reader, back_writer)),
                asyncio.ensure_future(self._pass_on(back_reader, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError, asyncio.CancelledError:
            pass
        finally:
            for each in writers:
                each.close()
                self._writers.discard(each)
            self._links.discard(link)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await asyncio.sleep(self.delay)
                await self._thawed.wait()
                writer.write(chunk)
                await writer.drain()
            await self._thawed.wait()


class NameService:
    """Resolves ``NAME``, for aiohttp and MQTT; can be made to fail. Other names are resolved as usual."""

    def __init__(self) -> None:
        """Answer at once."""
        self.failing = False
        self.delay = 0.0
        """Seconds that an answer takes; whoever asks is blocked, as with the system's own resolver."""
        self.in_the_loop: list[str] = []
        """Where the event loop itself has asked, and was blocked."""
        self._resolve: Callable[..., Any] = socket.getaddrinfo

    def getaddrinfo(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        """Stand in for ``socket.getaddrinfo``."""
        if host in (NAME, NAME.encode()):
            if threading.current_thread() is threading.main_thread():
                self.in_the_loop.append("".join(traceback.format_stack(limit=12)))
            time.sleep(self.delay)
            if self.failing:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = HOST
        return self._resolve(host, *args, **kwargs)


class Resolver(ThreadedResolver):
    """What Home Assistant's web sessions resolve with: ``socket.getaddrinfo`` in a thread."""

    async def real_close(self) -> None:
        """Be closed for good, as Home Assistant calls it."""
        await self.close()
