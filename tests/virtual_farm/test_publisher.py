"""The publisher to an external broker: amqtt's own, over plain TCP."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import gc

import aiomqtt
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
import pytest

from tests.virtual_farm.mqtt_clients import ALL_STATS, OTHER_STORE, STATS, STORE, mqtt, next_message
from virtual_farm.broker import ExternalPublisher, RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


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
async def test_denies_topics_outside_of_the_store(broker: RealtimeBroker, topic_filter: str) -> None:
    foreign = f"stores/{OTHER_STORE}/printer-stats/x"
    broker.publish(foreign, b"foreign", retain=True)
    async with mqtt(broker) as client:
        codes = await client.subscribe([(topic_filter, 0), (ALL_STATS, 0)])
        assert [code.value for code in codes] == [0x80, 0]
        broker.publish(foreign, b"foreign")
        broker.publish(STATS, b"own")
        assert (await next_message(client))[1] == b"own"


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
            # Published at once, and as retained as well if it arrives in the middle of subscribing.
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


async def test_a_lost_external_broker_logs_nothing_in_asyncio() -> None:
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
