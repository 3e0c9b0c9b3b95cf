"""A day at the farm, from noon to noon: its lists, calendars, triggers and sentences, while connections, keys and Home
Assistant itself come and go. Sockets are real, time is simulated.
"""

# ruff: noqa: RUF001

from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta

from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE
from homeassistant.util import dt as dt_util
import pytest

from custom_components.printago.api.rest import request_log as sendlog
from tests.automation.test_reconnect_is_no_trigger import cloud_gone, reloaded
from tests.e2e.farm_day import LISTS, MINUTE, Day
from tests.support.common import entity_id, paths, printer_named, value_of
from tests.support.fire_triggers import FIRE
from tests.support.simulated_time import NOON, simulated_time
from tests.support.skips import NO_ASSISTANT
from tests.support.submissions import count_builds
from tests.support.todo import remove
from tests.support.voice import PACKAGES
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.catalog import slot_fields
from virtual_farm.machine import Tray
from virtual_farm.maintenance import set_elapsed

X1C, P1S, A1 = "X1 Carbon 01", "P1S 01", "A1 01"
SCOPED = "scoped-key-of-the-evening-0123456789"
HOUR = 60 * MINUTE
MOST_AN_HOUR = 45
QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "what is printing": f"Printing now: {X1C}: Plant Pot.",
        "when is X1 Carbon one done": f"{X1C} will be done at ",
        "when is the next printer free": f"Free now: {A1}, {P1S}.",
        "how long is the queue": "Jobs in the queue: 3",
        "which beds need clearing": "No bed needs clearing.",
    },
    "de": {
        "was druckt gerade": f"Gerade drucken: {X1C}: Plant Pot.",
        "wann ist X1 Carbon eins fertig": f"{X1C} ist fertig: ",
        "wann ist der nächste Drucker frei": f"Jetzt frei: {A1}, {P1S}.",
        "wie lang ist die Warteschlange": "Aufträge in der Warteschlange: 3",
        "welche Betten sind zu räumen": "Kein Druckbett muss geräumt werden.",
    },
    "fr": {
        "qu'est-ce qui s'imprime": f"En cours d'impression : {X1C}: Plant Pot.",
        "quand X1 Carbon un aura terminé": f"{X1C} aura terminé : ",
        "quand la prochaine imprimante sera libre": f"Libres maintenant : {A1}, {P1S}.",
        "combien de travaux sont dans la file": "Travaux dans la file d'attente : 3",
        "quels plateaux sont à libérer": "Aucun plateau n'est à libérer.",
    },
}
"""Questions of the afternoon, with the beginnings of their answers."""


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
    for part in (noon, afternoon, lost_connections, evening, spools, scoped_key, night, morning, noon_again):
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
    for language, questions in QUESTIONS.items():
        for question, answer in questions.items():
            said = await day.say(question, language)
            assert said.startswith(answer), said
    await day.hours(4)
    assert {"print_finished", "bed_needs_clearing", "bed_waiting", "order_completed"} <= day.fired
    assert "Plant Pot (Finished)" in [event["summary"] for event in await day.events("prints")]
    assert X1C in day.lists()["beds_to_clear"]
    await day.say(f"complete {X1C} on beds to clear")
    await day.until_listed("beds_to_clear", X1C, gone=True)
    await day.hours(0.5)
    assert value_of(day.hass, printer_named(day.farm, X1C), "print_status") == "running"
    assert "print_started" in day.fired

    for pause, resume, language in (
        ("pause X1 Carbon one", "resume X1 Carbon one", "en"),
        ("pausiere X1 Carbon eins", "setze X1 Carbon eins fort", "de"),
        ("mets X1 Carbon un en pause", "reprends X1 Carbon un", "fr"),
    ):
        await day.say(pause, language)
        await day.hours(0.2)
        assert await day.holds("printer_paused", X1C), language
        assert not await day.holds("printer_paused", P1S)
        assert not await day.holds("queue_empty")
        await day.say(resume, language)
        await day.hours(0.2)
        assert not await day.holds("printer_paused", X1C), language
    assert (day.times("print_paused"), day.times("print_resumed")) == (3, 3)


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
    before, ids = day.lists(), day.ids()
    await reloaded(day, 0)
    assert (day.lists(), day.ids()) == (before, ids)
    assert any("1042" in event["summary"] for event in await day.events("deadlines"))
    await day.hours(4)
    assert (day.times("order_created"), day.times("order_overdue")) == (1, 1)
    await day.until_listed("attention", "1042")
    await day.complete("open_orders", "1042")
    await day.until_listed("open_orders", "1042", gone=True)


