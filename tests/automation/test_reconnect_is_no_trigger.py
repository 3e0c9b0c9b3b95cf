"""Entities that become available again unchanged trigger nothing: tested with every example and blueprint.

The examples are found in the docs, the blueprints in their folder; a new one is tested automatically, or fails if the
test does not know how to handle it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

from homeassistant.components.automation import EVENT_AUTOMATION_RELOADED
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.printago.api.rest import request_log as sendlog
from tests.support.common import until
from tests.support.example_home import Home
from tests.support.examples import ALL, Example
from tests.support.fire_triggers import fire_triggers, seconds_of
from tests.support.simulated_time import farm_time, simulated_time
from virtual_farm import FarmConfig, Fault, VirtualFarm

type Disturbance = Callable[[Home, float], Awaitable[None]]

DISPLAYS = frozenset({"andon_light.yaml"})
"""These show the current state: they may show it again, but no other."""


@pytest.fixture
def farm_config() -> FarmConfig:
    """Stop simulated time in the farm, and allow any number of requests."""
    return FarmConfig(speed=0, quota=False, clock=farm_time)


@pytest.fixture
async def home(farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch, example: Example) -> AsyncGenerator[Home]:
    """Return a Home Assistant that runs an example."""
    # In simulated time, else the requests of hours would count for one minute.
    monkeypatch.setattr(sendlog, "_SUSPEND_CLOCK", None)
    with simulated_time() as time:
        home = Home(farm, time, example, monkeypatch)
        try:
            await home.start()
            yield home
        finally:
            await home.stop()


def patience(home: Home) -> float:
    """Return the seconds after which everything has triggered."""
    longest = max(map(seconds_of, home.triggers))
    return longest + (21 * 60 if any(trigger.get("trigger") == "time_pattern" for trigger in home.triggers) else 90)


# Disturbances after which entities become available again.


def _away(*states: str, long: bool) -> Disturbance:
    async def disturb(home: Home, seconds: float) -> None:
        shown = home.shown()
        assert shown
        for state in states:
            for entity in shown:
                home.hass.states.async_set(entity, state)
            await home.pass_by(seconds if long else 1)
        for entity, state in shown.items():
            home.hass.states.async_set(entity, state.state, state.attributes)
        await home.settle()

    return disturb


def missing(home: Home, entities: Iterable[str]) -> list[str]:
    """Return the entities of these that do not have the expected state."""
    return sorted(set(entities) - home.shown().keys())


async def _removed(home: Home, seconds: float) -> None:
    shown = home.shown()
    for entity in shown:
        home.hass.states.async_remove(entity)
    await home.settle()
    for entity, state in shown.items():
        home.hass.states.async_set(entity, state.state, state.attributes)
    await home.settle()


async def _disabled(home: Home, seconds: float) -> None:
    registry = er.async_get(home.hass)
    ours = [entity for entity in home.shown() if entity not in home.foreign]
    for entity in ours:
        registry.async_update_entity(entity, disabled_by=er.RegistryEntryDisabler.USER)
    await home.pass_by(40)
    assert not home.shown().keys() - home.foreign.keys()
    for entity in ours:
        registry.async_update_entity(entity, disabled_by=None)
    # Home Assistant reloads the entry after some time.
    await home.pass_by(40)
    # Data is read in real time, which takes longer on a busy machine, and then in turns.
    for _ in range(20):
        if not missing(home, ours):
            break
        await home.pass_by(30)
    assert missing(home, ours) == []


async def reloaded(home: Home, seconds: float) -> None:
    """Reload the entry of the farm."""
    assert await home.hass.config_entries.async_reload(home.entry_id)
    await home.settle()


async def cloud_gone(home: Home, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Make Printago unreachable for this long."""
    before = home.shown().keys()
    home.farm.publisher.refuse = True
    await home.farm.disconnect_clients()
    home.farm.inject_fault(Fault(mode="status", count=10_000))
    await home.pass_by(seconds + 400)
    assert home.shown().keys() < before
    meanwhile()
    await home.pass_by(60)
    home.farm.clear_faults()
    home.farm.publisher.refuse = False
    home.entry.runtime_data.coordinator.realtime.reconnect_now()
    await until(home.hass, lambda: not any(home.hass.states.is_state(entity, STATE_UNAVAILABLE) for entity in before))


