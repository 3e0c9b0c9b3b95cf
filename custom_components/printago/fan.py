"""The fans of a printer. While it prints, it also changes them by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.fan import FanEntity, FanEntityDescription
from homeassistant.components.fan.const import FanEntityFeature
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Telemetry
from .control import ControlDescription, ControlEntity, OptimisticEntity
from .entity import async_setup_printer_entities
from .model.printer import PrinterState
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PrinterFanDescription(ControlDescription, FanEntityDescription):
    """Describes a fan of a printer."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False
    type: str
    """The name of the fan in the command ``set-fan``."""
    speed_fn: Callable[[Telemetry], float | None]


PRINTER_FANS = (
    PrinterFanDescription(
        key="cooling_fan", required_feature="part_fan", type="part", speed_fn=lambda telemetry: telemetry.part_fan
    ),
    PrinterFanDescription(
        key="aux_fan", required_feature="aux_fan", type="aux", speed_fn=lambda telemetry: telemetry.aux_fan
    ),
    PrinterFanDescription(
        key="chamber_fan",
        required_feature="chamber_fan",
        type="chamber",
        speed_fn=lambda telemetry: telemetry.chamber_fan,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the fans that printers have reported."""
    async_setup_printer_entities(entry, Platform.FAN, PRINTER_FANS, PrinterFan, async_add_entities)


class PrinterFan(OptimisticEntity[int], ControlEntity, FanEntity):
    """A fan of a printer; speeds in percent."""

    entity_description: PrinterFanDescription
    _attr_supported_features = FanEntityFeature.SET_SPEED | FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it is on; None while unknown, which Home Assistant would otherwise show as off."""
        return None if self._attr_percentage is None else self._attr_percentage > 0

    @override
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_percentage = self._async_shown(self._speed(printer))
        return (self._attr_percentage,)

    @override
    async def async_set_percentage(self, percentage: int) -> None:
        async def set_speed() -> None:
            await self.coordinator.client.send_command(
                self.printer_id, "set-fan", type=self.entity_description.type, speed=percentage
            )

        await self._async_set_optimistic(percentage, self._speed(self.printer), set_speed)

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        await self.async_set_percentage(100 if percentage is None else percentage)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_set_percentage(0)

    def _speed(self, printer: PrinterState | None) -> int | None:
        if printer is None or not printer.live:
            return None
        speed = self.entity_description.speed_fn(printer.telemetry)
        return None if speed is None else round(speed)
