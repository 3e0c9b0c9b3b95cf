"""Items of to-do lists that have just been settled elsewhere: completing one is an error, and sends nothing."""

import json
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.coordinator import PrintagoCoordinator
from tests.conftest import SetUp
from tests.support.common import pass_time, printer_named
from tests.support.todo import items, list_entity
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.maintenance import set_elapsed

X1C, P1S = "X1 Carbon 01", "P1S 01"
LISTS = ("attention", "queue", "beds_to_clear", "open_orders", "maintenance_due")
TRANSLATIONS = Path(__file__).parents[2] / "custom_components" / "printago" / "translations"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm in which one printer prints, one waits to be cleared, one is ready, one is offline."""
    return FarmConfig(speed=0, printers=4)


@pytest.fixture
async def overdue(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry with something on every list, of which everything has been read."""
    for enrollment, each in farm.world.enrollments.items():
        set_elapsed(farm.world, enrollment, 100_000 if each["printerId"] == printer_named(farm, X1C) else 0)
    entry = await setup_entry()
    await pass_time(hass, 31)
    for _ in range(15):
        if entry.runtime_data.coordinator.store_state.facts.maintenance.items:
            break
        await pass_time(hass, 301)
    farm.clear_requests()
    return entry


def forget(coordinator: PrintagoCoordinator) -> None:
    """Forget everything that lists show, as when it is settled elsewhere before the lists follow."""
    coordinator.farm.printers.clear()
    coordinator.farm.jobs.clear()
    coordinator.store_state.facts.orders.clear()
    coordinator.store_state.facts.maintenance.items.clear()


@pytest.mark.parametrize("key", ["attention", "beds_to_clear", "open_orders", "maintenance_due"])
async def test_item_that_has_just_vanished_is_a_translated_error(
    hass: HomeAssistant, farm: VirtualFarm, overdue: MockConfigEntry, key: str
) -> None:
    listed = await items(hass, farm, key)
    can_settle = ("bed_", "failed_", "order_", "maintenance_") if key == "attention" else ("",)
    settled = [item for item in listed if item["uid"].startswith(can_settle)]
    assert settled
    entity = list_entity(hass, farm, key)
    forget(overdue.runtime_data.coordinator)

    for item in settled:
        with pytest.raises(ServiceValidationError) as refused:
            await entity.async_complete(item["uid"])
        assert refused.value.translation_key == "todo_item_gone"
        assert refused.value.translation_placeholders == {"item": item["summary"]}
    assert farm.requests == []


def test_error_is_translated() -> None:
    texts = {
        path.stem: json.loads(path.read_text())["exceptions"]["todo_item_gone"]["message"]
        for path in TRANSLATIONS.glob("*.json")
    }
    assert len(set(texts.values())) == len(texts) == 11
    assert all("{item}" in text for text in texts.values())


async def test_items_keep_their_ids_over_a_restart(
    hass: HomeAssistant, farm: VirtualFarm, overdue: MockConfigEntry
) -> None:
    async def shown() -> dict[str, list[tuple[str, str]]]:
        return {key: [(item["uid"], item["summary"]) for item in await items(hass, farm, key)] for key in LISTS}

    before = await shown()
    assert all(before.values())
    store_state = overdue.runtime_data.coordinator.store_state
    await hass.config_entries.async_unload(overdue.entry_id)
    # Nothing is left in memory.
    store_state.async_forget_farm()
    await hass.config_entries.async_setup(overdue.entry_id)
    await pass_time(hass, 31)
    assert await shown() == before
