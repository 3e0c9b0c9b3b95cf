"""Filters the entities that an automation targets."""

from collections.abc import Set as AbstractSet

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import DOMAIN


@callback
def async_targeted_entities(
    hass: HomeAssistant, target: TargetSelection, entity_ids: AbstractSet[str], platform: str, keys: AbstractSet[str]
) -> set[str]:
    """Return our entities with one of these keys, also if they were renamed; a farm stands for all of its printers.

    ``entity_ids`` are all entities of the target.
    """
    registry = er.async_get(hass)
    found: set[str] = set()
    stores: dict[str, set[str]] = {}
    for entity_id in entity_ids:
        if (entry := registry.async_get(entity_id)) is None or entry.platform != DOMAIN:
            continue
        if entry.domain == platform and entry.translation_key in keys:
            found.add(entity_id)
        elif entry.config_entry_id is not None and _is_of_store(hass, entry):
            stores.setdefault(entry.config_entry_id, set()).add(entity_id)
    if stores:
        # An entity of the farm may also be there for its own area: only the farm itself stands for its printers.
        selected = async_extract_referenced_entity_ids(hass, target, expand_group=False)
        for entry_id, entities in stores.items():
            if entities & selected.referenced or _farm_device(hass, entry_id) in selected.referenced_devices:
                found |= _entities_of_store(registry, entry_id, platform, keys)
    # Home Assistant 2026.11 and newer can leave out some of a target.
    exclude: TargetSelection | None = getattr(target, "exclude", None)
    if exclude is not None:
        selected = async_extract_referenced_entity_ids(hass, exclude, expand_group=False, primary_entities_only=False)
        left_out = selected.referenced | selected.indirectly_referenced
        found -= async_targeted_entities(hass, exclude, left_out, platform, keys)
    return found


def _is_of_store(hass: HomeAssistant, entity: er.RegistryEntry) -> bool:
    entry = hass.config_entries.async_get_entry(entity.config_entry_id or "")
    return entry is not None and entity.unique_id.startswith(f"{entry.unique_id}_")


def _farm_device(hass: HomeAssistant, entry_id: str) -> str | None:
    entry = hass.config_entries.async_get_entry(entry_id)
    store_id = entry.unique_id if entry is not None else None
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, store_id or ""), entry_id)
    return device.id if device is not None else None


def _entities_of_store(registry: er.EntityRegistry, entry_id: str, platform: str, keys: AbstractSet[str]) -> set[str]:
    return {
        entity.entity_id
        for entity in registry.entities.get_entries_for_config_entry_id(entry_id)
        if entity.domain == platform
        and entity.translation_key in keys
        and entity.hidden_by is None
        and entity.disabled_by is None
    }
