"""Repair issue: the key lacks a permission. Permissions are read once, and learned from refusals."""

import asyncio

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..api import PrintagoError, RateLimitedError
from ..const import DOMAIN, LOGGER
from ..coordinator import PrintagoCoordinator
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

ISSUE = "missing_permission"
_PATIENCE = 1.0
"""Seconds for which setup waits for the permissions, so that no control appears only to become unavailable."""


class PermissionMonitor:
    """Keeps controls and repair issue in sync with the known permissions of the key while the entry is loaded."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Follow the permissions of the client."""
        self._hass = hass
        self._entry = entry
        self._client = coordinator.client
        self._store_state = coordinator.store_state
        self._listeners = coordinator.listeners
        self._permissions = coordinator.client.permissions
        # Permissions listed before a restart count as missing until they prove to be granted, so that an ignored issue stays.
        self._known_before = coordinator.store_state.lacking
        self._issue = EntryIssue(hass, entry, ISSUE, help_anchor="the-api-key-lacks-a-permission")
        self._permissions.on_change = self._async_on_change
        self._permissions.on_proof = self._async_check
        entry.async_on_unload(self._async_end)

    async def async_ask(self) -> None:
        """Request the permissions of the key, and wait a moment for them; setup continues without them."""
        name = f"{DOMAIN} permissions"
        asking = self._entry.async_create_background_task(self._hass, self._async_ask(), name)
        await asyncio.wait({asking}, timeout=_PATIENCE)

    async def _async_ask(self, _: object = None) -> None:
        try:
            names = await self._client.granted_permissions()
        except RateLimitedError as err:
            if not err.refused:
                # No request was sent yet.
                self._entry.async_on_unload(async_call_later(self._hass, err.retry_after, self._async_ask))
        except PrintagoError as err:
            LOGGER.debug("What the API key was granted is not known: %s", err)
        else:
            self._permissions.learn(names)

    @callback
    def _async_on_change(self) -> None:
        self._async_check()
        self._listeners.async_update_all()

    @callback
    def _async_check(self) -> None:
        # Missing view permissions may be intended; their entities become unavailable.
        missing = [name for name in self._permissions.refused if not name.endswith((".view", ".download"))]
        was_missing = bool(self._store_state.lacking)
        self._known_before -= self._permissions.allowed
        self._store_state.async_remember_lacking(self._known_before.union(missing))
        if missing:
            self._issue.async_raise(ir.IssueSeverity.WARNING, {"permissions": ", ".join(missing)}, fixable=True)
        elif was_missing and not self._store_state.lacking:
            self._issue.async_clear()

    @callback
    def _async_end(self) -> None:
        self._permissions.on_change = self._permissions.on_proof = lambda: None
        self._issue.async_withdraw()
        if not self._issue.ignored:
            self._store_state.async_remember_lacking(())
