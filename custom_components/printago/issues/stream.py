"""Telling a person that the realtime stream stays away although REST works: mostly a firewall, which only they can open."""

from datetime import timedelta
from time import monotonic

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from ..api import RealtimeClient
from ..const import CONF_REALTIME_URL, CONF_SERVER
from ..coordinator import PrintagoCoordinator
from ..health import rest_reachable
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

ISSUE = "realtime_unreachable"
REFUSED = "realtime_refused"
PATIENCE_SECONDS = 15 * 60
_LOOK = timedelta(minutes=1)


class StreamMonitor:
    """Keeps one issue for as long as an entry is loaded; over a reload it neither goes nor starts to count anew."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Watch the stream of an entry."""
        self._entry = entry
        self._coordinator = coordinator
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="realtime-is-unreachable")
        self._outage = coordinator.store_state.outage
        if self._outage.begin(entry.data[CONF_SERVER][CONF_REALTIME_URL]):
            self._issue.async_clear()
        elif self._issue.raised and not self._outage.seconds:
            self._issue.async_withdraw()
        entry.async_on_unload(coordinator.listeners.async_add_farm(self._async_look))
        entry.async_on_unload(async_track_time_interval(hass, self._async_look, _LOOK))
        entry.async_on_unload(self._async_end)

    @callback
    def _async_look(self, _: object = None) -> None:
        coordinator = self._coordinator
        if coordinator.stream_is_silent:
            self._outage.silent = True
        elif coordinator.stream_since is not None:
            # To connect is no proof where that alone was no help before.
            if not (self._outage.silent and coordinator.stream_silent_for(0)):
                self._outage.end()
                self._issue.async_clear()
            return
        works = rest_reachable(coordinator)
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
        # Nobody wants the stream any more, or REST has failed so that the entry could not be set up.
        self._outage.end()
        self._issue.async_withdraw()
