"""Sensors of the farm as a whole: utilization, orders, production slots, requests."""

from datetime import UTC, datetime, timedelta
import json

from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time, paths, printer_named, silence, state_of, until, value_of
from tests.support.publish import publish_stat
from virtual_farm import FarmConfig, VirtualFarm

NARROW_KEY = "narrow_key_0123456789abcdefghijklmno"


async def settle(hass: HomeAssistant) -> None:
    """Run all slow polls."""
    await pass_time(hass, 31)


class TestUtilization:
    """How much of the farm is in use, and when a printer is free again."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Have four printers: printing, waiting to be cleared, ready, offline."""
        return FarmConfig(printers=4, speed=0)

    async def test_utilization_counts_printing_printers_among_usable_ones(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        store = farm.config.store_id
        assert value_of(hass, store, "utilization") == "25.0"

        ready = farm.world.printers[printer_named(farm, "A1 01")]
        farm.fleet.set_maintenance(ready, enabled=True)
        farm.settle()

        await until(hass, lambda: value_of(hass, store, "utilization") == "33.3")

    async def test_next_free_is_the_first_end_without_jitter(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        store, printer = farm.config.store_id, printer_named(farm, "X1 Carbon 01")
        first = value_of(hass, printer, "end_time")
        assert first not in (None, STATE_UNKNOWN)
        assert value_of(hass, store, "next_free") == first
        other = printer_named(farm, "A1 01")
        farm.print_from_outside(other, seconds=600)
        await farm.advance(240)
        await until(hass, lambda: value_of(hass, store, "next_free") == value_of(hass, other, "end_time") != first)
        sooner = value_of(hass, store, "next_free")

        progress = value_of(hass, other, "print_progress")
        await farm.advance(31)
        await until(hass, lambda: value_of(hass, other, "print_progress") != progress)

        assert value_of(hass, store, "next_free") == sooner
        farm.finish_print(other)
        await until(hass, lambda: value_of(hass, store, "next_free") == value_of(hass, printer, "end_time"))

    async def test_next_free_is_unknown_if_nothing_prints(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        store = farm.config.store_id
        farm.finish_print(printer_named(farm, "X1 Carbon 01"))
        await until(hass, lambda: value_of(hass, store, "next_free") == STATE_UNKNOWN)
        assert value_of(hass, store, "utilization") == "0.0"


async def test_printer_whose_telemetry_has_expired_leaves_the_count_of_problems(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store, printer = farm.config.store_id, printer_named(farm, "X1 Carbon 01")
    before = int(value_of(hass, store, "printers_with_problem") or 0)
    farm.raise_hms(printer, "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    await until(hass, lambda: value_of(hass, store, "printers_with_problem") == str(before + 1))
    assert "X1 Carbon 01" in state_of(hass, store, "printers_with_problem").attributes["printers"]

    server_now = entry.runtime_data.coordinator.farm.server_now
    entry.runtime_data.coordinator.farm.server_now = lambda: server_now() + timedelta(minutes=6)
    await pass_time(hass, 11)
    await until(hass, lambda: value_of(hass, store, "printers_with_problem") == "0")
    entry.runtime_data.coordinator.farm.server_now = server_now

    assert state_of(hass, store, "printers_with_problem").attributes["printers"] == []
    # The problem still exists, and shows with the next message.
    publish_stat(farm, printer)
    await until(hass, lambda: value_of(hass, store, "printers_with_problem") == "1")


async def test_silent_printer_in_maintenance_does_not_print(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    store, printer = farm.config.store_id, printer_named(farm, "A1 01")
    farm.fleet.set_maintenance(farm.printer(printer), enabled=True)
    # Printago gives it no job, so it reports it as unavailable.
    farm.printer(printer).is_available = False
    farm.settle()
    silence(farm)
    await setup_entry()
    assert value_of(hass, printer, "readiness") == "maintenance"
    assert value_of(hass, printer, "print_status") == STATE_UNKNOWN
    assert value_of(hass, printer, "printing", "binary_sensor") == STATE_UNKNOWN
    assert "A1 01" not in state_of(hass, store, "printers_printing").attributes["printers"]


async def test_utilization_of_a_farm_without_usable_printers_is_unknown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for printer in list(farm.world.printers):
        farm.remove_printer(printer)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "utilization") == STATE_UNKNOWN)


async def test_open_and_overdue_orders_are_counted_and_named(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    assert value_of(hass, store, "orders_open") is None
    farm.clear_requests()
    await settle(hass)

    open_orders = state_of(hass, store, "orders_open")
    overdue = state_of(hass, store, "orders_overdue")
    assert overdue.attributes["orders"] == ["1001"]
    assert int(open_orders.state) == len(open_orders.attributes["orders"]) > 1
    # The most urgent order is first, closed ones are left out.
    assert open_orders.attributes["orders"][0] == "1001"
    assert "1000" not in open_orders.attributes["orders"]
    request = next(request for request in farm.requests if request.path == "/v1/orders")
    assert request.query["status.eq"] == "open"


async def test_new_and_closed_orders_are_counted_at_once_without_a_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await settle(hass)
    before = int(value_of(hass, store, "orders_open") or 0)
    farm.clear_requests()

    created = farm.orders.create({"orderNumber": "2001"}, [], None)["order"]
    farm.settle()
    await until(hass, lambda: value_of(hass, store, "orders_open") == str(before + 1))
    assert "2001" in state_of(hass, store, "orders_open").attributes["orders"]
    farm.orders.cancel(created["id"])
    farm.settle()
    await until(hass, lambda: value_of(hass, store, "orders_open") == str(before))

    assert paths(farm) == []
    assert not [reason for reason in entry.runtime_data.coordinator.farm.dropped if "order" in reason]


async def test_passed_deadline_is_counted_without_an_event(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await settle(hass)
    assert value_of(hass, store, "orders_overdue") == "1"
    due = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    farm.orders.create({"orderNumber": "2002", "deadline": due}, [], None)
    farm.settle()
    await until(hass, lambda: "2002" in state_of(hass, store, "orders_open").attributes["orders"])
    assert value_of(hass, store, "orders_overdue") == "1"

    entry.runtime_data.coordinator.store_state.clock.offset += 3700
    await pass_time(hass, 61)

    assert state_of(hass, store, "orders_overdue").attributes["orders"] == ["1001", "2002"]


async def test_partial_event_of_an_order_causes_a_read(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = farm.config.store_id
    await settle(hass)
    before = int(value_of(hass, store, "orders_open") or 0)
    monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0)
    farm.clear_requests()
    created = farm.orders.create({"orderNumber": "2003"}, [], None)["order"]
    farm.world.drain()

    topic = f"stores/{store}/entities/orders"
    message = {"entityType": "orders", "action": "UPDATE", "entities": {created["id"]: {"note": "soon, please"}}}
    farm.publish(topic, json.dumps(message).encode())

    await until(hass, lambda: value_of(hass, store, "orders_open") == str(before + 1))
    assert paths(farm) == ["GET /v1/orders"]


async def test_orders_are_read_again_after_the_stream_was_down(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = farm.config.store_id
    await settle(hass)
    monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0)
    before = int(value_of(hass, store, "orders_open") or 0)
    farm.orders.create({"orderNumber": "2004"}, [], None)
    farm.world.drain()

    await farm.disconnect_clients()

    await until(hass, lambda: value_of(hass, store, "orders_open") == str(before + 1))


class TestSlots:
    """A subscription of five jobs at once."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Have fewer production slots than printers."""
        return FarmConfig(speed=0, production_slots=5, printers=3)

    @pytest.mark.printers(8)
    async def test_production_slots_follow_jobs_and_subscription(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = farm.config.store_id
        assert value_of(hass, store, "production_slots_total") is None
        await settle(hass)
        assert value_of(hass, store, "production_slots_total") == "5"
        used = value_of(hass, store, "production_slots_used")
        assert used == value_of(hass, store, "jobs_in_progress") == "3"

        farm.fail_print(printer_named(farm, "X1 Carbon 01"))
        await until(hass, lambda: value_of(hass, store, "production_slots_used") == "2")

        monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0)
        farm.world.subscription["concurrencySlots"] = 9
        topic = f"stores/{store}/entities/subscriptions"
        message = {"entityType": "subscriptions", "action": "UPDATE", "entities": {"abc": {}}}
        farm.publish(topic, json.dumps(message).encode())
        await until(hass, lambda: value_of(hass, store, "production_slots_total") == "9")

    async def test_subscription_without_a_limit_has_no_total(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        farm.world.subscription["concurrencySlots"] = None
        await settle(hass)
        assert value_of(hass, farm.config.store_id, "production_slots_total") == STATE_UNKNOWN


async def test_key_without_permissions_has_no_sensors_for_their_data(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(NARROW_KEY, ["printer.view", "printer.stats", "queue.view"])
    await setup_entry(**{CONF_API_KEY: NARROW_KEY})
    store = farm.config.store_id
    await settle(hass)

    for key in ("orders_open", "orders_overdue", "production_slots_used", "production_slots_total"):
        assert value_of(hass, store, key) is None
    assert value_of(hass, store, "utilization") not in (None, STATE_UNAVAILABLE)

    farm.clear_requests()
    await pass_time(hass, 3_605)
    await pass_time(hass, 2 * 3_605)
    # Refused reads are retried with increasing delays, by the real clock.
    assert not {"GET /v1/orders", "GET /v1/subscriptions"} & set(paths(farm))


async def test_orders_that_the_key_may_no_longer_read_become_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = farm.config.store_id
    await settle(hass)
    monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0)
    farm.add_api_key(farm.config.api_key, ["printer.view", "printer.stats", "queue.view"])

    entry.runtime_data.coordinator.slow_poller.async_want_all()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert value_of(hass, store, "orders_open") == STATE_UNAVAILABLE
    assert value_of(hass, store, "production_slots_used") == STATE_UNAVAILABLE
    assert value_of(hass, store, "jobs_queued") != STATE_UNAVAILABLE


async def test_read_only_key_has_all_sensors(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    await setup_entry(**{CONF_API_KEY: farm.config.read_only_key})
    await settle(hass)
    for key in ("orders_open", "orders_overdue", "production_slots_used", "production_slots_total"):
        assert value_of(hass, farm.config.store_id, key) not in (None, STATE_UNAVAILABLE, STATE_UNKNOWN)


async def test_requests_are_counted_while_printago_is_unreachable(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await settle(hass)
    # The past is read as well.
    for _ in range(5):
        await pass_time(hass, 61)
    sent = len(paths(farm))
    assert value_of(hass, store, "api_requests_last_hour") == str(sent)

    await farm.stop()
    await until(hass, lambda: value_of(hass, store, "realtime", "binary_sensor") == "off")
    await pass_time(hass, 61)
    await until(hass, lambda: value_of(hass, store, "jobs_queued") == STATE_UNAVAILABLE)

    assert int(value_of(hass, store, "api_requests_last_hour") or 0) >= sent


async def test_counts_of_jobs_have_their_names(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    queued = state_of(hass, farm.config.store_id, "jobs_queued")
    waiting = sorted(
        (job for job in farm.world.jobs.values() if job.status == "pending"),
        key=lambda job: (job.priority, job.queue_order),
    )
    assert queued.attributes["jobs"] == [job.label for job in waiting]
    assert queued.state == str(len(waiting))
    assert dt_util.parse_datetime(value_of(hass, farm.config.store_id, "next_free") or "") is not None


async def test_reload_keeps_known_orders(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    store = farm.config.store_id
    await settle(hass)
    before = state_of(hass, store, "orders_open")

    await hass.config_entries.async_reload(entry.entry_id)

    after = state_of(hass, store, "orders_open")
    assert (after.state, after.attributes["orders"]) == (before.state, before.attributes["orders"])
