"""A browser that shows cards."""

from collections.abc import Callable
from typing import Any

type Message = dict[str, Any]


class Browser:
    """A browser that has subscribed to something."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._id: int | None = None

    async def subscribe(self, kind: str, **data: Any) -> Message:
        """Subscribe, and return the first response."""
        await self._client.send_json_auto_id({"type": f"printago/{kind}/subscribe", **data})
        answer = await self._client.receive_json()
        assert answer["success"], answer
        self._id = answer["id"]
        return await self.next()

    async def next(self) -> Message:
        """Return the next push."""
        message = await self._client.receive_json()
        assert message["id"] == self._id
        return message["event"]

    async def when(self, holds: Callable[[Message], bool]) -> Message:
        """Return the next push that matches."""
        while not holds(answer := await self.next()):
            pass
        return answer

    async def command(self, kind: str, **data: Any) -> Message:
        """Call once; return the whole response."""
        await self._client.send_json_auto_id({"type": f"printago/{kind}", **data})
        return await self._client.receive_json()

    async def unsubscribe(self) -> None:
        """End the subscription, as the browser does when a card is closed."""
        await self._client.send_json_auto_id({"type": "unsubscribe_events", "subscription": self._id})
        answer = await self._client.receive_json()
        assert answer["success"], answer

    async def answers_next(self) -> bool:
        """Return whether nothing else was pushed before the response to a ping."""
        await self._client.send_json_auto_id({"type": "ping"})
        answer: Message = await self._client.receive_json()
        return answer["type"] == "pong"
