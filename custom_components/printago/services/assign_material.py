"""The action that assigns a material to a slot, for example after a change of color."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api.models.filament import SlotAddress, slot_address_of
from ..api.models.job_material import MaterialChoice
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..hub.material_poll import PRINTER_SLOTS
from ..model.printer import PrinterState
from ..model.spelling import folded
from ..printing.action_fields import NAME, at_least_one
from ..printing.catalog import Catalog
from ..printing.request import ATTR_MATERIAL
from .helpers import ATTR_PRINTERS, DEVICES, async_printers, async_runtime, names

ATTR_SET_ON_PRINTER = "set_on_printer"
ATTR_SLOTS = "slots"
ATTR_VARIANT = "variant"


def _place(value: object) -> SlotAddress:
    """Read a slot by the key of its sensor, such as ``ams_1_tray_2``, or by name: "AMS 1 tray 2"."""
    if isinstance(value, str) and (place := slot_address_of(folded(value).replace(" ", "_"))) is not None:
        return place
    raise vol.Invalid("expected a slot such as ams_1_tray_2, or external_spool", translation_key="slot")


ASSIGN_MATERIAL_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Required(ATTR_PRINTERS): DEVICES,
            vol.Required(ATTR_SLOTS): vol.All(cv.ensure_list, [_place], vol.Length(min=1)),
            vol.Optional(ATTR_MATERIAL): NAME,
            vol.Optional(ATTR_VARIANT): NAME,
            vol.Optional(ATTR_SET_ON_PRINTER, default=True): cv.boolean,
        }
    ),
    at_least_one(ATTR_MATERIAL, ATTR_VARIANT),
)


async def async_assign_material(call: ServiceCall) -> ServiceResponse:
    """Assign a material, or a color of one, to the same slots of printers."""
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    printers = async_printers(call, coordinator)
    places: list[SlotAddress] = list(dict.fromkeys(call.data[ATTR_SLOTS]))
    for printer in printers:
        _check_slots(coordinator, printer, places)
    material = await coordinator.async_call(_async_material(runtime.catalog, call.data), reads=True)
    set_on_printer: bool = call.data[ATTR_SET_ON_PRINTER]
    await coordinator.async_call(
        coordinator.client.printer_endpoints.assign_material(
            [printer.id for printer in printers], places, material, set_on_printer=set_on_printer
        ),
    )
    # The response is empty; read the slots in case the event is lost.
    coordinator.slow_poller.async_want(PRINTER_SLOTS)
    if not call.return_response:
        return None
    return {
        "printers": [*names(printers)],
        "slots": [place.key for place in places],
        "assigned": {**material.as_json()},
        "set_on_printer": set_on_printer,
    }


def _check_slots(coordinator: PrintagoCoordinator, printer: PrinterState, places: Iterable[SlotAddress]) -> None:
    """Raise ServiceValidationError for slots that a printer does not have, if its slots are known."""
    known = {place for part in printer.shown if (place := slot_address_of(part)) is not None}
    for slot in coordinator.farm.materials.slots.values():
        if slot.where is not None and slot.where[0] == printer.id:
            known.add(slot.where[1])
    for place in places:
        if known and place not in known:
            slots = ", ".join(each.key for each in sorted(known))
            raise action_error("no_such_slot", printer=printer.name, slot=place.key, slots=slots)


async def _async_material(catalog: Catalog, data: Mapping[str, Any]) -> MaterialChoice:
    """Return the material as the call names it; raises PrintagoError, and ServiceValidationError."""
    material = await catalog.async_find_material(data[ATTR_MATERIAL]) if ATTR_MATERIAL in data else None
    if (wanted := data.get(ATTR_VARIANT)) is not None:
        return MaterialChoice(variant_id=(await catalog.async_find_variant(wanted, material)).id)
    assert material is not None
    return material
