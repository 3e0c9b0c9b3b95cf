"""An entity that becomes available again unchanged triggers nothing; one that changed meanwhile does."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.support.automations import automate
from tests.support.common import entity_id, pass_time, printer_named, state_of, until
from virtual_farm import VirtualFarm

X1C, P1S = "X1 Carbon 01", "P1S 01"
FOR = {"for": {"minutes": 15}}
AWAY = pytest.mark.parametrize(
    "away",
    [[STATE_UNAVAILABLE], [STATE_UNKNOWN], [STATE_UNAVAILABLE, STATE_UNKNOWN], [STATE_UNKNOWN, STATE_UNAVAILABLE]],
    ids=" then ".join,
)

pytestmark = [pytest.mark.usefixtures("calm")]


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished."""
    await pass_time(hass, 31)


def trigger(name: str, *entities: str, **options: Any) -> dict[str, Any]:
    """Return the configuration of a trigger."""
    return {"trigger": f"{DOMAIN}.{name}", "target": {"entity_id": list(entities)}, "options": options}


async def show(hass: HomeAssistant, entity: str, *states: str, **attributes: Any) -> None:
    """Set the states of an entity, one after the other."""
    for state in states:
        hass.states.async_set(entity, state, attributes)
        await hass.async_block_till_done()


@pytest.fixture
def bed(hass: HomeAssistant, farm: VirtualFarm, calm: None) -> str:
    """Return the sensor of a bed that is clear."""
    return entity_id(hass, printer_named(farm, X1C), "bed_needs_clearing", "binary_sensor")


@pytest.fixture
def other_bed(hass: HomeAssistant, farm: VirtualFarm, calm: None) -> str:
    """Return the sensor of another one."""
    return entity_id(hass, printer_named(farm, "P1S 02"), "bed_needs_clearing", "binary_sensor")


def event_entity(hass: HomeAssistant, farm: VirtualFarm) -> str:
    """Return the event entity of the prints of a printer."""
    return entity_id(hass, printer_named(farm, X1C), "print", "event")


async def show_event(hass: HomeAssistant, entity: str, moment: str | None = None) -> str:
    """Set an event entity to a new event, or to an earlier one again; return the event's time."""
    moment = moment or await _next_moment()
    await show(hass, entity, moment, event_type="print_failed")
    return moment


async def _next_moment() -> str:
    """Return a time in a new millisecond: events of the same millisecond count as one."""
    await asyncio.sleep(0.001)
    return dt_util.utcnow().isoformat(timespec="milliseconds")


@AWAY
async def test_unchanged_state_after_unavailability_does_not_trigger(
    hass: HomeAssistant, bed: str, away: list[str]
) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed))
    await show(hass, bed, "on")
    assert ran == [bed]
    await show(hass, bed, *away, "on")
    assert ran == [bed]


@AWAY
async def test_state_that_changed_while_unavailable_triggers(hass: HomeAssistant, bed: str, away: list[str]) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed))
    await show(hass, bed, *away, "on")
    assert ran == [bed]


@AWAY
async def test_first_known_state_is_the_initial_one(hass: HomeAssistant, bed: str, away: list[str]) -> None:
    await show(hass, bed, *away)
    ran = await automate(hass, trigger("bed_needs_clearing", bed))
    await show(hass, bed, "on")
    assert ran == []
    await show(hass, bed, "off", *away, "on")
    assert ran == [bed]


@AWAY
async def test_duration_continues_while_an_entity_is_unavailable(
    hass: HomeAssistant, bed: str, away: list[str]
) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed, **FOR))
    await show(hass, bed, "on", *away, "on")
    assert ran == []
    await pass_time(hass, 901)
    assert ran == [bed]


