"""Answers questions about the farm, and does what a sentence asks for."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
import time

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..coordinator import PrintagoCoordinator
from ..errors import action_error, async_message
from ..hub.devices import async_called
from ..model.print_status import Readiness
from ..model.printer import PrinterState
from ..printing.action_fields import checked
from ..printing.catalog import called
from ..printing.job_tracker import JobTracker
from ..printing.printer_calls import PAUSE, RESUME, STOP, async_confirm_all, confirmation_refusal
from ..printing.request import PRINT_SCHEMA, async_print_request
from ..printing.submission import Submitter
from ..runtime import PrintagoConfigEntry, async_named_stores
from .phrases import Phrases, count_and_names, language_of, read_phrases, spoken
from .spoken_printers import Found, Printers

_MOST_COPIES = 10
"""A number can be misunderstood."""
_CONFIRM_SECONDS = 30
_MOST_NAMED = 10

type Asker = tuple[str | None, str | None]
"""The device that was spoken to, and the user."""
type Press = Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A sentence that was understood."""

    kind: str
    printer: str = ""
    """The name of a printer, or a text that contains it."""
    item: str = ""
    """What to print; it may begin with the number of copies."""
    copies: int | None = None
    language: str
    assistant: str | None
    """Whose exposed entities decide which stores may be used; None for all stores."""
    asked_by: Asker
    turn: str
    """What belongs to one turn of a conversation has the same value."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say."""

    speech: str
    failed: bool = False


class _RefusalError(Exception):
    """Something was not done; the message says why, in the language of the speaker."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A part or a saved print."""

    name: str
    store: str
    entry: PrintagoConfigEntry
    id: str
    is_saved: bool = False


@dataclass(frozen=True, slots=True)
class _Unconfirmed:
    """A print to stop, as soon as that is confirmed."""

    entry_id: str
    printer_id: str
    job_id: str | None
    until: float
    turn: str


class Answerer:
    """Answers in the language of the speaker."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Answer with the stores of Home Assistant."""
        self._hass = hass
        self._unconfirmed: dict[Asker, _Unconfirmed] = {}

    async def async_answer(self, question: Question, entries: Sequence[PrintagoConfigEntry]) -> Reply:
        """Return what to say; the errors of Home Assistant are put into words."""
        language = language_of(question.language, read_phrases())
        phrases = read_phrases()[language]
        stores = [entry for entry in entries if _is_exposed(self._hass, entry, question.assistant)]
        if not stores:
            return Reply(phrases.answers["not_exposed"], failed=True)
        unconfirmed = self._unconfirmed.pop(question.asked_by, None)
        answer = _Answer(self._hass, question, phrases, stores, unconfirmed, self._unconfirmed)
        try:
            return Reply(await answer.async_give())
        except _RefusalError as err:
            return Reply(str(err), failed=True)
        except HomeAssistantError as err:
            stop = phrases.answers["beds_none"][-1]
            return Reply(f"{await async_message(self._hass, err, language)}{stop}", failed=True)


def _is_exposed(hass: HomeAssistant, entry: PrintagoConfigEntry, assistant: str | None) -> bool:
    if assistant is None:
        return True
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return any(async_should_expose(hass, assistant, entity.entity_id) for entity in entities if not entity.disabled)


