"""Splits messages with many entities, so that none of them blocks the event loop."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import batched

from homeassistant.core import HomeAssistant, callback

from ..api import EntityEvent, StatMessage
from ..api.models.entity_event import PrinterEvent
from ..const import LOGGER

MOST_AT_ONCE = 10
"""How many entities are handled at once; only one printer, since it has about fifty entities of ours."""
_MOST_WAITING = 5_000

type Message = StatMessage | EntityEvent


class MessageQueue:
    """Passes messages on in the order of arrival, those with many entities in parts.

    An error with a queued message is logged, since no caller is left to raise it to.
    """

    def __init__(self, hass: HomeAssistant, take: Callable[[Message], None], overflow: Callable[[], None]) -> None:
        """Pass messages to ``take``; call ``overflow`` when a message is dropped because the queue is full."""
        self._hass = hass
        self._take = take
        self._overflow = overflow
        self.waiting: deque[Message] = deque()
        """The queued messages, oldest first."""
        self._scheduled = False

    @callback
    def async_put(self, message: Message) -> None:
        """Pass a message on: at once if the queue is empty and it has few entities, else later."""
        if not self.waiting and (isinstance(message, StatMessage) or len(message.entities) <= _at_once(message)):
            self._take(message)
            return
        parts = tuple(_parts(message))
        if len(self.waiting) + len(parts) > _MOST_WAITING:
            self._overflow()
            return
        self.waiting.extend(parts)
        self._schedule()

    @callback
    def async_close(self) -> None:
        """Drop all queued messages."""
        self.waiting.clear()

    @callback
    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._hass.loop.call_soon(self._async_next)

    @callback
    def _async_next(self) -> None:
        self._scheduled = False
        if not self.waiting:
            return
        message = self.waiting.popleft()
        if self.waiting:
            self._schedule()
        try:
            self._take(message)
        except Exception:  # noqa: BLE001, a bug with one message must not end the others
            LOGGER.exception("Error while handling realtime data")


def _at_once(event: EntityEvent) -> int:
    return 1 if isinstance(event, PrinterEvent) else MOST_AT_ONCE


def _parts(message: Message) -> Iterator[Message]:
    if isinstance(message, StatMessage):
        yield message
        return
    for entities in batched(message.entities.items(), _at_once(message), strict=False):
        yield replace(message, entities=dict(entities))
