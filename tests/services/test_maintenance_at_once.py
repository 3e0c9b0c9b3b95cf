"""Maintenance that was done is shown at once; what was never read is read first."""

from copy import deepcopy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.model.store_info import Fact
from custom_components.printago.printing.maintenance_done import async_mark_done
from tests.support.actions import act, sent
from tests.support.common import pass_time, paths, printer_named, value_of
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.maintenance import set_elapsed

FLEET, MARK_DONE = "/v1/maintenance/fleet-status", "/v1/maintenance/mark-done"
X1C, P1S = "X1 Carbon 01", "P1S 01"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm of two printers."""
    return FarmConfig(speed=0, printers=2)


@pytest.fixture
def due(farm: VirtualFarm) -> dict[str, str]:
    """Return the enrollment of the only task that is due, by printer."""
    found: dict[str, str] = {}
    for key, enrollment in list(farm.world.enrollments.items()):
        item = farm.world.maintenance_items[enrollment["maintenanceItemId"]]
        first = enrollment["printerId"] not in found
        found.setdefault(enrollment["printerId"], key)
        set_elapsed(farm.world, key, item["interval"] * 1.2 if first else 0)
    return {name: found[printer_named(farm, name)] for name in (X1C, P1S)}


def counted(hass: HomeAssistant, farm: VirtualFarm) -> tuple[str | None, str | None, str | None]:
    """Return what is due: on the whole farm, and of each printer."""
    printers = (value_of(hass, printer_named(farm, name), "maintenance_due", "binary_sensor") for name in (X1C, P1S))
    return (value_of(hass, farm.config.store_id, "maintenance_due"), *printers)  # type: ignore[return-value]


async def test_done_is_shown_before_maintenance_is_read_again(
    hass: HomeAssistant, farm: VirtualFarm, due: dict[str, str], entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    assert counted(hass, farm) == ("2", "on", "on")
    farm.inject_fault(Fault(mode="status", status=503, path=FLEET, count=99))
    farm.clear_requests()
    done = await act(hass, "mark_maintenance_done", printers=[X1C])
    assert [row["item_id"] for row in done["done"]] == [due[X1C]]
    assert counted(hass, farm) == ("1", "off", "on")
    await hass.services.async_call(
        "printago", "mark_maintenance_done", {"printers": [P1S], "items": due[P1S]}, blocking=True
    )
    assert counted(hass, farm) == ("0", "off", "off")
    assert sent(farm, MARK_DONE) == [{"enrollmentIds": [due[X1C]]}, {"enrollmentIds": [due[P1S]]}]


async def test_done_is_saved_and_read_again_soon(
    hass: HomeAssistant, farm: VirtualFarm, due: dict[str, str], entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await pass_time(hass, 31)
    await pass_time(hass, 31)
    coordinator, stored = entry.runtime_data.coordinator, hass_storage[f"printago.{farm.config.store_id}"]
    before = deepcopy(stored["data"]["maintenance"])
    wanted: list[str] = []
    with patch.object(coordinator.slow_poller, "async_want", wanted.append):
        await act(hass, "mark_maintenance_done", printers=[X1C])
    assert wanted == [Fact.MAINTENANCE]
    assert stored["data"]["maintenance"] == before
    await pass_time(hass, 31)
    stored = hass_storage[f"printago.{farm.config.store_id}"]
    assert stored["data"]["maintenance"] == coordinator.store_state.facts.maintenance.export() != before


async def test_task_of_a_removed_printer_can_be_marked_as_done(
    hass: HomeAssistant, farm: VirtualFarm, due: dict[str, str], entry: MockConfigEntry
) -> None:
    """Its task may no longer have a printer."""
    await pass_time(hass, 31)
    coordinator = entry.runtime_data.coordinator
    items = coordinator.store_state.facts.maintenance.items
    items[due[X1C]] = replace(items[due[X1C]], printer_id=None)
    await async_mark_done(coordinator, [due[X1C], due[P1S]])
    assert counted(hass, farm)[2] == "off"


async def test_action_reads_maintenance_that_was_never_read(
    hass: HomeAssistant, farm: VirtualFarm, due: dict[str, str], entry: MockConfigEntry
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    done = await act(hass, "mark_maintenance_done", printers=[P1S, X1C])
    assert [(row["printer"], row["item_id"]) for row in done["done"]] == [(P1S, due[P1S]), (X1C, due[X1C])]
    assert paths(farm)[:2] == [f"GET {FLEET}", f"POST {MARK_DONE}"]


async def test_unknown_task_is_refused_with_those_that_there_are(
    hass: HomeAssistant, farm: VirtualFarm, due: dict[str, str], entry: MockConfigEntry
) -> None:
    data: dict[str, Any] = {"printers": [X1C], "items": ["Sing"]}
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "mark_maintenance_done", **data)
    placeholders = dict(refused.value.translation_placeholders or {})
    names = placeholders.pop("candidates").split(", ")
    assert placeholders == {"name": "Sing", "printer": X1C}
    assert names == sorted(names)
    assert "Clean the build plate" in names
    farm.world.enrollments.clear()
    entry.runtime_data.coordinator.store_state.facts.maintenance.items = {}
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "mark_maintenance_done", **data)
    assert (refused.value.translation_placeholders or {})["candidates"] == "-"
