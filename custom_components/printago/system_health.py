"""System health information. It sends no requests, since they count against the quota."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .diagnostics.health import last_error
from .runtime import PrintagoConfigEntry


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information about all stores."""
    register.async_register_info(_async_info, f"/config/integrations/integration/{DOMAIN}")


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    stores = len(hass.config_entries.async_entries(DOMAIN))
    entries: list[PrintagoConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    coordinators = [entry.runtime_data.coordinator for entry in entries]
    errors = (last_error(coordinator) for coordinator in coordinators)
    return {
        "stores": stores,
        "rest": f"{sum(coordinator.last_update_success for coordinator in coordinators)} / {stores}",
        "realtime": f"{sum(coordinator.stream_since is not None for coordinator in coordinators)} / {stores}",
        "requests_last_hour": sum(coordinator.store_state.limiter.requests_last_hour for coordinator in coordinators),
        "last_error": next((error for error in errors if error is not None), "-"),
    }
