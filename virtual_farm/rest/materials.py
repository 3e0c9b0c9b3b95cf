"""Materials and their assignment to slots."""

from typing import Any

from virtual_farm.catalog import slot_fields, spool
from virtual_farm.entities import Document
from virtual_farm.errors import NotFoundError
from virtual_farm.inventory import spool_record
from virtual_farm.machine import Tray

from .resource import list_routes
from .route import Call, Route
from .schema import IDS, any_of, array, boolean, identifier, number, shape, text

_FIELDS = (
    "name brand type identifier tags filamentUserProfileId filamentSystemProfileId starred pricePer1000g source "
    "externalId id storeId createdAt updatedAt"
)

_SLOT_FIELDS = (
    "printerId materialId variantId instanceId materialType expectedData expectedDataSetAt amsIndex slotIndex slot "
    "filamentUserProfileId filamentSystemProfileId id storeId createdAt updatedAt"
)

_PLACE = {"printerIds": IDS, "visualSlots": array(shape({"amsIndex": number(), "slotIndex": number()}))}
_ASSIGN = any_of(
    *(
        shape({**_PLACE, name: check}, {"setOnPrinter": boolean})
        for name, check in (
            ("variantId", identifier),
            ("materialId", identifier),
            ("materialType", text()),
            ("instanceId", identifier),
        )
    )
)


def _get(call: Call) -> Any:
    return _material(call, call.ids["id"])


def _material(call: Call, material_id: str) -> Document:
    if (material := call.world.materials.get(material_id)) is None:
        raise NotFoundError("Material", material_id)
    return material


def _variants(call: Call) -> Any:
    return list(call.world.variants.values())


def _variants_of(call: Call) -> Any:
    material = _material(call, call.ids["id"])
    return [variant for variant in call.world.variants.values() if variant["materialId"] == material["id"]]


def _groups(call: Call) -> Any:
    return list(call.world.material_groups.values())


def _group_members(call: Call) -> Any:
    return list(call.world.group_members.values())


def _instances(call: Call) -> Any:
    return [spool_record(call.world, instance) for instance in call.world.instances.values()]


def _get_instance(call: Call) -> Any:
    return spool_record(call.world, _instance(call, call.ids["id"]))


def _instance(call: Call, instance_id: str) -> Document:
    if (instance := call.world.instances.get(instance_id)) is None:
        raise NotFoundError("Material instance", instance_id)
    return instance


def _slots(call: Call) -> Any:
    return list(call.world.slots.values())


def _assign(call: Call) -> Any:
    fields, tray = _choice(call)
    for printer_id in call.body["printerIds"]:
        printer = call.world.printers.get(printer_id)
        if printer is None:
            raise NotFoundError("Printer", printer_id)
        for place in call.body["visualSlots"]:
            slot = call.world.slot_of(printer_id, int(place["amsIndex"]), int(place["slotIndex"]))
            if slot is None:
                raise NotFoundError("Slot", f"AMS {place['amsIndex']}, slot {place['slotIndex']}")
            changes = dict(fields)
            if call.body.get("setOnPrinter"):
                changes |= {
                    "expectedData": {"color": tray.color, "identifier": tray.identifier, "type": tray.type},
                    "expectedDataSetAt": call.world.now(),
                }
                if printer.connected:
                    own = Tray(tray.color, tray.type, tray.info, tray.tag_id, tray.remaining, tray.identifier)
                    printer.machine.put_tray((slot["amsIndex"], slot["slotIndex"]), own)
            call.world.slots.change(slot["id"], changes)
    call.farm.queue.look_again()


def _choice(call: Call) -> tuple[Document, Tray]:
    """Return the new fields of the slot record, and the spool that belongs to it."""
    body: Document = call.body
    if (variant_id := body.get("variantId")) is not None:
        if (variant := call.world.variants.get(variant_id)) is None:
            raise NotFoundError("Material variant", variant_id)
        return slot_fields(call.world, variant), spool(call.world, variant)
    if (material_id := body.get("materialId")) is not None:
        material = _material(call, material_id)
        fields = slot_fields(call.world, None) | {
            "materialId": material["id"],
            "materialType": material["type"],
            "filamentSystemProfileId": material["filamentSystemProfileId"],
        }
        return fields, Tray("FFFFFFFF", material["type"], material["name"], identifier=material["identifier"] or "")
    if (instance_id := body.get("instanceId")) is not None:
        instance = _instance(call, instance_id)
        variant = call.world.variants[instance["variantId"]]
        return slot_fields(call.world, variant) | {"instanceId": instance_id}, spool(call.world, variant)
    kind = body["materialType"]
    fields = slot_fields(call.world, None) | {"materialType": kind, "filamentSystemProfileId": 1}
    return fields, Tray("FFFFFFFF", kind, kind)


_VIEW = ("material.view",)

ROUTES = (
    *list_routes("/v1/materials", "material.view", lambda call: call.world.materials.values(), _FIELDS),
    *list_routes("/v1/printer-slots", "printer.view", lambda call: call.world.slots.values(), _SLOT_FIELDS),
    Route("GET", "/v1/materials/variants", _VIEW, _variants),
    Route("GET", "/v1/materials/groups", _VIEW, _groups),
    Route("GET", "/v1/materials/group-members", _VIEW, _group_members),
    Route("GET", "/v1/materials/instances", ("material.instance.view",), _instances),
    Route("GET", "/v1/materials/instances/{id}", ("material.instance.view",), _get_instance),
    Route("GET", "/v1/materials/printer-slots", ("printer.view",), _slots),
    Route("PATCH", "/v1/materials/printer-slots/assign", ("printer.edit",), _assign, _ASSIGN),
    Route("GET", "/v1/materials/{id}", _VIEW, _get),
    Route("GET", "/v1/materials/{id}/variants", _VIEW, _variants_of),
)
