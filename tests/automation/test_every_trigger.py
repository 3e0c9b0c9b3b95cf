"""Every trigger fires for what it is about, and none by what goes away and comes back, of a printer and of a whole farm."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.printago.const import DOMAIN
from custom_components.printago.trigger import FARM_TRIGGERS, PRINTER_TRIGGERS
from tests.automation.test_reconnect_is_no_trigger import DISTURBANCES, RESTARTS, farm_config, home, triggered
from tests.support.common import printer_named, until_asked
from tests.support.example_home import PRINTER, Home
from tests.support.examples import Example
from tests.support.fire_triggers import FIRE, seconds_of

__all__ = ["farm_config", "home"]

ACTION = "notify.notify"
OPTIONS: Mapping[str, Any] = {"bed_waiting": {"for": "00:05:00"}, "spool_low": {"below": 10}}
DEVICE_OPTIONS: Mapping[str, Any] = {**OPTIONS, "bed_waiting": {"for": {"minutes": 5}}}


def example(name: str, names: list[str], entities: list[str]) -> Example:
    """Return an automation with these triggers that says which of them fired."""
    target = {"entity_id": entities}
    return automation(
        name,
        [
            {"trigger": f"{DOMAIN}.{each}", "id": each, "target": target, "options": OPTIONS.get(each, {})}
            for each in names
        ],
    )


def device_example(name: str, names: list[str], device: str) -> Example:
    """Return the same with device triggers of ``printer`` or ``farm``."""
    return automation(
        name,
        [
            {
                "trigger": "device",
                "domain": DOMAIN,
                "device_id": device,
                "type": each,
                "id": each,
                **DEVICE_OPTIONS.get(each, {}),
            }
            for each in names
        ],
    )


def automation(name: str, triggers: list[dict[str, Any]]) -> Example:
    """Return an automation that says which of its triggers fired."""
    actions = [{"action": ACTION, "data": {"message": "{{ trigger.id }}"}}]
    return Example(name, {"alias": "Every trigger", "mode": "parallel", "triggers": triggers, "actions": actions})


OF_A_PRINTER = example(
    "a printer",
    list(PRINTER_TRIGGERS),
    [
        *(f"event.x1_carbon_01_{key}" for key in ("print", "alert")),
        *(f"binary_sensor.x1_carbon_01_{key}" for key in ("bed_needs_clearing", "maintenance_due", "online")),
        "sensor.x1_carbon_01_ams_1_tray_1",
    ],
)
# The print of the order is running at first.
OF_A_FARM = example(
    "a farm", list(dict.fromkeys(["order_completed", *PRINTER_TRIGGERS, *FARM_TRIGGERS])), ["event.virtual_farm_job"]
)
OF_THE_DEVICE_OF_A_PRINTER = device_example("the device of a printer", list(PRINTER_TRIGGERS), "printer")
OF_THE_DEVICE_OF_A_FARM = device_example(
    "the device of a farm", list(dict.fromkeys(["order_completed", *PRINTER_TRIGGERS, *FARM_TRIGGERS])), "farm"
)


ALL_OF_THEM = [OF_A_PRINTER, OF_A_FARM, OF_THE_DEVICE_OF_A_PRINTER, OF_THE_DEVICE_OF_A_FARM]


def as_entity_trigger(trigger: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a device trigger as the trigger that it stands for."""
    if trigger["trigger"] != "device":
        return trigger
    options = OPTIONS.get(trigger["type"], {})
    target = {"device_id": trigger["device_id"]}
    return {"trigger": f"{DOMAIN}.{trigger['type']}", "id": trigger["id"], "target": target, "options": options}


@pytest.mark.parametrize("examples", [ALL_OF_THEM], ids=["all of them"])
async def test_each_trigger_fires_for_its_change_and_none_for_what_comes_back(home: Home) -> None:
    printer = printer_named(home.farm, PRINTER)
    registry = er.async_get(home.hass)
    entities = [
        entity
        for automation in home.automations
        for entity in automation.triggers[0].get("target", {}).get("entity_id", ())
    ]
    assert entities
    assert all(registry.async_get(entity) is not None for entity in entities)
    assert home.farm.printer(printer).machine.phase.busy
    assert await triggered(home, {**DISTURBANCES, **RESTARTS}) == {}
    silent = []
    # Those of the farm are all that there are, in this order; a change of the printer is one of the farm, too.
    (farm,) = (automation for automation in home.automations if automation.example is OF_THE_DEVICE_OF_A_FARM)
    for trigger in map(as_entity_trigger, farm.triggers):
        waiting = {
            automation: len(home.done_by(automation))
            for automation in home.automations
            if trigger["id"] in [each["id"] for each in automation.triggers]
        }
        assert len(waiting) > 1
        await FIRE[trigger["trigger"]](home, trigger)
        await home.pass_by(70 + seconds_of(trigger))
        fired = (ACTION, {"message": trigger["id"]})
        for automation, count in waiting.items():
            with suppress(TimeoutError):
                await until_asked(lambda: fired in home.done_by(automation)[count:])  # noqa: B023
            if fired not in home.done_by(automation)[count:]:
                silent.append((automation.example.name, trigger["id"]))
    assert silent == []
    assert await triggered(home, {**DISTURBANCES, **RESTARTS}) == {}
