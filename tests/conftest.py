"""Shared fixtures: the virtual farm over real sockets, and its entry in Home Assistant."""

import asyncio
import atexit
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from dataclasses import replace
import gc
import logging
from typing import Any, cast
from unittest.mock import Mock
import zlib

# Import ours first: the test plugin has a package of the same name, which would hide it.
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

pytest_plugins = [
    "tests.support.figures",
    "tests.support.overheads",
    "tests.support.leftover_patches",
    "tests.support.skips",
]

_LONGEST_NAME = 40

# On an overloaded machine even idle threads take longer to end than the ten seconds after which they count as leaked.
executor.EXECUTOR_SHUTDOWN_TIMEOUT = 30

# Each test creates and drops a Home Assistant: collecting garbage as often as in a long-running program takes a quarter
# of the time.
gc.set_threshold(50_000)
# The last collection, when the process ends, would visit all objects for seconds.
atexit.register(gc.freeze)

# Each test sets up hundreds of entities: logging each of them takes longer than creating its state.
logging.getLogger("homeassistant.helpers.entity_registry").setLevel(logging.WARNING)
# As does telling of each of its dozen integrations that it was loaded and set up.
for _logger in ("homeassistant.loader", "homeassistant.setup"):
    logging.getLogger(_logger).setLevel(logging.WARNING)
# The test plugin also writes all of it to stderr, where pytest would show it a second time.
for _handler in [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]:
    logging.getLogger().removeHandler(_handler)
# The test plugin logs each statement of the recorder's database with its values.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

type SetUp = Callable[..., Coroutine[Any, Any, MockConfigEntry]]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Replace long texts and bytes in test IDs by length and checksum, so that IDs are readable and stable."""
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_NAME:
        return None
    data = val.encode(errors="replace") if isinstance(val, str) else val
    return f"{len(val)}-long-{zlib.crc32(data):08x}"


@pytest.fixture(autouse=True)
def nothing_on_disk(hass_storage: dict[str, Any]) -> None:
    """Keep stored data in memory: no test counts the requests of another one."""


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Let the loop refuse calls from other threads, instead of the test plugin's debug mode.

    Debug mode also keeps the stack of every future, which took half of the time of all tests.
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
    """Exclude imported modules from garbage collection: visiting all of them takes as long as many tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def garbage_collection() -> Iterator[None]:
    """Collect the garbage of a file's tests, and visit what remains never again.

    The test plugin's fixture of this name freezes all objects before it collects: garbage would stay.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return the settings of the farm: time is stopped unless a test advances it, and all rules are strict.

    Most of a test's time is the setup of forty entities per printer. Three are one that prints, one whose bed needs
    clearing, and one that is ready; `printers(8)` marks tests that need one of each kind.
    """
    return FarmConfig(printers=3, speed=0, large_limit="refuse", strict_uploads=True)


@pytest.fixture
async def farm(
    request: pytest.FixtureRequest, socket_enabled: None, farm_config: FarmConfig
) -> AsyncGenerator[VirtualFarm]:
    """Run a virtual farm for one test."""
    if marker := request.node.get_closest_marker("printers"):
        farm_config = replace(farm_config, printers=marker.args[0])
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
    """Return a function that sets up an entry of the farm, and unloads it at the end."""
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
    """Return snapshots that ignore what differs between runs in Home Assistant's objects."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def every_entity_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable all entities that are disabled by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", property(lambda _: True))


@pytest.fixture
async def entry(farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return the entry of the farm after setup."""
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
    """Return the farm's printing printer, after setup has finished."""
    await pass_time(hass, 31)
    farm.clear_requests()
    return printer_named(farm, "X1 Carbon 01")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that measures outages and the quota."""
    clock = Clock()
    monkeypatch.setattr("custom_components.printago.issues.stream.monotonic", clock)

    def limiter(**options: Any) -> RateLimiter:
        return RateLimiter(**options, monotonic=clock)

    monkeypatch.setattr("custom_components.printago.hub.persistence.RateLimiter", limiter)
    return clock


@pytest.fixture
async def recorder(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> EventRecorder:
    """Record the events that fire after setup has finished."""
    await pass_time(hass, 31)
    return EventRecorder(hass)


@pytest.fixture
async def at_rest(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished, so that all requests come from the test."""
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()


@pytest.fixture
def quick_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pause before the jobs of a build are requested."""
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.4, 0.4, 0.4))


@pytest.fixture
def quota_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the limiter find room: it counts in real time, while a test advances Home Assistant's by hours."""
    monkeypatch.setattr(RateLimiter, "delay", lambda *_: 0.0)
    monkeypatch.setattr(RateLimiter, "_wait_of", lambda *_: 0.0)
