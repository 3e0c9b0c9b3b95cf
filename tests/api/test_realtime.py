"""The realtime client against a real broker, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
import datetime as dt
import gc
import ipaddress
import logging
from pathlib import Path
import ssl
import sys
import tempfile
import threading
import time
import traceback

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import paho.mqtt.client as paho
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from custom_components.printago.api import realtime
from custom_components.printago.api.realtime import (
    DEFAULT_REALTIME_URL,
    InvalidRealtimeUrl,
    RealtimeClient,
    RealtimeEndpoint,
    endpoint_candidates,
)
from virtual_farm.broker import RealtimeBroker

STORE = "store0000000000000000001"
OTHER_STORE = "store0000000000000000002"
KEY = "pk_live_Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua"
OTHER_KEY = "pk_live_otherotherotherotherotherotherother"
STATS = f"stores/{STORE}/printer-stats/printer1"
EVENTS = f"stores/{STORE}/entities/printers"

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Owner:
    """What a client's owner sees."""

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


@pytest.fixture
async def owner() -> Owner:
    return Owner()


@pytest.fixture
async def broker() -> AsyncIterator[RealtimeBroker]:
    broker = RealtimeBroker(authenticate=lambda store, key: (store, key) in {(STORE, KEY), (OTHER_STORE, OTHER_KEY)})
    await broker.start()
    yield broker
    await broker.stop()


@contextlib.asynccontextmanager
async def running(client: RealtimeClient) -> AsyncIterator[RealtimeClient]:
    """Run a client, and prove that it stops fast and leaves nothing behind."""
    before = asyncio.all_tasks()
    client.start()
    try:
        yield client
    finally:
        await stop_fast(client)
        assert not {task for task in asyncio.all_tasks() - before if not belongs_to_a_server(task)}


def belongs_to_a_server(task: asyncio.Task[object]) -> bool:
    """Tell the tasks of the other side, which ends a moment after the client does."""
    coroutine = task.get_coro()
    assert coroutine is not None
    file = Path(coroutine.cr_code.co_filename)
    return "websockets" in file.parts or file.name in ("broker.py", Path(__file__).name)


async def stop_fast(client: RealtimeClient) -> None:
    began = time.monotonic()
    await client.stop()
    assert time.monotonic() - began < 2
    assert not client.connected


