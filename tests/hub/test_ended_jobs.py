"""Jobs that ended without an event: read later, fired once, and without requests that are not allowed."""

import asyncio
from datetime import datetime, timedelta
import json

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import Listing
from tests.support.common import entity_id, paths, printer_named, until, until_asked, value_of
from tests.support.event_recorder import EventRecorder, busy_job, drop_stream, restore_stream
from virtual_farm import FarmConfig, Fault, VirtualFarm


async def whole_print(farm: VirtualFarm, printer: str) -> str:
    """Let a printer complete a print; return its job's ID."""
    part = next(part["id"] for part in farm.world.parts.values() if part["name"] == "Benchy")
    farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": printer}, "position": "front"}]})
    while farm.world.printers[printer].printing_job_id is None:
        await farm.advance(30)
    job = busy_job(farm, printer)
    while job.status != "completed":
        await farm.advance(300)
    return str(job.id)


async def test_print_that_ran_while_the_stream_was_down_fires_once_as_late(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "A1 01")
    await drop_stream(hass, farm)
    job_id = await whole_print(farm, printer)
    assert recorder.of(entity_id(hass, printer, "print", "event")) == []

    await restore_stream(hass, farm, entry)

    prints = entity_id(hass, printer, "print", "event")
    await until(hass, lambda: "print_finished" in recorder.of(prints))
    assert recorder.of(prints) == ["print_started", "print_finished"]
    assert recorder.data("print_finished")["job_id"] == job_id
    for _ in range(3):
        await entry.runtime_data.coordinator.async_refresh()
    assert recorder.of(prints) == ["print_started", "print_finished"]


class TestLongAgo:
    """A farm whose clock can be set."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Let the clock advance a second with each reading."""
        self.shift = timedelta()
        base = FarmConfig(speed=0).clock
        return FarmConfig(speed=0, quota=False, clock=lambda: base() + self.shift, printers=3)

    async def test_late_event_has_the_time_of_its_occurrence(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
    ) -> None:
        printer = printer_named(farm, "X1 Carbon 01")
        job = busy_job(farm, printer)
        await drop_stream(hass, farm)
        farm.finish_print(printer)
        self.shift += timedelta(hours=2)

        await restore_stream(hass, farm, entry)

        prints = entity_id(hass, printer, "print", "event")
        await until(hass, lambda: recorder.of(prints) == ["print_finished"])
        data = recorder.data("print_finished")
        assert data["late"] is True
        assert data["occurred_at"][:19] == job.printing_completed_at[:19]


