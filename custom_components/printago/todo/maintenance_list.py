"""Maintenance that is due, as a to-do list. Completing an item marks it as done."""

from collections.abc import Mapping
from typing import override

from homeassistant.components.todo.entity import TodoItem
from homeassistant.core import callback

from ..api.models.maintenance import MaintenanceItem
from ..api.rest.permissions import MAINTENANCE_COMPLETE
from ..coordinator import PrintagoCoordinator
from ..model.farm import Farm
from ..model.printer_names import short_names
from ..model.store_info import Fact
from ..printing.maintenance_done import async_mark_done
from .farm_list import COMPLETE, MOST_ITEMS, FarmList, TodoEntityDescription, open_item

MAINTENANCE_DUE = TodoEntityDescription(
    key="maintenance_due", fact=Fact.MAINTENANCE, features=((COMPLETE, MAINTENANCE_COMPLETE),)
)


class MaintenanceList(FarmList):
    """The maintenance that is due soon or overdue, the most urgent first."""

    @override
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        due = self.coordinator.store_state.facts.maintenance.due()[:MOST_ITEMS]
        printers = {item.printer_id or "": farm.printers.get(item.printer_id or "") for item in due}
        names = short_names(printer for printer in printers.values() if printer is not None)
        return [open_item(item.id, _summary(item, names), description=self._describe(item)) for item in due]

    def _describe(self, item: MaintenanceItem) -> str | None:
        if item.elapsed is None or item.interval is None or item.trigger is None:
            return None
        amounts = {"elapsed": f"{item.elapsed:.0f}", "interval": f"{item.interval:.0f}"}
        return self._text(f"todo_after_{item.trigger}", **amounts)

    @override
    async def async_complete(self, uid: str) -> None:
        if not await async_settle_maintenance(self.coordinator, uid):
            raise self._gone(uid)


def _summary(item: MaintenanceItem, printers: Mapping[str, str]) -> str:
    printer = printers.get(item.printer_id or "")
    return f"{printer}: {item.name}" if printer is not None else item.name or item.id


async def async_settle_maintenance(coordinator: PrintagoCoordinator, item_id: str) -> bool:
    """Mark a task as done; return False if it is not due (any more)."""
    item = coordinator.store_state.facts.maintenance.items.get(item_id)
    if item is None or not item.is_due:
        return False
    await async_mark_done(coordinator, [item_id])
    return True
