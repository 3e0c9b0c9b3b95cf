"""A separate client of the broker, to see what a login may read."""

import asyncio
from collections.abc import AsyncIterator
import contextlib

import aiomqtt

from tests.e2e.real_broker.mosquitto import HOST, Mosquitto


class ReceivedTopics(set[str]):
    """Topics of which a client has received messages."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def note(self, topic: str) -> None:
        """Remember a topic."""
        self.add(topic)
        self._changed.set()

    async def until(self, topic: str, seconds: float = 10) -> None:
        """Wait for a topic."""
        async with asyncio.timeout(seconds):
            while topic not in self:
                self._changed.clear()
                await self._changed.wait()

    @property
    def stores(self) -> set[str]:
        """The stores that they belong to."""
        return {topic.split("/")[1] for topic in self}


@contextlib.asynccontextmanager
async def spy(broker: Mosquitto, store: str) -> AsyncIterator[ReceivedTopics]:
    """Log in as a store and subscribe to everything."""
    received = ReceivedTopics()
    _, _, port = broker.url("mqtt").rpartition(":")
    async with aiomqtt.Client(HOST, int(port), username=store, password=broker.stores[store]) as client:

        async def listen() -> None:
            async for message in client.messages:
                received.note(message.topic.value)

        listening = asyncio.create_task(listen())
        await client.subscribe("#")
        try:
            yield received
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