async def test_failed_read_of_ended_jobs_is_repeated(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    prints = entity_id(hass, printer, "print", "event")
    await drop_stream(hass, farm)
    farm.finish_print(printer)
    farm.inject_fault(Fault(mode="status", status=503, path="/v1/print-jobs", every=2, count=1))
    await restore_stream(hass, farm, entry)
    await entry.runtime_data.coordinator.async_refresh()
    await until(hass, lambda: "print_finished" in recorder.of(prints))
    assert recorder.of(prints) == ["print_finished"]


async def test_read_interrupted_by_a_reload_is_repeated(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    recorder: EventRecorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printer = printer_named(farm, "A1 01")
    prints = entity_id(hass, printer, "print", "event")
    asked = asyncio.Event()

    async def never_answered(_: datetime) -> Listing:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(entry.runtime_data.coordinator.client, "ended_jobs", never_answered)
    await drop_stream(hass, farm)
    await whole_print(farm, printer)
    farm.publisher.refuse = False
    entry.runtime_data.coordinator.realtime.reconnect_now()
    await asked.wait()

    await hass.config_entries.async_reload(entry.entry_id)

    await until(hass, lambda: recorder.of(prints) == ["print_started", "print_finished"])


class TestNothingElse:
    """A farm without activity, so that nothing else causes a read; its clock can be set."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Let the clock advance a second with each reading."""
        self.shift = timedelta()
        base = FarmConfig(speed=0).clock
        return FarmConfig(speed=0, scenario="idle", quota=False, clock=lambda: base() + self.shift, printers=3)

    async def test_outage_that_begins_during_the_read_for_an_earlier_one_is_read_as_well(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        entry: MockConfigEntry,
        recorder: EventRecorder,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        printer = printer_named(farm, "A1 01")
        prints = entity_id(hass, printer, "print", "event")
        asked, may_answer = asyncio.Event(), asyncio.Event()
        ask = entry.runtime_data.coordinator.client.ended_jobs

        async def held_back(since: datetime) -> Listing:
            answer = await ask(since)
            asked.set()
            await may_answer.wait()
            return answer

        monkeypatch.setattr(entry.runtime_data.coordinator.client, "ended_jobs", held_back)
        await drop_stream(hass, farm)
        farm.publisher.refuse = False
        entry.runtime_data.coordinator.realtime.reconnect_now()
        await asked.wait()
        await drop_stream(hass, farm)
        may_answer.set()
        await whole_print(farm, printer)

        await restore_stream(hass, farm, entry)
        await entry.runtime_data.coordinator.async_refresh()

        await until(hass, lambda: recorder.of(prints) == ["print_started", "print_finished"])

    async def test_print_between_two_polls_of_an_outage_fires(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
    ) -> None:
        printer = printer_named(farm, "A1 01")
        prints = entity_id(hass, printer, "print", "event")
        await drop_stream(hass, farm)
        await entry.runtime_data.coordinator.async_refresh()
        await hass.async_block_till_done(wait_background_tasks=True)
        await whole_print(farm, printer)
        await entry.runtime_data.coordinator.async_refresh()

        await restore_stream(hass, farm, entry)

        await until(hass, lambda: recorder.of(prints) == ["print_started", "print_finished"])

    async def test_print_hidden_by_a_dead_connection_before_a_reload_fires(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        entry: MockConfigEntry,
        recorder: EventRecorder,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("custom_components.printago.hub.ended_jobs._UNSEEN", timedelta())
        printer = printer_named(farm, "A1 01")
        prints = entity_id(hass, printer, "print", "event")
        publish = farm.publisher.publish
        monkeypatch.setattr(farm.publisher, "publish", lambda *_, **__: None)
        await whole_print(farm, printer)
        await entry.runtime_data.coordinator.async_refresh()
        monkeypatch.setattr(farm.publisher, "publish", publish)

        await hass.config_entries.async_reload(entry.entry_id)

        await until(hass, lambda: recorder.of(prints) == ["print_started", "print_finished"])

    async def test_print_in_messages_that_were_too_many_at_once_fires(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        entry: MockConfigEntry,
        recorder: EventRecorder,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("custom_components.printago.hub.message_queue._MOST_WAITING", 3)
        printer = printer_named(farm, "A1 01")
        with monkeypatch.context() as silent:
            silent.setattr(farm.publisher, "publish", lambda *_, **__: None)
            await whole_print(farm, printer)
        jobs = {f"{number:024d}": {"status": "completed"} for number in range(40)}
        event = {"entityType": "printJob", "action": "UPDATE", "entities": jobs, "changes": {}}
        farm.publish(f"stores/{farm.config.store_id}/entities/printJobs", json.dumps(event).encode())

        prints = entity_id(hass, printer, "print", "event")
        await until(hass, lambda: recorder.of(prints) == ["print_started", "print_finished"])
        assert entry.runtime_data.coordinator.farm.dropped["too many at once"] == 1

    async def test_print_that_the_key_was_not_allowed_to_see_fires_nothing_later(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
    ) -> None:
        printer = printer_named(farm, "A1 01")
        farm.inject_fault(Fault(mode="status", status=403, path="/v1/print-jobs"))
        await entry.runtime_data.coordinator.async_refresh()
        assert not entry.runtime_data.coordinator.jobs_readable
        await drop_stream(hass, farm)
        await whole_print(farm, printer)
        farm.clear_faults()
        await restore_stream(hass, farm, entry)
        farm.clear_requests()

        entry.runtime_data.coordinator.async_try_jobs_again()
        await entry.runtime_data.coordinator.async_refresh()
        await hass.async_block_till_done(wait_background_tasks=True)

        assert "GET /v1/print-jobs" in paths(farm)
        assert recorder.of(entity_id(hass, printer, "print", "event")) == []

    async def test_print_while_the_entry_is_not_loaded_fires_as_late(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
    ) -> None:
        printer = printer_named(farm, "A1 01")
        await hass.config_entries.async_unload(entry.entry_id)
        self.shift += timedelta(minutes=5)
        await whole_print(farm, printer)
        self.shift += timedelta(minutes=5)

        await hass.config_entries.async_setup(entry.entry_id)

        prints = entity_id(hass, printer, "print", "event")
        await until(hass, lambda: recorder.of(prints) == ["print_started", "print_finished"])
        assert recorder.data("print_finished")["late"] is True


async def test_ended_jobs_are_not_read_without_permission(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    farm.inject_fault(Fault(mode="status", status=403, path="/v1/print-jobs", count=10_000))
    await entry.runtime_data.coordinator.async_refresh()
    await drop_stream(hass, farm)
    farm.clear_requests()

    await restore_stream(hass, farm, entry)
    await entry.runtime_data.coordinator.async_refresh()

    assert "GET /v1/printers" in paths(farm)
    assert "GET /v1/print-jobs" not in paths(farm)


@pytest.mark.printers(8)
async def test_messages_queued_for_a_canceled_snapshot_are_not_applied_to_a_later_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._REMEMBER_SECONDS", 0)
    await hass.async_block_till_done(wait_background_tasks=True)
    printer = printer_named(farm, "A1 01")
    farm.inject_fault(Fault(mode="timeout", path="/v1/printers", seconds=5))
    farm.clear_requests()
    entry.runtime_data.coordinator.async_reconcile()
    await until_asked(lambda: farm.requests != [])
    farm.rename_printer(printer, "Kept")
    await until(hass, lambda: entry.runtime_data.coordinator.farm.printers[printer].name == "Kept")
    await hass.config_entries.async_unload(entry.entry_id)
    farm.remove_printer(printer)

    await hass.config_entries.async_setup(entry.entry_id)

    assert value_of(hass, farm.config.store_id, "printers_total") == "7"
