"""Listeners are removed after a submission, and with their printer."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.hub.listeners import Listeners
from tests.support.common import device_of, until, value_of
from tests.support.submissions import submit
from virtual_farm import FarmConfig, Fault, VirtualFarm


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly, with every printer ready."""
    return FarmConfig(speed=20, scenario="idle", printers=3)


def listening(listeners: Listeners) -> dict[str, int]:
    """Return the number of listeners, by what they listen to."""
    return {
        "changes": len(listeners._of_changes),
        "farm": len(listeners._of_farm),
        "polls": len(listeners._of_polls),
        "events": sum(map(len, listeners._of_events.values())),
        "printers": sum(len(group) for of in listeners._of_printer.values() for group in of.listeners.values()),
    }


@pytest.mark.usefixtures("quick_to_ask")
async def test_submission_removes_its_listener_however_it_ends(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    before = listening(entry.runtime_data.coordinator.listeners)
    for data in (
        {},
        {"wait_until": "queued"},
        {"wait_until": "assigned", "timeout": 20},
        {"wait_until": "assigned", "timeout": 1, "tags": ["nobody-has-this"]},
    ):
        await submit(hass, part="Benchy", **data)
    farm.inject_fault(Fault(mode="status", status=400, path="/v2/builds"))
    with pytest.raises(HomeAssistantError):
        await submit(hass, part="Benchy", wait_until="started")
    assert listening(entry.runtime_data.coordinator.listeners) == before


async def test_removed_printer_has_no_listeners_and_a_new_one_has_as_many(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    listeners = entry.runtime_data.coordinator.listeners
    before = listening(listeners)

    for number in range(2):
        newcomer = farm.add_printer("A1", f"Newcomer {number}")
        await until(hass, lambda: value_of(hass, newcomer.id, "readiness") is not None)  # noqa: B023, awaited at once
        await hass.async_block_till_done(wait_background_tasks=True)
        assert listening(listeners)["printers"] > before["printers"]
        assert listening(listeners)["events"] > before["events"]
        farm.remove_printer(newcomer.id)
        await until(hass, lambda: value_of(hass, newcomer.id, "readiness") is None)  # noqa: B023
        await hass.async_block_till_done(wait_background_tasks=True)
        assert device_of(hass, entry, newcomer.id) is None
        assert listening(listeners) == before
        assert newcomer.id not in listeners._of_printer
        assert newcomer.id not in {subject for _, subject in listeners._of_events}
