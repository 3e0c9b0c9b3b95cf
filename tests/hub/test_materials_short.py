"""Materials of a farm over the cloud: what the queue needs, and what is reported when there is too little."""

import math
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.hub.material_watch import LOOK_DELAY
from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.common import entity_id, pass_time, paths, printer_named, state_of, until, until_farm, value_of
from tests.support.event_recorder import EventRecorder
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.access import READ_ONLY_PERMISSIONS

STOCK = [
    "GET /v1/materials/instances",
    "GET /v1/part-material-assignments",
    "GET /v1/parts",
    "GET /v1/settings/store",
    "GET /v1/sku-costs",
    "GET /v1/cost-components",
]


@pytest.fixture
def farm_config() -> FarmConfig:
    return FarmConfig(speed=0, printers=1)


async def look(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the slow polls read, and the materials be looked at."""
    await pass_time(hass, 31)
    entry.runtime_data.coordinator.listeners.async_update_farm()
    await pass_time(hass, LOOK_DELAY + 1)
    await pass_time(hass, 1)


def part_id(farm: VirtualFarm, name: str) -> str:
    return next(part["id"] for part in farm.world.parts.values() if part["name"] == name)


async def queue(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, part: str, quantity: int) -> None:
    """Queue copies of a part, none of which can start."""
    known = len(entry.runtime_data.coordinator.farm.jobs)
    build = {"partId": part_id(farm, part), "quantity": quantity, "tags": {"user.tags": "nowhere"}}
    await entry.runtime_data.client.create_build({"parts": [build]})
    await farm.advance(60)
    await until_farm(entry, lambda: len(entry.runtime_data.coordinator.farm.jobs) == known + quantity)
    await look(hass, entry)


def short(hass: HomeAssistant, farm: VirtualFarm) -> tuple[str, list[dict[str, Any]]]:
    state = state_of(hass, farm.config.store_id, "materials_short")
    return state.state, state.attributes["materials"]


async def test_sensor_counts_what_no_tray_and_no_spool_covers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await look(hass, entry)
    assert short(hass, farm)[0] == "0"
    await queue(hass, farm, entry, "Drill Jig", 30)
    count, (first, *_) = short(hass, farm)
    assert count == "1"
    assert (first["material"], first["needed"], first["in_stock"], first["trays"]) == ("ABS", 31 * 82, 1000, [])
    assert (first["missing"], first["jobs_waiting"]) == (31 * 82 - 1000, 31)


async def test_event_comes_once_for_each_material_that_becomes_short(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    await look(hass, entry)
    entity = entity_id(hass, farm.config.store_id, "material", "event")
    assert not recorder.of(entity)
    for _ in range(2):
        await queue(hass, farm, entry, "Drill Jig", 20)
    assert recorder.of(entity) == ["material_short"]
    event = recorder.data("material_short")
    assert event["material"] == "ABS"
    assert event["missing"] == 21 * 82 - 1000
    assert event["jobs"][0] == "Jig"


async def test_what_is_short_when_a_store_is_added_or_was_before_a_restart_is_no_news(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    for slot in farm.world.slots.values():
        farm.world.slots.change(slot["id"], {"instanceId": None})
    for instance in list(farm.world.instances.values()):
        farm.world.instances.remove(instance["id"])
    for slot in list(farm.world.slots.values()):
        if slot["materialType"] == "ABS":
            farm.world.slots.change(slot["id"], {"materialId": None, "variantId": None, "materialType": None})
    entry = await setup_entry()
    recorder = EventRecorder(hass)
    await look(hass, entry)
    assert short(hass, farm)[0] == "1"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await look(hass, entry)
    assert short(hass, farm)[0] == "1"
    assert not recorder.of(entity_id(hass, farm.config.store_id, "material", "event"))


async def test_running_print_that_its_tray_cannot_finish_is_short(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await look(hass, entry)
    printer = farm.world.printers[printer_named(farm, "X1 Carbon 01")]
    tray = printer.machine.tray((0, 0))
    assert tray is not None
    tray.remaining = 1
    printer.machine.version += 1
    farm.feed.flush(everything=True)
    await until(hass, lambda: state_of(hass, printer.id, "ams_1_tray_1").attributes["remaining"] == 1)
    await look(hass, entry)
    count, (first, *_) = short(hass, farm)
    assert (count, first["short_prints"], first["jobs_waiting"]) == ("1", ["X1 Carbon 01"], 0)


async def test_action_returns_the_table_and_asks_nothing(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    with pytest.raises(HomeAssistantError, match="not known yet"):
        await act(hass, "get_materials")
    await look(hass, entry)
    farm.clear_requests()
    table = await act(hass, "get_materials")
    assert table["materials"] == short(hass, farm)[1]
    assert (table["short"], table["spools_known"]) == (0, True)
    assert not farm.requests


async def test_stock_is_read_once_at_the_start(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.clear_requests()
    await look(hass, entry)
    assert sorted(path for path in paths(farm) if path in STOCK) == sorted(STOCK)
    farm.clear_requests()
    for _ in range(3):
        await look(hass, entry)
    assert not set(STOCK).intersection(paths(farm))


async def test_part_that_is_new_is_read_once(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    await look(hass, entry)
    farm.clear_requests()
    coordinator = entry.runtime_data.coordinator
    del coordinator.store_state.stock.parts[part_id(farm, "Drill Jig")]
    parts = coordinator.slow_poller._reads["parts"]
    parts.asked_at = -math.inf
    if parts.cancel_later is not None:
        parts.cancel_later()
        parts.cancel_later = None
    await queue(hass, farm, entry, "Drill Jig", 1)
    await until(hass, lambda: paths(farm).count("GET /v1/part-material-assignments") == 1)
    await queue(hass, farm, entry, "Drill Jig", 1)
    assert paths(farm).count("GET /v1/part-material-assignments") == 1


@pytest.mark.parametrize(
    ("lacking", "spools_known"), [("material.instance.view", False), ("settings.view", True), ("sku.view", True)]
)
async def test_table_does_without_what_the_key_may_not_read(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, lacking: str, spools_known: bool
) -> None:
    farm.add_api_key("limited", READ_ONLY_PERMISSIONS - {lacking})
    entry = await setup_entry(api_key="limited")
    await look(hass, entry)
    table = await act(hass, "get_materials")
    assert table["spools_known"] is spools_known
    assert {row["material"] for row in table["materials"]} == {"PLA", "ABS"}


async def test_no_sensor_for_a_key_that_may_not_read_parts(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key("limited", READ_ONLY_PERMISSIONS - {"part.view"})
    entry = await setup_entry(api_key="limited")
    await look(hass, entry)
    assert value_of(hass, farm.config.store_id, "materials_short") is None
