"""What can be printed, and how: parts and SKUs, materials, tags, options."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import Platform
from homeassistant.helpers import entity_registry as er

from ..api.models.filament import slot_address_of
from ..model.materials import Materials
from .viewer import Json, Viewer


async def async_catalog(viewer: Viewer, msg: Mapping[str, Any]) -> Json:
    """Return the parts and SKUs that contain a text; one request to Printago serves all browsers."""
    runtime = viewer.runtime
    call = runtime.catalog_list.async_find(msg["search"], msg["limit"])
    page = await runtime.coordinator.async_call(call, reads=True)
    return {
        "total": page.total,
        "complete": page.complete,
        "items": [
            {
                "kind": item.kind,
                "id": item.id,
                "name": item.name,
                "about": item.about,
                "picture": viewer.picture(item.picture),
            }
            for item in page.items
        ],
    }


async def async_choices(viewer: Viewer, msg: Mapping[str, Any]) -> Json:
    """Return the tags that printers have, the materials that they hold, and what an SKU lets people choose."""
    runtime = viewer.runtime
    tags = {tag for printer in runtime.coordinator.farm.printers.values() for tag in printer.record.tags}
    options = []
    if "sku" in msg:
        options = await runtime.coordinator.async_call(runtime.catalog_list.async_options(msg["sku"]), reads=True)
    return {
        "tags": sorted(tags),
        "loaded": _loaded(runtime.coordinator.farm.materials),
        "options": [{"name": option.name, "values": list(option.values), "free": option.free} for option in options],
    }


def _loaded(known: Materials) -> list[Json]:
    """Return what is assigned to trays, as a print names it: types, materials, and their colors."""
    found: dict[str, Json] = {}
    for slot in known.slots.values():
        variant = known.variants.get(slot.variant_id or "")
        material = known.materials.get(slot.material_id or (variant and variant.material_id) or "")
        if kind := slot.material_type or (material and material.type):
            found[kind] = {"material": kind, "name": kind}
        if material is not None and material.name:
            found[material.id] = {"material": material.id, "name": material.name}
            if variant is not None and variant.name:
                name = f"{material.name} · {variant.name}"
                found[variant.id] = {"material": material.id, "variant": variant.id, "name": name}
    return sorted(found.values(), key=lambda each: str(each["name"]))


def materials(viewer: Viewer) -> Json:
    """Return the known materials of the store with their colors, and the slots of trays by entity."""
    known = viewer.runtime.coordinator.farm.materials
    colors: dict[str, list[Json]] = {}
    for variant in known.variants.values():
        if variant.material_id is not None and variant.name:
            colors.setdefault(variant.material_id, []).append({"id": variant.id, "name": variant.name})
    return {
        "materials": [
            {
                "id": material.id,
                "name": material.name,
                "colors": sorted(colors.get(material.id, []), key=lambda color: str(color["name"])),
            }
            for material in sorted(known.materials.values(), key=lambda material: material.name or "")
            if material.name
        ],
        "slots": {
            entity.entity_id: place.key
            for entity in er.async_entries_for_config_entry(er.async_get(viewer.hass), viewer.entry.entry_id)
            if entity.domain == Platform.SENSOR
            and (place := slot_address_of(entity.unique_id.partition("_")[2])) is not None
        },
    }
