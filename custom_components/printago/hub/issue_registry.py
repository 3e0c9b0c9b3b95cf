"""Home Assistant's registry of repair issues."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN


@callback
def async_withdraw_issue(hass: HomeAssistant, issue_id: str) -> None:
    """Show an issue no longer without a verdict on its cause: one that is ignored is not shown anyway, and stays so."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if issue is not None and issue.dismissed_version is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
