"""The action that stops printers in an emergency.

Neither the state of entities nor our own limit of requests prevents it. It continues after failures and raises none,
since a script must go on (for example cut the power). The response and a notification list the printers that were not
reached.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import re
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry
import voluptuous as vol

from ..api import AuthenticationError
from ..api.rest.emergency_calls import Step, StepOutcome, stop_printers
from ..const import DOMAIN, LOGGER
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..hub.devices import async_called
from ..hub.localize import async_words, format_string
from ..model.printer_names import printers_called
from ..model.spelling import alike
from ..runtime import PrintagoConfigEntry
from .helpers import ATTR_PRINTERS, DEVICES

_DEVICE_ID = re.compile(r"[0-9a-f]{32}")

EMERGENCY_STOP_SCHEMA = vol.Schema(
    {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, vol.Optional(ATTR_PRINTERS): DEVICES}
)

_STEP_WORDS = {
    Step.FABMATIC_OFF: "emergency_step_fabmatic_off",
    Step.DISABLE: "emergency_step_disable",
    Step.STOP: "emergency_step_stop",
    Step.NOZZLE_OFF: "emergency_step_nozzle_off",
    Step.BED_OFF: "emergency_step_bed_off",
}
_WHAT_FAILED = ("not_reached", "errors", "unknown_devices", "stores_not_loaded")


@dataclass(slots=True)
class _Targets:
    """The printers to stop by store, and the targets that were not found."""

    printers: dict[str, set[str]] = field(default_factory=dict)
    """IDs of printers by the ID of their entry."""
    unknown_devices: list[str] = field(default_factory=list)
    stores_not_loaded: list[str] = field(default_factory=list)


async def async_emergency_stop(call: ServiceCall) -> ServiceResponse:
    """Stop printers, and return which of them were not reached by which step."""
    targets = _async_targets(call)
    if not any(targets.printers.values()):
        raise action_error("emergency_stop_nobody")
    # Take all steps even if the calling script is restarted or stopped.
    response = await asyncio.shield(call.hass.async_create_task(_async_stop(call.hass, targets)))
    return response if call.return_response else None


@callback
def _async_targets(call: ServiceCall) -> _Targets:
    targets = _Targets()
    if ATTR_PRINTERS in call.data:
        for device_id in dict.fromkeys(call.data[ATTR_PRINTERS]):
            _async_add_device(call.hass, device_id, targets)
        return targets
    entries: list[PrintagoConfigEntry] = call.hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    if (entry_id := call.data.get(ATTR_CONFIG_ENTRY_ID)) is not None:
        entries = [async_get_config_entry(call.hass, DOMAIN, entry_id)]
    for entry in entries:
        if entry.state is ConfigEntryState.LOADED:
            targets.printers[entry.entry_id] = set(entry.runtime_data.coordinator.farm.printers)
        else:
            targets.stores_not_loaded.append(entry.title)
    return targets


@callback
def _async_add_device(hass: HomeAssistant, device_id: str, targets: _Targets) -> None:
    """Add the printer of a device, or all printers of a farm; an unknown device is recorded and does not stop the rest."""
    if (device := dr.async_get(hass).async_get(device_id)) is None:
        _async_add_called(hass, device_id, targets)
        return
    entry: PrintagoConfigEntry | None = (
        hass.config_entries.async_get_entry(device.config_entry_id) if device.config_entry_id else None
    )
    found: set[str] = set()
    if entry is not None and entry.domain == DOMAIN and entry.state is ConfigEntryState.LOADED:
        coordinator = entry.runtime_data.coordinator
        identifiers = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
        known = coordinator.farm.printers.keys()
        found = set(known) if coordinator.store_id in identifiers else identifiers & known
        targets.printers.setdefault(entry.entry_id, set()).update(found)
    if not found:
        targets.unknown_devices.append(device_id)


@callback
def _async_add_called(hass: HomeAssistant, name: str, targets: _Targets) -> None:
    """Add all printers, or stores, with this name: in an emergency one too many is better than one too few."""
    entries: list[PrintagoConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    any_found = False
    for entry in entries:
        printers = entry.runtime_data.coordinator.farm.printers
        store = async_called(hass, entry, entry.runtime_data.coordinator.store_id, entry.title)
        found = {printer.id for printer in printers_called(printers.values(), name)}
        if alike(name, (store, entry.title), str):
            found.update(printers)
        targets.printers.setdefault(entry.entry_id, set()).update(found)
        any_found |= bool(found)
    if not any_found:
        targets.unknown_devices.append(name)


async def _async_stop(hass: HomeAssistant, targets: _Targets) -> dict[str, Any]:
    entries = [entry for entry_id in targets.printers if (entry := hass.config_entries.async_get_entry(entry_id))]
    reports = await asyncio.gather(
        *(_async_stop_store(entry.runtime_data.coordinator, targets.printers[entry.entry_id]) for entry in entries)
    )
    not_reached = [row for report in reports for row in report["not_reached"]]
    response = {
        "complete": not (not_reached or targets.unknown_devices or targets.stores_not_loaded),
        "printers": sorted(name for report in reports for name in report["printers"]),
        "not_reached": not_reached,
        "errors": _merged(report["errors"] for report in reports),
        "unknown_devices": targets.unknown_devices,
        "stores_not_loaded": targets.stores_not_loaded,
    }
    await _async_notify(hass, response)
    return response


def _merged(errors: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the reasons why each step failed, without duplicates across stores."""
    reasons: dict[str, dict[str, None]] = {}
    for of_store in errors:
        for step, error in of_store.items():
            reasons.setdefault(step, {})[error] = None
    return {step: "; ".join(different) for step, different in reasons.items()}


