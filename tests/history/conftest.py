"""What the tests of the history share."""

import pytest

from tests.support.issues import Clock
from virtual_farm import FarmConfig


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm whose quota is left to the integration."""
    return FarmConfig(speed=0, printers=3, quota=False)


@pytest.fixture(autouse=True)
def quota_has_room(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the quota forget: what a test takes as hours is one second to it."""
    monkeypatch.setattr(Clock, "__call__", _later)


def _later(clock: Clock) -> float:
    clock.now += 1
    return clock.now
