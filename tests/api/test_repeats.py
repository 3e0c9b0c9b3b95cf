"""Repeated telemetry gives the same messages as a full parse."""

from collections.abc import Mapping
import json
import random
from typing import Any

import pytest

from custom_components.printago.api import MalformedMessageError, StatMessage, parse_message
from custom_components.printago.api.realtime.payload_cache import PayloadCache

STORE = "s"
TOPIC = f"stores/{STORE}/printer-stats/p"


def stat(second: int, **data: Any) -> dict[str, Any]:
    return {
        "state": "RUNNING",
        "isOnline": True,
        "receivedAt": f"2026-11-24T12:00:{second:02}.000Z",
        "expiresAt": f"2026-11-24T12:05:{second:02}.000Z",
        "data": {"temps": {"bedTemp": 60 + second / 10}, "print": {"percent": 4}, "fans": {"part": 3}, **data},
    }


def encoded(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def read(repeats: PayloadCache, payload: bytes) -> StatMessage:
    message = repeats.read(TOPIC, payload) or parse_message(STORE, TOPIC, payload, repeats)
    assert isinstance(message, StatMessage)
    return message


def says(message: StatMessage) -> tuple[object, ...]:
    """Return all data of a message, wherever it is stored."""
    source = {key: value for key, value in message.source.items() if key not in ("receivedAt", "expiresAt")}
    if isinstance(data := source.get("data"), Mapping):
        source["data"] = {key: value for key, value in data.items() if key != "temps"}
    # Equal numbers may differ in type.
    return (
        message.printer_id,
        message.connection,
        message.received_at,
        message.expires_at,
        repr((source, message.temps)),
    )


def assert_read_as_ever(repeats: PayloadCache, payload: bytes) -> None:
    try:
        expected = parse_message(STORE, TOPIC, payload)
    except MalformedMessageError:
        with pytest.raises(MalformedMessageError):
            read(repeats, payload)
    else:
        assert isinstance(expected, StatMessage)
        assert says(read(repeats, payload)) == says(expected)


def test_only_differences_are_new() -> None:
    repeats = PayloadCache()
    first = read(repeats, encoded(stat(1)))
    second = read(repeats, encoded(stat(2)))
    assert second.source is first.source
    assert second.temps == {"bedTemp": 60.2}
    assert (second.received_at or first.received_at) > first.received_at
    third = read(repeats, encoded(stat(3, print={"percent": 15})))
    assert third.source["data"]["print"] == {"percent": 15}
    assert third.source["data"]["fans"] is first.source["data"]["fans"]
    assert read(repeats, encoded(stat(4, print={"percent": 15}))).source is third.source
    assert read(repeats, encoded({**stat(5), "state": "PAUSE"})).source["state"] == "PAUSE"


def test_printers_do_not_mix() -> None:
    repeats = PayloadCache()
    read(repeats, encoded(stat(1)))
    assert repeats.read(f"stores/{STORE}/printer-stats/q", encoded(stat(2))) is None


@pytest.mark.parametrize(
    "form",
    [
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"percent":1}},"state":"A"}',
        '{"expiresAt":"E","receivedAt":"R","data":{"temps":{"bedTemp":1},"print":{"percent":1}}}',
        '{"data":{"temps":{"bedTemp":1},"print":{"percent":1}},"receivedAt":"R","expiresAt":"E"}',
        '{"receivedAt":"R","expiresAt":"E","data":{"print":{"percent":1},"temps":{"bedTemp":1}}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1}}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":null,"print":null}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{},"print":{}}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"old":{"temps":{"bedTemp":1}},"temps":{"bedTemp":2},"print":{"x":1}}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":{"left":1}},"print":{"percent":1}}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"taskName":"a}1","percent":1}}}',
        '{"receivedAt":"R","expiresAt":"E","x":{"data":{"temps":{"bedTemp":1},"print":{"percent":1}}}}',
        '{"receivedAt":"R","expiresAt":"E","data":7,"data":{"temps":{"bedTemp":1},"print":{"percent":1}}}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"percent":1}},"receivedAt":"E"}',
        '{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"percent":1},"temps":{"bedTemp":9}}}',
        '{"state":"\\"receivedAt\\":\\"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"percent":1}}}',
        '{"x\\"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"percent":1}}}',
        '{"receivedAt":"one stamp","expiresAt":"another stamp","data":{"temps":{"probe":1},"print":{"probe":2}}}',
        '[1,{"receivedAt":"R","expiresAt":"E","data":{"temps":{"bedTemp":1},"print":{"percent":1}}}]',
    ],
)
def test_unusual_forms_are_read_like_a_full_parse(form: str) -> None:
    repeats = PayloadCache()
    for second in range(4):
        payload = form.replace('"R"', f'"2026-11-24T12:00:0{second}Z"').replace('"E"', f'"2026-11-24T12:05:0{second}Z"')
        for changed in (payload, payload.replace("1", "3"), payload.replace('"A"', '"B"')):
            assert_read_as_ever(repeats, changed.encode())


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-11-24 12:00:01.000Z",
        "2026-11-24T12:00:01+00:00",
        "2026-11-24T12:00:01.0+02:00",
        "2026-11-24T12:00:01.00000",
        "2026-11-24X12:00:01.000Z",
        '2026-11-24\\"12:00:01.00Z',
        "2026-11-24\\u005412:00:1Z",
        "2026-11-24\x0112:00:01.000Z",
        "2026-11-24é12:00:01.00Z",
        "1999-11-24T12:00:01.000Z",
        "2026-13-24T12:00:01.000Z",
        "",
    ],
)
@pytest.mark.parametrize("key", ["receivedAt", "expiresAt"])
def test_unusual_timestamps_are_read_like_a_full_parse(stamp: str, key: str) -> None:
    repeats = PayloadCache()
    good = encoded(stat(1))
    for _ in range(2):
        assert_read_as_ever(repeats, good)
        begin = good.index(f'"{key}":"'.encode()) + len(key) + 4
        assert_read_as_ever(repeats, good[:begin] + stamp.encode() + good[good.index(b'"', begin) :])


