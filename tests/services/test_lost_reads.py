"""A look-up whose answer is lost leaves nothing uncertain: each action says that Printago can't be reached."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.model.store_info import Fact
from tests.support.actions import act
from tests.support.common import pass_time, paths, writes
from tests.support.submissions import part_id
from virtual_farm import FarmConfig, Fault, VirtualFarm

JOBS, PARTS, SKUS = "/v1/print-jobs", "/v1/parts", "/v1/skus"
MATERIALS, VARIANTS, ORDERS = "/v1/materials", "/v1/materials/variants", "/v1/orders"
ITEMS, FLEET = "/v1/order-items", "/v1/maintenance/fleet-status"
DRY_RUN, SIGN = "/v2/builds", "/v1/storage/signed-upload-urls"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm of stopped time that does not count requests."""
    return FarmConfig(speed=0, printers=3, quota=False)


def lookups(farm: VirtualFarm) -> list[tuple[str, str, dict[str, Any]]]:
    """Return actions whose request to a path reads something, each with a name that no other action has looked up."""
    job = next(job for job in farm.world.jobs.values() if job.status == "pending")
    printer = next(printer for printer in farm.world.printers.values() if printer.printing_job_id)
    slots = {"printers": ["X1 Carbon 01"], "slots": ["ams_1_tray_1"]}
    return [
        ("assign_material", MATERIALS, {**slots, "material": "PETG"}),
        ("assign_material", "/v1/material", {**slots, "variant": "Black"}),
        ("cancel_jobs", PARTS, {"part": "Phone Stand"}),
        ("cancel_jobs", JOBS, {"label": "Cable Clip"}),
        ("close_orders", ORDERS, {"orders": ["1001"]}),
        ("create_sku", PARTS, {"parts": ["Cable Clip"]}),
        ("create_sku", SKUS, {"parts": [part_id(farm, "Benchy")]}),
        ("explain_job", f"{JOBS}/{job.id}/matching-troubleshoot", {"job_id": job.id}),
        ("get_history", ORDERS, {"order": "1001"}),
        ("get_jobs", JOBS, {"label": "Cable Clip"}),
        ("get_jobs", PARTS, {"part": "Plant Pot"}),
        ("get_orders", ORDERS, {}),
        ("get_orders", ITEMS, {}),
        ("get_parts", PARTS, {}),
        ("get_skus", SKUS, {}),
        ("mark_maintenance_done", FLEET, {"printers": [printer.name]}),
        ("print_again", JOBS, {"job_id": job.id}),
        ("print_again", PARTS, {"job_id": job.id}),
        ("print_orders", ORDERS, {"orders": ["1001"]}),
        ("print_orders", "/v1/orders/", {"orders": ["1001"]}),
        ("print_orders", SKUS, {"skus": ["DESK-SET"]}),
        ("skip_objects", JOBS, {"printer": printer.name, "objects": ["Body"]}),
        ("submit_print_job", PARTS, {"part": "Headphone Hook"}),
        ("submit_print_job", JOBS, {"part": "Benchy"}),
        ("submit_print_job", DRY_RUN, {"part": "Benchy", "dry_run": True}),
        ("update_jobs", JOBS, {"job_id": job.id, "priority": "low"}),
        ("upload_part", MATERIALS, {"path": "/x.stl", "print": True, "material": "ASA"}),
    ]


@pytest.mark.usefixtures("quota_has_room")
async def test_lost_answer_to_a_look_up_says_that_nothing_was_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    wrong: list[str] = []
    for action, path, data in lookups(farm):
        entry.runtime_data.catalog.forget()
        entry.runtime_data.coordinator.store_state.facts.known.discard(Fact.MAINTENANCE)
        farm.clear_requests()
        farm.inject_fault(Fault(mode="html", status=200, path=path, count=99))
        problem = "no error"
        try:
            await act(hass, action, **data)
        except HomeAssistantError as err:
            problem = str(err.translation_key)
        if problem != "cannot_connect":
            wrong.append(f"{action} without an answer from {path}: {problem} {paths(farm)}")
        farm.clear_faults()
        assert not [write for write in writes(farm) if write != f"POST {path}" and "preview" not in write]
    assert wrong == []


async def test_actions_that_succeed_read_nothing_more_than_they_need(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("emergency_stop", {"printers": ["A1 01"]}),
        ("set_fabmatic", {"printers": ["A1 01"], "enabled": False}),
        ("confirm_beds", {"all_printers": True}),
    ]
    for action, data in calls:
        farm.clear_requests()
        await act(hass, action, **data)
        await pass_time(hass, 5)
        assert "GET /v1/printers" not in paths(farm), f"{action} read all printers"
