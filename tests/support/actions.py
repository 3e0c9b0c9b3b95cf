"""Calls actions, and returns the requests that they cause."""

from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.printago.const import DOMAIN
from virtual_farm import VirtualFarm


async def act(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    """Call an action, and return its response."""
    response = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


def sent(farm: VirtualFarm, path: str) -> list[Any]:
    """Return the bodies of the requests to a path."""
    return [request.body for request in farm.requests if request.path == path]
