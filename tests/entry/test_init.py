"""Setting up, unloading, reloading and removing a store."""

import asyncio
from datetime import UTC, datetime, timedelta
import gc
import logging
from typing import Any
import weakref

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_API_KEY, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.loader import async_get_integration
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago import async_remove_config_entry_device
from custom_components.printago.api.models.records import Printer
from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, DOMAIN
from custom_components.printago.hub.devices import model_of
from tests.conftest import SetUp
from tests.support.common import device_of, pass_time, paths, press, printer_named, until, until_asked, value_of
from virtual_farm import FarmConfig, Fault, VirtualFarm


async def test_farm_of_eight_is_set_up_with_four_requests_and_a_handful_after_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    assert entry.state is ConfigEntryState.LOADED
    key_id = farm.config.api_key[:24]
    assert paths(farm) == [
        "GET /v1/printers",
        "GET /v1/print-jobs",
        f"GET /v1/api-keys/{key_id}/permissions",
        # Known from then on, also after restarts.
        "GET /v1/entitlements",
    ]

    await pass_time(hass, 31)
    assert value_of(hass, farm.config.store_id, "jobs_completed") == str(farm.world.completed_jobs)
    # Data that rarely changes is read once, after the start of Home Assistant.
    assert sorted(paths(farm)[4:]) == [
        f"GET /v1/api-keys/{key_id}",
        "GET /v1/cost-components",
        "GET /v1/entitlements",
        "GET /v1/integrations",
        "GET /v1/maintenance/fleet-status",
        "GET /v1/materials",
        "GET /v1/materials/instances",
        "GET /v1/materials/printer-slots",
        "GET /v1/materials/variants",
        "GET /v1/order-items",
        "GET /v1/orders",
        "GET /v1/part-material-assignments",
        "GET /v1/parts",
        # What was printed of the open orders.
        "GET /v1/print-jobs",
        # The first page of past jobs, which is the only one here.
        "GET /v1/print-jobs",
        "GET /v1/print-jobs/stats/completed-count",
        "GET /v1/settings/store",
        "GET /v1/sku-costs",
        "GET /v1/subscriptions",
    ]


@pytest.mark.printers(8)
async def test_farm_and_printers_become_devices(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    store = device_of(hass, entry, farm.config.store_id)
    assert store is not None
    assert store.entry_type is dr.DeviceEntryType.SERVICE
    assert (store.manufacturer, store.model) == ("Printago", "Print farm")

    printer = farm.world.printers[printer_named(farm, "X1 Carbon 01")]
    device = device_of(hass, entry, printer.id)
    assert device is not None
    assert device.via_device_id == store.id
    assert (device.name, device.manufacturer) == (printer.name, "Bambu Lab")
    assert device.serial_number == printer.device_id
    assert device.model == "X1 Carbon"
    assert device.configuration_url == f"https://app.printago.io/printers/{printer.id}"
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)) == 9


@pytest.mark.parametrize("model", [None, "", " ", "unknown", "<unknown>", "N/A"])
@pytest.mark.parametrize(
    ("provider", "called"), [("Bambu", "Bambu Lab printer"), ("acme", "acme printer"), (None, "3D printer")]
)
def test_device_of_a_printer_always_has_a_model(model: str | None, provider: str | None, called: str) -> None:
    assert model_of(Printer(id="p" * 24, provider=provider, model=model, model_id=model)) == called
    assert model_of(Printer(id="p" * 24, provider=provider, model=model, model_id="C12")) == "C12"
    assert model_of(Printer(id="p" * 24, provider=provider, model="P1S", model_id=model)) == "P1S"


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(mode="status", status=503), ConfigEntryState.SETUP_RETRY),
        (Fault(mode="html", status=200), ConfigEntryState.SETUP_RETRY),
        (Fault(mode="status", status=403), ConfigEntryState.SETUP_RETRY),
        (Fault(mode="status", status=429, retry_after=30), ConfigEntryState.SETUP_RETRY),
        (Fault(mode="status", status=401), ConfigEntryState.SETUP_ERROR),
    ],
    ids=["server", "proxy", "permission", "quota", "key"],
)
async def test_failed_setup_leaves_nothing_running(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, fault: Fault, state: ConfigEntryState
) -> None:
    farm.inject_fault(fault)

    entry = await setup_entry()

    assert entry.state is state
    assert farm.publisher.clients == 0
    asks_for_key = any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert asks_for_key is (state is ConfigEntryState.SETUP_ERROR)


