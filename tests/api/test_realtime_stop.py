"""The realtime client stops at once, whatever the network does, and leaves nothing behind."""

import asyncio
import ssl
import threading

import paho.mqtt.client as paho
import pytest
from websockets.asyncio.server import ServerConnection

from custom_components.printago.api.realtime import realtime_client as realtime
from tests.api.realtime_peers import (
    STATS,
    Owner,
    no_paho_thread_is_busy,
    running,
    silent_host,
    stop_fast,
    unused_port,
    websocket_host,
)
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("scheme", ["ws", "mqtt", "wss", "mqtts"])
async def test_stops_at_once_while_a_host_does_not_respond(owner: Owner, scheme: str) -> None:
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


async def test_connection_established_after_stop_is_never_used(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name resolution and TCP can't be interrupted: a late result must not become a session."""
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
    """If the socket can't be reached, the attempt itself closes the finished connection."""
    end_handshake = realtime.MqttConnection._end_handshake
    monkeypatch.setattr(
        realtime.MqttConnection, "_end_handshake", lambda self, *, abort: end_handshake(self, abort=False)
    )
    arrived = threading.Event()
    connect = realtime.MqttConnection._create_abortable_socket

    def noticed_connect(self):
        connection = connect(self)
        # From here on nothing checks whether the attempt was aborted.
        arrived.set()
        return connection

    monkeypatch.setattr(realtime.MqttConnection, "_create_abortable_socket", noticed_connect)
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


async def test_connection_that_opens_at_the_moment_of_the_stop_is_closed(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping: list[asyncio.Task[None]] = []
    opened = asyncio.Event()

    class Noted(realtime.MqttConnection):
        async def open(self) -> None:
            await super().open()
            stopping.append(asyncio.create_task(client.stop()))
            opened.set()

    monkeypatch.setattr(realtime, "MqttConnection", Noted)
    client = owner.client(broker.url)
    client.start()
    async with asyncio.timeout(5):
        await opened.wait()
        await stopping[0]
        await broker.wait_for_clients(0)
    assert (owner.connection, broker.logins) == ([], 1)


async def test_message_after_stop_is_dropped(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing takes some iterations of the loop, in which the socket may still receive data."""
    arrived, let_close = asyncio.Event(), asyncio.Event()
    receive, close = realtime.MqttConnection._on_message, realtime.MqttConnection.close

    def noted_receive(self, client, userdata, message):
        receive(self, client, userdata, message)
        if message.payload == b"late":
            arrived.set()

    async def slow_close(self):
        await let_close.wait()
        await close(self)

    monkeypatch.setattr(realtime.MqttConnection, "_on_message", noted_receive)
    monkeypatch.setattr(realtime.MqttConnection, "close", slow_close)
    client = owner.client(broker.url)
    client.start()
    await owner.until(lambda: client.connected)

    stopping = asyncio.create_task(client.stop())
    await asyncio.sleep(0)
    broker.publish(STATS, b"late")
    async with asyncio.timeout(5):
        await arrived.wait()
    let_close.set()
    await stopping

    assert owner.messages == []
    assert owner.connection == [True]
    assert client.messages_received == 0


async def test_stop_before_start_and_twice_is_harmless(owner: Owner, broker: RealtimeBroker) -> None:
    client = owner.client(broker.url)
    await client.stop()
    await client.stop()
    with pytest.raises(RuntimeError):
        client.start()


async def test_start_uses_the_task_factory_of_the_host_once(owner: Owner, broker: RealtimeBroker) -> None:
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
