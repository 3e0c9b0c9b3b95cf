"""Publishes telemetry that the virtual farm does not send by itself, and polls."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from virtual_farm import VirtualFarm


def publish_stat(farm: VirtualFarm, printer_id: str, **changes: Any) -> None:
    """Publish a telemetry message of a printer, as the cloud does."""
    now = farm.config.clock()
    stat = {
        "printerId": printer_id,
        "storeId": farm.config.store_id,
        "state": "RUNNING",
        "isOnline": True,
        "isAvailable": False,
        "receivedAt": now.isoformat(),
        "expiresAt": (now + timedelta(minutes=5)).isoformat(),
        "data": {},
        **changes,
    }
    farm.publish(f"stores/{farm.config.store_id}/printer-stats/{printer_id}", json.dumps(stat).encode())


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Poll now, whenever the next poll is due."""
    await entry.runtime_data.coordinator.async_refresh()
