"""Sensors of loaded filament: one for each slot of each AMS, and one for the external spool.

Each is added when a printer first reports its slot. If the AMS is removed, they become unavailable; they stay
registered, since most AMS units are attached again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
import re
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import ATTR_ENTITY_PICTURE, Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..api.models.filament import EXTERNAL_SPOOL, SlotAddress, slot_address_of
from ..coordinator import PrintagoCoordinator
from ..entity import PrinterEntity, PrinterEntityDescription
from ..hub.material_poll import MaterialPoll
from ..model.changes import Changes
from ..model.printer import PrinterState
from ..runtime import PrintagoConfigEntry
from .tray_picture import color_picture

_EMPTY = "empty"
# Bambu's filament codes, its own and user-defined ones.
_CODE = re.compile(r"GF[A-Z][0-9A-F]{2}|P[0-9a-f]{7}")


@dataclass(frozen=True, kw_only=True)
class TrayDescription(PrinterEntityDescription, SensorEntityDescription):
    """Describes the sensor of one slot."""

    place: SlotAddress

    @classmethod
    def of(cls, place: SlotAddress) -> TrayDescription:
        """Describe the sensor of a slot."""
        if place.ams < 0:
            return cls(key=place.key, live=True, telemetry_key=EXTERNAL_SPOOL, place=place)
        numbers = {"ams": f"{place.ams + 1}", "tray": f"{place.slot + 1}"}
        return cls(
            key=place.key,
            translation_key="ams_tray",
            translation_placeholders=numbers,
            live=True,
            telemetry_key="ams",
            place=place,
        )


class TraySensor(PrinterEntity, SensorEntity):
    """The filament in one slot: ``empty`` without one, unknown if it is not identified."""

    entity_description: TrayDescription
    _unrecorded_attributes = frozenset({ATTR_ENTITY_PICTURE})

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        return super()._is_available(printer) and printer.tray(self.entity_description.place) is not None

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        place = self.entity_description.place
        tray = printer.tray(place)
        assert tray is not None
        materials = self.coordinator.farm.materials
        name = tray.info
        if name is not None and _CODE.fullmatch(name):
            name = materials.name_of(name)
        self._attr_native_value = _EMPTY if tray.empty else name or tray.type
        attributes = self._attr_extra_state_attributes = {
            "color": tray.color,
            "colors": list(tray.colors),
            "type": tray.type,
            "remaining": tray.remaining,
            "color_name": materials.color_name(printer.id, place),
            "name": name,
            "active": printer.feeds_from(place),
            "material": materials.assigned(printer.id, place),
        }
        self._attr_entity_picture = color_picture(tray.colors)
        return (self._attr_native_value, attributes)


@callback
def async_setup_trays(entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    """Add a sensor for each slot, now and when a printer first reports one.

    Registered sensors are added at every start, even before their printer reports anything.
    """
    coordinator = entry.runtime_data.coordinator
    registered = _registered(coordinator)
    added: dict[str, set[SlotAddress]] = {}
    materials = MaterialPoll(coordinator)

    @callback
    def add(printer_ids: Iterable[str]) -> None:
        sensors: list[TraySensor] = []
        for printer_id in printer_ids:
            if (state := coordinator.farm.printers.get(printer_id)) is None:
                continue
            known = added.setdefault(printer_id, set())
            places = registered.pop(printer_id, set()) | set(filter(None, map(slot_address_of, state.shown)))
            if new := places - known:
                known |= new
                sensors += [TraySensor(coordinator, printer_id, TrayDescription.of(place)) for place in sorted(new)]
        if sensors:
            async_add_entities(sensors)
            materials.async_want()

    @callback
    def on_changes(changes: Changes) -> None:
        for printer_id in changes.removed:
            added.pop(printer_id, None)
            registered.pop(printer_id, None)
        if changes.added or changes.new_features:
            add(changes.added | changes.new_features)
        if changes.materials_incomplete:
            materials.async_want()

    entry.async_on_unload(coordinator.listeners.async_add_changes(on_changes))
    add(tuple(coordinator.farm.printers))


def _registered(coordinator: PrintagoCoordinator) -> dict[str, set[SlotAddress]]:
    """Return the slots that already have a sensor, by printer."""
    registry = er.async_get(coordinator.hass)
    places: dict[str, set[SlotAddress]] = {}
    for entity in er.async_entries_for_config_entry(registry, coordinator.config_entry.entry_id):
        printer_id, _, key = entity.unique_id.partition("_")
        if entity.domain == Platform.SENSOR and (place := slot_address_of(key)) is not None:
            places.setdefault(printer_id, set()).add(place)
    return places
