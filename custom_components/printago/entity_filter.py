"""Which of the entities that an automation targets are ours, and of some kinds."""

from collections.abc import Iterable, Set as AbstractSet

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN


@callback
def async_entities_of(
    hass: HomeAssistant, entity_ids: Iterable[str], platform: str, keys: AbstractSet[str]
) -> set[str]:
    """Return those that show one of these keys, whatever they were renamed to."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entry := registry.async_get(entity_id)) is not None
        and entry.platform == DOMAIN
        and entry.domain == platform
        and entry.translation_key in keys
    }
