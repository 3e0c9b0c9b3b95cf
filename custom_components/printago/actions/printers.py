"""Actions on printers: their beds and FabMatic. What is asked for several printers leaves as one request."""

from functools import partial

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..printer_state import PrinterState
from .targets import ATTR_PRINTERS, DEVICES, async_for_all, async_printers, async_store, names

ATTR_CLEARED = "cleared"


CONFIRM_BEDS_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_PRINTERS): DEVICES,
        vol.Optional(ATTR_CLEARED, default=True): cv.boolean,
    }
)


async def async_confirm_beds(call: ServiceCall) -> ServiceResponse:
    """Tell that beds are clear, or that they are not after all: the named ones, or all that wait to be cleared."""
    coordinator = async_store(call)
    cleared: bool = call.data[ATTR_CLEARED]
    printers = _beds_of(call, coordinator, cleared=cleared)
    await async_for_all(
        coordinator,
        printers,
        partial(_async_confirm, coordinator, cleared=cleared),
        "beds_not_confirmed" if cleared else "beds_not_taken_back",
    )
    return {"cleared": cleared, "printers": [*names(printers)]} if call.return_response else None


def _beds_of(call: ServiceCall, coordinator: PrintagoCoordinator, *, cleared: bool) -> list[PrinterState]:
    if ATTR_PRINTERS in call.data:
        printers = async_printers(call, coordinator)
        if cleared and (printing := [printer for printer in printers if printer.prints]):
            raise _mistake("still_printing", printer=", ".join(names(printing)))
        return printers
    if not cleared:
        raise _mistake("beds_to_take_back")
    if waiting := [printer for printer in coordinator.farm.printers.values() if printer.bed_needs_clearing]:
        return waiting
    raise _mistake("no_bed_to_clear")


async def _async_confirm(coordinator: PrintagoCoordinator, printer: PrinterState, *, cleared: bool) -> None:
    if (record := await coordinator.client.confirm_ready(printer.id, ready=cleared)) is not None:
        coordinator.async_apply_printer(printer.id, record)


def _mistake(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )
