"""Every trigger and condition takes an area, a floor and a label: of printers, and of a farm."""

from datetime import timedelta
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from custom_components.printago.trigger import FARM_TRIGGERS, TRIGGERS
from tests.automation.test_condition import ask
from tests.automation.test_trigger import device_id, target_of
from tests.support.common import pass_time, press, printer_named, until, value_of
from virtual_farm import VirtualFarm

X1C, A1 = "X1 Carbon 01", "A1 01"
OPTIONS: dict[str, Any] = {"bed_waiting": {"for": {"minutes": 5}}, "spool_low": {"below": 10}}

type States = tuple[str, str, tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]]
"""Platform and key of an entity, and two states after which a trigger fires."""


def _event(key: str, event_type: str) -> States:
    first, second = (
        (dt_util.utcnow() + timedelta(seconds=seconds)).isoformat(timespec="milliseconds") for seconds in (1, 2)
    )
    return "event", key, ((first, {"event_type": "other"}), (second, {"event_type": event_type}))


def _turns(key: str, state: str, **attributes: Any) -> States:
    other = STATE_OFF if state == STATE_ON else STATE_ON
    return "binary_sensor", key, ((other, {}), (state, attributes))


def _counts(key: str, first: str, second: str) -> States:
    return "sensor", key, ((first, {}), (second, {}))


def fires() -> dict[str, States]:
    """Return what fires each trigger."""
    return {
        "bed_needs_clearing": _turns("bed_needs_clearing", STATE_ON),
        "bed_waiting": _turns("bed_needs_clearing", STATE_ON, waiting_since=dt_util.utcnow() - timedelta(seconds=299)),
        "fabmatic_tripped": _event("alert", "fabmatic_tripped"),
        "farm_idle": _counts("printers_printing", "1", "0"),
        "job_waiting_for_approval": _counts("jobs_waiting_approval", "0", "1"),
        "jobs_waiting": _counts("jobs_queued", "0", "1"),
        "maintenance_due": _turns("maintenance_due", STATE_ON),
        "material_short": _event("material", "material_short"),
        "order_completed": _event("order", "order_completed"),
        "order_created": _event("order", "order_created"),
        "order_overdue": _counts("orders_overdue", "0", "1"),
        "print_canceled": _event("print", "print_canceled"),
        "print_failed": _event("print", "print_failed"),
        "print_finished": _event("print", "print_finished"),
        "print_paused": _event("print", "print_paused"),
        "print_resumed": _event("print", "print_resumed"),
        "print_started": _event("print", "print_started"),
        "printer_offline": _turns("online", STATE_OFF),
        "printer_online": _turns("online", STATE_ON),
        "printer_problem": _event("alert", "hms_error"),
        "queue_empty": _counts("jobs_queued", "1", "0"),
        "spool_low": ("sensor", "ams_1_tray_1", (("PLA", {"remaining": 50}), ("PLA", {"remaining": 5}))),
    }


def place(hass: HomeAssistant, device: str, way: str) -> dict[str, Any]:
    """Put a device into an area on a floor, and label it; return the target."""
    floor = fr.async_get(hass).async_create("Cellar")
    area = ar.async_get(hass).async_create("Workshop", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Night shift")
    dr.async_get(hass).async_update_device(device, area_id=area.id, labels={label.label_id})
    return {"area": {"area_id": area.id}, "floor": {"floor_id": floor.floor_id}, "label": {"label_id": label.label_id}}[
        way
    ]


async def listen(hass: HomeAssistant, names: list[str], target: dict[str, Any]) -> list[str]:
    """Set up an automation with these triggers; return a list that gets the name of each that fires."""
    fired: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        fired.append(event.data["id"])

    hass.bus.async_listen("fired", note)
    triggers = [
        {"trigger": f"{DOMAIN}.{name}", "id": name, "target": target, "options": OPTIONS.get(name, {})}
        for name in names
    ]
    actions = [{"event": "fired", "event_data": {"id": "{{ trigger.id }}"}}]
    automation = {"alias": "Test", "mode": "parallel", "max": 50, "triggers": triggers, "actions": actions}
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    return fired


async def change(hass: HomeAssistant, entry: MockConfigEntry, identifier: str, states: States) -> None:
    """Let an entity of a printer or store take both states; it may not have been read yet."""
    platform, key, values = states
    entity = er.async_get(hass).async_get_or_create(
        platform,
        DOMAIN,
        f"{identifier}_{key}",
        config_entry=entry,
        device_id=device_id(hass, entry, identifier),
        translation_key="ams_tray" if "tray" in key else key,
    )
    for state, attributes in values:
        hass.states.async_set(entity.entity_id, state, attributes)
        await hass.async_block_till_done()


@pytest.mark.parametrize("way", ["area", "floor", "label"])
@pytest.mark.parametrize("of", ["printer", "farm"])
async def test_every_trigger_takes_an_area_a_floor_and_a_label(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, of: str, way: str
) -> None:
    await pass_time(hass, 31)
    store, printer = farm.config.store_id, printer_named(farm, X1C)
    changes = fires()
    assert changes.keys() == TRIGGERS.keys()
    names = [name for name in changes if of == "farm" or name not in FARM_TRIGGERS]
    target = place(hass, device_id(hass, entry, printer if of == "printer" else store), way)
    fired = await listen(hass, names, target)

    for name in names:
        fired.clear()
        await change(hass, entry, store if name in FARM_TRIGGERS else printer, changes[name])
        if name == "bed_waiting":
            await pass_time(hass, 2)
        assert name in fired
    if of == "printer":
        # Another printer is not meant.
        fired.clear()
        for name in names:
            await change(hass, entry, printer_named(farm, A1), fires()[name])
        await pass_time(hass, 2)
        assert fired == []
    # It waits for the beds of the others.
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.test"}, blocking=True)


@pytest.mark.parametrize("way", ["area", "floor", "label"])
async def test_condition_takes_an_area_a_floor_and_a_label(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, way: str
) -> None:
    await pass_time(hass, 31)
    printer = printer_named(farm, X1C)
    asked = await ask(hass, "printer_paused", place(hass, target_of(hass, entry, printer)["device_id"], way))
    assert not await asked.holds()
    await press(hass, printer, "pause")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    assert await asked.holds()