async def spools(day: Day) -> None:
    """A spool runs low, and out under a job that waits for its printer; it is replaced. A material is short."""
    printer = day.farm.printer(printer_named(day.farm, X1C))
    assert not printer.confirmed_ready
    place = next(place for place in printer.slots if printer.machine.tray(place) is not None)
    empty = f"{X1C}: AMS {place[0] + 1} tray {place[1] + 1} is empty"
    parts = {part["name"]: part["id"] for part in day.farm.world.parts.values()}
    day.farm.builder.build({"parts": [{"partId": parts["Benchy"], "tags": {"printer.id": printer.id}}]})
    await day.farm.advance(MINUTE)
    count = day.times("spool_low")
    for percent in (9, 12, 8):
        await day.leave(printer, place, percent)
    assert day.times("spool_low") == count + 1
    assert empty not in day.lists()["attention"]

    await day.leave(printer, place, 0)
    await day.until_listed("attention", empty)
    variant = next(variant for variant in day.farm.world.variants.values() if variant["name"] == "Red")
    material = day.farm.world.materials[variant["materialId"]]
    spool = Tray("C12E1FFF", material["type"], material["name"], "", 100.0)
    day.farm.fleet.load(printer, place, spool, slot_fields(day.farm.world, variant))
    day.publish()
    await day.until_listed("attention", empty, gone=True)
    await day.leave(printer, place, 7)
    assert day.times("spool_low") == count + 2

    day.farm.builder.build(
        {"parts": [{"partId": parts["Drill Jig"], "quantity": 30, "tags": {"user.tags": "nowhere"}}]}
    )
    await day.hours(1)
    assert value_of(day.hass, day.store, "materials_short") == "1"
    await day.hours(1)
    assert day.times("material_short") == 1
    for job in [job for job in day.farm.world.jobs.values() if job.status == "pending"]:
        if job.part_id == parts["Drill Jig"]:
            day.farm.queue.cancel(job)
    await day.farm.advance(MINUTE)

    assert X1C in await day.say("le plateau de X1 Carbon un est libre", "fr")
    await day.until_listed("beds_to_clear", X1C, gone=True)
    await day.hours(0.5)
    assert value_of(day.hass, printer.id, "print_status") == "running"
    day.farm.finish_print(printer.id)
    await day.until_listed("beds_to_clear", X1C)
    assert X1C in await day.say("the bed of X1 Carbon one is clear")
    await day.until_listed("beds_to_clear", X1C, gone=True)


async def scoped_key(day: Day) -> None:
    """For an hour the key may only view printers."""
    day.farm.add_api_key(SCOPED, {"printer.view", "printer.stats", "apiKey.view"})
    await use_key(day, SCOPED)
    readable = {key: value_of(day.hass, day.store, key, "todo") != STATE_UNAVAILABLE for key in LISTS}
    assert [key for key, can_read in readable.items() if can_read] == ["attention", "beds_to_clear"]
    calendars = {value_of(day.hass, day.store, key, "calendar") for key in ("prints", "deadlines")}
    assert calendars == {STATE_UNAVAILABLE}
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
    before, ids, count = day.lists(), day.ids(), len(day.done)
    await day.restart(late=True)
    await day.listen()
    assert (day.lists(), day.ids()) == (before, ids)
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

    for stop, language in (("arrête X1 Carbon un", "fr"), ("stoppe X1 Carbon eins", "de")):
        assert X1C in await day.say(stop, language)
    assert f"Stop the print on {X1C}?" in await day.say("stop X1 Carbon one")
    assert value_of(day.hass, printer, "print_status") == "running"
    assert "is being stopped" in await day.say("yes, stop it")
    await day.hours(0.2)
    assert "print_canceled" in day.fired

    builds = count_builds(day.farm)
    assert await day.say("print two benchies") == "Sent to the queue: 2 × Benchy."
    assert "2 × Benchy" in await day.say("drucke zwei Benchy", "de")
    assert "1 × Benchy" in await day.say("imprime un benchy", "fr")
    assert count_builds(day.farm) == builds + 3
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
    for trigger in day.automations[0].triggers:
        if trigger["id"] not in day.fired:
            await day.during(FIRE[trigger["trigger"]](day, trigger))
            await day.hours(0.2)
    assert day.fired == {trigger["id"] for trigger in day.automations[0].triggers}
