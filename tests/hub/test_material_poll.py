"""Names of materials: requested once when a slot holds an unknown one."""

import math

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import pass_time, paths, state_of, until, value_of
from tests.support.event_recorder import drop_stream
from virtual_farm import FarmConfig, VirtualFarm

NAMES = ["GET /v1/materials", "GET /v1/materials/variants"]


@pytest.fixture
def farm_config() -> FarmConfig:
    """Have one printer that prints nothing."""
    return FarmConfig(printers=1, speed=0, scenario="idle")


async def test_new_material_of_the_store_is_shown_by_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (printer,) = farm.world.printers
    await until(hass, lambda: value_of(hass, printer, "ams_1_tray_1") is not None)
    await pass_time(hass, 31)
    material = next(iter(farm.world.materials.values()))
    own = {key: value for key, value in material.items() if key not in ("id", "storeId", "createdAt", "updatedAt")}
    # No event: the list of slots shows it first.
    await drop_stream(hass, farm)
    await hass.async_block_till_done(wait_background_tasks=True)
    new = farm.world.document(**{**own, "name": "House Blend"})
    farm.world.materials.insert(new["id"], new)
    slot = next(slot for slot in farm.world.slots.values() if (slot["amsIndex"], slot["slotIndex"]) == (0, 0))
    farm.world.slots.change(slot["id"], {"materialId": new["id"], "variantId": None})
    farm.clear_requests()

    slow_poller = entry.runtime_data.coordinator.slow_poller

    async def read_slots() -> None:
        for read in (slow_poller._reads["printer_slots"], slow_poller._reads["materials"]):
            read.asked_at = -math.inf
            if read.cancel_later is not None:
                read.cancel_later()
                read.cancel_later = None
        slow_poller.async_want("printer_slots")
        await hass.async_block_till_done(wait_background_tasks=True)

    await read_slots()
    await until(hass, lambda: state_of(hass, printer, "ams_1_tray_1").attributes["material"] == "House Blend")
    assert [path for path in paths(farm) if path in NAMES] == NAMES

    await read_slots()
    assert [path for path in paths(farm) if path in NAMES] == NAMES, "all are known"
