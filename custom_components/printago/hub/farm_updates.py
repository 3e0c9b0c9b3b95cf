"""Merges messages into the farm model, and passes the changes on to listeners and as events."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback

from ..api import EntityEvent, PrinterRow, StatMessage
from ..model.changes import NO_CHANGES, Changes
from .event_publisher import EventPublisher
from .listeners import Listeners
from .message_queue import MessageQueue
from .persistence import StoreState


class FarmUpdates:
    """Updates the farm of one store while its entry is loaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        store_state: StoreState,
        listeners: Listeners,
        is_available: Callable[[], bool],
        reconcile: Callable[[], None],
    ) -> None:
        """Call ``listeners`` with changes, and ``reconcile`` when a snapshot is needed."""
        self._farm = store_state.farm
        self._store_state = store_state
        self._listeners = listeners
        self._is_available = is_available
        self._reconcile = reconcile
        self.event_publisher = EventPublisher(store_state, listeners, is_available)
        self._queue = MessageQueue(hass, self._async_take, self._async_on_overflow)
        self._was_available = False
        self._closed = False

    @callback
    def async_begin(self) -> None:
        """Record whether entities are available, before they are added."""
        self._was_available = self._is_available()

    @callback
    def async_on_message(self, message: StatMessage | EntityEvent) -> None:
        """Merge a message of the stream, now or after those that are queued."""
        if self._closed:
            return
        if isinstance(message, StatMessage) and not self._queue.waiting:
            self._async_take(message)
        else:
            self._queue.async_put(message)

    @callback
    def _async_take(self, message: StatMessage | EntityEvent) -> None:
        changes = self._farm.apply(message)
        if changes.telemetry_only is not None:
            self._listeners.async_update_telemetry(*changes.telemetry_only)
        elif changes is not NO_CHANGES:
            self.async_publish(changes)

    @callback
    def _async_on_overflow(self) -> None:
        self._farm.count_dropped("too many at once")
        self._store_state.ended_jobs_wanted = True
        self._reconcile()

    @callback
    def async_expire(self, _: object = None) -> None:
        """Check by Printago's clock which telemetry has become stale."""
        self.async_publish(self._farm.expire())

    @callback
    def async_apply_printer(self, row: PrinterRow | None) -> None:
        """Apply a printer's record from the response to a call, if it has one."""
        if row is not None:
            self.async_publish(self._farm.apply_printer(row))

    @callback
    def async_publish(self, changes: Changes) -> None:
        """Update results, call listeners and fire events for these changes."""
        if changes is NO_CHANGES:
            return
        farm_events = self._store_state.event_detector.detect(changes)
        changes.printers.update(
            farm_event.subject
            for farm_event in farm_events
            if self._store_state.async_remember_result(farm_event) and farm_event.subject is not None
        )
        for printer_id in changes.removed:
            self._store_state.results.forget(printer_id)
        self._listeners.async_update_listeners(changes)
        self.async_check_availability()
        self.event_publisher.async_publish(farm_events)
        if changes.needs_refresh:
            self._reconcile()

    @callback
    def async_check_availability(self) -> None:
        """Update all entities if their availability changed."""
        if self._is_available() is self._was_available:
            return
        self._was_available = not self._was_available
        self._listeners.async_update_all()
        self.event_publisher.async_catch_up()

    @callback
    def async_close(self) -> None:
        """Ignore further messages."""
        self._closed = True
        if self._queue.waiting:
            self._store_state.ended_jobs_wanted = True
        self._queue.async_close()
