"""Repair issues of one entry: raised once, and removed when their cause is gone."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..hub.issue_registry import async_withdraw_issue

_HELP = "https://github.com/printago-homeassistant/printago-homeassistant/blob/main/docs/troubleshooting.md"


class EntryIssue:
    """A repair issue of an entry.

    It is not persistent: after a restart it must be raised again. An ignored issue stays ignored across reloads and restarts
    until it is certain that its cause is gone.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, key: str, *, help_anchor: str) -> None:
        """Set key and help page; ``help_anchor`` is the anchor of a heading in docs/troubleshooting.md."""
        self._hass = hass
        self._entry = entry
        self._id = f"{key}_{entry.entry_id}"
        self._key = key
        self._help = f"{_HELP}#{help_anchor}"
        self._raised: tuple[str, dict[str, str]] | None = None

    @property
    def raised(self) -> bool:
        """Return whether the issue is active."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._id)
        return issue is not None and issue.active

    @property
    def ignored(self) -> bool:
        """Return whether a user ignored the issue."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._id)
        return issue is not None and issue.dismissed_version is not None

    @callback
    def async_raise(
        self,
        severity: ir.IssueSeverity,
        placeholders: Mapping[str, str],
        *,
        translation_key: str | None = None,
        fixable: bool = False,
    ) -> None:
        """Raise the issue, or update it if its text changed."""
        content = (translation_key or self._key, {"store": self._entry.title, **placeholders})
        if content == self._raised and self.raised:
            return
        self._raised = content
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id,
            data={"entry_id": self._entry.entry_id},
            is_fixable=fixable,
            learn_more_url=self._help,
            severity=severity,
            translation_key=content[0],
            translation_placeholders=content[1],
        )

    @callback
    def async_clear(self) -> None:
        """Remove the issue since its cause is gone. If it comes back, it is shown again, even if it was ignored."""
        self._raised = None
        ir.async_delete_issue(self._hass, DOMAIN, self._id)

    @callback
    def async_withdraw(self) -> None:
        """Hide the issue since its cause is unknown; an ignored issue stays ignored."""
        self._raised = None
        async_withdraw_issue(self._hass, self._id)


@callback
def async_forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove all issues of a removed entry and of its subentries."""
    registry = ir.async_get(hass)
    owners = (entry.entry_id, *entry.subentries)
    for domain, issue_id in list(registry.issues):
        if domain == DOMAIN and issue_id.endswith(owners):
            ir.async_delete_issue(hass, DOMAIN, issue_id)
