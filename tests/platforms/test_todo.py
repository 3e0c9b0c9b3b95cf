"""The to-do lists of the farm: what they show, and what becomes of it when someone works on them."""

from datetime import timedelta
from typing import Any

from homeassistant.components.todo import DOMAIN as TODO
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.conftest import SetUp
from tests.support.actions import sent
from tests.support.common import device_of, pass_time, paths, printer_named, state_of, until, value_of
from tests.support.issues import lose_connection, stream_gone
from tests.support.todo import complete, items, list_entity, move, remove, shown, summaries, until_list, until_shown
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.clock import to_iso

NARROW_KEY = "narrowkey0123456789abcde_fghijklmnopqrstu"
BEDS, QUEUE, ORDERS, ATTENTION = "beds_to_clear", "queue", "open_orders", "attention"
X1C, P1S, A1 = "X1 Carbon 01", "P1S 01", "A1 01"
CONFIRM = "/v1/printers/confirm-ready"
REORDER = "/v1/print-jobs/bulk-reorder"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm in which one printer prints, one waits to be cleared, one is ready, one is offline."""
    return FarmConfig(speed=0, printers=4)


@pytest.fixture
async def lists(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Let all be read, and forget what was asked."""
    await pass_time(hass, 31)
    farm.clear_requests()


def job_id(farm: VirtualFarm, label: str) -> str:
    """Return the job that has this label."""
    return next(job.id for job in farm.world.jobs.values() if job.label == label)


async def fail_of(action: Any) -> str | None:
    """Return the key of the error that an action raises."""
    with pytest.raises(HomeAssistantError) as failed:
        await action
    return failed.value.translation_key


# Beds


