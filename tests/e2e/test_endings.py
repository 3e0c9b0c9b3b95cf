"""Unloading and stopping: whatever the network does, a store is unloaded at once, and nothing of it stays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
import contextlib
from dataclasses import dataclass
import gc
import json
import logging
from pathlib import Path
import resource
import shutil
import threading
import time
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.printago.api import RateLimiter
from custom_components.printago.const import DOMAIN
from tests.e2e.connection_states import (
    STATES,
    STATES_AT_STOP,
    InState,
    Scenario,
    connected,
    our_tasks,
    retrying,
    silent,
    threads_in_paho,
    uploading,
)
from tests.e2e.peers import eventually
from tests.support.common import entity_id, pass_time, printer_named
from tests.support.figures import Figures
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.requests import RequestRecord

LONGEST = 2.0
"""The promised limit in seconds."""
SOME = ("it connects to a host that does not accept", "it is up", "a file is being uploaded")
"""States in which the short version stops Home Assistant."""


@pytest.fixture
def farm_config() -> FarmConfig:
    """Stop all activity of the farm."""
    return FarmConfig(speed=0, scenario="idle", printers=3)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for a stream that does not connect."""
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give Home Assistant a folder of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def model(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a file that may be uploaded."""
    folder = tmp_path / "models"
    folder.mkdir()
    file = folder / "Bracket.stl"
    file.write_bytes(b"solid bracket\n" * 50_000)
    hass.config.allowlist_external_dirs = {str(folder)}
    return file


async def test_unload_returns_at_once_and_late_connections_are_closed(
    hass: HomeAssistant, farm: VirtualFarm, enable_custom_integrations: None, model: Path, figures: Figures
) -> None:
    took: dict[str, float] = {}
    # All set-ups together are more than a minute's quota.
    farm.set_quota(enabled=False)
    for what, state in STATES.items():
        scenario = Scenario(hass, farm, model)
        async with state(scenario):
            assert scenario.entry is not None
            started = time.monotonic()
            assert await hass.config_entries.async_unload(scenario.entry.entry_id), what
            took[what] = time.monotonic() - started
            assert scenario.entry.state is ConfigEntryState.NOT_LOADED, what
        await eventually(lambda: not threads_in_paho(), f"no thread is left: {what}")
        await eventually(lambda: not our_tasks(), f"no task is left: {what}")
        await hass.config_entries.async_remove(scenario.entry.entry_id)
        farm.clear_faults()
    for what, seconds in took.items():
        figures[f"seconds to unload while {what}"] = round(seconds, 2)
    figures["seconds to unload, at most"] = round(max(took.values()), 2)
    assert max(took.values()) < LONGEST, took


def copied(config_dir: str, into: Path) -> str:
    """Copy a configuration folder, and return the copy's path."""
    return str(shutil.copytree(config_dir, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".storage")))


