"""Polls: their interval, the effect of failures, and changes that the stream did not report."""

import asyncio
from datetime import timedelta
import math
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.printago.api import Listing, PrintJob, RequestPriority
from custom_components.printago.coordinator import POLL_WITH_STREAM, POLL_WITHOUT_STREAM
from custom_components.printago.diagnostics.health import describe_rest
from tests.conftest import SetUp
from tests.support.common import device_of, pass_time, paths, printer_named, silence, until, until_asked, value_of
from tests.support.event_recorder import confirm_refusal, drop_stream, restore_stream
from tests.support.publish import poll, publish_stat
from virtual_farm import Fault, VirtualFarm

POLL = ["GET /v1/printers", "GET /v1/print-jobs"]


async def test_poll_interval_is_long_with_the_stream_and_short_without(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    # Pushes must not postpone the poll.
    for percent in range(3):
        publish_stat(farm, busy, data={"print": {"percent": percent}})
    await until(hass, lambda: value_of(hass, busy, "print_progress") == "2")
    await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() * 2)
    assert farm.requests == []
    await pass_time(hass, POLL_WITH_STREAM.total_seconds() + 2)
    assert paths(farm) == POLL

    await drop_stream(hass, farm)
    await confirm_refusal(hass, entry)
    farm.clear_requests()
    await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)
    assert paths(farm)[:2] == POLL


async def test_poll_interval_is_short_while_the_broker_sends_nothing(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 0)
    silence(farm)
    entry = await setup_entry()
    await poll(hass, entry)
    assert describe_rest(entry.runtime_data.coordinator)["poll_seconds"] == POLL_WITHOUT_STREAM.total_seconds()

    printer = printer_named(farm, "X1 Carbon 01")
    publish_stat(farm, printer, data={"print": {"percent": 88}})
    await until(hass, lambda: value_of(hass, printer, "print_progress") == "88")
    await poll(hass, entry)
    assert describe_rest(entry.runtime_data.coordinator)["poll_seconds"] == POLL_WITH_STREAM.total_seconds()


async def test_poll_interval_is_short_after_a_reconnect_without_messages(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 0)
    await poll(hass, entry)
    assert describe_rest(entry.runtime_data.coordinator)["poll_seconds"] == POLL_WITH_STREAM.total_seconds()
    silence(farm)
    await drop_stream(hass, farm)
    await restore_stream(hass, farm, entry)

    await poll(hass, entry)

    assert describe_rest(entry.runtime_data.coordinator)["poll_seconds"] == POLL_WITHOUT_STREAM.total_seconds()


@pytest.mark.printers(8)
async def test_changes_while_the_stream_was_down_are_found_by_one_snapshot(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    store = farm.config.store_id
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
    farm.remove_printer(printer_named(farm, "A1 01"))
    farm.clear_requests()

    farm.publisher.refuse = False
    await until(hass, lambda: value_of(hass, store, "printers_total") == "7")
    assert value_of(hass, store, "realtime", "binary_sensor") == "on"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert paths(farm).count("GET /v1/printers") <= 2


@pytest.mark.parametrize("mode", ["truncated", "html", "status"])
async def test_failed_poll_removes_nothing_and_is_logged_once(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    busy: str,
    caplog: pytest.LogCaptureFixture,
    mode: Any,
) -> None:
    farm.inject_fault(Fault(mode=mode, count=4, path="/v1/printers"))
    await poll(hass, entry)
    await poll(hass, entry)

    assert value_of(hass, busy, "readiness") == "busy"
    assert device_of(hass, entry, busy) is not None
    assert caplog.text.count("Error fetching Virtual Farm data") == 1
    farm.clear_faults()
    await poll(hass, entry)
    assert caplog.text.count("Fetching Virtual Farm data recovered") == 1


async def test_empty_list_removes_nothing_until_a_second_one_confirms_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.world.printers.clear()
    await poll(hass, entry)
    assert device_of(hass, entry, busy) is not None
    await poll(hass, entry)
    assert device_of(hass, entry, busy) is None


@pytest.mark.printers(8)
async def test_everything_is_unavailable_only_when_stream_and_rest_are_both_down(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    farm.inject_fault(Fault(mode="status", status=503, count=1000))
    await poll(hass, entry)
    assert value_of(hass, busy, "readiness") == "busy"

    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, busy, "readiness") == "unavailable")
    assert value_of(hass, store, "printers_total") == "unavailable"
    assert value_of(hass, store, "realtime", "binary_sensor") == "off"

    farm.clear_faults()
    await poll(hass, entry)
    assert value_of(hass, busy, "readiness") == "busy"
    assert value_of(hass, store, "printers_total") == "8"


