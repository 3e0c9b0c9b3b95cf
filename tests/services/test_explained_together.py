"""Jobs that wait alike are explained together, and no others."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.actions import act
from tests.support.common import printer_named, until_farm
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.printers(3)


async def test_only_copies_of_one_print_that_wait_alike_are_explained_together(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def matching(_: Any, job_id: str) -> list[Any]:
        return []

    monkeypatch.setattr("custom_components.printago.api.rest.job_endpoints.JobEndpoints.matching", matching)
    build, another = "x" * 24, "y" * 24
    jobs: dict[str, dict[str, Any]] = {
        "a": {"partBuildId": build, "requiredPrinterTags": {"user.tags": "one|two"}},
        "b": {"partBuildId": build, "requiredPrinterTags": {"user.tags": "two|one"}},
        "c": {"partBuildId": build, "requiredPrinterTags": {"user.tags": "one"}},
        "d": {"partBuildId": another, "requiredPrinterTags": {"user.tags": "one"}},
        "e": {"partBuildId": None},
        "f": {"partBuildId": None},
        "g": {"partBuildId": another, "priority": 1000},
        "h": {"partBuildId": another, "status": "assigned", "assignedPrinterId": printer_named(farm, "A1 01")},
        "i": {"partBuildId": another, "status": "assigned", "assignedPrinterId": printer_named(farm, "P1S 01")},
    }
    entities = {letter * 24: {"status": "pending", "priority": 100, **job} for letter, job in jobs.items()}
    topic = f"stores/{farm.config.store_id}/entities/printJobs"
    farm.publish(topic, json.dumps({"entityType": "printJobs", "action": "INSERT", "entities": entities}).encode())
    await until_farm(entry, lambda: entities.keys() <= entry.runtime_data.coordinator.farm.jobs.keys())
    explained = (await act(hass, "explain_job", job_id=[*entities]))["jobs"]
    assert [[job_id[0] for job_id in job["job_ids"]] for job in explained] == [["a", "b"], *map(list, "cdefghi")]
