"""The stream, the poll, and what they do to entities and devices."""

import asyncio
from datetime import UTC, datetime, timedelta
import json
import math
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.coordinator import POLL_WITH_STREAM, POLL_WITHOUT_STREAM
from custom_components.printago.health import describe_rest
from tests.common import device_of, entity_id, pass_time, paths, printer_named, silence, state_of, until, value_of
from tests.conftest import SetUp
from virtual_farm import FarmConfig, Fault, VirtualFarm

POLL = ["GET /v1/printers", "GET /v1/print-jobs"]


def publish_stat(farm: VirtualFarm, printer_id: str, **changes: Any) -> None:
    """Publish a telemetry message of a printer, as the cloud does."""
    now = farm.config.clock()
    stat = {
        "printerId": printer_id,
        "storeId": farm.config.store_id,
        "state": "RUNNING",
        "isOnline": True,
        "isAvailable": False,
        "receivedAt": now.isoformat(),
        "expiresAt": (now + timedelta(minutes=5)).isoformat(),
        "data": {},
        **changes,
    }
    farm.publish(f"stores/{farm.config.store_id}/printer-stats/{printer_id}", json.dumps(stat).encode())


async def poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the poll happen now, whenever it is due."""
    await entry.runtime_data.async_refresh()


@pytest.fixture
async def busy(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> str:
    """Return the printer of the farm that prints; all has calmed down after set-up."""
    await pass_time(hass, 31)
    farm.clear_requests()
    return printer_named(farm, "X1 Carbon 01")


async def test_telemetry_reaches_the_states(hass: HomeAssistant, farm: VirtualFarm, busy: str) -> None:
    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 231.54}, "print": {"percent": 88, "currentLayer": 7}})

    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "232")
    assert value_of(hass, busy, "print_progress") == "88"
    assert value_of(hass, busy, "current_layer") == "7"
    assert farm.requests == []


async def test_push_writes_only_what_changed_and_only_of_its_printer(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        written.append(event.data["entity_id"])

    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 222.2, "bedTemp": 61}})
    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "222")
    hass.bus.async_listen(EVENT_STATE_CHANGED, note)

    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 222.2, "bedTemp": 61}})
    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 223.3, "bedTemp": 61}})
    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "223")

    assert written == [entity_id(hass, busy, "nozzle_temp")]


async def test_burst_of_readings_is_written_once_and_a_status_in_it_at_once(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    written: list[tuple[str, str]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            written.append((state.entity_id.partition(".")[2], state.state))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    for step in range(1, 20):
        publish_stat(farm, busy, data={"print": {"percent": 50 + step, "currentLayer": 100 + step}})
    await until(hass, lambda: value_of(hass, busy, "current_layer") == "119")
    assert value_of(hass, busy, "print_progress") == "69"
    assert len(written) <= 6

    written.clear()
    for step in range(1, 20):
        publish_stat(farm, busy, data={"print": {"percent": 70 + step}})
    publish_stat(farm, busy, state="PAUSE")
    publish_stat(farm, busy, state="RUNNING")
    await until(hass, lambda: value_of(hass, busy, "print_status") == "running" and bool(written))
    states = [state for name, state in written if name.endswith("print_status")]
    assert states == ["pause", "running"]
    assert value_of(hass, busy, "print_progress") == "89"


async def test_stale_telemetry_is_unavailable_but_status_and_readiness_stay(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    server_now = entry.runtime_data.farm.server_now
    entry.runtime_data.farm.server_now = lambda: server_now() + timedelta(minutes=6)
    await pass_time(hass, 11)
    entry.runtime_data.farm.server_now = server_now

    assert value_of(hass, busy, "nozzle_temp") == "unavailable"
    assert value_of(hass, busy, "hms", "binary_sensor") == "unavailable"
    assert value_of(hass, busy, "print_status") == "running"
    assert value_of(hass, busy, "readiness") == "busy"
    assert value_of(hass, busy, "online", "binary_sensor") == "on"

    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 200}})
    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "200")


class TestFarmInAnotherTime:
    """The server's clock is what counts: a wrong clock of Home Assistant makes nothing stale."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Let the cloud live three hours ahead."""
        return FarmConfig(speed=0, clock=lambda: datetime.now(UTC) + timedelta(hours=3))

    async def test_expiry_is_judged_by_the_clock_of_the_server(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        busy = printer_named(farm, "X1 Carbon 01")
        assert value_of(hass, busy, "nozzle_temp") not in ("unknown", "unavailable")

        expired = farm.config.clock() - timedelta(seconds=30)
        publish_stat(farm, busy, expiresAt=expired.isoformat())
        await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "unavailable")