@pytest.mark.parametrize(
    "server", [{CONF_API_URL: "ftp://127.0.0.1"}, {CONF_REALTIME_URL: "ftp://127.0.0.1"}], ids=["rest", "realtime"]
)
async def test_entry_with_an_invalid_address_is_not_set_up(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, server: dict[str, str]
) -> None:
    data = {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: farm.realtime_url, **server}
    entry = await setup_entry(**{CONF_SERVER: data})
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "invalid_address"


async def test_setup_continues_without_realtime(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)
    entry = await setup_entry(
        **{CONF_SERVER: {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: "ws://127.0.0.1:1/mqtt"}}
    )

    assert entry.state is ConfigEntryState.LOADED
    assert value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off"
    busy = printer_named(farm, "X1 Carbon 01")
    assert value_of(hass, busy, "readiness") == "busy"
    assert value_of(hass, busy, "print_status") == "running"
    assert value_of(hass, busy, "nozzle_temp") == "unavailable"


async def test_late_stream_is_followed_by_a_snapshot(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)
    farm.publisher.frozen = True
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED
    farm.clear_requests()

    farm.publisher.frozen = False
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "on")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert paths(farm)[:2] == ["GET /v1/printers", "GET /v1/print-jobs"]


async def test_unload_ends_the_stream_and_makes_entities_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await farm.publisher.wait_for_clients(1)

    assert await hass.config_entries.async_unload(entry.entry_id)

    assert entry.state is ConfigEntryState.NOT_LOADED
    await farm.publisher.wait_for_clients(0)
    assert value_of(hass, printer_named(farm, "X1 Carbon 01"), "readiness") == "unavailable"


async def test_stop_of_home_assistant_ends_the_stream(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await farm.publisher.wait_for_clients(1)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await farm.publisher.wait_for_clients(0)


async def test_twenty_reloads_stay_within_the_quota_and_keep_known_data(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    busy = printer_named(farm, "X1 Carbon 01")
    for _ in range(20):
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert value_of(hass, busy, "readiness") == "busy"
        assert value_of(hass, busy, "nozzle_temp") not in ("unknown", "unavailable")

    await hass.async_block_till_done(wait_background_tasks=True)
    assert farm.quota.refused == 0
    assert len(farm.requests) <= 40
    await farm.publisher.wait_for_clients(1)


async def test_reload_with_another_key_reads_the_farm_before_anything_is_shown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key("another_key_for_the_same_store", ["order.view"])
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_API_KEY: "another_key_for_the_same_store"})
    assert not await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def test_requests_of_the_last_hour_are_remembered_over_a_restart(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, setup_entry: SetUp
) -> None:
    key = f"{DOMAIN}.{farm.config.store_id}"
    now = farm.config.clock().timestamp()
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": {"sent": [now - 30] * 40}}

    entry = await setup_entry()

    # Forty of sixty requests were sent half a minute ago: the rest is reserved for the user, so the first poll waits.
    assert entry.state is ConfigEntryState.LOADED
    assert farm.requests == []


@pytest.mark.parametrize("saved", [[], {"sent": "?", "realtime_endpoint": 1}, {"sent": ["?", None, -1e300]}])
async def test_damaged_stored_data_is_ignored(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, setup_entry: SetUp, saved: object
) -> None:
    key = f"{DOMAIN}.{farm.config.store_id}"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": saved}
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.LOADED


async def test_removed_entry_leaves_nothing_stored(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    key = f"{DOMAIN}.{farm.config.store_id}"
    assert len(hass_storage[key]["data"]["sent"]) >= 2
    assert hass_storage[key]["data"]["realtime_endpoint"] == f"{farm.realtime_url}/mqtt"
    assert farm.config.api_key[:24] not in str(hass_storage[key])

    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert key not in hass_storage


async def test_only_devices_of_removed_printers_can_be_deleted(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for identifier in (farm.config.store_id, printer_named(farm, "A1 01")):
        device = device_of(hass, entry, identifier)
        assert device is not None
        assert not await async_remove_config_entry_device(hass, entry, device)
    registry = dr.async_get(hass)
    left = registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "c" * 24)})
    assert await async_remove_config_entry_device(hass, entry, left)

    await hass.config_entries.async_unload(entry.entry_id)
    assert not await async_remove_config_entry_device(hass, entry, left)


