"""Actions that are called without a response return none, and do the same."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from custom_components.printago.services import ACTIONS
from tests.support.actions import act, sent
from tests.support.common import printer_named
from tests.support.model_files import ascii_stl
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.usefixtures("at_rest")

BUSY, IDLE = "X1 Carbon 01", "A1 01"
BY_NAME = {action.name: action for action in ACTIONS}


async def quiet(hass: HomeAssistant, name: str, data: dict[str, Any]) -> Any:
    """Return what an action itself returns: Home Assistant drops a response that its caller has not asked for."""
    action = BY_NAME[name]
    return await action.call(ServiceCall(hass, DOMAIN, name, action.schema(data)))


async def test_no_action_returns_a_response_that_was_not_asked_for(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path
) -> None:
    file = tmp_path / "Bracket.stl"
    file.write_bytes(ascii_stl())
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    waiting = [job for job in farm.world.jobs.values() if job.status == "pending" and job.priority == 100]
    printing = farm.printer(printer_named(farm, BUSY)).printing_job_id
    assert printing is not None
    objects = [{"identifyId": str(number), "name": str(number), "skipped": False} for number in (101, 102)]
    farm.job(printing).skip_objects_data = {"objects": objects}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("assign_material", {"printers": [IDLE], "slots": ["external_spool"], "material": "PLA"}),
        ("confirm_beds", {"all_printers": True}),
        ("create_sku", {"parts": ["Benchy"]}),
        ("mark_maintenance_done", {"printers": [IDLE], "items": ["Clean the build plate"]}),
        ("move_jobs_to_front", {"job_id": waiting[1].id}),
        ("update_jobs", {"job_id": waiting[1].id, "priority": "low"}),
        ("reorder_jobs", {"job_id": waiting[0].id, "position": 1}),
        ("set_fabmatic", {"printers": [IDLE], "enabled": False}),
        ("send_command", {"printers": [IDLE], "command": "resync-data"}),
        ("skip_objects", {"printer": BUSY, "objects": ["101"]}),
        ("submit_print_job", {"part": "Benchy", "dry_run": True}),
        ("submit_print_job", {"part": "Benchy"}),
        ("print_again", {"job_id": waiting[0].id}),
        ("upload_part", {"path": str(file)}),
        ("print_orders", {"orders": ["1001"], "skus": ["BENCHY-1"]}),
        ("close_orders", {"orders": ["1001"]}),
        ("cancel_jobs", {"job_id": waiting[0].id}),
        ("emergency_stop", {"printers": [IDLE]}),
    ]
    changes = {"cancel_jobs", "pause_jobs", "resume_jobs", "retry_jobs", "clear_jobs", "move_jobs_to_front"}
    optional = {action.name for action in ACTIONS if action.response is SupportsResponse.OPTIONAL}
    assert optional - changes == {name for name, _ in calls} - changes
    for name, data in calls:
        farm.clear_requests()
        assert await quiet(hass, name, data) is None, name
        assert [request for request in farm.requests if request.method != "GET"], f"{name} did nothing"


async def test_print_without_a_response_is_queued_without_waiting_for_its_jobs(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one, or if jobs must get so far, they are asked for."""
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.0,))
    await quiet(hass, "submit_print_job", {"part": "Benchy"})
    assert len(sent(farm, "/v2/builds")) == 1
    for data in ({"wait_until": "queued", "timeout": 1}, {}):
        farm.clear_requests()
        if data:
            await quiet(hass, "submit_print_job", {"part": "Benchy", **data})
        else:
            await act(hass, "submit_print_job", part="Benchy")
        assert [request.query for request in farm.requests if "partBuildId.in" in request.query]