DISTURBANCES: dict[str, Disturbance] = {
    "unavailable for a moment": _away(STATE_UNAVAILABLE, long=False),
    "unavailable for long": _away(STATE_UNAVAILABLE, long=True),
    "unknown for a moment": _away(STATE_UNKNOWN, long=False),
    "unknown for long": _away(STATE_UNKNOWN, long=True),
    "unavailable, then unknown": _away(STATE_UNAVAILABLE, STATE_UNKNOWN, long=False),
    "unknown, then unavailable": _away(STATE_UNKNOWN, STATE_UNAVAILABLE, long=False),
    "removed and added": _removed,
    "disabled and enabled": _disabled,
    "reloaded": reloaded,
    "without the cloud for long": cloud_gone,
}
MOMENTS = frozenset(name for name in DISTURBANCES if name.endswith("for a moment"))
RESTARTS: dict[str, Disturbance] = {
    "restarted": lambda home, seconds: home.restart(late=False),
    "restarted, and the farm comes late": lambda home, seconds: home.restart(late=True),
}


async def check(home: Home, disturbances: dict[str, Disturbance]) -> None:
    """Assert that disturbances trigger nothing that would not trigger by itself as well."""
    seconds = patience(home)
    await home.pass_by(seconds)
    allowed = len(await done_in(home, home.pass_by(seconds)))
    # An automation with a time pattern may run once more in the same time.
    allowed += allowed > 0
    faults: dict[str, Any] = {}
    for name, disturb in disturbances.items():
        meanwhile = await done_in(home, disturb(home, seconds))
        afterwards = await done_in(home, home.pass_by(seconds))
        if max(len(meanwhile), len(afterwards)) > allowed:
            faults[name] = [*meanwhile, *afterwards]
    assert not faults


async def check_display(home: Home, disturbances: dict[str, Disturbance]) -> None:
    """Assert that the same is shown after disturbances, and nothing else while an entity is unavailable."""
    home.hass.bus.async_fire(EVENT_AUTOMATION_RELOADED)
    await home.pass_by(patience(home))
    shown = home.done[-1]
    faults: dict[str, Any] = {}
    for name, disturb in disturbances.items():
        done = await done_in(home, disturb(home, patience(home)))
        done += await done_in(home, home.pass_by(patience(home)))
        if home.done[-1] != shown or (name in MOMENTS and any(one != shown for one in done)):
            faults[name] = done
    assert not faults


async def done_in(home: Home, waited: Awaitable[None]) -> list[tuple[str, Any]]:
    """Return the actions performed until something has ended."""
    count = len(home.done)
    await waited
    return home.done[count:]


async def try_all(home: Home, disturbances: dict[str, Disturbance]) -> None:
    """Try disturbances before and after the change that the example reacts to, and that this triggers it."""
    steady = check_display if home.example.name in DISPLAYS else check
    await steady(home, disturbances)
    assert await done_in(home, fire_triggers(home)), "a real change does nothing"
    if home.example.is_for_danger:
        home.show_foreign("off")
    await steady(home, disturbances)


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
async def test_reconnect_does_not_trigger_and_a_change_does(home: Home) -> None:
    await try_all(home, DISTURBANCES)


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
async def test_restart_does_not_trigger_and_a_change_does(home: Home) -> None:
    await try_all(home, RESTARTS)


@pytest.mark.parametrize(
    "example", [example for example in ALL if example.is_for_danger], ids=lambda example: example.name
)
async def test_danger_present_after_a_reconnect_or_restart_triggers(home: Home) -> None:
    missed = []
    for before in ("off", "on"):
        for away in (STATE_UNAVAILABLE, STATE_UNKNOWN, None):
            for state in (before, away):
                home.show_foreign(state)
                await home.settle()
            home.show_foreign("on")
            if not await done_in(home, home.settle()):
                missed.append((before, away))
        for name, late in {"restarted": False, "restarted, and the detector comes late": True}.items():
            home.show_foreign(before)
            await home.settle()
            if not await done_in(home, home.restart(late=late, foreign="on")):
                missed.append((before, name))
    assert missed == []
