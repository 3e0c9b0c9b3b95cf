"""Reads the past of a store from Printago: once all of it, newest first, and after each start what was missed.

It uses only spare requests, and continues after a restart.
"""

from datetime import datetime, timedelta
from functools import partial

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..api import PermissionDeniedError, PrintagoError, RateLimitedError, RequestPriority
from ..api.rest.history_endpoints import JobPage
from ..api.rest.job_filter import JobFilter
from ..const import DOMAIN, LOGGER
from ..coordinator import PrintagoCoordinator
from .archive import Cursor
from .job_entry import EndedJob, ended_job
from .keeper import History

FIRST_DELAY = 30.0
"""Seconds after the start of an entry, which must not become slower."""
PAUSE = 5.0
"""Seconds between two pages."""
_PAGES_PER_SAVE = 4
"""A stop saves, too; after a crash, the pages since then are read again, and their jobs still count once."""
_MOST_WAITS = 24
"""Pauses for which the past waits for prices."""
_SPARE = 10
"""Background requests that must still fit after a page, in a minute and in an hour: the farm comes first."""
_OVERLAP = 10
"""Of jobs created at the same moment, so many are read again: others of them may have left the list meanwhile."""
_CLOCK_MARGIN = timedelta(seconds=10)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
_REFUSED_PAUSE = 3600.0
_MOST_UNCLEAR = 100
"""IDs in one request: they are part of its address."""


class HistoryReader:
    """Reads for one history while its entry is loaded, one request at a time."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: PrintagoCoordinator, history: History
    ) -> None:
        """Read for an entry."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._history = history
        self._cancel: CALLBACK_TYPE | None = None
        self._reading = False
        self._stopped = False
        self._waited = 0
        self._vain = 0
        """Pages in a row that brought nothing that was not known."""

    @callback
    def async_start(self) -> None:
        """Begin in half a minute."""
        self._entry.async_on_unload(self._async_stop)
        self._history.async_add_listener(self._async_on_change)
        self._history.on_valuable = self._async_on_valuable
        self._async_read_in(FIRST_DELAY)

    @callback
    def _async_stop(self) -> None:
        self._stopped = True
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_on_change(self) -> None:
        if self._history.past.unclear and self._cancel is None and not self._reading:
            self._async_read_in(PAUSE)

    @callback
    def _async_read_in(self, seconds: float) -> None:
        if not self._stopped and self._cancel is None:
            self._cancel = async_call_later(self._hass, seconds, self._async_begin)

    @callback
    def _async_begin(self, _: object) -> None:
        self._cancel = None
        delay = self._coordinator.store_state.limiter.delay(RequestPriority.BACKGROUND, _SPARE)
        if delay > 0 or not self._coordinator.available or self._waits_for_prices():
            self._async_read_in(max(delay, PAUSE))
            return
        self._reading = True
        self._entry.async_create_background_task(self._hass, self._async_read(), f"{DOMAIN} history")

    @callback
    def _async_on_valuable(self) -> None:
        if self._waited and self._cancel is not None and self._history.can_value():
            self._cancel()
            self._async_begin(None)

    def _waits_for_prices(self) -> bool:
        """Return whether to wait for what prints are valued by, which is not for long."""
        if self._waited >= _MOST_WAITS or self._history.can_value():
            return False
        self._waited += 1
        return True

    async def _async_read(self) -> None:
        progress = self._history.progress
        try:
            more = await self._async_read_next()
        except RateLimitedError as err:
            self._reading = False
            self._async_read_in(max(err.retry_after, _SHORTEST_PAUSE))
        except PrintagoError as err:
            self._reading = False
            progress.read_failures += 1
            progress.last_read_error = str(err)
            LOGGER.debug("Reading the print history failed: %s", err)
            pause = min(_SHORTEST_PAUSE * 2 ** (progress.read_failures - 1), _LONGEST_PAUSE)
            self._async_read_in(_REFUSED_PAUSE if isinstance(err, PermissionDeniedError) else pause)
        else:
            self._reading = False
            progress.read_failures = 0
            if more:
                self._async_read_in(PAUSE)

    async def _async_read_next(self) -> bool:
        """Send the request that is most urgent; return whether there are others."""
        history, past = self._history, self._history.past
        if history.missed and past.complete_until is not None:
            await self._async_read_missed(past.complete_until)
        elif not past.cursor.done:
            # Most of the unclear jobs are on one of the pages.
            await self._async_read_page(past.cursor)
        elif past.unclear:
            await self._async_read_unclear()
        return not past.cursor.done or bool(past.unclear)

    async def _async_read_missed(self, since: datetime) -> None:
        """Read what has ended or changed since the last run."""
        asked_at = self._coordinator.store_state.clock.now()
        listing = await self._coordinator.client.ended_jobs(since - _CLOCK_MARGIN)
        self._history.async_take(listing.rows.values())
        self._history.missed = False
        if listing.complete:
            self._history.past.complete_until = max(since, asked_at)
        await self._history.archive.async_save()

    async def _async_read_unclear(self) -> None:
        """Read jobs whose event had too little data."""
        ids = sorted(self._history.past.unclear)[:_MOST_UNCLEAR]
        listing = await self._coordinator.client.queue.all(JobFilter(ids=ids), RequestPriority.BACKGROUND)
        self._history.past.unclear.difference_update(ids)
        self._history.async_take(listing.rows.values())

    async def _async_read_page(self, cursor: Cursor) -> None:
        history, past = self._history, self._history.past
        asked_at = self._coordinator.store_state.clock.now()
        page = await self._coordinator.client.history.past_jobs(
            partial(ended_job, now=asked_at), until=cursor.until, offset=cursor.offset
        )
        history.progress.pages_read += 1
        history.progress.pages_left = page.left(cursor.offset)
        if past.complete_until is None:
            past.complete_until, history.missed = asked_at, False
        if page.total is not None and cursor.until is None:
            past.ledger.reserve(page.total)
        known, was_known = len(past.ledger), history.known
        history.async_take_page(page.jobs)
        if past.unclear:
            past.unclear.difference_update(ended.job.id for ended in page.jobs)
        self._vain = 0 if len(past.ledger) > known else self._vain + 1
        past.cursor = _next(cursor, page)
        if self._vain > 1 and not past.cursor.done and past.cursor.until == cursor.until:
            LOGGER.debug("Printago repeats a page of the print history: it is taken for complete")
            past.cursor.done = True
        if past.cursor.done or not was_known:
            history.async_update_all()
        # Freeing a thousand jobs takes some milliseconds, too.
        await self._hass.async_add_executor_job(page.jobs.clear)
        if past.cursor.done or history.progress.pages_read % _PAGES_PER_SAVE == 0:
            await history.archive.async_save()
        else:
            history.archive.async_save_soon()


def _next(cursor: Cursor, page: JobPage[EndedJob]) -> Cursor:
    """Return where the page after this one begins: at the creation of its oldest job, which new jobs do not move."""
    if not page.has_more:
        return Cursor(cursor.until, cursor.offset, done=True)
    oldest = _whole_milliseconds(page.oldest) if page.oldest is not None else cursor.until
    if oldest is None or (cursor.until is not None and oldest >= cursor.until):
        # All of the page is as old as its first job, or of no known age.
        return Cursor(cursor.until, cursor.offset + max(1, page.length - _OVERLAP))
    return Cursor(oldest, max(0, page.of_oldest - _OVERLAP))


def _whole_milliseconds(moment: datetime) -> datetime:
    """Return a time as a filter can name it, no earlier than it is."""
    odd = moment.microsecond % 1000
    return moment + timedelta(microseconds=1000 - odd) if odd else moment
