"""The calendars of deadlines and prints, read as Home Assistant's calendar panel reads them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.calendar import CalendarEvent
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.calendar import shown_end
from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, printer_named, state_of, until, until_farm, value_of
from tests.support.past_oracle import ended_at, moment, past_jobs
from tests.support.past_reading import read_all
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.clock import to_iso

CALENDAR = "calendar"
NO_JOBS = "no_jobs_key_0123456789abcdefghijklmno"
NO_ORDERS = "no_orders_key_0123456789abcdefghijklm"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm with one order that is overdue since yesterday, and one without a deadline."""
    return FarmConfig(speed=0, printers=2)


async def events(
    hass: HomeAssistant, farm: VirtualFarm, start: datetime, end: datetime, key: str = "deadlines"
) -> list[dict[str, Any]]:
    """Return the events of a period."""
    calendar = entity_id(hass, farm.config.store_id, key, CALENDAR)
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

    assert [event["summary"] for event in month] == ["Order 1001", "Order 2001", "Order 2002"]
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
    await until(hass, lambda: state_of(hass, store, "deadlines", CALENDAR).attributes.get("message") == "Order 2001")
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


async def test_next_deadline_is_shown_when_the_current_one_has_passed_without_a_push(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await pass_time(hass, 31)
    order_due(farm, "2002", dt_util.utcnow() + timedelta(days=1))
    order_due(farm, "2001", dt_util.utcnow() - timedelta(minutes=59, seconds=57))
    await until(hass, lambda: state_of(hass, store, "deadlines", CALENDAR).attributes.get("message") == "Order 2001")
    assert state_of(hass, store, "deadlines", CALENDAR).state == STATE_ON
    await until(hass, lambda: state_of(hass, store, "deadlines", CALENDAR).attributes.get("message") == "Order 2002")
    assert state_of(hass, store, "deadlines", CALENDAR).state == STATE_OFF


async def prints(hass: HomeAssistant, farm: VirtualFarm, days: int = 90) -> list[dict[str, Any]]:
    """Return the events of the calendar of prints, as far back and ahead as this."""
    now = dt_util.utcnow()
    return await events(hass, farm, now - timedelta(days=days), now + timedelta(days=days), "prints")


async def test_prints_of_sixty_days_are_shown_with_their_result_and_cost_no_request(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(200, months=4)
    await read_all(hass, await setup_entry())
    farm.clear_requests()
    since = datetime.now(UTC) - timedelta(days=60)
    words = {"completed": "Finished", "failed": "Failed", "cancelled": "Canceled"}
    expected = [
        job
        for job in past_jobs(farm)
        if moment(ended_at(job)) > since and (job.status != "cancelled" or job.printing_started_at is not None)
    ]

    shown = [event for event in await prints(hass, farm) if event["summary"].endswith(")")]

    assert Counter(event["summary"] for event in shown) == Counter(
        f"{job.label or job.part_name} ({words[job.status]})" for job in expected
    )
    failed = next(job for job in expected if job.status == "failed" and job.printing_started_at is not None)
    described = [event["description"].splitlines()[1:] for event in shown]
    assert [failed.part_name, "Failed", failed.error_message] in described
    assert paths(farm) == []


async def test_running_print_is_shown_until_its_expected_end_and_then_with_its_result(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store, name = farm.config.store_id, "X1 Carbon 01"
    printer = printer_named(farm, name)
    job = farm.world.jobs[farm.world.printers[printer].printing_job_id]
    await read_all(hass, entry)
    await until(hass, lambda: value_of(hass, printer, "end_time") not in (None, "unknown"))
    running = next(event for event in await prints(hass, farm) if name in event["description"] and is_now(event))
    assert running["summary"] == (job.label or job.part_name)
    assert job.part_name in running["description"]
    expected = dt_util.parse_datetime(value_of(hass, printer, "end_time") or "")
    assert dt_util.parse_datetime(running["end"]) == expected
    assert state_of(hass, store, "prints", CALENDAR).state == STATE_ON

    farm.fail_print(printer, "Spaghetti detected")
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == "failed")
    shown = await prints(hass, farm)
    past = [event for event in shown if "Spaghetti detected" in event["description"]]
    assert [event["summary"] for event in past] == [f"{running['summary']} (Failed)"]
    assert running["summary"] not in [event["summary"] for event in shown]


async def test_waiting_jobs_are_shown_as_planned_with_their_order(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await read_all(hass, entry)
    planned = [event for event in await prints(hass, farm) if event["summary"].startswith("Planned: ")]
    waiting = {job.label: job for job in farm.world.jobs.values() if job.status == "pending"}
    # No printer has the tag of the jig, and low-priority jobs are turned off.
    assert {event["summary"].removeprefix("Planned: ") for event in planned} == waiting.keys() - {"Jig", "Night filler"}
    benchy = waiting["Benchy for the shop"]
    benchy.order_id = next(order["id"] for order in farm.world.orders.values() if order["orderNumber"] == "1002")
    farm.world.jobs.touch(benchy.id)
    farm.settle()
    await until_farm(entry, lambda: entry.runtime_data.coordinator.farm.jobs[benchy.id].order_id is not None)
    event = next(event for event in await prints(hass, farm) if event["summary"] == "Planned: Benchy for the shop")
    printer, *others = event["description"].splitlines()
    assert printer in [one.name for one in farm.world.printers.values()]
    assert others == ["Benchy", "For order 1002"]
    assert all(event["end"] > event["start"] for event in planned)


async def test_prints_of_the_same_name_also_carry_their_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await read_all(hass, entry)
    x1c, p1s = printer_named(farm, "X1 Carbon 01"), printer_named(farm, "P1S 01")
    part = next(iter(farm.world.parts))
    farm.fleet.confirm_ready(farm.printer(p1s), ready=True)
    farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": p1s}, "position": "front"}]})
    await farm.advance(300)
    await until(hass, lambda: value_of(hass, p1s, "print_status") == "running")
    farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": each}} for each in (x1c, p1s)]})
    await farm.advance(60)
    first, second = (farm.world.jobs[farm.printer(each).printing_job_id] for each in (x1c, p1s))
    waiting = [job for job in farm.world.jobs.values() if job.status == "pending"]
    for job, label in ((first, "Pot"), (second, "pot"), *((job, "Hook") for job in waiting if job.part_id == part)):
        job.label = label
        farm.world.jobs.touch(job.id)
    farm.settle()
    known = entry.runtime_data.coordinator.farm.jobs
    await until_farm(entry, lambda: [job.title for job in known.values()].count("Hook") >= 2)

    summaries = [event["summary"] for event in await prints(hass, farm)]

    assert {"Pot · X1 Carbon 01", "pot · P1S 01", "Planned: Cable Clip"} <= set(summaries)
    assert {"Planned: Hook · X1 Carbon 01", "Planned: Hook · P1S 01"} <= set(summaries)
    assert not {"Pot", "pot", "Planned: Hook"} & set(summaries)
    farm.finish_print(x1c)
    await until(hass, lambda: value_of(hass, x1c, "print_status") == "finish")
    assert "pot" in [event["summary"] for event in await prints(hass, farm)]


async def test_key_that_may_not_view_jobs_has_no_calendar_of_prints_until_it_may(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(NO_JOBS, {"printer.view", "printer.stats", "apiKey.view"})
    entry = await setup_entry(api_key=NO_JOBS)
    await pass_time(hass, 31)
    assert value_of(hass, farm.config.store_id, "prints", CALENDAR) is None

    farm.add_api_key(NO_JOBS)
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: value_of(hass, farm.config.store_id, "prints", CALENDAR) == STATE_ON)


def is_now(event: dict[str, Any]) -> bool:
    """Return whether an event has begun and has not ended."""
    start, end = dt_util.parse_datetime(event["start"]), dt_util.parse_datetime(event["end"])
    return start is not None and end is not None and start <= dt_util.utcnow() < end


async def test_print_of_the_night_in_which_the_clocks_go_back_does_not_hide_all_others(hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("America/Los_Angeles")
    start = datetime(2026, 11, 1, 8, 45, tzinfo=UTC)
    for minutes in (1, 29, 59, 60, 61, 600):
        end = start + timedelta(minutes=minutes)
        event = CalendarEvent(start=start, end=shown_end(start, end), summary="Benchy")
        assert event.end >= end
        assert event.end - end < timedelta(hours=1)
    for other in (start + timedelta(days=1), start - timedelta(hours=5)):
        assert shown_end(other, other + timedelta(minutes=10)) == other + timedelta(minutes=10)
