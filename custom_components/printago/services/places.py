"""Selects printers by area, floor and label, besides their names."""

from collections.abc import Callable, Iterable, Mapping

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import voluptuous as vol

from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.printer import PrinterState
from ..model.spelling import alike
from ..runtime import PrintagoConfigEntry
from .helpers import ATTR_PRINTERS, DEVICES, async_coordinator, async_printers

ATTR_AREAS = "areas"
ATTR_FLOORS = "floors"
ATTR_LABELS = "labels"

_PLACES = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))
CHOICE_FIELDS: dict[vol.Marker, object] = {
    vol.Optional(ATTR_PRINTERS): DEVICES,
    vol.Optional(ATTR_AREAS): _PLACES,
    vol.Optional(ATTR_FLOORS): _PLACES,
    vol.Optional(ATTR_LABELS): _PLACES,
}
"""The fields that select printers; each has IDs or names."""
CHOICES = (ATTR_PRINTERS, ATTR_AREAS, ATTR_FLOORS, ATTR_LABELS)

_TARGETS: Mapping[str, tuple[str, Callable[[HomeAssistant], Mapping[str, str]]]] = {
    ATTR_AREAS: ("area_id", lambda hass: {area.id: area.name for area in ar.async_get(hass).async_list_areas()}),
    ATTR_FLOORS: (
        "floor_id",
        lambda hass: {floor.floor_id: floor.name for floor in fr.async_get(hass).async_list_floors()},
    ),
    ATTR_LABELS: (
        "label_id",
        lambda hass: {label.label_id: label.name for label in lr.async_get(hass).async_list_labels()},
    ),
}


@callback
def async_chosen_printers(call: ServiceCall) -> tuple[PrintagoCoordinator, list[PrinterState], list[PrinterState]]:
    """Return the store, the named printers, and those in the given areas and floors or with the given labels.

    Raises ServiceValidationError for unknown ones, and if none of them has a printer.
    """
    target = {key: _ids(call.hass, field, call.data[field], names) for field, key, names in _chosen(call)}
    if not target:
        coordinator = async_coordinator(call)
        return coordinator, async_printers(call, coordinator), []
    selected = async_extract_referenced_entity_ids(call.hass, TargetSelection(target), expand_group=False)
    registry = dr.async_get(call.hass)
    devices = [
        device for key in selected.referenced_devices if isinstance(device := registry.async_get(key), dr.DeviceEntry)
    ]
    coordinator = _async_coordinator_of(call, devices)
    known = coordinator.farm.printers
    there = {
        known[identifier].id: known[identifier]
        for device in devices
        for domain, identifier in device.identifiers
        if domain == DOMAIN and identifier in known
    }
    named = async_printers(call, coordinator)
    if not there:
        places = ", ".join(str(place) for field, _, _ in _chosen(call) for place in call.data[field])
        raise action_error("no_printer_there", places=places)
    chosen = {printer.id for printer in named}
    return coordinator, named, [printer for printer in there.values() if printer.id not in chosen]


def _chosen(call: ServiceCall) -> list[tuple[str, str, Callable[[HomeAssistant], Mapping[str, str]]]]:
    return [(field, key, names) for field, (key, names) in _TARGETS.items() if field in call.data]


def _ids(
    hass: HomeAssistant, field: str, wanted: Iterable[str], names: Callable[[HomeAssistant], Mapping[str, str]]
) -> list[str]:
    known = names(hass)
    found: list[str] = []
    for place in wanted:
        matching = [place] if place in known else alike(place, known, known.__getitem__)
        if len(matching) != 1:
            raise action_error("place_unknown", field=field, name=place)
        found += matching
    return found


@callback
def _async_coordinator_of(call: ServiceCall, devices: Iterable[dr.DeviceEntry]) -> PrintagoCoordinator:
    """Return the given store, else the only one with devices there, else the only one there is."""
    if ATTR_CONFIG_ENTRY_ID in call.data or ATTR_PRINTERS in call.data:
        return async_coordinator(call)
    loaded: list[PrintagoConfigEntry] = call.hass.config_entries.async_loaded_entries(DOMAIN)
    there = {device.config_entry_id for device in devices} & {entry.entry_id for entry in loaded}
    if len(there) != 1:
        return async_coordinator(call)
    entry: PrintagoConfigEntry = async_get_config_entry(call.hass, DOMAIN, there.pop())
    return entry.runtime_data.coordinator