async def stop_seconds(farm: VirtualFarm, model: Path, state: InState | None, config_dir: str) -> float:
    """Return how long a separate Home Assistant takes to stop."""
    async with async_test_home_assistant(config_dir=config_dir) as hass:
        hass.config.allowlist_external_dirs = {str(model.parent)}
        hass.data.pop("custom_components", None)
        if state is None:
            started = time.monotonic()
            await hass.async_stop(force=True)
            return time.monotonic() - started
        scenario = Scenario(hass, farm, model)
        async with state(scenario):
            started = time.monotonic()
            await hass.async_stop(force=True)
            seconds = time.monotonic() - started
        await eventually(lambda: not threads_in_paho(), "no thread is left")
        return seconds


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_home_assistant_stops_as_fast_as_without_us(
    hass: HomeAssistant,
    farm: VirtualFarm,
    model: Path,
    chaos: bool,
    figures: Figures,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # All set-ups together are more than a minute's quota.
    farm.set_quota(enabled=False)
    without = await stop_seconds(farm, model, None, hass.config.config_dir)
    took = {}
    for what, state in STATES_AT_STOP.items():
        if not chaos and what not in SOME:
            continue
        # Each in its own folder: they do not share their quota.
        folder = await hass.async_add_executor_job(copied, hass.config.config_dir, tmp_path_factory.mktemp("config"))
        took[what] = await stop_seconds(farm, model, state, folder)
        farm.clear_faults()
    figures["seconds in which Home Assistant stops, without an entry"] = round(without, 2)
    for what, seconds in took.items():
        figures[f"seconds in which it stops while {what}"] = round(seconds, 2)
    assert max(took.values()) - without < LONGEST, took


# Reloads.


def file_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def objects_of_ours() -> Counter[str]:
    """Return the number of objects of our classes, and of functions and closures."""
    gc.collect()
    return Counter(
        f"{type(item).__module__}.{type(item).__qualname__}"
        for item in gc.get_objects()
        if str(type(item).__module__).startswith("custom_components.printago")
    )


@dataclass(frozen=True, slots=True)
class Holdings:
    """The resources of a process."""

    objects_of_ours: Counter[str]
    objects: int
    resident: int
    tasks: int
    threads: int
    timers: int
    listeners: int
    descriptors: int

    @classmethod
    def take(cls, hass: HomeAssistant) -> Holdings:
        ours = objects_of_ours()
        loop = asyncio.get_running_loop()
        return cls(
            objects_of_ours=ours,
            objects=len(gc.get_objects()),
            resident=resident_bytes(),
            tasks=len(asyncio.all_tasks()),
            threads=threading.active_count(),
            timers=sum(not handle.cancelled() for handle in get_scheduled_timer_handles(loop)),
            listeners=sum(hass.bus.async_listeners().values()),
            descriptors=file_descriptors(),
        )


async def reload(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Reload, and wait until all of its work is finished."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await farm.publisher.wait_for_clients(1)
    await eventually(lambda: entry.runtime_data.coordinator.stream_since is not None, "the stream is up")
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def unlimited(farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the quota on both sides, so that each load reads the whole farm."""

    async def acquire(*_: Any, **__: Any) -> None:
        return

    farm.set_quota(enabled=False)
    monkeypatch.setattr(RateLimiter, "acquire", acquire)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Log less, since pytest keeps it all."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


async def test_reloads_leave_nothing_behind(
    hass: HomeAssistant,
    farm: VirtualFarm,
    unlimited: None,
    entry: MockConfigEntry,
    quiet: None,
    chaos: bool,
    figures: Figures,
) -> None:
    asyncio.get_running_loop().set_debug(False)
    reloads, before_that = (200, 20) if chaos else (20, 10)
    # Caches are filled, and executors create their threads.
    for _ in range(before_that):
        await reload(hass, farm, entry)
    before = Holdings.take(hass)
    farm.clear_requests()
    for _ in range(reloads):
        await reload(hass, farm, entry)
        farm.clear_requests()
    after = Holdings.take(hass)

    figures["reloads"] = reloads
    figures["objects of ours, before and after"] = f"{before.objects_of_ours.total()}, {after.objects_of_ours.total()}"
    figures["all objects, before and after"] = f"{before.objects}, {after.objects}"
    figures["resident memory in MB, before and after"] = f"{before.resident / 1e6:.1f}, {after.resident / 1e6:.1f}"
    for name in ("tasks", "threads", "timers", "listeners", "descriptors"):
        figures[f"{name}, before and after"] = f"{getattr(before, name)}, {getattr(after, name)}"
    assert after.objects_of_ours == before.objects_of_ours
    # Home Assistant keeps a few objects; all entities of one load are some thousands.
    assert after.objects - before.objects < 100 + 10 * reloads
    assert after.resident - before.resident < 10_000_000
    # One more or less may be waiting to be saved.
    assert after.timers <= before.timers + 1
    assert after.listeners <= before.listeners + 1
    assert after.tasks <= before.tasks
    assert after.threads <= before.threads
    assert after.descriptors <= before.descriptors


# Removal.


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Let Home Assistant write its files."""
    return {}


def stored(hass: HomeAssistant) -> list[str]:
    """Return our stored files."""
    return [file.name for file in Path(hass.config.path(".storage")).glob(f"{DOMAIN}*")]


async def until_stored(hass: HomeAssistant) -> None:
    """Advance the time until pending data is saved."""
    await pass_time(hass, 31)
    await eventually(lambda: stored(hass) != [], "something is saved")


async def assert_nothing_is_left(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Search everywhere, again after all pending data was saved."""
    for _ in range(2):
        assert stored(hass) == []
        assert not er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        assert not [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
        assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert not [state for state in hass.states.async_all() if state.entity_id.split(".")[1].startswith("virtual")]
        assert our_tasks() == []
        await pass_time(hass, 3700)
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done(wait_background_tasks=True)


@contextlib.asynccontextmanager
async def asking_for_a_key(scenario: Scenario) -> AsyncIterator[None]:
    entry = await scenario.load_connected()
    scenario.farm.revoke_api_key(scenario.farm.config.api_key)
    await entry.runtime_data.coordinator.async_refresh()
    await eventually(
        lambda: any(
            flow["context"]["source"] == SOURCE_REAUTH
            for flow in scenario.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        ),
        "another key is asked for",
    )
    yield
    scenario.farm.add_api_key(scenario.farm.config.api_key)


@contextlib.asynccontextmanager
async def showing_a_repair_issue(scenario: Scenario) -> AsyncIterator[None]:
    await scenario.load_connected()
    switch = entity_id(scenario.hass, printer_named(scenario.farm, "P1S 01"), "enabled", "switch")
    scenario.farm.inject_fault(
        Fault(mode="status", status=403, message="Missing permission: printer.control", path="/v1/printers/enabled")
    )
    with pytest.raises(HomeAssistantError):
        await scenario.hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    assert [issue for issue in ir.async_get(scenario.hass).issues.values() if issue.domain == DOMAIN]
    yield


AMID: dict[str, InState] = {
    "it is up": connected,
    "a file is being uploaded": uploading,
    "set-up is going to be retried": retrying,
    "a flow asks for another key": asking_for_a_key,
    "a repair issue is shown": showing_a_repair_issue,
    "its login is unanswered": silent("mqtt"),
}


@pytest.mark.parametrize("state", AMID.values(), ids=AMID)
async def test_removal_in_any_state_removes_all_stored_data(
    hass: HomeAssistant, farm: VirtualFarm, enable_custom_integrations: None, model: Path, state: InState
) -> None:
    scenario = Scenario(hass, farm, model)
    async with state(scenario):
        assert scenario.entry is not None
        await until_stored(hass)
        started = time.monotonic()
        await hass.config_entries.async_remove(scenario.entry.entry_id)
        assert time.monotonic() - started < LONGEST
        assert stored(hass) == []
    await eventually(lambda: not our_tasks(), "no task is left")
    await assert_nothing_is_left(hass, scenario.entry)


async def test_store_added_again_is_saved_before_its_first_request(
    hass: HomeAssistant,
    farm: VirtualFarm,
    enable_custom_integrations: None,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = Scenario(hass, farm, model)
    entry = await scenario.load_connected()
    await until_stored(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_remove(entry.entry_id)
    assert stored(hass) == []

    written: list[bool] = []
    note_request = farm.note_request

    def look_and_note(record: RequestRecord) -> None:
        written.append(stored(hass) != [])
        note_request(record)

    monkeypatch.setattr(farm, "note_request", look_and_note)
    await scenario.load_connected()
    assert written
    assert all(written)
    await until_stored(hass)
    (name,) = stored(hass)
    saved = json.loads(await asyncio.to_thread(Path(hass.config.path(".storage", name)).read_text))["data"]
    assert len(saved["sent"]) + saved["ahead"] >= len(written)
    assert saved["realtime_endpoint"] is not None
