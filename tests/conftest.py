"""Shared fixtures: the virtual farm over real sockets, and its entry in Home Assistant."""

import asyncio
import atexit
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
import gc
import logging
from typing import Any, cast
from unittest.mock import Mock
import zlib

# Ours has to be imported first: the test plugin brings a package of the same name, which would hide it.
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import aiohttp_client
from homeassistant.helpers.entity import Entity
from homeassistant.util import executor
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from custom_components.printago.api import RateLimiter
from custom_components.printago.api.rest.rate_limit import WINDOWS
from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN
from custom_components.printago.diagnostics.health import describe_quota, describe_rest, describe_stream
from tests.support.common import pass_time, paths, printer_named
from tests.support.event_recorder import EventRecorder
from tests.support.issues import Clock
from virtual_farm import FarmConfig, VirtualFarm

pytest_plugins = ["tests.support.figures", "tests.support.replaced", "tests.support.skips"]

_LONGEST_NAME = 40

# On an overloaded machine even idle threads need longer to end than the ten seconds after which they are found to be left.
executor.EXECUTOR_SHUTDOWN_TIMEOUT = 30

# Each test makes and drops a Home Assistant: to look for garbage as often as a program that runs for long takes a quarter of
# the time.
gc.set_threshold(50_000)
# The last collection, when the process ends, looks at all that there is for seconds.
atexit.register(gc.freeze)

# Each test sets up hundreds of entities: to log each of them takes longer than to make its state.
logging.getLogger("homeassistant.helpers.entity_registry").setLevel(logging.WARNING)

type SetUp = Callable[..., Coroutine[Any, Any, MockConfigEntry]]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name long texts and bytes by their length and a checksum: a test's name has to stay readable, and the same."""
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_NAME:
        return None
    data = val.encode(errors="replace") if isinstance(val, str) else val
    return f"{len(val)}-long-{zlib.crc32(data):08x}"


@pytest.fixture(autouse=True)
def nothing_on_disk(hass_storage: dict[str, Any]) -> None:
    """Keep what is stored in memory: one test's requests are nothing that another one has sent."""


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Let the loop refuse calls from other threads, in place of the test plugin's debug mode.

    That also keeps the stack of every future, which took half of the time of all tests.
    """
    loop: Any = asyncio.get_running_loop()

    def checked(call: Callable[..., Any]) -> Callable[..., Any]:
        def check_and_call(*args: Any, **kwargs: Any) -> Any:
            loop._check_thread()
            return call(*args, **kwargs)

        return check_and_call

    for name in ("call_soon", "call_at"):
        setattr(loop, name, checked(getattr(loop, name)))


@pytest.fixture(autouse=True)
def finished_home_assistants_are_forgotten(mock_zeroconf_resolver: Any) -> Iterator[None]:
    """Free the Home Assistant of a test, some megabytes: the test plugin's mocked resolver keeps its calls."""
    make_resolver = cast(Mock, aiohttp_client._async_make_resolver)
    yield
    make_resolver.reset_mock()


@pytest.fixture(scope="session", autouse=True)
def what_is_imported_is_kept() -> None:
    """Leave what has been imported out of each collection of garbage: to look at all of it takes as long as many tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def garbage_collection() -> Iterator[None]:
    """Collect what the tests of a file have left.

    The test plugin's fixture of this name also freezes all that there is before each file: garbage would stay.
    """
    yield
    gc.collect()


@pytest.fixture
def farm_config(request: pytest.FixtureRequest) -> FarmConfig:
    """Return the settings of the farm: time stands still unless a test moves it, and it is as strict as it can be.

    Most of what a test takes is the set-up of fifty entities a printer: `printers(n)` marks those that need but a few.
    """
    marker = request.node.get_closest_marker("printers")
    return FarmConfig(speed=0, large_limit="refuse", strict_uploads=True, printers=marker.args[0] if marker else 8)


@pytest.fixture
async def farm(socket_enabled: None, farm_config: FarmConfig) -> AsyncGenerator[VirtualFarm]:
    """Run a virtual farm for one test."""
    async with VirtualFarm(farm_config) as running:
        yield running


def entry_data(farm: VirtualFarm, **changes: Any) -> dict[str, Any]:
    """Return the data of an entry for a farm."""
    return {
        CONF_STORE_ID: farm.config.store_id,
        CONF_API_KEY: farm.config.api_key,
        CONF_SERVER: {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: farm.realtime_url},
        **changes,
    }


@pytest.fixture
async def setup_entry(
    hass: HomeAssistant, farm: VirtualFarm, enable_custom_integrations: None
) -> AsyncGenerator[SetUp]:
    """Return what sets up an entry of the farm, and unloads it in the end."""
    entries: list[MockConfigEntry] = []

    async def set_up(**changes: Any) -> MockConfigEntry:
        data = entry_data(farm, **changes)
        entry = MockConfigEntry(domain=DOMAIN, title="Virtual Farm", unique_id=data[CONF_STORE_ID], data=data)
        entry.add_to_hass(hass)
        entries.append(entry)
        await hass.config_entries.async_setup(entry.entry_id)
        return entry

    yield set_up
    for entry in entries:
        if hass.config_entries.async_get_entry(entry.entry_id) is not None:
            await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots that know what of Home Assistant's objects is the same in each run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def every_entity_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable what is disabled by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", property(lambda _: True))


@pytest.fixture
async def entry(farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return the entry of the farm, set up."""
    entry = await setup_entry()
    if entry.state is ConfigEntryState.LOADED and farm.world.printers:
        coordinator = entry.runtime_data.coordinator
        limiter = vars(coordinator.store_state.limiter)
        assert coordinator.farm.printers, (
            f"set-up brought no printers: {describe_rest(coordinator)} {describe_quota(coordinator)}"
            f" {describe_stream(coordinator)} {limiter} {WINDOWS} {paths(farm)}"
        )
    return entry


@pytest.fixture
async def busy(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> str:
    """Return the printer of the farm that prints; all has calmed down after set-up."""
    await pass_time(hass, 31)
    farm.clear_requests()
    return printer_named(farm, "X1 Carbon 01")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which outages and the quota are measured."""
    clock = Clock()
    monkeypatch.setattr("custom_components.printago.issues.stream.monotonic", clock)

    def limiter(**options: Any) -> RateLimiter:
        return RateLimiter(**options, monotonic=clock)

    monkeypatch.setattr("custom_components.printago.hub.persistence.RateLimiter", limiter)
    return clock


@pytest.fixture
async def recorder(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> EventRecorder:
    """Record the events that fire after set-up has settled."""
    await pass_time(hass, 31)
    return EventRecorder(hass)


@pytest.fixture
async def at_rest(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Let set-up come to its end, so that what is asked of the farm comes from the test."""
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()


@pytest.fixture
def quick_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the jobs of a build sooner than in a cloud that is far away."""
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.4, 0.4, 0.4))
