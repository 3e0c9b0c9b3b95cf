"""Tags in the form of the cloud's own filter count as the tags that were sent."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.actions import act, sent
from tests.support.common import device_of, paths, printer_named
from tests.support.submissions import BUILD, submit
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let jobs appear soon, with their tags in the cloud's own form."""
    return FarmConfig(speed=10, filter_tags=True, printers=3)


@pytest.mark.parametrize("tags", [["demo"], ["demo", "rack-1"], ["rack-1", "demo", "a, b"], ["x & y=z"]], ids=str)
async def test_lost_build_is_recognized_by_tags_in_another_form(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tags: list[str]
) -> None:
    await submit(hass, part="Benchy", tags=tags)
    farm.inject_fault(Fault(mode="drop", path="/v2/builds"))
    farm.clear_requests()
    found = await submit(hass, part="Benchy", tags=tags)
    assert found["confirmed"] is False
    assert len(found["job_ids"]) == 1
    assert paths(farm).count(BUILD) == 1


async def test_job_is_explained_by_its_tags(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    (job_id,) = (await submit(hass, part="Benchy", tags=["no-such", "neither-this"]))["job_ids"]
    (explained,) = (await act(hass, "explain_job", job_id=job_id))["jobs"]
    reasons: Any = explained["printers"][0]["reasons"]
    assert "the printer does not have all required tags: no-such, neither-this" in reasons


async def test_tags_stay_when_a_job_is_pinned(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    (job_id,) = (await submit(hass, part="Benchy", tags=["no-such", "neither-this"]))["job_ids"]
    printer = printer_named(farm, "A1 01")
    device = device_of(hass, entry, printer)
    assert device is not None
    (pinned,) = (await act(hass, "update_jobs", job_id=job_id, pin_to_printer=device.id))["jobs"]
    assert pinned["pinned_to"] == "A1 01"
    (body,) = sent(farm, f"/v1/print-jobs/{job_id}")
    assert body["requiredPrinterTags"] == {"user.tags": "no-such|neither-this", "printer.id": printer}
