"""A day at the farm, from noon to noon: its lists, calendars, triggers and sentences, while connections, keys and Home
Assistant itself come and go. Sockets are real, time is simulated.
"""

# ruff: noqa: RUF001

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from datetime import timedelta
from typing import Any

from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.todo import DATA_COMPONENT
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE
from homeassistant.core import Context, ServiceRegistry
from homeassistant.helpers.condition import async_from_config, async_validate_condition_config
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest

from custom_components.printago.api.rest import request_log as sendlog
from custom_components.printago.const import DOMAIN
from tests.automation.test_every_trigger import OF_A_FARM
from tests.automation.test_reconnect_is_no_trigger import cloud_gone, reloaded
from tests.support.common import entity_id, paths, printer_named, value_of
from tests.support.example_home import Home
from tests.support.fire_triggers import FIRE
from tests.support.simulated_time import NOON, SimulatedTime, simulated_time
from tests.support.skips import NO_ASSISTANT
from tests.support.submissions import count_builds
from tests.support.todo import complete, remove, shown
from tests.support.voice import PACKAGES
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.maintenance import set_elapsed

X1C, P1S, A1 = "X1 Carbon 01", "P1S 01", "A1 01"
LISTS = ("attention", "queue", "beds_to_clear", "open_orders", "maintenance_due")
SCOPED = "scoped-key-of-the-evening-0123456789"
MINUTE, HOUR = 60, 3600
MOST_AN_HOUR = 45
_CALL = ServiceRegistry.async_call
_MOST_TURNS = 60


class Day(Home):
    """A Home Assistant with the automations, lists, calendars and the assistant of a farm."""

    def __init__(self, farm: VirtualFarm, time: SimulatedTime, patch: pytest.MonkeyPatch) -> None:
        """Prepare to start."""
        super().__init__(farm, time, OF_A_FARM, patch)
        self.store = farm.config.store_id
        self.shop = ""

    async def _call(self, domain: str, service: str, service_data: Any = None, *args: Any, **options: Any) -> Any:
        if domain == "notify":
            return await super()._call(domain, service, service_data)
        return await _CALL(self.hass.services, domain, service, service_data, *args, **options)

    def times(self, trigger: str) -> int:
        """Return how often a trigger has fired."""
        return sum(data["message"] == trigger for name, data in self.done if name == "notify.notify")

    @property
    def fired(self) -> set[str]:
        """The triggers that have fired so far."""
        return {data["message"] for name, data in self.done if name == "notify.notify"}

    async def hours(self, hours: float) -> None:
        """Let the farm print, and Home Assistant follow."""
        for _ in range(round(hours * 6)):
            await self.farm.advance(10 * MINUTE)
            self.publish()
            await self.time.pass_by(self.hass, 10 * MINUTE)

    async def listen(self) -> None:
        """Set up the assistant."""
        for component in ("homeassistant", "conversation"):
            assert await async_setup_component(self.hass, component, {})
        async_expose_entity(self.hass, "conversation", entity_id(self.hass, self.store, "jobs_queued"), True)

    async def during[T](self, waited: Coroutine[Any, Any, T]) -> T:
        """Let time pass until something is done: calls to the cloud are gathered for a moment."""
        task = asyncio.ensure_future(waited)
        for _ in range(_MOST_TURNS):
            if task.done():
                break
            await self.time.pass_by(self.hass, 0.1)
        async with asyncio.timeout(5):
            return await task

    async def say(self, sentence: str, language: str = "en") -> str:
        """Return what the assistant answers."""
        result = await self.during(async_converse(self.hass, sentence, None, Context(), language=language))
        return str(result.response.speech["plain"]["speech"])

    async def holds(self, condition: str, *printers: str) -> bool:
        """Return whether a condition is true of printers, or of the farm."""
        devices = [self.device_id(printer_named(self.farm, name)) for name in printers] or [self.device_id(self.store)]
        config = {"condition": f"{DOMAIN}.{condition}", "target": {"device_id": devices}, "options": {}}
        checker = await async_from_config(self.hass, await async_validate_condition_config(self.hass, config))
        try:
            return checker.async_check() is True
        finally:
            checker.async_unload()

    async def complete(self, key: str, item: str) -> None:
        """Complete an item of a list."""
        await self.during(complete(self.hass, self.farm, key, item))

    async def move(self, key: str, item: str, *, behind: str) -> None:
        """Drag an item of a list behind another one."""
        entity = self.hass.data[DATA_COMPONENT].get_entity(entity_id(self.hass, self.store, key, "todo"))
        uids = {each.summary: each.uid for each in entity.todo_items or ()}
        await self.during(entity.async_move_todo_item(uids[item], uids[behind]))

    async def until_order(self, key: str, wanted: list[str]) -> None:
        """Wait until a list has exactly these items."""
        for _ in range(_MOST_TURNS):
            if shown(self.hass, self.farm, key) == wanted:
                return
            await self.time.pass_by(self.hass, 1)
        pytest.fail(f"{key}: {shown(self.hass, self.farm, key)}")

    def lists(self) -> Mapping[str, list[str]]:
        """Return the items of all lists."""
        return {key: shown(self.hass, self.farm, key) for key in LISTS}

    async def until_listed(self, key: str, item: str, *, gone: bool = False) -> None:
        """Wait until an item is on a list, or no longer."""
        for _ in range(_MOST_TURNS):
            if any(item in each for each in shown(self.hass, self.farm, key)) != gone:
                return
            await self.time.pass_by(self.hass, 1)
        pytest.fail(f"{key}: {shown(self.hass, self.farm, key)}")

    async def begin_print(self, name: str) -> str:
        """Let a printer print the next job; returns the ID of the printer."""
        printer = printer_named(self.farm, name)
        if self.farm.printer(printer).machine.phase.busy:
            self.farm.finish_print(printer)
        self.farm.fleet.confirm_ready(self.farm.printer(printer), ready=True)
        part = next(iter(self.farm.world.parts))
        self.farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": printer}, "position": "front"}]})
        await self.farm.advance(5 * MINUTE)
        for _ in range(_MOST_TURNS):
            if value_of(self.hass, printer, "print_status") == "running":
                break
            await self.time.pass_by(self.hass, 1)
        assert value_of(self.hass, printer, "print_status") == "running"
        return printer

    async def events(self, key: str) -> list[dict[str, Any]]:
        """Return the events of a calendar, yesterday to tomorrow."""
        calendar, now = entity_id(self.hass, self.store, key, "calendar"), dt_util.utcnow()
        answer: Any = await self.hass.services.async_call(
            "calendar",
            "get_events",
            {
                "entity_id": calendar,
                "start_date_time": (now - timedelta(days=1)).isoformat(),
                "end_date_time": (now + timedelta(days=1)).isoformat(),
            },
            blocking=True,
            return_response=True,
        )
        found: list[dict[str, Any]] = answer[calendar]["events"]
        return found


