"""Entities that become available again unchanged trigger nothing: tested with every example and blueprint.

The examples are found in the docs, the blueprints in their folder; a new one is tested automatically, or fails if the
test does not know how to handle it. They run side by side in one Home Assistant, since starting it and letting hours pass
is most of the work; each is judged by its own actions.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from homeassistant.components.automation import EVENT_AUTOMATION_RELOADED
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.printago.api.rest import request_log as sendlog
from tests.support.common import until
from tests.support.example_home import Automation, Home
from tests.support.examples import ALL, Example, nodes
from tests.support.fire_triggers import fire_triggers, seconds_of
from tests.support.simulated_time import farm_time, simulated_time
from virtual_farm import FarmConfig, Fault, VirtualFarm

type Disturbance = Callable[[Home, float], Awaitable[None]]
type Done = list[tuple[str, Any]]

DISPLAYS = frozenset({"andon_light.yaml"})
"""These show the current state: they may show it again, but no other."""


@pytest.fixture
def farm_config() -> FarmConfig:
    """Stop simulated time in the farm, and allow any number of requests."""
    return FarmConfig(speed=0, quota=False, clock=farm_time)


@pytest.fixture
async def home(farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch, examples: Sequence[Example]) -> AsyncGenerator[Home]:
    """Return a Home Assistant that runs examples."""
    # In simulated time, else the requests of hours would count for one minute.
    monkeypatch.setattr(sendlog, "_SUSPEND_CLOCK", None)
    with simulated_time() as time:
        home = Home(farm, time, examples, monkeypatch)
        try:
            await home.start()
            yield home
        finally:
            await home.stop()


def patience(home: Home) -> float:
    """Return the seconds after which everything has triggered."""
    triggers = [trigger for automation in home.automations for trigger in automation.triggers]
    longest = max(map(seconds_of, triggers))
    return longest + (21 * 60 if any(trigger.get("trigger") == "time_pattern" for trigger in triggers) else 90)


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


async def triggered(home: Home, disturbances: Mapping[str, Disturbance]) -> dict[str, dict[str, Done]]:
    """Return what each example did because of each disturbance, nothing if it would have done so by itself as well."""
    seconds = patience(home)
    # Let displays show something.
    home.hass.bus.async_fire(EVENT_AUTOMATION_RELOADED)
    await home.pass_by(seconds)
    by_itself = await done_by_each(home, home.pass_by(seconds))
    shown = {automation: home.done_by(automation)[-1] for automation in home.automations if is_display(automation)}
    because: dict[str, dict[str, Done]] = defaultdict(dict)
    for name, disturb in disturbances.items():
        meanwhile = await done_by_each(home, disturb(home, seconds))
        afterwards = await done_by_each(home, home.pass_by(seconds))
        for automation in home.automations:
            done = [*meanwhile[automation], *afterwards[automation]]
            if is_display(automation):
                steady = home.done_by(automation)[-1] == shown[automation]
                # Nothing else for a moment, either.
                steady &= name not in MOMENTS or all(one == shown[automation] for one in done)
            else:
                # An automation with a time pattern may run once more in the same time.
                allowed = len(by_itself[automation]) + bool(by_itself[automation])
                steady = max(len(meanwhile[automation]), len(afterwards[automation])) <= allowed
            if not steady:
                because[automation.example.name][name] = done
    return dict(because)


def is_display(automation: Automation) -> bool:
    """Return whether an example may show the same again."""
    return automation.example.name in DISPLAYS


async def done_in(home: Home, waited: Awaitable[None]) -> Done:
    """Return the actions performed until something has ended."""
    count = len(home.done)
    await waited
    return home.done[count:]


async def done_by_each(home: Home, waited: Awaitable[None]) -> dict[Automation, Done]:
    """Return the actions that each example performed until something has ended."""
    counts = {automation: len(home.done_by(automation)) for automation in home.automations}
    await waited
    return {automation: home.done_by(automation)[count:] for automation, count in counts.items()}


async def idle_at_a_change(home: Home) -> list[str]:
    """Make the changes that the examples react to, one after the other; return the examples that did nothing."""
    return [
        automation.example.name
        for automation in home.automations
        if not (await done_by_each(home, fire_triggers(home, automation)))[automation]
    ]


def apart(examples: Iterable[Example]) -> list[list[Example]]:
    """Return examples one by one, since the change of one may undo that of another.

    A blueprint with different inputs is one: what triggers one of them changes nothing in the farm.
    """
    return [list(group) for _, group in groupby(examples, key=lambda one: one.name.partition(" with ")[0])]


def name_of(examples: Sequence[Example]) -> str:
    """Return a name of the examples of a test."""
    return examples[0].name.partition(" with ")[0]


def looks_regularly(example: Example) -> bool:
    """Return whether an example has a time pattern, so that one must wait for long to know that it does nothing."""
    return any(node.get("trigger") == "time_pattern" for node in nodes(example.config))


@pytest.mark.parametrize(
    "examples",
    [[one for one in ALL if looks_regularly(one)], [one for one in ALL if not looks_regularly(one)]],
    ids=["those that look regularly", "all others"],
)
async def test_reconnect_or_restart_does_not_trigger_and_a_change_does_later(home: Home) -> None:
    assert await triggered(home, {**DISTURBANCES, **RESTARTS}) == {}
    assert await idle_at_a_change(home) == []


@pytest.mark.parametrize("examples", apart(ALL), ids=name_of)
async def test_reconnect_or_restart_after_the_change_does_not_trigger(home: Home) -> None:
    assert await idle_at_a_change(home) == []
    if any(automation.example.is_for_danger for automation in home.automations):
        home.show_foreign("off")
    assert await triggered(home, {**DISTURBANCES, **RESTARTS}) == {}


@pytest.mark.parametrize("examples", [[example] for example in ALL if example.is_for_danger], ids=name_of)
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
