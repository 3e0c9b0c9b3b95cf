"""Hours of Home Assistant in seconds: tests advance its clock and its timers, sockets stay in real time."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time as time_of_day, timedelta
import sys
import time
from typing import Any
from zoneinfo import ZoneInfo

from freezegun import api as freezegun, freeze_time
from homeassistant.core import HomeAssistant

NOON = datetime.combine(datetime.now(UTC) + timedelta(days=1), time_of_day(12), ZoneInfo("US/Pacific"))
"""Noon of tomorrow in the time zone of the test plugin's Home Assistant, after all that the virtual farm did in real time.

No example mentions a time near it.
"""


def farm_time() -> datetime:
    """Return the time of a farm that starts an hour before the simulated noon, at whatever time the tests run."""
    return max(datetime.now(UTC), NOON.astimezone(UTC) - timedelta(hours=1))


_REAL = ["aiohttp", "aiomqtt", "amqtt", "paho", "websockets"]
"""Packages that use real time: a connection must not time out because an hour is skipped."""
_PATIENCE = 0.2
"""Real seconds for pending work to finish."""
_TURNS = 20
"""Turns of the loop in which an automation has finished, since its actions are mocked, or waits for simulated time."""
_IDLE_TURNS = 2
"""Turns with nothing else to run after which nothing will come: no timer is due, and no task waits for a socket."""


class SimulatedTime:
    """Advances the wall clock, and the timers of Home Assistant and its integrations."""

    def __init__(self, clock: Any) -> None:
        """Move a clock of freezegun."""
        self._clock = clock
        self._timers: list[asyncio.TimerHandle] = []

    def call_at(self, when: float, callback: Callable[..., Any], args: tuple[Any, ...]) -> asyncio.TimerHandle:
        """Call at this time."""
        timer = asyncio.TimerHandle(when, callback, args, asyncio.get_running_loop())
        self._timers.append(timer)
        return timer

    def skip(self, seconds: float) -> None:
        """Advance the time at once, as if the machine was off: timers due in between are late."""
        self._clock.tick(seconds)

    def forget_timers(self) -> None:
        """Drop all timers: their Home Assistant has stopped."""
        self._timers.clear()

    async def pass_by(self, hass: HomeAssistant, seconds: float) -> None:
        """Advance the time from timer to timer, and wait for the work of each of them."""
        end = time.time() + seconds
        await _settle(hass)
        while (timer := self._next(end)) is not None:
            self._timers.remove(timer)
            self._move_to(timer.when())
            timer._run()
            await _settle(hass)
        self._move_to(end)
        await _settle(hass)

    def _next(self, end: float) -> asyncio.TimerHandle | None:
        self._timers = [timer for timer in self._timers if not timer.cancelled()]
        due = [timer for timer in self._timers if timer.when() <= end]
        return min(due, key=asyncio.TimerHandle.when, default=None)

    def _move_to(self, moment: float) -> None:
        if (ahead := moment - time.time()) > 0:
            self._clock.tick(ahead)


async def _settle(hass: HomeAssistant) -> None:
    """Wait for pending work, except for automations: one that waits for simulated time never finishes."""
    this = asyncio.current_task()
    loop: Any = asyncio.get_running_loop()
    idle = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            for _ in range(_TURNS):
                await asyncio.sleep(0)
                idle = 0 if loop._ready else idle + 1
                if idle == _IDLE_TURNS:
                    return
                while pending := [task for task in hass._tasks | hass._background_tasks if _is_work(task, this)]:
                    await asyncio.wait(pending)


def _is_work(task: asyncio.Future[Any], this: asyncio.Task[Any] | None) -> bool:
    name = getattr(task.get_coro(), "__qualname__", "") if isinstance(task, asyncio.Task) else ""
    return task is not this and not name.startswith(("AutomationEntity.", "Script."))


@contextmanager
def simulated_time() -> Iterator[SimulatedTime]:
    """Replace the wall clock, and every new timer of Home Assistant or an integration."""
    loop: Any = asyncio.get_running_loop()
    with freeze_time(NOON, tick=True, ignore=_REAL) as clock:
        simulated = SimulatedTime(clock)
        real_time, real_call_at, real_call_later = loop.time, loop.call_at, loop.call_later

        def now() -> float:
            return time.time() if _is_home_assistants() else freezegun.real_monotonic()

        def call_at(when: float, callback: Callable[..., Any], *args: Any, **options: Any) -> asyncio.TimerHandle:
            if _is_home_assistants():
                return simulated.call_at(when, callback, args)
            timer: asyncio.TimerHandle = real_call_at(when, callback, *args, **options)
            return timer

        def call_later(delay: float, callback: Callable[..., Any], *args: Any, **options: Any) -> asyncio.TimerHandle:
            if _is_home_assistants():
                return simulated.call_at(time.time() + delay, callback, args)
            timer: asyncio.TimerHandle = real_call_later(delay, callback, *args, **options)
            return timer

        loop.time, loop.call_at, loop.call_later = now, call_at, call_later
        try:
            yield simulated
        finally:
            loop.time, loop.call_at, loop.call_later = real_time, real_call_at, real_call_later


def _is_home_assistants() -> bool:
    """Return whether the calling function was called by Home Assistant or an integration."""
    return sys._getframe(2).f_globals["__name__"].startswith(("homeassistant.", "custom_components."))
