"""Slow polls: data that rarely changes is read about once an hour, and soon after a sign that it changed.

The reads take turns, so that each hour has only a few of them. A read that the key is not allowed to do is retried with
increasing delays, up to one day.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
import math
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from ..api import PermissionDeniedError, PrintagoError, RateLimitedError
from ..const import DOMAIN, LOGGER

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_FIRST_DELAY = 30
# One second more, so that no hour has a thirteenth turn.
_TURN = timedelta(minutes=5, seconds=1)
_FRESH = 0.8
"""Share of its period for which a read skips its turn."""
_PAUSE = 300.0
_HELD_BACK_PAUSE = 60.0
_LONGEST_PAUSE = DAY.total_seconds()


@dataclass(slots=True)
class _Read:
    """One slow poll."""

    name: str
    read: Callable[[], Awaitable[None]]
    every: timedelta = HOUR
    at_start: bool = True
    at_wake: bool = False
    asked_at: float = -math.inf
    refusals: int = 0
    failed: bool = False
    """The last attempt failed and may be retried."""
    answered: bool = False
    """It succeeded or was refused at least once."""
    last_error: str | None = None
    """The last error, without secrets; stays after a success."""
    cancel_later: CALLBACK_TYPE | None = None

    @property
    def wait(self) -> float:
        """Return how many seconds to wait before the next request; 0 or less for none."""
        pause = min(HOUR.total_seconds() * 2 ** (self.refusals - 1), _LONGEST_PAUSE) if self.refusals else _PAUSE
        return self.asked_at + pause - time.monotonic()

    @property
    def overdue(self) -> float:
        """Return how many periods have passed since the last request; 0 if it is only read on request.

        A read that failed is due at once, after all others that are due.
        """
        if not self.at_start and math.isinf(self.asked_at):
            return 0.0
        periods = (time.monotonic() - self.asked_at) / self.every.total_seconds()
        return max(periods, 1.0) if self.failed else periods


class SlowPoller:
    """The slow polls of one store."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, is_crowded: Callable[[], bool] = lambda: False) -> None:
        """Read for an entry while it is loaded; without a burst at the start if ``is_crowded`` finds the quota busy."""
        self._hass = hass
        self._is_crowded = is_crowded
        self._entry = entry
        self._reads: dict[str, _Read] = {}
        self._on_answered: list[Callable[[], None]] = []
        self._started = False

    def add(
        self,
        name: str,
        read: Callable[[], Awaitable[None]],
        *,
        every: timedelta = HOUR,
        at_start: bool = True,
        at_wake: bool = False,
    ) -> None:
        """Add a read that runs about ``every`` so often: from the start, or only after the first ``async_want``.

        With ``at_wake``, it is one of the few that are read together after a suspend; the others take their turns.

        ``read`` stores its result itself, may raise PrintagoError, and should send one request.
        """
        self._reads[name] = _Read(name, read, every, at_start, at_wake)

    def is_refused(self, name: str) -> bool:
        """Return whether the key is not allowed to read this."""
        return self._reads[name].refusals > 0

    @callback
    def async_add_answered(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` when a read has succeeded or was refused."""
        self._on_answered.append(listener)

    def is_answered(self, name: str) -> bool:
        """Return whether this was read, or refused, at least once."""
        return (read := self._reads.get(name)) is not None and read.answered

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return the state of each read for diagnostics: seconds since the last request, refusals in a row, last error."""
        now = time.monotonic()
        return {
            name: {
                "asked_seconds_ago": round(now - read.asked_at) if math.isfinite(read.asked_at) else None,
                "refusals": read.refusals,
                "last_error": read.last_error,
            }
            for name, read in self._reads.items()
        }

    @callback
    def async_start(self) -> None:
        """Start after half a minute, to stay out of the way of Home Assistant's start."""
        self._started = True
        self._entry.async_on_unload(async_call_later(self._hass, _FIRST_DELAY, self._async_begin))
        self._entry.async_on_unload(async_track_time_interval(self._hass, self._async_take_turn, _TURN))
        self._entry.async_on_unload(self._async_stop)

    @callback
    def async_want(self, name: str) -> None:
        """Read this soon, at most every five minutes."""
        read = self._reads.get(name)
        if read is None or not self._started or read.cancel_later is not None:
            return
        if (wait := read.wait) > 0:
            if not read.refusals:
                read.cancel_later = async_call_later(self._hass, wait, partial(self._async_want_again, read))
            return
        asked_before, read.asked_at = read.asked_at, time.monotonic()
        self._entry.async_create_background_task(self._hass, self._async_read(read, asked_before), f"{DOMAIN} {name}")

    @callback
    def _async_want_again(self, read: _Read, _: object) -> None:
        read.cancel_later = None
        self.async_want(read.name)

    @callback
    def _async_begin(self, _: object) -> None:
        # Repeated restarts would use up the quota; the regular turns come soon enough.
        if not self._is_crowded():
            self.async_want_all()

    @callback
    def async_want_all(self) -> None:
        """Read soon everything that is read from the start."""
        self._async_want_those(lambda read: read.at_start)

    @callback
    def async_wake(self) -> None:
        """Read soon what must not be hours old."""
        self._async_want_those(lambda read: read.at_wake)

    @callback
    def _async_want_those(self, chosen: Callable[[_Read], bool]) -> None:
        for read in tuple(self._reads.values()):
            if chosen(read):
                self.async_want(read.name)

    @callback
    def _async_take_turn(self, _: object) -> None:
        waiting = [
            read
            for read in self._reads.values()
            if read.overdue > _FRESH and read.wait <= 0 and read.cancel_later is None
        ]
        if waiting:
            self.async_want(max(waiting, key=lambda read: read.overdue).name)

    async def _async_read(self, read: _Read, asked_before: float) -> None:
        try:
            await read.read()
        except RateLimitedError as err:
            # It waits for room in the quota, which is not a failure: treat it as not requested yet.
            read.asked_at = asked_before
            if self._started and read.cancel_later is None:
                pause = max(err.retry_after, _HELD_BACK_PAUSE)
                read.cancel_later = async_call_later(self._hass, pause, partial(self._async_want_again, read))
        except PermissionDeniedError as err:
            read.refusals += 1
            read.failed = False
            read.answered = True
            read.last_error = str(err)
        except PrintagoError as err:
            read.failed = True
            read.last_error = str(err)
            LOGGER.debug("Reading %s failed: %s", read.name, err)
        else:
            read.refusals = 0
            read.failed = False
            read.answered = True
        if read.answered and not read.failed:
            for listener in self._on_answered:
                listener()

    @callback
    def _async_stop(self) -> None:
        self._started = False
        for read in self._reads.values():
            if read.cancel_later is not None:
                read.cancel_later()
                read.cancel_later = None
