"""Parts and SKUs."""

from typing import Any

from virtual_farm.catalog import add_sku, estimate, link_part, new_part
from virtual_farm.entities import Document
from virtual_farm.errors import ApiError, BadRequestError, NotFoundError
from virtual_farm.inventory import assignments

from .resource import list_routes
from .route import Call, Route
from .schema import IDS, MATERIALS, PARAMETER_VALUE, TAGS, array, boolean, identifier, nullable, one_of, shape, text

_PART_FIELDS = (
    "name type description fileUris fileHashes thumbnailUri parameters printTags overriddenProcessProfileId folderId "
    "materials slicerOverride metadata slicingEstimate use3MFProcessProfile arrangeable userTags gcodePlateUris "
    "uploadedAt id storeId createdAt updatedAt"
)
_SKU_FIELDS = "sku title description externalId externalProvider folderId totalCogs id storeId createdAt updatedAt"
_LINKED_PART_FIELDS = (
    "skuId partId parameters quantity label exposedParameters materialAssignments extensions parameterBindings "
    "plateQuantitiesBinding id storeId createdAt updatedAt"
)
_ASSIGNMENT_FIELDS = "id storeId createdAt updatedAt groupId variantId materialId materialType partId index priority"
_FOLDER_FIELDS = "type name parentId id storeId createdAt updatedAt"
_OPTION_FIELDS = "name isPersonalization id storeId createdAt updatedAt"
_TYPES = ("scad", "cadquery", "build123d", "stl", "step", "3mf", "gcode3mf", "gcode")
_NAME = text(1, 1024)

_PARAMETER = shape(
    {"name": text(1, 255), "type": one_of("number", "string", "boolean")},
    {"value": PARAMETER_VALUE, "default": PARAMETER_VALUE, "description": text()},
)
_PART_OPTIONAL = {
    "folderId": nullable(identifier),
    "slicerOverride": nullable(text()),
    "use3MFProcessProfile": boolean,
    "arrangeable": boolean,
    "userTags": array(text()),
    "assignedMaterials": MATERIALS,
}
_PART_REQUIRED = {
    "name": _NAME,
    "type": one_of(*_TYPES),
    "description": text(),
    "fileUris": array(text()),
    "parameters": array(_PARAMETER),
    "printTags": TAGS,
    "overriddenProcessProfileId": nullable(identifier),
}
_INSERT = shape(_PART_REQUIRED, _PART_OPTIONAL)
_UPDATE = shape(optional=_PART_REQUIRED | _PART_OPTIONAL)

_MINUTES_PER_MEGABYTE = 40.0


def _part(call: Call) -> Document:
    part_id = call.ids["id"]
    if (part := call.world.parts.get(part_id)) is None:
        raise NotFoundError("Part", part_id)
    return part


def _get_part(call: Call) -> Any:
    return _part(call)


def _create_part(call: Call) -> Any:
    body: Document = call.body
    if not body["fileUris"]:
        raise BadRequestError("A part needs at least one file")
    hashes, size = [], 0
    for path in body["fileUris"]:
        blob = call.farm.storage.blob(path)
        if blob is None:
            raise BadRequestError(f"There is no uploaded file {path}")
        if blob.size == 0:
            raise BadRequestError(f"The uploaded file {path} is empty")
        hashes.append(blob.sha256)
        size += blob.size
    fields = {key: value for key, value in body.items() if key in _PART_REQUIRED or key in _PART_OPTIONAL}
    materials = fields.pop("assignedMaterials", None)
    minutes = 10.0 + min(600.0, size / 1_000_000 * _MINUTES_PER_MEGABYTE)
    part = new_part(
        call.world,
        **fields,
        fileHashes=hashes,
        thumbnailUri=call.farm.storage.picture_uri(hashes[0][:16]),
        slicingEstimate=estimate(call.world, minutes, round(minutes / 3, 1), "PLA"),
    )
    if materials:
        call.world.part_materials[part["id"]] = materials
    return part


def _update_part(call: Call) -> Any:
    part = _part(call)
    changes = {key: value for key, value in call.body.items() if key in _PART_REQUIRED or key in _PART_OPTIONAL}
    materials = changes.pop("assignedMaterials", None)
    if materials is not None:
        call.world.part_materials[part["id"]] = materials
        call.farm.queue.look_again()
    return call.world.parts.change(part["id"], changes)


def _delete_part(call: Call) -> Any:
    return _remove_parts(call, [_part(call)["id"]])


def _delete_parts(call: Call) -> Any:
    return _remove_parts(call, [part_id for part_id in call.body if part_id in call.world.parts])


