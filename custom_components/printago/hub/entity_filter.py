"""Filters the entities that an automation targets."""

from collections.abc import Iterable, Set as AbstractSet

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN


@callback
def async_entities_of(
    hass: HomeAssistant, entity_ids: Iterable[str], platform: str, keys: AbstractSet[str]
) -> set[str]:
    """Return our entities with one of these keys, also if they were renamed."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id)) is not None
        and entry.platform == DOMAIN
        and entry.domain == platform
        and entry.translation_key in keys
    }
