"""Starts and reads other than the poll wait for room in the quota."""

import asyncio
import logging
from typing import Any

from homeassistant.components.image import DATA_COMPONENT
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_RESTORED, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RequestPriority
from custom_components.printago.api.rest import rate_limit
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.persistence import async_get_store_state
from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, printer_named, silence, until, value_of
from tests.support.held_back import POLL, logged_messages, send
from tests.support.issues import Clock, stream_gone
from tests.support.publish import poll
from virtual_farm import VirtualFarm

pytestmark = pytest.mark.printers(8)


@pytest.fixture
async def entry(clock: Clock, setup_entry: SetUp) -> MockConfigEntry:
    """Return an entry whose quota uses a clock that only tests advance."""
    return await setup_entry()


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Return an event that is set whenever a request begins to wait for room."""
    waits = asyncio.Event()
    sleep = rate_limit._sleep

    async def wait(seconds: float, ended: asyncio.Event | None) -> None:
        waits.set()
        await sleep(seconds, ended)

    monkeypatch.setattr(rate_limit, "_sleep", wait)
    return waits


# The first poll


async def test_start_without_room_is_set_up_and_loads_data_once_there_is_room(
    hass: HomeAssistant,
    farm: VirtualFarm,
    clock: Clock,
    setup_entry: SetUp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    store_state = await async_get_store_state(hass, farm.config.store_id)
    for _ in range(60):
        store_state.limiter.count()

    async with asyncio.timeout(5):
        entry = await setup_entry()

    store = farm.config.store_id
    assert entry.state is ConfigEntryState.LOADED
    assert farm.requests == []
    # Nothing is known yet, which is different from an empty farm.
    assert value_of(hass, store, "printers_total") == STATE_UNAVAILABLE
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "on")
    assert value_of(hass, store, "printers_total") == STATE_UNAVAILABLE

    clock.now += 63
    await pass_time(hass, 62)

    assert set(POLL) <= set(paths(farm))
    assert sum(path.endswith("/permissions") for path in paths(farm)) == 1
    assert value_of(hass, store, "printers_total") == "8"
    await until(hass, lambda: value_of(hass, printer_named(farm, "X1 Carbon 01"), "print_status") == "running")
    assert not logged_messages(caplog)
    assert "not ready yet" not in caplog.text


async def test_start_without_room_keeps_devices_and_can_be_unloaded_at_once(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str, monkeypatch: Any
) -> None:
    """As after a restart: the farm is unknown, but its entities and devices are registered."""
    entities = set(hass.states.async_entity_ids())
    clock.now += 3600
    send(entry, 600)
    entry.runtime_data.coordinator.store_state.async_forget_farm()
    entry.runtime_data.coordinator.store_state.async_keep()
    silence(farm)

    async with asyncio.timeout(5):
        assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)
    assert farm.requests == []
    async with asyncio.timeout(2):
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value_of(hass, busy, "readiness") == STATE_UNAVAILABLE

    clock.now += 3620
    await poll(hass, entry)

    assert value_of(hass, busy, "readiness") == "busy"
    assert set(hass.states.async_entity_ids()) == entities
    await hass.async_block_till_done()
    assert not [state.entity_id for state in hass.states.async_all() if ATTR_RESTORED in state.attributes]


async def test_key_refused_at_the_first_poll_with_room_starts_reauth(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    send(entry, 600)
    entry.runtime_data.coordinator.store_state.async_forget_farm()
    assert await hass.config_entries.async_reload(entry.entry_id)
    farm.revoke_api_key(farm.config.api_key)
    clock.now += 3620
    await poll(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN)


# Other reads


async def test_other_reads_run_once_there_is_room_and_do_not_count_as_failed(
    hass: HomeAssistant,
    farm: VirtualFarm,
    clock: Clock,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    clock.now += 3600
    # With more requests sent, each read would wait for its regular turn.
    send(entry, 45)
    farm.clear_requests()
    caplog.set_level(logging.DEBUG)
    caplog.clear()

    await pass_time(hass, 31)

    assert farm.requests == []
    reads = entry.runtime_data.coordinator.slow_poller.describe()
    assert reads
    assert {(read["refusals"], read["last_error"]) for read in reads.values()} == {(0, None)}
    assert "failed" not in caplog.text
    clock.now += 63
    await pass_time(hass, 31 + 62)
    assert {"GET /v1/orders", "GET /v1/subscriptions", "GET /v1/settings/store"} <= set(paths(farm))
    assert value_of(hass, farm.config.store_id, "orders_open") == "3"


async def test_start_after_many_requests_reads_the_rest_in_turns_instead_of_at_once(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    send(entry, 51)
    # The minute has room again, but the hour was busy, as after several restarts.
    clock.now += 63
    farm.clear_requests()

    await pass_time(hass, 31)

    turns = {
        "GET /v1/orders",
        "GET /v1/subscriptions",
        "GET /v1/integrations",
        "GET /v1/print-jobs/stats/completed-count",
    }
    assert turns.isdisjoint(paths(farm))
    await pass_time(hass, 302)
    assert len(turns.intersection(paths(farm))) == 1


async def test_waiting_read_is_sent_once_however_often_it_is_requested(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0)
    clock.now += 3600
    send(entry, 60)
    for _ in range(5):
        entry.runtime_data.coordinator.slow_poller.async_want("orders")
        await hass.async_block_till_done(wait_background_tasks=True)
    clock.now += 63
    await pass_time(hass, 63)
    assert paths(farm) == ["GET /v1/orders"]


async def test_ended_jobs_are_read_once_there_is_room(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    clock.now += 3600
    await stream_gone(hass, farm)
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.finish_print(busy)
    clock.now += 3600
    # Leave room for two requests: the poll's.
    send(entry, 38)
    farm.clear_requests()
    await poll(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert paths(farm) == POLL

    clock.now += 63
    entry.runtime_data.coordinator._ended_jobs._asked_at = None
    await poll(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert value_of(hass, busy, "last_print_result") == "finished"


async def test_cover_is_fetched_on_a_later_request_once_there_is_room(
    hass: HomeAssistant, farm: VirtualFarm, clock: Clock, entry: MockConfigEntry, busy: str
) -> None:
    image = hass.data[DATA_COMPONENT].get_entity(entity_id(hass, busy, "cover_image", "image"))
    assert image is not None
    clock.now += 3600
    send(entry, 60)
    for _ in range(5):
        assert await image.async_image() is None
    assert image.available
    assert farm.requests == []


async def test_unload_ends_a_picture_that_waits_for_room(
    hass: HomeAssistant, setup_entry: SetUp, held_back: asyncio.Event
) -> None:
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    client = entry.runtime_data.coordinator.client
    limiter = entry.runtime_data.coordinator.store_state.limiter
    limiter._blocked_until[RequestPriority.BACKGROUND] = limiter.now() + 9
    looking = asyncio.create_task(client.picture("a/b.png"))
    await asyncio.wait_for(held_back.wait(), 5)
    assert not looking.done()

    async with asyncio.timeout(1):
        await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.wait({looking})
    assert looking.exception() is not None


async def test_unload_and_reload_end_a_poll_that_waits_for_the_last_seconds(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, held_back: asyncio.Event
) -> None:
    """With real clocks: with so little time left, it waits within its request."""
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    limiter = entry.runtime_data.coordinator.store_state.limiter
    farm.clear_requests()
    for _ in range(2):
        limiter._blocked_until[RequestPriority.BACKGROUND] = limiter.now() + 9
        entry.runtime_data.coordinator.async_reconcile()
        polling = asyncio.create_task(poll(hass, entry))
        await asyncio.wait_for(held_back.wait(), 5)
        assert not polling.done()
        held_back.clear()
        async with asyncio.timeout(2):
            assert await hass.config_entries.async_reload(entry.entry_id)
            await asyncio.wait({polling})
    async with asyncio.timeout(2):
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert farm.requests == []
    assert limiter.requests_last_hour < 10
