"""Detects a suspended machine, a stalled event loop and a changed clock well before the next poll."""

from datetime import timedelta
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..api import uptime
from .store_access import StoreAccess

_CHECK_INTERVAL = timedelta(seconds=10)
_CLOCK_SET = 5.0
"""A jump of more seconds means that the clock was set: time synchronization corrects it in smaller steps."""
_STALLED = 60.0
"""If a check is this many seconds late, messages may have been lost."""


class ClockMonitor:
    """Compares the system clock, a clock that stops while the machine is suspended, and one that does not."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: StoreAccess) -> None:
        """Check regularly while the entry is loaded."""
        self._coordinator = coordinator
        self._seen = _read()
        entry.async_on_unload(async_track_time_interval(hass, self._async_check, _CHECK_INTERVAL))

    @callback
    def _async_check(self, _: object) -> None:
        wall, up, running = (now - before for now, before in zip(_read(), self._seen, strict=True))
        self._seen = _read()
        # If all monotonic clocks stop, as in a paused virtual machine, only the system clock shows it.
        if abs(wall - running) > _CLOCK_SET or up - running > _CLOCK_SET or running > _STALLED:
            self._coordinator.async_catch_up(missed=max(wall, up, running), suspended=up - running)


def _read() -> tuple[float, float, float]:
    return dt_util.utcnow().timestamp(), uptime(), time.monotonic()
