"""One client of the embedded broker: its subscriptions and its queue."""

import asyncio
import contextlib
import logging
from typing import Final

from websockets.exceptions import ConnectionClosed

from .mqtt_wire import Connection

_MAX_OUTGOING: Final = 50_000

_LOGGER = logging.getLogger(__name__)


class Session:
    """One logged-in client: its subscriptions and its queue."""

    def __init__(self, connection: Connection, store_id: str, client_id: str, thawed: asyncio.Event) -> None:
        self.connection = connection
        self.store_id = store_id
        self.client_id = client_id
        self._filters: dict[str, tuple[str, ...]] = {}
        self._thawed = thawed
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue(_MAX_OUTGOING)

    def subscribe(self, topic_filter: str) -> bool:
        """Add a subscription; returns False if the filter is malformed or outside the client's store."""
        levels = tuple(topic_filter.split("/"))
        if len(levels) < 3 or levels[0] != "stores" or levels[1] != self.store_id:
            return False
        if any("#" in level and (level != "#" or index != len(levels) - 1) for index, level in enumerate(levels)):
            return False
        if any("+" in level and level != "+" for level in levels):
            return False
        self._filters[topic_filter] = levels
        return True

    def unsubscribe(self, topic_filter: str) -> None:
        """Remove a subscription, if there is one."""
        self._filters.pop(topic_filter, None)

    def wants(self, levels: tuple[str, ...]) -> bool:
        """Return whether a topic, given by its levels, is subscribed to."""
        return any(topic_matches(levels, wanted) for wanted in self._filters.values())

    def send(self, packet: bytes) -> None:
        """Queue a packet. A client that does not read is disconnected instead of buffered without limit."""
        try:
            self._outgoing.put_nowait(packet)
        except asyncio.QueueFull:
            _LOGGER.warning("An MQTT client reads too slowly, disconnecting it")
            self.connection.transport.abort()

    async def write_forever(self) -> None:
        """Send the queue until the connection is closed."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                packet = await self._outgoing.get()
                await self._thawed.wait()
                await self.connection.send(packet)


def topic_matches(topic: tuple[str, ...], topic_filter: tuple[str, ...]) -> bool:
    """Return whether the levels of a topic match the levels of a valid filter (MQTT 3.1.1, section 4.7)."""
    for index, level in enumerate(topic_filter):
        if level == "#":
            return True
        if index >= len(topic) or level not in ("+", topic[index]):
            return False
    return len(topic) == len(topic_filter)