@pytest.fixture
def farm_config() -> FarmConfig:
    """Stop simulated time in the farm, and count requests without refusing any."""
    return FarmConfig(speed=0, quota=False, printers=4)


@pytest.fixture
async def day(farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Day]:
    """Return a Home Assistant at noon."""
    for package in PACKAGES:
        pytest.importorskip(package, reason=NO_ASSISTANT)
    monkeypatch.setattr(sendlog, "_SUSPEND_CLOCK", None)
    monkeypatch.setattr("custom_components.printago.printing.submission._ASK_AFTER", (0.05, 0.05))
    for enrollment in farm.world.enrollments:
        set_elapsed(farm.world, enrollment, 0)
    shop = farm.shops.connect("etsy", "Bolt Works", synced_at=NOON - timedelta(hours=18))
    with simulated_time() as time:
        running = Day(farm, time, monkeypatch)
        running.shop = shop["id"]
        try:
            await running.start()
            await running.listen()
            yield running
        finally:
            await running.stop()


async def test_day_of_a_farm(day: Day) -> None:
    for part in (noon, afternoon, lost_connections, evening, scoped_key, night, morning, noon_again):
        await part(day)


async def noon(day: Day) -> None:
    """Beds and the queue, by lists and by voice."""
    lists = day.lists()
    assert lists["attention"] == [f"Clear the bed of {P1S}", "Order 1003 failed", "Order 1001 is overdue"]
    assert lists["beds_to_clear"] == [P1S]
    assert lists["queue"] == ["Benchy for the shop", "Cable Clip", "Jig", "Night filler"]
    assert lists["open_orders"] == ["1001", "1002"]
    assert lists["maintenance_due"] == []
    assert value_of(day.hass, day.store, f"shop_{day.shop}", "binary_sensor") == "on"

    assert await day.say("which beds need clearing") == f"Beds to clear: {P1S}."
    assert P1S in await day.say("das Bett von P1S eins ist frei", "de")
    await day.until_listed("beds_to_clear", P1S, gone=True)
    assert day.farm.printer(printer_named(day.farm, P1S)).confirmed_ready

    await day.move("queue", "Jig", behind="Benchy for the shop")
    await day.until_order("queue", ["Benchy for the shop", "Jig", "Cable Clip", "Night filler"])
    await day.during(remove(day.hass, day.farm, "queue", "Cable Clip"))
    await day.until_listed("queue", "Cable Clip", gone=True)
    await day.complete("attention", "Order 1003 failed")
    await day.until_listed("attention", "Order 1003 failed", gone=True)


