"""What is to be printed: what may be asked for, and what is sent for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import re
from typing import Any

import voluptuous as vol

from ..api import PrintJob
from ..api.models.records import LOW_PRIORITY, NORMAL_PRIORITY
from ..api.models.tags import PIN, USER_TAGS, have_tags, join_tags
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.spelling import alike
from .action_fields import NAME, NON_EMPTY, at_least_one, at_most_one, whole_number
from .catalog import Catalog

ATTR_LABEL = "label"
ATTR_MATERIAL = "material"
ATTR_OPTIONS = "options"
ATTR_PARAMETERS = "parameters"
ATTR_PART = "part"
ATTR_PLATES = "plates"
ATTR_POSITION = "position"
ATTR_PRIORITY = "priority"
ATTR_QUANTITY = "quantity"
ATTR_SKU = "sku"

PRIORITIES = {"normal": NORMAL_PRIORITY, "low": LOW_PRIORITY}
# Values and bounds of the vendor's BuildConfigV2.
POSITIONS = ("back", "front")
_MOST_COPIES = 500
_OPTION_ID = re.compile(r"[a-z0-9]{24}")
_TYPES_WITH_PLATES = ("3mf", "gcode3mf")

_PARAMETER = vol.Any(bool, int, float, vol.All(str, vol.Length(max=255)))
QUANTITY = vol.All(whole_number, vol.Range(min=1, max=_MOST_COPIES))

PRINT_FIELDS: dict[vol.Marker, Any] = {
    vol.Optional(ATTR_PART): NAME,
    vol.Optional(ATTR_SKU): NAME,
    vol.Optional(ATTR_QUANTITY, default=1): QUANTITY,
    vol.Optional(ATTR_LABEL): NAME,
    vol.Optional(ATTR_PRIORITY, default="normal"): vol.In(PRIORITIES),
    vol.Optional(ATTR_POSITION, default="back"): vol.In(POSITIONS),
    vol.Optional(ATTR_MATERIAL): NAME,
    vol.Optional(ATTR_PARAMETERS): vol.Schema({NAME: _PARAMETER}),
    vol.Optional(ATTR_PLATES): vol.Schema({vol.Coerce(str): vol.All(whole_number, vol.Range(min=0, max=_MOST_COPIES))}),
    vol.Optional(ATTR_OPTIONS): vol.Schema({NAME: NON_EMPTY}),
}
"""What may be asked for; tags and printer are given apart."""


def print_schema(fields: Mapping[vol.Marker, Any]) -> vol.All:
    """Return the schema of a request with these fields beside its own."""
    return vol.All(
        vol.Schema({**PRINT_FIELDS, **fields}), at_most_one(ATTR_PART, ATTR_SKU), at_least_one(ATTR_PART, ATTR_SKU)
    )


PRINT_SCHEMA = print_schema({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRequest:
    """What is to be printed: the build to send, and how its jobs can be told from others."""

    build: Mapping[str, Any]
    part_id: str | None = None
    sku_id: str | None = None
    part_builds: int = 1
    """How many part builds come of it: an SKU has one for each of its parts."""
    quantity: int | None = None
    """How many jobs each part build has, where that is known beforehand."""
    label: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def item(self) -> tuple[str, str]:
        """Return the field of a job that tells what it prints, and its value."""
        return ("partId", self.part_id) if self.part_id is not None else ("skuId", self.sku_id or "")

    def matches(self, job: PrintJob) -> bool:
        """Return whether a job can have come of this request."""
        # Jobs of an order, or of an SKU that contains the part, are somebody else's.
        if job.order_id is not None or job.sku_id != self.sku_id:
            return False
        if self.part_id is not None and job.part_id != self.part_id:
            return False
        if self.label is not None and self.label not in (job.label or ""):
            return False
        if self.quantity is not None and job.quantity_total != self.quantity:
            return False
        return have_tags(job.required_printer_tags or {}, self.tags)


def required_tags(coordinator: PrintagoCoordinator, tags: Iterable[str], printer_id: str | None) -> dict[str, str]:
    """Return the tags that a printer has to match, all of them, as a build names them.

    Raises ServiceValidationError for a tag that could be one of several.
    """
    known = sorted({tag for printer in coordinator.farm.printers.values() for tag in printer.record.tags})
    required = {}
    if user_tags := join_tags(_own_tag(tag, known) for tag in tags):
        required[USER_TAGS] = user_tags
    if printer_id is not None:
        required[PIN] = printer_id
    return required


def _own_tag(tag: str, known: list[str]) -> str:
    """Return a tag as printers have it, since Printago tells tags apart by case; one that none has as it is."""
    found = alike(tag, known, str)
    if len(found) > 1:
        raise action_error("tag_ambiguous", name=tag, candidates=", ".join(found))
    return found[0] if found else tag


async def async_print_request(catalog: Catalog, data: Mapping[str, Any], tags: dict[str, str]) -> PrintRequest:
    """Return what is to be sent; raises PrintagoError, and ServiceValidationError for what cannot be found."""
    options = data.get(ATTR_OPTIONS)
    if options and ATTR_SKU not in data:
        raise action_error("options_without_sku")
    label = data.get(ATTR_LABEL)
    details: dict[str, Any] = {}
    if label is not None:
        details["label"] = label
    if parameters := data.get(ATTR_PARAMETERS):
        details["parameters"] = parameters
    if plates := data.get(ATTR_PLATES):
        details["plateQuantities"] = plates
    if ATTR_MATERIAL in data:
        details["materials"] = {"0": [await catalog.async_find_material(data[ATTR_MATERIAL])]}
    common: dict[str, Any] = {
        "quantity": data[ATTR_QUANTITY],
        "priority": PRIORITIES[data[ATTR_PRIORITY]],
        "position": data[ATTR_POSITION],
    }
    if tags:
        common["tags"] = tags
    if ATTR_PART in data:
        part = await catalog.async_find_part(data[ATTR_PART])
        if parameters:
            details["parameters"] = _own_names(parameters, part)
        build = {"parts": [{"partId": part["id"], **common, **details}]}
        # Each plate of a file becomes a job of its own.
        quantity = None if plates or part.get("type") in _TYPES_WITH_PLATES else data[ATTR_QUANTITY]
        return PrintRequest(build=build, part_id=part["id"], quantity=quantity, label=label, tags=tags)
    sku = await catalog.async_find_sku(data[ATTR_SKU])
    linked_parts = _linked_part_ids(sku)
    if details:
        if not linked_parts:
            raise action_error("sku_without_parts", name=data[ATTR_SKU])
        # An SKU has none of these of its own: they belong to its parts ("partId -> config" in the vendor's schema).
        common["linkedPartConfigs"] = dict.fromkeys(linked_parts, details)
    if options:
        common["options"] = [
            {"id" if _OPTION_ID.fullmatch(option) else "name": option, "value": value}
            for option, value in options.items()
        ]
    build = {"skus": [{"skuId": sku["id"], **common}]}
    return PrintRequest(build=build, sku_id=sku["id"], part_builds=max(1, len(linked_parts)), label=label, tags=tags)


def _own_names(parameters: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters by the names that the part has for them; those that it does not have as they are."""
    known = [row["name"] for row in _objects(part.get("parameters")) if isinstance(row.get("name"), str)]
    own = {name: found[0] for name in parameters if len(found := alike(name, known, str)) == 1}
    # Of two that mean the same, neither is left out in silence.
    if len(set(own.values())) < len(own):
        return dict(parameters)
    return {own.get(name, name): value for name, value in parameters.items()}


def _linked_part_ids(sku: Mapping[str, Any]) -> list[str]:
    linked = sku.get("linkedParts")
    if not isinstance(linked, list):
        return []
    return [part["partId"] for part in linked if isinstance(part, Mapping) and isinstance(part.get("partId"), str)]


def _objects(rows: object) -> list[Mapping[str, Any]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
