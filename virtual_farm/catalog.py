"""What a demo store sells and prints: materials, parts, and SKUs."""

from dataclasses import dataclass
import hashlib

from .entities import Document
from .machine import Tray
from .storage import Storage
from .world import World


@dataclass(frozen=True, slots=True)
class _Material:
    name: str
    type: str
    identifier: str
    price: float
    colors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    file_type: str
    minutes: float
    grams: float
    material: str | None = "PLA"
    plates: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str, str | float | bool], ...] = ()
    tags: tuple[str, ...] = ()


_MATERIALS = (
    _Material(
        "Bambu PLA Basic",
        "PLA",
        "GFA00",
        19.99,
        (("Jade White", "FFFFFFFF"), ("Black", "000000FF"), ("Bambu Green", "00AE42FF"), ("Red", "C12E1FFF")),
    ),
    _Material("Bambu PLA Matte", "PLA", "GFA01", 22.99, (("Charcoal", "303030FF"), ("Sakura Pink", "E8AFCFFF"))),
    _Material("Bambu PETG HF", "PETG", "GFG02", 17.99, (("Gray", "ADB1B2FF"), ("Orange", "F75403FF"))),
    _Material("Bambu ABS", "ABS", "GFB00", 24.99, (("Azure", "489FDFFF"),)),
    _Material("Bambu TPU 95A HF", "TPU", "GFU00", 41.99, (("Blue", "0072CEFF"),)),
)

_PARTS = (
    _Part("Benchy", "3mf", 48, 13.5, tags=("demo", "quick")),
    _Part("Calibration Cube", "stl", 26, 7.8, tags=("quick",)),
    _Part("Cable Clip", "3mf", 19, 3.2),
    _Part("Plant Pot", "3mf", 312, 164.0),
    _Part("Phone Stand", "3mf", 143, 58.0),
    _Part("Gridfinity Bin 2x1", "stl", 95, 41.0, "PETG"),
    _Part("Headphone Hook", "step", 121, 47.0, "PETG"),
    _Part("Articulated Dragon", "3mf", 420, 110.0, plates=("Body", "Tail")),
    _Part("Name Tag", "scad", 22, 5.5, parameters=(("text", "string", "Hello"), ("height", "number", 3), ("hole", "boolean", True))),
    _Part("Drill Jig", "3mf", 205, 82.0, "ABS"),
    _Part("Vibration Foot", "stl", 64, 11.0, "TPU"),
)  # fmt: skip

_SKUS: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...] = (
    ("BENCHY-1", "Benchy", (("Benchy", 1),)),
    ("DESK-SET", "Desk set", (("Phone Stand", 1), ("Cable Clip", 4), ("Headphone Hook", 1))),
    ("POT-M", "Plant pot, medium", (("Plant Pot", 1),)),
    ("BIN-2X1", "Gridfinity bin, 2 by 1", (("Gridfinity Bin 2x1", 1),)),
    ("DRAGON-KIT", "Articulated dragon", (("Articulated Dragon", 1),)),
)

_MAINTENANCE: tuple[tuple[str, str, float], ...] = (
    ("Lubricate the rods", "print_hours", 300.0),
    ("Replace the nozzle", "job_count", 500.0),
    ("Clean the build plate", "calendar_days", 14.0),
)

_EXTENSIONS = {"gcode3mf": "gcode.3mf"}


def stock_materials(world: World) -> None:
    """Add materials, their colors, and a group to the store."""
    for material in _MATERIALS:
        document = world.document(
            name=material.name,
            brand="Bambu Lab",
            type=material.type,
            identifier=material.identifier,
            tags=[],
            filamentUserProfileId=None,
            filamentSystemProfileId=int(material.identifier[3:]) + 100,
            starred=material.type == "PLA",
            pricePer1000g=material.price,
            source=None,
            externalId=None,
        )
        world.materials.insert(document["id"], document)
        for name, color in material.colors:
            variant = world.document(
                name=name,
                materialId=document["id"],
                color=f"#{color}",
                tags=[],
                filamentUserProfileId=None,
                filamentSystemProfileId=None,
                pricePer1000g=None,
                pressureAdvance=None,
                source=None,
                externalId=None,
            )
            world.variants.insert(variant["id"], variant)
    group = world.document(name="Any PLA", priority=0, parentId=None)
    world.material_groups.insert(group["id"], group)
    for priority, document in enumerate(item for item in world.materials.values() if item["type"] == "PLA"):
        member = world.document(
            variantId=None,
            materialId=document["id"],
            materialGroupId=group["id"],
            materialType="PLA",
            priority=priority,
        )
        world.group_members.insert(member["id"], member)


def stock_products(world: World, storage: Storage) -> None:
    """Add parts and SKUs to the store."""
    for part in _PARTS:
        _add_part(world, storage, part)
    for code, title, content in _SKUS:
        sku = add_sku(world, code, title)
        for name, quantity in content:
            link_part(world, sku, part_named(world, name), quantity)
    option = world.document(name="Color", isPersonalization=False)
    world.sku_options.insert(option["id"], option)
    for order, name in enumerate(("Black", "Jade White", "Bambu Green")):
        value = world.document(name=name, optionId=option["id"], skuSuffixes=None, order=order)
        world.sku_option_values.insert(value["id"], value)
    pot = next(sku for sku in world.skus.values() if sku["sku"] == "POT-M")
    binding = world.document(optionId=option["id"], skuId=pot["id"], order=0, filterMode=None)
    world.sku_option_bindings.insert(binding["id"], binding)


def stock_maintenance(world: World) -> None:
    """Set up the usual maintenance items for every printer."""
    for name, trigger, interval in _MAINTENANCE:
        item = world.document(name=name, triggerType=trigger, interval=interval, warningThresholdPct=80, notes=None)
        world.maintenance_items.insert(item["id"], item)
        for printer in world.printers.values():
            enrollment = world.document(
                printerId=printer.id,
                maintenanceItemId=item["id"],
                elapsed=(elapsed := round(world.random.uniform(0.05, 1.1) * interval, 1)),
                currentOffset=elapsed,
                hoursAtLastCompletion=printer.lifetime_print_hours,
                jobsAtLastCompletion=printer.lifetime_job_count,
                lastCompletedAt=None,
                lastCompletedBy=None,
                lastNotifiedStatus=None,
            )
            world.enrollments.insert(enrollment["id"], enrollment)


def part_named(world: World, name: str) -> Document:
    """Return a part by its name; raises KeyError."""
    for part in world.parts.values():
        if part["name"] == name:
            return part
    raise KeyError(name)


def new_part(world: World, **fields: object) -> Document:
    """Add a part with the given fields and the cloud's defaults for the others."""
    document = world.document(
        **{
            "description": "",
            "fileHashes": [],
            "thumbnailUri": None,
            "parameters": [],
            "printTags": {},
            "overriddenProcessProfileId": None,
            "folderId": None,
            "materials": None,
            "slicerOverride": None,
            "metadata": None,
            "slicingEstimate": None,
            "use3MFProcessProfile": False,
            "arrangeable": True,
            "userTags": [],
            "gcodePlateUris": None,
            "uploadedAt": world.now(),
            **fields,
        }
    )
    return world.parts.insert(document["id"], document)


def add_sku(world: World, code: str, title: str, description: str = "") -> Document:
    """Add a SKU without parts."""
    document = world.document(
        sku=code,
        title=title,
        description=description,
        externalId=None,
        externalProvider=None,
        folderId=None,
        totalCogs=0,
    )
    return world.skus.insert(document["id"], document)


