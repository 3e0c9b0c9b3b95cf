"""The farm's broker as it starts, stops, freezes and is under load."""

import asyncio
import contextlib
import time

import pytest

from tests.virtual_farm.mqtt_clients import (
    ALL_STATS,
    CLIENT_ID,
    STATS,
    connect_packet,
    cut_off,
    lost,
    mqtt,
    next_message,
    raw,
)
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")

_AT_ONCE = 2
"""Seconds; without being cut such connections would stay for ever."""


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


async def test_disconnect_all_closes_every_connection_and_keeps_listening(broker: RealtimeBroker) -> None:
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
        async with asyncio.timeout(_AT_ONCE):
            await broker.stop()
        await lost(client)
        broker.frozen = False


async def test_a_silent_connection_does_not_delay_stop(broker: RealtimeBroker) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
    while not broker.connections:  # noqa: ASYNC110, the broker has no event for it
        await asyncio.sleep(0)
    async with asyncio.timeout(_AT_ONCE):
        await broker.stop()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
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


async def test_a_used_port_raises_an_error(broker: RealtimeBroker) -> None:
    second = RealtimeBroker(port=broker.port, authenticate=lambda store, key: True)
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()


async def test_waiting_for_clients_times_out(broker: RealtimeBroker) -> None:
    with pytest.raises(TimeoutError):
        await broker.wait_for_clients(1, timeout=0.05)
