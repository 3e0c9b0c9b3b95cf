"""Fixtures of the test plugin at less cost: their mocks took longer than many a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
import os
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component import common

from custom_components.printago.services import pickers
from virtual_farm import farm


def pytest_configure(config: pytest.Config) -> None:
    """Hand out files in their order: by the number of tests, as pytest-xdist does, long ones with few come last."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Use more processes than cores: a third of the time, a test waits for sockets, threads or timers."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(os.sched_getaffinity(0))
    return cores + (cores + 1) // 2


@pytest.fixture(scope="session", autouse=True)
def farms_publish_soon() -> Iterator[None]:
    """Let virtual farms publish changes within a twentieth of a second, instead of a quarter: hundreds of tests wait."""
    with patch.object(farm, "_TICK", 0.05):
        yield


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