@dataclass(slots=True)
class _Answer:
    """One answer."""

    hass: HomeAssistant
    question: Question
    phrases: Phrases
    stores: list[PrintagoConfigEntry]
    unconfirmed: _Unconfirmed | None
    waiting: dict[Asker, _Unconfirmed]
    printers: Printers = field(init=False)
    known: list[Found] = field(init=False)
    """The printers of stores that are up to date."""

    def __post_init__(self) -> None:
        self.printers = Printers(self.hass, self.stores)
        self.known = [found for found in self.printers.all if found[0].available]

    async def async_give(self) -> str:
        match self.question.kind:
            case "beds":
                return self._of_known_stores(self._beds)
            case "printing":
                return self._of_known_stores(self._printing)
            case "done":
                return self._done()
            case "free":
                return self._of_known_stores(self._free)
            case "queue":
                return self._of_known_stores(self._queue)
            case "clear":
                return await self._async_clear()
            case "print":
                return await self._async_print()
            case "pause":
                return await self._async_press(self._printer(), PAUSE, "can_pause", "not_printing", "paused")
            case "resume":
                return await self._async_press(self._printer(), RESUME, "can_resume", "not_paused", "resumed")
            case "stop":
                return self._ask_to_stop()
            case _:
                return await self._async_stop()

    def _say(self, key: str, **placeholders: str) -> str:
        return self.phrases.answers[key].format(**placeholders)

    def _time(self, moment: datetime) -> str:
        local = dt_util.as_local(moment)
        today = local.date() == dt_util.now().date()
        return local.strftime(self.phrases.time if today else self.phrases.time_later)

    def _refusal(self, key: str, **placeholders: str) -> _RefusalError:
        return _RefusalError(self._say(key, **placeholders))

    def _away(self) -> str | None:
        """Return which stores are not up to date, so that nothing is known about them; None if all are."""
        named = async_named_stores(self.hass, self.stores)
        away = [name for name, entry in named.items() if not entry.runtime_data.coordinator.available]
        return self._say("away", stores=", ".join(_first(away))) if away else None

    def _of_known_stores(self, answer: Callable[[], str]) -> str:
        """Return an answer about all stores that are up to date, and which are not."""
        away = self._away()
        if away is not None and not any(entry.runtime_data.coordinator.available for entry in self.stores):
            raise _RefusalError(away)
        return f"{answer()} {away}" if away is not None else answer()

    def _names(self, chosen: Sequence[Found]) -> str:
        return ", ".join(_first(map(self.printers.display_name, chosen)))

    def _name(self, found: Found) -> str:
        return self.printers.display_name(found)

    def _printer(self) -> Found:
        """Return the printer that is named; raises ServiceValidationError if there is none, or several."""
        text = self.question.printer
        # The sentence may be in another language than the speaker's, with other words for numbers.
        said = spoken(text, self.phrases)
        others = (phrases for phrases in read_phrases().values() if spoken(text, phrases) != said)
        called = (self.printers.called(text, phrases) for phrases in (self.phrases, *others))
        found = next(filter(None, called), None) or self.printers.named_in(text, self.phrases)
        stores = [store for store, _ in found] or [entry.runtime_data.coordinator for entry in self.stores]
        if not all(store.available for store in stores) and (away := self._away()) is not None:
            raise _RefusalError(away)
        if len(found) == 1:
            return found[0]
        key = "printer_ambiguous" if found else "printer_not_found"
        raise action_error(key, name=text, candidates=self._names(found or self.printers.all) or "-")

    # Questions

    def _beds(self) -> str:
        waiting = [found for found in self.known if found[1].bed_needs_clearing]
        return self._say("beds", printers=self._names(waiting)) if waiting else self._say("beds_none")

    def _printing(self) -> str:
        prints = [
            f"{self._name(found)}: {found[1].job.title}" if found[1].job is not None else self._name(found)
            for found in self.known
            if found[1].printing
        ]
        return self._say("printing", prints="; ".join(_first(prints))) if prints else self._say("printing_none")

    def _done(self) -> str:
        found = self._printer()
        if (end := found[1].live_end_time) is not None:
            return self._say("done_at", printer=self._name(found), time=self._time(end))
        # Whether it prints may not be known, or have been known last.
        may_print = found[1].in_use or found[1].printing is not False
        return self._say("done_unknown" if may_print else "done_idle", printer=self._name(found))

    def _free(self) -> str:
        known = self.known
        if ready := [found for found in known if found[1].readiness is Readiness.READY]:
            return self._say("free_now", printers=self._names(ready))
        if waiting := [found for found in known if found[1].readiness is Readiness.AWAITING_CLEAR]:
            return self._say("free_bed", printers=self._names(waiting))
        ends = [(end, found) for found in known if (end := found[1].live_end_time) is not None]
        if not ends:
            return self._say("free_unknown")
        end, next_free = min(ends, key=lambda one: one[0])
        return self._say("free_at", printer=self._name(next_free), time=self._time(end))

    def _queue(self) -> str:
        known = [entry.runtime_data for entry in self.stores if entry.runtime_data.coordinator.available]
        if not all(runtime.coordinator.farm.knows_jobs for runtime in known):
            return self._say("queue_unknown")
        forecasts = [runtime.history.forecaster.forecast() for runtime in known]
        if not (count := sum(forecast.jobs for forecast in forecasts)):
            return self._say("queue_none")
        ends = [forecast.ends_at for forecast in forecasts if forecast.ends_at is not None]
        if not ends or any(forecast.unplanned for forecast in forecasts):
            return self._say("queue", count=str(count))
        return self._say("queue_until", count=str(count), time=self._time(max(ends)))

    # Orders

    async def _async_clear(self) -> str:
        coordinator, printer = found = self._printer()
        if not printer.bed_needs_clearing:
            raise action_error(confirmation_refusal(printer) or "bed_already_clear", printer=self._name(found))
        await async_confirm_all(coordinator, [printer])
        return self._say("cleared", printer=self._name(found))

    async def _async_press(self, found: Found, press: Press, can: str, refusal: str, answer: str) -> str:
        coordinator, printer = found
        if not getattr(printer, can):
            raise action_error(refusal, printer=self._name(found))
        await coordinator.async_call(press(coordinator, printer))
        return self._say(answer, printer=self._name(found))

    def _ask_to_stop(self) -> str:
        coordinator, printer = found = self._printer()
        if not printer.can_stop:
            raise action_error("nothing_to_stop", printer=self._name(found))
        self.waiting[self.question.asked_by] = _Unconfirmed(
            coordinator.config_entry.entry_id,
            printer.id,
            _job_id(printer),
            time.monotonic() + _CONFIRM_SECONDS,
            self.question.turn,
        )
        return self._say("stop_ask", printer=self._name(found))

    async def _async_stop(self) -> str:
        asked = self.unconfirmed
        # A language model must not confirm what it has just asked for: only a person can, in the next turn.
        if asked is not None and asked.until >= time.monotonic() and asked.turn != self.question.turn:
            for coordinator, printer in self.printers.all:
                if (coordinator.config_entry.entry_id, printer.id) != (asked.entry_id, asked.printer_id):
                    continue
                if _job_id(printer) != asked.job_id or (self.question.printer and self._printer()[1] is not printer):
                    # Another print has begun, or another printer is meant.
                    break
                return await self._async_press((coordinator, printer), STOP, "can_stop", "nothing_to_stop", "stopped")
        raise self._refusal("nothing_asked")

    async def _async_print(self) -> str:
        items, unreadable = await self._async_items()
        copies, found = self._wanted(items)
        if not found:
            if unreadable is not None:
                raise unreadable
            raise self._refusal("part_unknown", name=self.question.item)
        if len(found) > 1:
            if len({item.store for item in found}) == len(found):
                candidates = ", ".join(sorted(f"{item.name} ({item.store})" for item in found))
                raise self._refusal("part_stores", name=found[0].name, candidates=candidates)
            raise self._refusal("part_several", name=self.question.item)
        item = found[0]
        most = 1 if item.is_saved else _MOST_COPIES
        if not 1 <= copies <= most:
            raise self._refusal("too_many", count=str(copies), name=item.name, most=str(most))
        await _async_submit(item, copies)
        return self._say("printed", count=str(copies), name=item.name)

    async def _async_items(self) -> tuple[list[_Item], HomeAssistantError | None]:
        """Return all that can be printed, and the error of a store whose parts could not be read."""
        items: list[_Item] = []
        unreadable: HomeAssistantError | None = None
        for store, entry in async_named_stores(self.hass, self.stores).items():
            runtime = entry.runtime_data
            for saved in runtime.saved_prints.all:
                name = async_called(self.hass, entry, saved.id, entry.subentries[saved.id].title)
                items.append(_Item(name, store, entry, saved.id, is_saved=True))
            try:
                parts = await runtime.coordinator.async_call(runtime.client.parts(), reads=True)
            except HomeAssistantError as err:
                unreadable = err
                continue
            items += [_Item(called(part), store, entry, part.id) for part in parts.rows.values()]
        return items, unreadable

    def _wanted(self, items: Sequence[_Item]) -> tuple[int, list[_Item]]:
        """Return how many copies are meant, and of what: one item, unless the name is unknown or ambiguous."""
        keyed = [(self._key(item.name), item) for item in items]
        if len(self.stores) > 1:
            keyed += [(self._key(f"{item.name} {item.store}"), item) for item in items]
        meanings = count_and_names(self.question.item, self.phrases, self.question.copies)
        for count, names in meanings:
            for name in names:
                if found := [item for key, item in keyed if key == name.replace(" ", "")]:
                    # A person chose the name of a saved print: it has priority over a part of that name.
                    return count, [item for item in found if item.is_saved] or found
        return 1, []

    def _key(self, name: str) -> str:
        return spoken(name, self.phrases).replace(" ", "")


async def _async_submit(item: _Item, copies: int) -> None:
    runtime = item.entry.runtime_data
    if item.is_saved:
        await next(saved for saved in runtime.saved_prints.all if saved.id == item.id).async_print()
        return
    data = checked(PRINT_SCHEMA, {"part": item.id, "quantity": copies})
    request = await runtime.coordinator.async_call(async_print_request(runtime.catalog, data, {}), reads=True)
    with JobTracker(runtime.coordinator) as tracker:
        await Submitter(runtime.coordinator, runtime.catalog).async_submit(request, tracker)


def _first(texts: Iterable[str]) -> list[str]:
    """Return as many texts as one listens to, sorted."""
    listed = sorted(texts)
    return [*listed[:_MOST_NAMED], "…"] if len(listed) > _MOST_NAMED else listed


def _job_id(printer: PrinterState) -> str | None:
    return printer.job.id if printer.job is not None else None
