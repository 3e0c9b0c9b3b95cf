"""Which messages count as repeated, so that only their changes are parsed."""

from datetime import UTC, datetime
import json
from typing import Any

import pytest

from custom_components.printago.api import StatMessage, parse_message
from custom_components.printago.api.realtime.payload_cache import PayloadCache

STORE = "s"
MOST_TOPICS = 5_000
LONGEST = 10_000


def topic(printer: str = "p") -> str:
    return f"stores/{STORE}/printer-stats/{printer}"


def stat(second: int = 0, *, temps: Any = None, progress: Any = None, **fields: Any) -> bytes:
    payload = {
        "state": "RUNNING",
        "receivedAt": f"2026-11-24T12:00:{second:02}.000Z",
        "expiresAt": f"2026-11-24T12:05:{second:02}.000Z",
        "data": {"temps": temps or {"bedTemp": 60}, "print": progress or {"percent": 4}, "fans": {"part": 3}},
        **fields,
    }
    return json.dumps(payload, separators=(",", ":")).encode()


def read(cache: PayloadCache, payload: bytes, printer: str = "p") -> StatMessage:
    message = cache.read(topic(printer), payload) or parse_message(STORE, topic(printer), payload, cache)
    assert isinstance(message, StatMessage)
    return message


@pytest.fixture
def cache() -> PayloadCache:
    return PayloadCache()


def test_repeated_message_has_its_own_times_and_temperatures(cache: PayloadCache) -> None:
    first = read(cache, stat(1, isOnline=True))
    second = read(cache, stat(2, temps={"bedTemp": 61.5, "nozzleTemp": None}, isOnline=True))
    assert second.source is first.source
    assert (second.printer_id, second.connection) == ("p", {"is_online": True})
    assert second.received_at == datetime(2026, 11, 24, 12, 0, 2, tzinfo=UTC)
    assert second.expires_at == datetime(2026, 11, 24, 12, 5, 2, tzinfo=UTC)
    assert second.temps == {"bedTemp": 61.5, "nozzleTemp": None}
    assert read(cache, stat(3, isOnline=False)).connection == {"is_online": False}


def test_progress_of_any_length_is_merged_and_then_repeated(cache: PayloadCache) -> None:
    first = read(cache, stat(1))
    for second, progress in enumerate(
        ({"percent": 15}, {"percent": 100, "stage": "Done"}, {"percent": 5}, {"stage": None}), 2
    ):
        message = read(cache, stat(second, progress=progress, temps={"bedTemp": 60 + second}))
        assert message.source["data"]["print"] == progress
        assert message.source["data"]["fans"] is first.source["data"]["fans"]
        assert message.temps == {"bedTemp": 60 + second}
        assert read(cache, stat(second + 10, progress=progress)).source is message.source


def test_change_of_anything_else_is_parsed_and_then_repeated(cache: PayloadCache) -> None:
    first = read(cache, stat(1))
    paused = read(cache, stat(2, state="PAUSE"))
    assert (first.source["state"], paused.source["state"]) == ("RUNNING", "PAUSE")
    assert read(cache, stat(3, state="PAUSE")).source is paused.source
    more = read(cache, stat(4, state="PAUSE", nozzle="0.4"))
    assert more.source["nozzle"] == "0.4"
    assert read(cache, stat(5, state="PAUSE", nozzle="0.4")).source is more.source


@pytest.mark.parametrize(("length", "cached"), [(LONGEST, True), (LONGEST + 1, False)])
def test_longer_message_is_not_cached(cache: PayloadCache, length: int, cached: bool) -> None:
    def padded(second: int) -> bytes:
        return stat(second, note="x" * (length - len(stat(second, note=""))))

    assert len(padded(1)) == length
    first = read(cache, padded(1))
    assert (read(cache, padded(2)).source is first.source) is cached


def test_longer_message_is_not_compared(cache: PayloadCache) -> None:
    read(cache, stat(1))
    shorter = stat(2, temps={"bedTemp": 1, "x" * 9_000: 1})
    longer = stat(2, temps={"bedTemp": 1, "x" * 9_900: 1})
    assert len(shorter) < LONGEST < len(longer)
    assert cache.read(topic(), shorter) is not None
    assert cache.read(topic(), longer) is None


def test_only_so_many_printers_are_cached_and_those_stay_so(cache: PayloadCache) -> None:
    for number in range(MOST_TOPICS + 1):
        read(cache, stat(1), f"p{number}")
    assert cache.read(topic(f"p{MOST_TOPICS - 1}"), stat(2)) is not None
    assert cache.read(topic(f"p{MOST_TOPICS}"), stat(2)) is None
    read(cache, stat(3, state="PAUSE"), "p0")
    assert cache.read(topic("p0"), stat(4, state="PAUSE")) is not None


def test_message_that_is_not_cached_replaces_the_cached_one(cache: PayloadCache) -> None:
    read(cache, stat(1))
    read(cache, b'{"state":"IDLE"}')
    assert cache.read(topic(), stat(2)) is None


@pytest.mark.parametrize(
    "stamp",
    [
        "1999-11-24T12:00:01.000Z",
        "3000-11-24T12:00:01.000Z",
        "2026-11-24T12:00:01.0000",
        "2026-11-24T12:00:01-0100",
        "2026-11-24 12:00:01.000Z",
        "2026-11-24T25:00:01.000Z",
    ],
)
@pytest.mark.parametrize("key", ["receivedAt", "expiresAt"])
def test_unusual_time_is_left_to_a_full_parse(cache: PayloadCache, key: str, stamp: str) -> None:
    read(cache, stat(1))
    assert cache.read(topic(), stat(1, **{key: stamp})) is None
    first_year = stat(1, **{key: "2000-01-01T00:00:00.000Z"})
    assert cache.read(topic(), first_year) is not None


@pytest.mark.parametrize(
    "temps", [b'{"bedTemp":60}}', b'{"bedTemp":}', b'{"bedTemp":1,}', b"{,}", b'{"bedTemp":NaN}', b'{"bedTemp":1e999}']
)
def test_invalid_temperatures_are_left_to_a_full_parse(cache: PayloadCache, temps: bytes) -> None:
    read(cache, stat(1))
    assert cache.read(topic(), stat(2).replace(b'{"bedTemp":60}', temps)) is None


@pytest.mark.parametrize("progress", [b'{"percent":}', b"{,}", b'{"percent":4}}', b'{"percent":NaN}', b"null", b"{"])
def test_invalid_progress_is_left_to_a_full_parse(cache: PayloadCache, progress: bytes) -> None:
    first = read(cache, stat(1))
    assert cache.read(topic(), stat(2).replace(b'{"percent":4}', progress)) is None
    assert read(cache, stat(3)).source is first.source


def test_empty_temperatures_and_progress_are_read(cache: PayloadCache) -> None:
    first = read(cache, stat(1))
    cooled = cache.read(topic(), stat(2).replace(b'{"bedTemp":60}', b"{}"))
    assert cooled is not None
    assert (cooled.temps, cooled.source) == ({}, first.source)
    ended = read(cache, stat(3).replace(b'{"percent":4}', b"{}"))
    assert (ended.temps, ended.source["data"]["print"]) == ({"bedTemp": 60}, {})


def test_braces_that_only_seem_to_match_are_left_to_a_full_parse(cache: PayloadCache) -> None:
    nested, broken = (stat(1).replace(b'{"bedTemp":60}', temps) for temps in (b'{"a":{"b":1}}', b'{"a":1}}'))
    read(cache, nested)
    assert cache.read(topic(), broken) is None
