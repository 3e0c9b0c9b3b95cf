"""Repair issue: another program uses up the quota of the API key. The user can give each program its own key."""

from datetime import timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from ..coordinator import PrintagoCoordinator
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

ISSUE = "quota_used_by_others"
PATIENCE_SECONDS = 5 * 60
_CHECK_INTERVAL = timedelta(minutes=1)


class QuotaMonitor:
    """Raises and clears the issue by what responses show of the requests of others."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Monitor the quota of an entry."""
        self._entry = entry
        self._limiter = coordinator.store_state.limiter
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="limit-of-requests")
        entry.async_on_unload(coordinator.listeners.async_add_poll(self._async_check))
        entry.async_on_unload(async_track_time_interval(hass, self._async_check, _CHECK_INTERVAL))
        entry.async_on_unload(self._async_end)

    @callback
    def _async_check(self, _: object = None) -> None:
        seconds = self._limiter.contention_seconds
        if self._limiter.contention_is_over or (self._issue.raised and not seconds):
            self._issue.async_clear()
        elif not self._issue.raised and seconds >= PATIENCE_SECONDS:
            self._issue.async_raise(ir.IssueSeverity.WARNING, {"used": str(self._limiter.requests_last_hour)})

    @callback
    def _async_end(self) -> None:
        if self._entry.disabled_by is not None:
            self._issue.async_withdraw()
