"""The action that skips objects of a running print."""

from collections.abc import Iterable, Sequence
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api.rest.printer_endpoints import PrintObject
from ..errors import action_error
from ..model.spelling import alike
from ..printing.action_fields import NAME
from .helpers import ATTR_PRINTER, async_coordinator, async_printer_id

ATTR_OBJECTS = "objects"

SKIP_OBJECTS_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(ATTR_PRINTER): cv.string,
        vol.Required(ATTR_OBJECTS): vol.All(cv.ensure_list, [NAME], vol.Length(min=1)),
    }
)


async def async_skip_objects(call: ServiceCall) -> ServiceResponse:
    """Skip objects, by name or ID, of a printer's current print; return the skipped and the remaining ones."""
    coordinator = async_coordinator(call)
    printer = coordinator.farm.printers[async_printer_id(call.hass, coordinator, call.data[ATTR_PRINTER])]
    if printer.job is None:
        raise action_error("no_current_job", printer=printer.name)
    job_id = printer.job.id
    objects = await coordinator.async_call(coordinator.client.printer_endpoints.print_objects(job_id), reads=True)
    if not objects:
        raise action_error("no_objects", printer=printer.name)
    skipped = _chosen(objects, call.data[ATTR_OBJECTS])
    remaining = [item for item in objects if not item.skipped and item not in skipped]
    if skipped and not remaining:
        raise action_error("no_object_left", printer=printer.name)
    if skipped:
        ids = [item.id for item in skipped]
        await coordinator.async_call(coordinator.client.skip_objects(printer.id, ids))
    if not call.return_response:
        return None
    return {"job_id": job_id, "skipped": [*_as_response(skipped)], "remaining": [*_as_response(remaining)]}


def _chosen(objects: Sequence[PrintObject], wanted: Iterable[str]) -> list[PrintObject]:
    """Return the given objects, without those already skipped; nothing is guessed."""
    chosen: dict[int, PrintObject] = {}
    for text in wanted:
        matching = _matching(objects, text)
        if not matching:
            raise action_error("object_not_found", name=text, candidates=_listed(objects))
        open_ones = [item for item in matching if not item.skipped]
        if len(open_ones) > 1:
            raise action_error("object_ambiguous", name=text, candidates=_listed(open_ones))
        chosen |= {item.id: item for item in open_ones}
    return list(chosen.values())


def _matching(objects: Sequence[PrintObject], text: str) -> list[PrintObject]:
    return [item for item in objects if str(item.id) == text] or alike(text, objects, lambda item: item.name)


def _listed(objects: Iterable[PrintObject]) -> str:
    return ", ".join(f"{item.name} ({item.id})" for item in objects if not item.skipped) or "-"


def _as_response(objects: Iterable[PrintObject]) -> Iterable[dict[str, Any]]:
    return ({"id": item.id, "name": item.name} for item in objects)
