"""Finding out how jobs ended of which nobody told: those that vanished, and those of a time without a stream."""

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
"""Seconds between two questions while the stream is down, since every job that ends then is a reason to ask."""
_CLOCK_MARGIN = timedelta(seconds=10)
_UNSEEN = timedelta(minutes=1)
"""How long there may have been no entry before jobs are believed to have come and gone meanwhile."""


class EndedJobsReader:
    """Asks how jobs ended, after a snapshot and at most one question at a time; what is left to ask outlives a reload."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: PrintagoClient,
        store_state: StoreState,
        publish: Callable[[Changes], None],
    ) -> None:
        """Ask on behalf of an entry, and hand to ``publish`` what that makes different."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store_state = store_state
        self._publish = publish
        self._asking = False
        self._asked_at: float | None = None
        self._looked = False
        self._stream_was_down = False
        """At the last snapshot: what was missed since then is still to be asked for."""

    @callback
    def end(self, *, stream_complete_until: datetime | None) -> None:
        """Note that nobody listens any more; ``stream_complete_until`` as in ``look``."""
        if self._asking:
            self.want()
        elif self._looked and not self._store_state.ended_jobs_wanted:
            self._advance(stream_complete_until)

    @callback
    def want(self) -> None:
        """Ask once the next snapshot has come: something may have been missed."""
        self._store_state.ended_jobs_wanted = True

    @callback
    def forget(self) -> None:
        """Ask nothing: the key may not read jobs."""
        self._store_state.known_until = None

    @callback
    def look(self, asked_at: datetime, *, stream_complete_until: datetime | None) -> None:
        """Ask if need be; a snapshot that was asked for at ``asked_at`` (Printago's clock) has just come.

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
        # What is missed from now on is another question's.
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
