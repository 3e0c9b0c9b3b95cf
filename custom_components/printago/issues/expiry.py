"""Repair issues: the API key, or the trial of the subscription, ends within two weeks."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..coordinator import PrintagoCoordinator
from ..hub.slow_poll import DAY
from ..runtime import PrintagoConfigEntry
from .entry_issue import EntryIssue

KEY_EXPIRES = "key_expires"
TRIAL_ENDS = "trial_ends"
WARN_BEFORE = timedelta(days=14)


class ExpiryMonitor:
    """Raises and clears the issues of key and trial, as far as the key is allowed to read when they end."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Register the slow polls of an entry."""
        self._entry = entry
        self._coordinator = coordinator
        self._key = EntryIssue(hass, entry, KEY_EXPIRES, help_anchor="the-api-key-or-the-trial-ends-soon")
        self._trial = EntryIssue(hass, entry, TRIAL_ENDS, help_anchor="the-api-key-or-the-trial-ends-soon")
        coordinator.slow_poller.add(KEY_EXPIRES, self._async_read_key, every=DAY)
        coordinator.slow_poller.async_add_answered(self._async_on_answered)
        entry.async_on_unload(self._async_end)

    async def _async_read_key(self) -> None:
        status = await self._coordinator.client.upkeep.key_status()
        if status is not None:
            self._async_show(self._key, status.expires_at)

    @callback
    def _async_on_answered(self) -> None:
        """Show the end of a trial: it is read together with the production slots."""
        facts = self._coordinator.store_state.facts
        if facts.trial_known:
            self._async_show(self._trial, facts.trial_ends_at)

    @callback
    def _async_show(self, issue: EntryIssue, ends_at: datetime | None) -> None:
        left = None if ends_at is None else ends_at - self._coordinator.farm.server_now()
        if ends_at is None or left is None or not timedelta(0) < left <= WARN_BEFORE:
            issue.async_clear()
            return
        issue.async_raise(ir.IssueSeverity.WARNING, {"date": dt_util.as_local(ends_at).date().isoformat()})

    @callback
    def _async_end(self) -> None:
        if self._entry.disabled_by is not None:
            self._key.async_withdraw()
            self._trial.async_withdraw()
