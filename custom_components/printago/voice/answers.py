"""Answers questions about the farm, and does what a sentence asks for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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
from ..model.printer_names import full_names, unambiguous_names
from ..printing.action_fields import checked
from ..printing.catalog import called
from ..printing.job_tracker import JobTracker
from ..printing.printer_calls import PAUSE, RESUME, STOP, async_confirm_all, confirmation_refusal
from ..printing.request import PRINT_SCHEMA, async_print_request
from ..printing.submission import Submitter
from ..runtime import PrintagoConfigEntry
from .phrases import Phrases, count_and_names, printers_in, read_phrases, spoken

_ASSISTANT = "conversation"
_MOST_COPIES = 10
"""A number can be misunderstood."""
_CONFIRM_SECONDS = 30
_MOST_NAMED = 10

type Asker = tuple[str | None, str | None]
"""The device that was spoken to, and the user."""
type Press = Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]
type _Item = tuple[str, str, PrintagoConfigEntry, str]
"""``saved`` or ``part``, its name, its store, and its ID."""
type Found = tuple[PrintagoCoordinator, PrinterState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A sentence that was understood."""

    kind: str
    text: str
    request: str
    """What to print."""
    language: str
    asked_by: Asker


@dataclass(frozen=True, slots=True)
class _Unconfirmed:
    """A print to stop, as soon as that is confirmed."""

    entry_id: str
    printer_id: str
    job_id: str | None
    until: float


class Answerer:
    """Answers in the language of the speaker."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Answer with the stores of Home Assistant."""
        self._hass = hass
        self._unconfirmed: dict[Asker, _Unconfirmed] = {}

    async def async_answer(self, question: Question, entries: Sequence[PrintagoConfigEntry]) -> str:
        """Return what to say."""
        phrases = read_phrases()[question.language]
        stores = [entry for entry in entries if _is_exposed(self._hass, entry)]
        if not stores:
            return phrases.answers["not_exposed"]
        unconfirmed = self._unconfirmed.pop(question.asked_by, None)
        try:
            return await _Answer(self._hass, question, phrases, stores, unconfirmed, self._unconfirmed).async_give()
        except HomeAssistantError as err:
            return f"{await async_message(self._hass, err, question.language)}."


def _is_exposed(hass: HomeAssistant, entry: PrintagoConfigEntry) -> bool:
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return any(async_should_expose(hass, _ASSISTANT, entity.entity_id) for entity in entities if not entity.disabled)


