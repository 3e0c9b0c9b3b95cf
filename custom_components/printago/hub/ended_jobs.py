"""Reads how jobs ended if no event said so: those that disappeared, and those that ended while the stream was down."""

from collections.abc import Callable
from datetime import datetime, timedelta
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..api import PrintagoClient, PrintagoError
from ..const import DOMAIN, LOGGER
from ..model.changes import Changes
from .persistence import StoreState

_PAUSE = 150
"""Seconds between two requests while the stream is down, since every job that ends then would cause one."""
_CLOCK_MARGIN = timedelta(seconds=10)
_UNSEEN = timedelta(minutes=1)
"""How long the entry may have been unloaded before jobs may have been created and ended unnoticed."""


class EndedJobsReader:
    """Reads ended jobs after a snapshot, one request at a time; what is still to be read survives a reload."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: PrintagoClient,
        store_state: StoreState,
        publish: Callable[[Changes], None],
    ) -> None:
        """Read for an entry; ``publish`` is called with the changes."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store_state = store_state
        self._publish = publish
        self._asking = False
        self._asked_at: float | None = None
        self._looked = False
        self._stream_was_down = False
        """The stream was down at the last snapshot: what was missed since then must still be read."""

    @callback
    def end(self, *, stream_complete_until: datetime | None) -> None:
        """Record until when ended jobs are known, as the entry is unloaded; ``stream_complete_until`` as in ``look``."""
        if self._asking:
            self.want()
        elif self._looked and not self._store_state.ended_jobs_wanted:
            self._advance(stream_complete_until)

    @callback
    def want(self) -> None:
        """Read after the next snapshot: something may have been missed."""
        self._store_state.ended_jobs_wanted = True

    @callback
    def forget(self) -> None:
        """Read nothing: the key is not allowed to read jobs."""
        self._store_state.known_until = None

    @callback
    def look(self, asked_at: datetime, *, stream_complete_until: datetime | None) -> None:
        """Read if needed, after a snapshot that was requested at ``asked_at`` (Printago's clock).

        Until ``stream_complete_until`` (Printago's clock) the stream has missed nothing: a connection that brings nothing
        may be dead. None while it is down.
        """
        if self._asking:
            return
        store_state, now = self._store_state, time.monotonic()
        since, self._looked, looked = store_state.known_until, True, self._looked
        unseen = not looked and since is not None and asked_at - since > _UNSEEN
        if unseen or (self._stream_was_down and stream_complete_until is not None):
            self.want()
        self._stream_was_down = stream_complete_until is None
        if since is None:
            store_state.known_until = asked_at
            store_state.ended_jobs_wanted = False
            return
        if not store_state.ended_jobs_wanted:
            self._advance(stream_complete_until)
            return
        if stream_complete_until is None and self._asked_at is not None and now - self._asked_at < _PAUSE:
            return
        self._asked_at = now
        self._asking = True
        # What is missed from now on needs another request.
        store_state.ended_jobs_wanted = False
        self._entry.async_create_background_task(self._hass, self._async_ask(since, asked_at), f"{DOMAIN} endings")

    @callback
    def _advance(self, until: datetime | None) -> None:
        if until is not None and self._store_state.known_until is not None:
            self._store_state.known_until = max(self._store_state.known_until, until)

    async def _async_ask(self, since: datetime, asked_at: datetime) -> None:
        answered = False
        try:
            jobs = await self._client.ended_jobs(since - _CLOCK_MARGIN)
            answered = True
        except PrintagoError as err:
            LOGGER.debug("Asking how jobs ended failed: %s", err)
            return
        finally:
            self._asking = False
            self._store_state.ended_jobs_wanted |= not answered
        self._store_state.known_until = asked_at
        self._publish(self._store_state.farm.apply_ended_jobs(jobs, since))
