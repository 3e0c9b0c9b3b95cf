"""Calendars of the farm."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain, takewhile
from typing import Any, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api.models.order import Order
from .const import DOMAIN
from .coordinator import PrintagoCoordinator
from .entity import FactEntity, FarmEntityDescription, async_setup_fact_entities
from .history.earlier_prints import earlier_prints
from .history.keeper import History
from .history.past_print import PastPrint
from .hub.localize import async_words, format_string
from .model.farm import Farm
from .model.printer import PrinterState
from .model.printer_names import short_names
from .model.queue_forecast import PlannedPrint
from .model.spelling import folded
from .model.store_info import Fact
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0
_DURATION = timedelta(hours=1)
"""How long a deadline is shown: an event needs an end after its start."""
_SHORTEST = timedelta(minutes=1)
_PAST = timedelta(days=60)
"""How long prints are shown after their end."""
_MOST_EARLIER = 1000
"""How many prints before the last ones are shown of a period: a browser shows no more in a month."""


@dataclass(frozen=True, kw_only=True)
class FarmCalendarDescription(FarmEntityDescription, CalendarEntityDescription):
    """Describes a calendar of the farm."""


DEADLINES = FarmCalendarDescription(key="deadlines", fact=Fact.ORDERS)
PRINTS = FarmCalendarDescription(key="prints", needs_jobs=True)

type _Title = Callable[[str, str], str]
"""Returns the title of a print by its name and the ID of its printer."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """The time of an event; the event itself is only made when it is shown, since that takes long."""

    start: datetime
    end: datetime
    name: str
    make: Callable[[], CalendarEvent]
    planned: bool = False

    @property
    def place(self) -> tuple[datetime, str]:
        return self.start, self.name

    @property
    def holds_until(self) -> datetime:
        """Return until when it can be the current or next event. A planned print is never the current one."""
        return self.start if self.planned else self.end


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the calendars once what they show was read."""
    words = await async_words(hass)

    def create(coordinator: PrintagoCoordinator, description: FarmCalendarDescription) -> FarmCalendar:
        if description is PRINTS:
            return PrintsCalendar(coordinator, description, words)
        return DeadlinesCalendar(coordinator, description, words)

    async_setup_fact_entities(entry, Platform.CALENDAR, (DEADLINES, PRINTS), create, async_add_entities)


class FarmCalendar(FactEntity, CalendarEntity):
    """A calendar of what is in memory, so reading a month costs no request."""

    entity_description: FarmCalendarDescription
    _event: CalendarEvent | None = None
    _holds_until: datetime | None = None

    def __init__(
        self, coordinator: PrintagoCoordinator, description: FarmCalendarDescription, words: Mapping[str, str]
    ) -> None:
        """Show events with ``words``, the translations."""
        super().__init__(coordinator, description)
        self._words = words

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the current event, else the next one. Home Assistant reads it again when that starts or ends."""
        if self._holds_until is not None and self._holds_until <= dt_util.utcnow():
            self._async_choose()
        return self._event

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        self._async_choose()
        return (self._event, self._content())

    @callback
    def _async_choose(self) -> None:
        now = dt_util.utcnow()
        coming = (slot for slot in self._coming(now) if slot.holds_until > now)
        slot = min(coming, key=lambda slot: slot.place, default=None)
        self._event = slot.make() if slot is not None else None
        self._holds_until = slot.holds_until if slot is not None else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the events of a period, the earliest first."""
        now = dt_util.utcnow()
        slots = [
            slot
            for slot in (*self._past(max(start_date, now - _PAST), end_date), *self._coming(now))
            if slot.end > start_date and slot.start < end_date
        ]
        return [slot.make() for slot in sorted(slots, key=lambda slot: slot.place)]

    @abstractmethod
    def _content(self) -> object:
        """Return what, if it changes, lets open calendars read the events again."""

    @abstractmethod
    def _coming(self, now: datetime) -> Iterable[_Slot]:
        """Return the events that may be current or lie ahead."""

    def _past(self, since: datetime, until: datetime) -> Iterable[_Slot]:
        """Return the other events, as far as they ended after ``since`` and began before ``until``."""
        return ()


class DeadlinesCalendar(FarmCalendar):
    """The deadlines of the open orders."""

    @override
    def _content(self) -> object:
        return [(order.id, order.deadline, order.title) for order in self._orders()]

    @override
    def _coming(self, now: datetime) -> Iterator[_Slot]:
        for order in self._orders():
            if (due := order.deadline) is not None:
                yield _Slot(due, due + _DURATION, order.title, partial(self._deadline, order, due))

    def _deadline(self, order: Order, due: datetime) -> CalendarEvent:
        # Beside prints a number alone would say nothing.
        summary = format_string(self._words, "card_order_number", number=order.title)
        end = shown_end(due, due + _DURATION)
        return CalendarEvent(start=due, end=end, summary=summary, description=order.url, uid=order.id)

    def _orders(self) -> Iterable[Order]:
        return self.coordinator.store_state.facts.orders.values()


