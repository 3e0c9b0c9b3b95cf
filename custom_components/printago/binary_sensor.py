"""Binary sensors of the printers and of the farm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import HealthMessage, Severity
from .coordinator import PrintagoConfigEntry
from .entity import FarmEntity, PrinterEntity, PrinterEntityDescription, async_setup_printer_entities
from .farm import Farm
from .hms import wiki_url
from .printer_state import PrinterState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterBinarySensorDescription(PrinterEntityDescription, BinarySensorEntityDescription):
    """Describes a binary sensor of a printer."""

    value_fn: Callable[[PrinterState], bool | None]
    attributes_fn: Callable[[PrinterState], Mapping[str, Any]] | None = None


def _hms_attributes(printer: PrinterState) -> Mapping[str, Any]:
    problems = printer.problems
    severities = {problem.severity for problem in problems}
    return {
        "messages": [_hms_message(printer, problem) for problem in problems],
        "highest_severity": next((severity for severity in Severity if severity in severities), None),
    }


def _hms_message(printer: PrinterState, problem: HealthMessage) -> dict[str, str | None]:
    return {
        "code": problem.code,
        "message": problem.message,
        "severity": problem.severity,
        "wiki": wiki_url(printer.record.provider, problem.code),
    }


PRINTER_BINARY_SENSORS = (
    PrinterBinarySensorDescription(
        key="online",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        value_fn=lambda printer: printer.is_online,
    ),
    PrinterBinarySensorDescription(
        key="printing",
        device_class=BinarySensorDeviceClass.RUNNING,
        value_fn=lambda printer: printer.printing,
    ),
    PrinterBinarySensorDescription(key="bed_needs_clearing", value_fn=lambda printer: printer.bed_needs_clearing),
    PrinterBinarySensorDescription(
        key="hms",
        live=True,
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda printer: printer.has_problem,
        attributes_fn=_hms_attributes,
    ),
)
REALTIME = BinarySensorEntityDescription(
    key="realtime",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of the farm, and of its printers as they come."""
    async_add_entities([RealtimeBinarySensor(entry.runtime_data, REALTIME)])
    async_setup_printer_entities(
        entry, Platform.BINARY_SENSOR, PRINTER_BINARY_SENSORS, PrinterBinarySensor, async_add_entities
    )


class PrinterBinarySensor(PrinterEntity, BinarySensorEntity):
    """A binary sensor of a printer."""

    entity_description: PrinterBinarySensorDescription
    _unrecorded_attributes = frozenset({"messages"})

    @override
    @callback
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_is_on = self.entity_description.value_fn(printer)
        if self.entity_description.attributes_fn is None:
            return (self._attr_is_on,)
        attributes = self._attr_extra_state_attributes = dict(self.entity_description.attributes_fn(printer))
        return (self._attr_is_on, attributes)


class RealtimeBinarySensor(FarmEntity, BinarySensorEntity):
    """Whether the realtime stream is up: without it changes are seen once a minute only."""

    @override
    def _is_available(self) -> bool:
        return True

    @override
    @callback
    def _async_read_farm(self, farm: Farm) -> tuple[Any, ...]:
        self._attr_is_on = self.coordinator.stream_since is not None
        return (self._attr_is_on,)
