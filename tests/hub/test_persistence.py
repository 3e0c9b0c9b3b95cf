"""Invalid stored data neither prevents the entry from loading, nor frees or locks the quota."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago.api import MAX_UNSAVED, RequestPriority
from custom_components.printago.const import DOMAIN
from custom_components.printago.hub.persistence import async_get_store_state
from tests.conftest import SetUp
from tests.support.common import pass_time, press, printer_named, value_of
from tests.support.issues import Clock
from virtual_farm import VirtualFarm


def store(hass_storage: dict[str, Any], farm: VirtualFarm, data: object) -> None:
    """Write the data that the next start reads."""
    key = f"{DOMAIN}.{farm.config.store_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": data}


@pytest.mark.parametrize(
    "data",
    [
        {"sent": "12345"},
        {"sent": {"1": 2}},
        {"sent": 5},
        {"sent": [True, None, "now", [], {}]},
        {"sent": [float("nan"), float("inf"), -float("inf"), 10**400, -(10**400), 1e300]},
        *({"sent": [], "ahead": ahead} for ahead in (0.0, 1.0, -1, 10**9, "1", [], {}, float("nan"))),
    ],
)
async def test_invalid_request_log_costs_little_quota(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, setup_entry: SetUp, data: object
) -> None:
    store(hass_storage, farm, data)
    limiter = (await async_get_store_state(hass, farm.config.store_id)).limiter
    assert limiter.requests_last_hour <= 2
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
    assert "GET /v1/printers" in [f"{request.method} {request.path}" for request in farm.requests]


@pytest.mark.parametrize("ahead", [None, 2, 7, -1, "0", 0.0, True], ids=str)
async def test_log_without_a_clean_end_counts_possibly_unsaved_requests(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, ahead: object
) -> None:
    store(hass_storage, farm, {"sent": [], "ahead": ahead})
    assert (await async_get_store_state(hass, farm.config.store_id)).limiter.requests_last_hour == 2


async def test_request_log_in_the_far_future_costs_an_hour_at_most(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, clock: Clock, setup_entry: SetUp
) -> None:
    store(hass_storage, farm, {"sent": [253_000_000_000.0] * 10_000, "ahead": 0})
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
    assert farm.requests == []
    assert entry.runtime_data.coordinator.store_state.limiter.delay(RequestPriority.USER) <= 3610

    clock.now += 3611
    await entry.runtime_data.coordinator.async_refresh()
    await pass_time(hass, 31)

    await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
    assert value_of(hass, farm.config.store_id, "jobs_queued") not in (None, "unknown", "unavailable")


async def test_store_that_was_only_tried_is_saved_before_its_next_request(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"{DOMAIN}.{farm.config.store_id}"
    state = await async_get_store_state(hass, farm.config.store_id)
    for _ in range(3):
        await state.limiter.acquire(RequestPriority.USER)
    assert key not in hass_storage

    saved: list[dict[str, Any] | None] = []
    monkeypatch.setattr(state.limiter, "_on_sent", lambda: saved.append(hass_storage.get(key)))
    state.async_keep()
    await state.limiter.acquire(RequestPriority.USER)

    (before_it,) = saved
    assert before_it is not None
    assert len(before_it["data"]["sent"]) == 3
    # As long as Home Assistant runs, some more may be sent before the next write.
    assert before_it["data"]["ahead"] == MAX_UNSAVED


async def test_removed_store_leaves_nothing_although_it_was_just_being_saved(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = await async_get_store_state(hass, farm.config.store_id)
    state.async_keep()
    asked, may_write = asyncio.Event(), asyncio.Event()
    save = state._storage.async_save

    async def save_slowly(data: dict[str, Any]) -> None:
        asked.set()
        await may_write.wait()
        await save(data)

    monkeypatch.setattr(state._storage, "async_save", save_slowly)
    sending = hass.async_create_task(state.limiter.acquire(RequestPriority.USER))
    await asked.wait()
    removing = hass.async_create_task(state.async_remove())
    may_write.set()
    await asyncio.gather(sending, removing)

    assert f"{DOMAIN}.{farm.config.store_id}" not in hass_storage
