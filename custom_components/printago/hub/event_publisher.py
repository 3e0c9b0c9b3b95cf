"""Tells what happens by entities that can tell it, and keeps it for them as long as there are none."""

from collections.abc import Callable, Iterable

from homeassistant.core import callback

from ..model.events import FarmEvent
from .listeners import Listeners
from .persistence import StoreState


class EventPublisher:
    """Fires each event once, in order; what waits for entities outlives a reload."""

    def __init__(self, store_state: StoreState, listeners: Listeners, is_available: Callable[[], bool]) -> None:
        """Keep everything until ``async_begin``, and while ``is_available`` says that no entity is."""
        self._store_state = store_state
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
    def async_publish(self, farm_events: Iterable[FarmEvent]) -> None:
        """Tell these now, after what was kept, or keep them."""
        if not self._can_fire:
            self._store_state.pending_events.add(farm_events)
            return
        self.async_catch_up()
        self._fire(farm_events)

    @callback
    def async_catch_up(self) -> None:
        """Tell what was kept, if that is possible by now."""
        if self._can_fire:
            self._fire(self._store_state.pending_events.take())

    @property
    def _can_fire(self) -> bool:
        # What is told by an entity that is not available reaches no automation.
        return self._begun and self._is_available()

    def _fire(self, farm_events: Iterable[FarmEvent]) -> None:
        for farm_event in farm_events:
            self._listeners.async_fire_event(farm_event)
