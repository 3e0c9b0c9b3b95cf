"""Shared by all whole-system tests: their long versions log everything, and check that no secret is logged."""

from collections.abc import Iterator

import pytest

from tests.e2e.secret_scanner import SecretScanner
from virtual_farm import VirtualFarm
from virtual_farm.config import DEFAULT_API_KEY


@pytest.fixture(autouse=True)
def no_secret_is_logged(request: pytest.FixtureRequest, chaos: bool) -> Iterator[None]:
    """Run the long version of each test with all loggers at DEBUG, and search what it logs."""
    if not chaos:
        yield
        return
    scanner = SecretScanner()
    scanner.add("apiclient_", "an MQTT client ID")
    scanner.add_key(DEFAULT_API_KEY)
    if "farm" in request.fixturenames and isinstance(farm := request.getfixturevalue("farm"), VirtualFarm):
        scanner.add_farm(farm)
    with scanner.in_logs():
        yield
    assert not scanner.found, scanner.found[:5]
