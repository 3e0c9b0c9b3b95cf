"""Events fire once: not at the start, not after reconnects, and not lost during outages."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, press, printer_named, state_of, until, until_farm, value_of
from tests.support.event_recorder import EventRecorder, busy_job, restore_stream
from virtual_farm import VirtualFarm


async def test_no_event_fires_at_the_start(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    recorder = EventRecorder(hass)
    entry = await setup_entry()
    await pass_time(hass, 31)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)
    assert recorder.events == []


async def test_print_is_followed_from_its_job_to_its_end(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    part = next(part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy")
    farm.builder.build(
        {"parts": [{"partId": part, "tags": {"printer.id": printer}, "label": "Order 7", "position": "front"}]}
    )
    prints = entity_id(hass, printer, "print", "event")
    jobs = entity_id(hass, farm.config.store_id, "job", "event")
    while "print_started" not in recorder.of(prints):
        await farm.advance(30)
        await hass.async_block_till_done()
    await press(hass, printer, "pause")
    await until(hass, lambda: "print_paused" in recorder.of(prints))
    await press(hass, printer, "resume")
    await until(hass, lambda: "print_resumed" in recorder.of(prints))
    farm.finish_print(printer)
    await until(hass, lambda: "print_finished" in recorder.of(prints))

    assert recorder.of(prints) == ["print_started", "print_paused", "print_resumed", "print_finished"]
    kinds = [kind for kind in recorder.of(jobs) if kind != "job_assigned"]
    assert kinds == ["job_created", "job_started", "job_paused", "job_finished"]
    data = recorder.data("print_finished")
    assert data["job"] == "Order 7"
    assert data["part"] == "Benchy"
    assert data["printer"] == "A1 01"
    assert data["attempt"] == 1
    assert data["duration"] >= 0
    assert "late" not in data
    result = state_of(hass, printer, "last_print_result")
    assert result.state == "finished"
    assert result.attributes["job"] == "Order 7"


@pytest.mark.usefixtures("every_entity_enabled")
async def test_failed_print_is_counted_and_its_reason_kept(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_storage: dict[str, Any]
) -> None:
    entry = await setup_entry()
    await pass_time(hass, 31)
    recorder = EventRecorder(hass)
    printer = printer_named(farm, "X1 Carbon 01")
    assert value_of(hass, printer, "last_print_result") == "unknown"
    farm.fail_print(printer, "Spaghetti detected")
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "failed")

    assert state_of(hass, printer, "last_print_result").attributes["reason"] == "Spaghetti detected"
    assert value_of(hass, printer, "failed_prints") == "1"
    assert recorder.data("print_failed")["reason"] == "Spaghetti detected"
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    saved = hass_storage[f"printago.{farm.config.store_id}"]["data"]["results"][printer]
    assert saved["result"] == "failed"
    assert saved["failed_prints"] == 1

    store_state = entry.runtime_data.coordinator.store_state
    store_state.results.restore(
        {printer: {"result": "canceled", "failed_prints": 7, "job": 5}, "x": 1, "y": {"result": []}}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert value_of(hass, printer, "last_print_result") == "canceled"
    assert value_of(hass, printer, "failed_prints") == "7"


async def test_print_stopped_by_a_user_is_canceled_whatever_the_printer_reports(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    await press(hass, printer, "stop")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "failed")
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "canceled")
    assert recorder.of(entity_id(hass, printer, "print", "event")) == ["print_canceled"]


async def test_retried_job_is_another_attempt(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    job = busy_job(farm, printer)
    jobs = entity_id(hass, farm.config.store_id, "job", "event")
    farm.fail_print(printer)
    await until(hass, lambda: "job_failed" in recorder.of(jobs))
    farm.queue.retry(job)
    farm.settle()
    await until(hass, lambda: "job_retried" in recorder.of(jobs))
    assert recorder.data("job_retried")["attempt"] == 2


async def test_fifty_reconnects_while_idle_fire_no_event(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    store = farm.config.store_id
    for _ in range(50):
        await farm.disconnect_clients()
        await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
        entry.runtime_data.coordinator.realtime.reconnect_now()
        await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "on")
    await restore_stream(hass, farm, entry)
    assert recorder.events == []


async def test_printer_fires_an_alert_when_offline_and_when_online_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    alert = entity_id(hass, printer, "alert", "event")
    farm.disconnect_printer(printer)
    await until(hass, lambda: "printer_offline" in recorder.of(alert))
    farm.reconnect_printer(printer)
    await until(hass, lambda: "printer_online" in recorder.of(alert))
    assert recorder.of(alert) == ["printer_offline", "printer_online"]


async def test_health_messages_fire_once_with_their_page(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    alert = entity_id(hass, printer, "alert", "event")
    farm.raise_hms(printer, "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    await until(hass, lambda: "hms_error" in recorder.of(alert))
    farm.raise_hms(printer, "0700-2000-0002-0001", "AMS A slot 1 is empty", severity="warning")
    await until(hass, lambda: "hms_warning" in recorder.of(alert))
    await farm.disconnect_clients()
    await restore_stream(hass, farm, entry)
    farm.clear_hms(printer, "0300-0D00-0001-000B")
    await until(hass, lambda: "hms_cleared" in recorder.of(alert))
    assert recorder.of(alert) == ["hms_error", "hms_warning", "hms_cleared"]
    data = recorder.data("hms_error")
    assert data["code"] == "0300-0D00-0001-000B"
    assert data["severity"] == "error"
    assert data["wiki"].endswith("0300_0D00_0001_000B")


async def test_fabmatic_that_trips_raises_an_alert_with_the_cause(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    alert = entity_id(hass, printer, "alert", "event")
    farm.fleet.set_fabmatic(farm.printer(printer), enabled=True, job_limit=5)
    farm.settle()
    await until_farm(entry, lambda: entry.runtime_data.coordinator.farm.printers[printer].record.continuous_print)
    farm.raise_hms(printer, "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    await until(hass, lambda: "fabmatic_tripped" in recorder.of(alert))
    assert recorder.data("fabmatic_tripped")["cause"] in ("hms", "unknown")


async def test_fabmatic_that_we_turn_off_raises_no_alert(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    farm.fleet.set_fabmatic(farm.printer(printer), enabled=True, job_limit=5)
    farm.settle()
    await until_farm(entry, lambda: entry.runtime_data.coordinator.farm.printers[printer].record.continuous_print)
    entry.runtime_data.coordinator.store_state.event_detector.expect_fabmatic_off(printer)
    farm.fleet.set_fabmatic(farm.printer(printer), enabled=False, job_limit=None)
    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "offline")
    assert recorder.of(entity_id(hass, printer, "alert", "event")) == ["printer_offline"]


async def test_external_print_fires_events_by_the_status_of_the_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    prints = entity_id(hass, printer, "print", "event")
    farm.print_from_outside(printer, "Bracket")
    while "print_started" not in recorder.of(prints):
        await farm.advance(60)
        await hass.async_block_till_done()
    farm.finish_print(printer)
    await until(hass, lambda: "print_finished" in recorder.of(prints))
    assert recorder.of(prints) == ["print_started", "print_finished"]
    assert recorder.data("print_finished")["job"] == "Bracket"
    assert "job_id" not in recorder.data("print_finished")
    assert value_of(hass, printer, "last_print_result") == "finished"


async def test_external_print_with_an_outage_starts_once_and_ends_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    prints, alerts = entity_id(hass, printer, "print", "event"), entity_id(hass, printer, "alert", "event")
    farm.print_from_outside(printer, "Bracket")
    while "print_started" not in recorder.of(prints):
        await farm.advance(60)
        await hass.async_block_till_done()
    for times in (1, 2):
        farm.disconnect_printer(printer)
        await until(hass, lambda: value_of(hass, printer, "print_status") == "offline")
        farm.reconnect_printer(printer)
        await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
        assert recorder.of(alerts) == ["printer_offline", "printer_online"] * times
    farm.finish_print(printer)
    await until(hass, lambda: "print_finished" in recorder.of(prints))
    assert recorder.of(prints) == ["print_started", "print_finished"]


async def test_printer_that_is_removed_and_returns_has_no_old_results(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    recorder: EventRecorder,
    hass_storage: dict[str, Any],
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    farm.fail_print(printer, "Spaghetti detected")
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "failed")
    record = farm.printer(printer)
    farm.remove_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "last_print_result") is None)

    farm.world.printers.insert(printer, record)
    record.updated_at = farm.world.now()
    farm.settle()
    await until(hass, lambda: value_of(hass, printer, "last_print_result") is not None)
    assert value_of(hass, printer, "last_print_result") == "unknown"
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    assert printer not in hass_storage[f"printago.{farm.config.store_id}"]["data"]["results"]


async def test_order_fires_when_created_and_when_closed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    orders = entity_id(hass, farm.config.store_id, "order", "event")
    document = farm.world.document(**{
        **{key: None for key in next(iter(farm.world.orders.values())) if key not in ("id", "storeId", "createdAt", "updatedAt")},
        "orderNumber": "1042", "status": "open", "syncDisabled": False,
    })  # fmt: skip
    farm.world.orders.insert(document["id"], document)
    farm.settle()
    await until(hass, lambda: "order_created" in recorder.of(orders))
    farm.world.orders.change(document["id"], {"status": "closed"})
    farm.settle()
    await until(hass, lambda: "order_closed" in recorder.of(orders))
    assert recorder.data("order_closed")["order_number"] == "1042"


@pytest.mark.usefixtures("every_entity_enabled")
async def test_external_print_across_a_restart_keeps_its_start(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_storage: dict[str, Any]
) -> None:
    printer, key = printer_named(farm, "A1 01"), f"printago.{farm.config.store_id}"
    farm.print_from_outside(printer, "Bracket")
    await farm.advance(300)
    began = (farm.config.clock() - timedelta(hours=1)).isoformat(timespec="seconds")
    saved = {printer: {"seen_at": began, "name": "Bracket", "progress": 0.5}}
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {"external_prints": saved}}
    await setup_entry()
    recorder = EventRecorder(hass)
    await until(hass, lambda: value_of(hass, printer, "start_time") == began)
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    assert hass_storage[key]["data"]["external_prints"][printer]["seen_at"] == began

    farm.finish_print(printer)
    prints = entity_id(hass, printer, "print", "event")
    await until(hass, lambda: recorder.of(prints) == ["print_finished"])
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    assert hass_storage[key]["data"]["external_prints"] == {}
