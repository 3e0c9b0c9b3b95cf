"""Marks maintenance as done, and shows that at once."""

from collections.abc import Collection

from ..coordinator import PrintagoCoordinator
from ..model.store_info import Fact


async def async_mark_done(
    coordinator: PrintagoCoordinator, item_ids: Collection[str], notes: str | None = None
) -> None:
    """Tell Printago that maintenance was done now; raises HomeAssistantError."""
    await coordinator.async_call(coordinator.client.upkeep.mark_maintenance_done(item_ids, notes))
    maintenance = coordinator.store_state.facts.maintenance
    printers = {item.printer_id for item_id in item_ids if (item := maintenance.items.get(item_id)) is not None}
    maintenance.mark_done(item_ids, coordinator.farm.server_now())
    coordinator.store_state.async_save_soon()
    coordinator.listeners.async_update_farm()
    for printer_id in printers:
        if printer_id is not None:
            coordinator.listeners.async_update_printer(printer_id)
    # The response does not contain the result.
    coordinator.slow_poller.async_want(Fact.MAINTENANCE)
