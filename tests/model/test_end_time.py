"""The expected end of a print: what changes it, and what does not."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import printer_named, until, value_of
from tests.support.publish import publish_stat
from virtual_farm import FarmConfig, VirtualFarm


@pytest.fixture
def shift() -> list[timedelta]:
    """Return by how much the farm's clock is ahead."""
    return [timedelta()]


@pytest.fixture
def farm_config(shift: list[timedelta]) -> FarmConfig:
    """Return a farm whose clock can be set."""
    base = FarmConfig().clock
    return FarmConfig(speed=0, clock=lambda: base() + shift[0], printers=3)


@pytest.mark.parametrize(
    "sparse",
    [
        {"print": {"percent": 41}},
        {"print": {"currentLayer": 7, "stage": "Printing"}},
        {"print": {"taskName": "Bracket"}},
        {"print": {}},
        {},
    ],
    ids=["progress", "layer", "name", "nothing", "temperatures only"],
)
async def test_end_is_unchanged_while_messages_have_no_remaining_time(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, shift: list[timedelta], sparse: dict[str, Any]
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    publish_stat(farm, printer, data={"print": {"percent": 40, "timeRemaining": 60, "stage": "Here"}})
    await until(hass, lambda: value_of(hass, printer, "stage") == "Here")
    end = value_of(hass, printer, "end_time")
    assert end not in (None, "unknown", "unavailable")

    shift[0] = timedelta(minutes=20)
    # Only responses show Printago's clock.
    await entry.runtime_data.coordinator.async_refresh()
    for bed in (77, 78):
        publish_stat(farm, printer, data={**sparse, "temps": {"bedTemp": bed}})
        await until(hass, lambda bed=bed: value_of(hass, printer, "bed_temp") == str(bed))
        assert value_of(hass, printer, "end_time") == end

    publish_stat(farm, printer, data={"print": {"timeRemaining": 60}})
    await until(hass, lambda: value_of(hass, printer, "end_time") != end)