async def test_revoked_key_leads_to_reauth(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.revoke_api_key(farm.config.api_key)
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    await poll(hass, entry)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


async def test_refused_stream_alone_does_not_start_reauth(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    await drop_stream(hass, farm)
    await confirm_refusal(hass, entry)
    assert paths(farm)[:2] == POLL
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert value_of(hass, busy, "readiness") == "busy"


@pytest.mark.printers(8)
async def test_key_that_may_not_view_the_queue_still_shows_the_printers(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: Any
) -> None:
    farm.add_api_key("key_that_sees_nothing_but_printers", ["printer.view", "printer.stats"])
    entry = await setup_entry(api_key="key_that_sees_nothing_but_printers")
    await hass.async_block_till_done(wait_background_tasks=True)
    store = farm.config.store_id

    assert value_of(hass, store, "printers_total") == "8"
    assert value_of(hass, store, "jobs_queued") == "unavailable"
    assert value_of(hass, store, "jobs_completed") == "unavailable"
    farm.clear_requests()
    await poll(hass, entry)
    assert paths(farm) == ["GET /v1/printers"]


async def test_refused_job_list_is_requested_again_within_the_hour(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    farm.inject_fault(Fault(mode="status", status=403, path="/v1/print-jobs"))
    await poll(hass, entry)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") == "unavailable")
    assert value_of(hass, busy, "current_job") == "unknown"

    entry.runtime_data.coordinator.slow_poller._reads["completed_count"].asked_at = -math.inf
    await pass_time(hass, 3601)
    await poll(hass, entry)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") not in (None, "unknown", "unavailable", "0"))
    assert value_of(hass, busy, "current_job") == "Plant Pot"


@pytest.mark.printers(8)
async def test_failed_snapshot_is_retried_within_a_minute(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
    farm.remove_printer(printer_named(farm, "A1 01"))
    farm.inject_fault(Fault(mode="status", status=502, path="/v1/printers", count=2))

    farm.publisher.refuse = False
    entry.runtime_data.coordinator.realtime.reconnect_now()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "on")
    for _ in range(3):
        await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)

    assert value_of(hass, store, "printers_total") == "7"


async def test_snapshot_requested_before_a_reconnect_is_followed_by_another(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", until=answer, path="/v1/printers"))
    polling = hass.async_create_task(poll(hass, entry))
    await until_asked(lambda: farm.requests != [])
    entry.runtime_data.coordinator.async_reconcile()
    answer.set()
    await polling
    await pass_time(hass, 20)
    assert paths(farm).count("GET /v1/printers") == 2


@pytest.mark.usefixtures("at_rest")
async def test_requested_snapshot_is_read_once(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    await pass_time(hass, 16)
    farm.clear_requests()
    entry.runtime_data.coordinator.async_reconcile()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert paths(farm).count("GET /v1/printers") == 1
    for seconds in (17, 34):
        await pass_time(hass, seconds)
    assert paths(farm).count("GET /v1/printers") == 1


async def test_snapshot_requested_during_a_slow_one_is_not_forgotten(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = entry.runtime_data.coordinator.client
    open_jobs, under_way, may_go_on = client.open_jobs, asyncio.Event(), asyncio.Event()

    async def take_long(priority: RequestPriority) -> Listing[PrintJob]:
        under_way.set()
        await may_go_on.wait()
        return await open_jobs(priority)

    monkeypatch.setattr(client, "open_jobs", take_long)
    polling = hass.async_create_task(poll(hass, entry))
    await under_way.wait()
    entry.runtime_data.coordinator.async_reconcile()
    # The requested snapshot waits until the slow one is finished.
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=16))
    for _ in range(3):
        await asyncio.sleep(0)
    assert paths(farm) == POLL[:1]
    may_go_on.set()
    await polling
    await pass_time(hass, 16)
    assert paths(farm) == POLL * 2


@pytest.mark.printers(8)
async def test_farm_read_long_ago_is_read_again_before_it_is_shown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._REMEMBER_SECONDS", 0)
    farm.remove_printer(printer_named(farm, "A1 01"))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert value_of(hass, farm.config.store_id, "printers_total") == "7"


async def test_refused_key_that_works_again_is_detected_within_the_hour(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.inject_fault(Fault(mode="status", status=401, path="/v1/printers"))
    await poll(hass, entry)
    farm.remove_printer(printer_named(farm, "A1 01"))
    farm.clear_requests()

    await pass_time(hass, 3601)

    assert "GET /v1/printers" in paths(farm)
