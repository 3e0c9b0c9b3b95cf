"""Fixtures of the test plugin at less cost: their mocks took longer than many a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component import common

from custom_components.printago.services import pickers


@pytest.fixture
def hass_storage() -> Iterator[dict[str, Any]]:
    """Keep in memory what Home Assistant stores: by the test plugin's functions, but without a mock around each."""

    def plain_patch(target: str, *, side_effect: Callable[..., Any], autospec: bool) -> Any:
        return patch(target, side_effect)

    with ExitStack() as storage:
        with patch.object(common, "patch", plain_patch):
            stored = storage.enter_context(common.mock_storage())
        yield stored


@pytest.fixture(scope="session", autouse=True)
def disable_http_server() -> Iterator[None]:
    """Never start Home Assistant's own server: mocked once, not for each test."""
    server = "homeassistant.components.http.HomeAssistantHTTP"
    with patch(f"{server}.async_bind"), patch(f"{server}.start"):
        yield


@pytest.fixture(scope="session", autouse=True)
def descriptions_of_actions_are_read_once() -> Iterator[None]:
    """Parse services.yaml once, not for each test; nothing changes the result."""
    with patch.object(pickers, "load_yaml_dict", lru_cache(pickers.load_yaml_dict)):
        yield
