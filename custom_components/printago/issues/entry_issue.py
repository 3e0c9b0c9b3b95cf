"""Repair issues of one entry: raised once, taken back when what they tell is over."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..hub.issue_registry import async_withdraw_issue

_HELP = "https://github.com/printago-homeassistant/printago-homeassistant/blob/main/docs/troubleshooting.md"


class EntryIssue:
    """One issue that an entry may have.

    None is persistent: after a restart it has to show again that it still holds. What a person ignores stays ignored over
    reloads and restarts, until it is certain that the cause is gone.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, key: str, *, help_anchor: str) -> None:
        """Name it; ``help_anchor`` is the heading of docs/troubleshooting.md that tells more."""
        self._hass = hass
        self._entry = entry
        self._id = f"{key}_{entry.entry_id}"
        self._key = key
        self._help = f"{_HELP}#{help_anchor}"
        self._raised: tuple[str, dict[str, str]] | None = None

    @property
    def raised(self) -> bool:
        """Return whether a person is told of it now."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._id)
        return issue is not None and issue.active

    @property
    def ignored(self) -> bool:
        """Return whether a person ignores it."""
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
        """Tell a person, or tell it anew where it is other than before."""
        telling = (translation_key or self._key, {"store": self._entry.title, **placeholders})
        if telling == self._raised and self.raised:
            return
        self._raised = telling
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._id,
            data={"entry_id": self._entry.entry_id},
            is_fixable=fixable,
            learn_more_url=self._help,
            severity=severity,
            translation_key=telling[0],
            translation_placeholders=telling[1],
        )

    @callback
    def async_clear(self) -> None:
        """Take it back since its cause is gone: should it come again, a person is told anew, also one who ignored it."""
        self._raised = None
        ir.async_delete_issue(self._hass, DOMAIN, self._id)

    @callback
    def async_withdraw(self) -> None:
        """Show it no longer, since nobody knows any more whether it holds; what the person ignored stays ignored."""
        self._raised = None
        async_withdraw_issue(self._hass, self._id)


@callback
def async_forget_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back all issues of an entry that is removed, and of its subentries."""
    registry = ir.async_get(hass)
    owners = (entry.entry_id, *entry.subentries)
    for domain, issue_id in list(registry.issues):
        if domain == DOMAIN and issue_id.endswith(owners):
            ir.async_delete_issue(hass, DOMAIN, issue_id)
