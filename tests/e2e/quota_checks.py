"""Checks the request quota by what the virtual farm counted."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RequestPriority
from tests.support.figures import Figures
from virtual_farm import VirtualFarm


def check_quota(farm: VirtualFarm, figures: Figures, scenario: str) -> None:
    """Hold both windows against what the farm has counted, refused requests among it, and note the figures."""
    usage = farm.quota_usage()
    figures[f"{scenario}: fullest minute, fullest hour, 429"] = (
        f"{usage.highest_minute}, {usage.highest_hour}, {usage.refused}"
    )
    assert usage.refused == 0
    assert usage.highest_minute <= 60
    assert usage.highest_hour <= 600


async def fill(entry: MockConfigEntry, priority: RequestPriority) -> int:
    """Send one request after the other, as long as the priority lets them out at once; return how many."""
    limiter, sent = entry.runtime_data.coordinator.store_state.limiter, 0
    while limiter.delay(priority) == 0:
        await entry.runtime_data.coordinator.client.stores(priority)
        sent += 1
    return sent
