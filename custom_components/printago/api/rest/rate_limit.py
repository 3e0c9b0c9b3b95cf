"""Printago's quota, kept by us before Printago has to enforce it.

Two sliding windows are shared by everything that uses a key: 60 requests a minute and 600 an hour (the vendor's public
documentation). Calls of the user may use all of it; background work leaves a reserve, so that a button still works
while the farm is being polled.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
import math
import time

from ..exceptions import RateLimitedError
from ..models.fields import http_date
from .contention import Contention
from .request_log import RequestLog, uptime

MAX_WAIT = 10.0
"""Seconds for which a call is held back before it fails: one of the user with a clear error, a read to come back later."""
_LET_PASS = 0.05
"""Seconds after which a read looks again whether calls of the user still wait, which go first."""


class RequestPriority(Enum):
    """Who asks: priorities differ in how much of each window they may fill."""

    USER = "user"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Window:
    """One sliding window: at most ``limit`` requests in ``seconds``, of which ``reserve`` are the user's alone.

    ``margin`` widens the window by the seconds that requests may take to reach Printago, which counts arrivals.
    """

    seconds: float
    limit: int
    reserve: int
    margin: float

    def room_for(self, priority: RequestPriority) -> int:
        """Return how many requests of the window a priority may see used before it has to wait."""
        return self.limit if priority is RequestPriority.USER else self.limit - self.reserve


WINDOWS = (
    Window(seconds=60, limit=60, reserve=20, margin=2),
    Window(seconds=3600, limit=600, reserve=200, margin=10),
)
_LONGEST = max(window.seconds + window.margin for window in WINDOWS)
_LATEST = datetime.max.replace(tzinfo=UTC).timestamp()
_OTHERS_CERTAIN = 10
"""Requests that have to be missing before others are blamed: a few of our own may have been forgotten by a crash."""


class RateLimiter:
    """Counts requests at the moment they are sent, and holds back what would not fit.

    ``monotonic`` drives the windows, so that a jump of the system clock changes nothing; ``wall``, best Printago's own
    clock, is used only to carry send times over a restart.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = uptime,
        wall: Callable[[], float] = time.time,
        on_sent: Callable[[], None] = lambda: None,
        log: RequestLog | None = None,
    ) -> None:
        """Start with empty windows; ``on_sent`` is called whenever a request was counted.

        With a ``log`` no request is sent of which a later life would not know.
        """
        self._on_sent = on_sent
        self._log = log
        self._monotonic = monotonic
        self._wall = wall
        self._sent: deque[float] = deque()
        self._carried: tuple[float, ...] = ()
        self._restored_at = -math.inf
        self._contention = Contention()
        self._taken_over: deque[float] = deque()
        self._blocked_until: dict[RequestPriority, float] = dict.fromkeys(RequestPriority, -math.inf)
        self._users_waiting = 0

    def now(self) -> float:
        """Return what the clock shows that drives the windows, in seconds."""
        return self._monotonic()

    @property
    def requests_last_hour(self) -> int:
        """Return how many requests were sent within the last 3,600 seconds."""
        since = self._monotonic() - 3600
        return sum(1 for sent in self._all() if sent > since)

    def _all(self) -> list[float]:
        """Return all send times that still matter, oldest first."""
        since = self._monotonic() - _LONGEST
        for times in (self._taken_over, self._sent):
            while times and times[0] <= since:
                times.popleft()
        return sorted([*self._taken_over, *self._sent])

    @property
    def contention_seconds(self) -> float:
        """Return for how many seconds others who use the key have been leaving too little of the quota, 0 for none."""
        return self._contention.seconds(self._monotonic())

    @property
    def is_contended(self) -> bool:
        """Return whether others leave too little of the quota now."""
        return self._contention.is_active(self._monotonic())

    @property
    def contention_is_over(self) -> bool:
        """Return whether it is certain that others leave enough of the quota, after a start, too."""
        return self._contention.is_over

    def delay(self, priority: RequestPriority, requests: int = 1) -> float:
        """Return in how many seconds so many requests of this priority may be sent together; 0 is now."""
        now = self._monotonic()
        sent = self._all()
        free_at = self._blocked_until[priority]
        for window in WINDOWS:
            room = max(1, window.room_for(priority) - requests + 1)
            if len(sent) >= room:
                # The request that has to leave the window before ours fit into it.
                free_at = max(free_at, sent[-room] + window.seconds + window.margin)
        return max(0.0, free_at - now)

    async def acquire(
        self, priority: RequestPriority, max_wait: float = MAX_WAIT, *, ended: asyncio.Event | None = None
    ) -> None:
        """Wait for room and count one request as sent.

        Raises RateLimitedError at once when the wait would exceed ``max_wait`` seconds, or when nobody wants it any more
        because of ``ended``.
        """
        if priority is not RequestPriority.USER:
            await self._acquire(priority, max_wait, ended)
            return
        self._users_waiting += 1
        try:
            await self._acquire(priority, max_wait, ended)
        finally:
            self._users_waiting -= 1

    async def _acquire(self, priority: RequestPriority, max_wait: float, ended: asyncio.Event | None) -> None:
        deadline = self._monotonic() + max_wait
        while True:
            while (delay := self._wait_of(priority)) > 0:
                if self._monotonic() + delay > deadline or (ended is not None and ended.is_set()):
                    raise RateLimitedError(delay)
                await _sleep(delay, ended)
            if self._log is None or self._log.has_room:
                break
            # Others may be quicker meanwhile.
            await self._log.write()
        self.count()

    def _wait_of(self, priority: RequestPriority) -> float:
        delay = self.delay(priority)
        if delay == 0 and priority is not RequestPriority.USER and self._users_waiting:
            return _LET_PASS
        return delay

    def count(self) -> None:
        """Count one request as sent, whether or not there is room for it: in an emergency nobody asks."""
        self._sent.append(self._monotonic())
        if self._log is not None:
            self._log.note_sent()
        self._on_sent()

    def refused(self, retry_after: float) -> None:
        """Note that Printago answered 429: nothing goes out for ``retry_after`` seconds."""
        until = self._monotonic() + retry_after
        self._note_remaining(0, retry_after)
        for priority in RequestPriority:
            self._blocked_until[priority] = max(self._blocked_until[priority], until)

    def observe(self, headers: Mapping[str, str], *, refused: bool = False) -> None:
        """Obey ``x-ratelimit-remaining`` and ``x-ratelimit-reset`` (seconds) where a response carries them.

        They show what other clients of the same key have used, which our own count cannot know. Without them any answer but
        one that ``refused`` us for want of quota shows that there was room.
        """
        remaining = _number(headers.get("x-ratelimit-remaining"))
        reset = _number(headers.get("x-ratelimit-reset"))
        if remaining is None or reset is None:
            if not refused:
                self._contention.note_room(self._monotonic())
            return
        until = self._monotonic() + min(reset, _LONGEST)
        if remaining < WINDOWS[0].reserve:
            self._blocked_until[RequestPriority.BACKGROUND] = max(
                self._blocked_until[RequestPriority.BACKGROUND], until
            )
        if remaining < 1:
            self._blocked_until[RequestPriority.USER] = max(self._blocked_until[RequestPriority.USER], until)
        self._note_remaining(remaining, until - self._monotonic())

    def _note_remaining(self, remaining: float, lasts: float) -> None:
        """Judge who has used what is no longer there: we, or others as well."""
        now, times = self._monotonic(), self._all()
        ours = min(
            window.limit - sum(1 for sent in times if sent > now - window.seconds - window.margin) for window in WINDOWS
        )
        if remaining >= WINDOWS[0].reserve:
            self._contention.note_room(now)
        elif ours - remaining >= _OTHERS_CERTAIN:
            self._contention.note_shortage(now, lasts)

    def export(self) -> list[float]:
        """Return the send times of the last hour as Unix times, oldest first."""
        age_zero = self._wall() - self._monotonic()
        return [round(age_zero + sent, 3) for sent in self._all()]

    def restore(self, sent: Iterable[object], unwritten: int = 0) -> None:
        """Take over what ``export`` gave before a restart; anything that is not a time is ignored.

        ``unwritten`` requests more may have been sent without being written down: they count as sent just now.
        """
        self._carried = tuple(
            float(when)
            for when in sent
            if isinstance(when, int | float) and abs(when) <= _LATEST and math.isfinite(when)
        )
        self._restored_at = self._monotonic()
        self._sent.extend([self._restored_at] * unwritten)
        self.date_restored()

    def date_restored(self) -> None:
        """Reckon anew how long ago the restored requests were sent, once ``wall`` is known to be right.

        Were any sent in the future, the clock was set back: the last one counts as just sent, the others as before it. None
        was sent after they were restored.
        """
        now, wall = self._monotonic(), max([self._wall(), *self._carried])
        ages = (wall - when for when in self._carried)
        self._taken_over = deque(sorted(min(now - age, self._restored_at) for age in ages if age < _LONGEST))


def parse_retry_after(value: str | None, default: float = 60.0, now: datetime | None = None) -> float:
    """Return the seconds that a ``Retry-After`` header asks for, in seconds or as a date; ``default`` without one.

    ``now`` is what the clock shows that a date goes by, else ours.
    """
    seconds = _number(value)
    if seconds is None and value is not None and (date := http_date(value)) is not None:
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return default if seconds is None else min(max(seconds, 1.0), _LONGEST)


async def _sleep(seconds: float, ended: asyncio.Event | None) -> None:
    """Sleep, until it has ended at most."""
    if ended is None:
        await asyncio.sleep(seconds)
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()


def _number(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
