"""What actions and lists say of orders, and closing them."""

from datetime import timedelta
from typing import Any

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.actions import act, sent
from tests.support.common import entity_id, pass_time, paths, until
from tests.support.event_recorder import EventRecorder
from tests.support.todo import items, until_list, until_shown
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.clock import to_iso

CUSTOMER = {"name": "Ada Lovelace", "email": "ada@private.invalid", "zipCode": "W1G 0QJ", "phone": "+44 1"}
PRIVATE = ("ada@private.invalid", "W1G", "+44 1")
NARROW_KEY = "narrowkey0123456789abcde_fghijklmnopqrstu"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm of two printers."""
    return FarmConfig(speed=0, printers=2)


@pytest.fixture
def order(farm: VirtualFarm) -> str:
    """Return an order of a shop, of which one item cannot be printed."""
    fields = {
        "orderNumber": "2001",
        "deadline": to_iso(dt_util.utcnow() + timedelta(days=1)),
        "price": 24.5,
        "currency": "EUR",
        "externalUrl": "https://shop.invalid/2001",
    }
    wanted = [{"sku": "BENCHY-1", "quantity": 2}, {"externalSku": "NO-SUCH", "quantity": 1}]
    details = farm.orders.create(fields, wanted, dict(CUSTOMER))
    farm.shops.mark_unprintable(details["items"][1]["id"], "sku_not_found")
    order_id: str = details["order"]["id"]
    farm.settle()
    return order_id


async def found(hass: HomeAssistant, number: str) -> dict[str, Any]:
    """Return an order as the action returns it."""
    orders = (await act(hass, "get_orders"))["orders"]
    return next(dict(order) for order in orders if order["number"] == number)


def complete_job(farm: VirtualFarm, order_id: str) -> None:
    """Let a job of the queue be completed for an order."""
    job = next(job for job in farm.world.jobs.values() if job.label == "Jig")
    job.order_id = order_id
    job.status, job.printing_completed_at = "completed", farm.world.now()
    farm.world.jobs.touch(job.id)
    farm.settle()


async def test_order_has_the_name_of_its_customer_items_progress_price_and_link_and_nothing_private(
    hass: HomeAssistant, farm: VirtualFarm, order: str, entry: MockConfigEntry
) -> None:
    complete_job(farm, order)
    got = await found(hass, "2001")
    assert got["customer"] == "Ada Lovelace"
    assert got["items"] == [
        {"sku": "BENCHY-1", "quantity": 2, "ignored": False, "problem": None},
        {"sku": "NO-SUCH", "quantity": 1, "ignored": False, "problem": "sku_not_found"},
    ]
    assert (got["printed"], got["price"], got["currency"]) == (1, 24.5, "EUR")
    assert got["url"] == "https://shop.invalid/2001"
    assert not [text for text in PRIVATE if text in str(got)]
    assert (await found(hass, "1002"))["printed"] == 0


async def test_list_of_open_orders_says_the_same_and_counts_along(
    hass: HomeAssistant, farm: VirtualFarm, order: str, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    (item,) = [item for item in await items(hass, farm, "open_orders") if item["summary"] == "2001"]
    assert item["description"].split(" · ") == [
        "Ada Lovelace",
        "2x BENCHY-1, 1x NO-SUCH",
        "0 printed",
        "24.50 EUR",
        "https://shop.invalid/2001",
    ]
    farm.clear_requests()
    complete_job(farm, order)
    entity = hass.data["todo"].get_entity("todo.virtual_farm_open_orders")
    await until_list(hass, farm, "open_orders", lambda: "1 printed" in str(entity.todo_items))
    assert paths(farm) == []
    assert not [text for text in PRIVATE if text in str(entity.todo_items)]


async def test_key_that_cannot_view_the_queue_gets_orders_without_their_progress(
    hass: HomeAssistant, farm: VirtualFarm, order: str, setup_entry: SetUp
) -> None:
    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats", "order.view"})
    await setup_entry(**{CONF_API_KEY: NARROW_KEY})
    got = await found(hass, "2001")
    assert got["customer"] == "Ada Lovelace"
    assert got["printed"] is None


async def test_orders_are_closed_by_number_in_one_request_and_leave_the_list(
    hass: HomeAssistant, farm: VirtualFarm, order: str, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    done = await act(hass, "close_orders", orders=["#2001", "1002"])
    assert done["errors"] == []
    assert order in done["closed"]
    assert len(done["closed"]) == 2
    assert sent(farm, "/v1/orders/batch/close") == [{"orderIds": done["closed"]}]
    assert farm.world.orders[order]["status"] == "closed"
    await until_shown(hass, farm, "open_orders", "1001")


async def test_events_of_orders_from_before_the_start_have_their_numbers(
    hass: HomeAssistant, farm: VirtualFarm, order: str, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    event = entity_id(hass, farm.config.store_id, "order", "event")
    numbers: list[str | None] = []

    async def note_number(times: int) -> None:
        await until(hass, lambda: len(recorder.of(event)) == times)
        state = hass.states.get(event)
        assert state is not None
        numbers.append(state.attributes.get("order_number"))

    await act(hass, "close_orders", orders=["2001"])
    farm.settle()
    await note_number(1)
    other = next(each for each in farm.world.orders.values() if each["orderNumber"] == "1001")
    farm.orders.cancel(other["id"])
    farm.settle()
    await note_number(2)
    assert recorder.of(event) == ["order_closed", "order_canceled"]
    assert numbers == ["2001", "1001"]


async def test_what_printago_does_not_close_is_returned_or_raised(
    hass: HomeAssistant, farm: VirtualFarm, order: str, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from virtual_farm.errors import BadRequestError

    def refuse(order_id: str) -> Any:
        raise BadRequestError("It is locked")

    monkeypatch.setattr(farm.orders, "close", refuse)
    done = await act(hass, "close_orders", orders=["2001"])
    assert done == {"closed": [], "errors": [{"order_id": order, "error": "It is locked"}]}
    with pytest.raises(HomeAssistantError) as failed:
        await hass.services.async_call(DOMAIN, "close_orders", {"orders": ["2001"]}, blocking=True)
    assert failed.value.translation_key == "orders_not_closed"
    with pytest.raises(ServiceValidationError) as unknown:
        await act(hass, "close_orders", orders=["none"])
    assert unknown.value.translation_key == "order_unknown"
