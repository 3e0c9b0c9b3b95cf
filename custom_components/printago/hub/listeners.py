"""Listeners for changes of one printer, of the farm, or of anything."""

import asyncio
from collections.abc import Callable, Iterable, Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
import math

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..model.changes import Changes
from ..model.events import FarmEvent, Scope

_FARM_DELAY = 0.25
"""Seconds for which changes are collected before the farm's listeners are called once."""
_READINGS_DELAY = 0.2
"""Seconds for which readings of a printer are collected after its listeners were called."""
_STEADY_DELAY = 10.0
"""Seconds between two updates of a temperature that keeps changing, as while a printer heats up or cools down."""
_STEADY_BURST = 8
"""How many changes of a temperature are not delayed."""
_ROUNDING = 1e-6
_PRINTERS_PER_TURN = 50
"""For how many printers the listeners are called at once while the event loop waits: some 2 ms."""
_STEADY_READINGS = frozenset({"nozzle_temp", "bed_temp", "chamber_temp"})


@dataclass(slots=True)
class _OfPrinter:
    """The listeners of one printer, and the readings that they were not called for yet."""

    listeners: dict[str | None, tuple[Callable[[], None], ...]] = field(default_factory=dict)
    """By the one reading that they depend on; None for all."""
    notified_at: float = -math.inf
    waiting: set[str] = field(default_factory=set)
    steady: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By temperature: the number of recent updates, and their time."""
    steady_waiting: set[str] = field(default_factory=set)


class Listeners:
    """Calls only the listeners that a change concerns: a push for one printer calls the listeners of that printer."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without listeners."""
        self._loop = hass.loop
        self._of_printer: dict[str, _OfPrinter] = {}
        self._of_farm: set[Callable[[], None]] = set()
        self._of_polls: set[Callable[[], None]] = set()
        self._of_changes: list[Callable[[Changes], None]] = []
        self._of_events: dict[tuple[Scope, str | None], set[Callable[[FarmEvent], None]]] = {}
        self._farm_timer: asyncio.TimerHandle | None = None
        self._waiting: set[str] = set()
        self._readings_timer: asyncio.TimerHandle | None = None
        self._steady_waiting: set[str] = set()
        self._steady_timer: asyncio.TimerHandle | None = None
        self._queued: dict[str, None] = {}
        self._next_turn: asyncio.Handle | None = None
        self._closed = False

    @callback
    def async_add_printer(self, printer_id: str, listener: Callable[[], None], reading: str | None = None) -> None:
        """Call ``listener`` when a printer changes, until ``async_remove_printer``.

        If only readings changed, it is only called if its own ``reading`` did.
        """
        if (of_printer := self._of_printer.get(printer_id)) is None:
            of_printer = self._of_printer[printer_id] = _OfPrinter()
        of_printer.listeners[reading] = (*of_printer.listeners.get(reading, ()), listener)

    @callback
    def async_remove_printer(self, printer_id: str, listener: Callable[[], None]) -> None:
        """Remove ``listener``."""
        if (of_printer := self._of_printer.get(printer_id)) is None:
            return
        for reading, listeners in tuple(of_printer.listeners.items()):
            if left := tuple(other for other in listeners if other != listener):
                of_printer.listeners[reading] = left
            else:
                del of_printer.listeners[reading]
        if not of_printer.listeners:
            del self._of_printer[printer_id]

    @callback
    def async_add_farm(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call ``listener`` when jobs or totals change, once per burst; return a function that removes it."""
        self._of_farm.add(listener)
        return lambda: self._of_farm.discard(listener)

    @callback
    def async_add_poll(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call ``listener`` after every poll, successful or not; return a function that removes it."""
        self._of_polls.add(listener)
        return lambda: self._of_polls.discard(listener)

    @callback
    def async_update_polls(self) -> None:
        """Call the listeners of polls."""
        for listener in tuple(self._of_polls):
            listener()

    @callback
    def async_add_changes(self, listener: Callable[[Changes], None]) -> CALLBACK_TYPE:
        """Call ``listener`` with all changes, before the entities are updated; return a function that removes it."""
        self._of_changes.append(listener)
        return lambda: self._of_changes.remove(listener)

    @callback
    def async_add_events(
        self, scope: Scope, subject: str | None, listener: Callable[[FarmEvent], None]
    ) -> CALLBACK_TYPE:
        """Call ``listener`` for events of a printer (None: the farm); return a function that removes it."""
        listeners = self._of_events.setdefault((scope, subject), set())
        listeners.add(listener)

        @callback
        def remove() -> None:
            listeners.discard(listener)
            if not listeners and self._of_events.get((scope, subject)) is listeners:
                del self._of_events[scope, subject]

        return remove

    @callback
    def async_fire_event(self, farm_event: FarmEvent) -> None:
        """Call the listeners of an event."""
        for listener in tuple(self._of_events.get((farm_event.scope, farm_event.subject), ())):
            listener(farm_event)

    @callback
    def async_update_listeners(self, changes: Changes) -> None:
        """Call all listeners that these changes concern."""
        for listener in tuple(self._of_changes):
            listener(changes)
        for printer_id in changes.printers:
            self.async_update_printer(printer_id)
        if changes.totals_changed or changes.jobs:
            self.async_update_farm_soon()

    @callback
    def async_update_telemetry(self, printer_id: str, readings: AbstractSet[str]) -> None:
        """Call the listeners of these readings: at once after a pause, else once per burst."""
        if (of_printer := self._of_printer.get(printer_id)) is None:
            return
        now = self._loop.time()
        if now - of_printer.notified_at < _READINGS_DELAY:
            of_printer.waiting.update(readings)
            self._waiting.add(printer_id)
            if self._readings_timer is None and not self._closed:
                self._readings_timer = self._loop.call_later(_READINGS_DELAY, self._async_update_waiting)
            return
        of_printer.notified_at = now
        for reading in readings:
            if reading in _STEADY_READINGS and self._is_held(printer_id, of_printer, reading, now):
                continue
            for listener in of_printer.listeners.get(reading, ()):
                listener()

    def _is_held(self, printer_id: str, of_printer: _OfPrinter, reading: str, now: float) -> bool:
        """Return whether an update of a temperature must wait, since there were many just before."""
        recent, at = of_printer.steady.get(reading, (0.0, now))
        recent = max(0.0, recent - (now - at) / _STEADY_DELAY)
        if (excess := recent - (_STEADY_BURST - 1)) < _ROUNDING:
            of_printer.steady[reading] = (recent + 1, now)
            of_printer.steady_waiting.discard(reading)
            return False
        of_printer.steady_waiting.add(reading)
        self._steady_waiting.add(printer_id)
        if self._steady_timer is None and not self._closed:
            self._steady_timer = self._loop.call_later(excess * _STEADY_DELAY, self._async_update_steady)
        return True

    @callback
    def _async_update_steady(self) -> None:
        self._steady_timer = None
        waiting, self._steady_waiting = self._steady_waiting, set()
        for printer_id in waiting:
            if (of_printer := self._of_printer.get(printer_id)) is not None and of_printer.steady_waiting:
                of_printer.notified_at = -math.inf
                self.async_update_telemetry(printer_id, set(of_printer.steady_waiting))

    @callback
    def _async_update_waiting(self) -> None:
        self._readings_timer = None
        waiting, self._waiting = self._waiting, set()
        for printer_id in waiting:
            if (of_printer := self._of_printer.get(printer_id)) is not None and of_printer.waiting:
                readings, of_printer.waiting = of_printer.waiting, set()
                of_printer.notified_at = -math.inf
                self.async_update_telemetry(printer_id, readings)

    @callback
    def async_update_printer(self, printer_id: str) -> None:
        """Call the listeners of one printer."""
        if (of_printer := self._of_printer.get(printer_id)) is None:
            return
        of_printer.waiting.clear()
        of_printer.steady_waiting.clear()
        for listener in tuple(chain.from_iterable(of_printer.listeners.values())):
            listener()

    @callback
    def async_update_printers(self, printer_ids: Iterable[str]) -> None:
        """Call the listeners of many printers, some in each turn of the event loop: all at once would block it for too long."""
        self._queued.update(dict.fromkeys(printer_ids))
        if self._next_turn is None:
            self._async_update_queued()

    @callback
    def _async_update_queued(self) -> None:
        self._next_turn = None
        for _ in range(_PRINTERS_PER_TURN):
            if not self._queued:
                return
            printer_id, _ = self._queued.popitem()
            self.async_update_printer(printer_id)
        if self._queued and self._next_turn is None and not self._closed:
            self._next_turn = self._loop.call_soon(self._async_update_queued)

    @callback
    def async_update_farm(self, _: object = None) -> None:
        """Call the listeners of the farm now."""
        if self._farm_timer is not None:
            self._farm_timer.cancel()
            self._farm_timer = None
        for listener in tuple(self._of_farm):
            listener()

    @callback
    def async_update_all(self) -> None:
        """Call the listeners of all printers and of the farm."""
        for printer_id in tuple(self._of_printer):
            self.async_update_printer(printer_id)
        self.async_update_farm()

    @callback
    def async_close(self) -> None:
        """Cancel delayed calls, and schedule no more."""
        self._closed = True
        self._queued.clear()
        if self._next_turn is not None:
            self._next_turn.cancel()
            self._next_turn = None
        if self._readings_timer is not None:
            self._readings_timer.cancel()
            self._readings_timer = None
        if self._steady_timer is not None:
            self._steady_timer.cancel()
            self._steady_timer = None
        if self._farm_timer is not None:
            self._farm_timer.cancel()
            self._farm_timer = None

    @callback
    def async_update_farm_soon(self) -> None:
        """Call the listeners of the farm soon, once for a burst of changes."""
        if self._farm_timer is None and not self._closed:
            self._farm_timer = self._loop.call_later(_FARM_DELAY, self.async_update_farm)