async def test_printer_removed_while_stopped_loses_its_device(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    await hass.config_entries.async_unload(entry.entry_id)
    registry = dr.async_get(hass)
    registry.async_get_or_create(config_entry_id=entry.entry_id, identifiers={(DOMAIN, "c" * 24)}, name="Sold")

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert device_of(hass, entry, "c" * 24) is None


@pytest.mark.printers(8)
async def test_two_stores_are_independent(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    first = await setup_entry()
    async with VirtualFarm(FarmConfig(speed=0, store_id="d" * 24, seed=2)) as other:
        second = await setup_entry(
            store_id="d" * 24,
            api_key=other.config.api_key,
            server={CONF_API_URL: other.rest_url, CONF_REALTIME_URL: other.realtime_url},
        )
        assert first.state is second.state is ConfigEntryState.LOADED
        assert value_of(hass, "d" * 24, "printers_total") == "8"
        await hass.config_entries.async_unload(second.entry_id)
    assert value_of(hass, farm.config.store_id, "printers_total") == "8"


async def test_unload_leaves_nothing_that_holds_the_coordinator(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    coordinator = weakref.ref(entry.runtime_data.coordinator)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    gc.collect()
    assert coordinator() is None


async def test_unload_is_quick_while_the_broker_does_not_respond(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.coordinator._CONNECT_PATIENCE", 0.05)
    farm.publisher.frozen = True
    entry = await setup_entry()
    async with asyncio.timeout(2):
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_failure_of_a_platform_ends_the_stream(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.PLATFORMS", ("nonsense",))
    entry = await setup_entry()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    await farm.publisher.wait_for_clients(0)


async def test_removed_store_keeps_its_used_quota_when_added_again(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    entry = await setup_entry()
    limiter = entry.runtime_data.coordinator.store_state.limiter
    await hass.config_entries.async_remove(entry.entry_id)
    again = await setup_entry()
    assert again.runtime_data.coordinator.store_state.limiter is limiter


async def test_unload_is_quick_while_a_press_has_no_response(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.inject_fault(Fault(mode="slow", seconds=4, method="PATCH"))
    printer = printer_named(farm, "P1S 01")
    pressing = hass.async_create_task(press(hass, printer, "confirm_bed_cleared"))
    await until_asked(lambda: any(request.method == "PATCH" for request in farm.requests))

    async with asyncio.timeout(2):
        assert await hass.config_entries.async_unload(entry.entry_id)

    # A sent request is not canceled.
    await pressing
    assert farm.world.printers[printer].confirmed_ready


async def test_snapshot_in_progress_is_canceled_by_an_unload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    farm.inject_fault(Fault(mode="slow", seconds=1, path="/v1/printers"))
    entry.runtime_data.coordinator.async_reconcile()
    await until_asked(lambda: farm.requests != [])
    added = farm.add_printer("A1", "Newcomer")

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)

    await until(hass, lambda: value_of(hass, added.id, "readiness") == "awaiting_clear")


class TestWrongClock:
    """Home Assistant's clock is three hours behind."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Set Printago's clock three hours ahead."""
        return FarmConfig(speed=0, clock=lambda: datetime.now(UTC) - timedelta(hours=3), printers=3)

    async def test_reload_knows_the_clock_of_the_server(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        farm.inject_fault(Fault(mode="status", status=503, count=100))
        assert await hass.config_entries.async_reload(entry.entry_id)
        busy = printer_named(farm, "X1 Carbon 01")
        assert value_of(hass, busy, "nozzle_temp") not in ("unknown", "unavailable")


async def test_debug_logging_of_the_integration_shows_all_that_its_libraries_log(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    """The manifest would have to list a library that logs under its own name."""
    caplog.set_level(logging.DEBUG)
    entry = await setup_entry()
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    await hass.config_entries.async_unload(entry.entry_id)
    loggers = {record.name for record in caplog.records}
    assert "custom_components.printago.mqtt" in loggers
    assert not [name for name in loggers if name.partition(".")[0] in ("aiomqtt", "mqtt", "paho")]
    integration = await async_get_integration(hass, DOMAIN)
    assert integration.loggers is None
