"""Devices come and go with their printers, without a reload."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .changes import Changes
from .const import DOMAIN
from .coordinator import PrintagoConfigEntry, PrintagoCoordinator
from .printer_state import PrinterState

_MANUFACTURERS = {"bambu": "Bambu Lab", "klipper": "Klipper", "octoprint": "OctoPrint", "prusa": "Prusa Research"}


class DeviceKeeper:
    """Keeps the device registry as the farm is: one device for the store, one for each printer."""

    def __init__(self, hass: HomeAssistant, entry: PrintagoConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Register what is known already, and follow the coordinator."""
        self._registry = dr.async_get(hass)
        self._entry = entry
        self._farm = coordinator.farm
        self._written: dict[str, tuple[str | None, ...]] = {}
        self._farm_device = self._registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, coordinator.store_id)},
            name=entry.title,
            manufacturer="Printago",
            entry_type=dr.DeviceEntryType.SERVICE,
            configuration_url="https://app.printago.io",
        )
        for state in self._farm.printers.values():
            self._async_write(state)
        entry.async_on_unload(coordinator.listeners.async_add_changes(self._async_on_changes))

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        for printer_id in changes.removed:
            self._async_remove(printer_id)
        for printer_id in changes.printers:
            if (state := self._farm.printers.get(printer_id)) is not None:
                self._async_write(state)
        if changes.complete:
            self._async_remove_unknown()

    @callback
    def _async_write(self, state: PrinterState) -> None:
        record = state.record
        described = (state.name, record.provider, record.model, record.model_id, record.serial_number)
        if self._written.get(state.id) == described:
            return
        self._written[state.id] = described
        self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, state.id)},
            via_device_id=self._farm_device.id,
            name=state.name,
            manufacturer=_MANUFACTURERS.get((record.provider or "").casefold(), record.provider),
            model=record.model,
            model_id=record.model_id,
            serial_number=record.serial_number,
            configuration_url=f"https://app.printago.io/printers/{state.id}",
        )

    @callback
    def _async_remove(self, printer_id: str) -> None:
        self._written.pop(printer_id, None)
        device = self._registry.async_get_device_by_identifier((DOMAIN, printer_id), self._entry.entry_id)
        if device is not None:
            self._registry.async_remove_device(device.id)

    @callback
    def _async_remove_unknown(self) -> None:
        """Remove what went while Home Assistant was not running."""
        known = {(DOMAIN, printer_id) for printer_id in self._farm.printers}
        for device in dr.async_entries_for_config_entry(self._registry, self._entry.entry_id):
            # A saved print's device goes with its subentry.
            is_printer = device.id != self._farm_device.id and device.config_subentry_id is None
            if is_printer and not device.identifiers & known:
                self._registry.async_remove_device(device.id)
