"""The realtime side of the farm: an embedded MQTT 3.1.1 broker over websockets and, if wanted, over plain TCP.

amqtt provides the packets, but not the broker. amqtt's `Broker` registers and replaces sessions before it checks the
login, never enforces the keepalive, lets two clients share an ID, ignores the URL path, and sends retained messages to
clients that did not subscribe to them. Tests against it would prove the wrong behavior.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
import logging
from typing import Final

from amqtt.adapters import BufferReader
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt.connack import CONNECTION_ACCEPTED, NOT_AUTHORIZED, UNACCEPTABLE_PROTOCOL_VERSION, ConnackPacket
from amqtt.mqtt.connect import ConnectPacket, ConnectPayload, ConnectVariableHeader
from amqtt.mqtt.packet import CONNECT, DISCONNECT, PINGREQ, SUBSCRIBE, UNSUBSCRIBE, MQTTFixedHeader
from amqtt.mqtt.pingresp import PingRespPacket
from amqtt.mqtt.suback import SubackPacket
from amqtt.mqtt.subscribe import SubscribePacket
from amqtt.mqtt.unsuback import UnsubackPacket
from amqtt.mqtt.unsubscribe import UnsubscribePacket
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from .mqtt_session import Session, topic_matches
from .mqtt_wire import (
    MAX_CLIENT_PACKET,
    Connection,
    FreezableConnection,
    PacketReader,
    PlainConnection,
    ProtocolViolationError,
    publish_packet,
    read_packet,
)
from .publisher import ExternalPublisher, Publisher, check_topic

__all__ = ["ExternalPublisher", "Publisher", "RealtimeBroker"]

MQTT_PATH: Final = "/mqtt"
KEY_ID_LENGTH: Final = 24

_MQTT_3_1_1: Final = 4
_SUBACK_FAILURE: Final = 0x80
_CONNECT_TIMEOUT: Final = 10.0

_LOGGER = logging.getLogger(__name__)
# The wire libraries log every dropped connection, which a farm that simulates drops would do all the time.
_WIRE_LOGGER = logging.getLogger(f"{__name__}.wire")
_WIRE_LOGGER.setLevel(logging.CRITICAL)
logging.getLogger("amqtt").setLevel(logging.CRITICAL)

type Authenticator = Callable[[str, str], bool]


class RealtimeBroker:
    """MQTT 3.1.1 over websockets at `/mqtt`, and over TCP at another port, behaving as Printago's broker does.

    User is the store ID, password the API key, the client ID `apiclient_{first 24 characters of the key}_{suffix}`
    (Printago's documentation). A client reads `stores/{its store}/…` and nothing else, and publishes nothing.
    A second client with an ID takes the place of the first. Deliveries are QoS 0.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, tcp_port: int | None = None, authenticate: Authenticator
    ) -> None:
        """Prepare a broker.

        Port 0 picks a free one, which is kept across restarts. Without a `tcp_port`, there are only
        websockets.
        """
        self._host = host
        self._port = port
        self._tcp_port = tcp_port
        self._tcp_server: asyncio.Server | None = None
        self._plain: dict[PlainConnection, asyncio.Task[None]] = {}
        self._authenticate = authenticate
        self._server: Server | None = None
        self._sessions: dict[str, Session] = {}
        self._retained: dict[str, bytes] = {}
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._clients_changed = asyncio.Event()
        self.refuse = False
        """Reject every login, as if no key were valid."""
        self.deny_subscriptions = False
        """Answer every subscription with a failure code, as for a key without the permission."""
        self.logins = 0
        """Accepted logins since the broker was created."""
        self.refused_logins = 0
        """Rejected logins since the broker was created."""

    @property
    def port(self) -> int:
        """TCP port; 0 before the first start unless a port was specified."""
        return self._port

    @property
    def url(self) -> str:
        """URL without the path, which clients add themselves."""
        return f"ws://{self._host}:{self._port}"

    @property
    def tcp_url(self) -> str | None:
        """URL for plain MQTT, if enabled."""
        return None if self._tcp_port is None else f"mqtt://{self._host}:{self._tcp_port}"

    @property
    def clients(self) -> int:
        """Number of logged-in clients."""
        return len(self._sessions)

    @property
    def connections(self) -> int:
        """Number of TCP connections, logged in or not."""
        return (len(self._server.handlers) if self._server else 0) + len(self._plain)

    @property
    def frozen(self) -> bool:
        """Half-open: TCP connections are accepted and kept, but nothing is read or sent until this is False again."""
        return not self._thawed.is_set()

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        if frozen:
            self._thawed.clear()
            return
        self._thawed.set()
        for connection in list(self._server.handlers) if self._server else ():
            if isinstance(connection, FreezableConnection):
                connection.read_on()

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if self._server is not None:
            return

        class Websocket(FreezableConnection):
            thawed = self._thawed

        self._server = await serve(
            self._serve_client,
            self._host,
            self._port,
            subprotocols=[Subprotocol("mqtt")],
            process_request=self._check_path,
            create_connection=Websocket,
            # paho answers websocket pings with unmasked frames, which the protocol forbids. MQTT has its own pings.
            ping_interval=None,
            open_timeout=None,
            close_timeout=2,
            max_size=MAX_CLIENT_PACKET,
            compression=None,
            logger=_WIRE_LOGGER,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        if self._tcp_port is not None:
            try:
                self._tcp_server = await asyncio.start_server(self._serve_plain, self._host, self._tcp_port)
            except OSError:
                await self.stop()
                raise
            self._tcp_port = self._tcp_server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection. Retained messages are kept for a later start."""
        if self._server is None:
            return
        if self._tcp_server is not None:
            tcp_server, self._tcp_server = self._tcp_server, None
            tcp_server.close()
            await self._cut_plain()
            # Those that were just accepted.
            tcp_server.abort_clients()
            await tcp_server.wait_closed()
        server, self._server = self._server, None
        server.close(close_connections=False)
        closed = asyncio.ensure_future(server.wait_closed())
        while not closed.done():
            for connection in list(server.handlers):
                connection.transport.abort()
            await asyncio.wait({closed}, timeout=0.05)

    async def restart(self) -> None:
        """Restart on the same port, with the same retained messages."""
        await self.stop()
        await self.start()

    async def disconnect_all(self) -> None:
        """Close every TCP connection and wait until the broker has detected it."""
        handlers = dict(self._server.handlers) if self._server else {}
        for connection in handlers:
            connection.transport.abort()
        if handlers:
            await asyncio.wait(handlers.values())
        await self._cut_plain()

    async def _cut_plain(self) -> None:
        """Close every connection without websockets and wait until the broker has detected it."""
        plain = dict(self._plain)
        for connection, task in plain.items():
            connection.transport.abort()
            if self.frozen:
                # It reads nothing, so it would not detect it.
                task.cancel()
        if plain:
            await asyncio.wait(plain.values())

    async def wait_for_clients(self, count: int, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109
        """Wait until exactly `count` clients are logged in. Raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while len(self._sessions) != count:
                self._clients_changed.clear()
                await self._clients_changed.wait()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send to every subscriber, in order and without waiting. An empty retained payload clears the topic.

        Raises ValueError for a topic with wildcards. Must be called in the broker's event loop.
        """
        check_topic(topic)
        if retain and payload:
            self._retained[topic] = payload
        elif retain:
            self._retained.pop(topic, None)
        levels = tuple(topic.split("/"))
        packet: bytes | None = None
        for session in self._sessions.values():
            if not session.wants(levels):
                continue
            if packet is None:
                packet = publish_packet(topic, payload, retain=False)
            session.send(packet)

    def _check_path(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path.partition("?")[0] == MQTT_PATH:
            return None
        return connection.respond(HTTPStatus.NOT_FOUND, "Not found\n")

    async def _serve_plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = PlainConnection(reader, writer, self._thawed)
        task = asyncio.current_task()
        assert task is not None
        self._plain[connection] = task
        try:
            await self._serve_client(connection)
        finally:
            del self._plain[connection]
            writer.close()

    async def _serve_client(self, connection: Connection) -> None:
        reader = PacketReader(connection)
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                login = await self._log_in(connection, reader)
            if login is not None:
                session, keepalive = login
                await self._run_session(session, reader, keepalive)
        except ConnectionClosed, TimeoutError:
            return
        except (AMQTTError, MQTTError, NoDataError, ValueError, ProtocolViolationError) as err:
            _LOGGER.debug("Cut off an MQTT client: %s", err)
            connection.transport.abort()

    async def _log_in(self, connection: Connection, reader: PacketReader) -> tuple[Session, int] | None:
        header, body = await read_packet(reader)
        if header.packet_type != CONNECT:
            raise ProtocolViolationError("first packet is not CONNECT")
        variable = await ConnectVariableHeader.from_stream(body, header)
        if variable.proto_name != "MQTT" or variable.proto_level != _MQTT_3_1_1:
            await connection.send(ConnackPacket.build(0, UNACCEPTABLE_PROTOCOL_VERSION).to_bytes())
            return None
        connect = ConnectPacket(header, variable, await ConnectPayload.from_stream(body, header, variable))
        store_id, client_id = connect.username or "", connect.client_id or ""
        if self.refuse or not self._login_allowed(store_id, connect.password or "", client_id):
            self.refused_logins += 1
            await connection.send(ConnackPacket.build(0, NOT_AUTHORIZED).to_bytes())
            return None
        session = Session(connection, store_id, client_id, self._thawed)
        if (previous := self._sessions.get(client_id)) is not None:
            previous.connection.transport.abort()
        self._sessions[client_id] = session
        self.logins += 1
        self._clients_changed.set()
        session.send(ConnackPacket.build(0, CONNECTION_ACCEPTED).to_bytes())
        return session, connect.keep_alive

    def _login_allowed(self, store_id: str, api_key: str, client_id: str) -> bool:
        if not store_id or not api_key:
            return False
        prefix = f"apiclient_{api_key[:KEY_ID_LENGTH]}_"
        if not client_id.startswith(prefix) or client_id == prefix:
            return False
        return self._authenticate(store_id, api_key)

    async def _run_session(self, session: Session, reader: PacketReader, keepalive: int) -> None:
        writer = asyncio.create_task(session.write_forever())
        try:
            # A server waits one and a half keepalives before it gives a client up (MQTT 3.1.1, section 3.1.2.10).
            await self._read_packets(session, reader, keepalive * 1.5 if keepalive else None)
        finally:
            writer.cancel()
            if self._sessions.get(session.client_id) is session:
                del self._sessions[session.client_id]
                self._clients_changed.set()
            await asyncio.wait({writer})

    async def _read_packets(self, session: Session, reader: PacketReader, patience: float | None) -> None:
        while True:
            try:
                async with asyncio.timeout(patience):
                    await reader.wait_readable()
            except TimeoutError:
                if self.frozen:
                    continue
                raise
            async with asyncio.timeout(patience):
                header, body = await read_packet(reader)
            if header.packet_type == DISCONNECT:
                return
            await self._handle_packet(session, header, body)

    async def _handle_packet(self, session: Session, header: MQTTFixedHeader, body: BufferReader) -> None:
        if header.packet_type == SUBSCRIBE:
            subscribe = await SubscribePacket.from_stream(body, header)
            topic_filters = [topic_filter for topic_filter, _ in subscribe.payload.topics]
            self._subscribe(session, subscribe.variable_header.packet_id, topic_filters)
        elif header.packet_type == UNSUBSCRIBE:
            unsubscribe = await UnsubscribePacket.from_stream(body, header)
            for topic_filter in unsubscribe.payload.topics:
                session.unsubscribe(topic_filter)
            session.send(UnsubackPacket.build(unsubscribe.variable_header.packet_id).to_bytes())
        elif header.packet_type == PINGREQ:
            session.send(PingRespPacket.build().to_bytes())
        else:
            raise ProtocolViolationError(f"packet type {header.packet_type} is not allowed here")

    def _subscribe(self, session: Session, packet_id: int, topic_filters: list[str]) -> None:
        if not topic_filters:
            raise ProtocolViolationError("SUBSCRIBE without a topic filter")
        granted = [not self.deny_subscriptions and session.subscribe(topic_filter) for topic_filter in topic_filters]
        session.send(SubackPacket.build(packet_id, [0 if ok else _SUBACK_FAILURE for ok in granted]).to_bytes())
        wanted = [tuple(item.split("/")) for item, ok in zip(topic_filters, granted, strict=True) if ok]
        for topic, payload in self._retained.items():
            levels = tuple(topic.split("/"))
            if any(topic_matches(levels, item) for item in wanted):
                session.send(publish_packet(topic, payload, retain=True))
