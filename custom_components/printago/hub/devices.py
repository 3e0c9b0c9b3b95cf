"""Adds and removes devices with their printers, without a reload, and follows their names in the registry."""

from typing import Literal

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..api.models.records import Printer
from ..const import DOMAIN
from ..model.changes import Changes
from ..model.printer import PrinterState
from ..model.spelling import folded
from .store_access import StoreAccess

_MANUFACTURERS = {"bambu": "Bambu Lab", "klipper": "Klipper", "octoprint": "OctoPrint", "prusa": "Prusa Research"}
_FARM_MODEL = "Print farm"
_SOME_PRINTER = "3D printer"
_NO_MODEL = frozenset({"", "-", "?", "n/a", "none", "null", "unknown"})
"""Shown for an unknown model; without it, Home Assistant shows "<unknown>"."""


class DeviceNames:
    """Passes the names that users gave the devices of printers on to the farm."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: StoreAccess) -> None:
        """Set all names, and follow the registry. Create this before any device is created."""
        self._registry = dr.async_get(hass)
        self._entry_id = entry.entry_id
        self._coordinator = coordinator
        for device in dr.async_entries_for_config_entry(self._registry, entry.entry_id):
            for printer_id in _identifiers(device):
                coordinator.farm.name_printer(printer_id, given_name(device))
        entry.async_on_unload(hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_on_registry))

    @callback
    def _async_on_registry(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] == "remove" or (data["action"] == "update" and "name_by_user" not in data["changes"]):
            return
        device = self._registry.async_get(data["device_id"])
        if isinstance(device, dr.DeviceEntry) and device.config_entry_id == self._entry_id:
            for printer_id in _identifiers(device):
                self._coordinator.async_name_printer(printer_id, given_name(device))


def _identifiers(device: dr.DeviceEntry) -> list[str]:
    return [identifier for domain, identifier in device.identifiers if domain == DOMAIN]


@callback
def async_called(hass: HomeAssistant, entry: ConfigEntry, identifier: str, otherwise: str) -> str:
    """Return the name that a user gave the device of a store or saved print, else ``otherwise``."""
    return (
        given_name(dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)) or otherwise
    )


@callback
def async_kind_of_device(hass: HomeAssistant, device_id: str) -> Literal["farm", "printer"] | None:
    """Return the kind and ID of a device; None for those of saved prints and of other integrations."""
    device = dr.async_get(hass).async_get(device_id)
    if not isinstance(device, dr.DeviceEntry):
        return None
    identifiers = _identifiers(device)
    entry = hass.config_entries.async_get_entry(device.config_entry_id) if device.config_entry_id else None
    if not identifiers or entry is None or entry.domain != DOMAIN:
        return None
    if device.entry_type is None:
        return "printer"
    return "farm" if entry.unique_id in identifiers else None


def given_name(device: dr.DeviceEntry | None) -> str | None:
    """Return the name that a user gave a device; None if there is none."""
    name = device.name_by_user if device is not None else None
    # A name of only spaces counts as none.
    return name if name and folded(name) else None


def _manufacturer(provider: str | None) -> str | None:
    return _MANUFACTURERS.get((provider or "").casefold(), provider)


def model_of(record: Printer) -> str:
    """Return the model of a printer, or its brand if the model is unknown."""
    for name in (record.model, record.model_id):
        if name is not None and folded(name).strip("<>()[] ") not in _NO_MODEL:
            return name
    manufacturer = _manufacturer(record.provider)
    return f"{manufacturer} printer" if manufacturer else _SOME_PRINTER


class DeviceKeeper:
    """Keeps the device registry in sync with the farm: one device for the store, one for each printer."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: StoreAccess) -> None:
        """Register the known printers, and follow changes of the farm."""
        self._registry = dr.async_get(hass)
        self._entry = entry
        self._farm = coordinator.farm
        self._written: dict[str, tuple[str | None, ...]] = {}
        self._farm_device = self._registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, coordinator.store_id)},
            name=entry.title,
            manufacturer="Printago",
            model=_FARM_MODEL,
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
        described = (state.printago_name, record.provider, record.model, record.model_id, record.serial_number)
        if self._written.get(state.id) == described:
            return
        self._written[state.id] = described
        self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, state.id)},
            via_device_id=self._farm_device.id,
            name=state.printago_name,
            manufacturer=_manufacturer(record.provider),
            model=model_of(record),
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
        """Remove printers that were deleted while Home Assistant was not running."""
        known = {(DOMAIN, printer_id) for printer_id in self._farm.printers}
        for device in dr.async_entries_for_config_entry(self._registry, self._entry.entry_id):
            # The device of a saved print is removed with its subentry.
            is_printer = device.id != self._farm_device.id and device.config_subentry_id is None
            if is_printer and not device.identifiers & known:
                self._registry.async_remove_device(device.id)
