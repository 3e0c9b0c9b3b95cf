"""The action that submits prints: what may be asked for, and what is sent for it."""

from collections.abc import Iterable, Mapping
import re
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api.tags import PIN, USER_TAGS, join_tags
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..errors import async_call
from ..spelling import alike
from .checks import at_least_one, at_most_one
from .common import ATTR_PRINTER, NAME, NON_EMPTY, async_coordinator, async_printer_id, whole_number
from .outcome import JobWatch, WaitUntil
from .selection import PRIORITIES
from .submission import PrintRequest, Submitter

ATTR_DRY_RUN = "dry_run"
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
ATTR_TAGS = "tags"
ATTR_TIMEOUT = "timeout"
ATTR_WAIT_UNTIL = "wait_until"

# Values and bounds of the vendor's BuildConfigV2.
POSITIONS = ("back", "front")
_MOST_COPIES = 500
_OPTION_ID = re.compile(r"[a-z0-9]{24}")
_TYPES_WITH_PLATES = ("3mf", "gcode3mf")
_MOST_SECONDS = 3600
_USUAL_SECONDS = 300


def _tag(value: str) -> str:
    """Read a tag; what joins several is in none."""
    if "|" in value:
        raise vol.Invalid("a tag must not contain |", translation_key="tag")
    return value


_PARAMETER = vol.Any(bool, int, float, vol.All(str, vol.Length(max=255)))
TAGS = vol.All(cv.ensure_list, [vol.All(NAME, _tag)])
QUANTITY = vol.All(whole_number, vol.Range(min=1, max=_MOST_COPIES))
WAITING: dict[vol.Marker, Any] = {
    vol.Optional(ATTR_WAIT_UNTIL): vol.Coerce(WaitUntil),
    vol.Optional(ATTR_TIMEOUT, default=_USUAL_SECONDS): vol.All(whole_number, vol.Range(min=1, max=_MOST_SECONDS)),
}

SUBMIT_PRINT_JOB_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Optional(ATTR_PART): NAME,
            vol.Optional(ATTR_SKU): NAME,
            vol.Optional(ATTR_QUANTITY, default=1): QUANTITY,
            vol.Optional(ATTR_PRINTER): cv.string,
            vol.Optional(ATTR_TAGS): TAGS,
            vol.Optional(ATTR_LABEL): NAME,
            vol.Optional(ATTR_PRIORITY, default="normal"): vol.In(PRIORITIES),
            vol.Optional(ATTR_POSITION, default="back"): vol.In(POSITIONS),
            vol.Optional(ATTR_MATERIAL): NAME,
            vol.Optional(ATTR_PARAMETERS): vol.Schema({NAME: _PARAMETER}),
            vol.Optional(ATTR_PLATES): vol.Schema(
                {vol.Coerce(str): vol.All(whole_number, vol.Range(min=0, max=_MOST_COPIES))}
            ),
            vol.Optional(ATTR_OPTIONS): vol.Schema({NAME: NON_EMPTY}),
            vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
            **WAITING,
        }
    ),
    at_most_one(ATTR_PART, ATTR_SKU),
    at_least_one(ATTR_PART, ATTR_SKU),
)


async def async_submit_print_job(call: ServiceCall) -> ServiceResponse:
    """Submit a print, and return its builds and jobs."""
    coordinator = async_coordinator(call)
    tags = tags_of(call, coordinator)
    request = await async_call(coordinator, async_print_request(coordinator, call.data, tags), reads=True)
    if call.data[ATTR_DRY_RUN]:
        preview = await async_call(coordinator, coordinator.client.products.preview_build(request.build), reads=True)
        return _preview_response(preview) if call.return_response else None
    return await async_submit(
        coordinator,
        request,
        wants_response=call.return_response,
        wait_until=call.data.get(ATTR_WAIT_UNTIL),
        seconds=call.data[ATTR_TIMEOUT],
    )


async def async_submit(
    coordinator: PrintagoCoordinator,
    request: PrintRequest,
    *,
    wants_response: bool,
    wait_until: WaitUntil | None,
    seconds: float,
) -> dict[str, Any] | None:
    """Submit a print, wait until its jobs got so far, and return the response of the action.

    That they did not within ``seconds`` is told in the response. Raises HomeAssistantError, as ``Submitter`` does.
    """
    with JobWatch(coordinator) as watch:
        submission = await Submitter(coordinator).async_submit(
            request, find_jobs=wants_response or wait_until is not None
        )
        response = submission.as_response()
        job_ids = response["job_ids"]
        if wait_until is not None:
            response["reached"] = await watch.async_wait(job_ids, wait_until, seconds)
        response["jobs"] = watch.as_response(job_ids)
    return response if wants_response else None


def _preview_response(preview: Mapping[str, Any]) -> dict[str, Any]:
    builds: list[dict[str, Any]] = [
        {
            "part_id": build.get("partId"),
            "part": build.get("partName"),
            "sku": sku.get("sku") if isinstance(sku := build.get("sku"), Mapping) else None,
            "label": build.get("label"),
            "quantity": build.get("quantity"),
            "jobs": [
                {
                    "label": job.get("label"),
                    "number": job.get("quantityIndex"),
                    "of": job.get("quantityTotal"),
                    "plate": job.get("plateName") or job.get("plateId"),
                }
                for job in _objects(build.get("jobs"))
            ],
        }
        for build in _objects(preview["partBuilds"])
    ]
    return {"dry_run": True, "builds": builds, "job_count": sum(len(build["jobs"]) for build in builds)}


def _objects(rows: object) -> list[Mapping[str, Any]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def tags_of(call: ServiceCall, coordinator: PrintagoCoordinator) -> dict[str, str]:
    """Return the tags that a printer has to match, all of them."""
    device_id = call.data.get(ATTR_PRINTER)
    printer_id = async_printer_id(call.hass, coordinator, device_id) if device_id is not None else None
    return required_tags(coordinator, call.data.get(ATTR_TAGS, ()), printer_id)


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
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="tag_ambiguous",
            translation_placeholders={"name": tag, "candidates": ", ".join(found)},
        )
    return found[0] if found else tag


async def async_print_request(
    coordinator: PrintagoCoordinator, data: Mapping[str, Any], tags: dict[str, str]
) -> PrintRequest:
    """Return what is to be sent; raises PrintagoError, and ServiceValidationError for what cannot be found."""
    catalog = coordinator.catalog
    options = data.get(ATTR_OPTIONS)
    if options and ATTR_SKU not in data:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="options_without_sku")
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
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="sku_without_parts",
                translation_placeholders={"name": data[ATTR_SKU]},
            )
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
