"""Actions for beds and FabMatic of printers. Calls for several printers are sent as one request."""

from functools import partial
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.printer import PrinterState
from ..printing.action_fields import at_least_one, whole_number
from ..printing.printer_calls import async_confirm_all, async_for_all, async_turn_fabmatic
from .helpers import ATTR_PRINTERS, names
from .places import CHOICE_FIELDS, CHOICES, async_chosen_printers

ATTR_ALL_PRINTERS = "all_printers"
ATTR_CLEARED = "cleared"
ATTR_ENABLED = "enabled"
ATTR_JOB_LIMIT = "job_limit"

CONFIRM_BEDS_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        **CHOICE_FIELDS,
        vol.Optional(ATTR_ALL_PRINTERS, default=False): cv.boolean,
        vol.Optional(ATTR_CLEARED, default=True): cv.boolean,
    }
)


def _limit_only_when_on(data: dict[str, Any]) -> dict[str, Any]:
    if ATTR_JOB_LIMIT in data and not data[ATTR_ENABLED]:
        raise action_error("job_limit_without_fabmatic", field=ATTR_JOB_LIMIT)
    return data


SET_FABMATIC_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            **CHOICE_FIELDS,
            vol.Required(ATTR_ENABLED): cv.boolean,
            vol.Optional(ATTR_JOB_LIMIT): vol.All(whole_number, vol.Range(min=1, max=10_000)),
        }
    ),
    at_least_one(*CHOICES),
    _limit_only_when_on,
)


async def async_confirm_beds(call: ServiceCall) -> ServiceResponse:
    """Confirm that the beds of the chosen printers are clear, or withdraw that."""
    cleared: bool = call.data[ATTR_CLEARED]
    coordinator, printers = _beds_of(call, cleared=cleared)
    await async_confirm_all(coordinator, printers, cleared=cleared)
    return {"cleared": cleared, "printers": [*names(printers)]} if call.return_response else None


def _beds_of(call: ServiceCall, *, cleared: bool) -> tuple[PrintagoCoordinator, list[PrinterState]]:
    """Return the store, and the printers that are named; of those chosen otherwise, the ones whose bed needs clearing.

    Without any choice there is none: it is too easy to leave a field empty by mistake.
    """
    everywhere: bool = call.data[ATTR_ALL_PRINTERS]
    if not cleared and (everywhere or ATTR_PRINTERS not in call.data):
        raise action_error("beds_to_take_back")
    if not everywhere and not any(choice in call.data for choice in CHOICES):
        raise action_error("fields_needed", fields=", ".join((*CHOICES, ATTR_ALL_PRINTERS)))
    coordinator, named, there = async_chosen_printers(call)
    if cleared and (printing := [printer for printer in named if printer.in_use]):
        raise action_error("still_printing", printer=", ".join(names(printing)))
    if everywhere:
        there = [printer for printer in coordinator.farm.printers.values() if printer not in named]
    if printers := [*named, *(printer for printer in there if printer.bed_needs_clearing)]:
        return coordinator, printers
    raise action_error("no_bed_to_clear")


async def async_set_fabmatic(call: ServiceCall) -> ServiceResponse:
    """Turn FabMatic on for printers, with or without a job limit, or off."""
    coordinator, named, there = async_chosen_printers(call)
    printers = [*named, *there]
    enabled: bool = call.data[ATTR_ENABLED]
    job_limit: int | None = call.data.get(ATTR_JOB_LIMIT)

    turn = partial(async_turn_fabmatic, coordinator, enabled=enabled, job_limit=job_limit)
    await async_for_all(coordinator, printers, turn, "fabmatic_not_set")
    if not call.return_response:
        return None
    return {"enabled": enabled, "job_limit": job_limit, "printers": [*names(printers)]}
