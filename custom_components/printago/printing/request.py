"""Print requests: their schema, and the build that is sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import voluptuous as vol

from ..api import PrintJob
from ..api.models.build import BuildConfig
from ..api.models.job_material import MaterialChoice
from ..api.models.product import Part
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
ATTR_VARIANT = "variant"

PRIORITIES = {"normal": NORMAL_PRIORITY, "low": LOW_PRIORITY}
# Values and limits of the vendor's BuildConfigV2.
POSITIONS = ("back", "front")
_MOST_COPIES = 500
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
    vol.Optional(ATTR_VARIANT): NAME,
    vol.Optional(ATTR_PARAMETERS): vol.Schema({NAME: _PARAMETER}),
    vol.Optional(ATTR_PLATES): vol.Schema({vol.Coerce(str): vol.All(whole_number, vol.Range(min=0, max=_MOST_COPIES))}),
    vol.Optional(ATTR_OPTIONS): vol.Schema({NAME: NON_EMPTY}),
}
"""The fields of a print request; tags and printer are given separately."""


def print_schema(fields: Mapping[vol.Marker, Any]) -> vol.All:
    """Return a schema with these fields and those of a print request."""
    return vol.All(
        vol.Schema({**PRINT_FIELDS, **fields}), at_most_one(ATTR_PART, ATTR_SKU), at_least_one(ATTR_PART, ATTR_SKU)
    )


PRINT_SCHEMA = print_schema({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRequest:
    """A print request: the build to send, and the properties of its jobs."""

    build: Mapping[str, Any]
    part_id: str | None = None
    sku_id: str | None = None
    part_builds: int = 1
    """Number of its part builds: an SKU has one for each of its parts."""
    quantity: int | None = None
    """Number of jobs of each part build, if known in advance."""
    label: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def item(self) -> tuple[str, str]:
        """Return what it prints: ``part`` or ``sku``, and the ID."""
        return ("part", self.part_id) if self.part_id is not None else ("sku", self.sku_id or "")

    def matches(self, job: PrintJob) -> bool:
        """Return whether a job can belong to this request."""
        # Jobs of an order, or of an SKU that contains the part, belong to another request.
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
    """Return the tags that a printer must all match, as a build names them.

    Raises ServiceValidationError for a tag that is ambiguous.
    """
    known = sorted({tag for printer in coordinator.farm.printers.values() for tag in printer.record.tags})
    required = {}
    if user_tags := join_tags(_own_tag(tag, known) for tag in tags):
        required[USER_TAGS] = user_tags
    if printer_id is not None:
        required[PIN] = printer_id
    return required


def _own_tag(tag: str, known: list[str]) -> str:
    """Return a tag as printers have it, since Printago's tags are case-sensitive; unchanged if no printer has it."""
    found = alike(tag, known, str)
    if len(found) > 1:
        raise action_error("tag_ambiguous", name=tag, candidates=", ".join(found))
    return found[0] if found else tag


async def async_print_request(catalog: Catalog, data: Mapping[str, Any], tags: dict[str, str]) -> PrintRequest:
    """Return the build to send; raises PrintagoError, and ServiceValidationError for items that are not found."""
    options = data.get(ATTR_OPTIONS)
    if options and ATTR_SKU not in data:
        raise action_error("options_without_sku")
    material = await catalog.async_find_material(data[ATTR_MATERIAL]) if ATTR_MATERIAL in data else None
    if ATTR_VARIANT in data:
        material = MaterialChoice(variant_id=(await catalog.async_find_variant(data[ATTR_VARIANT], material)).id)
    label, plates = data.get(ATTR_LABEL), data.get(ATTR_PLATES)
    config = BuildConfig(
        quantity=data[ATTR_QUANTITY],
        priority=PRIORITIES[data[ATTR_PRIORITY]],
        position=data[ATTR_POSITION],
        tags=tags,
        label=label,
        parameters=data.get(ATTR_PARAMETERS),
        plates=plates,
        material=material,
        options=options,
    )
    if ATTR_PART in data:
        part = await catalog.async_find_part(data[ATTR_PART])
        if config.parameters:
            config = replace(config, parameters=_own_names(config.parameters, part))
        # Each plate of a file is a separate job.
        quantity = None if plates or part.kind in _TYPES_WITH_PLATES else data[ATTR_QUANTITY]
        return PrintRequest(build=config.of_part(part.id), part_id=part.id, quantity=quantity, label=label, tags=tags)
    sku = await catalog.async_find_sku(data[ATTR_SKU])
    # An SKU has no print settings of its own: they belong to its parts.
    if config.details and not sku.part_ids:
        raise action_error("sku_without_parts", name=data[ATTR_SKU])
    return PrintRequest(
        build=config.of_sku(sku.id, sku.part_ids),
        sku_id=sku.id,
        part_builds=max(1, len(sku.part_ids)),
        label=label,
        tags=tags,
    )


def _own_names(parameters: Mapping[str, Any], part: Part) -> dict[str, Any]:
    """Return parameters by the part's own names; unknown names are unchanged."""
    own = {name: found[0] for name in parameters if len(found := alike(name, part.parameters, str)) == 1}
    # Two names for one parameter are an error: neither is dropped silently.
    if len(set(own.values())) < len(own):
        return dict(parameters)
    return {own.get(name, name): value for name, value in parameters.items()}
