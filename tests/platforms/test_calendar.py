"""The calendar of the orders' deadlines, read as Home Assistant's calendar panel reads it."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, state_of, until, value_of
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.clock import to_iso

CALENDAR = "calendar"
NO_ORDERS = "no_orders_key_0123456789abcdefghijklm"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm with one order that is overdue since yesterday, and one without a deadline."""
    return FarmConfig(speed=0, printers=2)


async def events(hass: HomeAssistant, farm: VirtualFarm, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return the deadlines of a period."""
    calendar = entity_id(hass, farm.config.store_id, "deadlines", CALENDAR)
    data = {"entity_id": calendar, "start_date_time": start.isoformat(), "end_date_time": end.isoformat()}
    answer: Any = await hass.services.async_call(CALENDAR, "get_events", data, blocking=True, return_response=True)
    found: list[dict[str, Any]] = answer[calendar]["events"]
    return found


def order_due(farm: VirtualFarm, number: str, due: datetime | None) -> str:
    """Create an order; returns its ID."""
    deadline = None if due is None else to_iso(due)
    details = farm.orders.create({"orderNumber": number, "deadline": deadline}, [{"sku": "BENCHY-1", "quantity": 1}])
    farm.settle()
    order_id: str = details["order"]["id"]
    return order_id


async def test_month_shows_the_deadlines_of_open_orders_and_costs_no_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    now = dt_util.utcnow()
    later, sooner = order_due(farm, "2002", now + timedelta(days=9)), order_due(farm, "2001", now + timedelta(days=3))
    order_due(farm, "2003", None)
    order_due(farm, "2004", now + timedelta(days=60))
    await pass_time(hass, 31)
    farm.clear_requests()

    month = await events(hass, farm, now - timedelta(days=15), now + timedelta(days=15))

    assert [event["summary"] for event in month] == ["1001", "2001", "2002"]
    start = datetime.fromisoformat(month[1]["start"])
    assert abs(start - (now + timedelta(days=3))) < timedelta(seconds=1)
    farm.orders.close(sooner)
    farm.orders.cancel(later)
    farm.settle()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "orders_open") == "4")
    assert [event["summary"] for event in await events(hass, farm, now, now + timedelta(days=15))] == []
    assert paths(farm) == []


async def test_state_is_the_next_deadline_and_follows_the_stream(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await pass_time(hass, 31)
    assert state_of(hass, store, "deadlines", CALENDAR).state == STATE_OFF
    assert "message" not in state_of(hass, store, "deadlines", CALENDAR).attributes

    order = order_due(farm, "2001", dt_util.utcnow() + timedelta(days=1))
    await until(hass, lambda: state_of(hass, store, "deadlines", CALENDAR).attributes.get("message") == "2001")
    assert state_of(hass, store, "deadlines", CALENDAR).state == STATE_OFF

    farm.world.orders.change(order, {"deadline": to_iso(dt_util.utcnow() - timedelta(minutes=1))})
    farm.settle()
    await until(hass, lambda: state_of(hass, store, "deadlines", CALENDAR).state == STATE_ON)


async def test_key_that_may_not_view_orders_has_no_calendar_until_it_may(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(NO_ORDERS, {"printer.view", "printer.stats", "queue.view", "apiKey.view"})
    entry = await setup_entry(api_key=NO_ORDERS)
    await pass_time(hass, 31)
    assert value_of(hass, farm.config.store_id, "deadlines", CALENDAR) is None

    farm.add_api_key(NO_ORDERS)
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)
    assert value_of(hass, farm.config.store_id, "deadlines", CALENDAR) == STATE_OFF


async def test_calendar_is_there_again_after_a_reload_and_away_with_the_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    await hass.config_entries.async_reload(entry.entry_id)
    assert value_of(hass, farm.config.store_id, "deadlines", CALENDAR) == STATE_OFF

    await hass.config_entries.async_unload(entry.entry_id)
    assert value_of(hass, farm.config.store_id, "deadlines", CALENDAR) == STATE_UNAVAILABLE
