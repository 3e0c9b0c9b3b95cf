"""What several actions share: which store and which printer is meant, and how values are read."""

from collections.abc import Iterable
import math

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry
import voluptuous as vol

from ..const import DOMAIN
from ..coordinator import PrintagoConfigEntry, PrintagoCoordinator
from ..printer_names import full_names, printers_called
from ..printer_state import PrinterState
from ..spelling import folded, tidied

ATTR_PRINTER = "printer"


def whole_number(value: object) -> int:
    """Read a whole number, also one that a template has made a text or a float of; nothing is rounded."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise vol.Invalid("expected a whole number", translation_key="whole_number")
    return int(number)


def _name(value: str) -> str:
    """Read a name: one of nothing but what nobody can see is none."""
    if not folded(value):
        raise vol.Invalid("expected a name", translation_key="name")
    return tidied(value)


NON_EMPTY = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=1024))
NAME = vol.All(cv.string, vol.Length(max=1024), _name)
"""What a person calls something."""


@callback
def async_coordinator(call: ServiceCall) -> PrintagoCoordinator:
    """Return the store that is meant: the named one, that of the named printer, else the only one there is."""
    return async_store_of(call, call.data.get(ATTR_PRINTER))


@callback
def async_store_of(call: ServiceCall, printer: str | None) -> PrintagoCoordinator:
    """Return the store that an action names, else that of this printer, else the only one there is."""
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None and printer is not None:
        device = dr.async_get(call.hass).async_get(printer)
        entry_id = device.config_entry_id if device is not None else _async_store_of_called(call.hass, printer)
    entry: PrintagoConfigEntry = async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry.runtime_data


@callback
def _async_store_of_called(hass: HomeAssistant, name: str) -> str | None:
    entries: list[PrintagoConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    found = {
        entry.entry_id: printers
        for entry in entries
        if (printers := printers_called(entry.runtime_data.farm.printers.values(), name))
    }
    if len(found) > 1:
        raise ambiguous_printer(name, [printer for printers in found.values() for printer in printers])
    return next(iter(found), None)


@callback
def async_printer_id(hass: HomeAssistant, coordinator: PrintagoCoordinator, printer: str) -> str:
    """Return the ID of the printer that a device, or a name, means; raises ServiceValidationError for any other."""
    printers = coordinator.farm.printers
    if (device := dr.async_get(hass).async_get(printer)) is not None:
        found = [identifier for domain, identifier in device.identifiers if domain == DOMAIN and identifier in printers]
    else:
        called = printers_called(printers.values(), printer)
        if len(called) > 1:
            raise ambiguous_printer(printer, called)
        found = [state.id for state in called]
    if found:
        return found[0]
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_a_printer",
        translation_placeholders={"device": (device.name_by_user or device.name or "") if device else printer},
    )


def ambiguous_printer(name: str, printers: Iterable[PrinterState]) -> ServiceValidationError:
    """Return the error that a name does not say which of these printers is meant, and how to."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="printer_ambiguous",
        translation_placeholders={"name": name, "candidates": ", ".join(full_names(printers))},
    )