@contextlib.asynccontextmanager
async def silent_host() -> AsyncIterator[tuple[int, asyncio.Event]]:
    """A TCP server that accepts and never says a word; yields its port and an event set by the first bytes."""
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
    """A websocket server that is no MQTT broker."""
    async with serve(handler, "127.0.0.1", 0, subprotocols=[Subprotocol("mqtt")], ping_interval=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def unused_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_receives_stats_and_entity_events(owner: Owner, broker: RealtimeBroker) -> None:
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        assert owner.connection == [True]
        broker.publish(STATS, b'{"a": 1}')
        owner.now += 5
        broker.publish(EVENTS, b'{"b": 2}')
        broker.publish(f"{EVENTS}/printer1", b'{"c": 3}')
        await owner.until_payload(b'{"c": 3}')
        assert owner.messages == [
            (STATS, b'{"a": 1}'),
            (EVENTS, b'{"b": 2}'),
            (f"{EVENTS}/printer1", b'{"c": 3}'),
        ]
        assert client.messages_received == 3
        assert client.messages_dropped == 0
        assert client.last_message_at == 1005
        assert client.connected_since == 1000
        assert client.connects == 1
        assert client.endpoint == RealtimeEndpoint("ws", "127.0.0.1", broker.port, "/mqtt")
        assert client.last_error is None
    await broker.wait_for_clients(0)
    assert owner.connection == [True]


async def test_receives_retained_stats_on_connect_but_no_past_events(owner: Owner, broker: RealtimeBroker) -> None:
    broker.publish(STATS, b"kept", retain=True)
    broker.publish(EVENTS, b"gone")
    async with running(owner.client(broker.url)):
        await owner.until_payload(b"kept")
        broker.publish(EVENTS, b"new")
        await owner.until_payload(b"new")
    assert owner.messages == [(STATS, b"kept"), (EVENTS, b"new")]


async def test_a_burst_of_messages_arrives_complete_and_in_order(owner: Owner, broker: RealtimeBroker) -> None:
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        for number in range(2000):
            broker.publish(STATS, b"%d" % number)
        await owner.until_payload(b"1999")
    assert owner.payloads == [b"%d" % number for number in range(2000)]


async def test_foreign_stores_topics_never_arrive(owner: Owner, broker: RealtimeBroker) -> None:
    broker.publish(f"stores/{OTHER_STORE}/printer-stats/x", b"foreign", retain=True)
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        broker.publish(f"stores/{OTHER_STORE}/entities/printers", b"foreign")
        broker.publish(EVENTS, b"mine")
        await owner.until_payload(b"mine")
    assert owner.payloads == [b"mine"]


@pytest.mark.parametrize("drop", ["restart", "disconnect_all"])
async def test_reconnects_and_subscribes_again_after(owner: Owner, broker: RealtimeBroker, drop: str) -> None:
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        await getattr(broker, drop)()
        await owner.until(lambda: owner.connection == [True, False, True])
        broker.publish(STATS, b"after")
        await owner.until_payload(b"after")
        assert client.connects == 2
        assert client.last_error


async def test_each_outage_is_logged_once_and_its_end_once(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        await broker.stop()
        await owner.until(lambda: len(owner.backoff_ceilings) >= 4)
        await broker.start()
        await owner.until(lambda: client.connected)
    records = [record.message.partition(" (")[0] for record in caplog.records if "api.realtime" in record.name]
    assert records == ["Lost the realtime connection", "Realtime connection restored"]


async def test_wrong_key_is_reported_and_retried_with_growing_delays(owner: Owner, broker: RealtimeBroker) -> None:
    broker.refuse = True
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: len(owner.backoff_ceilings) >= 11)
        assert owner.backoff_ceilings[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        assert owner.refusals >= 11
        assert owner.connection == []
        assert "Not authorized" in (client.last_error or "")
        broker.refuse = False
        await owner.until(lambda: client.connected)


async def test_refused_subscription_counts_as_refusal(owner: Owner, broker: RealtimeBroker) -> None:
    broker.deny_subscriptions = True
    owner.delay = 300
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: owner.refusals == 1)
        await broker.wait_for_clients(0)
        assert owner.connection == []
        assert client.last_error == "the broker refused a subscription"


async def test_refusal_does_not_try_other_endpoints(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with silent_host() as (port, spoken_to):
        use_candidates(monkeypatch, broker.port, port)
        broker.refuse = True
        async with running(owner.client(broker.url)):
            await owner.until(lambda: owner.refusals >= 3)
        assert not spoken_to.is_set()


async def test_falls_through_to_an_endpoint_that_works_and_remembers_it(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = 0

    async def not_a_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(not_a_broker, "127.0.0.1", 0) as proxy:
        use_candidates(monkeypatch, await unused_port(), proxy.sockets[0].getsockname()[1], broker.port)
        async with running(owner.client(broker.url)) as client:
            await owner.until(lambda: client.connected)
            assert owner.backoff_ceilings == []
            assert connections == 1
            assert client.endpoint is not None
            assert client.endpoint.port == broker.port
            await broker.disconnect_all()
            await owner.until(lambda: owner.connection == [True, False, True])
            assert connections == 1


async def test_preferred_endpoint_is_tried_first(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with silent_host() as (port, spoken_to):
        use_candidates(monkeypatch, port, broker.port)
        async with running(owner.client(broker.url, preferred_endpoint=f"ws://127.0.0.1:{broker.port}/mqtt")) as client:
            await owner.until(lambda: client.connected)
        assert not spoken_to.is_set()


@pytest.mark.parametrize("preferred", ["wss://elsewhere.example", "not a url"])
async def test_a_preferred_endpoint_that_is_none_of_ours_is_ignored(
    owner: Owner, broker: RealtimeBroker, preferred: str
) -> None:
    async with running(owner.client(broker.url, preferred_endpoint=preferred)) as client:
        await owner.until(lambda: client.connected)


def use_candidates(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    candidates = [RealtimeEndpoint("ws", "127.0.0.1", port, "/mqtt") for port in ports]
    monkeypatch.setattr(realtime, "endpoint_candidates", lambda url: candidates)


async def test_backoff_resets_only_after_a_connection_that_lasted(owner: Owner, broker: RealtimeBroker) -> None:
    async with running(owner.client(broker.url)) as client:
        for lasted, connects in ((1, 1), (59, 2), (2, 3), (60, 4), (3, 5)):
            await owner.until(lambda: client.connected and client.connects == connects)  # noqa: B023
            owner.now += lasted
            await broker.disconnect_all()
        await owner.until(lambda: len(owner.backoff_ceilings) == 5)
    assert owner.backoff_ceilings == [1, 2, 4, 1, 1]


async def test_a_server_that_accepts_and_drops_is_not_hammered(owner: Owner) -> None:
    async def drop(connection: ServerConnection) -> None:
        await connection.recv()

    async with websocket_host(drop) as url, running(owner.client(url)) as client:
        await owner.until(lambda: len(owner.backoff_ceilings) >= 4)
        assert owner.backoff_ceilings[:4] == [1, 2, 4, 8]
        assert client.last_error == "connection closed before the login was answered"
        assert owner.connection == []
        assert owner.refusals == 0


async def test_loss_that_comes_with_the_answer_to_the_login_is_a_failure_and_nothing_for_asyncio_to_complain_of(
    owner: Owner,
) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def welcome_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(bytes([0x20, 2, 0, 0]))  # CONNACK
        writer.close()

    server_context, client_context = tls_contexts()
    async with await asyncio.start_server(welcome_and_leave, "127.0.0.1", 0, ssl=server_context) as server:
        url = f"mqtts://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with running(owner.client(url, tls_context=client_context)):
            await owner.until(lambda: len(owner.backoff_ceilings) == 20)
    gc.collect()
    await asyncio.sleep(0)
    assert owner.connection == []
    assert complaints == []


async def test_reconnect_now_ends_the_wait(owner: Owner, broker: RealtimeBroker) -> None:
    owner.delay = 300
    await broker.stop()
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        await broker.start()
        client.reconnect_now()
        await owner.until(lambda: client.connected)


async def test_frozen_broker_is_noticed_and_left(owner: Owner, broker: RealtimeBroker) -> None:
    owner.delay = 300
    async with running(owner.client(broker.url, keepalive=1)) as client:
        await owner.until(lambda: client.connected)
        broker.frozen = True
        await owner.until(lambda: owner.connection == [True, False])
        broker.frozen = False
        client.reconnect_now()
        await owner.until(lambda: client.connected)


async def test_no_answer_in_time_is_a_connection_failure(owner: Owner) -> None:
    owner.delay = 300
    async with (
        silent_host() as (port, _),
        running(owner.client(f"ws://127.0.0.1:{port}", connect_timeout=0.2)) as client,
    ):
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        assert client.last_error == "no answer in time"
        assert owner.refusals == 0


@pytest.mark.parametrize("scheme", ["ws", "mqtt", "wss", "mqtts"])
async def test_stops_at_once_while_a_host_keeps_silent(owner: Owner, scheme: str) -> None:
    async with silent_host() as (port, spoken_to):
        client = owner.client(f"{scheme}://127.0.0.1:{port}", tls_context=ssl.create_default_context())
        async with running(client):
            await spoken_to.wait()
        assert no_paho_thread_is_busy()


async def test_stops_at_once_while_the_login_is_not_answered(owner: Owner) -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def never_answer(connection: ServerConnection) -> None:
        await connection.recv()
        asked.set()
        await connection.wait_closed()
        closed.set()

    async with websocket_host(never_answer) as url:
        async with running(owner.client(url)):
            await asked.wait()
        async with asyncio.timeout(5):
            await closed.wait()


async def test_stops_at_once_while_connected_to_a_frozen_broker(owner: Owner, broker: RealtimeBroker) -> None:
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        broker.frozen = True
    broker.frozen = False
    await broker.wait_for_clients(0)


async def test_stops_at_once_while_backing_off(owner: Owner) -> None:
    owner.delay = 300
    async with running(owner.client(f"ws://127.0.0.1:{await unused_port()}")):
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)


async def test_connection_that_comes_after_stop_is_never_used(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name resolution and TCP cannot be interrupted: what comes of them late must not become a session."""
    resolving, resolved = threading.Event(), threading.Event()
    connect = paho.socket.create_connection

    def slow_connect(*args, **kwargs):
        resolving.set()
        assert resolved.wait(10)
        return connect(*args, **kwargs)

    monkeypatch.setattr(paho.socket, "create_connection", slow_connect)
    client = owner.client(broker.url)
    client.start()
    assert await asyncio.to_thread(resolving.wait, 10)
    late = [task for task in asyncio.all_tasks() if task.get_name() == "printago realtime connecting"]
    assert len(late) == 1
    await stop_fast(client)
    resolved.set()
    async with asyncio.timeout(5):
        await asyncio.wait(late)
        while broker.connections:
            await broker.disconnect_all()
    assert broker.logins == 0
    assert owner.connection == []


async def test_login_that_succeeds_after_stop_is_closed(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the socket cannot be reached, the finished connection is closed by the attempt itself."""
    end_handshake = realtime.MqttConnection._end_handshake
    monkeypatch.setattr(
        realtime.MqttConnection, "_end_handshake", lambda self, *, abort: end_handshake(self, abort=False)
    )
    arrived = threading.Event()
    connect = paho.socket.create_connection

    def noticed_connect(*args, **kwargs):
        connection = connect(*args, **kwargs)
        arrived.set()
        return connection

    monkeypatch.setattr(paho.socket, "create_connection", noticed_connect)
    broker.frozen = True
    client = owner.client(broker.url)
    client.start()
    assert await asyncio.to_thread(arrived.wait, 10)
    late = [task for task in asyncio.all_tasks() if task.get_name() == "printago realtime connecting"]
    await stop_fast(client)
    assert not late[0].done()
    broker.frozen = False
    async with asyncio.timeout(5):
        await asyncio.wait(late)
    await broker.wait_for_clients(0)
    assert broker.logins == 1
    assert owner.connection == []


async def test_stop_before_start_and_twice_is_harmless(owner: Owner, broker: RealtimeBroker) -> None:
    client = owner.client(broker.url)
    await client.stop()
    await client.stop()
    with pytest.raises(RuntimeError):
        client.start()


async def test_start_uses_the_hosts_task_factory_once(owner: Owner, broker: RealtimeBroker) -> None:
    names = []

    def create_task(coroutine, name):
        names.append(name)
        return asyncio.create_task(coroutine)

    client = owner.client(broker.url)
    client.start(create_task)
    with pytest.raises(RuntimeError):
        client.start(create_task)
    await owner.until(lambda: client.connected)
    await stop_fast(client)
    assert names == ["printago realtime"]
    await broker.wait_for_clients(0)


async def test_failing_message_callback_does_not_end_the_stream(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    owner.fail_on = b"bad"
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        for payload in (b"bad", b"good", b"bad", b"better"):
            broker.publish(STATS, payload)
        await owner.until_payload(b"better")
        assert client.messages_received == 4
        assert client.messages_dropped == 2
        assert client.connects == 1
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "RuntimeError: cannot handle this with" in caplog.text
    assert KEY not in caplog.text


async def test_failing_connection_callback_does_not_end_the_stream(owner: Owner, broker: RealtimeBroker) -> None:
    def fail(connected: bool) -> None:
        owner.on_connection(connected)
        raise RuntimeError

    async with running(owner.client(broker.url, on_connection=fail)):
        await owner.until(lambda: owner.connection == [True])
        await broker.disconnect_all()
        await owner.until(lambda: owner.connection == [True, False, True])


async def test_second_client_with_the_same_id_takes_over(owner: Owner, broker: RealtimeBroker) -> None:
    owner.delay = 300
    second = Owner()
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        async with running(second.client(broker.url)) as usurper:
            await second.until(lambda: usurper.connected)
            await owner.until(lambda: owner.connection == [True, False])
            assert broker.clients == 1


async def test_clients_with_different_suffixes_live_side_by_side(owner: Owner, broker: RealtimeBroker) -> None:
    second = Owner()
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        async with running(second.client(broker.url, client_suffix="other")) as other:
            await second.until(lambda: other.connected)
            broker.publish(STATS, b"both")
            await owner.until_payload(b"both")
            await second.until_payload(b"both")
            assert owner.connection == second.connection == [True]


async def test_no_secret_reaches_logs_or_errors(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mqtt").setLevel(logging.DEBUG)
    errors = []
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        await broker.disconnect_all()
        await owner.until(lambda: owner.connection == [True, False, True])
        errors.append(client.last_error)
        broker.refuse = True
        await broker.disconnect_all()
        await owner.until(lambda: owner.refusals >= 2)
        errors.append(client.last_error)
    text = caplog.text + str(errors)
    assert "Sending CONNECT" in text
    assert "client_id=b'**REDACTED**'" in text
    assert KEY[:24] not in text
    assert "apiclient_" not in text
    assert not [record for record in caplog.records if record.name == "mqtt"]


async def test_wire_log_follows_the_level_set_at_run_time(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("test.printago.realtime")
    logger.setLevel(logging.INFO)
    async with running(owner.client(broker.url, logger=logger)) as client:
        await owner.until(lambda: client.connected)
        assert "Sending CONNECT" not in caplog.text
        logger.setLevel(logging.DEBUG)
        await broker.disconnect_all()
        await owner.until(lambda: client.connects == 2)
        assert "Sending CONNECT" in caplog.text


async def test_connects_over_tls_when_the_certificate_is_trusted(owner: Owner, broker: RealtimeBroker) -> None:
    server_context, client_context = tls_contexts()
    async with tls_proxy(broker.port, server_context) as port:
        async with running(owner.client(f"wss://127.0.0.1:{port}", tls_context=client_context)) as client:
            await owner.until(lambda: client.connected)
            broker.publish(STATS, b"encrypted")
            await owner.until_payload(b"encrypted")
        await broker.wait_for_clients(0)


async def test_connects_over_plain_tcp(owner: Owner) -> None:
    plain = Broker(
        BrokerConfig(
            listeners={"default": ListenerConfig(type=ListenerType.TCP, bind="127.0.0.1:0")},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
    )
    await plain.start()
    try:
        port = plain._servers["default"].instance.sockets[0].getsockname()[1]
        client = owner.client(f"mqtt://127.0.0.1:{port}")
        client.start()
        await owner.until(lambda: client.connected)
        await plain.internal_message_broadcast(STATS, b"plain")
        await owner.until_payload(b"plain")
        await stop_fast(client)
    finally:
        await plain.shutdown()


async def test_untrusted_certificate_is_a_connection_failure(owner: Owner, broker: RealtimeBroker) -> None:
    owner.delay = 300
    server_context, _ = tls_contexts()
    async with tls_proxy(broker.port, server_context) as port:
        stranger = ssl.create_default_context()
        async with running(owner.client(f"wss://127.0.0.1:{port}", tls_context=stranger)) as client:
            await owner.until(lambda: len(owner.backoff_ceilings) == 1)
            assert "CERTIFICATE_VERIFY_FAILED" in (client.last_error or "")
            assert owner.refusals == 0
            assert broker.logins == 0


def tls_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for 127.0.0.1, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_chain(server, pem, key)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client


def load_chain(context: ssl.SSLContext, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(pem + certificate)
        context.load_cert_chain(path)


@contextlib.asynccontextmanager
async def tls_proxy(port: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    """Terminates TLS in front of a port, as a cloud's load balancer does."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def no_paho_thread_is_busy() -> bool:
    return not any(
        "paho" in frame.filename for stack in sys._current_frames().values() for frame in traceback.extract_stack(stack)
    )


def test_default_address_stands_for_all_documented_endpoints() -> None:
    assert [endpoint.url for endpoint in endpoint_candidates(DEFAULT_REALTIME_URL)] == [
        "wss://realtime.printago.io:443/mqtt",
        "wss://realtime.printago.io:9001/mqtt",
        "mqtts://realtime.printago.io:8883",
    ]
    assert endpoint_candidates("WSS://Realtime.Printago.io/") == endpoint_candidates(DEFAULT_REALTIME_URL)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://farm.example", "ws://farm.example:80/mqtt"),
        ("wss://farm.example/", "wss://farm.example:443/mqtt"),
        ("wss://farm.example/ws/v1", "wss://farm.example:443/ws/v1"),
        ("wss://realtime.printago.io:9001", "wss://realtime.printago.io:9001/mqtt"),
        (" mqtt://farm.example ", "mqtt://farm.example:1883"),
        ("mqtts://farm.example/", "mqtts://farm.example:8883"),
        ("ws://127.0.0.1:9001", "ws://127.0.0.1:9001/mqtt"),
        ("mqtt://[::1]:1884", "mqtt://[::1]:1884"),
    ],
)
def test_any_other_address_stands_for_itself(url: str, expected: str) -> None:
    endpoints = endpoint_candidates(url)
    assert [endpoint.url for endpoint in endpoints] == [expected]
    assert endpoint_candidates(expected) == endpoints


@pytest.mark.parametrize(
    "url",
    [
        "",
        "realtime.printago.io",
        "https://realtime.printago.io",
        "wss://",
        "wss:///mqtt",
        "wss://farm.example:0",
        "wss://farm.example:70000",
        "wss://farm.example:port",
        "wss://[::1",
        "wss://user:secret@farm.example",
        "wss://farm.example/mqtt?token=secret",
        "wss://farm.example/mqtt#secret",
        "wss://farm.example/a b",
        "wss://farm.example/mqtt\r\nx: y",
        "mqtt://farm.example/mqtt",
    ],
)
def test_invalid_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(InvalidRealtimeUrl) as error:
        endpoint_candidates(url)
    assert isinstance(error.value, ValueError)
    assert "secret" not in str(error.value)


async def test_tls_without_a_context_is_refused_rather_than_sent_in_the_clear(owner: Owner) -> None:
    with pytest.raises(ValueError, match="TLS context"):
        owner.client(DEFAULT_REALTIME_URL)