def _remove_parts(call: Call, part_ids: list[str]) -> list[str]:
    for part_id in part_ids:
        call.world.parts.remove(part_id)
        call.world.part_materials.pop(part_id, None)
        for linked in [linked for linked in call.world.linked_parts.values() if linked["partId"] == part_id]:
            call.world.linked_parts.remove(linked["id"])
    return part_ids


def _create_skus(call: Call) -> Any:
    for entry in call.body:
        if entry["partId"] not in call.world.parts:
            raise NotFoundError("Part", entry["partId"])
    skus = []
    for entry in call.body:
        skus.append(sku := _new_sku(call, entry["skuName"], entry["skuName"]))
        link_part(call.world, sku, call.world.parts[entry["partId"]])
    return skus


def _new_sku(call: Call, code: str, title: str, description: str = "") -> Document:
    if any(sku["sku"] == code for sku in call.world.skus.values()):
        raise ApiError(409, f"There is a SKU {code} already")
    return add_sku(call.world, code, title, description)


def _with_parts(call: Call, sku: Document, *, whole: bool = False) -> Document:
    linked_parts = call.farm.builder.linked_parts(sku)
    if whole:
        linked_parts = [{**linked, "part": call.world.parts[linked["partId"]]} for linked in linked_parts]
    return {**sku, "linkedParts": linked_parts}


def _skus(call: Call) -> list[Document]:
    return [_with_parts(call, sku) for sku in call.world.skus.values()]


def _sku(call: Call) -> Document:
    sku_id = call.ids["id"]
    if (sku := call.world.skus.get(sku_id)) is None:
        raise NotFoundError("SKU", sku_id)
    return sku


def _get_sku(call: Call) -> Any:
    return _with_parts(call, _sku(call), whole=True)


def _delete_sku(call: Call) -> Any:
    sku = _sku(call)
    for linked in call.farm.builder.linked_parts(sku):
        call.world.linked_parts.remove(linked["id"])
    call.world.skus.remove(sku["id"])
    return [sku["id"]]


def _option_values(call: Call) -> Any:
    return list(call.world.sku_option_values.values())


def _option_bindings(call: Call) -> Any:
    return list(call.world.sku_option_bindings.values())


def _get_linked_part(call: Call) -> Any:
    linked_id = call.ids["id"]
    if (linked := call.world.linked_parts.get(linked_id)) is None:
        raise NotFoundError("Linked part", linked_id)
    return linked


def _get_folder(call: Call) -> Any:
    folder_id = call.ids["id"]
    if (folder := call.world.folders.get(folder_id)) is None:
        raise NotFoundError("Folder", folder_id)
    return folder


ROUTES = (
    *list_routes("/v1/parts", "part.view", lambda call: call.world.parts.values(), _PART_FIELDS),
    Route("POST", "/v1/parts", ("part.create",), _create_part, _INSERT, 201),
    Route("DELETE", "/v1/parts", ("part.delete",), _delete_parts, IDS),
    Route(
        "POST",
        "/v1/parts/create-skus",
        ("sku.create",),
        _create_skus,
        array(shape({"partId": text(), "skuName": _NAME})),
        201,
    ),
    Route("GET", "/v1/parts/{id}", ("part.view",), _get_part),
    Route("PATCH", "/v1/parts/{id}", ("part.edit",), _update_part, _UPDATE),
    Route("DELETE", "/v1/parts/{id}", ("part.delete",), _delete_part),
    *list_routes("/v1/skus", "sku.view", _skus, _SKU_FIELDS, "linkedParts"),
    Route("GET", "/v1/skus/{id}", ("sku.view",), _get_sku),
    Route("DELETE", "/v1/skus/{id}", ("sku.delete",), _delete_sku),
    *list_routes("/v1/linked-parts", "sku.view", lambda call: call.world.linked_parts.values(), _LINKED_PART_FIELDS),
    Route("GET", "/v1/linked-parts/{id}", ("sku.view",), _get_linked_part),
    *list_routes(
        "/v1/part-material-assignments", "part.view", lambda call: assignments(call.world), _ASSIGNMENT_FIELDS
    ),
    *list_routes("/v1/folders", "part.view", lambda call: call.world.folders.values(), _FOLDER_FIELDS),
    Route("GET", "/v1/folders/{id}", ("part.view",), _get_folder),
    *list_routes("/v1/sku-options", "sku.view", lambda call: call.world.sku_options.values(), _OPTION_FIELDS),
    Route("GET", "/v1/sku-options/values", ("sku.view",), _option_values),
    Route("GET", "/v1/sku-options/bindings", ("sku.view",), _option_bindings),
)
