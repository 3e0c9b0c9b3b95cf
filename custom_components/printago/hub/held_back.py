"""How long the quota has held back the polls of a store. This is not an outage unless it lasts too long."""

from collections.abc import Callable
from typing import Final

OWN_PATIENCE: Final = 2 * 3600.0
"""Seconds for which our own limiter may hold back polls: there is room within an hour once others pause."""
OTHERS_PATIENCE: Final = 5 * 60.0
"""Seconds for which others may leave no room for polls; then a repair issue is raised as well (``issues.quota``)."""
_LONGEST_PAUSE: Final = 3700.0
"""Longest time in seconds between two polls; after a longer one, counting starts over."""
_LEAST_PAUSE: Final = 60.0
"""Shortest time in seconds between two polls that Printago refuses, since each of them is a request."""


class HeldBack:
    """Tracks polls that could not be sent. Survives a reload of the entry."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure with a monotonic clock, in seconds."""
        self._clock = clock
        self._since: float | None = None
        self._noted_at = 0.0
        self._others_since: float | None = None
        self._others_until = 0.0

    @property
    def active(self) -> bool:
        """Return whether the last poll was held back or refused."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """Return for how many seconds the quota has held back every poll; 0 if the last one went through."""
        return self._clock() - self._since if self._since is not None else 0.0

    @property
    def by_others(self) -> bool:
        """Return whether others that use the key are the cause, not only our own limiter."""
        return self._others_since is not None

    @property
    def is_outage(self) -> bool:
        """Return whether it has lasted too long."""
        return self._patience_left <= 0

    @property
    def _patience_left(self) -> float:
        now = self._clock()
        left = [OWN_PATIENCE - (now - self._since)] if self._since is not None else []
        left += [OTHERS_PATIENCE - (now - self._others_since)] if self._others_since is not None else []
        return min(left, default=OWN_PATIENCE)

    def note(self, retry_after: float, *, by_others: bool) -> None:
        """Record a poll that cannot be sent for ``retry_after`` seconds, because of others or of our own limiter."""
        now = self._clock()
        if now - self._noted_at > _LONGEST_PAUSE:
            self.end()
        self._noted_at = now
        if self._since is None:
            self._since = now
        if by_others:
            self._others_until = now + retry_after
            if self._others_since is None:
                self._others_since = now
        elif now > self._others_until:
            # The pause caused by others has passed; from now on our own limiter is the cause.
            self._others_since = None

    def end(self) -> None:
        """Record a poll that the quota did not hold back."""
        self._since = self._others_since = None

    def next_look(self, retry_after: float, *, refused: bool) -> float:
        """Return in how many seconds to try again: when there is room, or when this becomes an outage."""
        pause = max(retry_after, _LEAST_PAUSE) if refused else retry_after
        return pause if self.is_outage else min(pause, max(self._patience_left, 1.0))
