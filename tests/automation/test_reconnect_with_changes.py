"""Reconnects combined with real changes: changes in between trigger once; and the test of all examples can fail."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import State
from homeassistant.util import dt as dt_util
import pytest
import yaml

from tests.automation.test_reconnect_is_no_trigger import (
    DISTURBANCES,
    cloud_gone,
    done_by_each,
    done_in,
    farm_config,
    home,
    reloaded,
    triggered,
)
from tests.support.common import printer_named, until, value_of
from tests.support.example_home import PRINTER, Home
from tests.support.examples import ALL, Example, blueprints, documented

__all__ = ["farm_config", "home"]

BEDS = [example for example in ALL if example.name in ("beds_waiting.yaml", "README.md: A bed waits to be cleared")]
CLEAR = "PRINTAGO_BEDS_CLEAR_"
MINUTES = 60


def named(name: str) -> Example:
    """Return an example by its name."""
    return next(example for example in ALL if example.name == name)


def example(name: str) -> pytest.MarkDecorator:
    """Run a test with one example."""
    return pytest.mark.parametrize("examples", [[named(name)]], ids=[name])


def end_print(home: Home) -> None:
    """Finish a print in the farm."""
    home.farm.finish_print(printer_named(home.farm, PRINTER))


def bed(home: Home) -> str | None:
    """Return the state of the sensor of its bed."""
    return value_of(home.hass, printer_named(home.farm, PRINTER), "bed_needs_clearing", "binary_sensor")


async def times_notified(home: Home, waited: Awaitable[None]) -> list[int]:
    """Return how often each example notified until something has ended."""
    return [len(done) for done in (await done_by_each(home, waited)).values()]


async def back(home: Home, shown: Mapping[str, State]) -> None:
    """Let entities show the same states again, and let one period of a time pattern pass."""
    for entity, state in shown.items():
        home.hass.states.async_set(entity, state.state, state.attributes)
    await home.pass_by(6 * MINUTES)


# Changes while Home Assistant is disconnected.


async def _unloaded(home: Home) -> None:
    assert await home.hass.config_entries.async_unload(home.entry_id)
    end_print(home)
    await home.pass_by(2 * MINUTES)
    assert await home.hass.config_entries.async_setup(home.entry_id)


async def _without_the_cloud(home: Home) -> None:
    await cloud_gone(home, 60, meanwhile=lambda: end_print(home))


async def _contact_lost(home: Home) -> None:
    printer = printer_named(home.farm, PRINTER)
    home.farm.disconnect_printer(printer)
    await home.pass_by(2 * MINUTES)
    home.farm.printer(printer).machine.finish()
    await home.pass_by(2 * MINUTES)
    home.farm.reconnect_printer(printer)


@pytest.mark.parametrize("examples", [BEDS], ids=["both that wait for beds"])
@pytest.mark.parametrize("missed", [_unloaded, _without_the_cloud, _contact_lost], ids=lambda missed: missed.__name__)
async def test_bed_that_starts_to_wait_while_disconnected_is_notified_once(
    home: Home, missed: Callable[[Home], Coroutine[Any, Any, None]]
) -> None:
    await home.pass_by(40 * MINUTES)

    async def miss_the_start() -> None:
        await missed(home)
        await until(home.hass, lambda: bed(home) == "on")
        await home.pass_by(25 * MINUTES)

    assert await times_notified(home, miss_the_start()) == [1, 1]
    assert await done_in(home, home.pass_by(60 * MINUTES)) == []


@example("beds_waiting.yaml")
async def test_bed_that_starts_to_wait_during_a_restart_is_notified_once(home: Home) -> None:
    await home.pass_by(40 * MINUTES)
    end_print(home)
    await home.farm.advance(1)
    assert await done_in(home, home.restart(late=False)) == []
    assert bed(home) == "on"
    assert len(await done_in(home, home.pass_by(25 * MINUTES))) == 1
    assert await done_in(home, home.pass_by(60 * MINUTES)) == []


@pytest.mark.parametrize("examples", [BEDS], ids=["both that wait for beds"])
@pytest.mark.parametrize("state", [STATE_UNAVAILABLE, STATE_UNKNOWN])
async def test_bed_that_waited_too_long_while_unavailable_is_notified_when_available(home: Home, state: str) -> None:
    await home.pass_by(40 * MINUTES)
    end_print(home)
    await until(home.hass, lambda: bed(home) == "on")
    await home.pass_by(2 * MINUTES)
    shown = home.shown()
    for entity in shown:
        home.hass.states.async_set(entity, state)
    assert await done_in(home, home.pass_by(30 * MINUTES)) == []
    assert await times_notified(home, back(home, shown)) == [1, 1]
    assert await done_in(home, home.pass_by(60 * MINUTES)) == []


@example("beds_waiting.yaml")
async def test_bed_of_a_printer_that_was_offline_is_not_notified_again(home: Home) -> None:
    await home.pass_by(40 * MINUTES)
    printer = printer_named(home.farm, "P1S 01")
    home.farm.disconnect_printer(printer)
    await home.pass_by(2 * MINUTES)
    assert value_of(home.hass, printer, "readiness") == "offline"
    home.farm.reconnect_printer(printer)
    assert await done_in(home, home.pass_by(60 * MINUTES)) == []
    assert value_of(home.hass, printer, "readiness") == "awaiting_clear"


@example("beds_waiting.yaml")
@pytest.mark.parametrize("out_of_sight", [False, True])
async def test_button_confirms_a_bed_only_if_it_stayed_available(home: Home, out_of_sight: bool) -> None:
    await home.pass_by(40 * MINUTES)
    button = f"{CLEAR}{int(dt_util.utcnow().timestamp())}"
    await home.pass_by(MINUTES)
    if out_of_sight:
        await reloaded(home, 0)
    home.hass.bus.async_fire("mobile_app_notification_action", {"action": button})
    confirmed = [name for name, _ in await done_in(home, home.settle())]
    assert confirmed == ([] if out_of_sight else ["printago.confirm_beds"])


@example("andon_light.yaml")
async def test_light_shows_an_hms_error_all_through_a_reload(home: Home) -> None:
    home.farm.raise_hms(printer_named(home.farm, PRINTER), "0300-0100-0001-0002", "The heatbed is too hot")
    await home.pass_by(10)
    problem = home.done[-1]
    assert problem[1]["rgb_color"] == [255, 0, 0]
    done = await done_in(home, reloaded(home, 0))
    done += await done_in(home, home.pass_by(10))
    assert all(one == problem for one in done)


@example("andon_light.yaml")
async def test_light_turns_off_after_a_long_outage_and_on_again(home: Home) -> None:
    end_print(home)
    await until(home.hass, lambda: bed(home) == "on")
    await home.pass_by(10)
    waits = home.done[-1]
    assert waits[1]["rgb_color"] == [255, 160, 0]
    shown = home.shown()
    for entity in shown:
        home.hass.states.async_set(entity, STATE_UNAVAILABLE)
    await home.pass_by(20)
    assert home.done[-1] == waits
    await home.pass_by(20)
    assert home.done[-1][0] == "light.turn_off"
    await back(home, shown)
    assert home.done[-1] == waits


@example("README.md: Two more Benchies")
async def test_first_press_of_a_new_button_counts(home: Home) -> None:
    home.show_foreign(STATE_UNKNOWN)
    await home.settle()
    count = len(home.done)
    home.show_foreign(dt_util.utcnow().isoformat())
    await home.settle()
    assert len(home.done) == count + 2


@pytest.mark.parametrize(
    "examples", [[one] for one in ALL if one.press and one.press[0].get("entity_id")], ids=lambda one: one[0].name
)
async def test_wall_button_that_is_removed_or_renamed_confirms_nothing(home: Home) -> None:
    end_print(home)
    await home.pass_by(10)
    (entity,) = home.foreign
    state = home.hass.states.get(entity)
    assert state is not None
    done = []
    for state_shown, attributes in (
        (state.state, {"friendly_name": "Renamed"}),
        (STATE_UNAVAILABLE, {}),
        (STATE_UNKNOWN, {}),
    ):
        home.hass.states.async_set(entity, state_shown, attributes)
        done += await done_in(home, home.pass_by(5))
    home.hass.states.async_remove(entity)
    done += await done_in(home, home.pass_by(5))
    assert done == []


# The test of all examples.

NAIVE = {
    "state": """
