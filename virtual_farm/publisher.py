"""Publishing: what the farm needs from a broker, and a publisher to an external one."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import logging
import ssl
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import aiomqtt

_DEFAULT_PATH: Final = "/mqtt"
_MAX_PENDING: Final = 10_000
_KEEPALIVE: Final = 15
_RETRY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0)

_LOGGER = logging.getLogger(__name__)
# paho logs each packet, including the client ID.
_WIRE_LOGGER = logging.getLogger(f"{__name__}.wire")
_WIRE_LOGGER.setLevel(logging.CRITICAL)


class Publisher(Protocol):
    """What the farm needs from a broker, its own or an external one."""

    async def start(self) -> None:
        """Start to serve or to connect."""

    async def stop(self) -> None:
        """Stop, without leaving a task or a socket behind."""

    async def restart(self) -> None:
        """Close every connection and start again. Retained messages stay."""

    async def disconnect_all(self) -> None:
        """Close every TCP connection."""

    @property
    def clients(self) -> int:
        """Number of MQTT sessions."""

    @property
    def url(self) -> str:
        """URL without credentials."""

    @property
    def tcp_url(self) -> str | None:
        """URL of its own broker for MQTT without websockets."""

    @property
    def port(self) -> int:
        """TCP port."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish without waiting, in order. An empty retained payload clears the topic."""


def check_topic(topic: str) -> None:
    """Raise ValueError for a topic that is not allowed."""
    if not topic or "#" in topic or "+" in topic or "\0" in topic:
        raise ValueError(f"Not a topic to publish to: {topic!r}")


class ExternalPublisher:
    """Publishes to an external broker (`mqtt://user:pass@host:port`, also mqtts, ws, wss), with reconnects.

    After each reconnect, the retained messages are sent again. Other messages that were published in between are
    lost.
    """

    def __init__(self, url: str, *, tls_context: ssl.SSLContext | None = None) -> None:
        """Use a URL with the usual default port and path; raises ValueError if it is invalid."""
        parts = urlsplit(url)
        defaults = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
        if parts.scheme not in defaults or not parts.hostname:
            raise ValueError("An MQTT address looks like mqtt://user:pass@host:port (mqtt, mqtts, ws or wss)")
        self._scheme = parts.scheme
        self._host = parts.hostname
        self._port = parts.port or defaults[parts.scheme]
        self._path = parts.path or _DEFAULT_PATH
        self._username = unquote(parts.username) if parts.username is not None else None
        self._password = unquote(parts.password) if parts.password is not None else None
        self._tls_context = tls_context
        self._retained: dict[str, bytes] = {}
        self._pending: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue(_MAX_PENDING)
        self._connected = asyncio.Event()
        self._stopping = asyncio.Event()
        self._reconnect = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """TCP port of the external broker."""
        return self._port

    @property
    def url(self) -> str:
        """URL without credentials."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{self._scheme}://{host}:{self._port}"

    @property
    def tcp_url(self) -> None:
        """None: the external broker has its own."""

    @property
    def clients(self) -> int:
        """1 while connected, else 0: other clients of the external broker are unknown."""
        return int(self._connected.is_set())

    async def start(self) -> None:
        """Start to connect; returns immediately."""
        if self._task is None:
            self._stopping.clear()
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Disconnect. Waits for a running connection attempt, because its thread cannot be interrupted."""
        if self._task is None:
            return
        self._stopping.set()
        self._reconnect.set()
        task, self._task = self._task, None
        await task

    async def restart(self) -> None:
        """Reconnect."""
        await self.stop()
        await self.start()

    async def disconnect_all(self) -> None:
        """Close the connection, which reconnects by itself."""
        self._reconnect.set()

    async def wait_connected(self, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109
        """Wait for a connection; raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await self._connected.wait()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish in order, without waiting. An empty retained payload clears the topic.

        Raises ValueError for a topic with wildcards.
        """
        check_topic(topic)
        if retain:
            # An empty payload is kept as well: the topic must also be cleared after a reconnect.
            self._retained[topic] = payload
        if not self._connected.is_set():
            return
        try:
            self._pending.put_nowait((topic, payload, retain))
        except asyncio.QueueFull:
            _LOGGER.warning("The outside MQTT broker is too slow, reconnecting")
            self._reconnect.set()

    async def _run(self) -> None:
        failures = 0
        reported = False
        while not self._stopping.is_set():
            self._reconnect.clear()
            try:
                async with self._connect() as client:
                    failures, reported = 0, False
                    _LOGGER.info("Publishing to %s", self.url)
                    await self._publish_until_lost(client)
            except (aiomqtt.MqttError, ssl.SSLError, OSError, ValueError) as err:
                if not reported:
                    _LOGGER.warning("Cannot publish to %s (%s), trying on", self.url, type(err).__name__)
                    reported = True
                delay = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
                failures += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)

    @contextlib.asynccontextmanager
    async def _connect(self) -> AsyncIterator[aiomqtt.Client]:
        client = self._client()
        # If connecting or publishing detects the loss first, nothing awaits this future, and asyncio would log that.
        # aiomqtt replaces a future that was set while connecting.
        client._disconnected.add_done_callback(_take_note)  # noqa: SLF001 - there is no other way to it
        async with client:
            client._disconnected.add_done_callback(_take_note)  # noqa: SLF001
            yield client

    def _client(self) -> aiomqtt.Client:
        tls_context = None
        if self._scheme in ("mqtts", "wss"):
            tls_context = self._tls_context or ssl.create_default_context()
        websocket = self._scheme in ("ws", "wss")
        return aiomqtt.Client(
            self._host,
            self._port,
            username=self._username,
            password=self._password,
            keepalive=_KEEPALIVE,
            transport="websockets" if websocket else "tcp",
            websocket_path=self._path if websocket else None,
            tls_context=tls_context,
            logger=_WIRE_LOGGER,
        )

    async def _publish_until_lost(self, client: aiomqtt.Client) -> None:
        while not self._pending.empty():
            self._pending.get_nowait()
        self._connected.set()
        tasks = [
            asyncio.create_task(self._publish_pending(client, dict(self._retained))),
            asyncio.create_task(_wait_until_lost(client)),
            asyncio.create_task(self._wait_for_reconnect()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connected.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _publish_pending(self, client: aiomqtt.Client, retained: dict[str, bytes]) -> None:
        for topic, payload in retained.items():
            await client.publish(topic, payload, retain=True)
        while True:
            topic, payload, retain = await self._pending.get()
            await client.publish(topic, payload, retain=retain)

    async def _wait_for_reconnect(self) -> None:
        await self._reconnect.wait()


async def _wait_until_lost(client: aiomqtt.Client) -> None:
    async for _ in client.messages:
        pass


def _take_note(ended: asyncio.Future[None]) -> None:
    if not ended.cancelled():
        ended.exception()
