"""Calendars of the farm."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.models.order import Order
from .entity import FactEntity, FarmEntityDescription, async_setup_fact_entities
from .model.farm import Farm
from .model.store_info import Fact
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0
_DURATION = timedelta(hours=1)
"""How long a deadline is shown: an event needs an end after its start."""


@dataclass(frozen=True, kw_only=True)
class FarmCalendarDescription(FarmEntityDescription, CalendarEntityDescription):
    """Describes a calendar of the farm."""


DEADLINES = FarmCalendarDescription(key="deadlines", fact=Fact.ORDERS)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the calendars once what they show was read."""
    async_setup_fact_entities(entry, Platform.CALENDAR, (DEADLINES,), DeadlinesCalendar, async_add_entities)


class DeadlinesCalendar(FactEntity, CalendarEntity):
    """The deadlines of the open orders. They are in memory, so reading a month costs no request."""

    entity_description: FarmCalendarDescription
    _event: CalendarEvent | None = None

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the deadline that has just passed, else the next one."""
        return self._event

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        now = dt_util.utcnow()
        coming = [event for event in self._events() if event.end_datetime_local > now]
        self._event = min(coming, key=_place, default=None)
        return (self._event,)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the deadlines of a period, the earliest first."""
        events = [
            event
            for event in self._events()
            if event.end_datetime_local > start_date and event.start_datetime_local < end_date
        ]
        return sorted(events, key=_place)

    def _events(self) -> list[CalendarEvent]:
        orders = self.coordinator.store_state.facts.orders.values()
        return [_event_of(order, order.deadline) for order in orders if order.deadline is not None]


def _event_of(order: Order, deadline: datetime) -> CalendarEvent:
    return CalendarEvent(
        start=deadline, end=deadline + _DURATION, summary=order.title, description=order.url, uid=order.id
    )


def _place(event: CalendarEvent) -> tuple[datetime, str]:
    return event.start_datetime_local, event.summary
