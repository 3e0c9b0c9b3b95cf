"""Confirms beds as clear, except those in use: a print left on a bed can destroy a printer."""

from homeassistant.exceptions import ServiceValidationError

from ..api import InUseError
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..model.printer import PrinterState


async def async_confirm_bed(coordinator: PrintagoCoordinator, printer: PrinterState, *, cleared: bool = True) -> None:
    """Confirm a bed as clear, or withdraw that.

    Raises ServiceValidationError if the bed came into use before the request was sent, else the client's errors.
    """
    try:
        record = await coordinator.client.confirm_ready(printer.id, ready=cleared)
    except InUseError as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="still_printing",
            translation_placeholders={"printer": printer.name},
        ) from err
    if record is not None:
        coordinator.async_apply_printer(printer.id, record)
