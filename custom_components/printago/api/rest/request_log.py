"""What is written down of the requests that were sent, so that no end, however sudden, makes us forget any."""

import asyncio
from collections.abc import Awaitable, Callable
import time

MAX_UNSAVED = 2
"""How many requests may be sent that are not written down yet: so many are taken for sent after a sudden end."""

_SUSPEND_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def uptime() -> float:
    """Return seconds of a monotonic clock that also runs while the machine is suspended, where there is one."""
    return time.monotonic() if _SUSPEND_CLOCK is None else time.clock_gettime(_SUSPEND_CLOCK)


class RequestLog:
    """Knows how many requests were sent since the last write that is known to have ended."""

    def __init__(self, save: Callable[[], Awaitable[None]]) -> None:
        """Write with ``save``, which writes down all that was counted when it is called, and that MAX_UNSAVED more may follow."""
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
        """Return whether it is time to write, before a request has to wait for it."""
        return self._written is None or 2 * (self._sent - self._written) >= MAX_UNSAVED

    def note_sent(self) -> None:
        """Count one request."""
        self._sent += 1

    def start_anew(self) -> None:
        """Take nothing for written: what was saved until now is gone, or was never meant to stay."""
        self._written = None

    async def write_ended(self) -> None:
        """Wait for the end of a write that is under way."""
        async with self._lock:
            pass

    async def write(self, *, early: bool = False) -> None:
        """Write, unless somebody else has just made room; ``early`` does so before there is none left."""
        async with self._lock:
            if self.has_room and not (early and self.is_half_full):
                return
            sent = self._sent
            await self._save()
            self._written = sent