async def test_offline_printer_shows_no_temperatures_and_its_controls_are_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    farm.disconnect_printer(busy)

    await until(hass, lambda: value_of(hass, busy, "readiness") == "offline")
    assert value_of(hass, busy, "print_status") == "offline"
    assert value_of(hass, busy, "online", "binary_sensor") == "off"
    assert value_of(hass, busy, "nozzle_temp") == "unavailable"
    assert value_of(hass, busy, "pause", "button") == "unavailable"
    assert value_of(hass, busy, "confirm_bed_cleared", "button") != "unavailable"


async def test_printer_comes_is_renamed_and_goes_without_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    added = farm.add_printer("X1C", "Newcomer")
    await until(hass, lambda: value_of(hass, added.id, "readiness") == "awaiting_clear")
    await until(hass, lambda: value_of(hass, added.id, "chamber_temp") not in (None, "unknown", "unavailable"))

    farm.rename_printer(added.id, "Settler")
    await until(
        hass, lambda: "Settler" in state_of(hass, farm.config.store_id, "printers_total").attributes["printers"]
    )
    device = device_of(hass, entry, added.id)
    assert device is not None
    assert device.name == "Settler"

    farm.remove_printer(added.id)
    await until(hass, lambda: hass.states.get("sensor.newcomer_readiness") is None)
    assert device_of(hass, entry, added.id) is None

    again = farm.add_printer("A1", "Newcomer")
    await until(hass, lambda: hass.states.get("sensor.newcomer_readiness") is not None)
    assert value_of(hass, again.id, "readiness") == "awaiting_clear"


async def test_part_of_a_printer_becomes_an_entity_when_it_first_shows(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    open_printer = printer_named(farm, "A1 01")
    assert value_of(hass, open_printer, "chamber_temp") is None

    publish_stat(farm, open_printer, state="IDLE", isAvailable=True, data={"temps": {"chamberTemp": 31}})

    await until(hass, lambda: hass.states.get("sensor.a1_01_chamber_temperature") is not None)
    assert value_of(hass, open_printer, "chamber_temp") == "31"


async def test_part_that_was_once_shown_is_there_after_a_start_with_a_silent_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    memory = entry.runtime_data.memory
    await hass.config_entries.async_unload(entry.entry_id)
    memory.async_forget_farm()
    farm.publish(f"stores/{farm.config.store_id}/printer-stats/{busy}", b"", retain=True)

    await hass.config_entries.async_setup(entry.entry_id)

    assert value_of(hass, busy, "chamber_temp") == "unavailable"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("printer-stats/{printer}", b"\xff not JSON"),
        ("printer-stats/{printer}", b"[]"),
        ("printer-stats/{printer}", b'{"data": {"temps": "hot", "print": [1], "health": 3}, "receivedAt": 5}'),
        ("printer-stats/{stranger}", b'{"data": {}}'),
        ("entities/printers", b'{"action": "EXPLODE", "entities": {}}'),
        ("entities/printers", b'{"action": "UPDATE", "entities": {"{printer}": null}}'),
        ("entities/webhooks", b'{"action": "INSERT", "entities": {"{printer}": {}}}'),
        ("entities", b"{}"),
    ],
)
async def test_malformed_message_changes_nothing_and_the_stream_goes_on(
    hass: HomeAssistant,
    farm: VirtualFarm,
    busy: str,
    caplog: pytest.LogCaptureFixture,
    topic: str,
    payload: bytes,
) -> None:
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    names = {"printer": busy, "stranger": "z" * 24}
    topic = topic.format(**names)
    farm.publish(f"stores/{farm.config.store_id}/{topic}", payload.replace(b"{printer}", busy.encode()))
    publish_stat(farm, busy, data={"print": {"stage": "After it"}})
    await until(hass, lambda: value_of(hass, busy, "stage") == "After it")

    after = {state.entity_id: state.state for state in hass.states.async_all()}
    after[entity_id(hass, busy, "stage")] = before[entity_id(hass, busy, "stage")]
    assert after == before
    assert "Traceback" not in caplog.text


async def test_poll_is_slow_with_the_stream_and_quick_without(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    # Pushes must not postpone the poll.
    for percent in range(3):
        publish_stat(farm, busy, data={"print": {"percent": percent}})
    await until(hass, lambda: value_of(hass, busy, "print_progress") == "2")
    await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() * 2)
    assert farm.requests == []
    await pass_time(hass, POLL_WITH_STREAM.total_seconds() + 2)
    assert paths(farm) == POLL

    farm.clear_requests()
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)
    assert paths(farm)[:2] == POLL


