"""The action that marks maintenance of printers as done."""

from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api.models.maintenance import MaintenanceItem
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.printer import PrinterState
from ..model.spelling import alike
from ..model.store_info import Fact
from ..model.upkeep import urgency
from ..printing.action_fields import NAME, at_least_one
from ..printing.maintenance_done import async_mark_done
from .places import CHOICE_FIELDS, CHOICES, async_chosen_printers

ATTR_ITEMS = "items"
ATTR_NOTES = "notes"

MARK_MAINTENANCE_DONE_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            **CHOICE_FIELDS,
            vol.Optional(ATTR_ITEMS): vol.All(cv.ensure_list, [NAME], vol.Length(min=1)),
            vol.Optional(ATTR_NOTES): NAME,
        }
    ),
    at_least_one(*CHOICES),
)


async def async_mark_maintenance_done(call: ServiceCall) -> ServiceResponse:
    """Mark the named tasks of printers as done, else all that are due, in one request; return which."""
    coordinator, named, there = async_chosen_printers(call)
    printers = [*named, *there]
    items = await _async_items(coordinator)
    done: list[tuple[PrinterState, MaintenanceItem]] = []
    for printer in printers:
        of_printer = [item for item in items if item.printer_id == printer.id]
        if ATTR_ITEMS in call.data:
            wanted = _named(printer, of_printer, call.data[ATTR_ITEMS])
        else:
            wanted = [item for item in of_printer if item.is_due]
        done += [(printer, item) for item in wanted]
    if not done:
        raise action_error("no_maintenance_due", printers=", ".join(printer.name for printer in printers))
    await async_mark_done(coordinator, list(dict.fromkeys(item.id for _, item in done)), call.data.get(ATTR_NOTES))
    if not call.return_response:
        return None
    tasks: list[Any] = [
        {"printer": printer.name, "printer_id": printer.id, "item": item.name, "item_id": item.id}
        for printer, item in done
    ]
    return {"done": tasks}


async def _async_items(coordinator: PrintagoCoordinator) -> list[MaintenanceItem]:
    """Return all tasks, the most urgent first; asks for them where they were never read."""
    facts = coordinator.store_state.facts
    if Fact.MAINTENANCE not in facts.known:
        read = await coordinator.async_call(coordinator.client.upkeep.maintenance(), reads=True)
        return sorted(read.values(), key=urgency)
    return sorted(facts.maintenance.items.values(), key=urgency)


def _named(printer: PrinterState, items: list[MaintenanceItem], names: list[str]) -> list[MaintenanceItem]:
    """Return the tasks of a printer that have these names or IDs; raises ServiceValidationError for one that has none."""
    found: list[MaintenanceItem] = []
    for name in names:
        named = [item for item in items if item.id == name] or alike(name, items, lambda item: item.name or "")
        if not named:
            known = ", ".join(sorted({item.name for item in items if item.name})) or "-"
            raise action_error("maintenance_not_found", name=name, printer=printer.name, candidates=known)
        found += named
    return found