@pytest.mark.usefixtures("lists")
async def test_bed_that_needs_clearing_is_listed_by_the_name_of_its_printer_and_completing_confirms_it(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    assert await summaries(hass, farm, BEDS) == [P1S]
    printer = printer_named(farm, X1C)
    farm.finish_print(printer)
    await until_shown(hass, farm, BEDS, P1S, X1C)
    assert state_of(hass, farm.config.store_id, BEDS, TODO).state == "2"

    await complete(hass, farm, BEDS, X1C)

    await until_shown(hass, farm, BEDS, P1S)
    assert farm.printer(printer).confirmed_ready
    assert sent(farm, CONFIRM) == [{"ready": True, "ids": [printer]}]


@pytest.mark.usefixtures("lists")
async def test_bed_that_came_into_use_is_never_confirmed_by_a_list(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, P1S)
    (item,) = await items(hass, farm, BEDS)
    farm.print_from_outside(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "busy")
    entity = list_entity(hass, farm, BEDS)

    assert await fail_of(entity.async_complete(item["uid"])) == "still_printing"

    assert CONFIRM not in paths(farm)
    assert not farm.printer(printer).confirmed_ready


@pytest.mark.usefixtures("lists")
async def test_item_that_has_just_vanished_is_an_error_and_nothing_is_sent(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    (item,) = await items(hass, farm, BEDS)
    farm.fleet.confirm_ready(farm.printer(item["uid"]), ready=True)
    farm.settle()
    await until_shown(hass, farm, BEDS)
    entity = list_entity(hass, farm, BEDS)
    for uid in (item["uid"], "gone"):
        assert await fail_of(entity.async_complete(uid)) == "todo_item_gone"
    assert paths(farm) == []
    with pytest.raises(ServiceValidationError):
        await complete(hass, farm, BEDS, P1S)


@pytest.mark.usefixtures("lists")
async def test_two_beds_of_printers_with_the_same_name_are_distinguished(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    from homeassistant.helpers import device_registry as dr

    farm.finish_print(printer_named(farm, X1C))
    for name in (X1C, P1S):
        device = device_of(hass, entry, printer_named(farm, name))
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, name_by_user="Left one")
    await until_shown(hass, farm, BEDS, f"Left one ({P1S})", f"Left one ({X1C})")


@pytest.mark.usefixtures("lists")
async def test_items_can_be_completed_but_neither_renamed_nor_reopened(hass: HomeAssistant, farm: VirtualFarm) -> None:
    data = {"entity_id": "todo.virtual_farm_beds_to_clear", "item": P1S}
    for change in ({"rename": "Other"}, {"status": "needs_action"}):
        call = hass.services.async_call(TODO, "update_item", {**data, **change}, blocking=True)
        assert await fail_of(call) == "todo_item_fixed"
    assert paths(farm) == []


@pytest.mark.usefixtures("lists")
async def test_list_says_why_printago_did_not_do_it(hass: HomeAssistant, farm: VirtualFarm) -> None:
    farm.inject_fault(Fault(mode="status", status=400))
    assert await fail_of(complete(hass, farm, BEDS, P1S)) == "refused"
    assert shown(hass, farm, BEDS) == [P1S]


# The queue


async def queue_of(hass: HomeAssistant, farm: VirtualFarm) -> list[str]:
    """Return the labels of the queue, as the list says."""
    return await summaries(hass, farm, QUEUE)


@pytest.mark.usefixtures("lists")
async def test_queue_is_in_printagos_order_and_says_why_each_job_waits(hass: HomeAssistant, farm: VirtualFarm) -> None:
    assert await queue_of(hass, farm) == ["Benchy for the shop", "Cable Clip", "Jig", "Night filler"]
    benchy, clip, jig, filler = [item["description"] for item in await items(hass, farm, QUEUE)]
    assert benchy == f"Benchy · PLA · Only on {X1C} · Waiting for a free printer: {X1C}"
    assert clip == f"PLA · Only on {X1C} · Waiting for a free printer: {X1C}"
    assert jig == "Drill Jig · ABS · No printer has the required tags: enclosed"
    assert filler == "Calibration Cube · PLA · Low-priority jobs are turned off."
    assert paths(farm) == []


@pytest.mark.usefixtures("lists")
async def test_job_of_an_order_names_the_order(hass: HomeAssistant, farm: VirtualFarm) -> None:
    order = next(order for order in farm.world.orders.values() if order["orderNumber"] == "1002")
    farm.world.jobs[job_id(farm, "Jig")].order_id = order["id"]
    farm.world.jobs.touch(job_id(farm, "Jig"))
    farm.settle()
    entity = list_entity(hass, farm, QUEUE)
    await until_list(hass, farm, QUEUE, lambda: "For order 1002" in entity.todo_items[2].description)


@pytest.mark.usefixtures("lists")
async def test_job_that_is_moved_gets_a_number_between_its_neighbors_in_one_request_and_the_queue_is_read_again(
    hass: HomeAssistant, farm: VirtualFarm, hass_ws_client: WebSocketGenerator
) -> None:
    jig, clip = job_id(farm, "Jig"), job_id(farm, "Cable Clip")
    benchy = job_id(farm, "Benchy for the shop")
    answer = await move(hass, hass_ws_client, farm, QUEUE, jig, benchy)

    assert answer["success"], answer
    await until_shown(hass, farm, QUEUE, "Benchy for the shop", "Jig", "Cable Clip", "Night filler")
    (body,) = sent(farm, REORDER)
    (update,) = body["updates"]
    assert update["id"] == jig
    orders = {each: farm.world.jobs[each].queue_order for each in (benchy, clip)}
    assert orders[benchy] < update["newQueueOrder"] < orders[clip]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert paths(farm).count("GET /v1/print-jobs") == 1

    answer = await move(hass, hass_ws_client, farm, QUEUE, clip, None)
    assert answer["success"]
    await until_shown(hass, farm, QUEUE, "Cable Clip", "Benchy for the shop", "Jig", "Night filler")


@pytest.mark.usefixtures("lists")
async def test_what_printago_makes_of_a_move_wins(
    hass: HomeAssistant,
    farm: VirtualFarm,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jig = farm.job(job_id(farm, "Jig"))
    order = jig.queue_order
    look_again = farm.queue.look_again

    def decide_otherwise() -> None:
        jig.queue_order = order
        look_again()

    monkeypatch.setattr(farm.queue, "look_again", decide_otherwise)
    answer = await move(hass, hass_ws_client, farm, QUEUE, jig.id, None)
    assert answer["success"]
    assert len(sent(farm, REORDER)) == 1
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await queue_of(hass, farm) == ["Benchy for the shop", "Cable Clip", "Jig", "Night filler"]


@pytest.mark.usefixtures("lists")
async def test_job_stays_in_its_tier_of_the_queue(
    hass: HomeAssistant, farm: VirtualFarm, hass_ws_client: WebSocketGenerator
) -> None:
    answer = await move(hass, hass_ws_client, farm, QUEUE, job_id(farm, "Night filler"), None)
    assert answer["success"]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await queue_of(hass, farm))[-1] == "Night filler"


@pytest.mark.usefixtures("lists")
async def test_job_that_left_the_queue_can_neither_be_moved_nor_cancelled(
    hass: HomeAssistant, farm: VirtualFarm, hass_ws_client: WebSocketGenerator
) -> None:
    benchy = job_id(farm, "Benchy for the shop")
    farm.queue.cancel(farm.job(benchy))
    farm.settle()
    await until_shown(hass, farm, QUEUE, "Cable Clip", "Jig", "Night filler")

    for moved, previous in ((benchy, None), (job_id(farm, "Jig"), benchy)):
        answer = await move(hass, hass_ws_client, farm, QUEUE, moved, previous)
        assert "no longer on this list" in answer["error"]["message"]
    entity = list_entity(hass, farm, QUEUE)
    assert await fail_of(entity.async_delete_todo_items([benchy])) == "todo_item_gone"
    assert paths(farm) == []


@pytest.mark.usefixtures("lists")
async def test_print_that_has_begun_is_never_canceled_by_the_queue(hass: HomeAssistant, farm: VirtualFarm) -> None:
    running = next(job for job in farm.world.jobs.values() if job.status == "printing")
    entity = list_entity(hass, farm, QUEUE)
    assert await fail_of(entity.async_delete_todo_items([job_id(farm, "Jig"), running.id])) == "todo_item_gone"
    assert paths(farm) == []
    assert running.status == "printing"


@pytest.mark.usefixtures("lists")
async def test_deleting_cancels_jobs_in_one_request(hass: HomeAssistant, farm: VirtualFarm) -> None:
    await remove(hass, farm, QUEUE, "Jig", "Cable Clip")
    await until_shown(hass, farm, QUEUE, "Benchy for the shop", "Night filler")
    assert len(sent(farm, "/v1/print-jobs/cancel")) == 1
    assert farm.job(job_id(farm, "Jig")).status == "cancelled"


@pytest.mark.usefixtures("lists")
async def test_no_job_is_canceled_by_what_was_known_before_the_connection_was_lost(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    entity = list_entity(hass, farm, QUEUE)
    await lose_connection(hass, farm, entry)
    farm.clear_faults()
    assert await fail_of(entity.async_delete_todo_items([job_id(farm, "Jig")])) == "cannot_connect"
    assert farm.requests == []


# Orders


@pytest.mark.usefixtures("lists")
async def test_open_orders_are_listed_by_urgency_and_completing_closes_one(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    assert await summaries(hass, farm, ORDERS) == ["1001", "1002"]
    first, second = await items(hass, farm, ORDERS)
    assert dt_util.parse_datetime(first["due"]) < dt_util.utcnow()
    assert "due" not in second

    await complete(hass, farm, ORDERS, "1001")

    await until_shown(hass, farm, ORDERS, "1002")
    assert farm.world.orders[first["uid"]]["status"] == "closed"
    assert await summaries(hass, farm, ORDERS) == ["1002"]
    assert value_of(hass, farm.config.store_id, "orders_open") == "1"


@pytest.mark.usefixtures("lists")
async def test_order_that_printago_does_not_close_says_why(hass: HomeAssistant, farm: VirtualFarm) -> None:
    (order,) = [order for order in farm.world.orders.values() if order["orderNumber"] == "1001"]
    order["status"] = "closed"
    with pytest.raises(HomeAssistantError) as failed:
        await complete(hass, farm, ORDERS, "1001")
    assert failed.value.translation_key == "orders_not_closed"
    assert "1001 (Order 1001 is closed)" in str(failed.value.translation_placeholders)


@pytest.mark.usefixtures("lists")
async def test_order_shows_at_once_when_the_stream_tells_of_it(hass: HomeAssistant, farm: VirtualFarm) -> None:
    due = dt_util.utcnow() + timedelta(days=1)
    farm.orders.create({"orderNumber": "2001", "deadline": to_iso(due)}, [])
    farm.settle()
    await until_shown(hass, farm, ORDERS, "1001", "2001", "1002")
    assert paths(farm) == []


# Keys, reloads and outages


async def test_key_gets_the_lists_that_it_may_read_and_the_actions_that_it_may_do(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats", "apiKey.view"})
    await setup_entry(api_key=NARROW_KEY)
    await pass_time(hass, 31)
    store = farm.config.store_id
    assert shown(hass, farm, BEDS) == [P1S]
    assert value_of(hass, store, ATTENTION, TODO) is not None
    assert value_of(hass, store, QUEUE, TODO) is None
    assert value_of(hass, store, ORDERS, TODO) is None
    assert state_of(hass, store, BEDS, TODO).attributes["supported_features"] == 0
    with pytest.raises(HomeAssistantError):
        await complete(hass, farm, BEDS, P1S)
    assert CONFIRM not in paths(farm)


@pytest.mark.usefixtures("lists")
async def test_lists_have_the_same_items_after_a_reload_and_none_while_the_store_is_away(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    keys = (ATTENTION, QUEUE, BEDS, ORDERS)
    before = {key: await items(hass, farm, key) for key in keys}
    assert all(before.values())
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)
    assert {key: await items(hass, farm, key) for key in keys} == before

    await hass.config_entries.async_unload(entry.entry_id)
    assert {value_of(hass, farm.config.store_id, key, TODO) for key in keys} == {STATE_UNAVAILABLE}


@pytest.mark.usefixtures("lists")
async def test_lists_follow_the_poll_while_the_stream_is_down(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await stream_gone(hass, farm)
    farm.fleet.confirm_ready(farm.printer(printer_named(farm, P1S)), ready=True)
    farm.fleet.confirm_ready(farm.printer(printer_named(farm, A1)), ready=False)
    await pass_time(hass, 61)
    await until_shown(hass, farm, BEDS, A1)
    await complete(hass, farm, BEDS, A1)
    await until_shown(hass, farm, BEDS)
