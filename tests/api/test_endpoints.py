"""Parsing of realtime addresses."""

import pytest

from custom_components.printago.api.realtime.realtime_client import (
    DEFAULT_REALTIME_URL,
    InvalidRealtimeUrl,
    endpoint_candidates,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")


def test_default_address_stands_for_all_documented_endpoints() -> None:
    assert [endpoint.url for endpoint in endpoint_candidates(DEFAULT_REALTIME_URL)] == [
        "wss://realtime.printago.io:443/mqtt",
        "wss://realtime.printago.io:9001/mqtt",
        "mqtts://realtime.printago.io:8883",
    ]
    assert endpoint_candidates("WSS://Realtime.Printago.io/") == endpoint_candidates(DEFAULT_REALTIME_URL)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://farm.example", "ws://farm.example:80/mqtt"),
        ("wss://farm.example/", "wss://farm.example:443/mqtt"),
        ("wss://farm.example/ws/v1", "wss://farm.example:443/ws/v1"),
        ("wss://realtime.printago.io:9001", "wss://realtime.printago.io:9001/mqtt"),
        (" mqtt://farm.example ", "mqtt://farm.example:1883"),
        ("mqtts://farm.example/", "mqtts://farm.example:8883"),
        ("ws://127.0.0.1:9001", "ws://127.0.0.1:9001/mqtt"),
        ("mqtt://[::1]:1884", "mqtt://[::1]:1884"),
    ],
)
def test_any_other_address_stands_for_itself(url: str, expected: str) -> None:
    endpoints = endpoint_candidates(url)
    assert [endpoint.url for endpoint in endpoints] == [expected]
    assert endpoint_candidates(expected) == endpoints


@pytest.mark.parametrize(
    "url",
    [
        "",
        "realtime.printago.io",
        "https://realtime.printago.io",
        "wss://",
        "wss:///mqtt",
        "wss://farm.example:0",
        "wss://farm.example:70000",
        "wss://farm.example:port",
        "wss://[::1",
        "wss://user:secret@farm.example",
        "wss://user@farm.example",
        "wss://:secret@farm.example",
        "wss://farm.example/mqtt?token=secret",
        "wss://farm.example/mqtt#secret",
        "wss://farm.example/a b",
        "wss://farm.example/mqtt\r\nx: y",
        "mqtt://farm.example/mqtt",
    ],
)
def test_invalid_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(InvalidRealtimeUrl) as error:
        endpoint_candidates(url)
    assert isinstance(error.value, ValueError)
    assert "secret" not in str(error.value)
