"""What the dialog of one printer shows besides its entities."""

from collections.abc import Mapping
from typing import Any

from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..model.printer import PrinterState
from .viewer import Json, Viewer


async def async_objects(viewer: Viewer, msg: Mapping[str, Any]) -> Json:
    """Return the objects of what a printer prints, with the images of its plate; one request to Printago."""
    printer = _printer(viewer, msg)
    if printer is None or printer.job is None:
        return {"objects": []}
    coordinator = viewer.runtime.coordinator
    call = coordinator.client.printer_endpoints.plate_objects(printer.job.id)
    plate = await coordinator.async_call(call, reads=True)
    return {
        "objects": [{"id": item.id, "name": item.name, "skipped": item.skipped} for item in plate.objects],
        "picture": viewer.picture(plate.picture),
        "pick": viewer.picture(plate.pick_picture),
    }


def _printer(viewer: Viewer, msg: Mapping[str, Any]) -> PrinterState | None:
    """Return the printer whose device is named."""
    if (device := dr.async_get(viewer.hass).async_get(msg.get("device_id", ""))) is None:
        return None
    printers = viewer.runtime.coordinator.farm.printers
    found = (identifier for domain, identifier in device.identifiers if domain == DOMAIN and identifier in printers)
    return printers.get(next(found, ""))
