"""Repair issues: items of orders that cannot be printed, and keys and trials that end soon."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.model.store_info import Fact
from tests.conftest import SetUp
from tests.support.common import pass_time, state_of, value_of
from tests.support.issues import Clock, issue_of, text_of
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.clock import to_iso

NARROW_KEY = "narrowkey0123456789abcde_fghijklmnopqrstu"
UNPRINTABLE = "order_items_unprintable"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm of one printer."""
    return FarmConfig(speed=0, printers=1)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which it is measured how long items cannot be printed."""
    clock = Clock()
    monkeypatch.setattr("custom_components.printago.issues.unprintable_items.time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def item(farm: VirtualFarm) -> str:
    """Return an item of order 1001 that cannot be printed."""
    (order,) = [order for order in farm.world.orders.values() if order["orderNumber"] == "1001"]
    item = farm.orders.items(order["id"])[0]
    farm.shops.mark_unprintable(item["id"], "ambiguous_match", "Two SKUs match")
    return str(item["id"])


async def read(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> None:
    """Let something be read, as it is now and then."""
    poller = entry.runtime_data.coordinator.slow_poller
    await poller._async_read(poller._reads[name], 0.0)
    await hass.async_block_till_done()


async def test_items_that_cannot_be_printed_are_counted_with_the_reason_and_become_an_issue_after_an_hour(
    hass: HomeAssistant, farm: VirtualFarm, hours: Clock, item: str, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    sensor = state_of(hass, farm.config.store_id, UNPRINTABLE)
    assert sensor.state == "1"
    (listed,) = sensor.attributes["items"]
    assert (listed["order"], listed["reason"], listed["message"]) == ("1001", "ambiguous_match", "Two SKUs match")
    assert issue_of(hass, entry, UNPRINTABLE) is None

    hours.now += 3601
    await pass_time(hass, 61)
    issue = issue_of(hass, entry, UNPRINTABLE)
    assert issue is not None
    assert "1001" in text_of(issue)
    assert "Two SKUs match" in text_of(issue)

    farm.world.order_items.change(item, {"resolutionNote": None})
    await read(hass, entry, Fact.ORDER_ITEMS)
    assert value_of(hass, farm.config.store_id, UNPRINTABLE) == "0"
    assert issue_of(hass, entry, UNPRINTABLE) is None


async def test_ignored_items_and_those_of_closed_orders_do_not_count(
    hass: HomeAssistant, farm: VirtualFarm, hours: Clock, item: str, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    farm.world.order_items.change(item, {"ignored": True})
    await read(hass, entry, Fact.ORDER_ITEMS)
    assert value_of(hass, farm.config.store_id, UNPRINTABLE) == "0"
    farm.world.order_items.change(item, {"ignored": False})
    await read(hass, entry, Fact.ORDER_ITEMS)
    assert value_of(hass, farm.config.store_id, UNPRINTABLE) == "1"

    farm.orders.close(farm.world.order_items[item]["orderId"])
    await read(hass, entry, Fact.ORDERS)
    assert value_of(hass, farm.config.store_id, UNPRINTABLE) == "0"


@pytest.mark.parametrize(("days", "warned"), [(13, True), (15, False), (-1, False), (None, False)])
@pytest.mark.parametrize("kind", ["key_expires", "trial_ends"])
async def test_end_of_the_key_and_of_a_trial_is_announced_two_weeks_before(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, kind: str, days: int | None, warned: bool
) -> None:
    def end(days: int | None) -> None:
        at = None if days is None else to_iso(dt_util.utcnow() + timedelta(days=days))
        if kind == "key_expires":
            farm.keys.describe(farm.config.api_key, expires_at=at)
        else:
            farm.world.subscription["trialEndsAt"] = at

    end(days)
    await pass_time(hass, 31)
    issue = issue_of(hass, entry, kind)
    assert (issue is not None) is warned
    if issue is not None and days is not None:
        day = dt_util.as_local(dt_util.utcnow() + timedelta(days=days)).date().isoformat()
        assert day in text_of(issue)
        assert farm.config.api_key[:24] not in text_of(issue)
    end(None)
    await read(hass, entry, Fact.SLOTS if kind == "trial_ends" else kind)
    assert issue_of(hass, entry, kind) is None


async def test_end_of_a_trial_is_announced_though_its_number_of_slots_is_none(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.world.subscription |= {"trialEndsAt": to_iso(dt_util.utcnow() + timedelta(days=3)), "concurrencySlots": "many"}
    await pass_time(hass, 31)
    assert issue_of(hass, entry, "trial_ends") is not None


async def test_key_that_cannot_view_itself_is_warned_of_nothing(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats"})
    farm.keys.describe(NARROW_KEY, expires_at=to_iso(dt_util.utcnow() + timedelta(days=1)))
    entry = await setup_entry(**{CONF_API_KEY: NARROW_KEY})
    await pass_time(hass, 31)
    assert issue_of(hass, entry, "key_expires") is None
    refused: Callable[[str], bool] = entry.runtime_data.coordinator.slow_poller.is_refused
    assert refused("key_expires")
