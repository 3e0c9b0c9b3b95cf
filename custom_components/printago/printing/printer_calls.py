"""Calls for beds and FabMatic, the same for entities and actions. Those made together are sent as one request."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from ..api import InUseError, InvalidRequestError, NotAppliedError, PrintagoClient
from ..coordinator import PrintagoCoordinator
from ..errors import action_error, action_failure
from ..model.printer import PrinterState


async def async_for_all(
    coordinator: PrintagoCoordinator,
    printers: Sequence[PrinterState],
    call: Callable[[PrinterState], Awaitable[None]],
    left_out_key: str,
) -> None:
    """Call ``call`` for all printers at once, which sends one request.

    Raises HomeAssistantError; with ``left_out_key`` and the names where Printago left some of them out.
    """

    async def send() -> list[str]:
        results = await asyncio.gather(*map(call, printers), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        if others := [error for error in errors if not isinstance(error, NotAppliedError)]:
            raise others[0]
        return [printer.name for printer, result in zip(printers, results, strict=True) if result is not None]

    if left_out := await coordinator.async_call(send()):
        raise action_failure(left_out_key, printers=", ".join(left_out))


# The current print


def _control(
    on_job: Callable[[PrintagoClient, str], Awaitable[None]], command: str
) -> Callable[[PrintagoCoordinator, PrinterState], Awaitable[None]]:
    """Return a call that acts on the printer's Printago job, or on the printer if it prints something else."""

    async def control(coordinator: PrintagoCoordinator, printer: PrinterState) -> None:
        if printer.job is not None:
            await on_job(coordinator.client, printer.job.id)
        else:
            await coordinator.client.send_command(printer.id, command)

    return control


PAUSE = _control(PrintagoClient.pause_job, "pause")
RESUME = _control(PrintagoClient.resume_job, "resume")
STOP = _control(PrintagoClient.cancel_job, "stop")


# Beds: a print left on a bed that is in use, or was confirmed by mistake, costs a printer.


def confirmation_refusal(printer: PrinterState) -> str | None:
    """Return the key of the error that tells why a bed can't be confirmed as clear, None if it can."""
    if printer.in_use:
        return "still_printing"
    return "bed_already_clear" if printer.record.confirmed_ready else None


def beds_to_clear(coordinator: PrintagoCoordinator) -> list[PrinterState]:
    """Return the printers whose beds need clearing; raises ServiceValidationError if there are none."""
    if waiting := [printer for printer in coordinator.farm.printers.values() if printer.bed_needs_clearing]:
        return waiting
    raise action_error("no_bed_to_clear")


async def async_confirm_bed(coordinator: PrintagoCoordinator, printer: PrinterState, *, cleared: bool = True) -> None:
    """Confirm a bed as clear, or withdraw that.

    Raises ServiceValidationError if the bed was used before the request was sent, or if that is not known without a
    connection, otherwise the client's errors.
    """
    if cleared and not coordinator.available:
        raise action_error("bed_not_known", printer=printer.name)
    try:
        record = await coordinator.client.confirm_ready(printer.id, ready=cleared)
    except InUseError as err:
        raise action_error("still_printing", printer=printer.name) from err
    coordinator.updates.async_apply_printer(record)


async def async_confirm_all(
    coordinator: PrintagoCoordinator, printers: Sequence[PrinterState], *, cleared: bool = True
) -> None:
    """Confirm beds as clear, or withdraw that; raises HomeAssistantError."""
    left_out_key = "beds_not_confirmed" if cleared else "beds_not_taken_back"
    await async_for_all(coordinator, printers, partial(async_confirm_bed, coordinator, cleared=cleared), left_out_key)


# FabMatic


async def async_turn_fabmatic(
    coordinator: PrintagoCoordinator, printer: PrinterState, *, enabled: bool, job_limit: int | None = None
) -> None:
    """Turn FabMatic on, with or without a job limit, or off; raises HomeAssistantError and the client's errors."""
    if not enabled:
        coordinator.store_state.event_detector.expect_fabmatic_off(printer.id)
    try:
        record = await coordinator.client.set_fabmatic(printer.id, enabled=enabled, job_limit=job_limit)
    except InvalidRequestError as err:
        if not enabled:
            raise
        raise action_failure("fabmatic_refused", error=str(err)) from err
    coordinator.updates.async_apply_printer(record)