def shown_end(start: datetime, end: datetime) -> datetime:
    """Return the end of an event, later if its local time of day is before that of the start.

    Home Assistant compares these, also in the night in which the clocks go back, and then refuses all events of a view.
    """
    first, last = (dt_util.as_local(moment).replace(tzinfo=None) for moment in (start, end))
    return end + max(first - last, timedelta())


class PrintsCalendar(FarmCalendar):
    """Past prints, running ones until their expected end, and the plan of the queue."""

    @property
    def _history(self) -> History:
        history: History = self.coordinator.config_entry.runtime_data.history
        return history

    @override
    def _content(self) -> object:
        recent = self._history.past.recent
        running = [(slot.start, slot.end, slot.name) for slot in self._running(dt_util.utcnow())]
        return (running, self._history.forecaster.forecast().planned, len(recent), next(iter(recent), None))

    @override
    def _coming(self, now: datetime) -> Iterator[_Slot]:
        yield from self._running(now)
        planned = self._history.forecaster.forecast().planned
        title = self._title_of(one.job.title for one in planned)
        for one in planned:
            make = partial(self._planned, one, title)
            yield _Slot(one.starts_at, one.ends_at, one.job.title, make, planned=True)

    @override
    def _past(self, since: datetime, until: datetime) -> Iterator[_Slot]:
        past = self._history.past
        recent = takewhile(lambda one: one.ended_at > since, past.recent)
        for one in chain(recent, earlier_prints(past, since, until, _MOST_EARLIER)):
            start = min(one.started_at or one.ended_at, one.ended_at)
            end = max(one.ended_at, start + _SHORTEST)
            yield _Slot(start, end, one.title, partial(self._ended, one, start, end))

    def _running(self, now: datetime) -> Iterator[_Slot]:
        soon = now.replace(second=0, microsecond=0) + 2 * _SHORTEST
        running: list[tuple[PrinterState, datetime, str]] = []
        for printer in self.coordinator.farm.printers.values():
            job, external = printer.job, printer.external_print
            if job is not None and job.at_printer and job.printing_started_at is not None:
                running.append((printer, job.printing_started_at, job.title))
            elif external is not None:
                running.append((printer, external.seen_at, external.name or printer.name))
        title = self._title_of(name for _, _, name in running)
        for printer, start, name in running:
            end = printer.end_time
            if end is None or end <= now:
                # It takes longer than expected, or nobody knows how long.
                end = soon
            begin = min(start, now)
            yield _Slot(begin, end, name, partial(self._current, printer, begin, end, name, title))

    def _current(
        self, printer: PrinterState, start: datetime, end: datetime, name: str, title: _Title
    ) -> CalendarEvent:
        job = printer.job
        part, order_id = (job.part_name, job.order_id) if job is not None else (None, None)
        return CalendarEvent(
            start=start,
            end=shown_end(start, end),
            summary=title(name, printer.id),
            description=self._describe(printer.id, part, order_id),
            uid=job.id if job is not None else None,
        )

    def _planned(self, one: PlannedPrint, title: _Title) -> CalendarEvent:
        job = one.job
        return CalendarEvent(
            start=one.starts_at,
            end=shown_end(one.starts_at, max(one.ends_at, one.starts_at + _SHORTEST)),
            summary=format_string(self._words, "calendar_planned", name=title(job.title, one.printer_id)),
            description=self._describe(one.printer_id, job.part_name, job.order_id),
            uid=job.id,
        )

    def _title_of(self, names: Iterable[str]) -> _Title:
        """Return a function for the titles of prints: one with the name of another print also carries its printer.

        The list of a calendar shows no descriptions.
        """
        times = Counter(map(folded, names))
        printers = cache(partial(short_names, self.coordinator.farm.printers.values()))

        def title(name: str, printer_id: str) -> str:
            return f"{name} · {printers().get(printer_id, printer_id)}" if times[folded(name)] > 1 else name

        return title

    def _ended(self, past: PastPrint, start: datetime, end: datetime) -> CalendarEvent:
        result = self._words.get(f"component.{DOMAIN}.selector.print_result.options.{past.result}", past.result)
        return CalendarEvent(
            start=start,
            end=shown_end(start, end),
            summary=f"{past.title} ({result})",
            description=self._describe(past.printer_id, past.part, past.order_id, result, past.reason),
            uid=f"{past.job_id}-{past.attempt}",
        )

    def _describe(self, printer_id: str | None, part: str | None, order_id: str | None, *more: str | None) -> str:
        printer = self.coordinator.farm.printers.get(printer_id or "")
        order = self.coordinator.store_state.facts.orders.get(order_id or "")
        name = order.title if order is not None else order_id
        lines = [
            printer.name if printer is not None else printer_id,
            part,
            format_string(self._words, "todo_of_order", order=name) if name else None,
            *more,
        ]
        return "\n".join(line for line in lines if line)
