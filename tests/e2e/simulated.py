"""Hours in seconds: clocks and timers of Home Assistant, integration and farm advance together, sockets stay real.

Every clock is the real one plus the time added by the test, so waits that the test does not skip continue normally.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
import heapq
import math
import time
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RateLimiter, RealtimeClient, ServerClock
from virtual_farm import VirtualFarm

_FARM_STEP = 30.0
_LEAST_STEP = 0.5
"""Seconds within which due timers run together."""
_MOST_TURNS = 100_000
_PRODUCT = "custom_components.printago"
_READERS = (
    "coordinator",
    "diagnostics.health",
    "issues.unprintable_items",
    "hub.clock_jumps",
    "hub.cover_cache",
    "hub.ended_jobs",
    "hub.slow_poll",
    "hub.store_poll",
    "model.jobs",
    "printing.catalog",
)
"""Modules that read ``time.monotonic`` themselves; all others get their clock from outside."""
_OTHERS = ("aiohttp", "amqtt", "virtual_farm", "websockets")
"""Packages whose timers belong to real sockets, and are left alone."""


class SimulatedTime:
    """Four clocks: the system clock, one that is never set, one that also stops during a suspend, and the cloud's."""

    def __init__(self) -> None:
        """Start with correct clocks."""
        self._running = 0.0
        self._up = 0.0
        self._wall = 0.0
        self._server = 0.0

    def monotonic(self) -> float:
        """Return the time of ``time.monotonic``, which stops during a suspend."""
        return time.monotonic() + self._running

    def uptime(self) -> float:
        """Return the time of the clock that runs during a suspend."""
        return time.monotonic() + self._up

    def utcnow(self) -> datetime:
        """Return the time of the machine's system clock."""
        return datetime.now(UTC) + timedelta(seconds=self._wall)

    def server_now(self) -> datetime:
        """Return the time of the cloud's clock."""
        return datetime.now(UTC) + timedelta(seconds=self._server)

    def set_clock(self, seconds: float) -> None:
        """Set the machine's system clock forward or back."""
        self._wall += seconds

    def set_date(self, moment: datetime) -> None:
        """Set all clocks to this time."""
        seconds = (moment - self.server_now()).total_seconds()
        self._server += seconds
        self._wall += seconds

    def suspend(self, seconds: float) -> None:
        """Suspend the machine: the rest of the world continues, its timers do not."""
        self._up += seconds
        self._wall += seconds
        self._server += seconds

    def pause(self, seconds: float) -> None:
        """Pause a virtual machine: when it continues, its host only corrects the system clock."""
        self._wall += seconds
        self._server += seconds

    def leap(self, seconds: float) -> None:
        """Advance the time; due timers run in the next iteration of the loop, all at once."""
        self.suspend(seconds)
        self._run(seconds)

    def jump(self) -> None:
        """Let the stopped clock of a suspended machine jump to the real time, and its timers with it."""
        self._run(self._up - self._running)

    def _run(self, seconds: float) -> None:
        self._running += seconds
        handles = get_scheduled_timer_handles(asyncio.get_running_loop())
        for handle in handles:
            if not _is_about_sockets(handle):
                handle._when -= seconds
        heapq.heapify(handles)

    async def pass_(self, entry: MockConfigEntry, seconds: float, *, farm: VirtualFarm | None = None) -> None:
        """Advance the time from timer to timer, and finish the work of each; ``farm`` runs meanwhile."""
        hass: HomeAssistant = entry.runtime_data.coordinator.hass
        # Recording where each timer was created takes most of the time.
        hass.loop.set_debug(False)
        end, works_at = self.uptime() + seconds, self.uptime() + _FARM_STEP
        while (now := self.uptime()) < end:
            due = min(works_at if farm is not None else end, end)
            self.leap(min(due - now, max(_until_next_timer(), _LEAST_STEP)))
            await settle(hass)
            if farm is not None and self.uptime() >= works_at:
                works_at += _FARM_STEP
                with _arriving(entry, farm) as arrived:
                    await farm.advance(_FARM_STEP)
                    await arrived()
                await settle(hass)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this the time of the integration, and of the farms' repeated messages."""
        ours = SimpleNamespace(monotonic=self.monotonic, time=lambda: self.utcnow().timestamp())
        for module in _READERS:
            monkeypatch.setattr(f"{_PRODUCT}.{module}.time", ours)
        for module in ("model.stream_outage", "issues.stream"):
            monkeypatch.setattr(f"{_PRODUCT}.{module}.monotonic", self.monotonic, raising=False)
        for module in ("hub.clock_jumps", "hub.persistence", "hub.pending_events"):
            monkeypatch.setattr(f"{_PRODUCT}.{module}.uptime", self.uptime)
        monkeypatch.setattr("homeassistant.util.dt.utcnow", self.utcnow)
        # The farm is not on the suspended machine.
        monkeypatch.setattr("virtual_farm.feed.time", SimpleNamespace(monotonic=self.uptime))
        for owner, argument, clock in (
            (RateLimiter, "monotonic", self.uptime),
            (ServerClock, "steady", self.uptime),
            (RealtimeClient, "clock", self.monotonic),
        ):
            defaults: dict[str, Any] = owner.__init__.__kwdefaults__
            assert argument in defaults
            monkeypatch.setitem(defaults, argument, clock)


def _is_about_sockets(handle: asyncio.TimerHandle) -> bool:
    owner = getattr(handle._callback, "__self__", None)
    if not isinstance(owner, asyncio.Timeout):
        return type(owner).__module__.startswith(_OTHERS)
    task = owner._task
    coroutine = task.get_coro() if task is not None else None
    file = coroutine.cr_code.co_filename if coroutine is not None else ""
    return any(f"/{name}/" in file for name in _OTHERS)


def _until_next_timer() -> float:
    """Return in how many seconds the next timer of Home Assistant is due."""
    loop = asyncio.get_running_loop()
    return min(
        (
            handle.when() - loop.time()
            for handle in get_scheduled_timer_handles(loop)
            if not handle.cancelled() and str(getattr(handle._callback, "__module__", "")).startswith("homeassistant")
        ),
        default=math.inf,
    )


async def settle(hass: HomeAssistant) -> None:
    """Wait for the work of timers."""
    # One iteration of the loop for due timers, one for what they have started.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await hass.async_block_till_done(wait_background_tasks=True)


@contextmanager
def _arriving(entry: MockConfigEntry, farm: VirtualFarm) -> Generator[Callable[[], Awaitable[None]]]:
    """Yield a function that waits for the arrival of all messages that a farm publishes meanwhile, if anything listens."""
    stream = entry.runtime_data.coordinator.realtime
    published, received = farm.feed.messages, stream.messages_received

    async def arrived() -> None:
        for _ in range(_MOST_TURNS):
            if not stream.connected or stream.messages_received - received >= farm.feed.messages - published:
                return
            await asyncio.sleep(0)
        raise TimeoutError

    yield arrived
