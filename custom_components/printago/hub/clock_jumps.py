"""Notices that time has passed unseen, or that the clock was set, long before the next poll would make up for it."""

from datetime import timedelta
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..api import uptime
from .store_access import StoreAccess

_LOOK = timedelta(seconds=10)
_CLOCK_SET = 5.0
"""Seconds by which a clock that runs is not corrected in one go."""
_STALLED = 60.0
"""Seconds after which a look is so late that messages may have been lost meanwhile."""


class ClockMonitor:
    """Compares the system clock, one that stands still while the machine is suspended, and one that does not."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: StoreAccess) -> None:
        """Watch for as long as an entry is loaded."""
        self._coordinator = coordinator
        self._seen = _read()
        entry.async_on_unload(async_track_time_interval(hass, self._async_look, _LOOK))

    @callback
    def _async_look(self, _: object) -> None:
        wall, up, running = (now - before for now, before in zip(_read(), self._seen, strict=True))
        self._seen = _read()
        # Where no clock goes on, as in a virtual machine that was paused, the system clock is all that tells.
        if abs(wall - running) > _CLOCK_SET or up - running > _CLOCK_SET or running > _STALLED:
            self._coordinator.async_catch_up(missed=max(wall, up, running), suspended=up - running)


def _read() -> tuple[float, float, float]:
    return dt_util.utcnow().timestamp(), uptime(), time.monotonic()
