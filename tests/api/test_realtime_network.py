"""Transports of the realtime client: plain TCP, TLS, or none."""

import ssl

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
import pytest

from custom_components.printago.api.realtime.realtime_client import DEFAULT_REALTIME_URL
from tests.api.realtime_peers import STATS, Owner, running, stop_fast
from tests.api.tls import tls_contexts, tls_proxy
from virtual_farm.broker import RealtimeBroker

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_connects_over_tls_when_the_certificate_is_trusted(owner: Owner, broker: RealtimeBroker) -> None:
    server_context, client_context = tls_contexts()
    async with tls_proxy(broker.port, server_context) as port:
        async with running(owner.client(f"wss://127.0.0.1:{port}", tls_context=client_context)) as client:
            await owner.until(lambda: client.connected)
            broker.publish(STATS, b"encrypted")
            await owner.until_payload(b"encrypted")
        await broker.wait_for_clients(0)


async def test_connects_over_plain_tcp(owner: Owner) -> None:
    plain = Broker(
        BrokerConfig(
            listeners={"default": ListenerConfig(type=ListenerType.TCP, bind="127.0.0.1:0")},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
    )
    await plain.start()
    try:
        port = plain._servers["default"].instance.sockets[0].getsockname()[1]
        client = owner.client(f"mqtt://127.0.0.1:{port}")
        client.start()
        await owner.until(lambda: client.connected)
        await plain.internal_message_broadcast(STATS, b"plain")
        await owner.until_payload(b"plain")
        await stop_fast(client)
    finally:
        await plain.shutdown()


async def test_untrusted_certificate_is_a_connection_failure(owner: Owner, broker: RealtimeBroker) -> None:
    owner.delay = 300
    server_context, _ = tls_contexts()
    async with tls_proxy(broker.port, server_context) as port:
        without_our_authority = ssl.create_default_context()
        async with running(owner.client(f"wss://127.0.0.1:{port}", tls_context=without_our_authority)) as client:
            await owner.until(lambda: len(owner.backoff_ceilings) == 1)
            assert "CERTIFICATE_VERIFY_FAILED" in (client.last_error or "")
            assert owner.refusals == 0
            assert broker.logins == 0


async def test_tls_without_a_context_is_refused(owner: Owner) -> None:
    with pytest.raises(ValueError, match="TLS context"):
        owner.client(DEFAULT_REALTIME_URL)
