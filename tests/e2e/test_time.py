"""Clocks that are wrong, set, stopped or that jump: states and counts are correct again within one cycle."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RequestPriority
from tests.conftest import SetUp
from tests.e2e.machine import Machine
from tests.e2e.quota_checks import check_quota, fill
from tests.e2e.simulated import SimulatedTime, settle
from tests.support.common import entity_id, paths, printer_named, state_of, until, value_of
from tests.support.figures import Figures
from virtual_farm import FarmConfig, VirtualFarm

HOUR = 3600.0
NIGHT = 8 * HOUR
PRINTER = "X1 Carbon 01"
_STRETCH = 600.0
CYCLE = 10.5
"""Seconds between two checks of the clocks, and a little more."""


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> SimulatedTime:
    """Return the shared simulated time."""
    clocks = SimulatedTime()
    clocks.install(monkeypatch)
    return clocks


@pytest.fixture
def farm_config(clocks: SimulatedTime) -> FarmConfig:
    """Return a farm that uses the simulated time."""
    return FarmConfig(printers=4, speed=0, clock=clocks.server_now)


def expected_end(farm: VirtualFarm, clocks: SimulatedTime, printer: str) -> datetime:
    """Return when a print ends in the farm."""
    minutes = farm.feed.stat(farm.printer(printer))["data"]["print"]["timeRemaining"]
    return clocks.server_now() + timedelta(minutes=minutes)


def shown_end(hass: HomeAssistant, printer: str) -> datetime:
    """Return when a print ends in Home Assistant."""
    shown = dt_util.parse_datetime(value_of(hass, printer, "end_time") or "")
    assert shown is not None
    return shown


@contextmanager
def states_of(hass: HomeAssistant, entity: str) -> Generator[list[str]]:
    """Yield the states of an entity during the context."""
    seen: list[str] = []

    @callback
    def on_change(event: Event[Any]) -> None:
        if event.data["entity_id"] == entity and event.data["new_state"] is not None:
            seen.append(event.data["new_state"].state)

    remove = hass.bus.async_listen(EVENT_STATE_CHANGED, on_change)
    yield seen
    remove()


async def sleep_through(
    entry: MockConfigEntry, farm: VirtualFarm, seconds: float, pass_time: Callable[[float], None]
) -> None:
    """Let the farm work while the machine receives nothing."""
    stream = entry.runtime_data.coordinator.realtime
    original, stream._on_message = stream._on_message, lambda topic, payload: None
    for _ in range(int(seconds / _STRETCH)):
        pass_time(_STRETCH)
        await farm.advance(_STRETCH)
    # Messages sent meanwhile do not reach the suspended machine.
    await asyncio.sleep(0.2)
    stream._on_message = original


@pytest.mark.parametrize("wrong", [-5 * HOUR, 3 * 24 * HOUR, 30.0])
async def test_wrong_system_clock_changes_nothing_that_is_shown(
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    clocks: SimulatedTime,
    wrong: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clocks.set_clock(wrong)
    entry = await setup_entry()
    printer = printer_named(farm, PRINTER)
    await until(hass, lambda: value_of(hass, printer, "nozzle_temp") not in (None, STATE_UNAVAILABLE))

    with states_of(hass, entity_id(hass, printer, "nozzle_temp")) as temperatures:
        await clocks.pass_(entry, 900, farm=farm)
    assert STATE_UNAVAILABLE not in temperatures
    assert abs(shown_end(hass, printer) - expected_end(farm, clocks, printer)) <= timedelta(minutes=3)

    monkeypatch.setattr(farm.feed, "flush", lambda **_: None)
    # The farm stops sending: five minutes later its telemetry has expired, by the clock that wrote it.
    await clocks.pass_(entry, 230)
    assert value_of(hass, printer, "nozzle_temp") != STATE_UNAVAILABLE
    await clocks.pass_(entry, 120)
    assert value_of(hass, printer, "nozzle_temp") == STATE_UNAVAILABLE


@pytest.mark.parametrize("step", [-NIGHT, NIGHT])
async def test_setting_the_clock_while_running_changes_nothing(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime, figures: Figures, step: float
) -> None:
    printer = printer_named(farm, PRINTER)
    await clocks.pass_(entry, 120, farm=farm)
    before = shown_end(hass, printer)
    delay = {
        priority: entry.runtime_data.coordinator.store_state.limiter.delay(priority) for priority in RequestPriority
    }
    farm.clear_requests()

    with states_of(hass, entity_id(hass, printer, "nozzle_temp")) as temperatures:
        clocks.set_clock(step)
        await clocks.pass_(entry, CYCLE)
        # Printago's clock is requested at once.
        assert paths(farm)[:2] == ["GET /v1/printers", "GET /v1/print-jobs"]
        await clocks.pass_(entry, 240, farm=farm)

    assert STATE_UNAVAILABLE not in temperatures
    assert abs(shown_end(hass, printer) - before) <= timedelta(minutes=3)
    assert abs(shown_end(hass, printer) - expected_end(farm, clocks, printer)) <= timedelta(minutes=3)
    assert delay == {
        priority: entry.runtime_data.coordinator.store_state.limiter.delay(priority) for priority in RequestPriority
    }
    # If the clock is set ahead, eight hours may have been missed as well: rarely changing data is read once more.
    assert len(farm.requests) <= 14
    figures[f"requests in 250 s after the clock was set by {step / HOUR:+.0f} h"] = len(farm.requests)


@pytest.mark.parametrize(
    "moment",
    [datetime(2027, 3, 28, 0, 40, tzinfo=UTC), datetime(2027, 10, 31, 0, 40, tzinfo=UTC)],
    ids=["spring", "autumn"],
)
async def test_change_to_and_from_summer_time(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, clocks: SimulatedTime, moment: datetime
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    clocks.set_date(moment)
    # Printers report once a minute.
    clocks.leap(61)
    await farm.advance(61)
    entry = await setup_entry()
    printer = printer_named(farm, PRINTER)
    await until(hass, lambda: value_of(hass, printer, "end_time") not in (None, "unknown", STATE_UNAVAILABLE))
    offset = dt_util.as_local(clocks.utcnow()).utcoffset()
    end = shown_end(hass, printer)
    with states_of(hass, entity_id(hass, printer, "nozzle_temp")) as temperatures:
        await clocks.pass_(entry, 0.5 * HOUR, farm=farm)

    assert dt_util.as_local(clocks.utcnow()).utcoffset() != offset
    assert STATE_UNAVAILABLE not in temperatures
    assert abs(shown_end(hass, printer) - end) <= timedelta(minutes=3)
    assert paths(farm).count("GET /v1/printers") in (6, 7)


@pytest.mark.parametrize("asleep", ["suspended", "paused", "late"])
async def test_eight_hours_of_suspend_are_caught_up_in_one_cycle(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    clocks: SimulatedTime,
    figures: Figures,
    asleep: str,
) -> None:
    printer, store = printer_named(farm, PRINTER), farm.config.store_id
    await clocks.pass_(entry, 600, farm=farm)
    assert value_of(hass, printer, "print_status") == "running"
    completed = farm.world.completed_jobs
    farm.clear_requests()

    await sleep_through(entry, farm, NIGHT, clocks.pause if asleep == "paused" else clocks.suspend)
    if asleep == "late":
        clocks.jump()
    woken = clocks.monotonic()
    connects = entry.runtime_data.coordinator.realtime.connects
    await clocks.pass_(entry, CYCLE)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "awaiting_clear")

    assert farm.world.completed_jobs > completed
    finished = state_of(hass, printer, "print", "event")
    assert (finished.attributes["event_type"], finished.attributes["late"]) == ("print_finished", True)
    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(farm.world.completed_jobs))
    if asleep == "suspended":
        # It does not wait for the ping that would show that the broker has closed the connection.
        await until(
            hass, lambda: entry.runtime_data.coordinator.realtime.connects == connects + 1 and is_live(hass, printer)
        )
    assert clocks.monotonic() - woken < 15
    # Orders and settings may be out of date, too.
    await clocks.pass_(entry, 300)
    assert {"GET /v1/orders", "GET /v1/settings/store", "GET /v1/subscriptions"} <= set(paths(farm))
    figures[f"requests in 310 s after 8 hours {asleep}"] = len(farm.requests)
    assert len(farm.requests) <= 20
    assert entry.runtime_data.coordinator.store_state.limiter.delay(RequestPriority.BACKGROUND) == 0
    check_quota(farm, figures, f"8 hours {asleep}")


def is_live(hass: HomeAssistant, printer: str) -> bool:
    """Return whether telemetry is fresh."""
    return value_of(hass, printer, "nozzle_temp") not in (None, STATE_UNAVAILABLE)


@pytest.mark.parametrize("wrong", [-24 * HOUR, -10 * 60, 10 * 60, 24 * HOUR])
async def test_stored_send_times_count_whatever_the_clock_after_a_restart(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime, wrong: float
) -> None:
    machine = Machine(hass, entry, farm)
    await fill(entry, RequestPriority.BACKGROUND)
    await machine.kill()

    clocks.set_clock(wrong)
    if not await machine.start():
        # With a clock that was set back, all requests may have been sent just now.
        clocks.leap(63)
        assert await machine.start()
    await fill(entry, RequestPriority.USER)

    usage = farm.quota_usage()
    assert usage.refused == 0
    assert usage.highest_minute <= 60
    # Nor is the quota blocked for longer than its windows.
    assert entry.runtime_data.coordinator.store_state.limiter.delay(RequestPriority.USER) <= 62
    clocks.leap(63)
    await entry.runtime_data.coordinator.client.stores(RequestPriority.USER)
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("step", [-NIGHT, NIGHT])
async def test_quota_neither_freezes_nor_bursts_when_the_clock_is_set(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime, step: float
) -> None:
    await fill(entry, RequestPriority.USER)
    clocks.set_clock(step)
    assert 50 < entry.runtime_data.coordinator.store_state.limiter.delay(RequestPriority.USER) <= 62
    clocks.leap(63)
    await settle(hass)
    # The reads caused by it must fit in as well.
    assert await fill(entry, RequestPriority.USER) >= 42
    usage = farm.quota_usage()
    assert (usage.refused, usage.highest_minute) == (0, 60)
