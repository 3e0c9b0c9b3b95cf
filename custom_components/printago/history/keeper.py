"""The past of a store while its entry is loaded: it takes over jobs that are over, and answers what sensors show."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..api.models.records import FINAL_STATUSES, PrintJob
from ..coordinator import PrintagoCoordinator
from ..hub.slow_poll import HOUR
from ..model.changes import Changes
from ..model.print_results import PrintResult
from .archive import Archive, Past
from .forecast import QueueForecaster
from .job_entry import EndedJob, columns_of, ended_job, entry_of, part_of, past_print_of, usages_of
from .ledger import Entry, Totals
from .past_print import PastPrint
from .summary import Outcomes, Summary, days_ago, summarize
from .usage import NOTHING_KNOWN, Usage, Valuer

_FACTS = frozenset(
    {
        *("status", "printing_started_at", "printing_completed_at", "cancelled_at", "assigned_printer_id"),
        *("part_id", "part_name", "error_message", "mapping", "sku_id", "order_id", "label"),
    }
)
"""What the history tells of a job; an event about anything else does not matter."""
_FULL = 100
_JUST = timedelta(minutes=1)


@dataclass(slots=True)
class Progress:
    """What reading and exporting the past have done since the entry was loaded, for diagnostics."""

    pages_read: int = 0
    pages_left: int | None = None
    """None if unknown."""
    read_failures: int = 0
    """Failed requests in a row."""
    last_read_error: str | None = None
    exported_at: datetime | None = None
    last_export_error: str | None = None
    """Only its type: a database may quote data."""


class History:
    """Past prints, kept up to date by what the coordinator learns."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Follow a coordinator, also before the stored past is loaded."""
        self._hass = hass
        self._coordinator = coordinator
        self._entry = entry
        self.archive = Archive(hass, coordinator.store_id)
        self.valuer: Valuer = lambda *_: NOTHING_KNOWN
        self.measures: Callable[[str | None], bool] = lambda _: False
        """Returns whether the energy of a printer may be known: then no two of its prints take the same."""
        self.can_value: Callable[[], bool] = lambda: True
        """Returns whether the valuer knows what it needs; the past waits for that."""
        self.on_valuable: Callable[[], None] = lambda: None
        """Called when the valuer may have learned what it needs; set by who waits for it."""
        self.progress = Progress()
        self.forecaster = QueueForecaster(entry, coordinator)
        self.missed = coordinator.store_state.known_until is None
        """What ended since ``past.complete_until`` must still be read; after a reload, what reconciles reads it."""
        self._on_change: list[Callable[[], None]] = []
        self._summary: Summary | None = None
        self._loaded = False
        self._reads_past = False
        self._shown_since = 0.0
        """What ended before this Unix time changes nothing that is shown."""
        self._early: list[tuple[list[PrintJob], dict[str, float]]] = []
        """What came before the stored past was loaded."""
        entry.async_on_unload(coordinator.listeners.async_add_changes(self._async_on_changes))

    @property
    def past(self) -> Past:
        """Return all that is known."""
        return self.archive.past

    @property
    def known(self) -> bool:
        """Return whether any of the past is known."""
        return self._loaded and (self.past.cursor.until is not None or self.past.cursor.done)

    @callback
    def async_on_answered(self) -> None:
        """Let who waits for what prints are valued by look again."""
        self.on_valuable()

    async def async_load(self) -> None:
        """Load what was stored, and follow the farm."""
        entry = self._entry
        early = self.past.unclear
        await self.archive.async_load()
        self.past.unclear |= early
        self._loaded = True
        entry.async_on_unload(async_track_time_interval(self._hass, self._async_on_hour, HOUR))
        entry.async_on_unload(self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_on_stop))
        for jobs, progress in self._early:
            self.async_take(jobs, progress)
        self._early.clear()
        # Also printers that have printed nothing.
        self.async_update_all()

    async def async_unload(self) -> None:
        """Save what has changed."""
        if self._loaded:
            self._async_note_complete()
            await self.archive.async_close()

    async def _async_on_stop(self, _: Event) -> None:
        await self.async_unload()

    @property
    def complete(self) -> bool:
        """Return whether all of the past is known."""
        return self._loaded and self.past.cursor.done

    @property
    def weighs(self) -> bool:
        """Return whether it is known what parts take; the key may not be allowed to read them."""
        return self._coordinator.store_state.stock.parts_known or self.past.ledger.farm.grams > 0

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each change while the entry is loaded."""
        self._on_change.append(listener)

    # Taking over

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        jobs = [job for job in changes.ended if self._is_clear(job)]
        if not jobs:
            return
        if not self.can_value():
            # Too early to know what they took: they are read again once that is known.
            self.past.unclear.update(job.id for job in jobs if job.status in FINAL_STATUSES)
            if self._loaded and not self.known:
                # Nothing is shown yet, and the first pages bring most of them.
                return
        progress = {
            change.after.id: share
            for change in changes.job_changes
            if (share := self._progress_of(change.after)) is not None
        }
        if not self._loaded:
            self._early.append((jobs, progress))
            return
        self.async_take(jobs, progress)

    def _is_clear(self, job: PrintJob) -> bool:
        """Return whether an event has enough data of a job; else record its ID, if the event has any relevant data."""
        if job.created_at is not None and job.status is not None:
            return True
        if not _FACTS.isdisjoint(vars(job)):
            self.past.unclear.add(job.id)
            self._async_call_listeners()
        return False

    @callback
    def _async_call_listeners(self) -> None:
        for listener in self._on_change:
            listener()

    def _progress_of(self, job: PrintJob) -> float | None:
        """Return the last progress of a job that has just ended: what its printer shows until the next print."""
        if job.ended_at is None or self._coordinator.farm.server_now() - job.ended_at > _JUST:
            return None
        printer = self._coordinator.farm.printers.get(job.assigned_printer_id or "")
        if printer is None or (printer.job is not None and printer.job.id != job.id and printer.job.at_printer):
            # It shows the next print.
            return None
        percent = printer.telemetry.percent
        return None if percent is None else percent / _FULL

    @callback
    def async_take_page(self, jobs: Sequence[EndedJob]) -> None:
        """Take over what ended before the store was added; it needs no attention."""
        self._reads_past, self._shown_since = True, self._days_ago
        try:
            known = len(self.past.ledger)
            touched: set[str | None] = set()
            others = self._take_old(jobs, touched)
            self._async_take(others, {}, touched, news=len(self.past.ledger) - known)
        finally:
            self._reads_past, self._shown_since = False, 0.0

    @callback
    def async_take(self, jobs: Iterable[PrintJob], progress: Mapping[str, float] | None = None) -> None:
        """Take over jobs that are over; others are left out."""
        now = self._coordinator.store_state.clock.now()
        self._async_take(
            [ended for job in jobs if (ended := ended_job(job, now=now)) is not None], progress or {}, set()
        )

    @callback
    def _async_take(
        self, jobs: Iterable[EndedJob], progress: Mapping[str, float], touched: set[str | None], news: int = 0
    ) -> None:
        """Take over jobs, after ``news`` others that concern the printers ``touched``."""
        lacking = self._lacking_result()
        for ended in jobs:
            if self._take(ended, progress.get(ended.job.id) if progress else None, lacking, touched):
                news += 1
        if news or self.past.ledger.dirty_segments:
            self._async_note_complete()
            self.archive.async_save_soon()
        if touched:
            self._async_notify(touched)
        elif news:
            self._async_call_listeners()

    def _lacking_result(self) -> set[str]:
        """Return the printers of which no print is known."""
        results = self._coordinator.store_state.results
        return {printer for printer in self._coordinator.farm.printers if results.of(printer).result is None}

    def _take_old(self, jobs: Sequence[EndedJob], touched: set[str | None]) -> Sequence[EndedJob]:
        """Take over, all at once, new jobs that count only in sums; return the others.

        Most of a long history are such jobs: they are neither among the last prints nor the last of their printer.
        """
        past, lacking = self.past, self._lacking_result()
        known = past.ledger.known([ended.key for ended in jobs])
        new = {ended.key: ended.ended for ended in jobs if ended.printed and ended.key not in known}
        listed_since = past.recent.listed_since(new.values())
        by_key: dict[int, EndedJob] = {}
        others: list[EndedJob] = []
        for ended in jobs:
            key = ended.key
            if ended.ended >= listed_since or key in known or key in by_key or ended.printer_id in lacking:
                others.append(ended)
            else:
                by_key[key] = ended
        old = list(by_key.values())
        past.ledger.add_new(columns_of(old, usages_of(old, self._usage_of, self.measures), past.names))
        shown_since = self._shown_since
        touched.update({ended.printer_id for ended in old if ended.ended >= shown_since})
        return others

    def _usage_of(self, ended: EndedJob, progress: float | None = None) -> Usage:
        """Return what a print took; its cost only in the currency of all costs, that of the first known one."""
        usage = self.valuer(ended.job, progress, ended.seconds, ended.takes)
        if usage.cost is None:
            return usage
        if self.past.currency is None:
            self.past.currency = usage.currency
        return usage if usage.currency == self.past.currency else replace(usage, cost=None, currency=None)

    def _take(self, ended: EndedJob, progress: float | None, lacking: set[str], touched: set[str | None]) -> bool:
        """Return whether anything has changed; ``lacking`` are printers without a last result."""
        past, job, printer_id = self.past, ended.job, ended.printer_id
        usage = self._usage_of(ended, progress)
        entry = past.ledger.add(entry_of(ended, usage, past.names), end_is_guess=ended.guessed)
        if entry is None:
            return self._take_names(ended)
        ended_at = ended.end_of(entry)
        lacks_result = printer_id in lacking
        past.recent.remove(job.id, entry.attempt)
        if past.recent.wants(ended_at) or lacks_result:
            one = past_print_of(job, entry, ended_at, usage, past.currency)
            if one.printed:
                if past.recent.wants(ended_at):
                    past.recent.add(one)
                self._take_result(one)
                lacking.discard(one.printer_id or "")
        if lacks_result or entry.ended >= self._shown_since:
            touched.add(printer_id)
        return True

    def _take_names(self, ended: EndedJob) -> bool:
        """Take over what no sum depends on, such as another order; return whether that has changed."""
        past, job = self.past, ended.job
        if (known := past.ledger.latest(ended.key)) is None or ended.updated < known.updated:
            return False
        if (one := past.recent.get(job.id, known.attempt)) is None:
            return False
        # An event may say only what has changed.
        renamed = replace(one, order_id=job.order_id or one.order_id, label=job.label or one.label)
        if renamed == one:
            return False
        past.recent.add(renamed)
        return True

    def made_of(self, job: PrintJob) -> tuple[Entry, datetime, Usage, str | None] | None:
        """Return what ``past_print_of`` needs of any job, of which nothing is taken over; None if it has not ended."""
        if (ended := ended_job(job, now=self._coordinator.store_state.clock.now())) is None:
            return None
        usage = self._usage_of(ended)
        known = self.past.ledger.latest(ended.key)
        if known is None or not (ended.guessed or known.ended == ended.ended):
            known = entry_of(ended, usage, self.past.names)
        return known, ended.end_of(known), usage, self.past.currency

    def _take_result(self, one: PastPrint) -> None:
        if one.printer_id in self._coordinator.farm.printers:
            self._coordinator.store_state.async_remember_past(
                one.printer_id,
                PrintResult(
                    result=one.result,
                    reason=one.reason,
                    job_id=one.job_id,
                    job=one.title,
                    part=one.part,
                    ended_at=one.ended_at.isoformat(),
                    energy=one.energy,
                    cost=one.cost,
                    currency=one.currency if one.cost is not None else None,
                    seen=self._reads_past,
                ),
            )

    @callback
    def _async_note_complete(self) -> None:
        """Note until when all that ended is known: what came after that is read again after a crash."""
        until = self._coordinator.store_state.known_until
        if not self.missed and until is not None and self.past.complete_until is not None:
            self.past.complete_until = max(until, self.past.complete_until)

    @callback
    def _async_on_hour(self, _: object) -> None:
        # What ended longer than 30 days ago drops out.
        self.async_update_all()

    @callback
    def async_update_all(self) -> None:
        """Let everything that is shown be read again."""
        self._async_notify(set(self._coordinator.farm.printers))

    @callback
    def _async_notify(self, printer_ids: AbstractSet[str | None]) -> None:
        self._summary = None
        self._coordinator.listeners.async_update_printers(filter(None, printer_ids))
        self._coordinator.listeners.async_update_farm_soon()
        self._async_call_listeners()

    # Answers

    def totals(self, printer_id: str | None = None) -> Totals | None:
        """Return the sums of a printer, or of the farm; None while nothing of the past is known."""
        if not self.known:
            return None
        if printer_id is None:
            return self.past.ledger.farm
        number = self._number(printer_id)
        return Totals() if number is None else self.past.ledger.of_printer.get(number, Totals())

    def outcomes(self, printer_id: str | None = None) -> Outcomes | None:
        """Return how prints of the last 30 days ended, of a printer or of the farm; None while nothing is known."""
        if not self.known:
            return None
        summary = self._summarized()
        if printer_id is None:
            return summary.farm
        number = self._number(printer_id)
        return Outcomes() if number is None else summary.of_printer.get(number, Outcomes())

    def outcomes_of_parts(self) -> Iterable[tuple[str, Outcomes]]:
        """Return the names of parts and how their prints of the last 30 days ended.

        A part that was renamed is one, with the name of its last print.
        """
        found: dict[str, tuple[str, Outcomes]] = {}
        for number, outcomes in self._summarized().of_part.items():
            part_id, name = part_of(self.past.names["parts"].name(number))
            if name is None:
                continue
            if (known := found.get(key := part_id or name)) is not None:
                name = name if outcomes.latest >= known[1].latest else known[0]
                outcomes = known[1] + outcomes
            found[key] = (name, outcomes)
        return found.values()

    def _summarized(self) -> Summary:
        if self._summary is None:
            self._summary = summarize(self.past.ledger, self.past.names["reasons"], self._days_ago)
        return self._summary

    @property
    def _days_ago(self) -> float:
        return days_ago(self._coordinator.store_state.clock.now().timestamp())

    def failed_prints(self, printer_id: str) -> int:
        """Return how many prints of a printer have failed, external ones as far as they were seen."""
        seen = self._coordinator.store_state.results.of(printer_id)
        totals = self.totals(printer_id) if self.complete else None
        return max(seen.failed_prints, totals.failed + seen.failed_external) if totals else seen.failed_prints

    def _number(self, printer_id: str) -> int | None:
        return self.past.names["printers"].find(printer_id)
