"""Rate limiting: keeps requests within Printago's quota.

Two sliding windows are shared by all calls with one key: 60 requests a minute and 600 an hour (the vendor's public
documentation). Calls of the user may use all of them; background work leaves a reserve, so that a button works while
the farm is polled.
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
"""Longest time in seconds that a call waits before it fails: a user's call with an error, a read to be retried later.
"""
_LET_PASS = 0.05
"""Seconds after which a read checks again whether users' calls are waiting, which go first."""


class RequestPriority(Enum):
    """The priority of a request: how much of each window it may use."""

    USER = "user"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Window:
    """One sliding window: at most ``limit`` requests in ``seconds``; ``reserve`` of them are for users' calls only.

    ``margin`` widens the window by the seconds that requests may take to reach Printago, which counts arrivals.
    """

    seconds: float
    limit: int
    reserve: int
    margin: float

    def room_for(self, priority: RequestPriority) -> int:
        """Return how many requests of the window may be used before this priority must wait."""
        return self.limit if priority is RequestPriority.USER else self.limit - self.reserve


WINDOWS = (
    Window(seconds=60, limit=60, reserve=20, margin=2),
    Window(seconds=3600, limit=600, reserve=200, margin=10),
)
_LONGEST = max(window.seconds + window.margin for window in WINDOWS)
_LATEST = datetime.max.replace(tzinfo=UTC).timestamp()
_OTHERS_CERTAIN = 10
"""Unexplained requests from which on other clients are the cause: a crash may have lost a few of our own."""


class RateLimiter:
    """Counts requests when they are sent, and delays those that exceed a window.

    ``monotonic`` drives the windows, so that changes of the system clock do not matter; ``wall``, preferably Printago's
    own clock, is only used to keep send times over a restart.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = uptime,
        wall: Callable[[], float] = time.time,
        on_sent: Callable[[], None] = lambda: None,
        log: RequestLog | None = None,
    ) -> None:
        """Start with empty windows; ``on_sent`` is called for every counted request.

        With a ``log``, no request is sent that could be missing after a restart.
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
        """Return the time of the clock that drives the windows, in seconds."""
        return self._monotonic()

    @property
    def requests_last_hour(self) -> int:
        """Return how many requests were sent within the last 3,600 seconds."""
        since = self._monotonic() - 3600
        return sum(1 for sent in self._all() if sent > since)

    def _all(self) -> list[float]:
        """Return all send times within the longest window, oldest first."""
        since = self._monotonic() - _LONGEST
        for times in (self._taken_over, self._sent):
            while times and times[0] <= since:
                times.popleft()
        return sorted([*self._taken_over, *self._sent])

    @property
    def contention_seconds(self) -> float:
        """Return for how many seconds other clients of the key have left too little of the quota, 0 if they have not."""
        return self._contention.seconds(self._monotonic())

    @property
    def is_contended(self) -> bool:
        """Return whether other clients leave too little of the quota now."""
        return self._contention.is_active(self._monotonic())

    @property
    def contention_is_over(self) -> bool:
        """Return whether other clients certainly leave enough of the quota, also after a start."""
        return self._contention.is_over

    def delay(self, priority: RequestPriority, requests: int = 1) -> float:
        """Return in how many seconds this number of requests can be sent with this priority; 0 if now."""
        now = self._monotonic()
        sent = self._all()
        free_at = self._blocked_until[priority]
        for window in WINDOWS:
            room = max(1, window.room_for(priority) - requests + 1)
            if len(sent) >= room:
                # The request that must leave the window before ours fit in.
                free_at = max(free_at, sent[-room] + window.seconds + window.margin)
        return max(0.0, free_at - now)

    async def acquire(
        self, priority: RequestPriority, max_wait: float = MAX_WAIT, *, ended: asyncio.Event | None = None
    ) -> None:
        """Wait for room and count one request as sent.

        Raises RateLimitedError at once if the wait would exceed ``max_wait`` seconds, or when ``ended`` is set since
        nothing needs the request any more.
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
            # Other calls may have used the room meanwhile.
            await self._log.write()
        self.count()

    def _wait_of(self, priority: RequestPriority) -> float:
        delay = self.delay(priority)
        if delay == 0 and priority is not RequestPriority.USER and self._users_waiting:
            return _LET_PASS
        return delay

    def count(self) -> None:
        """Count one request as sent, whether or not there is room; an emergency stop does not wait."""
        self._sent.append(self._monotonic())
        if self._log is not None:
            self._log.note_sent()
        self._on_sent()

    def refused(self, retry_after: float) -> None:
        """Record a response with HTTP 429: no request is sent for ``retry_after`` seconds."""
        until = self._monotonic() + retry_after
        self._note_remaining(0, retry_after)
        for priority in RequestPriority:
            self._blocked_until[priority] = max(self._blocked_until[priority], until)

    def observe(self, headers: Mapping[str, str], *, refused: bool = False) -> None:
        """Apply ``x-ratelimit-remaining`` and ``x-ratelimit-reset`` (seconds) if a response has them.

        They include requests of other clients with the same key. Without them, any response except one that ``refused``
        us because of the quota shows that there was room.
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
        """Decide who used the missing requests: we alone, or other clients as well."""
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
        """Load what ``export`` returned before a restart; ignore anything that is not a time.

        ``unwritten`` more requests may have been sent without being saved: they count as sent now.
        """
        self._carried = tuple(
            # NaN and infinities are out of range, too.
            float(when)
            for when in sent
            if isinstance(when, int | float) and abs(when) <= _LATEST
        )
        self._restored_at = self._monotonic()
        self._sent.extend([self._restored_at] * unwritten)
        self.date_restored()

    def date_restored(self) -> None:
        """Calculate again how long ago the restored requests were sent, once ``wall`` is known to be right.

        If one is in the future, the clock was set back: the last one then counts as just sent, the others relative to
        it. None was sent after they were restored.
        """
        now, wall = self._monotonic(), max([self._wall(), *self._carried])
        ages = (wall - when for when in self._carried)
        self._taken_over = deque(sorted(min(now - age, self._restored_at) for age in ages if age < _LONGEST))


def parse_retry_after(value: str | None, default: float = 60.0, now: datetime | None = None) -> float:
    """Return the delay of a ``Retry-After`` header in seconds, from a number or a date; ``default`` without one.

    ``now`` is the time that a date is relative to, by default that of our clock.
    """
    seconds = _number(value)
    if seconds is None and value is not None and (date := http_date(value)) is not None:
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return default if seconds is None else min(max(seconds, 1.0), _LONGEST)


async def _sleep(seconds: float, ended: asyncio.Event | None) -> None:
    """Sleep, but no longer than until ``ended`` is set."""
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
