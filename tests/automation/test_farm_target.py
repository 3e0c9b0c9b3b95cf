"""A farm as the target of triggers and conditions means all its printers; only what fits a target is offered for it."""

from typing import Any

from homeassistant.components.websocket_api.automation import (
    async_get_conditions_for_target,
    async_get_triggers_for_target,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.condition import FARM_CONDITIONS, PRINTER_CONDITIONS
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.entity_filter import async_targeted_entities
from custom_components.printago.trigger import FARM_TRIGGERS, PRINTER_TRIGGERS
from tests.automation.test_condition import Asked, ask
from tests.automation.test_trigger import device_id, set_event, trigger
from tests.support.automations import automate
from tests.support.common import entity_id, pass_time, press, printer_named, until, value_of
from virtual_farm import VirtualFarm

X1C, A1 = "X1 Carbon 01", "A1 01"
WAYS = pytest.mark.parametrize("way", ["device", "area", "floor label", "label", "entity"])

pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Let everything calm down after set-up."""
    await pass_time(hass, 31)


def farm_target(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, way: str) -> dict[str, Any]:
    """Return the farm as a target."""
    device = device_id(hass, entry, farm.config.store_id)
    area = ar.async_get(hass).async_create("Office")
    label = lr.async_get(hass).async_create("Farms")
    if way == "area":
        dr.async_get(hass).async_update_device(device, area_id=area.id)
        return {"area_id": area.id}
    if way == "label":
        dr.async_get(hass).async_update_device(device, labels={label.label_id})
        return {"label_id": label.label_id}
    if way == "floor label":
        dr.async_get(hass).async_update_device(device, area_id=area.id)
        ar.async_get(hass).async_update(area.id, labels={label.label_id})
        return {"label_id": label.label_id}
    return (
        {"device_id": device}
        if way == "device"
        else {"entity_id": entity_id(hass, farm.config.store_id, "job", "event")}
    )


@pytest.mark.printers(8)
@WAYS
async def test_trigger_on_the_farm_fires_for_each_of_its_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, way: str
) -> None:
    target = farm_target(hass, farm, entry, way)
    ran = await automate(hass, trigger("print_failed", target), trigger("bed_needs_clearing", target))
    for name in (X1C, "P1S 02"):
        printer = printer_named(farm, name)
        ran.clear()
        farm.fail_print(printer, "Spaghetti")
        await until(hass, lambda: len(ran) == 2)
        assert set(ran) == {
            entity_id(hass, printer, "print", "event"),
            entity_id(hass, printer, "bed_needs_clearing", "binary_sensor"),
        }


async def test_printer_that_joins_the_farm_later_triggers_too(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    ran = await automate(hass, trigger("print_finished", farm_target(hass, farm, entry, "device")))
    printer = farm.add_printer("X1C", "Late", ready=True).id
    await until(hass, lambda: value_of(hass, printer, "print", "event") is not None)
    set_event(hass, entity_id(hass, printer, "print", "event"), "print_finished")
    await hass.async_block_till_done()
    assert ran == [entity_id(hass, printer, "print", "event")]


async def test_entity_of_the_farm_in_a_room_does_not_stand_for_the_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    area = ar.async_get(hass).async_create("Kitchen")
    er.async_get(hass).async_update_entity(entity_id(hass, farm.config.store_id, "printers_online"), area_id=area.id)
    ran = await automate(hass, trigger("print_failed", {"area_id": area.id}))
    farm.fail_print(printer_named(farm, X1C), "Spaghetti")
    await until(hass, lambda: value_of(hass, printer_named(farm, X1C), "print_status") == "failed")
    await hass.async_block_till_done()
    assert ran == []


@WAYS
async def test_condition_on_the_farm_looks_at_all_of_its_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, way: str
) -> None:
    printer = printer_named(farm, X1C)
    for other in list(farm.world.printers.values()):
        if other.name not in (X1C, A1):
            farm.remove_printer(other.id)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_total") == "2")
    asked = await ask(hass, "printer_paused", farm_target(hass, farm, entry, way))
    assert not await asked.holds()
    await press(hass, printer, "pause")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    assert await asked.holds()


async def test_all_of_the_farm_has_to_match_with_behavior_all(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for printer in list(farm.world.printers.values()):
        if printer.name not in (X1C, A1):
            farm.remove_printer(printer.id)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "printers_total") == "2")
    asked = await ask(hass, "printer_problem", farm_target(hass, farm, entry, "device"), behavior="all")
    farm.raise_hms(printer_named(farm, X1C), "0300-0100-0001-0002", "Hot")
    await until(hass, lambda: value_of(hass, printer_named(farm, X1C), "hms", "binary_sensor") == "on")
    assert not await asked.holds()
    farm.raise_hms(printer_named(farm, A1), "0300-0100-0001-0002", "Hot")
    await until(hass, lambda: value_of(hass, printer_named(farm, A1), "hms", "binary_sensor") == "on")
    assert await asked.holds()


@pytest.mark.printers(8)
@pytest.mark.parametrize(
    ("condition", "name"),
    [("printer_offline", "A1 mini 01"), ("printer_problem", "Klipper 01"), ("printer_problem", A1)],
)
async def test_new_conditions_hold_for_the_printers_that_they_are_about(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, condition: str, name: str
) -> None:
    printer = printer_named(farm, name)
    asked: Asked = await ask(hass, condition, {"device_id": device_id(hass, entry, printer)})
    if condition == "printer_problem":
        assert not await asked.holds()
        farm.raise_hms(printer, "1", "Thermal runaway")
        await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "on")
    assert await asked.holds()


@WAYS
async def test_condition_on_the_queue(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, way: str) -> None:
    store = farm.config.store_id
    asked = await ask(hass, "queue_empty", farm_target(hass, farm, entry, way))
    assert not await asked.holds()
    for job in [job for job in farm.world.jobs.values() if job.status == "pending"]:
        farm.queue.cancel(job)
    await farm.advance(1)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") == "0")
    assert await asked.holds()


async def test_what_is_offered_for_a_target_fits_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    assert await async_setup_component(hass, "automation", {})
    store, printer = (device_id(hass, entry, each) for each in (farm.config.store_id, printer_named(farm, X1C)))

    async def offered(target: dict[str, Any]) -> tuple[set[str], set[str]]:
        triggers = await async_get_triggers_for_target(hass, target, False)
        conditions = await async_get_conditions_for_target(hass, target, False)
        return tuple(  # type: ignore[return-value]
            {name.removeprefix(f"{DOMAIN}.") for name in names if name.startswith(f"{DOMAIN}.")}
            for names in (triggers, conditions)
        )

    assert await offered({"device_id": [printer]}) == (set(PRINTER_TRIGGERS), set(PRINTER_CONDITIONS))
    assert await offered({"device_id": [store]}) == (
        {*PRINTER_TRIGGERS, *FARM_TRIGGERS},
        {*PRINTER_CONDITIONS, *FARM_CONDITIONS},
    )
    readiness = entity_id(hass, printer_named(farm, X1C), "nozzle_temp")
    assert await offered({"entity_id": [readiness]}) == ({"spool_low"}, set())


class Target(TargetSelection):
    """A target as of Home Assistant 2026.11, which can leave out some of it."""

    def __init__(self, config: dict[str, Any], exclude: dict[str, Any] | None = None) -> None:
        super().__init__(config)
        if exclude is not None:
            self.exclude = Target(exclude)


@pytest.mark.parametrize("left_out", ["printer", "entity", "area", "farm"])
async def test_what_a_target_leaves_out_is_not_among_the_printers_of_its_farm(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, left_out: str
) -> None:
    printer = printer_named(farm, A1)
    event = entity_id(hass, printer, "print", "event")
    area = ar.async_get(hass).async_create("Hall")
    dr.async_get(hass).async_update_device(device_id(hass, entry, printer), area_id=area.id)
    exclude = {
        "printer": {"device_id": device_id(hass, entry, printer)},
        "entity": {"entity_id": event},
        "area": {"area_id": area.id},
        "farm": {"device_id": device_id(hass, entry, farm.config.store_id)},
    }[left_out]
    whole = {"device_id": device_id(hass, entry, farm.config.store_id)}

    def targeted(target: Target) -> set[str]:
        entities = async_extract_referenced_entity_ids(hass, target, expand_group=False)
        every = entities.referenced | entities.indirectly_referenced
        return async_targeted_entities(hass, target, every, "event", {"print"})

    everything = targeted(Target(whole))
    assert len(everything) == len(farm.world.printers)
    assert targeted(Target(whole, exclude)) == (set() if left_out == "farm" else everything - {event})
    assert targeted(Target({"area_id": area.id})) == {event}
    assert targeted(Target({"area_id": area.id}, exclude)) == set()
