"""Connections of the embedded broker: MQTT packets, in websocket frames or plain."""

import asyncio
from collections import deque
from typing import Final, Protocol, override

from amqtt.adapters import BufferReader
from amqtt.mqtt.packet import MQTTFixedHeader
from amqtt.mqtt.publish import PublishPacket
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

MAX_CLIENT_PACKET: Final = 64 * 1024
"""Maximum length in bytes of a client's packet."""


class ProtocolViolationError(Exception):
    """The client violated MQTT or this farm's rules: its connection is closed."""


class Connection(Protocol):
    """What the broker needs from a connection."""

    @property
    def transport(self) -> asyncio.WriteTransport:
        """The TCP side."""

    async def recv(self) -> str | bytes:
        """Receive data; raises ConnectionClosed."""

    async def send(self, message: bytes, /) -> None:
        """Send one packet; raises ConnectionClosed."""


class PlainConnection:
    """MQTT over TCP, without websockets; blocked while `thawed` is not set."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, thawed: asyncio.Event) -> None:
        self._reader = reader
        self._writer = writer
        self._thawed = thawed

    @property
    def transport(self) -> asyncio.WriteTransport:
        """The TCP side."""
        return self._writer.transport

    async def recv(self) -> bytes:
        """Receive bytes; raises ConnectionClosed."""
        try:
            data = await self._reader.read(MAX_CLIENT_PACKET)
        except OSError:
            data = b""
        await self._thawed.wait()
        if not data:
            raise ConnectionClosedError(None, None)
        return data

    async def send(self, message: bytes, /) -> None:
        """Send one packet; raises ConnectionClosed."""
        try:
            self._writer.write(message)
            await self._writer.drain()
        except OSError:
            raise ConnectionClosedError(None, None) from None


class FreezableConnection(ServerConnection):
    """A websocket connection that can be blocked while its TCP connection stays open."""

    thawed: asyncio.Event

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._unread: deque[bytes] = deque()
        super().connection_made(transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self.thawed.is_set():
            super().data_received(data)
        else:
            self._unread.append(data)

    @override
    def eof_received(self) -> None:
        self._unread.clear()
        super().eof_received()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.clear()
        super().connection_lost(exc)

    def read_on(self) -> None:
        """Process what arrived while the broker was frozen."""
        while self._unread:
            super().data_received(self._unread.popleft())


class PacketReader:
    """Byte stream over a connection: MQTT packets and frames need not align (MQTT 3.1.1, section 6)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = bytearray()

    async def wait_readable(self) -> None:
        """Wait for at least one byte; raises ConnectionClosed."""
        await self._fill(1)

    async def read(self, n: int) -> bytes:
        """Read exactly `n` bytes; raises ConnectionClosed."""
        await self._fill(n)
        data = bytes(self._buffer[:n])
        del self._buffer[:n]
        return data

    async def _fill(self, n: int) -> None:
        while len(self._buffer) < n:
            frame = await self._connection.recv()
            if isinstance(frame, str):
                raise ProtocolViolationError("text frame")
            self._buffer += frame


async def read_packet(reader: PacketReader) -> tuple[MQTTFixedHeader, BufferReader]:
    """Read one whole packet, so that missing bytes inside it are an error instead of a wait."""
    header: MQTTFixedHeader = await MQTTFixedHeader.from_stream(reader)
    if header.remaining_length > MAX_CLIENT_PACKET:
        raise ProtocolViolationError("packet too large")
    return header, BufferReader(await reader.read(header.remaining_length))


def publish_packet(topic: str, payload: bytes, *, retain: bool) -> bytes:
    """Return the packet of a message; ``retain`` marks it as retained for a new subscriber."""
    packet: bytes = PublishPacket.build(topic, payload, None, False, 0, retain).to_bytes()
    return packet
