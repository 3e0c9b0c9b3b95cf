"""What the dialog of one printer shows besides its entities."""

from collections.abc import Mapping
from typing import Any

from .viewer import Json, Viewer


async def async_objects(viewer: Viewer, _: Mapping[str, Any]) -> Json:
    """Return the objects of what a printer prints, with the images of its plate; one request to Printago."""
    printer = viewer.printer
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
