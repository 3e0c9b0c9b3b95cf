"""What goes over a connection of the embedded broker: MQTT packets, in websocket frames or bare."""

import asyncio
from collections import deque
from typing import Final, Protocol, override

from amqtt.adapters import BufferReader
from amqtt.mqtt.packet import MQTTFixedHeader
from amqtt.mqtt.publish import PublishPacket
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

MAX_CLIENT_PACKET: Final = 64 * 1024
"""Longest packet in bytes that a client may send."""


class ProtocolViolationError(Exception):
    """The client broke MQTT's rules or ours: it is cut off."""


class Connection(Protocol):
    """What the broker needs of a connection."""

    @property
    def transport(self) -> asyncio.WriteTransport:
        """The TCP side."""

    async def recv(self) -> str | bytes:
        """Receive something. Raises ConnectionClosed."""

    async def send(self, message: bytes, /) -> None:
        """Send one packet. Raises ConnectionClosed."""


class PlainConnection:
    """MQTT over TCP, without websockets; deaf while `thawed` is not set."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, thawed: asyncio.Event) -> None:
        self._reader = reader
        self._writer = writer
        self._thawed = thawed

    @property
    def transport(self) -> asyncio.WriteTransport:
        """The TCP side."""
        return self._writer.transport

    async def recv(self) -> bytes:
        """Receive some bytes. Raises ConnectionClosed."""
        try:
            data = await self._reader.read(MAX_CLIENT_PACKET)
        except OSError:
            data = b""
        await self._thawed.wait()
        if not data:
            raise ConnectionClosedError(None, None)
        return data

    async def send(self, message: bytes, /) -> None:
        """Send one packet. Raises ConnectionClosed."""
        try:
            self._writer.write(message)
            await self._writer.drain()
        except OSError:
            raise ConnectionClosedError(None, None) from None


class FreezableConnection(ServerConnection):
    """A websocket connection that can be made deaf while its TCP side stays up."""

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
        """Take what arrived while the broker was frozen."""
        while self._unread:
            super().data_received(self._unread.popleft())


class PacketReader:
    """Byte stream over a connection: MQTT packets and what arrives need not line up (MQTT 3.1.1, section 6)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = bytearray()

    async def wait_readable(self) -> None:
        """Wait for at least one byte. Raises ConnectionClosed."""
        await self._fill(1)

    async def read(self, n: int) -> bytes:
        """Read exactly `n` bytes. Raises ConnectionClosed."""
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
    """Read one whole packet, so that what is missing inside it is an error instead of a wait."""
    header: MQTTFixedHeader = await MQTTFixedHeader.from_stream(reader)
    if header.remaining_length > MAX_CLIENT_PACKET:
        raise ProtocolViolationError("packet too large")
    return header, BufferReader(await reader.read(header.remaining_length))


def publish_packet(topic: str, payload: bytes, *, retain: bool) -> bytes:
    """Return the packet of one message; ``retain`` tells a new subscriber that it was kept."""
    packet: bytes = PublishPacket.build(topic, payload, None, False, 0, retain).to_bytes()
    return packet
