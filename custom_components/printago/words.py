"""Our own sentences, in the language of Home Assistant."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN


async def async_words(hass: HomeAssistant) -> Mapping[str, str]:
    """Return what `say` needs; what a language lacks is there in English."""
    return await async_get_translations(hass, hass.config.language, "common", {DOMAIN})


def say(words: Mapping[str, str], key: str, **placeholders: str) -> str:
    """Return the sentence of a key of `common` in the translations."""
    return words.get(f"component.{DOMAIN}.common.{key}", "").format(**placeholders)
