"""Blueprints take areas, floors, labels and the farm beside printers, and notify in Home Assistant without a phone."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, floor_registry as fr, label_registry as lr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_get_persistent_notifications,
    async_mock_service,
)

from tests.automation.test_blueprints import (
    A1,
    P1S,
    X1C,
    Use,
    add_phone,
    calm,
    device_id,
    end_print,
    hass_config_dir,
    kind_of,
    let_beds_wait,
    strike,
    use,
)
from tests.support.common import entity_id, pass_time, printer_named, until
from virtual_farm import VirtualFarm

__all__ = ["calm", "hass_config_dir", "use"]

WAYS = pytest.mark.parametrize("way", ["device", "entity", "area", "floor", "label", "label of the area"])

pytestmark = pytest.mark.usefixtures("calm")


def target(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, way: str, *names: str) -> dict[str, Any]:
    """Return printers as a target."""
    floor = fr.async_get(hass).async_create("Ground floor")
    area = ar.async_get(hass).async_create("Workshop", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Rack A")
    printers = [printer_named(farm, name) for name in names]
    devices = [device_id(hass, entry, printer) for printer in printers]
    for device in devices:
        dr.async_get(hass).async_update_device(device, area_id=area.id)
        if way == "label":
            dr.async_get(hass).async_update_device(device, labels={label.label_id})
    ar.async_get(hass).async_update(area.id, labels={label.label_id} if way == "label of the area" else set())
    targets: dict[str, dict[str, Any]] = {
        "device": {"device_id": devices},
        "entity": {"entity_id": [entity_id(hass, printer, "readiness") for printer in printers]},
        "area": {"area_id": area.id},
        "floor": {"floor_id": [floor.floor_id]},
    }
    return targets.get(way, {"label_id": [label.label_id]})


def soon() -> tuple[datetime, dict[str, str]]:
    """Return a moment in an hour, and the inputs of a night that begins then."""
    evening = (dt_util.now() + timedelta(hours=1)).replace(microsecond=0)
    morning = evening + timedelta(hours=11)
    return evening, {"evening": evening.strftime("%H:%M:%S"), "morning": morning.strftime("%H:%M:%S")}


@WAYS
async def test_night_run_takes_printers_by_place_and_turns_the_switch_of_their_farm(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use, way: str
) -> None:
    switch = entity_id(hass, farm.config.store_id, "process_low_priority_jobs", "switch")
    await hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    evening, times = soon()
    await use("night_run", printers=target(hass, farm, entry, way, A1, P1S), low_priority=True, **times)
    async_fire_time_changed(hass, evening + timedelta(seconds=1))
    await until(hass, lambda: hass.states.is_state(switch, "on"))
    running = {printer.name for printer in farm.world.printers.values() if printer.continuous_print}
    assert {A1, P1S} <= running
    assert X1C not in running


async def test_night_run_on_the_farm_means_all_printers_and_leaves_its_switch(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    for printer in list(farm.world.printers.values()):
        if printer.name not in (A1, P1S):
            farm.remove_printer(printer.id)
    await pass_time(hass, 1)
    await until(hass, lambda: len(entry.runtime_data.coordinator.farm.printers) == 2)
    evening, times = soon()
    changed = async_mock_service(hass, "switch", "turn_on")
    await use("night_run", printers={"device_id": device_id(hass, entry, farm.config.store_id)}, **times)
    async_fire_time_changed(hass, evening + timedelta(seconds=1))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert all(printer.continuous_print for printer in farm.world.printers.values())
    assert changed == []


@WAYS
async def test_beds_of_other_printers_are_not_notified(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use, way: str
) -> None:
    await end_print(hass, farm, printer_named(farm, X1C))
    phone, notified = add_phone(hass)
    printers = target(hass, farm, entry, way, X1C)
    await use("beds_waiting", phones=[phone], printers=printers, quiet_start="00:00:00", quiet_end="00:00:00")
    assert len(let_beds_wait(hass, 16)) > 1
    await strike(hass, later=5)
    (notification,) = notified
    assert notification.data["message"].endswith(f": {X1C}")


@pytest.mark.parametrize("exclusion", ["device", "entity", "area", "floor", "label", "label of the area"])
async def test_beds_of_printers_that_the_target_leaves_out_are_not_notified(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use, exclusion: str
) -> None:
    await end_print(hass, farm, printer_named(farm, X1C))
    phone, notified = add_phone(hass)
    printers = {
        "device_id": device_id(hass, entry, farm.config.store_id),
        "exclude": target(hass, farm, entry, exclusion, X1C),
    }
    await use("beds_waiting", phones=[phone], printers=printers, quiet_start="00:00:00", quiet_end="00:00:00")
    waiting = let_beds_wait(hass, 16)
    await strike(hass, later=5)
    (notification,) = notified
    message = notification.data["message"]
    assert X1C not in message
    assert len(message.partition(": ")[2].split(", ")) == len(waiting) - 1


def all_but(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, name: str) -> dict[str, Any]:
    """Return the farm without one printer as a target."""
    left_out = device_id(hass, entry, printer_named(farm, name))
    return {"device_id": device_id(hass, entry, farm.config.store_id), "exclude": {"device_id": [left_out]}}


async def test_emergency_stop_leaves_out_what_its_target_does(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    calls = async_mock_service(hass, "printago", "emergency_stop")
    hass.states.async_set("binary_sensor.smoke", "off")
    await use("emergency_stop", detectors=["binary_sensor.smoke"], printers=all_but(hass, farm, entry, X1C))
    hass.states.async_set("binary_sensor.smoke", "on")
    await hass.async_block_till_done()
    others = [printer.id for printer in farm.world.printers.values() if printer.name != X1C]
    assert set(calls[0].data["printers"]) == {device_id(hass, entry, printer) for printer in others}


async def test_night_run_leaves_out_what_its_target_does(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    for printer in farm.world.printers.values():
        printer.continuous_print = False
    evening, times = soon()
    await use("night_run", printers=all_but(hass, farm, entry, X1C), **times)
    async_fire_time_changed(hass, evening + timedelta(seconds=1))
    await hass.async_block_till_done(wait_background_tasks=True)
    running = {printer.name for printer in farm.world.printers.values() if printer.continuous_print}
    assert running == {printer.name for printer in farm.world.printers.values()} - {X1C}


async def test_beds_of_the_farm_are_those_of_its_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    await end_print(hass, farm, printer_named(farm, X1C))
    phone, notified = add_phone(hass)
    printers = {"device_id": [device_id(hass, entry, farm.config.store_id)]}
    await use("beds_waiting", phones=[phone], printers=printers, quiet_start="00:00:00", quiet_end="00:00:00")
    waiting = let_beds_wait(hass, 16)
    assert len(waiting) > 1
    await strike(hass, later=5)
    assert notified[0].data["title"] == f"{len(waiting)} beds to clear"


async def test_beds_are_notified_in_home_assistant_without_a_phone(hass: HomeAssistant, use: Use) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    await use("beds_waiting", quiet_start="00:00:00", quiet_end="00:00:00")
    waiting = let_beds_wait(hass, 16)
    await strike(hass, later=5)
    (notification,) = async_get_persistent_notifications(hass).values()
    assert notification["title"] == ("1 bed to clear" if len(waiting) == 1 else f"{len(waiting)} beds to clear")


@pytest.mark.parametrize("with_phone", [True, False])
async def test_problems_of_the_farm_are_notified_on_the_phone_else_in_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use, with_phone: bool
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    phone, notified = add_phone(hass)
    printers = {"device_id": device_id(hass, entry, farm.config.store_id)}
    await use("alerts", printers=printers, phones=[phone] if with_phone else [])
    x1c, a1 = (printer_named(farm, name) for name in (X1C, A1))
    farm.fail_print(x1c, "Spaghetti detected")
    await until(hass, lambda: kind_of(hass, x1c, "print") == "print_failed")
    farm.raise_hms(a1, "0300-0100-0001-0002", "The heatbed is too hot")
    await until(hass, lambda: kind_of(hass, a1, "alert") == "hms_error")
    await pass_time(hass, 61)
    shown = [notification["title"] for notification in async_get_persistent_notifications(hass).values()]
    assert shown == ([] if with_phone else ["2 printers need you"])
    assert len(notified) == with_phone


@WAYS
async def test_emergency_stops_the_printers_of_a_place(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use, way: str
) -> None:
    hass.states.async_set("binary_sensor.smoke", "off")
    calls = async_mock_service(hass, "printago", "emergency_stop")
    printers = target(hass, farm, entry, way, X1C)
    await use("emergency_stop", detectors=["binary_sensor.smoke"], printers=printers)
    hass.states.async_set("binary_sensor.smoke", "on")
    await hass.async_block_till_done()
    assert [call.data for call in calls] == [{"printers": [device_id(hass, entry, printer_named(farm, X1C))]}]


async def test_emergency_stops_all_printers_where_a_place_has_none(
    hass: HomeAssistant, farm: VirtualFarm, use: Use
) -> None:
    hass.states.async_set("binary_sensor.smoke", "off")
    calls = async_mock_service(hass, "printago", "emergency_stop")
    await use("emergency_stop", detectors=["binary_sensor.smoke"], printers={"label_id": ["nothing"]})
    hass.states.async_set("binary_sensor.smoke", "on")
    await hass.async_block_till_done()
    assert [call.data for call in calls] == [{}]
