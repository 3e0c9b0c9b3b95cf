"""Lets a message that tells of many entities take its turns: none keeps the event loop from everybody else."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import batched

from homeassistant.core import HomeAssistant, callback

from ..api import EntityEvent, StatMessage
from ..api.models.entity_event import PRINTER_KIND
from ..const import LOGGER

MOST_AT_ONCE = 10
"""How many entities are taken over at once, of printers one: adding or removing one concerns some fifty entities of ours."""
_MOST_WAITING = 5_000

type Message = StatMessage | EntityEvent


class MessageQueue:
    """Hands messages on in the order in which they came, those with many entities in parts.

    What goes wrong with one that has waited is logged: nobody is there any more whom it could be raised to.
    """

    def __init__(self, hass: HomeAssistant, take: Callable[[Message], None], overflow: Callable[[], None]) -> None:
        """Hand to ``take``; ``overflow`` hears of a message that finds no room to wait, and is dropped."""
        self._hass = hass
        self._take = take
        self._overflow = overflow
        self._waiting: deque[Message] = deque()
        self._scheduled = False

    @property
    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return not self._waiting

    @callback
    def async_put(self, message: Message) -> None:
        """Hand a message on, at once where none waits before it and it has few entities."""
        if not self._waiting and (isinstance(message, StatMessage) or len(message.entities) <= _at_once(message)):
            self._take(message)
            return
        parts = tuple(_parts(message))
        if len(self._waiting) + len(parts) > _MOST_WAITING:
            self._overflow()
            return
        self._waiting.extend(parts)
        self._schedule()

    @callback
    def async_close(self) -> None:
        """Hand nothing on any more."""
        self._waiting.clear()

    @callback
    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._hass.loop.call_soon(self._async_next)

    @callback
    def _async_next(self) -> None:
        self._scheduled = False
        if not self._waiting:
            return
        message = self._waiting.popleft()
        if self._waiting:
            self._schedule()
        try:
            self._take(message)
        except Exception:  # noqa: BLE001, a bug with one message must not end the others
            LOGGER.exception("Error while handling realtime data")


def _at_once(event: EntityEvent) -> int:
    return 1 if event.kind == PRINTER_KIND else MOST_AT_ONCE


def _parts(message: Message) -> Iterator[Message]:
    if isinstance(message, StatMessage):
        yield message
        return
    for entities in batched(message.entities.items(), _at_once(message), strict=False):
        yield replace(message, entities=dict(entities))
