"""Hostile responses and topics cause a known error, or a valid value."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
import time

import orjson
import pytest

from custom_components.printago.api import InvalidRequestError, MalformedResponseError, PrintagoClient, RealtimeClient
from custom_components.printago.api.rest.transport import MAX_ANSWER
from tests.api.server import KEY, Server

STORE = "s" * 24
STATS = f"stores/{STORE}/printer-stats/{'p' * 24}"


@pytest.mark.parametrize("body", ["1e308", "-1", "true", '"7"', "[]", "1000000001", "1e400", "NaN", "9" * 5000])
async def test_invalid_count_raises_an_error(server: Server, client: PrintagoClient, body: str) -> None:
    server.answer(200, body)
    with pytest.raises(MalformedResponseError):
        await client.completed_count()


async def test_endless_response_is_aborted(server: Server, client: PrintagoClient) -> None:
    server.answer(200, b'["%s"]' % (b"x" * MAX_ANSWER))
    with pytest.raises(MalformedResponseError, match="too long"):
        await client.stores()


async def test_object_numbers_fit_into_a_command(server: Server, client: PrintagoClient) -> None:
    objects = [{"identifyId": number, "name": "x" * 300} for number in ("9" * 5_000, "\u0664\u0662", "42", 42, None)]
    server.answer(200, orjson.dumps({"skipObjectsData": {"objects": objects}}))
    assert [(item.id, len(item.name)) for item in await client.printer_endpoints.print_objects("j" * 24)] == [(42, 255)]


async def test_errors_of_orders_are_limited_in_number_and_length(server: Server, client: PrintagoClient) -> None:
    server.answer(200, orjson.dumps({"errors": ["x" * 5_000, {"a": 1}] * 1_000}))
    errors = await client.products.print_orders(order_ids=[], sku_ids=[], tags={}, priority=None, position=None)
    assert len(errors) == 100
    assert max(map(len, errors)) == 255


@pytest.mark.parametrize(
    "message", ["http://" * 200_000, ["http://" * 200_000] * 3, [[["deep"]]] * 100_000 + ["short"]]
)
async def test_huge_error_message_takes_little_time(server: Server, client: PrintagoClient, message: object) -> None:
    server.answer(422, orjson.dumps({"message": message}))
    before = time.thread_time()
    with pytest.raises(InvalidRequestError) as caught:
        await client.stores()
    assert time.thread_time() - before < 1
    assert len(str(caught.value)) <= 300


async def test_key_beyond_the_searched_part_of_an_error_is_not_shown(server: Server, client: PrintagoClient) -> None:
    server.answer(422, orjson.dumps({"message": f"https://x.invalid/?{'s' * 19_950} {KEY} {KEY}"}))
    with pytest.raises(InvalidRequestError) as caught:
        await client.stores()
    assert KEY[:8] not in str(caught.value)


def _packet(kind: int, body: bytes) -> bytes:
    """Return an MQTT packet of fewer than 16,384 bytes."""
    low, high = len(body) % 128, len(body) // 128
    return bytes([kind, low | 0x80, high]) + body


def _publish(topic: bytes, payload: bytes) -> bytes:
    return _packet(0x31, len(topic).to_bytes(2) + topic + payload)


@contextlib.asynccontextmanager
async def _broker_that_publishes(*messages: tuple[bytes, bytes]) -> AsyncIterator[int]:
    """Run a broker that accepts any login, and sends forbidden topics to every subscriber."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while header := await reader.read(1):
            length = shift = 0
            while (byte := (await reader.readexactly(1))[0]) & 0x80:
                length |= (byte & 0x7F) << shift
                shift += 7
            body = await reader.readexactly(length | byte << shift)
            match header[0] >> 4:
                case 1:
                    writer.write(b"\x20\x02\x00\x00")
                case 8:
                    writer.write(_packet(0x90, body[:2] + b"\x00\x00"))
                    writer.writelines(_publish(topic, payload) for topic, payload in messages)
                case 12:
                    writer.write(b"\xd0\x00")
                case 14:
                    break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("topic", [b"\xff\xfe", b"stores/\x00", b"stores/+/#", b"#", b"x" * 5_000])
async def test_topic_that_mqtt_forbids_does_not_end_the_stream(socket_enabled: None, topic: bytes) -> None:
    received: list[tuple[str, bytes]] = []
    arrived, connected = asyncio.Event(), asyncio.Event()

    def on_message(topic: str, payload: bytes) -> None:
        received.append((topic, payload))
        if payload == b"good":
            arrived.set()

    async with _broker_that_publishes((topic, b"bad"), (STATS.encode(), b"good")) as port:
        client = RealtimeClient(
            url=f"mqtt://127.0.0.1:{port}",
            store_id=STORE,
            api_key=KEY,
            client_suffix="test",
            tls_context=None,
            on_message=on_message,
            on_connection=lambda _: connected.set(),
            on_refused=lambda: pytest.fail("refused"),
        )
        client.start()
        try:
            async with asyncio.timeout(10):
                await arrived.wait()
                await connected.wait()
            assert client.connects == 1
        finally:
            await client.stop()
    assert received[-1] == (STATS, b"good")
