"""Connections of the realtime client that are lost, refused or never established: logged once, and retried with
backoff.
"""

import asyncio
import gc
import logging

import pytest
from websockets.asyncio.server import ServerConnection

from custom_components.printago.api.realtime import realtime_client as realtime
from custom_components.printago.api.realtime.realtime_client import RealtimeEndpoint
from tests.api.realtime_peers import STATS, Owner, refusing_host, running, silent_host, unused_port, websocket_host
from tests.api.tls import tls_contexts
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


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


@pytest.mark.parametrize(
    ("code", "refused"),
    [(2, True), (4, True), (5, True), (3, False)],
    ids=["client ID", "password", "not allowed", "busy"],
)
async def test_refused_login_counts_as_refusal_and_a_busy_broker_does_not(
    owner: Owner, code: int, refused: bool
) -> None:
    """The client ID is derived from the key, so a rejected ID means a wrong key as well."""
    async with refusing_host(code) as (port, logins):
        async with running(owner.client(f"mqtt://127.0.0.1:{port}")) as client:
            await owner.until(lambda: len(owner.backoff_ceilings) >= 2)
            assert client.refused is refused
        assert logins() >= 2
    assert bool(owner.refusals) is refused


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


async def test_tries_endpoints_until_one_works_and_remembers_it(
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
async def test_unknown_preferred_endpoint_is_ignored(owner: Owner, broker: RealtimeBroker, preferred: str) -> None:
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


async def test_server_that_drops_connections_is_retried_with_backoff(owner: Owner) -> None:
    async def drop(connection: ServerConnection) -> None:
        await connection.recv()

    async with websocket_host(drop) as url, running(owner.client(url)) as client:
        await owner.until(lambda: len(owner.backoff_ceilings) >= 4)
        assert owner.backoff_ceilings[:4] == [1, 2, 4, 8]
        assert client.last_error == "connection closed before the login was answered"
        assert owner.connection == []
        assert owner.refusals == 0


async def test_loss_during_the_login_is_a_failure_and_logs_nothing_in_asyncio(
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


async def test_frozen_broker_is_detected_and_disconnected(owner: Owner, broker: RealtimeBroker) -> None:
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
