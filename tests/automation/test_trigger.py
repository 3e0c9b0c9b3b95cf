"""Automations are triggered by events in the farm, once each, and only by the targeted entities."""

from datetime import timedelta
import sys
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.trigger import async_get_all_descriptions, async_validate_trigger_config
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.printago.const import DOMAIN
from custom_components.printago.trigger import TRIGGERS
from tests.conftest import SetUp
from tests.support.automations import assert_described, automate
from tests.support.common import device_of, entity_id, pass_time, printer_named, until, value_of
from virtual_farm import VirtualFarm

X1C, A1, P1S = "X1 Carbon 01", "A1 01", "P1S 01"


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished."""
    await pass_time(hass, 31)


def trigger(name: str, target: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the configuration of a trigger."""
    return {"trigger": f"{DOMAIN}.{name}", "target": target, "options": options}


def device_id(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the device ID of a printer or store."""
    device = device_of(hass, entry, identifier)
    assert device is not None
    return device.id


def target_of(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> dict[str, Any]:
    """Return the device of a printer or store as a target."""
    return {"device_id": device_id(hass, entry, identifier)}


def set_event(hass: HomeAssistant, entity: str, event_type: str, *, ago: float = 0) -> None:
    """Set an event entity to an event."""
    happened = dt_util.utcnow() - timedelta(seconds=ago)
    hass.states.async_set(entity, happened.isoformat(timespec="milliseconds"), {"event_type": event_type})


@pytest.mark.usefixtures("calm")
async def test_print_that_finishes_triggers_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, X1C)
    target = target_of(hass, entry, printer)
    ran = await automate(hass, trigger("print_finished", target), trigger("print_failed", target))

    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    await pass_time(hass, 31)

    assert ran == [entity_id(hass, printer, "print", "event")]


@pytest.mark.usefixtures("calm")
async def test_print_that_fails_is_another_trigger(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, X1C)
    prints = entity_id(hass, printer, "print", "event")
    ran = await automate(hass, trigger("print_failed", target_of(hass, entry, printer)))
    set_event(hass, prints, "print_finished", ago=2)
    await hass.async_block_till_done()
    assert ran == []

    farm.fail_print(printer)
    await until(hass, lambda: ran != [])

    assert ran == [prints]


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("kind", ["entity", "device", "area", "label"])
async def test_target_may_be_of_any_kind_and_nothing_else_triggers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, kind: str
) -> None:
    printer = printer_named(farm, X1C)
    prints = entity_id(hass, printer, "print", "event")
    device = device_id(hass, entry, printer)
    area = ar.async_get(hass).async_create("Workshop")
    label = lr.async_get(hass).async_create("Night shift")
    dr.async_get(hass).async_update_device(device, area_id=area.id, labels={label.label_id})
    targets = {
        "entity": {"entity_id": prints},
        "device": {"device_id": device},
        "area": {"area_id": area.id},
        "label": {"label_id": label.label_id},
    }
    ran = await automate(hass, trigger("print_finished", targets[kind]))

    for identifier, key in ((printer_named(farm, A1), "print"), (printer, "alert")):
        set_event(hass, entity_id(hass, identifier, key, "event"), "print_finished")
    await hass.async_block_till_done()
    assert ran == []
    set_event(hass, prints, "print_finished")
    await hass.async_block_till_done()
    assert ran == [prints]


@pytest.mark.usefixtures("calm")
async def test_entities_of_other_integrations_never_trigger(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    device = device_id(hass, entry, printer_named(farm, X1C))
    foreign = er.async_get(hass).async_get_or_create(
        "event", "other", "1", device_id=device, translation_key="print", suggested_object_id="foreign_print"
    )
    ran = await automate(hass, trigger("print_finished", {"device_id": device, "entity_id": foreign.entity_id}))
    set_event(hass, foreign.entity_id, "print_started", ago=1)
    set_event(hass, foreign.entity_id, "print_finished")
    await hass.async_block_till_done()
    assert ran == []


@pytest.mark.usefixtures("calm")
async def test_renamed_entity_still_triggers(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, X1C)
    ran = await automate(hass, trigger("print_finished", target_of(hass, entry, printer)))
    er.async_get(hass).async_update_entity(
        entity_id(hass, printer, "print", "event"), new_entity_id="event.night_watch"
    )
    await hass.async_block_till_done()

    farm.finish_print(printer)
    await until(hass, lambda: ran != [])

    assert ran == ["event.night_watch"]


@pytest.mark.usefixtures("calm")
async def test_printer_that_comes_later_triggers_too(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    label = lr.async_get(hass).async_create("Farm")
    ran = await automate(hass, trigger("print_finished", {"label_id": label.label_id}))
    printer = farm.add_printer("X1C", "Late", ready=True).id
    await until(hass, lambda: value_of(hass, printer, "print", "event") is not None)
    dr.async_get(hass).async_update_device(device_id(hass, entry, printer), labels={label.label_id})
    await hass.async_block_till_done()

    set_event(hass, entity_id(hass, printer, "print", "event"), "print_finished")
    await hass.async_block_till_done()

    assert ran == [entity_id(hass, printer, "print", "event")]


@pytest.mark.usefixtures("calm")
async def test_event_from_before_a_reload_does_not_trigger_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, X1C)
    ran = await automate(hass, trigger("print_finished", target_of(hass, entry, printer)))
    farm.finish_print(printer)
    await until(hass, lambda: len(ran) == 1)
    prints = entity_id(hass, printer, "print", "event")
    shown = hass.states.get(prints)
    assert shown is not None

    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)

    again = hass.states.get(prints)
    assert again is not None
    assert (again.state, again.attributes["event_type"]) == (shown.state, "print_finished")
    assert len(ran) == 1


@pytest.mark.usefixtures("calm")
async def test_event_triggers_that_fired_while_its_entity_was_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    prints = entity_id(hass, printer_named(farm, X1C), "print", "event")
    ran = await automate(hass, trigger("print_finished", {"entity_id": prints}))
    hass.states.async_set(prints, STATE_UNAVAILABLE)
    await hass.async_block_till_done()
    set_event(hass, prints, "print_finished", ago=-1)
    await hass.async_block_till_done()
    assert ran == [prints]


@pytest.mark.usefixtures("calm")
async def test_first_event_ever_triggers_and_a_change_of_attributes_does_not(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    prints = entity_id(hass, printer_named(farm, A1), "print", "event")
    assert hass.states.get(prints).state == STATE_UNKNOWN  # type: ignore[union-attr]
    ran = await automate(hass, trigger("print_finished", {"entity_id": prints}))
    set_event(hass, prints, "print_finished")
    await hass.async_block_till_done()
    state = hass.states.get(prints)
    assert state is not None
    hass.states.async_set(prints, state.state, {**state.attributes, "friendly_name": "Renamed"})
    await hass.async_block_till_done()
    assert ran == [prints]


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(("options", "runs"), [({}, 2), ({"severity": ["error"]}, 1), ({"severity": "warning"}, 1)])
async def test_problem_triggers_by_its_severity(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, options: dict[str, Any], runs: int
) -> None:
    printer = printer_named(farm, A1)
    alert = entity_id(hass, printer, "alert", "event")
    ran = await automate(hass, trigger("printer_problem", target_of(hass, entry, printer), **options))

    farm.raise_hms(printer, "0300-0100-0001-0002", "The heatbed is too hot")
    await until(hass, lambda: hass.states.get(alert).attributes.get("event_type") == "hms_error")  # type: ignore[union-attr]
    farm.raise_hms(printer, "0700-2000-0002-0001", "The filament has run out", severity="warning")
    await until(hass, lambda: hass.states.get(alert).attributes["event_type"] == "hms_warning")  # type: ignore[union-attr]
    farm.clear_hms(printer)
    await until(hass, lambda: hass.states.get(alert).attributes["event_type"] == "hms_cleared")  # type: ignore[union-attr]
    await hass.async_block_till_done()

    assert ran == [alert] * runs


@pytest.mark.usefixtures("calm")
async def test_fabmatic_that_trips_triggers(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, A1)
    farm.fleet.set_fabmatic(farm.printer(printer), enabled=True, job_limit=5)
    await until(hass, lambda: value_of(hass, printer, "fabmatic", "switch") == "on")
    ran = await automate(hass, trigger("fabmatic_tripped", target_of(hass, entry, printer)))

    farm.raise_hms(printer, "0300-0100-0001-0002", "The heatbed is too hot")
    await until(hass, lambda: ran != [])

    assert ran == [entity_id(hass, printer, "alert", "event")]


@pytest.mark.usefixtures("calm")
async def test_new_order_triggers(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    ran = await automate(hass, trigger("order_created", target_of(hass, entry, farm.config.store_id)))

    farm.orders.create({"orderNumber": "1042"}, [])
    farm.settle()
    await until(hass, lambda: ran != [])

    assert ran == [entity_id(hass, farm.config.store_id, "order", "event")]


@pytest.mark.printers(8)
@pytest.mark.usefixtures("calm")
async def test_order_triggers_with_its_last_print(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (job,) = [job for job in farm.world.jobs.values() if job.order_id and job.status == "printing"]
    printer = job.assigned_printer_id
    assert printer is not None
    ran = await automate(hass, trigger("order_completed", target_of(hass, entry, farm.config.store_id)))

    farm.finish_print(printer)
    await until(hass, lambda: ran != [])

    assert ran == [entity_id(hass, farm.config.store_id, "order", "event")]


@pytest.mark.usefixtures("calm")
async def test_bed_that_needs_clearing_triggers_once_and_not_after_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, X1C)
    ran = await automate(hass, trigger("bed_needs_clearing", target_of(hass, entry, printer)))
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    await hass.async_block_till_done()
    assert ran == [entity_id(hass, printer, "bed_needs_clearing", "binary_sensor")]

    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)

    assert value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on"
    assert len(ran) == 1


@pytest.mark.usefixtures("calm")
async def test_bed_triggers_only_after_it_has_waited_long_enough(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, X1C)
    ran = await automate(
        hass, trigger("bed_needs_clearing", target_of(hass, entry, printer), **{"for": {"minutes": 15}})
    )
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    await hass.async_block_till_done()
    assert ran == []
    await pass_time(hass, 901)
    assert ran == [entity_id(hass, printer, "bed_needs_clearing", "binary_sensor")]


@pytest.mark.usefixtures("calm")
async def test_queue_that_empties_triggers(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    store = farm.config.store_id
    waiting = [job for job in farm.world.jobs.values() if job.status == "pending"]
    assert value_of(hass, store, "jobs_queued") == str(len(waiting))
    assert len(waiting) > 1
    ran = await automate(hass, trigger("queue_empty", target_of(hass, entry, store)))

    for job in waiting[1:]:
        farm.queue.cancel(job)
    await farm.advance(1)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") == "1")
    await hass.async_block_till_done()
    assert ran == []
    farm.queue.cancel(waiting[0])
    await farm.advance(1)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") == "0")
    await hass.async_block_till_done()

    assert ran == [entity_id(hass, store, "jobs_queued")]


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(
    "bad",
    [
        {"trigger": f"{DOMAIN}.print_finished"},
        {"trigger": f"{DOMAIN}.print_finished", "target": {"entity_id": "event.x"}, "options": {"behavior": "each"}},
        {"trigger": f"{DOMAIN}.printer_problem", "target": {"entity_id": "event.x"}, "options": {"severity": ["hot"]}},
        {"trigger": f"{DOMAIN}.printer_problem", "target": {"entity_id": "event.x"}, "options": {"severity": []}},
        {"trigger": f"{DOMAIN}.print_exploded", "target": {"entity_id": "event.x"}},
    ],
)
async def test_invalid_configuration_is_refused(hass: HomeAssistant, bad: dict[str, Any]) -> None:
    assert await async_setup_component(hass, "automation", {})
    good = trigger("print_finished", {"entity_id": "event.x"})
    assert await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([good]))
    with pytest.raises(vol.Invalid):
        await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([bad]))


@pytest.mark.usefixtures("calm")
async def test_every_trigger_is_described_translated_and_has_an_icon(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    await assert_described(hass, "triggers", TRIGGERS, await async_get_all_descriptions(hass))


async def test_farm_works_if_home_assistant_drops_purpose_specific_triggers(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, setup_entry: SetUp
) -> None:
    for name in ("trigger", "condition"):
        monkeypatch.setitem(sys.modules, f"custom_components.{DOMAIN}.{name}", None)
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
