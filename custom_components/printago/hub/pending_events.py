"""What has happened while no entity was there to tell it."""

from collections import deque
from collections.abc import Iterable

from ..api import uptime
from ..model.events import Happening

_FRESH_SECONDS = 600
_MOST = 5_000


class Untold:
    """Happenings that wait until they can be told: of many the latest, and none that is no news any more."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._waiting: deque[tuple[float, Happening]] = deque(maxlen=_MOST)

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, happenings: Iterable[Happening]) -> None:
        """Let these wait as well."""
        now = uptime()
        self._waiting.extend((now, happening) for happening in happenings)

    def take(self) -> list[Happening]:
        """Return what waits and is still news, oldest first, and forget it."""
        since = uptime() - _FRESH_SECONDS
        waiting = [happening for noted_at, happening in self._waiting if noted_at > since]
        self._waiting.clear()
        return waiting
