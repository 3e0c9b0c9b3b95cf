"""What the realtime client reports: to the log, and to those who ask for its state."""

import asyncio
import gc
import logging
import weakref

import pytest

from custom_components.printago.api.realtime import realtime_client as realtime
from custom_components.printago.api.realtime.realtime_client import RealtimeEndpoint
from tests.api.realtime_peers import KEY, STATS, Owner, running, silent_host, stop_fast, unused_port
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return the levels and texts of the client's records, without the library's."""
    return [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name.endswith("realtime.realtime_client")
    ]


async def test_connection_loss_and_recovery_are_logged_with_their_details(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    owner.delay = 300
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        await broker.disconnect_all()
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        client.reconnect_now()
        await owner.until(lambda: client.connects == 2)
        error = client.last_error
    url = f"ws://127.0.0.1:{broker.port}/mqtt"
    levels, messages = zip(*logged(caplog), strict=True)
    assert levels == ("DEBUG", "DEBUG", "WARNING", "DEBUG", "INFO")
    assert messages[0] == f"Realtime connection established ({url})"
    assert messages[1].startswith(f"Realtime connection to {url}: {error} (")
    assert messages[2] == f"Lost the realtime connection ({error}); trying again in the background"
    assert messages[3] == "Next realtime attempt in 300.0 s"
    assert messages[4] == f"Realtime connection restored ({url})"


async def test_refusal_and_unreachable_host_are_logged_differently(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    owner.delay = 300
    broker.refuse = True
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: owner.refusals == 1)
        assert (client.refused, client.outage_logged, client.connected) == (True, True, False)
    unreachable = Owner()
    unreachable.delay = 300
    async with running(unreachable.client(f"mqtt://127.0.0.1:{await unused_port()}")) as client:
        await unreachable.until(lambda: len(unreachable.backoff_ceilings) == 1)
        assert (client.refused, client.outage_logged, unreachable.refusals) == (False, True, 0)
    first, second = (text.partition(" (")[0] for _, text in logged(caplog))
    assert first == "The realtime service refused the API key"
    assert second == "Cannot connect to the realtime service"


async def test_outage_that_an_earlier_client_logged_is_not_logged_again_but_its_end_is(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = broker.port
    await broker.stop()
    async with running(owner.client(f"ws://127.0.0.1:{port}", outage_logged=True)) as client:
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        assert client.outage_logged
        assert logged(caplog) == []
        await broker.start()
        await owner.until(lambda: client.connected)
        assert not client.outage_logged
    assert [level for level, _ in logged(caplog)] == ["INFO"]


async def test_error_of_the_owner_is_logged_once_and_then_only_at_debug_level(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    owner.fail_on = b"bad"
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        for payload in (b"bad", b"bad", b"bad", b"good"):
            broker.publish(STATS, payload)
        await owner.until_payload(b"good")
    text = "Error while handling realtime data"
    errors = [record for record in caplog.records if record.getMessage() == text]
    assert [record.levelname for record in errors] == ["ERROR", "DEBUG", "DEBUG"]
    assert all("RuntimeError" in (record.exc_text or "") for record in errors)
    assert KEY not in caplog.text


async def test_error_of_the_owner_at_a_connection_is_logged(
    owner: Owner, broker: RealtimeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(connected: bool) -> None:
        owner.on_connection(connected)
        raise RuntimeError("cannot handle this")

    async with running(owner.client(broker.url, on_connection=fail)):
        await owner.until(lambda: owner.connection == [True])
    (error,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert error.getMessage() == "Error while handling realtime data"
    assert "RuntimeError: cannot handle this" in (error.exc_text or "")


async def test_lost_connections_are_not_kept(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[realtime.MqttConnection]] = []

    class Noted(realtime.MqttConnection):
        async def open(self) -> None:
            made.append(weakref.ref(self))
            await super().open()

    monkeypatch.setattr(realtime, "MqttConnection", Noted)
    async with running(owner.client(broker.url)) as client:
        for connects in (1, 2, 3):
            await owner.until(lambda: client.connected and client.connects == connects)  # noqa: B023
            await broker.disconnect_all()
        await owner.until(lambda: client.connected and client.connects == 4)
        gc.collect()
        assert [connection() is not None for connection in made] == [False, False, False, True]
        attempts = [
            each for each in gc.get_objects() if isinstance(each, asyncio.Task) and "connecting" in each.get_name()
        ]
        assert len(attempts) <= 1


async def test_attempts_that_are_given_up_log_nothing_in_asyncio(owner: Owner) -> None:
    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with silent_host() as (port, spoken_to):
        async with running(owner.client(f"ws://127.0.0.1:{port}", connect_timeout=0.05)):
            await owner.until(lambda: len(owner.backoff_ceilings) == 2)
        async with running(owner.client(f"ws://127.0.0.1:{port}")):
            await spoken_to.wait()
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


async def test_state_before_the_first_connection_and_after_the_stop(owner: Owner, broker: RealtimeBroker) -> None:
    client = owner.client(broker.url)
    endpoint = RealtimeEndpoint("ws", "127.0.0.1", broker.port, "/mqtt")
    assert client.endpoints == [endpoint]
    assert (client.endpoint, client.last_error, client.last_message_at) == (None, None, None)
    assert (client.connects, client.messages_received, client.messages_dropped) == (0, 0, 0)
    assert (client.connected, client.refused, client.outage_logged) == (False, False, False)
    assert not client.is_silent_for(0)
    client.start()
    with pytest.raises(RuntimeError):
        client.start()
    await owner.until(lambda: client.connected)
    await stop_fast(client)
    assert (client.connected_since, client.endpoint, client.connects) == (None, endpoint, 1)


async def test_wait_is_skipped_only_while_it_lasts(owner: Owner, broker: RealtimeBroker) -> None:
    owner.delay = 300
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        client.reconnect_now()
        await broker.disconnect_all()
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await owner.until(lambda: client.connects == 2)
        client.reconnect_now()
        await owner.until(lambda: client.connects == 2)
        assert len(owner.backoff_ceilings) == 1


async def test_connection_that_the_owner_gives_up_is_lost_at_once(owner: Owner, broker: RealtimeBroker) -> None:
    client = owner.client(broker.url)
    client.give_up_connection("nothing to give up")
    async with running(client):
        await owner.until(lambda: client.connected)
        client.give_up_connection("no sign of life")
        await owner.until(lambda: owner.connection == [True, False, True])
        assert (client.last_error, client.connects, owner.refusals) == ("no sign of life", 2, 0)


async def test_remembered_endpoint_is_tried_first_and_the_others_after_it_once(
    owner: Owner, broker: RealtimeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = [await unused_port(), await unused_port()]
    candidates = [RealtimeEndpoint("ws", "127.0.0.1", port, "/mqtt") for port in (closed[0], broker.port, closed[1])]
    monkeypatch.setattr(realtime, "endpoint_candidates", lambda url: candidates)
    tried: list[int] = []

    class Noted(realtime.MqttConnection):
        def __init__(self, endpoint: RealtimeEndpoint, **options: object) -> None:
            tried.append(endpoint.port)
            super().__init__(endpoint, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(realtime, "MqttConnection", Noted)
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        assert tried == [closed[0], broker.port]
        tried.clear()
        owner.delay = 300
        await broker.stop()
        await owner.until(lambda: len(owner.backoff_ceilings) == 1)
        client.reconnect_now()
        await owner.until(lambda: len(owner.backoff_ceilings) == 2)
    assert tried == [broker.port, *closed]
