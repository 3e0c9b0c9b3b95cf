"""MQTT without WebSockets, as public clients use it: the same broker and rules."""

import asyncio
from collections.abc import AsyncIterator
import json
import time

import aiomqtt
from cloud import Cloud
import pytest

from tests.virtual_farm.mqtt_clients import (
    ALL_STATS,
    CLIENT_ID,
    OTHER_KEY,
    STATS,
    accepts,
    connect_packet,
    lost,
    mqtt,
    next_message,
)
from virtual_farm.broker import RealtimeBroker


@pytest.fixture
async def broker(socket_enabled: None) -> AsyncIterator[RealtimeBroker]:
    """Run a broker with both listeners, and prove that it stops fast and leaves nothing behind."""
    before = asyncio.all_tasks()
    broker = RealtimeBroker(authenticate=accepts, tcp_port=0)
    await broker.start()
    yield broker
    began = time.monotonic()
    await broker.stop()
    assert time.monotonic() - began < 2
    assert broker.clients == broker.connections == 0
    assert not {task for task in asyncio.all_tasks() - before if "virtual_farm" in str(task)}
    for port in (broker.port, tcp_port(broker)):
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)


def tcp_port(broker: RealtimeBroker) -> int:
    assert broker.tcp_url is not None
    return int(broker.tcp_url.rpartition(":")[2])


def plain(broker: RealtimeBroker, **options) -> aiomqtt.Client:
    return mqtt(broker, **{"port": tcp_port(broker), "transport": "tcp", "websocket_path": None, **options})


async def test_plain_client_gets_retained_and_new_messages(broker: RealtimeBroker) -> None:
    broker.publish(STATS, b"kept", retain=True)
    async with plain(broker) as client, mqtt(broker, identifier=CLIENT_ID + "2") as other:
        assert broker.clients == broker.connections == 2
        for subscriber in (client, other):
            await subscriber.subscribe(ALL_STATS)
            assert await next_message(subscriber) == (STATS, b"kept", True)
        broker.publish(STATS, b"news")
        for subscriber in (client, other):
            assert await next_message(subscriber) == (STATS, b"news", False)
    await broker.wait_for_clients(0)


@pytest.mark.parametrize(
    "login", [{"password": OTHER_KEY}, {"username": "store0000000000000000002"}, {"identifier": "homeassistant"}]
)
async def test_plain_client_with_a_wrong_login_is_refused(broker: RealtimeBroker, login: dict[str, str]) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with plain(broker, **login):
            pass
    assert broker.refused_logins == 1
    assert broker.clients == 0


async def test_client_replaces_one_with_the_same_id_on_any_transport(broker: RealtimeBroker) -> None:
    async with plain(broker) as first:
        async with mqtt(broker):
            await lost(first)
            await broker.wait_for_clients(1)
        await broker.wait_for_clients(0)


async def test_plain_connections_can_reconnect_to_the_same_port(broker: RealtimeBroker) -> None:
    port = tcp_port(broker)
    async with plain(broker) as client:
        await broker.disconnect_all()
        assert broker.clients == broker.connections == 0
        await lost(client)
    async with plain(broker) as client:
        broker.publish(STATS, b"kept", retain=True)
        await broker.restart()
        await lost(client)
    assert tcp_port(broker) == port
    async with plain(broker) as client:
        await client.subscribe(ALL_STATS)
        assert await next_message(client) == (STATS, b"kept", True)


async def test_frozen_broker_keeps_a_plain_connection_without_sending(broker: RealtimeBroker) -> None:
    async with plain(broker) as client:
        await client.subscribe(ALL_STATS)
        broker.frozen = True
        broker.publish(STATS, b"news")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await anext(client.messages)
        broker.frozen = False
        assert await next_message(client) == (STATS, b"news", False)
        broker.frozen = True


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n" + b"x" * 200, b"\x10\xff\xff\xff\x7f", connect_packet() + b"\x30\x02\x00\x00"]
)
async def test_other_protocol_than_mqtt_is_disconnected(broker: RealtimeBroker, data: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", tcp_port(broker))
    writer.write(data)
    async with asyncio.timeout(5):
        try:
            while await reader.read(100):
                pass
        except ConnectionResetError:
            pass
    writer.close()
    await broker.wait_for_clients(0)


async def test_used_port_leaves_nothing_open(broker: RealtimeBroker) -> None:
    second = RealtimeBroker(authenticate=accepts, tcp_port=tcp_port(broker))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    assert second.connections == 0
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", second.port)


async def test_public_client_follows_one_printer_over_plain_mqtt(start_farm) -> None:
    cloud: Cloud = await start_farm(mqtt_tcp_port=0)
    farm, store = cloud.farm, cloud.farm.config.store_id
    assert farm.plain_mqtt_url is not None
    first, second, *_ = cloud.printer_ids()
    async with aiomqtt.Client(
        "127.0.0.1",
        int(farm.plain_mqtt_url.rpartition(":")[2]),
        username=store,
        password=farm.config.api_key,
        identifier=f"apiclient_{farm.config.api_key[:24]}_button",
    ) as client:
        await client.subscribe(f"stores/{store}/printer-stats/{first}")
        await client.subscribe(f"stores/{store}/entities/printers")
        topic, payload, retained = await next_message(client)
        assert (topic, retained) == (f"stores/{store}/printer-stats/{first}", True)
        stat = json.loads(payload)
        assert (stat["isOnline"], stat["isAvailable"]) == (True, True)
        await cloud.call("PATCH", "/v1/printers/confirm-ready", body={"ready": False, "ids": [first, second]})
        topic, payload, retained = await next_message(client)
        assert (topic, retained) == (f"stores/{store}/entities/printers", False)
        entities = json.loads(payload)["entities"]
        assert {printer_id: entity["confirmedReady"] for printer_id, entity in entities.items()} == {
            first: False,
            second: False,
        }
