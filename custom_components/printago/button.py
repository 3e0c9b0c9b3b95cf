"""Buttons of the printers.

What a press means depends on what the printer does; one that makes no sense now is refused with a reason. Presses that
come together leave as one request, so that their number is not limited here.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import PrintagoClient
from .const import DOMAIN
from .coordinator import PrintagoConfigEntry, PrintagoCoordinator
from .entity import PrinterEntity, PrinterEntityDescription, async_call, async_setup_printer_entities
from .printer_state import PrinterState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterButtonDescription(PrinterEntityDescription, ButtonEntityDescription):
    """Describes a button of a printer."""

    press_fn: Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]
    refusal_fn: Callable[[PrinterState], str | None] = lambda printer: None
    """Returns the key of the reason why a press makes no sense now."""
    needs_printer: bool = True
    """The printer has to be online; else the store alone is asked."""


def _control(
    on_job: Callable[[PrintagoClient, str], Awaitable[None]], command: str
) -> Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]:
    """Return a press that acts on the printer's Printago job, or on the printer when it prints something else."""

    async def press(coordinator: PrintagoCoordinator, printer: PrinterState) -> None:
        if printer.job is not None:
            await on_job(coordinator.client, printer.job.id)
        else:
            await coordinator.client.send_command(printer.id, command)

    return press


async def _confirm_bed_cleared(coordinator: PrintagoCoordinator, printer: PrinterState) -> None:
    if (record := await coordinator.client.confirm_ready(printer.id)) is not None:
        coordinator.async_apply_printer(printer.id, record)


async def _resync(coordinator: PrintagoCoordinator, printer: PrinterState) -> None:
    await coordinator.client.send_command(printer.id, "resync-data")


def _refuse_confirmation(printer: PrinterState) -> str | None:
    if printer.prints:
        return "still_printing"
    return "bed_already_clear" if printer.record.confirmed_ready else None


PRINTER_BUTTONS = (
    PrinterButtonDescription(
        key="confirm_bed_cleared",
        needs_printer=False,
        press_fn=_confirm_bed_cleared,
        refusal_fn=_refuse_confirmation,
    ),
    PrinterButtonDescription(
        key="pause",
        press_fn=_control(PrintagoClient.pause_job, "pause"),
        refusal_fn=lambda printer: None if printer.can_pause else "not_printing",
    ),
    PrinterButtonDescription(
        key="resume",
        press_fn=_control(PrintagoClient.resume_job, "resume"),
        refusal_fn=lambda printer: None if printer.can_resume else "not_paused",
    ),
    PrinterButtonDescription(
        key="stop",
        press_fn=_control(PrintagoClient.cancel_job, "stop"),
        refusal_fn=lambda printer: None if printer.can_stop else "nothing_to_stop",
    ),
    PrinterButtonDescription(
        key="refresh",
        entity_registry_enabled_default=False,
        press_fn=_resync,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of the printers as they come."""
    async_setup_printer_entities(entry, Platform.BUTTON, PRINTER_BUTTONS, PrinterButton, async_add_entities)


class PrinterButton(PrinterEntity, ButtonEntity):
    """A button of a printer."""

    entity_description: PrinterButtonDescription

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        reachable = printer.is_online or not self.entity_description.needs_printer
        return super()._is_available(printer) and reachable

    @override
    async def async_press(self) -> None:
        printer = self.printer
        if printer is None:
            return
        if (reason := self.entity_description.refusal_fn(printer)) is not None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key=reason,
                translation_placeholders={"printer": printer.name},
            )
        await async_call(self.coordinator, self.entity_description.press_fn(self.coordinator, printer))
