"""The viewer of a request: the store, the user's rights, and the signatures of pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import CONF_STORE_ID, DOMAIN
from ..frontend.pictures import async_card_picture
from ..model.printer import PrinterState
from ..runtime import PrintagoConfigEntry, PrintagoRuntime

type Json = dict[str, Any]


@dataclass(slots=True)
class Viewer:
    """The viewer of a store: the user's rights, and the token that signs pictures."""

    hass: HomeAssistant
    entry: PrintagoConfigEntry
    token_id: str
    limit: int
    device_id: str | None = None
    """The named device: the farm's, or a printer's."""
    pictures: dict[str, str | None] = field(default_factory=dict)
    """Signed paths by storage path: with a new signature each time, the browser would fetch the same picture again."""

    @property
    def loaded(self) -> bool:
        """Return whether the store is loaded."""
        return self.entry.state is ConfigEntryState.LOADED

    @property
    def runtime(self) -> PrintagoRuntime:
        """Return the loaded store."""
        return self.entry.runtime_data

    def picture(self, path: str | None) -> str | None:
        """Return the signed path of the picture at a storage path."""
        if path is None:
            return None
        if path not in self.pictures:
            self.pictures[path] = async_card_picture(self.hass, self.entry, path, self.token_id)
        return self.pictures[path]

    @property
    def printer(self) -> PrinterState | None:
        """Return the printer whose device was named."""
        device = dr.async_get(self.hass).async_get(self.device_id) if self.device_id is not None else None
        printers = self.runtime.coordinator.farm.printers
        identifiers = device.identifiers if device is not None else ()
        found = (identifier for domain, identifier in identifiers if domain == DOMAIN and identifier in printers)
        return printers.get(next(found, ""))

    def device(self, printer_id: str | None) -> str | None:
        """Return the device of a printer."""
        if printer_id is None:
            return None
        device = dr.async_get(self.hass).async_get_device_by_identifier((DOMAIN, printer_id), self.entry.entry_id)
        return device.id if device is not None else None


@callback
def async_viewer(hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> Viewer | None:
    """Return the viewer of the requested store; send an error if there is none, or none that this user may see."""
    if (entry := _async_entry(hass, msg.get("device_id"))) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "there is no such print farm")
        return None
    # The lists have the same data as the entities of the farm.
    entity_id = er.async_get(hass).async_get_entity_id(
        Platform.BINARY_SENSOR, DOMAIN, f"{entry.data[CONF_STORE_ID]}_realtime"
    )
    if entity_id is None or not connection.user.permissions.check_entity(entity_id, POLICY_READ):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Unauthorized")
        return None
    return Viewer(hass, entry, connection.refresh_token_id or "", msg["limit"], msg.get("device_id"))


@callback
def _async_entry(hass: HomeAssistant, device_id: str | None) -> PrintagoConfigEntry | None:
    """Return the entry of a device, else the first one."""
    if device_id is None:
        return next(iter(hass.config_entries.async_entries(DOMAIN, include_ignore=False)), None)
    if (device := dr.async_get(hass).async_get(device_id)) is None or device.config_entry_id is None:
        return None
    entry = hass.config_entries.async_get_entry(device.config_entry_id)
    return entry if entry is not None and entry.domain == DOMAIN else None
