"""Spools in stock, the materials of parts, and folders."""

from collections.abc import Iterator

from .catalog import part_named
from .entities import Document
from .ids import derived_id
from .machine import SPOOL_GRAMS
from .world import World

_FOLDERS = {"part": ("Demo", ("Benchy", "Calibration Cube")), "sku": ("Shop", ())}


def stock_folders(world: World) -> None:
    """Add a folder of each type to the store, with some parts in it."""
    for kind, (name, parts) in _FOLDERS.items():
        folder = world.document(type=kind, name=name, parentId=None)
        world.folders.insert(folder["id"], folder)
        for part in parts:
            part_named(world, part)["folderId"] = folder["id"]


def stock_spools(world: World) -> None:
    """Add a new spool of each color to the stock, and those in AMS units."""
    for variant in world.variants.values():
        _add_spool(world, variant, SPOOL_GRAMS)
    for slot in world.slots.values():
        if slot["amsIndex"] >= 0 and slot["variantId"] is not None:
            slot["instanceId"] = _add_spool(world, world.variants[slot["variantId"]], SPOOL_GRAMS)["id"]


def _add_spool(world: World, variant: Document, grams: float) -> Document:
    instance = world.document(
        variantId=variant["id"],
        materialId=variant["materialId"],
        materialType=world.materials[variant["materialId"]]["type"],
        remainingMaterial=grams,
        source=None,
        externalId=None,
    )
    return world.instances.insert(instance["id"], instance)


def spool_record(world: World, instance: Document) -> Document:
    """Return a spool with its remaining filament, which its printer knows while it is loaded."""
    for slot in world.slots.values():
        if slot["instanceId"] == instance["id"]:
            tray = world.printers[slot["printerId"]].machine.tray((slot["amsIndex"], slot["slotIndex"]))
            if tray is not None:
                return {**instance, "remainingMaterial": round(tray.remaining / 100 * SPOOL_GRAMS, 1)}
    return instance


def assignments(world: World) -> Iterator[Document]:
    """Yield the materials of parts (schema `PartMaterialAssignment`), one row per part, filament, and alternative."""
    for part_id, channels in world.part_materials.items():
        part = world.parts[part_id]
        for index, choices in channels.items():
            for priority, choice in enumerate(choices):
                yield {
                    "id": derived_id(f"{part_id}/{index}/{priority}"),
                    "storeId": part["storeId"],
                    "createdAt": part["createdAt"],
                    "updatedAt": part["updatedAt"],
                    "groupId": choice.get("groupId"),
                    "variantId": choice.get("variantId"),
                    "materialId": choice.get("materialId"),
                    "materialType": choice.get("materialType"),
                    "partId": part_id,
                    "index": int(index),
                    "priority": priority,
                }
