"""The actions: what may be asked for, of which store, and what is sent for it."""

from collections.abc import Mapping
import math
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry
import voluptuous as vol

from .const import DOMAIN
from .coordinator import PrintagoConfigEntry, PrintagoCoordinator
from .entity import async_call
from .submission import PrintRequest, Submitter

SERVICE_SUBMIT_PRINT_JOB = "submit_print_job"

ATTR_LABEL = "label"
ATTR_MATERIAL = "material"
ATTR_PARAMETERS = "parameters"
ATTR_PART = "part"
ATTR_PLATES = "plates"
ATTR_POSITION = "position"
ATTR_PRINTER = "printer"
ATTR_PRIORITY = "priority"
ATTR_QUANTITY = "quantity"
ATTR_SKU = "sku"
ATTR_TAGS = "tags"

# Values and bounds of the vendor's BuildConfigV2.
_PRIORITIES = {"normal": 100, "low": 1000}
_POSITIONS = ("back", "front")
_MOST_COPIES = 500


def _whole(value: object) -> int:
    """Read a whole number, also one that a template has made a text or a float of; nothing is rounded."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise vol.Invalid("expected a whole number")
    return int(number)


_NON_EMPTY = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=1024))
_TAG = vol.All(_NON_EMPTY, vol.Match(r"^[^|]+$", msg="a tag must not contain |"))
_PARAMETER = vol.Any(bool, int, float, vol.All(str, vol.Length(max=255)))

SUBMIT_PRINT_JOB_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Exclusive(ATTR_PART, "thing", msg="give a part or an SKU, not both"): _NON_EMPTY,
            vol.Exclusive(ATTR_SKU, "thing", msg="give a part or an SKU, not both"): _NON_EMPTY,
            vol.Optional(ATTR_QUANTITY, default=1): vol.All(_whole, vol.Range(min=1, max=_MOST_COPIES)),
            vol.Optional(ATTR_PRINTER): cv.string,
            vol.Optional(ATTR_TAGS): vol.All(cv.ensure_list, [_TAG]),
            vol.Optional(ATTR_LABEL): _NON_EMPTY,
            vol.Optional(ATTR_PRIORITY, default="normal"): vol.In(_PRIORITIES),
            vol.Optional(ATTR_POSITION, default="back"): vol.In(_POSITIONS),
            vol.Optional(ATTR_MATERIAL): _NON_EMPTY,
            vol.Optional(ATTR_PARAMETERS): vol.Schema({_NON_EMPTY: _PARAMETER}),
            vol.Optional(ATTR_PLATES): vol.Schema(
                {vol.Coerce(str): vol.All(_whole, vol.Range(min=0, max=_MOST_COPIES))}
            ),
        }
    ),
    cv.has_at_least_one_key(ATTR_PART, ATTR_SKU),
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SUBMIT_PRINT_JOB,
        _async_submit_print_job,
        schema=SUBMIT_PRINT_JOB_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_submit_print_job(call: ServiceCall) -> ServiceResponse:
    coordinator = _async_coordinator(call)
    tags = _tags(call, coordinator)
    request = await async_call(coordinator, _async_print_request(coordinator, call.data, tags), reads=True)
    submission = await Submitter(coordinator).async_submit(request, find_jobs=call.return_response)
    return submission.as_response() if call.return_response else None


@callback
def _async_coordinator(call: ServiceCall) -> PrintagoCoordinator:
    """Return the store that is meant: the named one, that of the named printer, else the only one there is."""
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None and (device_id := call.data.get(ATTR_PRINTER)) is not None:
        device = dr.async_get(call.hass).async_get(device_id)
        entry_id = device.config_entry_id if device is not None else None
    entry: PrintagoConfigEntry = async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry.runtime_data


def _tags(call: ServiceCall, coordinator: PrintagoCoordinator) -> dict[str, str]:
    """Return the tags that a printer has to match, all of them."""
    tags = {}
    if wanted := call.data.get(ATTR_TAGS):
        tags["user.tags"] = "|".join(dict.fromkeys(wanted))
    if (device_id := call.data.get(ATTR_PRINTER)) is not None:
        tags["printer.id"] = _printer_id(call.hass, coordinator, device_id)
    return tags


def _printer_id(hass: HomeAssistant, coordinator: PrintagoCoordinator, device_id: str) -> str:
    device = dr.async_get(hass).async_get(device_id)
    identifiers = device.identifiers if device is not None else set()
    for domain, identifier in identifiers:
        if domain == DOMAIN and identifier in coordinator.farm.printers:
            return identifier
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_a_printer",
        translation_placeholders={"device": (device.name_by_user or device.name or "") if device else device_id},
    )


async def _async_print_request(
    coordinator: PrintagoCoordinator, data: Mapping[str, Any], tags: dict[str, str]
) -> PrintRequest:
    """Return what is to be sent; raises PrintagoError, and ServiceValidationError for what cannot be found."""
    catalog = coordinator.catalog
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
        "priority": _PRIORITIES[data[ATTR_PRIORITY]],
        "position": data[ATTR_POSITION],
    }
    if tags:
        common["tags"] = tags
    if ATTR_PART in data:
        part = await catalog.async_find_part(data[ATTR_PART])
        build = {"parts": [{"partId": part["id"], **common, **details}]}
        quantity = None if plates else data[ATTR_QUANTITY]
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
    build = {"skus": [{"skuId": sku["id"], **common}]}
    return PrintRequest(build=build, sku_id=sku["id"], part_builds=max(1, len(linked_parts)), label=label, tags=tags)


def _linked_part_ids(sku: Mapping[str, Any]) -> list[str]:
    linked = sku.get("linkedParts")
    if not isinstance(linked, list):
        return []
    return [part["partId"] for part in linked if isinstance(part, Mapping) and isinstance(part.get("partId"), str)]
