"""The chamber light of a printer."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.light import LightEntity, LightEntityDescription
from homeassistant.components.light.const import ColorMode
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .control import ControlDescription, ControlEntity, OptimisticToggle
from .entity import async_setup_printer_entities
from .model.printer import PrinterState
from .runtime import PrintagoConfigEntry

PARALLEL_UPDATES = 0

# Bambu printers flash the light for attention.
_IS_ON = {"on": True, "flashing": True, "off": False}


@dataclass(frozen=True, kw_only=True)
class PrinterLightDescription(ControlDescription, LightEntityDescription):
    """Describes a light of a printer."""


PRINTER_LIGHTS = (
    PrinterLightDescription(
        key="chamber_light",
        required_feature="chamber_light",
        # Without a category, it would count among the lights of its room, which people turn off together.
        entity_category=EntityCategory.CONFIG,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the lights that printers have reported."""
    async_setup_printer_entities(entry, Platform.LIGHT, PRINTER_LIGHTS, ChamberLight, async_add_entities)


class ChamberLight(OptimisticToggle, ControlEntity, LightEntity):
    """The chamber light."""

    entity_description: PrinterLightDescription
    _attr_color_mode = ColorMode.ONOFF
    _attr_supported_color_modes = {ColorMode.ONOFF}  # noqa: RUF012, the type of the base class

    @override
    def _async_read_printer(self, printer: PrinterState) -> tuple[Any, ...]:
        self._attr_is_on = self._async_shown(_is_on(printer))
        return (self._attr_is_on,)

    @override
    async def _async_turn(self, *, on: bool) -> None:
        async def turn() -> None:
            await self.coordinator.client.send_command(
                self.printer_id, "led-control", light="chamber_light", state="on" if on else "off"
            )

        await self._async_set_optimistic(on, _is_on(self.printer), turn)


def _is_on(printer: PrinterState | None) -> bool | None:
    if printer is None or not printer.live or printer.telemetry.chamber_light is None:
        return None
    return _IS_ON.get(printer.telemetry.chamber_light.casefold())
