"""The farm's broker against independent clients (aiomqtt, and raw websockets)."""

import logging
import time

import aiomqtt
from amqtt.mqtt.pingreq import PingReqPacket
import pytest
from websockets.exceptions import InvalidStatus

from tests.virtual_farm.mqtt_clients import (
    ALL_STATS,
    CLIENT_ID,
    KEY,
    OTHER_KEY,
    OTHER_STORE,
    STATS,
    STORE,
    connect_packet,
    cut_off,
    lost,
    mqtt,
    next_message,
    raw,
    receive,
)
from virtual_farm import mqtt_session
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


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


async def test_refuses_every_login_when_configured(broker: RealtimeBroker) -> None:
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


async def test_refuses_other_protocol_versions(broker: RealtimeBroker) -> None:
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


@pytest.mark.parametrize("topic_filter", [f"stores/{STORE}/a#", f"stores/{STORE}/#/b", f"stores/{STORE}/a+/b"])
async def test_denies_malformed_filters(broker: RealtimeBroker, topic_filter: str) -> None:
    async with raw(broker) as websocket:
        await websocket.send(connect_packet())
        await receive(websocket)
        data = topic_filter.encode()
        await websocket.send(bytes([0x82, len(data) + 5, 0, 1, 0, len(data)]) + data + b"\x00")
        assert await receive(websocket) == b"\x90\x03\x00\x01\x80"


async def test_denies_every_subscription_when_configured(broker: RealtimeBroker) -> None:
    broker.deny_subscriptions = True
    async with mqtt(broker) as client:
        codes = await client.subscribe(ALL_STATS)
        assert [code.value for code in codes] == [0x80]


async def test_retained_messages_reach_only_subscribers(broker: RealtimeBroker) -> None:
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


async def test_a_client_that_publishes_is_disconnected_and_ignored(broker: RealtimeBroker) -> None:
    async with mqtt(broker, identifier=f"{CLIENT_ID}2") as listener:
        await listener.subscribe(ALL_STATS)
        async with mqtt(broker) as client:
            await client.publish(STATS, b"forged", retain=True)
            await lost(client)
        await broker.wait_for_clients(1)
        broker.publish(STATS, b"true")
        assert (await next_message(listener))[1] == b"true"
        await listener.subscribe(f"stores/{STORE}/printer-stats/+")


async def test_second_client_with_the_same_id_replaces_the_first(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as first:
        await first.subscribe(ALL_STATS)
        async with mqtt(broker) as second:
            await lost(first)
            await broker.wait_for_clients(1)
            await second.subscribe(ALL_STATS)
            broker.publish(STATS, b"hello")
            assert (await next_message(second))[1] == b"hello"


async def test_a_refused_login_replaces_no_client(broker: RealtimeBroker) -> None:
    async with mqtt(broker) as client:
        await client.subscribe(ALL_STATS)
        with pytest.raises(aiomqtt.MqttCodeError, match="135"):
            await mqtt(broker, password=KEY[:24] + "wrong").__aenter__()
        broker.publish(STATS, b"still here")
        assert (await next_message(client))[1] == b"still here"


async def test_disconnects_a_silent_client_after_one_and_a_half_keepalives(broker: RealtimeBroker) -> None:
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
async def test_invalid_packet_before_the_login_is_disconnected(broker: RealtimeBroker, nonsense: bytes | str) -> None:
    async with mqtt(broker), raw(broker) as websocket:
        await websocket.send(nonsense)
        if nonsense == b"\x10\x04\x00\x04MQ":
            await websocket.close()
        await cut_off(websocket)
        assert broker.clients == 1


@pytest.mark.parametrize("packet", [connect_packet(), b"\x82\x02\x00\x01", b"\xf0\x00"], ids=["connect", "empty", "15"])
async def test_invalid_packet_after_the_login_is_disconnected(broker: RealtimeBroker, packet: bytes) -> None:
    async with raw(broker) as websocket:
        await websocket.send(connect_packet())
        await receive(websocket)
        await websocket.send(packet)
        await cut_off(websocket)
    await broker.wait_for_clients(0)


async def test_a_client_that_does_not_read_is_disconnected(
    broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_session, "_MAX_OUTGOING", 10)
    async with mqtt(broker) as client:
        await client.subscribe(ALL_STATS)
        for _ in range(50):
            broker.publish(STATS, b"x")
        await lost(client)
    await broker.wait_for_clients(0)


@pytest.mark.parametrize("topic", ["", "stores/#", "stores/+/x", "a\0b"])
async def test_publishes_to_topics_only(broker: RealtimeBroker, topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        broker.publish(topic, b"x")


async def test_logs_neither_keys_nor_client_ids(broker: RealtimeBroker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "mqtt")
    async with mqtt(broker), raw(broker) as websocket:
        await websocket.send(b"\xe0\x00")
        await cut_off(websocket)
        await broker.disconnect_all()
    assert KEY[:24] not in caplog.text
