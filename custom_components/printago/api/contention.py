"""Noticing that others who use the same API key leave too little of the quota."""

GRACE_SECONDS = 300.0
"""For how long after a shortage an answer that shows room says nothing yet: who else asks may only be taking a breath."""


class Contention:
    """How long others have been using up the quota. All times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        """Start without a shortage."""
        self._since: float | None = None
        self._until = 0.0

    def note_shortage(self, now: float, lasts: float) -> None:
        """Note that others have left too little, and for how many seconds that is certain."""
        if self._since is None:
            self._since = now
        self._until = max(self._until, now + lasts)

    def note_room(self, now: float) -> None:
        """Note an answer that shows enough room; some time after the last shortage it ends what went before."""
        if now > self._until + GRACE_SECONDS:
            self._since = None

    def seconds(self, now: float) -> float:
        """Return for how many seconds it has been known to last, 0 when there is none."""
        return max(0.0, min(now, self._until) - self._since) if self._since is not None else 0.0
