"""Home Assistant's registry of repair issues."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN


@callback
def async_withdraw_issue(hass: HomeAssistant, issue_id: str) -> None:
    """Hide an issue whose cause may still exist; an ignored issue stays, so that it remains ignored."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if issue is not None and issue.dismissed_version is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
