"""Translated strings for responses and errors, in the language of Home Assistant."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN


async def async_words(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the translations for `format_string` and `format_status`; missing ones are in English."""
    language = hass.config.language
    sentences = await async_get_translations(hass, language, "common", {DOMAIN})
    return {**sentences, **await async_get_translations(hass, language, "selector", {DOMAIN})}


def format_string(words: Mapping[str, str], key: str, **placeholders: str) -> str:
    """Return the string of a key of `common` with its placeholders filled in."""
    return words.get(f"component.{DOMAIN}.common.{key}", "").format(**placeholders)


def format_status(words: Mapping[str, str], status: str | None) -> str:
    """Return the translated status of a job; an unknown one is returned unchanged."""
    return words.get(f"component.{DOMAIN}.selector.job_status.options.{status}", status or "-")
