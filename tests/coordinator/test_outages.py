"""Log messages when Printago can't be reached: one at the start and one at the end."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.printago.api.models.records import JobStatus, PrintJob
from custom_components.printago.model.changes import Changes, JobChange
from custom_components.printago.model.events import FarmEvent, Scope
from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, printer_named, silence, until, until_farm, value_of
from tests.support.event_recorder import EventRecorder
from tests.support.issues import Clock
from virtual_farm import Fault, VirtualFarm


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Poll at once."""
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()


async def test_rest_outage_across_a_reload_is_logged_once_and_so_is_its_end(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    farm.inject_fault(Fault(mode="status", status=503, count=10_000))
    await refresh(hass, entry)
    await hass.config_entries.async_reload(entry.entry_id)
    await refresh(hass, entry)
    assert caplog.text.count("Error fetching") == 1

    await hass.config_entries.async_reload(entry.entry_id)
    farm.clear_faults()
    await refresh(hass, entry)
    assert caplog.text.count("data recovered") == 1


async def test_rest_outage_that_starts_during_a_reload_has_an_end(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr("custom_components.printago.coordinator._REMEMBER_SECONDS", 0)
    farm.inject_fault(Fault(mode="status", status=503, count=10_000))
    await hass.config_entries.async_reload(entry.entry_id)
    assert "not ready yet" in caplog.text

    farm.clear_faults()
    await hass.config_entries.async_reload(entry.entry_id)
    assert caplog.text.count("data recovered") == 1


async def test_stream_outage_across_a_reload_is_logged_once_and_so_is_its_end(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.coordinator.realtime.refused
    logged = [record for record in caplog.records if "trying again in the background" in record.getMessage()]
    assert len(logged) == 1

    farm.publisher.refuse = False
    entry.runtime_data.coordinator.realtime.reconnect_now()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "on")
    assert caplog.text.count("Realtime connection restored") == 1


async def test_events_during_an_outage_fire_when_entities_are_available_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    prints = entity_id(hass, printer, "print", "event")
    jobs = entity_id(hass, farm.config.store_id, "job", "event")
    farm.inject_fault(Fault(mode="status", status=503, count=10_000))
    await refresh(hass, entry)
    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, printer, "print", "event") == "unavailable")
    farm.fail_print(printer)
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)

    farm.clear_faults()
    await refresh(hass, entry)
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "failed")

    for event, kind in ((prints, "print_failed"), (jobs, "job_failed")):
        fired = next(
            change.data
            for change in changes
            if change.data["entity_id"] == event and change.data["new_state"].attributes.get("event_type") == kind
        )
        assert fired["old_state"].state != "unavailable"


async def test_events_during_a_reload_fire_when_entities_are_added(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    alerts = entity_id(hass, printer, "alert", "event")
    unload = hass.config_entries.async_unload_platforms

    async def unload_and_lose_a_printer(*args: Any) -> bool:
        unloaded = await unload(*args)
        # The stream stays up for a moment.
        farm.disconnect_printer(printer)
        while entry.runtime_data.coordinator.farm.printers[printer].is_online:  # noqa: ASYNC110, the model tells only those who are gone
            await asyncio.sleep(0.01)
        return unloaded

    monkeypatch.setattr(hass.config_entries, "async_unload_platforms", unload_and_lose_a_printer)
    await hass.config_entries.async_reload(entry.entry_id)

    state = hass.states.get(alerts)
    assert state is not None
    assert state.attributes["event_type"] == "printer_offline"
    assert not entry.runtime_data.coordinator.store_state.pending_events


async def test_events_fire_after_an_unload_that_failed(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    recorder: EventRecorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    with monkeypatch.context() as failing:
        failing.setattr(hass.config_entries, "async_unload_platforms", AsyncMock(return_value=False))
        assert not await hass.config_entries.async_unload(entry.entry_id)

    farm.finish_print(printer)

    await until(hass, lambda: recorder.of(entity_id(hass, printer, "print", "event")) == ["print_finished"])
    # Home Assistant would never unload it again.
    entry.mock_state(hass, ConfigEntryState.LOADED)


async def test_events_during_a_reload_in_an_outage_fire_after_the_outage(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)
    printer = printer_named(farm, "X1 Carbon 01")
    alerts = entity_id(hass, printer, "alert", "event")
    farm.inject_fault(Fault(mode="status", status=503, count=10_000))
    await refresh(hass, entry)
    entry.runtime_data.coordinator.updates.event_publisher.async_pause()
    farm.disconnect_printer(printer)
    await until_farm(entry, lambda: not entry.runtime_data.coordinator.farm.printers[printer].is_online)
    farm.publisher.refuse = True
    await hass.config_entries.async_reload(entry.entry_id)
    assert value_of(hass, printer, "alert", "event") == "unavailable"

    farm.clear_faults()
    await refresh(hass, entry)

    state = hass.states.get(alerts)
    assert state is not None
    assert state.attributes["event_type"] == "printer_offline"


async def test_events_older_than_ten_minutes_do_not_fire(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    recorder: EventRecorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coordinator = entry.runtime_data.coordinator
    clock = Clock()
    monkeypatch.setattr("custom_components.printago.hub.pending_events.uptime", clock)
    coordinator.updates.event_publisher.async_pause()
    printers = [printer_named(farm, name) for name in ("X1 Carbon 01", "A1 01")]
    for printer in printers:
        farm.disconnect_printer(printer)
        await until(hass, lambda printer=printer: value_of(hass, printer, "readiness") == "offline")
        clock.now += 300
    assert len(coordinator.store_state.pending_events) >= 2
    clock.now += 1

    coordinator.updates.event_publisher.async_begin()

    alerts = [recorder.of(entity_id(hass, printer, "alert", "event")) for printer in printers]
    assert alerts == [[], ["printer_offline"]]
    coordinator.updates.event_publisher.async_begin()
    assert recorder.of(entity_id(hass, printers[1], "alert", "event")) == ["printer_offline"]


async def test_all_events_of_an_outage_fire_however_many_there_are(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = entry.runtime_data.coordinator
    job = next(job for job in coordinator.farm.jobs.values() if job.assigned_printer_id is not None)
    waiting = job.as_dict() | {"status": JobStatus.PENDING}
    jobs = [PrintJob(**waiting | {"id": f"{number:024}"}) for number in range(1000)]
    fired: list[FarmEvent] = []
    coordinator.listeners.async_add_events(Scope.JOB, None, fired.append)
    changes = [JobChange(None, job, by_snapshot=True) for job in jobs]
    monkeypatch.setattr(coordinator.farm, "apply_snapshot", lambda *_: Changes(job_changes=changes))

    await refresh(hass, entry)

    assert {farm_event.data["job_id"] for farm_event in fired} == {job.id for job in jobs}


async def test_everything_is_unavailable_while_rest_is_down_and_the_stream_is_up_but_silent(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(farm)
    entry = await setup_entry()
    printer = printer_named(farm, "X1 Carbon 01")
    farm.inject_fault(Fault(mode="status", status=503, count=10_000))
    await refresh(hass, entry)
    assert value_of(hass, printer, "readiness") == "busy"

    monkeypatch.setattr("custom_components.printago.coordinator._SILENCE_SECONDS", 0)
    await pass_time(hass, 11)
    assert value_of(hass, printer, "readiness") == "unavailable"

    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "offline")


async def test_reauth_ends_once_the_key_works_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.revoke_api_key(farm.config.api_key)
    await refresh(hass, entry)
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))

    farm.add_api_key(farm.config.api_key)
    await refresh(hass, entry)
    assert not list(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
