"""Saves the number of sent requests, so that none is forgotten even after a crash."""

import asyncio
from collections.abc import Awaitable, Callable
import time

MAX_UNSAVED = 2
"""How many requests may be sent before the next write; after a crash that many count as sent."""

_SUSPEND_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def uptime() -> float:
    """Return the seconds of a monotonic clock that also runs while the machine is suspended, if there is one."""
    return time.monotonic() if _SUSPEND_CLOCK is None else time.clock_gettime(_SUSPEND_CLOCK)


class RequestLog:
    """Counts the requests sent since the last completed write."""

    def __init__(self, save: Callable[[], Awaitable[None]]) -> None:
        """Save with ``save``, which saves everything counted so far, and allows for MAX_UNSAVED more."""
        self._save = save
        self._sent = 0
        self._written: int | None = None
        self._lock = asyncio.Lock()

    @property
    def has_room(self) -> bool:
        """Return whether one more request may be sent before the next write."""
        return self._written is not None and self._sent - self._written < MAX_UNSAVED

    @property
    def is_half_full(self) -> bool:
        """Return whether to write now, before a request has to wait for it."""
        return self._written is None or 2 * (self._sent - self._written) >= MAX_UNSAVED

    def note_sent(self) -> None:
        """Count one request."""
        self._sent += 1

    def reset(self) -> None:
        """Treat everything as unsaved: the saved data was removed, or is not to be kept."""
        self._written = None

    async def write_ended(self) -> None:
        """Wait for the end of a write in progress."""
        async with self._lock:
            pass

    async def write(self, *, early: bool = False) -> None:
        """Write, unless another call has just made room; ``early`` does so before there is none left."""
        async with self._lock:
            if self.has_room and not (early and self.is_half_full):
                return
            sent = self._sent
            await self._save()
            self._written = sent
