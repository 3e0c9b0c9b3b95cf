"""Sensors of the farm, of its printers, their trays, and the saved prints."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..entity import async_setup_printer_entities
from ..runtime import PrintagoConfigEntry
from .farm_sensor import async_setup_farm_sensors
from .history_sensor import async_setup_history_sensors
from .printer_sensor import PRINTER_SENSORS, RESULT_SENSORS, PrinterResultSensor, PrinterSensor
from .saved_print_sensor import SavedPrintOutcome
from .tray_sensor import async_setup_trays

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of the farm, and of printers as they are added."""
    async_setup_farm_sensors(entry, async_add_entities)
    async_setup_printer_entities(entry, Platform.SENSOR, PRINTER_SENSORS, PrinterSensor, async_add_entities)
    async_setup_trays(entry, async_add_entities)
    async_setup_printer_entities(entry, Platform.SENSOR, RESULT_SENSORS, PrinterResultSensor, async_add_entities)
    async_setup_history_sensors(entry, async_add_entities)
    entry.runtime_data.saved_prints.async_add_platform(SavedPrintOutcome, async_add_entities)
