"""The reauthentication flow."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback


@callback
def async_end_reauth(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Abort reauthentication: the current key works."""
    for flow in tuple(entry.async_get_active_flows(hass, {SOURCE_REAUTH})):
        hass.config_entries.flow.async_abort(flow["flow_id"])
