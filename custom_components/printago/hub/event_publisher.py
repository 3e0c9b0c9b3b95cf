"""Fires events through the event entities, and keeps them while no entity is available."""

from collections.abc import Callable, Iterable

from homeassistant.core import callback

from ..model.events import FarmEvent
from .listeners import Listeners
from .persistence import StoreState


class EventPublisher:
    """Fires each event once, in order; pending events survive a reload."""

    def __init__(self, store_state: StoreState, listeners: Listeners, is_available: Callable[[], bool]) -> None:
        """Keep events until ``async_begin``, and while ``is_available`` returns False."""
        self._store_state = store_state
        self._listeners = listeners
        self._is_available = is_available
        self._begun = False

    @callback
    def async_begin(self) -> None:
        """Fire pending events, then new ones: the entities are there."""
        self._begun = True
        self.async_catch_up()

    @callback
    def async_pause(self) -> None:
        """Keep events for the next load: the entities are about to be removed."""
        self._begun = False

    @callback
    def async_publish(self, farm_events: Iterable[FarmEvent]) -> None:
        """Fire these after the pending events, or add them to those."""
        if not self._can_fire:
            self._store_state.pending_events.add(farm_events)
            return
        self.async_catch_up()
        self._fire(farm_events)

    @callback
    def async_catch_up(self) -> None:
        """Fire pending events, if entities are available."""
        if self._can_fire:
            self._fire(self._store_state.pending_events.take())

    @property
    def _can_fire(self) -> bool:
        # An event of an unavailable entity triggers no automation.
        return self._begun and self._is_available()

    def _fire(self, farm_events: Iterable[FarmEvent]) -> None:
        for farm_event in farm_events:
            self._listeners.async_fire_event(farm_event)
