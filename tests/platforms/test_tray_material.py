"""Materials that Printago has assigned to trays."""

import math
from typing import Any

from homeassistant.core import HomeAssistant
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time, paths, state_of, until, value_of
from tests.support.filament import attributes, load, shelf, variant_named
from virtual_farm import FarmConfig, VirtualFarm

SLOTS = "GET /v1/materials/printer-slots"
NAMES = ["GET /v1/materials", "GET /v1/materials/variants"]


@pytest.fixture
def farm_config() -> FarmConfig:
    """Have printers that print nothing, with changes published at once."""
    return FarmConfig(printers=3, speed=0, scenario="idle", telemetry_interval=0)


@pytest.fixture
async def x1c(farm: VirtualFarm) -> str:
    """Return a printer with one AMS: three spools, and one empty slot."""
    return shelf(farm)


class TestAssignedMaterial:
    """The material that Printago has assigned to a slot."""

    async def test_it_is_named_with_its_color(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
        await pass_time(hass, 31)
        assert attributes(hass, x1c, "ams_1_tray_1")["material"] == "Bambu PLA Basic Black"
        assert attributes(hass, x1c, "ams_1_tray_3")["material"] == "Bambu PETG HF Orange"
        assert attributes(hass, x1c, "ams_1_tray_4")["material"] is None
        colors = [state_of(hass, x1c, f"ams_1_tray_{number}").attributes["color_name"] for number in range(1, 5)]
        assert colors == ["Black", "Red", "Orange", None]

    async def test_change_of_it_by_an_event_costs_no_request(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await pass_time(hass, 31)
        asked = paths(farm)
        load(farm, x1c, (0, 3), None, variant_named(farm, "Azure"))
        await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_4")["material"] == "Bambu ABS Azure")
        assert value_of(hass, x1c, "ams_1_tray_4") == "empty"
        load(farm, x1c, (0, 3), None)
        await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_4")["material"] is None)
        assert paths(farm) == asked

    async def test_unknown_slot_is_read(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await pass_time(hass, 31)
        farm.clear_requests()
        entry.runtime_data.coordinator.slow_poller._reads["printer_slots"].asked_at = -math.inf
        change = {"entityType": "printer-slots", "action": "UPDATE", "entities": {"x" * 24: {"materialId": None}}}
        farm.publish(f"stores/{farm.config.store_id}/entities/printer-slots", orjson.dumps(change))
        farm.rename_printer(x1c, "Bench")
        await until(hass, lambda: state_of(hass, x1c, "print_status").name.startswith("Bench"))
        await hass.async_block_till_done(wait_background_tasks=True)
        assert paths(farm) == [SLOTS]

    async def test_change_during_a_read_is_kept_and_the_slots_are_read_again(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        x1c: str,
        entry: MockConfigEntry,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The list may be older than the change, and newer than another one without an event."""
        await pass_time(hass, 31)
        farm.clear_requests()
        client, slow_poller = entry.runtime_data.coordinator.client, entry.runtime_data.coordinator.slow_poller
        read = client.printer_slots

        async def read_while_a_spool_is_changed() -> Any:
            rows = await read()
            load(farm, x1c, (0, 3), None, variant_named(farm, "Azure"))
            await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_4")["material"] == "Bambu ABS Azure")
            slow_poller._reads["printer_slots"].asked_at = -math.inf
            return rows

        monkeypatch.setattr(client, "printer_slots", read_while_a_spool_is_changed)
        slow_poller._reads["printer_slots"].asked_at = -math.inf
        slow_poller.async_want("printer_slots")
        await until(hass, lambda: paths(farm).count(SLOTS) == 1)
        monkeypatch.setattr(client, "printer_slots", read)
        await hass.async_block_till_done(wait_background_tasks=True)

        assert paths(farm).count(SLOTS) == 2
        assert attributes(hass, x1c, "ams_1_tray_4")["material"] == "Bambu ABS Azure"

    async def test_an_hour_costs_one_request(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await pass_time(hass, 31)
        farm.clear_requests()
        entry.runtime_data.coordinator.slow_poller._reads["printer_slots"].asked_at = -math.inf
        await pass_time(hass, 3601)
        asked = paths(farm)
        assert asked.count(SLOTS) == 1
        assert not set(NAMES) & set(asked)

    async def test_key_without_material_permission_shows_their_type(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, setup_entry: SetUp
    ) -> None:
        farm.add_api_key("narrow", ["printer.view", "printer.stats", "queue.view"])
        await setup_entry(api_key="narrow")
        await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
        await pass_time(hass, 31)
        assert attributes(hass, x1c, "ams_1_tray_1")["material"] == "PLA"
        assert attributes(hass, x1c, "ams_1_tray_3")["material"] == "PETG"
        assert paths(farm).count(NAMES[0]) == 1

    async def test_farm_without_trays_does_not_read_slots(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
    ) -> None:
        for printer_id in tuple(farm.world.printers):
            farm.remove_printer(printer_id)
        klipper = farm.add_printer("KLIPPER", name="Voron", ready=True).id
        await setup_entry()
        await until(hass, lambda: value_of(hass, klipper, "nozzle_temp") not in (None, "unavailable"))
        await pass_time(hass, 31)
        assert SLOTS not in paths(farm)
