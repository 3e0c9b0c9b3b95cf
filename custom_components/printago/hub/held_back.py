"""How long the quota has been holding back the polls of a store. That is no outage, unless it lasts too long."""

from collections.abc import Callable
from typing import Final

OWN_PATIENCE: Final = 2 * 3600.0
"""Seconds for which our own limiter may hold polls back: once others pause, there is room within an hour."""
OTHERS_PATIENCE: Final = 5 * 60.0
"""Seconds for which others may leave no room for polls; then a person is told as well (see ``quota_watch``)."""
_LONGEST_PAUSE: Final = 3700.0
"""Seconds after which a look must have followed another: else nobody has looked meanwhile."""
_LEAST_PAUSE: Final = 60.0
"""Seconds between two polls that Printago refuses, whatever it says: each of them is a request."""


class HeldBack:
    """Judges polls that could not go out. It outlives a reload of the entry."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure by a monotonic clock, in seconds."""
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
        """Return for how long no poll has gone through because of the quota, 0 when the last one has."""
        return self._clock() - self._since if self._since is not None else 0.0

    @property
    def by_others(self) -> bool:
        """Return whether it is because of others that use the key, not only of our own restraint."""
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
        """Note a poll that could not go out for so many seconds, since others have left no room or to keep some free."""
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
            # What held back the polls until now is over; what does so since then is our own restraint.
            self._others_since = None

    def end(self) -> None:
        """Note a poll that has ended in another way."""
        self._since = self._others_since = None

    def next_look(self, retry_after: float, *, refused: bool) -> float:
        """Return in how many seconds to try again: when there is room, or when it has lasted too long."""
        pause = max(retry_after, _LEAST_PAUSE) if refused else retry_after
        return pause if self.is_outage else min(pause, max(self._patience_left, 1.0))
