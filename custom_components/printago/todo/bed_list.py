"""The beds that need clearing, as a to-do list. Completing one confirms it."""

from typing import override

from homeassistant.components.todo.entity import TodoItem
from homeassistant.core import callback

from ..api.rest.permissions import CONFIRM_READY
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.farm import Farm
from ..model.printer_names import short_names
from ..printing.printer_calls import async_confirm_bed
from .farm_list import COMPLETE, MOST_ITEMS, FarmList, TodoEntityDescription, open_item

BEDS_TO_CLEAR = TodoEntityDescription(key="beds_to_clear", features=((COMPLETE, CONFIRM_READY),))


class BedList(FarmList):
    """The beds that need clearing, by the names of their printers: users say "complete P1S 03 on beds to clear"."""

    @override
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        waiting = [printer for printer in farm.printers.values() if printer.bed_needs_clearing][:MOST_ITEMS]
        named = sorted((name, printer_id) for printer_id, name in short_names(waiting).items())
        return [open_item(printer_id, name) for name, printer_id in named]

    @override
    async def async_complete(self, uid: str) -> None:
        if not await async_settle_bed(self.coordinator, uid):
            raise self._gone(uid)


async def async_settle_bed(coordinator: PrintagoCoordinator, printer_id: str) -> bool:
    """Confirm the bed of a printer; return False if it does not need clearing (any more).

    Raises ServiceValidationError if the bed is in use, and HomeAssistantError if Printago does not confirm it.
    """
    printer = coordinator.farm.printers.get(printer_id)
    if printer is None:
        return False
    if printer.in_use:
        raise action_error("still_printing", printer=printer.name)
    if coordinator.available and not printer.bed_needs_clearing:
        return False
    await coordinator.async_call(async_confirm_bed(coordinator, printer))
    return True
