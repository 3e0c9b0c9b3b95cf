"""Loaded filament: AMS trays, the external spool, and assigned materials."""

from base64 import b64decode
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.sensor.tray_picture import color_picture
from custom_components.printago.sensor.tray_sensor import TraySensor
from tests.support.common import entity_id, pass_time, state_of, until, value_of
from tests.support.filament import attributes, load, shelf, variant_named
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.machine import Tray


@pytest.fixture
def farm_config() -> FarmConfig:
    """Have printers that print nothing, with changes published at once."""
    return FarmConfig(printers=3, speed=0, scenario="idle", telemetry_interval=0)


@pytest.fixture
async def x1c(farm: VirtualFarm) -> str:
    """Return a printer with one AMS: three spools, and one empty slot."""
    return shelf(farm)


def send_filament(farm: VirtualFarm, printer_id: str, filament: Any, **groups: Any) -> None:
    """Publish a sparse message with filament only, and the given fields."""
    stat = {**farm.feed.stat(farm.printer(printer_id)), "data": {"filament": filament, **groups}}
    farm.publish(f"stores/{farm.config.store_id}/printer-stats/{printer_id}", orjson.dumps(stat))


def slots(*trays: Any) -> dict[str, Any]:
    """Return filament in one AMS."""
    return {"ams": {"status": {"slotsLoaded": "f", "slotsReading": "0"}, "ams": [{"slots": list(trays)}]}}


async def test_each_tray_shows_its_filament(hass: HomeAssistant, x1c: str, entry: MockConfigEntry) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    assert state_of(hass, x1c, "ams_1_tray_1").name == "Shelf AMS 1 tray 1"
    assert attributes(hass, x1c, "ams_1_tray_2") == {
        "color": "#C12E1F",
        "colors": ["#C12E1F"],
        "type": "PLA",
        "remaining": 79,
        "name": "Bambu PLA Basic",
        "active": False,
        "material": None,
    }
    assert value_of(hass, x1c, "ams_1_tray_3") == "Bambu PETG HF"


