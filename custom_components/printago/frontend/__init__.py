"""Serves the built cards, and has Home Assistant's frontend load them: nobody has to add a resource."""

import hashlib
from pathlib import Path

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http.server import StaticPathConfig
from homeassistant.core import HomeAssistant

from ..const import DOMAIN, LOGGER

_BUILT = Path(__file__).parent / "dist"
_ENTRY = "printago.js"


async def async_setup_cards(hass: HomeAssistant) -> None:
    """Offer the cards and the dashboard, where Home Assistant has a frontend and the cards were built."""
    if not {"frontend", "http"} <= hass.config.components:
        return
    digest = await hass.async_add_executor_job(_digest)
    if digest is None:
        LOGGER.warning("The cards are missing: %s was not built. All else works; script/setup builds it", _ENTRY)
        return
    # A browser keeps what it got from an address: other cards have another one.
    url = f"/{DOMAIN}_cards/{digest}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(_BUILT), cache_headers=True)])
    add_extra_js_url(hass, f"{url}/{_ENTRY}")


def _digest() -> str | None:
    """Return what tells one build from another; the entry names the chunks, whose names follow their content."""
    try:
        return hashlib.sha256((_BUILT / _ENTRY).read_bytes()).hexdigest()[:16]
    except OSError:
        return None