async def _async_stop_store(coordinator: PrintagoCoordinator, wanted: set[str]) -> dict[str, Any]:
    # In the order of the farm, so that the same call always sends the same requests.
    names = {printer.id: printer.name for printer in coordinator.farm.printers.values() if printer.id in wanted}
    for printer_id in names:
        coordinator.store_state.event_detector.expect_fabmatic_off(printer_id)
    outcomes = await stop_printers(coordinator.client.transport, list(names))
    _async_take_over(coordinator, outcomes)
    return {
        "printers": list(names.values()),
        "not_reached": [
            {"printer": name, "printer_id": printer_id, "steps": steps}
            for printer_id, name in names.items()
            if (steps := [step.value for step, outcome in outcomes.items() if printer_id not in outcome.reached])
        ],
        "errors": {step.value: str(outcome.error) for step, outcome in outcomes.items() if outcome.error is not None},
    }


@callback
def _async_take_over(coordinator: PrintagoCoordinator, outcomes: Mapping[Step, StepOutcome]) -> None:
    for outcome in outcomes.values():
        for row in outcome.reached.values():
            coordinator.updates.async_apply_printer(row)
    if any(isinstance(outcome.error, AuthenticationError) for outcome in outcomes.values()):
        # The next snapshot confirms it, and starts reauthentication.
        coordinator.async_reconcile()


async def _async_notify(hass: HomeAssistant, response: Mapping[str, Any]) -> None:
    """Notify the user of the result, in case nothing reads the response."""
    notification_id = f"{DOMAIN}_emergency_stop"
    if response["complete"]:
        persistent_notification.async_dismiss(hass, notification_id)
        return
    LOGGER.warning("The emergency stop did not reach everything: %s", {name: response[name] for name in _WHAT_FAILED})
    words = await async_words(hass)
    missed = [
        f"{row['printer']} ({', '.join(format_string(words, _STEP_WORDS[step]) for step in row['steps'])})"
        for row in response["not_reached"]
    ]
    missed += [_device_name(hass, device_id, words) for device_id in response["unknown_devices"]]
    missed += response["stores_not_loaded"]
    message = format_string(words, "emergency_stop_incomplete", printers=", ".join(dict.fromkeys(missed)))
    persistent_notification.async_create(hass, message, title="Printago", notification_id=notification_id)


@callback
def _device_name(hass: HomeAssistant, device_id: str, words: Mapping[str, str]) -> str:
    """Return the display name of a device that is not one of our printers; it may also be a name."""
    device = dr.async_get(hass).async_get(device_id)
    name = (device.name_by_user or device.name) if device is not None else None
    if device is None and not _DEVICE_ID.fullmatch(device_id):
        name = device_id
    return name or format_string(words, "emergency_unknown_device")
