"""Noticing that others who use the same API key leave too little of the quota."""

GRACE_SECONDS = 300.0
"""For how long after a shortage an answer that shows room says nothing yet: who else asks may only be taking a breath."""


class Contention:
    """How long others have been using up the quota. All times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        """Start without a shortage."""
        self._since: float | None = None
        self._until: float | None = None
        self.is_over = False
        """There is none, and none can have been going on when we began to look."""

    def note_shortage(self, now: float, lasts: float) -> None:
        """Note that others have left too little, and for how many seconds that is certain."""
        self.is_over = False
        if self._since is None:
            self._since = now
        self._until = max(self._until or 0.0, now + lasts)

    def note_room(self, now: float) -> None:
        """Note an answer that shows enough room; some time after the last shortage it ends what went before."""
        if self._until is None:
            self._until = now
        elif now > self._until + GRACE_SECONDS:
            self._since = None
            self.is_over = True

    def is_active(self, now: float) -> bool:
        """Return whether the last shortage is certain to go on."""
        return self._since is not None and self._until is not None and now < self._until

    def seconds(self, now: float) -> float:
        """Return for how many seconds it has been known to last, 0 when there is none."""
        return max(0.0, min(now, self._until or 0.0) - self._since) if self._since is not None else 0.0
