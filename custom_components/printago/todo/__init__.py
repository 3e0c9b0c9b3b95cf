"""To-do lists of the farm: what waits for a person, and what waits to be printed.

They show what is in memory, as the stream changes it, and cost no request.
"""

from collections.abc import Callable

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..entity import async_setup_fact_entities
from ..hub.localize import async_words
from ..runtime import PrintagoConfigEntry
from .attention_list import ATTENTION, AttentionList
from .bed_list import BEDS_TO_CLEAR, BedList
from .farm_list import FarmList, TodoEntityDescription
from .maintenance_list import MAINTENANCE_DUE, MaintenanceList
from .open_orders import OPEN_ORDERS, OrderList
from .print_queue import QUEUE, QueueList

PARALLEL_UPDATES = 0
LISTS: dict[TodoEntityDescription, Callable[..., FarmList]] = {
    ATTENTION: AttentionList,
    QUEUE: QueueList,
    BEDS_TO_CLEAR: BedList,
    OPEN_ORDERS: OrderList,
    MAINTENANCE_DUE: MaintenanceList,
}


async def async_setup_entry(
    hass: HomeAssistant, entry: PrintagoConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the lists once what they show was read."""
    names = await async_get_translations(hass, hass.config.language, "entity", {DOMAIN})
    words = {**names, **await async_words(hass)}

    def create(coordinator: PrintagoCoordinator, description: TodoEntityDescription) -> FarmList:
        return LISTS[description](coordinator, description, words)

    async_setup_fact_entities(entry, Platform.TODO, LISTS, create, async_add_entities)
