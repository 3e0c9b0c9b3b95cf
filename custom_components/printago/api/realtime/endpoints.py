"""Addresses of Printago's realtime service."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

DEFAULT_REALTIME_URL: Final = "wss://realtime.printago.io"
# Except for the default, from Printago's documentation of its realtime service.
_DEFAULT_ALTERNATIVES: Final = ("wss://realtime.printago.io:9001", "mqtts://realtime.printago.io:8883")

_DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_WEBSOCKET_PATH: Final = "/mqtt"


class InvalidRealtimeUrl(ValueError):  # noqa: N818 - named for what the user typed
    """The text is not the address of an MQTT broker. The message gives the reason without the text."""


@dataclass(frozen=True, slots=True)
class RealtimeEndpoint:
    """One address of a broker. `path` is empty unless the scheme is ws or wss."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def url(self) -> str:
        """The full address with port; it contains no credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme in ("mqtts", "wss")

    @property
    def websocket(self) -> bool:
        """Whether MQTT runs over a websocket."""
        return self.scheme in ("ws", "wss")


def parse_endpoint(url: str) -> RealtimeEndpoint:
    """Parse `scheme://host[:port][/path]`, scheme one of mqtt, mqtts, ws, wss. Raises InvalidRealtimeUrl."""
    text = url.strip()
    if any(character.isspace() or not character.isprintable() for character in text):
        raise InvalidRealtimeUrl("the address contains blanks or control characters")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as err:
        raise InvalidRealtimeUrl("the host or port is not valid") from err
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidRealtimeUrl("the address must begin with wss://, ws://, mqtts:// or mqtt://")
    if not host:
        raise InvalidRealtimeUrl("the host is missing")
    if port == 0:
        raise InvalidRealtimeUrl("the port must be between 1 and 65535")
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidRealtimeUrl("the address must not contain credentials, a query or a fragment")
    port = port or _DEFAULT_PORTS[parts.scheme]
    path = parts.path.rstrip("/")
    if parts.scheme in ("ws", "wss"):
        return RealtimeEndpoint(parts.scheme, host, port, path or _WEBSOCKET_PATH)
    if path:
        raise InvalidRealtimeUrl("only ws:// and wss:// addresses have a path")
    return RealtimeEndpoint(parts.scheme, host, port)


def endpoint_candidates(url: str) -> list[RealtimeEndpoint]:
    """Return the endpoints to try, in order: all of Printago's for its own address, else only the given one.

    Raises InvalidRealtimeUrl.
    """
    endpoint = parse_endpoint(url)
    if endpoint != parse_endpoint(DEFAULT_REALTIME_URL):
        return [endpoint]
    return [endpoint, *(parse_endpoint(alternative) for alternative in _DEFAULT_ALTERNATIVES)]
