"""Conditions are true for the activity of the targeted printers, and never for unknown states."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, label_registry as lr
from homeassistant.helpers.condition import async_get_all_descriptions, async_validate_condition_config
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.printago.condition import CONDITIONS
from custom_components.printago.const import DOMAIN
from tests.support.automations import assert_described, automate
from tests.support.common import device_of, entity_id, press, printer_named, until, value_of
from virtual_farm import VirtualFarm

X1C, A1, P1S = "X1 Carbon 01", "A1 01", "P1S 01"


class Asked:
    """An automation that runs on request if its condition is true."""

    def __init__(self, hass: HomeAssistant, ran: list[str]) -> None:
        self._hass = hass
        self._ran = ran

    async def holds(self) -> bool:
        """Return whether the condition is true now."""
        self._ran.clear()
        self._hass.bus.async_fire("question")
        await self._hass.async_block_till_done()
        return self._ran != []


async def ask(hass: HomeAssistant, name: str, target: dict[str, Any], **options: Any) -> Asked:
    """Set up an automation with one condition."""
    condition = {"condition": f"{DOMAIN}.{name}", "target": target, "options": options}
    question = {"trigger": "event", "event_type": "question"}
    return Asked(hass, await automate(hass, question, conditions=[condition]))


def devices(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, *names: str) -> dict[str, Any]:
    """Return printers as a target."""
    found = [device_of(hass, entry, printer_named(farm, name)) for name in names]
    return {"device_id": [device.id for device in found if device is not None]}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("printer_ready", {X1C: False, A1: True, P1S: False}),
        ("printing", {X1C: True, A1: False, P1S: False}),
        ("not_printing", {X1C: False, A1: True, P1S: True}),
        ("bed_needs_clearing", {X1C: False, A1: False, P1S: True}),
    ],
)
@pytest.mark.parametrize("name", [X1C, A1, P1S])
async def test_condition_matches_the_activity_of_a_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, condition: str, holds: dict[str, bool], name: str
) -> None:
    asked = await ask(hass, condition, devices(hass, farm, entry, name))
    assert await asked.holds() is holds[name]


async def test_condition_follows_the_printer(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, P1S)
    asked = await ask(hass, "printer_ready", devices(hass, farm, entry, P1S))
    assert not await asked.holds()
    await press(hass, printer, "confirm_bed_cleared")
    assert await asked.holds()


async def test_paused_printer_is_not_printing(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    printer = printer_named(farm, X1C)
    asked = await ask(hass, "printing", devices(hass, farm, entry, X1C))
    assert await asked.holds()
    await press(hass, printer, "pause")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    assert not await asked.holds()


@pytest.mark.parametrize(("behavior", "holds"), [("any", True), ("all", False)])
async def test_one_of_several_printers_is_enough_unless_all_are_required(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, behavior: str, holds: bool
) -> None:
    asked = await ask(hass, "printer_ready", devices(hass, farm, entry, A1, P1S), behavior=behavior)
    assert await asked.holds() is holds


@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_no_condition_is_true_for_an_unknown_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, behavior: str
) -> None:
    readiness = entity_id(hass, printer_named(farm, A1), "readiness")
    asked = await ask(hass, "printer_ready", devices(hass, farm, entry, A1), behavior=behavior)
    assert await asked.holds()
    hass.states.async_set(readiness, STATE_UNAVAILABLE)
    assert not await asked.holds()


@pytest.mark.parametrize(("behavior", "holds"), [("any", True), ("all", False)])
@pytest.mark.parametrize("condition", ["not_printing", "printer_ready"])
@pytest.mark.parametrize("away", [STATE_UNAVAILABLE, STATE_UNKNOWN])
async def test_condition_for_all_is_false_if_one_is_unknown(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    condition: str,
    away: str,
    behavior: str,
    holds: bool,
) -> None:
    other = farm.add_printer("A1", "Ready", ready=True).id
    await until(hass, lambda: value_of(hass, other, "readiness") == "ready")
    asked = await ask(hass, condition, devices(hass, farm, entry, A1, "Ready"), behavior=behavior)
    assert await asked.holds()
    for key, platform in (("readiness", "sensor"), ("printing", "binary_sensor")):
        hass.states.async_set(entity_id(hass, other, key, platform), away)
    assert await asked.holds() is holds


async def test_condition_uses_only_its_own_kind_of_entity(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, A1)
    target = {"entity_id": [entity_id(hass, printer, key) for key in ("stage", "task_name")]}
    asked = await ask(hass, "printer_ready", target, behavior="all")
    for entity in target["entity_id"]:
        hass.states.async_set(entity, "ready")
    assert not await asked.holds()


async def test_label_targets_its_printers(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    label = lr.async_get(hass).async_create("Night shift")
    asked = await ask(hass, "bed_needs_clearing", {"label_id": label.label_id})
    assert not await asked.holds()
    for device in devices(hass, farm, entry, P1S)["device_id"]:
        dr.async_get(hass).async_update_device(device, labels={label.label_id})
    assert await asked.holds()


async def test_condition_with_a_duration_waits_for_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    asked = await ask(hass, "bed_needs_clearing", devices(hass, farm, entry, P1S), **{"for": {"hours": 1}})
    assert not await asked.holds()
    freezer.tick(3_601)
    assert await asked.holds()


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize(
    "bad",
    [
        {"condition": f"{DOMAIN}.printing"},
        {"condition": f"{DOMAIN}.printing", "target": {"entity_id": "sensor.x"}, "options": {"behavior": "most"}},
        {"condition": f"{DOMAIN}.exploding", "target": {"entity_id": "sensor.x"}},
    ],
)
async def test_invalid_configuration_is_refused(hass: HomeAssistant, bad: dict[str, Any]) -> None:
    assert await async_setup_component(hass, "automation", {})
    good = {"condition": f"{DOMAIN}.printing", "target": {"entity_id": "sensor.x"}}
    assert await async_validate_condition_config(hass, good)
    with pytest.raises(vol.Invalid):
        await async_validate_condition_config(hass, bad)


@pytest.mark.usefixtures("entry")
async def test_every_condition_is_described_translated_and_has_an_icon(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    await assert_described(hass, "conditions", CONDITIONS, await async_get_all_descriptions(hass))