@pytest.mark.parametrize("cut", [b"", b"{", b'{"state":"A","data":{"temps":{', b'{"state":,"data":{"temps":{"a":1}}}'])
def test_invalid_json_is_refused_after_valid_messages(cut: bytes) -> None:
    repeats = PayloadCache()
    for payload in (encoded(stat(1)), encoded(stat(2))):
        read(repeats, payload)
    with pytest.raises(MalformedMessageError):
        read(repeats, cut)


@pytest.mark.parametrize("seed", range(5))
def test_damaged_messages_are_handled_like_a_full_parse(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    repeats = PayloadCache()
    for second in range(2000):
        payload = bytearray(encoded(stat(second % 60, print={"percent": second // 20, "taskName": "part"})))
        match second % 6:
            case 0:
                payload[chance.randrange(len(payload))] = chance.choice(b'{}[]",:0a\\T\x01')
            case 2:
                begin = chance.randrange(len(payload))
                del payload[begin : begin + chance.randrange(1, 60)]
            case 4:
                begin, end = sorted(chance.choices(range(len(payload)), k=2))
                payload[chance.randrange(len(payload)) : 0] = payload[begin:end]
        assert_read_as_ever(repeats, bytes(payload))


@pytest.mark.parametrize("group", ["temps", "print"])
def test_long_payload_has_the_same_limits_even_if_it_seems_to_repeat(group: str) -> None:
    repeats = PayloadCache()
    read(repeats, encoded(stat(1)))
    flood = {f"x{number}": 1 for number in range(60_000)}
    with pytest.raises(MalformedMessageError, match="too long"):
        read(repeats, encoded(stat(2, **{group: flood})))