async def afternoon(day: Day) -> None:
    """Prints end, and with one an order; beds are cleared, the next prints start."""
    pot = next(job for job in day.farm.world.jobs.values() if job.label == "Plant Pot")
    pot.order_id = next(order["id"] for order in day.farm.world.orders.values() if order["orderNumber"] == "1002")
    day.farm.world.jobs.touch(pot.id)
    day.farm.settle()
    planned = [event["summary"] for event in await day.events("prints") if event["summary"].startswith("Planned: ")]
    assert "Planned: Benchy for the shop" in planned
    assert "Plant Pot" in [event["summary"] for event in await day.events("prints")]
    assert (await day.say("when is X1 Carbon one done")).startswith(f"{X1C} will be done at ")
    assert await day.say("was druckt gerade", "de") == f"Gerade drucken: {X1C}: Plant Pot."
    assert P1S in await day.say("when is the next printer free")
    assert (await day.say("how long is the queue")).startswith("Jobs in the queue: 3")
    await day.hours(4)
    assert {"print_finished", "bed_needs_clearing", "bed_waiting", "order_completed"} <= day.fired
    assert "Plant Pot (Finished)" in [event["summary"] for event in await day.events("prints")]
    assert X1C in day.lists()["beds_to_clear"]
    await day.complete("beds_to_clear", X1C)
    await day.until_listed("beds_to_clear", X1C, gone=True)
    await day.hours(0.5)
    assert value_of(day.hass, printer_named(day.farm, X1C), "print_status") == "running"
    assert "print_started" in day.fired

    await day.say("pause X1 Carbon one")
    await day.hours(0.5)
    assert await day.holds("printer_paused", X1C)
    assert not await day.holds("printer_paused", P1S)
    assert not await day.holds("queue_empty")
    await day.say("reprends X1 Carbon un", "fr")
    await day.hours(0.5)
    assert {"print_paused", "print_resumed"} <= day.fired
    assert not await day.holds("printer_paused", X1C)


async def lost_connections(day: Day) -> None:
    """A print fails while nothing is connected."""
    printer = await day.begin_print(X1C)
    await cloud_gone(day, HOUR, lambda: day.farm.fail_print(printer, "Spaghetti"))
    await day.until_listed("attention", "Benchy failed")
    await day.hours(0.2)
    assert day.times("print_failed") == 1


async def evening(day: Day) -> None:
    """An order comes, is overdue, and is closed; the entry is reloaded meanwhile."""
    deadline = dt_util.utcnow() + timedelta(hours=3)
    day.farm.orders.create({"orderNumber": "1042", "deadline": deadline.isoformat()}, [])
    day.farm.settle()
    await day.until_listed("open_orders", "1042")
    before = day.lists()
    await reloaded(day, 0)
    assert day.lists() == before
    assert any("1042" in event["summary"] for event in await day.events("deadlines"))
    await day.hours(4)
    assert (day.times("order_created"), day.times("order_overdue")) == (1, 1)
    await day.until_listed("attention", "1042")
    await day.complete("open_orders", "1042")
    await day.until_listed("open_orders", "1042", gone=True)


