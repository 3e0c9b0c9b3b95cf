"""Target temperatures of a printer. A print sets its own; a value set here lasts until then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Telemetry
from .control import ControlDescription, ControlEntity, OptimisticEntity
from .entity import async_setup_printer_entities
from .model.printer import PrinterState
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0

_MOST_NOZZLE = 300
"""The command takes no more, even where a nozzle could (vendor's OpenAPI description)."""
# °C by the manufacturers' data sheets; mains voltage and firmware may lower it further.
_MOST_BED = {"A1 MINI": 80, "A1": 100, "P1P": 100, "P1S": 100, "P2S": 110}
_MOST_BED_ELSE = 120


@dataclass(frozen=True, kw_only=True)
class PrinterNumberDescription(ControlDescription, NumberEntityDescription):
    """Describes a target temperature of a printer."""

    device_class: NumberDeviceClass | None = NumberDeviceClass.TEMPERATURE
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False
    mode: NumberMode | None = NumberMode.BOX
    native_min_value: float | None = 0
    native_step: float | None = 1
    native_unit_of_measurement: str | None = UnitOfTemperature.CELSIUS
    type: str
    """The name of the heater in the command ``set-temperature``."""
    target_fn: Callable[[Telemetry], float | None]
    most_fn: Callable[[PrinterState], float]


PRINTER_NUMBERS = (
    PrinterNumberDescription(
        key="nozzle_target",
        required_feature="nozzle_temp_target",
        type="nozzle",
        target_fn=lambda telemetry: telemetry.nozzle_temp_target,
        most_fn=lambda printer: _MOST_NOZZLE,
    ),
    PrinterNumberDescription(
        key="bed_target",
        required_feature="bed_temp_target",
        type="bed",
        target_fn=lambda telemetry: telemetry.bed_temp_target,
        most_fn=lambda printer: _MOST_BED.get((printer.record.model or "").strip().upper(), _MOST_BED_ELSE),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the targets of the heaters that printers have reported."""
    async_setup_printer_entities(entry, Platform.NUMBER, PRINTER_NUMBERS, PrinterNumber, async_add_entities)


class PrinterNumber(OptimisticEntity[float], ControlEntity, NumberEntity):
    """A target temperature in °C."""

    entity_description: PrinterNumberDescription

    @override
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_native_value = self._async_shown(self._target(printer))
        return (self._attr_native_value, self.native_max_value)

    @property
    @override
    def native_max_value(self) -> float:
        """Return the maximum of the printer's model, known even while the printer is unavailable."""
        return _MOST_BED_ELSE if (printer := self.printer) is None else self.entity_description.most_fn(printer)

    @override
    async def async_set_native_value(self, value: float) -> None:
        # Whole degrees, also in °F.
        target = round(value)

        async def set_target() -> None:
            await self.coordinator.client.send_command(
                self.printer_id, "set-temperature", type=self.entity_description.type, temperature=target
            )

        await self._async_set_optimistic(target, self._target(self.printer), set_target)

    def _target(self, printer: PrinterState | None) -> float | None:
        if printer is None or not printer.live:
            return None
        target = self.entity_description.target_fn(printer.telemetry)
        # Values outside of the range that can be set are shown by the sensor only.
        return target if target is not None and 0 <= target <= self.entity_description.most_fn(printer) else None
