"""What has happened while no entity was there to tell it."""

from collections import deque
from collections.abc import Iterable

from ..api import uptime
from ..model.events import FarmEvent

_FRESH_SECONDS = 600
_MOST = 5_000


class PendingEvents:
    """Happenings that wait until they can be told: of many the latest, and none that is no news any more."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._waiting: deque[tuple[float, FarmEvent]] = deque(maxlen=_MOST)

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, farm_events: Iterable[FarmEvent]) -> None:
        """Let these wait as well."""
        now = uptime()
        self._waiting.extend((now, farm_event) for farm_event in farm_events)

    def take(self) -> list[FarmEvent]:
        """Return what waits and is still news, oldest first, and forget it."""
        since = uptime() - _FRESH_SECONDS
        waiting = [farm_event for noted_at, farm_event in self._waiting if noted_at > since]
        self._waiting.clear()
        return waiting