async def scoped_key(day: Day) -> None:
    """For an hour the key may only view printers."""
    day.farm.add_api_key(SCOPED, {"printer.view", "printer.stats", "apiKey.view"})
    await use_key(day, SCOPED)
    assert value_of(day.hass, day.store, "open_orders", "todo") == STATE_UNAVAILABLE
    assert await day.say("how long is the queue") == "It is not known what is in the queue."
    await day.hours(1)
    await use_key(day, day.farm.config.api_key)
    assert value_of(day.hass, day.store, "open_orders", "todo") != STATE_UNAVAILABLE


async def use_key(day: Day, key: str) -> None:
    """Change the key of the entry, which reloads it."""
    day.hass.config_entries.async_update_entry(day.entry, data={**day.entry.data, CONF_API_KEY: key})
    await day.hours(0.5)


async def night(day: Day) -> None:
    """Home Assistant restarts while nothing changes."""
    before, count = day.lists(), len(day.done)
    await day.restart(late=True)
    await day.listen()
    assert day.lists() == before
    assert day.done[count:] == []
    day.farm.clear_requests()
    await day.hours(1)
    assert len(paths(day.farm)) <= MOST_AN_HOUR


async def morning(day: Day) -> None:
    """Maintenance is due, a job waits for approval, a printer has problems, prints are stopped."""
    enrollment = next(
        id_ for id_, each in day.farm.world.enrollments.items() if each["printerId"] == printer_named(day.farm, X1C)
    )
    set_elapsed(day.farm.world, enrollment, 100_000)
    await day.hours(1.5)
    assert day.times("maintenance_due") == 1
    assert value_of(day.hass, day.store, f"shop_{day.shop}", "binary_sensor") == "off"
    day.farm.shops.order(day.shop, {"orderNumber": "3001"}, [{"sku": "BENCHY-1", "quantity": 1}])
    button = {"entity_id": entity_id(day.hass, day.store, f"sync_shop_{day.shop}", "button")}
    await day.during(day.hass.services.async_call("button", "press", button, blocking=True))
    await day.until_listed("open_orders", "3001")
    await day.hours(2)
    assert value_of(day.hass, day.store, f"shop_{day.shop}", "binary_sensor") == "on"
    (due,) = day.lists()["maintenance_due"]
    assert any(X1C in each for each in day.lists()["attention"])
    await day.complete("maintenance_due", due)
    await day.until_listed("maintenance_due", due, gone=True)

    printer = await day.begin_print(X1C)
    day.farm.raise_hms(printer, "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    await day.until_listed("attention", "The Z axis motor seems stuck")
    assert await day.holds("printer_problem", X1C)
    day.farm.clear_hms(printer)
    await day.until_listed("attention", "The Z axis motor seems stuck", gone=True)
    assert not await day.holds("printer_problem", X1C)
    day.farm.disconnect_printer(printer)
    await day.until_listed("attention", f"{X1C} went offline during a print")
    assert await day.holds("printer_offline", X1C)
    day.farm.reconnect_printer(printer)
    await day.until_listed("attention", f"{X1C} went offline during a print", gone=True)
    assert {"printer_problem", "printer_offline", "printer_online"} <= day.fired

    assert f"Stop the print on {X1C}?" in await day.say("stop X1 Carbon one")
    assert "is being stopped" in await day.say("yes, stop it")
    await day.hours(0.2)
    assert "print_canceled" in day.fired

    builds = count_builds(day.farm)
    assert await day.say("print two benchies") == "Sent to the queue: 2 × Benchy."
    assert count_builds(day.farm) == builds + 1
    held = next(job for job in day.farm.world.jobs.values() if job.label == "Jig")
    held.status = "waiting-for-approval"
    day.farm.world.jobs.touch(held.id)
    day.farm.settle()
    await day.until_listed("attention", "Jig")
    assert "Jig" not in day.lists()["queue"]
    assert day.times("job_waiting_for_approval") == 1


async def noon_again(day: Day) -> None:
    """The calendar shows the day, without a request; what did not come by itself fires as well."""
    day.farm.clear_requests()
    prints = [event["summary"] for event in await day.events("prints")]
    assert {"Plant Pot (Finished)", "Benchy (Failed)", "Benchy (Canceled)"} <= set(prints)
    assert paths(day.farm) == []
    for trigger in day.triggers:
        if trigger["id"] not in day.fired:
            await day.during(FIRE[trigger["trigger"]](day, trigger))
            await day.hours(0.2)
    assert day.fired == {trigger["id"] for trigger in day.triggers}