@AWAY
@pytest.mark.parametrize(("then", "runs"), [("on", 1), ("off", 0)])
async def test_state_that_lasted_long_enough_triggers_when_available_again(
    hass: HomeAssistant, bed: str, away: list[str], then: str, runs: int
) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed, **FOR))
    await show(hass, bed, "on", *away)
    await pass_time(hass, 901)
    assert ran == []
    await show(hass, bed, then)
    assert ran == [bed] * runs
    await show(hass, bed, *away, then)
    assert ran == [bed] * runs


async def test_state_that_ended_too_early_does_not_trigger(hass: HomeAssistant, bed: str) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed, **FOR))
    await show(hass, bed, "on", STATE_UNAVAILABLE, "off")
    await pass_time(hass, 901)
    assert ran == []


@pytest.mark.printers(8)
@pytest.mark.parametrize(("behavior", "runs"), [("each", 2), ("first", 1), ("all", 1)])
async def test_unavailable_targets_count_with_their_last_state(
    hass: HomeAssistant, bed: str, other_bed: str, behavior: str, runs: int
) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed, other_bed, behavior=behavior))
    await show(hass, other_bed, STATE_UNAVAILABLE)
    await show(hass, bed, "on")
    assert len(ran) == (0 if behavior == "all" else 1), "the other one was off when it was seen last"
    await show(hass, other_bed, "on")
    assert len(ran) == runs
    await show(hass, bed, STATE_UNAVAILABLE, "on")
    assert len(ran) == runs


@pytest.mark.printers(8)
@pytest.mark.parametrize("behavior", ["first", "all"])
async def test_all_targets_must_keep_the_state_including_unavailable_ones(
    hass: HomeAssistant, bed: str, other_bed: str, behavior: str
) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed, other_bed, behavior=behavior, **FOR))
    await show(hass, bed, "on")
    await show(hass, other_bed, "on", STATE_UNAVAILABLE)
    await pass_time(hass, 901)
    if behavior == "all":
        assert ran == []
        await show(hass, other_bed, "on")
    assert len(ran) == 1


async def test_removed_entity_starts_over(hass: HomeAssistant, bed: str) -> None:
    ran = await automate(hass, trigger("bed_needs_clearing", bed), trigger("bed_needs_clearing", bed, **FOR))
    for state in ("on", "off"):
        await show(hass, bed, state)
        hass.states.async_remove(bed)
        await hass.async_block_till_done()
        await show(hass, bed, "on")
    await pass_time(hass, 901)
    assert ran == [bed], "once, when it was first on"


@AWAY
async def test_repeated_event_does_not_trigger(hass: HomeAssistant, farm: VirtualFarm, away: list[str]) -> None:
    prints = event_entity(hass, farm)
    ran = await automate(hass, trigger("print_failed", prints))
    moment = await show_event(hass, prints)
    assert ran == [prints]
    await show(hass, prints, *away)
    await show_event(hass, prints, moment)
    assert ran == [prints]


@AWAY
async def test_event_that_fired_while_unavailable_triggers(
    hass: HomeAssistant, farm: VirtualFarm, away: list[str]
) -> None:
    prints = event_entity(hass, farm)
    ran = await automate(hass, trigger("print_failed", prints))
    moment = await show_event(hass, prints)
    await show(hass, prints, *away)
    await show_event(hass, prints)
    assert ran == [prints] * 2
    await show(hass, prints, *away)
    hass.states.async_remove(prints)
    await hass.async_block_till_done()
    await show_event(hass, prints, moment)
    assert ran == [prints] * 2


@AWAY
async def test_event_from_before_the_automation_does_not_trigger(
    hass: HomeAssistant, farm: VirtualFarm, away: list[str]
) -> None:
    prints = event_entity(hass, farm)
    before = (dt_util.utcnow() - timedelta(minutes=2)).isoformat(timespec="milliseconds")
    await show(hass, prints, *away)
    ran = await automate(hass, trigger("print_failed", prints))
    await show_event(hass, prints, before)
    assert ran == []
    await show_event(hass, prints)
    assert ran == [prints]


