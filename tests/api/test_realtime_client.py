"""The realtime client against a real broker, over real sockets."""

import logging

import pytest

from custom_components.printago.api.realtime.realtime_client import RealtimeEndpoint
from tests.api.realtime_peers import EVENTS, KEY, OTHER_STORE, STATS, Owner, running
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


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


async def test_topics_of_other_stores_never_arrive(owner: Owner, broker: RealtimeBroker) -> None:
    broker.publish(f"stores/{OTHER_STORE}/printer-stats/x", b"foreign", retain=True)
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        broker.publish(f"stores/{OTHER_STORE}/entities/printers", b"foreign")
        broker.publish(EVENTS, b"mine")
        await owner.until_payload(b"mine")
    assert owner.payloads == [b"mine"]


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


async def test_clients_with_different_suffixes_stay_connected(owner: Owner, broker: RealtimeBroker) -> None:
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
    assert "client_id=b'***'" in text
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


async def test_connection_without_messages_is_silent_even_if_the_previous_one_had_some(
    owner: Owner, broker: RealtimeBroker
) -> None:
    async with running(owner.client(broker.url)) as client:
        await owner.until(lambda: client.connected)
        assert not client.is_silent_for(30)
        owner.now += 31
        assert client.is_silent_for(30)
        broker.publish(STATS, b"anything")
        await owner.until_payload(b"anything")
        assert not client.is_silent_for(30)

        await broker.disconnect_all()
        await owner.until(lambda: owner.connection == [True, False, True])
        owner.now += 30
        assert not client.is_silent_for(30)
        owner.now += 1
        assert client.is_silent_for(30)
