"""Our own sentences, in the language of Home Assistant."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN


async def async_words(hass: HomeAssistant) -> Mapping[str, str]:
    """Return what `format_string` and `format_status` need; what a language lacks is there in English."""
    language = hass.config.language
    sentences = await async_get_translations(hass, language, "common", {DOMAIN})
    return {**sentences, **await async_get_translations(hass, language, "selector", {DOMAIN})}


def format_string(words: Mapping[str, str], key: str, **placeholders: str) -> str:
    """Return the sentence of a key of `common` in the translations."""
    return words.get(f"component.{DOMAIN}.common.{key}", "").format(**placeholders)


def format_status(words: Mapping[str, str], status: str | None) -> str:
    """Return the status of a job as pickers show it; one that nobody knows stays as it is."""
    return words.get(f"component.{DOMAIN}.selector.job_status.options.{status}", status or "-")
