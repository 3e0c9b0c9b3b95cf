"""Combines REST polls and the realtime stream. Polls have their own timer, which a message never resets."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime, timedelta
import time
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .api import (
    KEEPALIVE_SECONDS,
    MAX_WAIT,
    AuthenticationError,
    Listing,
    PermissionDeniedError,
    PrintagoClient,
    PrintagoError,
    PrintJob,
    RateLimitedError,
    RealtimeClient,
    RequestPriority,
)
from .const import CONF_STORE_ID, DOMAIN, LOGGER
from .errors import home_assistant_error, update_error
from .hub.ended_jobs import EndedJobsReader
from .hub.farm_updates import FarmUpdates
from .hub.listeners import Listeners
from .hub.persistence import StoreState
from .hub.realtime_stream import async_create_stream
from .hub.reauth import async_end_reauth
from .hub.slow_poll import HOUR, SlowPoller
from .model.farm import Farm

# One second more, so that no hour has a thirteenth poll.
POLL_WITH_STREAM = timedelta(minutes=5, seconds=1)
POLL_WITHOUT_STREAM = timedelta(seconds=60)
_POLL_REQUESTS = 2
"""Requests of a poll of up to 1,000 printers and as many open jobs."""
_RECONCILE_COOLDOWN = 15
_REMEMBER_SECONDS = 600
_EXPIRY_CHECK = timedelta(seconds=10)
_CONNECT_PATIENCE = 3
_SILENCE_SECONDS = 30
_CROWDED = 50
"""Requests in an hour that neither an idle store nor a few restarts reach."""


class PrintagoCoordinator(DataUpdateCoordinator[Farm]):
    """Keeps the farm of one store up to date."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, client: PrintagoClient, state: StoreState) -> None:
        """Start from the farm of an earlier load of the entry, if there is one."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=POLL_WITHOUT_STREAM,
            request_refresh_debouncer=Debouncer(
                hass, LOGGER, cooldown=_RECONCILE_COOLDOWN, immediate=True, background=True
            ),
        )
        self.client = client
        self.store_state = state
        self.store_id: str = entry.data[CONF_STORE_ID]
        self.farm = state.farm
        client.in_use = self.farm.is_in_use
        self.data = self.farm
        # An outage that spans a reload is logged once, and so is its end.
        self.last_update_success = not state.rest_down
        self.rest_error: PrintagoError | None = None
        """Why the last poll failed, None if it succeeded."""
        self.jobs_readable = True
        self._known = state.knows_farm(entry.data)
        self._priority = RequestPriority.BACKGROUND
        self._cancel_next_poll: CALLBACK_TYPE = lambda: None
        self.realtime: RealtimeClient | None = None
        self._connected = asyncio.Event()
        self._started = False
        self._stopped = False
        self._reading: asyncio.Task[Any] | None = None
        self._poll_requests = _POLL_REQUESTS
        self._reconcile_wanted = False
        self.listeners = Listeners(hass)
        self.updates = FarmUpdates(hass, state, self.listeners, lambda: self.available, self.async_reconcile)
        self._ended_jobs = EndedJobsReader(hass, entry, client, state, self.updates.async_publish)
        self.slow_poller = SlowPoller(hass, entry, lambda: state.limiter.requests_last_hour > _CROWDED)

    async def async_start(self) -> None:
        """Connect the stream, then read the farm.

        In this order no change between the two is missed, and one snapshot is enough. Raises ConfigEntryNotReady,
        ConfigEntryAuthFailed and ConfigEntryError; Home Assistant then shuts the coordinator down.
        """
        self.realtime = await async_create_stream(
            self.hass,
            self.config_entry,
            self.client,
            self.store_state,
            on_message=self.updates.async_on_message,
            on_connection=self._async_on_connection,
            on_refused=self._async_on_refused,
        )
        self.farm.begin_snapshot()
        self.realtime.start()
        await self._async_first_snapshot()
        self.updates.async_begin()
        entry = self.config_entry
        # Home Assistant stops without unloading; the stream must not outlive it.
        entry.async_on_unload(self.hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_on_stop))
        entry.async_on_unload(self.async_add_listener(self._async_on_refreshed))
        entry.async_on_unload(async_track_time_interval(self.hass, self.updates.async_expire, _EXPIRY_CHECK))
        entry.async_on_unload(async_track_time_interval(self.hass, self._async_on_hour, HOUR))
        self.slow_poller.async_start()

    async def _async_first_snapshot(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_PATIENCE):
                await self._connected.wait()
        if self._known and self.store_state.farm_age < _REMEMBER_SECONDS:
            # After a reload the known data is recent enough: setup does not wait for a snapshot.
            self.farm.abandon_snapshot()
            self.updates.async_publish(self.farm.expire())
            self._started = True
            self.async_reconcile()
            return
        was_connected = self._connected.is_set()
        await self.async_config_entry_first_refresh()
        self._started = True
        if self._connected.is_set() and not was_connected:
            self.async_reconcile()

    @override
    async def async_shutdown(self) -> None:
        """End the stream, all timers and reads in progress; Home Assistant calls it on every unload."""
        self._ended_jobs.end(stream_complete_until=self._stream_complete_until)
        self._stopped = True
        self._cancel_next_poll()
        self.updates.async_close()
        await super().async_shutdown()
        endings = [self.client.close(), self._async_stop_reading()]
        if self.realtime is not None:
            endings.append(self.realtime.stop())
        await asyncio.gather(*endings)
        if self.realtime is not None:
            self.store_state.stream_outage_logged = self.realtime.outage_logged
        # Messages queued for a snapshot that will not come must not be applied later.
        self.farm.abandon_snapshot()
        self.listeners.async_close()

    async def _async_stop_reading(self) -> None:
        """Cancel a snapshot in progress: its result is no longer needed, and the farm may soon be replaced."""
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
            await asyncio.wait({self._reading}, timeout=1)

    async def _async_on_stop(self, _: Event) -> None:
        await self.async_shutdown()

    @property
    def stream_since(self) -> float | None:
        """Return since when the stream has been up (monotonic clock); None while it is down."""
        return self.realtime.connected_since if self.realtime is not None else None

    @property
    def _stream_complete_until(self) -> datetime | None:
        """Return until when the stream has missed nothing (Printago's clock); None while it is down."""
        if self._stopped or not self._connected.is_set() or self.realtime is None:
            return None
        if (last_message_at := self.realtime.last_message_at) is None:
            return None
        return self.store_state.clock.now() - timedelta(seconds=time.monotonic() - last_message_at)

    @property
    def stream_is_silent(self) -> bool:
        """Return whether the stream is up but sends nothing, although printers are online."""
        return self.stream_silent_for(_SILENCE_SECONDS)

    def stream_silent_for(self, seconds: float) -> bool:
        """Return whether the stream has been up for this long and sent nothing, although printers are online."""
        return (
            self.realtime is not None
            and self.realtime.is_silent_for(seconds)
            and any(printer.is_online for printer in self.farm.printers.values())
        )

    @property
    def available(self) -> bool:
        """Return whether anything keeps the farm up to date."""
        return self._known and (
            not self.store_state.rest_down or (self._connected.is_set() and not self.stream_is_silent)
        )

    @override
    async def _async_update_data(self) -> Farm:
        try:
            farm = await self._async_poll()
        except HomeAssistantError as err:
            self.rest_error = err.__cause__ if isinstance(err.__cause__, PrintagoError) else None
            self._async_after_poll()
            raise
        self.rest_error = None
        self._async_after_poll()
        return farm

    @callback
    def _async_after_poll(self) -> None:
        self.updates.async_check_availability()
        self.listeners.async_update_polls()

    async def _async_poll(self) -> Farm:
        self._cancel_next_poll()
        self._reconcile_wanted = False
        # Changes during an outage of the stream are only known after a snapshot.
        self.update_interval = self._spread(POLL_WITHOUT_STREAM)
        priority, self._priority = self._priority, RequestPriority.BACKGROUND
        if (delay := self.store_state.limiter.delay(priority, _POLL_REQUESTS)) > MAX_WAIT:
            return self._wait_for_room(RateLimitedError(delay))
        self._reading = asyncio.current_task()
        started = time.monotonic()
        self.farm.begin_snapshot()
        try:
            printers = await self.client.printers(priority)
            jobs = await self._async_open_jobs(priority)
        except PrintagoError as err:
            self.farm.abandon_snapshot()
            if isinstance(err, RateLimitedError):
                return self._wait_for_room(err)
            self.store_state.held_back.end()
            self.store_state.rest_down = True
            raise update_error(err) from err
        finally:
            self._reading = None
        self.store_state.held_back.end()
        self.store_state.rest_down = False
        self._known = True
        async_end_reauth(self.hass, self.config_entry)
        self.store_state.async_remember_farm(self.config_entry.data)
        self._poll_requests = printers.pages + (jobs.pages if jobs is not None else 1)
        changes = self.farm.apply_snapshot(printers, jobs)
        has_stream = self._connected.is_set() and not self.stream_is_silent
        self.update_interval = self._spread(POLL_WITH_STREAM if has_stream else POLL_WITHOUT_STREAM)
        # Calculated backwards, since only responses show Printago's clock.
        asked_at = self.store_state.clock.now() - timedelta(seconds=time.monotonic() - started)
        self.updates.async_publish(changes)
        if changes.jobs_vanished:
            self._ended_jobs.want()
        if jobs is not None:
            self._ended_jobs.look(asked_at, stream_complete_until=self._stream_complete_until)
        return self.farm

    def _spread(self, interval: timedelta) -> timedelta:
        """Return the interval between polls: longer where a poll takes more requests, for the same number of them an hour."""
        return interval * (self._poll_requests / _POLL_REQUESTS)

    @callback
    def _wait_for_room(self, err: RateLimitedError) -> Farm:
        """Poll again once the quota has room; until then everything stays as it is.

        Raises UpdateFailed if that takes too long. If other clients leave no room for the first snapshot, it fails at
        once: Home Assistant shows that at the entry and retries. Our own limiter is not a failure even then.
        """
        held_back = self.store_state.held_back
        held_back.note(err.retry_after, by_others=err.refused or self.store_state.limiter.is_contended)
        pause = held_back.next_look(err.retry_after, refused=err.refused)
        self.update_interval = timedelta(seconds=pause)
        if held_back.is_outage or (held_back.by_others and not self._started):
            self.store_state.rest_down = True
            raise update_error(RateLimitedError(pause, refused=err.refused)) from err
        LOGGER.debug("The poll waits for room in the quota: %.0f s", pause)
        if self.last_update_success:
            return self.farm
        if isinstance(self.last_exception, UpdateFailed | ConfigEntryAuthFailed):
            raise self.last_exception.with_traceback(None)
        raise update_error(err) from err

    async def _async_open_jobs(self, priority: RequestPriority) -> Listing[PrintJob] | None:
        if not self.jobs_readable:
            return None
        try:
            return await self.client.open_jobs(priority)
        except PermissionDeniedError:
            # Most likely the key has no permission to view the queue: retry once an hour. The known jobs are out of
            # date and must not be used.
            self.jobs_readable = False
            self._ended_jobs.forget()
            self.updates.async_publish(self.farm.forget_jobs())
            return None

    @callback
    def async_try_jobs_again(self) -> None:
        """Request jobs again if they were refused: another request about jobs has just succeeded."""
        if not self.jobs_readable:
            self.jobs_readable = True
            self.async_reconcile()

    @callback
    def _async_on_hour(self, _: object) -> None:
        if isinstance(self.last_exception, ConfigEntryAuthFailed):
            # After a rejected key, polls stop; if that was temporary, this starts them again.
            self.async_reconcile()

    @callback
    def _async_on_refreshed(self) -> None:
        if self._reconcile_wanted and self.last_update_success and not self.store_state.held_back.active:
            # A snapshot requested while this one was in progress: its data may be older than the request.
            self.async_reconcile()

    @callback
    def async_reconcile(self) -> None:
        """Request a snapshot soon; several calls result in one."""
        if self._started:
            self._reconcile_wanted = True
            self.config_entry.async_create_background_task(
                self.hass, self.async_request_refresh(), f"{DOMAIN} reconcile"
            )

    async def async_refresh_for_person(self) -> None:
        """Request a snapshot soon; if background reads must wait, use the users' reserve of the quota.

        Raises RateLimitedError if that is used up as well.
        """
        limiter = self.store_state.limiter
        if limiter.delay(RequestPriority.BACKGROUND, _POLL_REQUESTS) <= MAX_WAIT:
            self.async_reconcile()
            return
        if (delay := limiter.delay(RequestPriority.USER, _POLL_REQUESTS)) > MAX_WAIT:
            raise RateLimitedError(delay)
        self._priority = RequestPriority.USER
        await self.async_refresh()

    @callback
    def async_catch_up(self, *, missed: float, suspended: float) -> None:
        """Catch up on ``missed`` seconds, ``suspended`` of them without any network."""
        LOGGER.debug("Time has passed unseen, or the clock was set: reading the farm again")
        self._ended_jobs.want()
        if self.realtime is not None:
            if suspended > 1.5 * KEEPALIVE_SECONDS:
                # The broker has closed the connection long ago, which our side would only notice at its next ping.
                self.realtime.give_up_connection("the machine was suspended")
            self.realtime.reconnect_now()
        self.async_reconcile()
        if missed > HOUR.total_seconds():
            self.slow_poller.async_wake()

    async def async_call[T](self, call: Awaitable[T], *, reads: bool = False) -> T:
        """Await a call of the client; raise its errors as translated errors for users.

        With ``reads``, a lost response leaves nothing uncertain.
        """
        try:
            return await call
        except PrintagoError as err:
            if isinstance(err, AuthenticationError):
                # The next snapshot confirms it, and starts reauthentication.
                self.async_reconcile()
            raise home_assistant_error(err, reads=reads) from err

    @callback
    def _async_on_connection(self, connected: bool) -> None:
        if connected:
            self._connected.set()
            if self.realtime is not None and self.realtime.endpoint is not None:
                self.store_state.async_remember_endpoint(self.realtime.endpoint.url)
            # Entity events are not retained, so changes during the outage must be read.
            self.async_reconcile()
        else:
            self._connected.clear()
            self._ended_jobs.want()
            self.update_interval = interval = self._spread(POLL_WITHOUT_STREAM)
            self._cancel_next_poll()
            if self._started and not self._stopped:
                # The timer of the last poll may be longer.
                self._cancel_next_poll = async_call_later(self.hass, interval, self._async_poll_now)
        self.listeners.async_update_farm()
        self.updates.async_check_availability()

    async def _async_poll_now(self, _: object) -> None:
        await self.async_refresh()

    @callback
    def _async_on_refused(self) -> None:
        """Let REST confirm: brokers refuse a wrong key, user and client ID with the same code."""
        if not isinstance(self.last_exception, ConfigEntryAuthFailed) or self.last_update_success:
            self.async_reconcile()

    @callback
    def async_name_printer(self, printer_id: str, name: str | None) -> None:
        """Set the name that users gave the printer; None for Printago's."""
        self.updates.async_publish(self.farm.name_printer(printer_id, name))
