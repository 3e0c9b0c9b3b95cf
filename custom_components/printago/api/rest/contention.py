"""Detects that other clients of the same API key leave too little of the quota."""

GRACE_SECONDS = 300.0
"""Seconds after a shortage in which a response with room left proves nothing: other clients may only be pausing."""


class Contention:
    """Measures how long other clients have used up the quota. All times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        """Start without a shortage."""
        self._since: float | None = None
        self._until: float | None = None
        self.is_over = False
        """There is no shortage, and none began before the start."""

    def note_shortage(self, now: float, lasts: float) -> None:
        """Record that other clients have left too little, and for how many seconds that is certain."""
        self.is_over = False
        if self._since is None:
            self._since = now
        self._until = max(self._until or 0.0, now + lasts)

    def note_room(self, now: float) -> None:
        """Record a response that shows enough room; some time after the last shortage it ends the shortage."""
        if self._until is None:
            self._until = now
        elif now > self._until + GRACE_SECONDS:
            self._since = None
            self.is_over = True

    def is_active(self, now: float) -> bool:
        """Return whether the last shortage certainly continues."""
        return self._since is not None and self._until is not None and now < self._until

    def seconds(self, now: float) -> float:
        """Return for how many seconds the shortage has been known to last, 0 if there is none."""
        return max(0.0, min(now, self._until or 0.0) - self._since) if self._since is not None else 0.0
