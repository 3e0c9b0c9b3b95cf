"""Triggers that fire once for something that lasts: a bed that has waited, a spool that runs low, another job or order."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.automation.test_trigger import trigger
from tests.support.automations import automate
from tests.support.common import entity_id, pass_time, printer_named
from virtual_farm import VirtualFarm

X1C = "X1 Carbon 01"
FOR = {"for": {"minutes": 15}}
RED, BLUE = (
    {"type": "PLA", "name": "Red", "colors": ["#FF0000"]},
    {"type": "PLA", "name": "Blue", "colors": ["#0000FF"]},
)

pytestmark = pytest.mark.usefixtures("calm")


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Let everything calm down after set-up."""
    await pass_time(hass, 31)


@pytest.fixture
def bed(hass: HomeAssistant, farm: VirtualFarm, calm: None) -> str:
    """Return the sensor of a bed that does not need clearing."""
    return entity_id(hass, printer_named(farm, X1C), "bed_needs_clearing", "binary_sensor")


@pytest.fixture
def tray(hass: HomeAssistant, farm: VirtualFarm, calm: None) -> str:
    """Return the sensor of a tray."""
    return entity_id(hass, printer_named(farm, X1C), "ams_1_tray_1")


def minutes_ago(minutes: float) -> datetime:
    """Return a moment in the past."""
    return dt_util.utcnow() - timedelta(minutes=minutes)


async def show(hass: HomeAssistant, entity: str, state: str, **attributes: Any) -> None:
    """Let an entity show a state."""
    hass.states.async_set(entity, state, attributes)
    await hass.async_block_till_done()


@pytest.mark.parametrize("as_text", [True, False])
async def test_bed_that_has_waited_fires_once(hass: HomeAssistant, bed: str, as_text: bool) -> None:
    ran = await automate(hass, trigger("bed_waiting", {"entity_id": bed}, **FOR))
    since = minutes_ago(5)
    shown = since.isoformat() if as_text else since
    await show(hass, bed, "on", waiting_since=shown)
    await pass_time(hass, 9 * 60)
    assert ran == []
    await pass_time(hass, 10 * 60 + 5)
    assert ran == [bed]
    await show(hass, bed, STATE_UNAVAILABLE)
    await show(hass, bed, "on", waiting_since=shown)
    await pass_time(hass, 3600)
    assert ran == [bed]
    await show(hass, bed, "off")
    await show(hass, bed, "on", waiting_since=dt_util.utcnow())
    await pass_time(hass, 15 * 60 + 5)
    assert ran == [bed, bed]


async def test_bed_that_is_cleared_in_time_does_not_fire(hass: HomeAssistant, bed: str) -> None:
    ran = await automate(hass, trigger("bed_waiting", {"entity_id": bed}, **FOR))
    await show(hass, bed, "on", waiting_since=minutes_ago(5))
    await show(hass, bed, "off", waiting_since=None)
    await pass_time(hass, 3600)
    assert ran == []


async def test_bed_that_had_waited_long_enough_before_does_not_fire(hass: HomeAssistant, bed: str) -> None:
    await show(hass, bed, "on", waiting_since=minutes_ago(16))
    ran = await automate(hass, trigger("bed_waiting", {"entity_id": bed}, **FOR))
    await show(hass, bed, STATE_UNAVAILABLE)
    await show(hass, bed, "on", waiting_since=minutes_ago(16))
    await pass_time(hass, 3600)
    assert ran == []


async def test_bed_that_began_to_wait_before_the_automation_fires_in_time(hass: HomeAssistant, bed: str) -> None:
    await show(hass, bed, "on", waiting_since=minutes_ago(10))
    ran = await automate(hass, trigger("bed_waiting", {"entity_id": bed}, **FOR))
    await pass_time(hass, 5 * 60 + 5)
    assert ran == [bed]


async def test_bed_whose_time_came_while_it_was_unavailable_fires_when_it_is_back(
    hass: HomeAssistant, bed: str
) -> None:
    ran = await automate(hass, trigger("bed_waiting", {"entity_id": bed}, **{"for": {"seconds": 1}}))
    since = dt_util.utcnow() - timedelta(milliseconds=500)
    await show(hass, bed, "on", waiting_since=since)
    await show(hass, bed, STATE_UNAVAILABLE)
    await pass_time(hass, 2)
    assert ran == []
    await show(hass, bed, "on", waiting_since=since)
    await pass_time(hass, 2)
    assert ran == [bed]


async def test_spool_fires_once_though_its_reading_goes_up_and_down(hass: HomeAssistant, tray: str) -> None:
    ran = await automate(hass, trigger("spool_low", {"entity_id": tray}, below=10))
    for remaining in (11, 9, 11, 9, None, 8, 10, 9):
        await show(hass, tray, "Red", remaining=remaining, **RED)
    assert ran == [tray]


async def test_next_spool_fires_again(hass: HomeAssistant, tray: str) -> None:
    ran = await automate(hass, trigger("spool_low", {"entity_id": tray}, below=10))
    for remaining in (50, 9, 100, 9):
        await show(hass, tray, "Red", remaining=remaining, **RED)
    assert ran == [tray, tray]
    await show(hass, tray, "Blue", remaining=5, **BLUE)
    assert ran == [tray, tray, tray]
    # The one before is put in again.
    await show(hass, tray, "Red", remaining=9, **RED)
    assert ran == [tray, tray, tray]


async def test_spool_that_was_low_before_does_not_fire(hass: HomeAssistant, tray: str) -> None:
    await show(hass, tray, "Red", remaining=5, **RED)
    ran = await automate(hass, trigger("spool_low", {"entity_id": tray}, below=10))
    await show(hass, tray, STATE_UNAVAILABLE)
    await show(hass, tray, "Red", remaining=4, **RED)
    assert ran == []


@pytest.mark.parametrize(
    ("name", "key"), [("job_waiting_for_approval", "jobs_waiting_approval"), ("order_overdue", "orders_overdue")]
)
async def test_each_further_one_fires_and_fewer_do_not(
    hass: HomeAssistant, farm: VirtualFarm, name: str, key: str
) -> None:
    count = entity_id(hass, farm.config.store_id, key)
    await show(hass, count, "0")
    ran = await automate(hass, trigger(name, {"entity_id": count}))
    for value in ("1", "1", "2", STATE_UNAVAILABLE, "2", "0"):
        await show(hass, count, value)
    assert ran == [count, count]
    for value in (STATE_UNAVAILABLE, "1", "junk", "2.5"):
        await show(hass, count, value)
    assert ran == [count, count, count]
