"""The action that sends one of the vendor's commands; options are those of its ``SendCommandRequest`` schema."""

from collections.abc import Callable
from functools import partial
import math
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..coordinator import PrintagoCoordinator
from ..errors import action_error, async_message
from ..model.print_status import PrintStatus
from ..model.printer import PrinterState
from ..printing.action_fields import NON_EMPTY, checked, whole_number
from ..printing.printer_calls import async_for_all
from .helpers import ATTR_PRINTERS, DEVICES, async_coordinator, async_printers, names

ATTR_COMMAND = "command"
ATTR_OPTIONS = "options"


def _number(least: float = -math.inf, most: float = math.inf) -> vol.All:
    return vol.All(_finite, vol.Range(min=least, max=most))


def _finite(value: object) -> float:
    """Read a number, also from the text of a template; a whole number stays an integer."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise vol.Invalid("expected a number", translation_key="number")
    return int(number) if number.is_integer() else number


_INDEX = vol.All(whole_number, vol.Range(min=-1, max=255))
_TOOL = vol.All(whole_number, vol.Range(min=0, max=255))
_CELSIUS = _number(0, 300)
_AXIS = _number(-100, 100)


def _axes(check: Callable[[Any], Any] | vol.All, *axes: str) -> vol.All:
    return vol.All({vol.Optional(axis): check for axis in axes}, vol.Length(min=1))


_SLOT_INFO = {
    vol.Required("slotId"): _INDEX,
    vol.Required("nozzleTempMin"): _CELSIUS,
    vol.Required("nozzleTempMax"): _CELSIUS,
    vol.Required("trayType"): NON_EMPTY,
    vol.Optional("amsId"): _INDEX,
    vol.Optional("identifier"): cv.string,
    vol.Optional("color"): cv.string,
}

_OPTIONS: dict[str, dict[vol.Marker, Any]] = {
    "stop": {},
    "pause": {},
    "resume": {},
    "resync-data": {},
    "unload-filament": {},
    "load-filament": {
        vol.Required("targetTemp"): _CELSIUS,
        vol.Required("currentTemp"): _CELSIUS,
        vol.Required("targetSlot"): {vol.Required("amsIndex"): _INDEX, vol.Required("slotIndex"): _INDEX},
    },
    "led-control": {
        vol.Required("light"): vol.In(("chamber_light", "working_light")),
        vol.Required("state"): vol.In(("on", "off")),
    },
    "set-temperature": {
        vol.Required("type"): vol.In(("nozzle", "bed", "chamber")),
        vol.Required("temperature"): _CELSIUS,
        vol.Optional("extruderIndex"): _TOOL,
    },
    "select-tool": {vol.Required("toolIndex"): _TOOL},
    "home-axis": {vol.Required("axes"): _axes(cv.boolean, "x", "y", "z")},
    "move-axis": {vol.Required("axes"): _axes(_AXIS, "x", "y", "z", "e")},
    "set-fan": {vol.Required("type"): vol.In(("part", "chamber", "aux")), vol.Required("speed"): _number(0, 100)},
    "extrude-filament": {vol.Required("amount"): _number()},
    "calibration": {vol.Required("option_value"): _number()},
    "refresh-slot": {vol.Required("amsId"): _INDEX, vol.Required("slotId"): _INDEX},
    "skip-objects": {
        vol.Required("objectIds"): vol.All(cv.ensure_list, [vol.All(whole_number, vol.Range(min=0))], vol.Length(min=1))
    },
    "set-slot-info": {vol.Required("info"): _SLOT_INFO},
}

# These commands disturb a running print; filament may be changed while it is paused.
_NEVER_IN_A_PRINT = frozenset({"home-axis", "move-axis", "calibration", "select-tool"})
_ONLY_IN_A_PAUSE = frozenset({"load-filament", "unload-filament", "extrude-filament"})

SEND_COMMAND_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(ATTR_PRINTERS): DEVICES,
        vol.Required(ATTR_COMMAND): vol.In(_OPTIONS),
        vol.Optional(ATTR_OPTIONS, default=dict): dict,
    }
)


async def async_send_command(call: ServiceCall) -> ServiceResponse:
    """Send one command to printers, and return which got it; raises HomeAssistantError with the names of the others."""
    coordinator = async_coordinator(call)
    printers = async_printers(call, coordinator)
    command: str = call.data[ATTR_COMMAND]
    try:
        options = checked(vol.Schema(_OPTIONS[command]), call.data[ATTR_OPTIONS])
    except ServiceValidationError as err:
        raise action_error("command_options", command=command, error=await async_message(call.hass, err)) from err
    if in_the_way := [printer for printer in printers if _would_spoil_print(command, printer)]:
        raise action_error("busy_printing", printer=", ".join(names(in_the_way)))
    await async_for_all(coordinator, printers, partial(_async_send, coordinator, command, options), "command_not_taken")
    return {"command": command, "printers": [*names(printers)]} if call.return_response else None


async def _async_send(
    coordinator: PrintagoCoordinator, command: str, options: dict[str, Any], printer: PrinterState
) -> None:
    await coordinator.client.send_command(printer.id, command, **options)


def _would_spoil_print(command: str, printer: PrinterState) -> bool:
    if not printer.in_use:
        return False
    paused = printer.print_status is PrintStatus.PAUSE
    return command in _NEVER_IN_A_PRINT or (command in _ONLY_IN_A_PAUSE and not paused)
