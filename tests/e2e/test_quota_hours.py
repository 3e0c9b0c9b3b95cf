"""The quota as the server counts it, over hours and days of simulated time."""

import asyncio
from collections import Counter
import logging
from types import MappingProxyType

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import MAX_UNSAVED, RateLimitedError, RequestPriority
from custom_components.printago.hub.persistence import _STATES
from tests.e2e.machine import Machine
from tests.e2e.quota_checks import check_quota
from tests.e2e.simulated import SimulatedTime, settle
from tests.support.common import paths, value_of
from tests.support.figures import Figures
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.shops import ShopType

HOUR = 3600.0


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> SimulatedTime:
    """Return the shared simulated time."""
    clocks = SimulatedTime()
    clocks.install(monkeypatch)
    return clocks


@pytest.fixture
def farm_config(clocks: SimulatedTime) -> FarmConfig:
    """Return a farm that uses the simulated time."""
    return FarmConfig(printers=4, speed=0, clock=clocks.server_now)


@pytest.fixture
def saved_prints(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Save a print of a part, and one of an SKU."""
    part, sku = next(iter(farm.world.parts.values())), next(iter(farm.world.skus.values()))
    for kind, thing in (("part", part), ("sku", sku)):
        subentry = ConfigSubentry(
            data=MappingProxyType({kind: thing["id"]}),
            subentry_type="saved_print",
            title=f"Print a {kind}",
            unique_id=None,
        )
        hass.config_entries.async_add_subentry(entry, subentry)


@pytest.fixture
def business(farm: VirtualFarm, clocks: SimulatedTime) -> None:
    """Connect two shops, and have orders of customers, each with an item that cannot be printed."""
    shops: tuple[tuple[ShopType, str], ...] = (("etsy", "Bolt Works"), ("shopify", "Old Store"))
    for kind, name in shops:
        farm.shops.connect(kind, name, synced_at=clocks.server_now())
    for number in range(40):
        items = [{"sku": "BENCHY-1", "quantity": 1}, {"externalSku": "NO-SUCH", "quantity": 1}]
        details = farm.orders.create({"orderNumber": f"{4000 + number}"}, items, {"name": f"Customer {number}"})
        farm.shops.mark_unprintable(details["items"][1]["id"], "sku_not_found")


@pytest.mark.usefixtures("business", "saved_prints")
async def test_healthy_stream_costs_forty_five_requests_an_hour_at_most(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime, figures: Figures, chaos: bool
) -> None:
    await settle(hass)
    # A start reads everything once.
    await clocks.pass_(entry, 1.1 * HOUR, farm=farm)
    farm.clear_requests()
    farm.set_quota(enabled=True)
    hours = 26 if chaos else 1

    await clocks.pass_(entry, hours * HOUR, farm=farm)

    usage = farm.quota_usage()
    figures["requests an hour with a healthy stream and two saved prints: mean, most in any hour"] = (
        f"{usage.requests / hours:.1f}, {usage.highest_hour}"
    )
    assert entry.runtime_data.coordinator.realtime.connects == 1
    assert usage.highest_hour <= 45
    check_quota(farm, figures, f"{hours} hours with a healthy stream")
    # Nothing is saved by omitting reads: each runs about hourly, the polls every five minutes.
    asked = Counter(paths(farm))
    for path in (
        "orders",
        "subscriptions",
        "settings/store",
        "print-jobs/stats/completed-count",
        "parts",
        "skus",
        "maintenance/fleet-status",
        "integrations",
        "order-items",
    ):
        assert asked[f"GET /v1/{path}"] >= hours * 0.6 - 1, path
    assert asked["GET /v1/printers"] >= hours * 11


@pytest.mark.parametrize(("has_stream", "most"), [(True, 45), (False, 150)])
@pytest.mark.usefixtures("business", "saved_prints")
async def test_thousands_of_waiting_jobs_cost_no_more_requests_an_hour(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    clocks: SimulatedTime,
    has_stream: bool,
    most: int,
    chaos: bool,
) -> None:
    part = next(iter(farm.world.parts))
    # A page has a thousand.
    quantity, pages = (900, 5) if chaos else (500, 3)
    for _ in range(5):
        farm.builder.build({"parts": [{"partId": part, "quantity": quantity, "tags": {"user.tags": "nowhere"}}]})
    await settle(hass)
    if not has_stream:
        await farm.publisher.stop()
    await clocks.pass_(entry, 1.5 * HOUR, farm=farm)
    farm.clear_requests()
    farm.set_quota(enabled=True)

    await clocks.pass_(entry, HOUR, farm=farm)

    assert int(value_of(hass, farm.config.store_id, "jobs_queued") or 0) > 5 * quantity
    assert farm.quota_usage().highest_hour <= most
    asked = Counter(paths(farm))
    assert asked["GET /v1/print-jobs"] == pytest.approx(pages * asked["GET /v1/printers"], abs=pages)
    assert asked["GET /v1/printers"] >= (3 if has_stream else 15)


async def test_stream_that_is_down_costs_a_hundred_and_fifty_requests_an_hour_at_most(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime, figures: Figures, chaos: bool
) -> None:
    await settle(hass)
    await farm.publisher.stop()
    await clocks.pass_(entry, 1.1 * HOUR, farm=farm)
    farm.clear_requests()
    farm.set_quota(enabled=True)
    hours = 24 if chaos else 1

    await clocks.pass_(entry, hours * HOUR, farm=farm)

    usage = farm.quota_usage()
    figures["requests an hour with the stream down: mean, most in any hour"] = (
        f"{usage.requests / hours:.1f}, {usage.highest_hour}"
    )
    assert not entry.runtime_data.coordinator.realtime.connected
    assert entry.runtime_data.coordinator.last_update_success
    assert usage.highest_hour <= 150
    check_quota(farm, figures, f"{hours} hours without the stream")
    assert Counter(paths(farm))["GET /v1/printers"] >= hours * 55


async def test_thirty_reconnects_of_the_stream_in_a_minute(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime, figures: Figures, chaos: bool
) -> None:
    stream = entry.runtime_data.coordinator.realtime
    minutes = 20 if chaos else 1
    for number in range(30 * minutes):
        await farm.disconnect_clients()
        while stream.connects < number + 2:
            # All pauses between attempts are over.
            stream.reconnect_now()
            await asyncio.sleep(0)
        clocks.leap(2)
        await settle(hass)

    assert stream.connects > 30 * minutes
    check_quota(farm, figures, f"{30 * minutes} reconnects of the stream")
    assert entry.runtime_data.coordinator.store_state.limiter.delay(RequestPriority.USER) == 0


@pytest.mark.parametrize(("end", "actions"), [("kill", 2), ("stop", 2), ("kill at once", 2), ("kill", 25)])
async def test_home_assistant_restarted_each_minute_for_an_hour(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    clocks: SimulatedTime,
    figures: Figures,
    chaos: bool,
    end: str,
    actions: int,
) -> None:
    hass.loop.set_debug(False)
    machine = Machine(hass, entry, farm)
    # With more demand than quota, nothing is left for setups, which then take longer.
    minutes = (60 if actions == 2 else 20) if chaos else 8
    up = done = refused = 0
    for minute in range(minutes):
        up += minute == 0 or await machine.start()
        # A user who has waited presses every available button as often as possible.
        for _ in range(actions):
            if entry.state is not ConfigEntryState.LOADED:
                break
            try:
                await entry.runtime_data.coordinator.client.stores(RequestPriority.USER)
                done += 1
            except RateLimitedError:
                refused += 1
        if end == "kill at once":
            await machine.kill()
            clocks.leap(60)
            continue
        clocks.leap(31)
        await settle(hass)
        clocks.leap(20)
        await settle(hass)
        await (machine.kill() if end == "kill" else machine.stop())
        clocks.leap(9)
    await machine.start()

    scenario = f"{minutes} minutes, each with a restart ({end}) and {actions} actions"
    check_quota(farm, figures, scenario)
    figures[f"{scenario}: set-ups that worked, actions done and refused"] = f"{up}, {done}, {refused}"
    if actions == 2:
        assert (up, done, refused) == (minutes, 2 * minutes, 0)


async def test_a_crash_forgets_no_request_that_was_sent(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime
) -> None:
    machine = Machine(hass, entry, farm)
    limiter = entry.runtime_data.coordinator.store_state.limiter
    while limiter.delay(RequestPriority.USER) == 0:
        await entry.runtime_data.coordinator.client.stores(RequestPriority.USER)
    await machine.kill()

    await machine.start()

    after = hass.data[_STATES][farm.config.store_id].limiter
    assert 60 <= after.requests_last_hour <= 60 + MAX_UNSAVED
    assert after.delay(RequestPriority.USER) > 50
    assert farm.quota_usage().highest_minute == 60


async def test_a_clean_stop_counts_only_requests_that_were_sent(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, clocks: SimulatedTime
) -> None:
    machine = Machine(hass, entry, farm)
    for _ in range(5):
        await machine.stop()
        assert await machine.start()
        await settle(hass)

    assert hass.data[_STATES][farm.config.store_id].limiter.requests_last_hour == len(farm.requests)


async def test_poll_waits_silently_for_an_hour_used_up_by_the_user(
    hass: HomeAssistant,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    clocks: SimulatedTime,
    figures: Figures,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await settle(hass)
    await farm.publisher.stop()
    await clocks.pass_(entry, 1.1 * HOUR, farm=farm)
    farm.set_quota(enabled=True)
    caplog.clear()
    sent = 0
    for _ in range(10):
        while entry.runtime_data.coordinator.store_state.limiter.delay(RequestPriority.USER) == 0:
            await entry.runtime_data.coordinator.client.stores(RequestPriority.USER)
            sent += 1
        await clocks.pass_(entry, 63, farm=farm)
    farm.clear_requests()

    await clocks.pass_(entry, 0.7 * HOUR, farm=farm)

    assert paths(farm) == []
    logged = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert not [text for text in logged if "Virtual Farm data" in text]
    assert entry.runtime_data.coordinator.last_update_success
    assert value_of(hass, farm.config.store_id, "printers_total") == "4"
    await clocks.pass_(entry, 0.4 * HOUR, farm=farm)
    assert "GET /v1/printers" in paths(farm)
    figures["requests of a person that fill an hour, the stream being down"] = sent
    check_quota(farm, figures, "an hour that a person has filled, the stream being down")