async def test_first_event_of_an_entity_triggers_in_the_same_millisecond(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    prints = event_entity(hass, farm)
    ran = await automate(hass, trigger("print_failed", prints))
    hass.states.async_remove(prints)
    hass.states.async_set(prints, STATE_UNKNOWN)
    state = hass.states.get(prints)
    assert state is not None
    await show_event(hass, prints, state.last_changed.isoformat(timespec="milliseconds"))
    assert ran == [prints]


async def test_print_that_ends_during_a_reload_triggers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, bed: str
) -> None:
    prints = event_entity(hass, farm)
    ran = await automate(hass, trigger("print_finished", prints), trigger("bed_needs_clearing", bed))
    assert await hass.config_entries.async_unload(entry.entry_id)
    farm.finish_print(printer_named(farm, X1C))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, lambda: len(ran) == 2)
    await pass_time(hass, 31)
    assert sorted(ran) == [bed, prints]


async def test_disabled_and_enabled_entity_does_not_trigger(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    waits = entity_id(hass, printer_named(farm, P1S), "bed_needs_clearing", "binary_sensor")
    ran = await automate(hass, trigger("bed_needs_clearing", waits))
    registry = er.async_get(hass)
    registry.async_update_entity(waits, disabled_by=er.RegistryEntryDisabler.USER)
    await pass_time(hass, 31)
    assert hass.states.get(waits) is None
    registry.async_update_entity(waits, disabled_by=None)
    await pass_time(hass, 31)
    assert hass.states.is_state(waits, "on")
    assert ran == []


@pytest.mark.parametrize(
    ("name", "key", "is_not", "so"),
    [
        ("queue_empty", "jobs_queued", ["2"], ["0"]),
        ("jobs_waiting", "jobs_queued", ["0"], ["1", "5"]),
        ("farm_idle", "printers_printing", ["2", "1"], ["0"]),
    ],
)
@AWAY
async def test_count_of_the_farm_triggers_when_it_reaches_its_limit(
    hass: HomeAssistant,
    farm: VirtualFarm,
    name: str,
    key: str,
    is_not: list[str],
    so: list[str],
    away: list[str],
) -> None:
    count = entity_id(hass, farm.config.store_id, key)
    await show(hass, count, *is_not)
    ran = await automate(hass, trigger(name, count))
    await show(hass, count, *so, *away, so[-1])
    assert len(ran) == 1
    await show(hass, count, *is_not, *away, so[0], "not a number", so[0])
    assert len(ran) == 2


@AWAY
async def test_spool_that_runs_low_triggers_once(hass: HomeAssistant, farm: VirtualFarm, away: list[str]) -> None:
    tray = entity_id(hass, printer_named(farm, X1C), "ams_1_tray_2")
    ran = await automate(hass, trigger("spool_low", tray, below=10))
    await show(hass, tray, "PLA", remaining=10)
    await show(hass, tray, "PLA", remaining=9)
    assert ran == [tray]
    await show(hass, tray, *away)
    await show(hass, tray, "PLA", remaining=8)
    await show(hass, tray, "empty", remaining=None)
    await show(hass, tray, "PLA", remaining=8)
    await show(hass, tray, "PETG", remaining="a lot")
    assert ran == [tray]
    await show(hass, tray, "PLA", remaining=100)
    await show(hass, tray, *away)
    await show(hass, tray, "PLA", remaining=5)
    assert ran == [tray] * 2


async def test_spool_of_a_virtual_printer_triggers_when_it_runs_low(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, X1C)
    tray = entity_id(hass, printer, "ams_1_tray_2")
    ran = await automate(hass, trigger("spool_low", tray, below=10))
    machine = farm.printer(printer).machine
    loaded = machine.tray((0, 1))
    assert loaded is not None
    loaded.remaining = 4
    machine.version += 1
    farm.feed.flush(everything=True)
    await until(hass, lambda: state_of(hass, printer, "ams_1_tray_2").attributes["remaining"] == 4)
    await hass.async_block_till_done()
    assert ran == [tray]
