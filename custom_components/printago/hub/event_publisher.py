"""Tells what happens by entities that can tell it, and keeps it for them as long as there are none."""

from collections.abc import Callable, Iterable

from homeassistant.core import callback

from ..model.events import Happening
from .listeners import Listeners
from .persistence import StoreMemory


class Announcer:
    """Tells each happening once, in order; what waits for entities outlives a reload."""

    def __init__(self, memory: StoreMemory, listeners: Listeners, is_available: Callable[[], bool]) -> None:
        """Keep everything until ``async_begin``, and while ``is_available`` says that no entity is."""
        self._memory = memory
        self._listeners = listeners
        self._is_available = is_available
        self._begun = False

    @callback
    def async_begin(self) -> None:
        """Tell what happens from now on, and before it what has happened during the reload: the entities are there."""
        self._begun = True
        self.async_catch_up()

    @callback
    def async_pause(self) -> None:
        """Keep what happens from now on for the next load: the entities are about to go."""
        self._begun = False

    @callback
    def async_announce(self, happenings: Iterable[Happening]) -> None:
        """Tell these now, after what was kept, or keep them."""
        if not self._can_tell:
            self._memory.untold.add(happenings)
            return
        self.async_catch_up()
        self._tell(happenings)

    @callback
    def async_catch_up(self) -> None:
        """Tell what was kept, if that is possible by now."""
        if self._can_tell:
            self._tell(self._memory.untold.take())

    @property
    def _can_tell(self) -> bool:
        # What is told by an entity that is not available reaches no automation.
        return self._begun and self._is_available()

    def _tell(self, happenings: Iterable[Happening]) -> None:
        for happening in happenings:
            self._listeners.async_tell_happening(happening)
