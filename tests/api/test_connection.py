"""What the realtime client sends over the wire, packet by packet, and what it makes of the answers."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from dataclasses import dataclass, field
import logging
import socket
import struct
from types import SimpleNamespace
from typing import Any, cast

import aiomqtt
import pytest
from websockets.asyncio.server import ServerConnection

from custom_components.printago.api.realtime.connection import MqttConnection, RedactingLogger, SubscriptionRefusedError
from custom_components.printago.api.realtime.endpoints import RealtimeEndpoint
from custom_components.printago.api.redaction import Redactor
from tests.api.realtime_peers import KEY, STORE, Owner, running, unused_port, websocket_host

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK, PINGREQ, DISCONNECT = 1, 2, 3, 8, 9, 12, 14


@dataclass
class Peer:
    """A broker that records the packets of its clients, and answers with these codes."""

    login: int = 0
    """The answer to a login."""
    codes: bytes = b"\x00\x00"
    """Of the subscriptions; empty for no answer."""
    leaves_after: int = 0
    """The kind of packet after which it closes the connection."""
    packets: list[tuple[int, bytes]] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    """Logins are answered from then on."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """A client has closed its connection."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind = (await reader.readexactly(1))[0] >> 4
                length = shift = 0
                while (byte := (await reader.readexactly(1))[0]) & 0x80:
                    length |= (byte & 0x7F) << shift
                    shift += 7
                body = await reader.readexactly(length | byte << shift)
                self.packets.append((kind, body))
                self.changed.set()
                if kind == self.leaves_after:
                    break
                if kind == CONNECT:
                    await self.may_answer.wait()
                    writer.write(bytes([0x20, 2, 0, self.login]))
                elif kind == SUBSCRIBE and self.codes:
                    writer.write(bytes([0x90, 2 + len(self.codes)]) + body[:2] + self.codes)
        self.gone.set()
        writer.close()

    async def until(self, kind: int) -> bytes:
        """Wait for a packet of a kind, and return its body."""
        async with asyncio.timeout(10):
            while not (found := [body for each, body in self.packets if each == kind]):
                self.changed.clear()
                await self.changed.wait()
        return found[0]


@contextlib.asynccontextmanager
async def listening(peer: Peer, *, answers: bool = True) -> AsyncIterator[Peer]:
    if answers:
        peer.may_answer.set()
    async with await asyncio.start_server(peer.serve, "127.0.0.1", 0) as server:
        peer.port = server.sockets[0].getsockname()[1]
        try:
            yield peer
        finally:
            server.abort_clients()


def connection_to(port: int, *, scheme: str = "mqtt", limit: float = 5.0) -> MqttConnection:
    return MqttConnection(
        RealtimeEndpoint(scheme, "127.0.0.1", port, "/mqtt" if scheme == "ws" else ""),
        username=STORE,
        password=KEY,
        client_id="one",
        tls_context=None,
        keepalive=30,
        timeout=limit,
        on_message=lambda topic, payload: None,
        logger=logging.getLogger("printago_test"),
    )


def texts(body: bytes) -> list[bytes]:
    """Return the length-prefixed texts of which a packet consists."""
    found = []
    while body:
        end = 2 + int.from_bytes(body[:2])
        found.append(body[2:end])
        body = body[end:]
    return found


async def test_login_starts_a_clean_session_with_the_id_of_the_key(owner: Owner) -> None:
    async with listening(Peer()) as peer, running(owner.client(f"mqtt://127.0.0.1:{peer.port}")) as client:
        body = await peer.until(CONNECT)
        name, level, flags, keepalive = body[:6], body[6], body[7], int.from_bytes(body[8:10])
        assert (name, level, keepalive) == (b"\x00\x04MQTT", 4, 30)
        # User name, password and a clean session: no will, which another client would get.
        assert flags == 0b1100_0010
        assert texts(body[10:]) == [f"apiclient_{KEY[:24]}_test".encode(), STORE.encode(), KEY.encode()]
        await owner.until(lambda: client.connected)


async def test_both_topics_are_subscribed_with_one_request_and_the_client_says_goodbye(owner: Owner) -> None:
    async with listening(Peer()) as peer:
        async with running(owner.client(f"mqtt://127.0.0.1:{peer.port}")) as client:
            await owner.until(lambda: client.connected)
        await peer.until(DISCONNECT)
    assert [kind for kind, _ in peer.packets] == [CONNECT, SUBSCRIBE, DISCONNECT]
    assert peer.packets[1][1][2:] == b"".join(
        len(topic).to_bytes(2) + topic.encode() + b"\x00"
        for topic in (f"stores/{STORE}/printer-stats/#", f"stores/{STORE}/entities/#")
    )


