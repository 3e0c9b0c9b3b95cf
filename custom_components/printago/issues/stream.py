"""Repair issue: the realtime stream is down although REST works, mostly because of a firewall."""

from datetime import timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from ..api import RateLimitedError, RealtimeClient
from ..const import CONF_REALTIME_URL, CONF_SERVER
from ..coordinator import PrintagoCoordinator
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

ISSUE = "realtime_unreachable"
REFUSED = "realtime_refused"
PATIENCE_SECONDS = 15 * 60
_CHECK_INTERVAL = timedelta(minutes=1)


class StreamMonitor:
    """Raises and clears the issue while the entry is loaded; a reload neither clears it nor resets the outage."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Monitor the stream of an entry."""
        self._entry = entry
        self._coordinator = coordinator
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="realtime-is-unreachable")
        self._outage = coordinator.store_state.outage
        if self._outage.begin(entry.data[CONF_SERVER][CONF_REALTIME_URL]):
            self._issue.async_clear()
        elif self._issue.raised and not self._outage.seconds:
            self._issue.async_withdraw()
        entry.async_on_unload(coordinator.listeners.async_add_farm(self._async_check))
        entry.async_on_unload(async_track_time_interval(hass, self._async_check, _CHECK_INTERVAL))
        entry.async_on_unload(self._async_end)

    @callback
    def _async_check(self, _: object = None) -> None:
        coordinator = self._coordinator
        if coordinator.stream_is_silent:
            self._outage.silent = True
        elif coordinator.stream_since is not None:
            # If it was connected before without sending anything, wait for data.
            if not (self._outage.silent and coordinator.stream_silent_for(0)):
                self._outage.end()
                self._issue.async_clear()
            return
        works = _rest_reachable(coordinator)
        self._outage.count(monotonic(), rest_works=works)
        if works and self._outage.seconds >= PATIENCE_SECONDS and coordinator.realtime is not None:
            self._async_raise(coordinator.realtime)

    @callback
    def _async_raise(self, realtime: RealtimeClient) -> None:
        if realtime.refused or realtime.connected:
            self._issue.async_raise(ir.IssueSeverity.WARNING, {}, translation_key=REFUSED)
            return
        endpoints = realtime.endpoints
        self._issue.async_raise(
            ir.IssueSeverity.WARNING,
            {
                "hosts": ", ".join(dict.fromkeys(endpoint.host for endpoint in endpoints)),
                "ports": ", ".join(str(port) for port in dict.fromkeys(endpoint.port for endpoint in endpoints)),
                "endpoints": "\n".join(f"- `{endpoint.url}`" for endpoint in endpoints),
            },
        )

    @callback
    def _async_end(self) -> None:
        if self._entry.disabled_by is None and self._entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            self._outage.pause()
            return
        # The entry was disabled, or could not be set up because REST failed.
        self._outage.end()
        self._issue.async_withdraw()


def _rest_reachable(coordinator: PrintagoCoordinator) -> bool:
    """Return whether REST responds; being rate limited counts as a response."""
    return not coordinator.store_state.rest_down or isinstance(coordinator.rest_error, RateLimitedError)
