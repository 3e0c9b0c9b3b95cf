"""What all whole-system tests share: in their long versions, everything is logged and no secret is in it."""

from collections.abc import Iterator

import pytest

from tests.e2e.hunt import Hunt
from virtual_farm import VirtualFarm
from virtual_farm.config import DEFAULT_API_KEY


@pytest.fixture(autouse=True)
def no_secret_is_logged(request: pytest.FixtureRequest, chaos: bool) -> Iterator[None]:
    """Run the long version of each test with all loggers at DEBUG, and search what it logs."""
    if not chaos:
        yield
        return
    hunt = Hunt()
    hunt.add("apiclient_", "an MQTT client ID")
    hunt.add_key(DEFAULT_API_KEY)
    if "farm" in request.fixturenames and isinstance(farm := request.getfixturevalue("farm"), VirtualFarm):
        hunt.add_farm(farm)
    with hunt.in_logs():
        yield
    assert not hunt.found, hunt.found[:5]