@dataclass(slots=True)
class _Answer:
    """One answer."""

    hass: HomeAssistant
    question: Question
    phrases: Phrases
    stores: list[PrintagoConfigEntry]
    unconfirmed: _Unconfirmed | None
    waiting: dict[Asker, _Unconfirmed]

    async def async_give(self) -> str:
        match self.question.kind:
            case "beds":
                return self._beds()
            case "printing":
                return self._printing()
            case "done":
                return self._done()
            case "free":
                return self._free()
            case "queue":
                return self._queue()
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

    def _printers(self) -> list[Found]:
        coordinators = [entry.runtime_data.coordinator for entry in self.stores]
        return [(store, printer) for store in coordinators for printer in store.farm.printers.values()]

    def _names(self, chosen: Sequence[PrinterState]) -> str:
        names = unambiguous_names(printer for _, printer in self._printers())
        listed = sorted(names[printer.id] for printer in chosen)
        return ", ".join([*listed[:_MOST_NAMED], "…"] if len(listed) > _MOST_NAMED else listed)

    def _printer(self) -> Found:
        """Return the printer that is named; raises ServiceValidationError if there is none, or several."""
        known = self._printers()
        found = printers_in(self.question.text, (printer for _, printer in known), self.phrases)
        if not found:
            # The sentence may be in another language than the speaker's.
            for phrases in read_phrases().values():
                found = found or printers_in(self.question.text, (printer for _, printer in known), phrases)
        if len(found) == 1:
            return next((store, printer) for store, printer in known if printer is found[0])
        candidates = full_names(found) if found else [printer.name for _, printer in known]
        key = "printer_ambiguous" if found else "printer_not_found"
        raise action_error(key, name=self.question.text, candidates=", ".join(sorted(candidates)[:_MOST_NAMED]))

    # Questions

    def _beds(self) -> str:
        waiting = [printer for _, printer in self._printers() if printer.bed_needs_clearing]
        return self._say("beds", printers=self._names(waiting)) if waiting else self._say("beds_none")

    def _printing(self) -> str:
        prints = [
            f"{self._names([printer])}: {printer.job.title}" if printer.job is not None else self._names([printer])
            for _, printer in self._printers()
            if printer.printing
        ]
        return self._say("printing", prints="; ".join(sorted(prints))) if prints else self._say("printing_none")

    def _done(self) -> str:
        _, printer = self._printer()
        if (end := printer.live_end_time) is not None:
            return self._say("done_at", printer=printer.name, time=self._time(end))
        return self._say("done_unknown" if printer.in_use else "done_idle", printer=printer.name)

    def _free(self) -> str:
        known = [printer for _, printer in self._printers()]
        if ready := [printer for printer in known if printer.readiness is Readiness.READY]:
            return self._say("free_now", printers=self._names(ready))
        if waiting := [printer for printer in known if printer.readiness is Readiness.AWAITING_CLEAR]:
            return self._say("free_bed", printers=self._names(waiting))
        ends = [(end, printer) for printer in known if (end := printer.live_end_time) is not None]
        if not ends:
            return self._say("free_unknown")
        end, printer = min(ends, key=lambda one: one[0])
        return self._say("free_at", printer=printer.name, time=self._time(end))

    def _queue(self) -> str:
        if not all(entry.runtime_data.coordinator.farm.knows_jobs for entry in self.stores):
            return self._say("queue_unknown")
        forecasts = [entry.runtime_data.history.forecaster.forecast() for entry in self.stores]
        if not (count := sum(forecast.jobs for forecast in forecasts)):
            return self._say("queue_none")
        ends = [forecast.ends_at for forecast in forecasts if forecast.ends_at is not None]
        if not ends or any(forecast.unplanned for forecast in forecasts):
            return self._say("queue", count=str(count))
        return self._say("queue_until", count=str(count), time=self._time(max(ends)))

    # Orders

    async def _async_clear(self) -> str:
        coordinator, printer = self._printer()
        if not printer.bed_needs_clearing:
            raise action_error(confirmation_refusal(printer) or "bed_already_clear", printer=printer.name)
        await async_confirm_all(coordinator, [printer])
        return self._say("cleared", printer=printer.name)

    async def _async_press(self, found: Found, press: Press, can: str, refusal: str, answer: str) -> str:
        coordinator, printer = found
        if not getattr(printer, can):
            raise action_error(refusal, printer=printer.name)
        await coordinator.async_call(press(coordinator, printer))
        return self._say(answer, printer=printer.name)

    def _ask_to_stop(self) -> str:
        coordinator, printer = self._printer()
        if not printer.can_stop:
            raise action_error("nothing_to_stop", printer=printer.name)
        self.waiting[self.question.asked_by] = _Unconfirmed(
            coordinator.config_entry.entry_id, printer.id, _job_id(printer), time.monotonic() + _CONFIRM_SECONDS
        )
        return self._say("stop_ask", printer=printer.name)

    async def _async_stop(self) -> str:
        asked = self.unconfirmed
        if asked is None or asked.until < time.monotonic():
            return self._say("nothing_asked")
        for coordinator, printer in self._printers():
            if (coordinator.config_entry.entry_id, printer.id) == (asked.entry_id, asked.printer_id):
                if _job_id(printer) != asked.job_id:
                    # Another print has begun.
                    return self._say("nothing_asked")
                return await self._async_press((coordinator, printer), STOP, "can_stop", "nothing_to_stop", "stopped")
        return self._say("nothing_asked")

    async def _async_print(self) -> str:
        items: list[_Item] = []
        for entry in self.stores:
            runtime = entry.runtime_data
            for saved in runtime.saved_prints.all:
                name = async_called(self.hass, entry, saved.id, entry.subentries[saved.id].title)
                items.append(("saved", name, entry, saved.id))
            parts = await runtime.coordinator.async_call(runtime.client.parts(), reads=True)
            items += [("part", called(part), entry, part.id) for part in parts.rows.values()]
        copies, found = self._wanted(items)
        if not found:
            return self._say("part_unknown", name=self.question.request)
        if len(found) > 1:
            return self._say("part_several", name=self.question.request)
        kind, name, entry, identifier = found[0]
        most = _MOST_COPIES if kind == "part" else 1
        if not 1 <= copies <= most:
            return self._say("too_many", count=str(copies), name=name, most=str(most))
        await self._async_submit(kind, entry, identifier, copies)
        return self._say("printed", count=str(copies), name=name)

    def _wanted(self, items: Sequence[_Item]) -> tuple[int, list[_Item]]:
        """Return how many copies are meant, and of what: one item, unless the name is unknown or ambiguous."""
        keyed = [(spoken(item[1], self.phrases).replace(" ", ""), item) for item in items]
        for count, names in count_and_names(self.question.request, self.phrases):
            for name in names:
                if found := [item for key, item in keyed if key == name.replace(" ", "")]:
                    # A person chose the name of a saved print: it has priority over a part of that name.
                    return count, [item for item in found if item[0] == "saved"] or found
        return 1, []

    async def _async_submit(self, kind: str, entry: PrintagoConfigEntry, identifier: str, copies: int) -> None:
        runtime = entry.runtime_data
        if kind == "saved":
            await next(saved for saved in runtime.saved_prints.all if saved.id == identifier).async_print()
            return
        data = checked(PRINT_SCHEMA, {"part": identifier, "quantity": copies})
        request = await runtime.coordinator.async_call(async_print_request(runtime.catalog, data, {}), reads=True)
        with JobTracker(runtime.coordinator) as tracker:
            await Submitter(runtime.coordinator, runtime.catalog).async_submit(request, tracker)


def _job_id(printer: PrinterState) -> str | None:
    return printer.job.id if printer.job is not None else None
