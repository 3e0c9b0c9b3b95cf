"""Helpers of several actions: find the store and the printers, and change several printers."""

from collections.abc import Iterable

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry
import voluptuous as vol

from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.printer import PrinterState
from ..model.printer_names import full_names, printers_called
from ..runtime import PrintagoConfigEntry, PrintagoRuntime

ATTR_PRINTER = "printer"
ATTR_PRINTERS = "printers"

ATTR_LIMIT = "limit"

DEVICES = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))


@callback
def async_runtime(call: ServiceCall) -> PrintagoRuntime:
    """Return the store: the given one, that of the first printer, else the only one there is."""
    printer = call.data.get(ATTR_PRINTER) or next(iter(call.data.get(ATTR_PRINTERS, ())), None)
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None and printer is not None:
        device = dr.async_get(call.hass).async_get(printer)
        entry_id = device.config_entry_id if device is not None else _async_store_of_called(call.hass, printer)
    entry: PrintagoConfigEntry = async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry.runtime_data


@callback
def async_coordinator(call: ServiceCall) -> PrintagoCoordinator:
    """Return the coordinator of the store."""
    return async_runtime(call).coordinator


@callback
def _async_store_of_called(hass: HomeAssistant, name: str) -> str | None:
    entries: list[PrintagoConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    found = {
        entry.entry_id: printers
        for entry in entries
        if (printers := printers_called(entry.runtime_data.coordinator.farm.printers.values(), name))
    }
    if len(found) > 1:
        raise ambiguous_printer(name, [printer for printers in found.values() for printer in printers])
    return next(iter(found), None)


@callback
def async_printer_id(hass: HomeAssistant, coordinator: PrintagoCoordinator, printer: str) -> str:
    """Return the ID of the printer for a device or a name; raises ServiceValidationError if there is none."""
    printers = coordinator.farm.printers
    if (device := dr.async_get(hass).async_get(printer)) is not None:
        found = [identifier for domain, identifier in device.identifiers if domain == DOMAIN and identifier in printers]
    else:
        named = printers_called(printers.values(), printer)
        if len(named) > 1:
            raise ambiguous_printer(printer, named)
        found = [state.id for state in named]
    if found:
        return found[0]
    called = (device.name_by_user or device.name or "") if device is not None else printer
    raise action_error("not_a_printer", device=called)


def ambiguous_printer(name: str, printers: Iterable[PrinterState]) -> ServiceValidationError:
    """Return the error for an ambiguous name, which says how to name each of the printers."""
    return action_error("printer_ambiguous", name=name, candidates=", ".join(full_names(printers)))


@callback
def async_printers(call: ServiceCall, coordinator: PrintagoCoordinator) -> list[PrinterState]:
    """Return the given printers without duplicates; raises ServiceValidationError if one is not of this store."""
    ids = [async_printer_id(call.hass, coordinator, device_id) for device_id in call.data.get(ATTR_PRINTERS, ())]
    return [coordinator.farm.printers[printer_id] for printer_id in dict.fromkeys(ids)]


def names(printers: Iterable[PrinterState]) -> list[str]:
    """Return the names of the printers."""
    return [printer.name for printer in printers]
