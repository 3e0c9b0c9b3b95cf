"""The farm's broker against independent clients (aiomqtt, and raw websockets), and the publisher to an outside broker."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import gc
import logging
import time

import aiomqtt
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.mqtt.connect import ConnectPacket, ConnectPayload, ConnectVariableHeader
from amqtt.mqtt.pingreq import PingReqPacket
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from virtual_farm import broker as broker_module
from virtual_farm.broker import ExternalPublisher, RealtimeBroker

STORE = "store0000000000000000001"
OTHER_STORE = "store0000000000000000002"
KEY = "pk_live_Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua"
OTHER_KEY = "pk_live_otherotherotherotherotherotherother"
STATS = f"stores/{STORE}/printer-stats/printer1"
ALL_STATS = f"stores/{STORE}/printer-stats/#"
CLIENT_ID = f"apiclient_{KEY[:24]}_test"

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def broker() -> AsyncIterator[RealtimeBroker]:
    before = asyncio.all_tasks()
    broker = RealtimeBroker(authenticate=lambda store, key: (store, key) in {(STORE, KEY), (OTHER_STORE, OTHER_KEY)})
    await broker.start()
    yield broker
    began = time.monotonic()
    await broker.stop()
    assert time.monotonic() - began < 2
    assert broker.clients == broker.connections == 0
    left = {task for task in asyncio.all_tasks() - before if "virtual_farm" in str(task) or "websockets" in str(task)}
    assert not left
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", broker.port)


def mqtt(broker: RealtimeBroker, **options) -> aiomqtt.Client:
    defaults = {
        "hostname": "127.0.0.1",
        "port": broker.port,
        "username": STORE,
        "password": KEY,
        "identifier": CLIENT_ID,
        "transport": "websockets",
        "websocket_path": "/mqtt",
        "timeout": 5,
    }
    return aiomqtt.Client(**defaults | options)


async def next_message(client: aiomqtt.Client) -> tuple[str, bytes, bool]:
    async with asyncio.timeout(5):
        message = await anext(client.messages)
    return message.topic.value, message.payload, message.retain


async def lost(client: aiomqtt.Client) -> None:
    """Wait until the broker cuts a client off."""
    async with asyncio.timeout(10):
        with pytest.raises(aiomqtt.MqttError):
            async for _ in client.messages:
                pass


@contextlib.asynccontextmanager
async def raw(broker: RealtimeBroker, path: str = "/mqtt") -> AsyncIterator[ClientConnection]:
    """A bare websocket, for what no MQTT library would send."""
    async with connect(broker.url + path, subprotocols=[Subprotocol("mqtt")], ping_interval=None) as websocket:
        yield websocket


def connect_packet(*, client_id: str = CLIENT_ID, key: str = KEY, level: int = 4, keepalive: int = 30) -> bytes:
    header = ConnectVariableHeader(0xC2, keepalive, "MQTT", level)
    return ConnectPacket(
        variable_header=header, payload=ConnectPayload(client_id, username=STORE, password=key)
    ).to_bytes()


async def receive(websocket: ClientConnection) -> bytes:
    async with asyncio.timeout(5):
        data = await websocket.recv()
    assert isinstance(data, bytes)
    return data


async def cut_off(websocket: ClientConnection) -> None:
    """Wait until the broker cuts a websocket off."""
    async with asyncio.timeout(5):
        await websocket.wait_closed()
    with contextlib.suppress(ConnectionClosed):
        while True:
            assert await websocket.recv() is not None


@pytest.mark.parametrize(
    "login",
    [
        {"password": OTHER_KEY, "identifier": f"apiclient_{OTHER_KEY[:24]}_test"},
        {"password": KEY[:-1]},
        {"username": OTHER_STORE},
        {"username": None, "password": None},
        {"identifier": f"apiclient_{KEY[:24]}_"},
        {"identifier": f"apiclient_{KEY[:24]}"},
        {"identifier": f"apiclient_{KEY[:23]}_test"},
        {"identifier": f"client_{KEY[:24]}_test"},
        {"identifier": None},
    ],
    ids=str,
)
async def test_refuses_a_login_that_breaks_the_rules(broker: RealtimeBroker, login: dict) -> None:
    with pytest.raises(aiomqtt.MqttCodeError, match="135"):
        await mqtt(broker, **login).__aenter__()
    assert (broker.logins, broker.refused_logins) == (0, 1)


async def test_refuses_everyone_when_told_so(broker: RealtimeBroker) -> None:
    broker.refuse = True
    with pytest.raises(aiomqtt.MqttCodeError, match="135"):
        await mqtt(broker).__aenter__()
    broker.refuse = False
    async with mqtt(broker):
        await broker.wait_for_clients(1)


@pytest.mark.parametrize("path", ["/", "/mqtt/", "/other"])
async def test_answers_on_its_path_only(broker: RealtimeBroker, path: str) -> None:
    with pytest.raises(InvalidStatus) as error:
        async with raw(broker, path):
            pass
    assert error.value.response.status_code == 404


async def test_speaks_no_other_protocol_version(broker: RealtimeBroker) -> None:
    async with raw(broker) as websocket:
        await websocket.send(connect_packet(level=5))
        assert await receive(websocket) == b"\x20\x02\x00\x01"
        await cut_off(websocket)
    assert broker.logins == 0


async def test_delivers_to_matching_subscriptions_in_order(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as client:
        await client.subscribe([(ALL_STATS, 1), (f"stores/{STORE}/+/printers", 0)])
        broker.publish(STATS, b"1")
        broker.publish(f"stores/{STORE}/entities/printers/printer1", b"no match")
        broker.publish(f"stores/{STORE}/entities/printers", b"2")
        broker.publish(f"stores/{STORE}/printer-stats/printers", b"once, though it matches twice")
        broker.publish(f"stores/{STORE}/printer-stats", b"parent level")
        assert [(await next_message(client))[1] for _ in range(4)] == [
            b"1",
            b"2",
            b"once, though it matches twice",
            b"parent level",
        ]


async def test_stops_delivering_after_unsubscribe(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as client:
        await client.subscribe([(ALL_STATS, 0), (f"stores/{STORE}/entities/#", 0)])
        await client.unsubscribe(ALL_STATS)
        broker.publish(STATS, b"not wanted")
        broker.publish(f"stores/{STORE}/entities/jobs", b"wanted")
        assert (await next_message(client))[1] == b"wanted"


@pytest.mark.parametrize(
    "topic_filter",
    [
        "#",
        "+/+/printer-stats/#",
        f"stores/{OTHER_STORE}/printer-stats/#",
        "stores/+/printer-stats/#",
        "stores/#",
        f"stores/{STORE}",
        f"$share/group/stores/{STORE}/printer-stats/#",
    ],
)
async def test_denies_what_is_outside_the_store(broker: RealtimeBroker, topic_filter: str) -> None:
    foreign = f"stores/{OTHER_STORE}/printer-stats/x"
    broker.publish(foreign, b"foreign", retain=True)
    async with mqtt(broker) as client:
        codes = await client.subscribe([(topic_filter, 0), (ALL_STATS, 0)])
        assert [code.value for code in codes] == [0x80, 0]
        broker.publish(foreign, b"foreign")
        broker.publish(STATS, b"own")
        assert (await next_message(client))[1] == b"own"


@pytest.mark.parametrize("topic_filter", [f"stores/{STORE}/a#", f"stores/{STORE}/#/b", f"stores/{STORE}/a+/b"])
async def test_denies_malformed_filters(broker: RealtimeBroker, topic_filter: str) -> None:
    async with raw(broker) as websocket:
        await websocket.send(connect_packet())
        await receive(websocket)
        data = topic_filter.encode()
        await websocket.send(bytes([0x82, len(data) + 5, 0, 1, 0, len(data)]) + data + b"\x00")
        assert await receive(websocket) == b"\x90\x03\x00\x01\x80"


async def test_denies_every_subscription_when_told_so(broker: RealtimeBroker) -> None:
    broker.deny_subscriptions = True
    async with mqtt(broker) as client:
        codes = await client.subscribe(ALL_STATS)
        assert [code.value for code in codes] == [0x80]


async def test_retained_messages_reach_only_those_who_subscribe(broker: RealtimeBroker) -> None:
    broker.publish(STATS, b"old", retain=True)
    broker.publish(STATS, b"kept", retain=True)
    broker.publish(f"stores/{STORE}/printer-stats/gone", b"x", retain=True)
    broker.publish(f"stores/{STORE}/printer-stats/gone", b"", retain=True)
    async with mqtt(broker) as client:
        await client.subscribe(f"stores/{STORE}/entities/#")
        broker.publish(f"stores/{STORE}/entities/jobs", b"event", retain=True)
        assert await next_message(client) == (f"stores/{STORE}/entities/jobs", b"event", False)
        await client.subscribe(ALL_STATS)
        assert await next_message(client) == (STATS, b"kept", True)
        broker.publish(STATS, b"live")
        assert await next_message(client) == (STATS, b"live", False)


async def test_a_client_that_publishes_is_cut_off_and_not_heard(broker: RealtimeBroker) -> None:
    async with mqtt(broker, identifier=f"{CLIENT_ID}2") as listener:
        await listener.subscribe(ALL_STATS)
        async with mqtt(broker) as client:
            await client.publish(STATS, b"forged", retain=True)
            await lost(client)
        await broker.wait_for_clients(1)
        broker.publish(STATS, b"true")
        assert (await next_message(listener))[1] == b"true"
        await listener.subscribe(f"stores/{STORE}/printer-stats/+")


async def test_second_client_with_the_same_id_takes_the_place_of_the_first(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as first:
        await first.subscribe(ALL_STATS)
        async with mqtt(broker) as second:
            await lost(first)
            await broker.wait_for_clients(1)
            await second.subscribe(ALL_STATS)
            broker.publish(STATS, b"hello")
            assert (await next_message(second))[1] == b"hello"


async def test_a_refused_login_does_not_take_anybodys_place(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as client:
        await client.subscribe(ALL_STATS)
        with pytest.raises(aiomqtt.MqttCodeError, match="135"):
            await mqtt(broker, password=KEY[:24] + "wrong").__aenter__()
        broker.publish(STATS, b"still here")
        assert (await next_message(client))[1] == b"still here"


async def test_gives_a_silent_client_up_after_one_and_a_half_keepalives(broker: RealtimeBroker) -> None:
    async with raw(broker) as websocket:
        await websocket.send(connect_packet(keepalive=1))
        await receive(websocket)
        began = time.monotonic()
        await cut_off(websocket)
        assert 1.2 < time.monotonic() - began < 4
    assert broker.clients == 0


async def test_understands_packets_spread_over_frames_and_frames_with_several_packets(broker: RealtimeBroker) -> None:
    async with raw(broker) as websocket:
        packet = connect_packet()
        for position in range(0, len(packet), 7):
            await websocket.send(packet[position : position + 7])
        assert await receive(websocket) == b"\x20\x02\x00\x00"
        await websocket.send(PingReqPacket().to_bytes() * 2)
        assert [await receive(websocket), await receive(websocket)] == [b"\xd0\x00"] * 2


@pytest.mark.parametrize(
    "nonsense",
    [b"\xe0\x00", b"\x10\x00", b"\x10\xff\xff\xff\xff\xff", b"\x10\xff\xff\xff\x7f", b"\x10\x04\x00\x04MQ", "text"],
    ids=["not connect", "empty connect", "bad length", "huge", "truncated", "text frame"],
)
async def test_nonsense_before_the_login_is_cut_off(broker: RealtimeBroker, nonsense: bytes | str) -> None:
    async with mqtt(broker), raw(broker) as websocket:
        await websocket.send(nonsense)
        if nonsense == b"\x10\x04\x00\x04MQ":
            await websocket.close()
        await cut_off(websocket)
        assert broker.clients == 1


@pytest.mark.parametrize("packet", [connect_packet(), b"\x82\x02\x00\x01", b"\xf0\x00"], ids=["connect", "empty", "15"])
async def test_nonsense_after_the_login_is_cut_off(broker: RealtimeBroker, packet: bytes) -> None:
    async with raw(broker) as websocket:
        await websocket.send(connect_packet())
        await receive(websocket)
        await websocket.send(packet)
        await cut_off(websocket)
    await broker.wait_for_clients(0)


async def test_a_client_that_does_not_read_is_cut_off(broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "_MAX_OUTGOING", 10)
    async with mqtt(broker) as client:
        await client.subscribe(ALL_STATS)
        for _ in range(50):
            broker.publish(STATS, b"x")
        await lost(client)
    await broker.wait_for_clients(0)


async def test_restart_keeps_port_and_retained_messages(broker: RealtimeBroker) -> None:
    port, url = broker.port, broker.url
    broker.publish(STATS, b"kept", retain=True)
    async with mqtt(broker) as client:
        await broker.restart()
        await lost(client)
    assert (broker.port, broker.url) == (port, url) == (port, f"ws://127.0.0.1:{port}")
    async with mqtt(broker) as client:
        await client.subscribe(ALL_STATS)
        assert await next_message(client) == (STATS, b"kept", True)


async def test_disconnect_all_cuts_every_connection_and_listens_on(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as first, mqtt(broker, identifier=f"{CLIENT_ID}2") as second, raw(broker) as third:
        await broker.disconnect_all()
        assert broker.clients == broker.connections == 0
        await lost(first)
        await lost(second)
        await cut_off(third)
    async with mqtt(broker):
        await broker.wait_for_clients(1)


async def test_frozen_broker_keeps_connections_but_neither_reads_nor_sends(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as client, raw(broker) as newcomer:
        await client.subscribe(ALL_STATS)
        broker.frozen = True
        assert broker.frozen
        broker.publish(STATS, b"held back")
        await newcomer.send(connect_packet(client_id=f"{CLIENT_ID}2", keepalive=1))
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
        writer.write(b"GET /other HTTP/1.1\r\nHost: farm\r\n\r\n")
        answers = [asyncio.ensure_future(item) for item in (anext(client.messages), newcomer.recv(), reader.read(12))]
        done, _ = await asyncio.wait(answers, timeout=0.5)
        assert not done
        broker.frozen = False
        async with asyncio.timeout(5):
            message, connack, response = await asyncio.gather(*answers)
        assert (message.payload, connack, response) == (b"held back", b"\x20\x02\x00\x00", b"HTTP/1.1 404")
        writer.close()


async def test_a_frozen_broker_stops_at_once(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as client:
        broker.frozen = True
        await broker.stop()
        await lost(client)
        broker.frozen = False


async def test_a_connection_that_never_speaks_does_not_delay_stop(broker: RealtimeBroker) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    await broker.stop()
    writer.close()


async def test_carries_thousands_of_messages_a_second(broker: RealtimeBroker) -> None:
    payload = b"x" * 1500
    async with mqtt(broker) as client:
        await client.subscribe(ALL_STATS)
        began = time.monotonic()
        for number in range(2500):
            broker.publish(STATS, b"%d " % number + payload)
            if number % 50 == 0:
                await asyncio.sleep(0)
        for number in range(2500):
            assert (await next_message(client))[1].startswith(b"%d " % number)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("topic", ["", "stores/#", "stores/+/x", "a\0b"])
async def test_publishes_to_topics_only(broker: RealtimeBroker, topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        broker.publish(topic, b"x")


async def test_starting_twice_and_stopping_twice_is_harmless(broker: RealtimeBroker) -> None:
    port = broker.port
    await broker.start()
    assert broker.port == port
    await broker.stop()
    await broker.stop()
    await broker.disconnect_all()
    broker.publish(STATS, b"kept", retain=True)
    await broker.start()
    assert broker.port == port


async def test_a_taken_port_is_reported(broker: RealtimeBroker) -> None:
    second = RealtimeBroker(port=broker.port, authenticate=lambda store, key: True)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()


async def test_waiting_for_clients_times_out(broker: RealtimeBroker) -> None:
    with pytest.raises(TimeoutError):
        await broker.wait_for_clients(1, timeout=0.05)


async def test_logs_neither_keys_nor_client_ids(broker: RealtimeBroker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "mqtt")
    async with mqtt(broker), raw(broker) as websocket:
        await websocket.send(b"\xe0\x00")
        await cut_off(websocket)
        await broker.disconnect_all()
    assert KEY[:24] not in caplog.text


# An independent MQTT broker for the publisher: amqtt's own, over plain TCP.


@contextlib.asynccontextmanager
async def outside_broker(port: int = 0) -> AsyncIterator[tuple[Broker, int]]:
    config = BrokerConfig(
        listeners={"default": ListenerConfig(type=ListenerType.TCP, bind=f"127.0.0.1:{port}")},
        plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    )
    outside = Broker(config)
    await outside.start()
    try:
        yield outside, outside._servers["default"].instance.sockets[0].getsockname()[1]
    finally:
        await outside.shutdown()


@contextlib.asynccontextmanager
async def publishing(url: str) -> AsyncIterator[ExternalPublisher]:
    publisher = ExternalPublisher(url)
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()
        assert publisher.clients == 0


async def test_publishes_to_an_outside_broker_in_order() -> None:
    async with outside_broker() as (_, port), aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("stores/#")
        async with publishing(f"mqtt://user:s3cret@127.0.0.1:{port}") as publisher:
            await publisher.wait_connected()
            assert publisher.url == f"mqtt://127.0.0.1:{port}"
            assert publisher.port == port
            assert publisher.clients == 1
            for number in range(500):
                publisher.publish(STATS, b"%d" % number, retain=number % 2 == 0)
            assert [(await next_message(client))[1] for _ in range(500)] == [b"%d" % number for number in range(500)]


async def test_publishes_retained_messages_again_after_a_reconnect() -> None:
    async with outside_broker() as (_, port), publishing(f"mqtt://127.0.0.1:{port}") as publisher:
        await publisher.wait_connected()
        publisher.publish(STATS, b"before", retain=True)
    async with publishing(f"mqtt://127.0.0.1:{port}") as publisher:
        publisher.publish(STATS, b"state", retain=True)
        publisher.publish(f"stores/{STORE}/entities/jobs", b"lost event")
        assert publisher.clients == 0
        async with outside_broker(port), aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe("stores/#")
            await publisher.wait_connected()
            publisher.publish(f"stores/{STORE}/entities/jobs", b"event")
            # Told as it comes, and as retained as well when it comes in the middle of subscribing.
            seen = [(await next_message(client))[1]]
            while seen[-1] != b"event":
                seen.append((await next_message(client))[1])
            assert seen in ([b"state", b"event"], [b"state", b"state", b"event"])
            await publisher.disconnect_all()
            assert (await next_message(client))[1] == b"state"
            await publisher.wait_connected()
            await publisher.restart()
            assert (await next_message(client))[1] == b"state"


@pytest.mark.parametrize("url", ["", "127.0.0.1:1883", "http://127.0.0.1", "mqtt://", "mqtt://host:port"])
def test_an_outside_address_has_a_known_form(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        ExternalPublisher(url)


def test_an_outside_address_has_the_usual_ports() -> None:
    assert [ExternalPublisher(f"{scheme}://host").url for scheme in ("mqtt", "mqtts", "ws", "wss")] == [
        "mqtt://host:1883",
        "mqtts://host:8883",
        "ws://host:80",
        "wss://host:443",
    ]


async def test_an_outside_broker_that_goes_away_leaves_nothing_for_asyncio_to_complain_of() -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    logins = asyncio.Semaphore(0)

    async def welcome_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(bytes([0x20, 2, 0, 0]))  # CONNACK
        await reader.read(1)
        # What was not read makes this a reset.
        writer.transport.abort()
        logins.release()

    async with (
        await asyncio.start_server(welcome_and_leave, "127.0.0.1", 0) as server,
        publishing(f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}") as publisher,
    ):
        publisher.publish(STATS, b"x" * 1000, retain=True)
        async with asyncio.timeout(10):
            for _ in range(3):
                await logins.acquire()
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []
