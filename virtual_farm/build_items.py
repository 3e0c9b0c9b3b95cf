"""The items of builds: one part, printed a number of times."""

from dataclasses import dataclass, field
from typing import Any

from .entities import Document
from .errors import BadRequestError

PRIORITY_NORMAL = 100
PRIORITY_LOW = 1000


@dataclass(slots=True, kw_only=True)
class BuildItem:
    """One part to print a number of times, however it was requested."""

    part: Document
    quantity: int
    label: str
    tags: Document
    priority: int = PRIORITY_NORMAL
    position: str = "back"
    parameters: list[Document] = field(default_factory=list)
    plates: dict[str, int] | None = None
    materials: Document | None = None
    sku: Document | None = None
    linked_part: Document | None = None
    sku_quantity: int = 1
    instance_start: int = 1
    order: Document | None = None
    sku_build_id: str | None = None

    def jobs(self) -> list[Document]:
        """Return its jobs, each with label, number, total, and plate."""
        plates = {str(plate["id"]): plate for plate in (self.part.get("metadata") or {}).get("plates") or []}
        chosen: list[Document | None]
        if not plates:
            chosen = [None] * self.quantity
        elif self.plates is None:
            chosen = [*plates.values()] * self.quantity
        else:
            chosen = [plates[key] for key, count in self.plates.items() for _ in range(count)] * self.quantity
        return [
            {"label": self.label, "quantityIndex": index, "quantityTotal": len(chosen), "plate": plate}
            for index, plate in enumerate(chosen, 1)
        ]


def preview_of(item: BuildItem) -> Document:
    """Return the dry-run form of an item (schema `BuildPreviewPartBuildV2`)."""
    jobs = []
    for entry in item.jobs():
        plate = entry.pop("plate")
        if plate is not None:
            entry |= {"plateId": plate["id"], "plateName": plate.get("name")}
        jobs.append(entry | {"thumbnailUri": item.part["thumbnailUri"]})
    return {
        "source": "part" if item.sku is None else "sku",
        "partId": item.part["id"],
        "partName": item.part["name"],
        "partThumbnailUri": item.part["thumbnailUri"],
        "label": item.label,
        "quantity": item.quantity,
        "sku": None if item.sku is None else {"skuId": item.sku["id"], "sku": item.sku["sku"]},
        "materials": item.materials,
        "plateQuantities": item.plates,
        "jobs": jobs,
    }


def checked_parameters(part: Document, values: dict[str, Any]) -> list[Document]:
    """Return overrides of a part's parameters; raises BadRequestError for unknown ones."""
    known = {parameter["name"]: parameter["type"] for parameter in part["parameters"]}
    python_types: dict[str, type | tuple[type, ...]] = {"number": (int, float), "string": str, "boolean": bool}
    result = []
    for name, value in values.items():
        if name not in known:
            raise BadRequestError(f"Part {part['name']} has no parameter {name}")
        if not isinstance(value, python_types[known[name]]) or (known[name] == "number" and isinstance(value, bool)):
            raise BadRequestError(f"Parameter {name} must be a {known[name]}")
        result.append({"name": name, "type": known[name], "value": value})
    return result


def checked_plates(part: Document, quantities: dict[str, Any] | None) -> dict[str, int] | None:
    """Return how often to print each plate; raises BadRequestError for an unknown plate."""
    if quantities is None:
        return None
    known = {str(plate["id"]) for plate in (part.get("metadata") or {}).get("plates") or []}
    for plate in quantities:
        if plate not in known:
            raise BadRequestError(f"Part {part['name']} has no plate {plate}")
    return {plate: int(count) for plate, count in quantities.items()}
