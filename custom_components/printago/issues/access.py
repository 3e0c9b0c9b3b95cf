"""Repair issue: the key is not allowed to read the farm (permission, IP allowlist, or an account without API access)."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..api import PermissionDeniedError, is_missing_api_access
from ..coordinator import PrintagoCoordinator
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

ISSUE = "access_denied"
NO_API_ACCESS = "no_api_access"
_REFUSALS = 2
"""Refused polls in a row before the issue is raised: a single one may be a temporary fault."""


class AccessMonitor:
    """Raises and clears the issue by the results of polls. It stays while the entry cannot be set up."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Monitor the polls of an entry."""
        self._entry = entry
        self._coordinator = coordinator
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="set-up-refuses-the-key")
        self._refusals = 0
        entry.async_on_unload(coordinator.listeners.async_add_poll(self._async_check))
        entry.async_on_unload(self._async_end)

    @callback
    def _async_check(self) -> None:
        coordinator = self._coordinator
        if coordinator.store_state.held_back.active:
            # No request was sent.
            return
        if (err := coordinator.rest_error) is None:
            self._refusals = 0
            self._issue.async_clear()
            return
        if not (isinstance(err, PermissionDeniedError) or is_missing_api_access(err)):
            return
        self._refusals += 1
        if self._refusals < _REFUSALS and self._entry.state is ConfigEntryState.LOADED:
            return
        self._issue.async_raise(
            ir.IssueSeverity.ERROR,
            {"message": str(err)},
            translation_key=NO_API_ACCESS if is_missing_api_access(err) else ISSUE,
        )

    @callback
    def _async_end(self) -> None:
        if self._entry.disabled_by is not None:
            self._issue.async_withdraw()
