"""Which printers an action for several of them is about, and doing something to all of them at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from homeassistant.core import ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import NotAppliedError
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..errors import async_call
from ..printer_state import PrinterState
from .common import async_printer_id, async_store_of

ATTR_PRINTERS = "printers"

DEVICES = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))


@callback
def async_store(call: ServiceCall) -> PrintagoCoordinator:
    """Return the store that is meant: the named one, that of the first printer, else the only one there is."""
    return async_store_of(call, next(iter(call.data.get(ATTR_PRINTERS, ())), None))


@callback
def async_printers(call: ServiceCall, coordinator: PrintagoCoordinator) -> list[PrinterState]:
    """Return the named printers, each once; raises ServiceValidationError when one is none of this store."""
    ids = [async_printer_id(call.hass, coordinator, device_id) for device_id in call.data.get(ATTR_PRINTERS, ())]
    return [coordinator.farm.printers[printer_id] for printer_id in dict.fromkeys(ids)]


def mistake(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error that tells a person what to ask for instead."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )


def names(printers: Iterable[PrinterState]) -> list[str]:
    """Return what people call the printers."""
    return [printer.name for printer in printers]


async def async_for_all(
    coordinator: PrintagoCoordinator,
    printers: Sequence[PrinterState],
    call: Callable[[PrinterState], Awaitable[None]],
    left_out_key: str,
) -> None:
    """Do something to all printers at once, which leaves as one request.

    Raises HomeAssistantError; with ``left_out_key`` and the names where Printago left some of them out.
    """

    async def send() -> list[PrinterState]:
        results = await asyncio.gather(*(call(printer) for printer in printers), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        if others := [error for error in errors if not isinstance(error, NotAppliedError)]:
            raise others[0]
        return [printer for printer, result in zip(printers, results, strict=True) if result is not None]

    if left_out := await async_call(coordinator, send()):
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=left_out_key,
            translation_placeholders={"printers": ", ".join(names(left_out))},
        )
