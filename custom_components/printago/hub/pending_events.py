"""Events that occurred while no entity was there to fire them."""

from collections import deque
from collections.abc import Iterable

from ..api import uptime
from ..model.events import FarmEvent

_FRESH_SECONDS = 600
_MOST = 5_000


class PendingEvents:
    """Events that wait for entities: the latest 5,000, each for at most ten minutes."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: deque[tuple[float, FarmEvent]] = deque(maxlen=_MOST)

    def __len__(self) -> int:
        """Return the number of pending events."""
        return len(self._waiting)

    def add(self, farm_events: Iterable[FarmEvent]) -> None:
        """Add events."""
        now = uptime()
        self._waiting.extend((now, farm_event) for farm_event in farm_events)

    def take(self) -> list[FarmEvent]:
        """Return and remove the pending events that are recent enough, oldest first."""
        since = uptime() - _FRESH_SECONDS
        waiting = [farm_event for noted_at, farm_event in self._waiting if noted_at > since]
        self._waiting.clear()
        return waiting
