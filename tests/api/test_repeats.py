"""Telemetry that repeats itself is parsed as any other JSON is, only faster."""

import json
import random
from typing import Any

import orjson
import pytest

from custom_components.printago.api.repeats import Repeats

TOPIC = "stores/s/printer-stats/p"


def stat(second: int, **data: Any) -> dict[str, Any]:
    return {
        "state": "RUNNING",
        "receivedAt": f"2026-11-24T12:00:{second:02}Z",
        "data": {"temps": {"bedTemp": 60 + second / 10}, "print": {"percent": 4}, **data},
    }


def encoded(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def test_what_repeats_itself_is_told_again_with_new_stamps_and_temperatures() -> None:
    repeats = Repeats()
    first = repeats.loads(TOPIC, encoded(stat(1)))
    second = repeats.loads(TOPIC, encoded(stat(2)))
    assert (first, second) == (stat(1), stat(2))
    assert second["data"]["print"] is first["data"]["print"]
    assert repeats.loads(TOPIC, encoded(stat(3, print={"percent": 5}))) == stat(3, print={"percent": 5})


@pytest.mark.parametrize(
    "payload",
    [
        b'{"state":"A","data":{"temps":{"bedTemp":1}},"receivedAt":"x"}',
        b'{"state":"A","data":{"old":{"temps":{"bedTemp":1}},"temps":{"bedTemp":2}}}',
        b'{"state":"A","data":{"temps":{"bedTemp":{"left":1}}}}',
        b'{"state":"A","x":{"y":1,"data":{"temps":{"bedTemp":1}}}}',
        b'{"data":7,"data":{"temps":{"bedTemp":1}}}',
        b'{"state":",\\"data\\":{\\"temps\\":{}","data":{"temps":{"bedTemp":1}}}',
        b'{"state":"A","data":{"temps":{}}}',
        b'{"state":"A","data":{"temps":null}}',
        b'[1,{"state":"A","data":{"temps":{"bedTemp":1}}}]',
    ],
)
def test_odd_forms_are_parsed_as_they_are(payload: bytes) -> None:
    repeats = Repeats()
    for changed in (payload, payload, payload.replace(b"1", b"3"), payload.replace(b'"A"', b'"B"'), payload):
        assert repeats.loads(TOPIC, changed) == orjson.loads(changed)


@pytest.mark.parametrize("cut", [b"", b"{", b'{"state":"A","data":{"temps":{', b'{"state":,"data":{"temps":{"a":1}}}'])
def test_what_is_no_json_is_refused_also_after_good_messages(cut: bytes) -> None:
    repeats = Repeats()
    for payload in (encoded(stat(1)), encoded(stat(2))):
        repeats.loads(TOPIC, payload)
    with pytest.raises(orjson.JSONDecodeError):
        repeats.loads(TOPIC, cut)


def test_damaged_messages_are_parsed_or_refused_as_any_json() -> None:
    chance = random.Random(1)  # noqa: S311
    repeats = Repeats()
    for second in range(3000):
        payload = bytearray(encoded(stat(second % 60, print={"percent": second // 50})))
        if second % 3 == 0:
            payload[chance.randrange(len(payload))] = chance.choice(b'{}[]",:0a\\')
        try:
            expected = orjson.loads(payload)
        except orjson.JSONDecodeError:
            with pytest.raises(orjson.JSONDecodeError):
                repeats.loads(TOPIC, bytes(payload))
        else:
            assert repeats.loads(TOPIC, bytes(payload)) == expected
