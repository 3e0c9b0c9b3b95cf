"""Calls the action that uploads models, and names the requests that it sends."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant

from tests.support.actions import act
from tests.support.model_files import ascii_stl

SIGN = "POST /v1/storage/signed-upload-urls"
MAKE = "POST /v1/parts"
BRACKET = ascii_stl(4000)


async def upload(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Upload a part, and return the response of the action."""
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in data.items()}
    return await act(hass, "upload_part", **plain)
