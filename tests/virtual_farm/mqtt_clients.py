"""Independent clients of the farm's broker: aiomqtt, and raw websockets."""

import asyncio
from collections.abc import AsyncIterator
import contextlib

import aiomqtt
from amqtt.mqtt.connect import ConnectPacket, ConnectPayload, ConnectVariableHeader
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from virtual_farm.broker import RealtimeBroker

STORE = "store0000000000000000001"
OTHER_STORE = "store0000000000000000002"
KEY = "pk_live_Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua"
OTHER_KEY = "pk_live_otherotherotherotherotherotherother"
STATS = f"stores/{STORE}/printer-stats/printer1"
ALL_STATS = f"stores/{STORE}/printer-stats/#"
CLIENT_ID = f"apiclient_{KEY[:24]}_test"


def accepts(store: str, key: str) -> bool:
    """Tell whether a broker lets somebody in."""
    return (store, key) in {(STORE, KEY), (OTHER_STORE, OTHER_KEY)}


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