def picture(hass: HomeAssistant, printer_id: str, key: str) -> str:
    """Return the drawing that an entity has as its picture."""
    kind, _, content = state_of(hass, printer_id, key).attributes["entity_picture"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    return b64decode(content).decode()


async def test_tray_has_a_picture_of_its_colors(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    assert 'fill="#C12E1F"' in picture(hass, x1c, "ams_1_tray_2")
    assert "entity_picture" not in state_of(hass, x1c, "ams_1_tray_4").attributes
    send_filament(farm, x1c, slots({"color": "00FF0080", "info": "Green", "type": "PETG"}, {"id": "1"}))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Green")
    assert 'fill="#00FF0080"' in picture(hass, x1c, "ams_1_tray_1")
    assert "entity_picture" not in state_of(hass, x1c, "ams_1_tray_2").attributes
    assert "entity_picture" in TraySensor._unrecorded_attributes


def test_picture_of_several_colors_has_them_all_and_is_one_string() -> None:
    colors = ("#FF0000", "#00FF00", "#0000FF")
    found = color_picture(colors)
    assert found is not None
    svg = b64decode(found.partition(",")[2]).decode()
    assert all(svg.count(f'stop-color="{color}"') == 2 for color in colors)
    assert color_picture((*colors[:1], *colors[1:])) is found
    assert len(found) < 1000
    assert color_picture(()) is None


async def test_empty_tray_differs_from_an_unknown_one(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_4") == "empty")
    assert attributes(hass, x1c, "ams_1_tray_4")["color"] is None
    send_filament(farm, x1c, slots({"id": "0", "color": "", "info": "", "type": "", "remaining": -1}, {"id": "1"}))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "unknown")
    assert value_of(hass, x1c, "ams_1_tray_2") == "empty"


async def test_spool_with_only_a_type_shows_the_type(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    send_filament(farm, x1c, slots({"id": "0", "color": "00ff00", "info": "", "type": "ABS", "remaining": 55.4}))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "ABS")
    shown = attributes(hass, x1c, "ams_1_tray_1")
    assert (shown["color"], shown["name"], shown["remaining"]) == ("#00FF00", None, 55)


async def test_transparent_filament_differs_from_black_and_opaque_ones(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    colors = ("00000000", "000000FF", "FFFFFF00", "#FFFFFF")
    send_filament(farm, x1c, slots(*({"color": color, "info": "PETG Translucent", "type": "PETG"} for color in colors)))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_4") == "PETG Translucent")
    assert [attributes(hass, x1c, f"ams_1_tray_{number}")["color"] for number in range(1, 5)] == [
        "#00000000",
        "#000000",
        "#FFFFFF00",
        "#FFFFFF",
    ]


async def test_filament_of_several_colors_shows_them_all(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    send_filament(farm, x1c, slots({"color": "#FF9425FF;#C16784FF", "info": "PLA Silk Dual", "type": "PLA"}))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "PLA Silk Dual")
    shown = attributes(hass, x1c, "ams_1_tray_1")
    assert (shown["color"], shown["colors"]) == ("#FF9425", ["#FF9425", "#C16784"])


async def test_manufacturers_code_is_shown_as_the_name_of_the_material(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    send_filament(farm, x1c, slots({"id": "0", "color": "#FFFFFFFF", "info": "GFA01", "type": "PLA", "remaining": 9}))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "PLA")
    await pass_time(hass, 31)
    assert value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Matte"


async def test_ams_is_added_removed_and_added_again(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    assert value_of(hass, x1c, "ams_2_tray_1") is None
    farm.set_ams(x1c, 2)
    await until(hass, lambda: value_of(hass, x1c, "ams_2_tray_4") == "empty")
    farm.set_ams(x1c, 1)
    await until(hass, lambda: value_of(hass, x1c, "ams_2_tray_4") == "unavailable")
    assert value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic"
    farm.set_ams(x1c, 0)
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "unavailable")
    assert value_of(hass, x1c, "external_spool") == "empty"
    farm.set_ams(x1c, 2)
    await until(hass, lambda: value_of(hass, x1c, "ams_2_tray_4") == "empty")
    assert value_of(hass, x1c, "ams_1_tray_1") == "empty"


async def test_message_keeps_values_that_it_does_not_contain(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    send_filament(farm, x1c, {"spool": {"color": "0000FF", "info": "PETG Basic", "type": "PETG", "remaining": 0}})
    await until(hass, lambda: value_of(hass, x1c, "external_spool") == "PETG Basic")
    assert value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic"
    send_filament(farm, x1c, slots({"id": "0"}))
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "empty")
    assert value_of(hass, x1c, "external_spool") == "PETG Basic"
    assert value_of(hass, x1c, "ams_1_tray_2") == "unavailable"


async def test_sparse_message_with_temperatures_and_a_spool_keeps_the_ams(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    spools = ["PETG Basic", "ABS", "PLA Matte"]
    for spool, groups in zip(spools, ({}, {"print": {"percent": 3}}, {"health": {"errors": []}}), strict=True):
        spooled = {"spool": {"color": "0000FF", "info": spool, "type": "PLA", "remaining": 0}}
        send_filament(farm, x1c, spooled, temps={"nozzleTemp": 41, "bedTemp": 31}, **groups)
        await until(hass, lambda spool=spool: value_of(hass, x1c, "external_spool") == spool)
        assert value_of(hass, x1c, "nozzle_temp") == "41"
        assert value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic"


async def test_printer_that_was_deleted_and_returns_gets_its_trays_again(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    kept = {key: value_of(hass, x1c, key) for key in ("ams_1_tray_4", "external_spool", "chamber_temp")}
    record = farm.world.printers.wire(x1c)

    def send_event(action: str, **fields: Any) -> None:
        entities = {x1c: {**record, "updatedAt": farm.config.clock().isoformat()} if action == "INSERT" else {}}
        message = {"action": action, "entityType": "printer", "entities": entities, "changes": {}}
        farm.publish(f"stores/{farm.config.store_id}/entities/printers", orjson.dumps(message))

    send_event("DELETE")
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") is None)
    assert er.async_get(hass).async_get_entity_id("sensor", "printago", f"{x1c}_external_spool") is None
    send_event("INSERT")
    await until(hass, lambda: value_of(hass, x1c, "print_status") is not None)
    farm.printer(x1c).machine.version += 1
    farm.feed.flush(everything=True)

    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    assert {key: value_of(hass, x1c, key) for key in kept} == kept


async def test_external_spool_of_a_printer_without_ams(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    added = farm.add_printer("A1", name="Bare", ready=True).id
    load(farm, added, (-1, 0), Tray("C12E1FFF", "TPU", "Bambu TPU 95A HF", "", 40.0), variant_named(farm, "Blue"))
    await until(hass, lambda: value_of(hass, added, "external_spool") == "Bambu TPU 95A HF")
    assert value_of(hass, added, "ams_1_tray_1") is None
    load(farm, added, (-1, 0), None)
    await until(hass, lambda: value_of(hass, added, "external_spool") == "empty")


async def test_printer_of_another_brand_has_no_trays(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    klipper = farm.add_printer("KLIPPER", name="Voron", ready=True).id
    await until(hass, lambda: value_of(hass, klipper, "nozzle_temp") not in (None, "unavailable"))
    assert value_of(hass, klipper, "external_spool") is None
    assert value_of(hass, klipper, "ams_1_tray_1") is None


async def test_trays_are_restored_at_start_while_the_printer_is_silent(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    entry.runtime_data.coordinator.store_state.async_forget_farm()
    farm.disconnect_printer(x1c)
    farm.publish(f"stores/{farm.config.store_id}/printer-stats/{x1c}", b"", retain=True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert value_of(hass, x1c, "ams_1_tray_1") == "unavailable"
    assert value_of(hass, x1c, "external_spool") == "unavailable"
    assert er.async_get(hass).async_get(entity_id(hass, x1c, "ams_1_tray_4")) is not None

    farm.reconnect_printer(x1c)
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")


async def test_offline_printer_does_not_show_its_trays(
    hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
) -> None:
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
    farm.disconnect_printer(x1c)
    await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "unavailable")


class TestActive:
    """Which tray the current print uses."""

    async def test_trays_of_the_job_are_active_while_it_prints(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
        self._submit(farm, x1c)
        await farm.advance(300)
        await until(hass, lambda: value_of(hass, x1c, "print_status") == "running")
        await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_1")["active"] is True)
        assert attributes(hass, x1c, "ams_1_tray_2")["active"] is False
        assert attributes(hass, x1c, "external_spool")["active"] is False
        farm.finish_print(x1c)
        await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_1")["active"] is False)

    @pytest.mark.parametrize(("ams", "slot"), [(-1, 0), (-1, 1), (255, 254)])
    async def test_external_spool_is_active_for_either_of_two_spools(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry, ams: int, slot: int
    ) -> None:
        await self._print_from(hass, farm, x1c, [{"amsIndex": ams, "slotIndex": slot}])
        await until(hass, lambda: attributes(hass, x1c, "external_spool")["active"] is True)
        assert attributes(hass, x1c, "ams_1_tray_1")["active"] is False

    async def test_unknown_slot_makes_the_active_tray_unknown(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await self._print_from(hass, farm, x1c, [{"amsIndex": 128, "slotIndex": 0}])
        await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_1")["active"] is None)
        assert attributes(hass, x1c, "external_spool")["active"] is None

    async def _print_from(
        self, hass: HomeAssistant, farm: VirtualFarm, printer_id: str, mapping: list[dict[str, Any]]
    ) -> None:
        await until(hass, lambda: value_of(hass, printer_id, "ams_1_tray_1") == "Bambu PLA Basic")
        self._submit(farm, printer_id)
        await farm.advance(300)
        await until(hass, lambda: attributes(hass, printer_id, "ams_1_tray_1")["active"] is True)
        change = {farm.world.printers[printer_id].printing_job_id: {"status": "printing", "materialMapping": mapping}}
        event = {"entityType": "print-jobs", "action": "UPDATE", "entities": change}
        farm.publish(f"stores/{farm.config.store_id}/entities/print-jobs", orjson.dumps(event))

    async def test_active_tray_is_unknown_for_an_external_print(
        self, hass: HomeAssistant, farm: VirtualFarm, x1c: str, entry: MockConfigEntry
    ) -> None:
        await until(hass, lambda: value_of(hass, x1c, "ams_1_tray_1") == "Bambu PLA Basic")
        farm.print_from_outside(x1c, "gift.3mf", 3600)
        await until(hass, lambda: value_of(hass, x1c, "printing", "binary_sensor") == "on")
        await until(hass, lambda: attributes(hass, x1c, "ams_1_tray_1")["active"] is None)

    @staticmethod
    def _submit(farm: VirtualFarm, printer_id: str) -> None:
        part = next(part for part in farm.world.parts.values() if part["name"] == "Benchy")
        farm.builder.build(
            {"parts": [{"partId": part["id"], "quantity": 1, "tags": {"printer.id": printer_id}}], "skus": []}
        )