@pytest.mark.parametrize(("written", "sent"), [("", "/mqtt"), ("/", "/mqtt"), ("/ws/v1", "/ws/v1")])
async def test_websocket_is_opened_at_the_path_of_the_address(owner: Owner, written: str, sent: str) -> None:
    opened: list[str] = []

    async def note(connection: ServerConnection) -> None:
        assert connection.request is not None
        opened.append(connection.request.path)

    async with websocket_host(note) as url, running(owner.client(f"{url}{written}")):
        await owner.until(lambda: bool(owner.backoff_ceilings))
    assert set(opened) == {sent}


async def test_open_connection_is_kept_alive(owner: Owner) -> None:
    async with (
        listening(Peer()) as peer,
        running(owner.client(f"mqtt://127.0.0.1:{peer.port}", keepalive=1)) as client,
    ):
        await owner.until(lambda: client.connected)
        await peer.until(PINGREQ)


@pytest.mark.parametrize("codes", [b"\x80\x80", b"\x00\x80", b"\x80\x00", b"\x87\x00"])
async def test_refusal_of_either_topic_is_one_of_the_subscription(owner: Owner, codes: bytes) -> None:
    owner.delay = 300
    async with listening(Peer(codes=codes)) as peer, running(owner.client(f"mqtt://127.0.0.1:{peer.port}")) as client:
        await owner.until(lambda: owner.refusals == 1)
        assert client.refused
        assert not client.connected
        assert owner.connection == []


async def test_lower_quality_of_service_is_granted_all_the_same(owner: Owner) -> None:
    async with (
        listening(Peer(codes=b"\x01\x02")) as peer,
        running(owner.client(f"mqtt://127.0.0.1:{peer.port}")) as client,
    ):
        await owner.until(lambda: client.connected)
        assert not client.refused


async def test_loss_while_the_subscription_is_pending_ends_the_wait(owner: Owner) -> None:
    owner.delay = 300
    async with (
        listening(Peer(leaves_after=SUBSCRIBE)) as peer,
        running(owner.client(f"mqtt://127.0.0.1:{peer.port}")) as client,
    ):
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        assert (owner.connection, owner.refusals, client.connected) == ([], 0, False)


async def test_subscription_without_an_answer_times_out() -> None:
    async with listening(Peer(codes=b"")) as peer:
        connection = connection_to(peer.port, limit=0.1)
        await connection.open()
        with pytest.raises(aiomqtt.MqttError, match="timed out"):
            await connection.subscribe_all(["a/#"])
        await connection.close()
        await peer.until(DISCONNECT)


async def test_loss_while_the_subscription_is_pending_is_its_error() -> None:
    async with listening(Peer(leaves_after=SUBSCRIBE)) as peer:
        connection = connection_to(peer.port)
        await connection.open()
        with pytest.raises(aiomqtt.MqttError):
            await connection.subscribe_all(["a/#"])
        await connection.close()


async def test_login_without_an_answer_times_out_and_its_connection_is_closed() -> None:
    async with listening(Peer(), answers=False) as peer:
        connection = connection_to(peer.port, limit=0.1)
        with pytest.raises(aiomqtt.MqttError, match="timed out"):
            await connection.open()
        peer.may_answer.set()
        async with asyncio.timeout(5):
            await peer.gone.wait()
        # Nothing that an answer to the login would have to precede.
        assert [kind for kind, _ in peer.packets] == [CONNECT]


async def test_refused_login_ends_the_connection() -> None:
    async with listening(Peer(login=5)) as peer:
        with pytest.raises(aiomqtt.MqttCodeError):
            await connection_to(peer.port).open()
        async with asyncio.timeout(5):
            await peer.gone.wait()
        assert [kind for kind, _ in peer.packets] == [CONNECT]