async def test_poll_is_quick_while_the_broker_lets_us_in_and_tells_us_nothing(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 0)
    silence(farm)
    entry = await setup_entry()
    await poll(hass, entry)
    assert describe_rest(entry.runtime_data)["poll_seconds"] == POLL_WITHOUT_STREAM.total_seconds()

    printer = printer_named(farm, "X1 Carbon 01")
    publish_stat(farm, printer, data={"print": {"percent": 88}})
    await until(hass, lambda: value_of(hass, printer, "print_progress") == "88")
    await poll(hass, entry)
    assert describe_rest(entry.runtime_data)["poll_seconds"] == POLL_WITH_STREAM.total_seconds()


async def test_what_changed_while_the_stream_was_down_is_found_by_one_reconcile(
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
async def test_failed_poll_removes_nothing_and_says_so_once(
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


async def test_list_that_is_suddenly_empty_removes_nothing_until_it_is_so_twice(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.world.printers.clear()
    await poll(hass, entry)
    assert device_of(hass, entry, busy) is not None
    await poll(hass, entry)
    assert device_of(hass, entry, busy) is None


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


async def test_refused_stream_alone_does_not_ask_for_another_key(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.publisher.refuse = True
    refused = farm.publisher.refused_logins
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    farm.clear_requests()
    while farm.publisher.refused_logins == refused or not farm.requests:
        await farm.publisher.wait_for_clients(0)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert value_of(hass, busy, "readiness") == "busy"


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


async def test_completed_jobs_are_counted_at_once_and_corrected_every_hour(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    before = int(value_of(hass, store, "jobs_completed"))
    farm.finish_print(busy)
    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(before + 1))

    farm.world.completed_jobs += 10
    entry.runtime_data.seldom._reads["completed_count"].asked_at = -math.inf
    await pass_time(hass, 3601)
    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(farm.world.completed_jobs))


async def test_refused_job_list_is_asked_for_again_within_the_hour(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    farm.inject_fault(Fault(mode="status", status=403, path="/v1/print-jobs"))
    await poll(hass, entry)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") == "unavailable")
    assert value_of(hass, busy, "current_job") == "unknown"

    entry.runtime_data.seldom._reads["completed_count"].asked_at = -math.inf
    await pass_time(hass, 3601)
    await poll(hass, entry)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") not in (None, "unknown", "unavailable", "0"))
    assert value_of(hass, busy, "current_job") == "Plant Pot"


async def test_total_of_completed_jobs_goes_back_only_when_printago_says_so_twice(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    own = int(value_of(hass, store, "jobs_completed") or 0)
    farm.world.completed_jobs -= 5

    for _ in range(2):
        assert value_of(hass, store, "jobs_completed") == str(own)
        entry.runtime_data.seldom._reads["completed_count"].asked_at = -math.inf
        await pass_time(hass, 3601)

    assert value_of(hass, store, "jobs_completed") == str(own - 5)


async def test_job_that_ended_unseen_is_counted_soon(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    own = int(value_of(hass, store, "jobs_completed") or 0)
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
    farm.finish_print(busy)

    entry.runtime_data.seldom._reads["completed_count"].asked_at = -math.inf
    await poll(hass, entry)

    await until(hass, lambda: value_of(hass, store, "jobs_completed") == str(own + 1))


async def test_reconcile_that_fails_is_tried_again_within_a_minute(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store = farm.config.store_id
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
    farm.remove_printer(printer_named(farm, "A1 01"))
    farm.inject_fault(Fault(mode="status", status=502, path="/v1/printers", count=2))

    farm.publisher.refuse = False
    entry.runtime_data.realtime.reconnect_now()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "on")
    for _ in range(3):
        await pass_time(hass, POLL_WITHOUT_STREAM.total_seconds() + 2)

    assert value_of(hass, store, "printers_total") == "7"


async def test_snapshot_asked_for_before_a_reconnect_is_followed_by_another(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.inject_fault(Fault(mode="slow", seconds=0.3, path="/v1/printers"))
    polling = hass.async_create_task(poll(hass, entry))
    while not farm.requests:  # noqa: ASYNC110, the farm has no event
        await asyncio.sleep(0)
    entry.runtime_data.async_reconcile()
    await polling
    await pass_time(hass, 20)
    assert paths(farm).count("GET /v1/printers") == 2


async def test_farm_that_was_read_long_ago_is_read_again_before_it_is_shown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._REMEMBER_SECONDS", 0)
    farm.remove_printer(printer_named(farm, "A1 01"))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert value_of(hass, farm.config.store_id, "printers_total") == "7"


async def test_refused_key_that_works_again_is_found_out_within_the_hour(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    farm.inject_fault(Fault(mode="status", status=401, path="/v1/printers"))
    await poll(hass, entry)
    farm.remove_printer(printer_named(farm, "A1 01"))
    farm.clear_requests()

    await pass_time(hass, 3601)

    assert "GET /v1/printers" in paths(farm)
