"""What the farm's own windows say of those who ask it."""

from tests.figures import Figures
from virtual_farm import VirtualFarm


def judge(farm: VirtualFarm, figures: Figures, scenario: str) -> None:
    """Hold both windows against what the farm has counted, refused requests among it, and note the figures."""
    usage = farm.quota_usage()
    figures[f"{scenario}: fullest minute, fullest hour, 429"] = (
        f"{usage.highest_minute}, {usage.highest_hour}, {usage.refused}"
    )
    assert usage.refused == 0
    assert usage.highest_minute <= 60
    assert usage.highest_hour <= 600
