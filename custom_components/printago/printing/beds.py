"""Confirming that beds are clear, but none that is in use: a print left on a bed costs a printer."""

from homeassistant.exceptions import ServiceValidationError

from ..api import InUseError
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..model.printer import PrinterState


async def async_confirm_bed(coordinator: PrintagoCoordinator, printer: PrinterState, *, cleared: bool = True) -> None:
    """Tell Printago that a bed is clear, or that it is not after all.

    Raises ServiceValidationError when the bed has come into use before the request left, else what the client raises.
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
