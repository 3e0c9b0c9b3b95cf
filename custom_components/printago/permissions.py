"""Telling a person which permission the API key lacks; it is noticed when Printago refuses something for the first time."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api.permissions import PermissionLedger
from .issues import EntryIssue
from .listeners import Listeners

ISSUE = "missing_permission"


class PermissionWatch:
    """Keeps the controls and one repair issue as the key's permissions are known, as long as an entry is loaded."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, permissions: PermissionLedger, listeners: Listeners
    ) -> None:
        """Follow a ledger."""
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="the-api-key-lacks-a-permission")
        self._permissions = permissions
        self._listeners = listeners
        permissions.on_change = self._async_on_change
        entry.async_on_unload(self._async_end)

    @callback
    def _async_on_change(self) -> None:
        # What a key may not view is left out on purpose; it says so by being unavailable.
        if missing := [name for name in self._permissions.missing if not name.endswith((".view", ".download"))]:
            self._issue.async_raise(ir.IssueSeverity.WARNING, {"permissions": ", ".join(missing)}, fixable=True)
        else:
            self._issue.async_clear()
        self._listeners.async_tell_all()

    @callback
    def _async_end(self) -> None:
        self._permissions.on_change = lambda: None
        self._issue.async_clear()
