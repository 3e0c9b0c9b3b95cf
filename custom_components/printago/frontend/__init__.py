"""Serves the built cards and loads them into Home Assistant's frontend, without a resource to add."""

import hashlib
from pathlib import Path

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant

from ..const import DOMAIN, LOGGER

_BUILT = Path(__file__).parent / "dist"
_ENTRY = "printago.js"


async def async_setup_cards(hass: HomeAssistant) -> None:
    """Register the cards and the dashboard, if Home Assistant has a frontend and the cards were built."""
    if not {"frontend", "http"} <= hass.config.components:
        return
    digest = await hass.async_add_executor_job(_digest)
    if digest is None:
        LOGGER.warning("The cards are missing: %s was not built. All else works; script/setup builds it", _ENTRY)
        return
    # Browsers cache a URL for long, so each build has its own.
    url = f"/{DOMAIN}_cards/{digest}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(_BUILT), cache_headers=True)])
    add_extra_js_url(hass, f"{url}/{_ENTRY}")


def _digest() -> str | None:
    """Return a hash of the build: the entry file names the chunks, whose names depend on their content."""
    try:
        return hashlib.sha256((_BUILT / _ENTRY).read_bytes()).hexdigest()[:16]
    except OSError:
        return None
