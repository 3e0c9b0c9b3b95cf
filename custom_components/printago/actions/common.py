"""What several actions share: which store and which printer is meant, and how values are read."""

import math

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry
import voluptuous as vol

from ..const import DOMAIN
from ..coordinator import PrintagoConfigEntry, PrintagoCoordinator

ATTR_PRINTER = "printer"


def whole_number(value: object) -> int:
    """Read a whole number, also one that a template has made a text or a float of; nothing is rounded."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise vol.Invalid("expected a whole number")
    return int(number)


NON_EMPTY = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=1024))


@callback
def async_coordinator(call: ServiceCall) -> PrintagoCoordinator:
    """Return the store that is meant: the named one, that of the named printer, else the only one there is."""
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None and (device_id := call.data.get(ATTR_PRINTER)) is not None:
        device = dr.async_get(call.hass).async_get(device_id)
        entry_id = device.config_entry_id if device is not None else None
    entry: PrintagoConfigEntry = async_get_config_entry(call.hass, DOMAIN, entry_id)
    return entry.runtime_data


@callback
def async_printer_id(hass: HomeAssistant, coordinator: PrintagoCoordinator, device_id: str) -> str:
    """Return the ID of the printer that a device is; raises ServiceValidationError for any other device."""
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