def link_part(world: World, sku: Document, part: Document, quantity: int = 1) -> Document:
    """Add a part to a SKU."""
    document = world.document(
        skuId=sku["id"],
        partId=part["id"],
        parameters=[],
        quantity=quantity,
        label=part["name"],
        exposedParameters=[parameter["name"] for parameter in part["parameters"]],
        materialAssignments=None,
        extensions=None,
        parameterBindings=None,
        plateQuantitiesBinding=None,
    )
    return world.linked_parts.insert(document["id"], document)


def estimate(world: World, minutes: float, grams: float, material: str, plates: int = 0) -> Document:
    """Return a slicing estimate of a print (schema `SlicingEstimate`)."""

    def usage(share: float) -> list[Document]:
        used = round(grams * share, 2)
        return [{"index": 0, "usedGrams": used, "usedMeters": round(used / 2.98, 2), "materialType": material}]

    result: Document = {
        "estimatedPrintTimeSeconds": int(minutes * 60),
        "materials": usage(1.0),
        "totalWeightGrams": grams,
        "slicedAt": world.now(),
        "slicerVersion": "2.3.0",
    }
    if plates:
        result["plates"] = [
            {
                "plateId": plate,
                "estimatedPrintTimeSeconds": int(minutes * 60 / plates),
                "materials": usage(1 / plates),
                "totalWeightGrams": round(grams / plates, 2),
            }
            for plate in range(1, plates + 1)
        ]
    return result


def _add_part(world: World, storage: Storage, part: _Part) -> None:
    slug = part.name.lower().replace(" ", "-")
    extension = _EXTENSIONS.get(part.file_type, part.file_type)
    document = new_part(
        world,
        name=part.name,
        type=part.file_type,
        fileUris=[f"stores/{world.config.store_id}/parts/{slug}.{extension}"],
        fileHashes=[hashlib.sha256(part.name.encode()).hexdigest()],
        thumbnailUri=storage.picture_uri(slug),
        parameters=[
            {"name": name, "type": kind, "default": value, "value": value} for name, kind, value in part.parameters
        ],
        materials=[{"index": 0, "color": "#FFFFFFFF", "type": part.material}],
        slicingEstimate=estimate(world, part.minutes, part.grams, part.material or "PLA", len(part.plates)),
        metadata=_metadata(part) if part.plates else None,
        userTags=list(part.tags),
    )
    if part.material is not None:
        world.part_materials[document["id"]] = {"0": [{"materialType": part.material}]}


def _metadata(part: _Part) -> Document:
    return {
        "printerModel": "Bambu Lab X1 Carbon",
        "filamentType": [part.material or "PLA"],
        "filamentColors": ["#FFFFFFFF"],
        "nozzleDiameter": "0.4",
        "profileCompat": {"sliced": "X1C", "compatible": ["X1C", "P1S"], "safe": ["X1C"]},
        "plates": [
            {
                "id": number,
                "name": name,
                "sliced": {
                    "index": number,
                    "objects": [
                        {"identifyId": str(number * 100 + index), "name": f"{name} {index}", "skipped": False}
                        for index in (1, 2)
                    ],
                },
            }
            for number, name in enumerate(part.plates, 1)
        ],
    }


def spool(world: World, variant: Document, remaining: float = 100.0) -> Tray:
    """Return a spool of a color, as a printer sees it."""
    material = world.materials[variant["materialId"]]
    return Tray(
        color=variant["color"].removeprefix("#"),
        type=material["type"],
        info=material["name"],
        tag_id=world.ids.tag(),
        remaining=remaining,
        identifier=material["identifier"] or "",
    )


def slot_fields(world: World, variant: Document | None) -> Document:
    """Return the fields of a slot record that set its color."""
    if variant is None:
        return {
            "materialId": None,
            "variantId": None,
            "instanceId": None,
            "materialType": None,
            "filamentSystemProfileId": None,
        }
    material = world.materials[variant["materialId"]]
    return {
        "materialId": material["id"],
        "variantId": variant["id"],
        "instanceId": None,
        "materialType": material["type"],
        "filamentSystemProfileId": material["filamentSystemProfileId"],
    }