alias: Naive
triggers:
  - trigger: state
    entity_id: binary_sensor.p1s_01_bed_needs_clearing
    to: "on"
actions:
  - event: example_did
""",
    "numeric_state": """
alias: Naive
triggers:
  - trigger: numeric_state
    entity_id: sensor.virtual_farm_printers_printing
    above: 1
    for: "00:10:00"
actions:
  - event: example_did
""",
    "button": """
alias: Naive
triggers:
  - trigger: state
    entity_id: input_button.any
    not_to: [unknown, unavailable]
actions:
  - event: example_did
""",
    "not": """
alias: Naive
triggers:
  - trigger: time_pattern
    minutes: "/10"
conditions:
  - condition: template
    value_template: "{{ not is_state('binary_sensor.x1_carbon_01_printing', 'on') }}"
actions:
  - event: example_did
""",
}


@pytest.mark.parametrize(
    "examples", [[Example(name, yaml.safe_load(text)) for name, text in NAIVE.items()]], ids=["naive ones"]
)
async def test_example_that_triggers_on_a_reconnect_is_detected(home: Home) -> None:
    # Two suffice for each of them.
    some = {name: DISTURBANCES[name] for name in ("unavailable for long", "reloaded")}
    assert (await triggered(home, some)).keys() == NAIVE.keys()


def test_every_blueprint_and_every_page_with_automations_is_tried() -> None:
    assert len(documented()) > 10
    assert {example.name.partition(" with ")[0] for example in blueprints()} > {"beds_waiting.yaml", "wall_button.yaml"}
