"""What the tests of the farm model share."""

import pytest

from tests.support.farm_model import FarmClock


@pytest.fixture
def clock() -> FarmClock:
    """Return Printago's clock, at noon."""
    return FarmClock()