async def test_login_that_is_answered_after_the_attempt_was_given_up_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the socket can't be reached, the attempt itself closes the finished connection."""
    async with listening(Peer(), answers=False) as peer:
        connection = connection_to(peer.port)
        opening = asyncio.create_task(connection.open())
        await peer.until(CONNECT)
        end_handshake = connection._end_handshake
        monkeypatch.setattr(connection, "_end_handshake", lambda *, abort: end_handshake(abort=False))
        connection.abort()
        peer.may_answer.set()
        with pytest.raises(ConnectionAbortedError):
            await opening
        await peer.until(DISCONNECT)
        async with asyncio.timeout(5):
            await peer.gone.wait()


async def test_connection_that_is_reset_before_the_login_is_an_error_of_the_connection() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        ours = writer.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with await asyncio.start_server(reset, "127.0.0.1", 0) as server:
        with pytest.raises(aiomqtt.MqttError):
            await connection_to(server.sockets[0].getsockname()[1]).open()


async def test_host_that_is_no_broker_is_left_at_once() -> None:
    left = asyncio.Event()

    async def not_a_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        while await reader.read(1000):
            pass
        left.set()
        writer.close()

    async with await asyncio.start_server(not_a_broker, "127.0.0.1", 0) as server:
        connection = connection_to(server.sockets[0].getsockname()[1], scheme="ws")
        with pytest.raises(aiomqtt.MqttError):
            await connection.open()
        async with asyncio.timeout(5):
            await left.wait()
        # The connection still exists: nothing was left to the garbage collector.
        assert connection.identifier == "one"


async def test_refused_subscription_leaves_no_task_behind() -> None:
    async with listening(Peer(codes=b"\x80")) as peer:
        connection = connection_to(peer.port)
        await connection.open()
        before = asyncio.all_tasks()
        with pytest.raises(SubscriptionRefusedError):
            await connection.subscribe_all(["a/#"])
        assert asyncio.all_tasks() <= before
        await connection.close()


async def test_connection_that_is_given_up_is_lost_for_this_reason_and_closes_once() -> None:
    async with listening(Peer()) as peer:
        connection = connection_to(peer.port)
        await connection.open()
        connection.give_up("no sign of life")
        connection.give_up("again")
        with pytest.raises(aiomqtt.MqttError) as lost:
            await connection.wait_lost()
        assert str(lost.value.__cause__) == "no sign of life"
        await connection.close()
        await connection.close()


async def test_write_that_fails_is_a_loss_and_logs_nothing_in_asyncio() -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    failures: list[None] = []
    often = asyncio.Event()

    def fail() -> None:
        failures.append(None)
        if len(failures) == 3:
            often.set()
        raise ValueError("broken")

    async with listening(Peer()) as peer:
        connection = connection_to(peer.port)
        await connection.open()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            connection._watch_writes(cast("Any", SimpleNamespace(loop_write=fail)), ours)
            with pytest.raises(aiomqtt.MqttError) as lost:
                await connection.wait_lost()
            # The loop goes on to report that the socket can be written to.
            async with asyncio.timeout(5):
                await often.wait()
            loop.remove_writer(ours)
        assert str(lost.value.__cause__) == "broken"
        # A socket that was closed meanwhile can't be watched.
        connection._watch_writes(cast("Any", SimpleNamespace(loop_write=pytest.fail)), ours)
        await connection.close()
    assert complaints == []


async def test_aborted_attempt_never_opens() -> None:
    async with listening(Peer()) as peer:
        connection = connection_to(peer.port)
        connection.abort()
        with pytest.raises(aiomqtt.MqttError):
            await connection.open()
        assert (peer.connections, peer.packets) == (0, [])
        connection.abort()
    connection = connection_to(await unused_port())
    with pytest.raises((aiomqtt.MqttError, OSError)):
        await connection.open()


def test_record_of_another_logger_is_passed_on_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    target = logging.getLogger("printago_redacting_test")
    caplog.set_level(logging.INFO, target.name)
    logger = RedactingLogger(target, Redactor(KEY))
    assert not logger.isEnabledFor(logging.DEBUG)
    logger.debug("nothing")
    logger.info("key %s of %d", KEY, 7)
    try:
        raise ValueError(KEY)
    except ValueError:
        logger.exception("failed")
    info, error = caplog.records
    assert (info.getMessage(), info.levelno, info.name) == ("key *** of 7", logging.INFO, target.name)
    assert (error.getMessage(), error.exc_info) == ("failed", None)
    assert "ValueError: ***" in (error.exc_text or "")
    assert "Traceback" in (error.exc_text or "")
    target.setLevel(logging.DEBUG)
    assert logger.isEnabledFor(logging.DEBUG)
