"""What a store knows besides printers and jobs: orders and their details, slots, and the subscription."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action, Listing
from custom_components.printago.api.models.listing import read_listing
from custom_components.printago.api.models.maintenance import MaintenanceItem
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.order_item import Customer, OrderItem
from custom_components.printago.model.gone_entities import GoneEntities
from custom_components.printago.model.order_book import OrderBook
from custom_components.printago.model.store_info import Fact, StoreInfo
from tests.support.farm_model import NOON, order_row, stamp


def order(seconds: float | None = 0, **fields: Any) -> dict[str, Any]:
    """Return an open order."""
    return {"status": "open", "updatedAt": None if seconds is None else stamp(seconds), **fields}


def item(item_id: str, order_id: str | None, **fields: Any) -> OrderItem:
    """Return an item of an order."""
    return OrderItem.from_json(item_id, {"orderId": order_id, **fields})


def take_orders(facts: StoreInfo, *order_ids: str, complete: bool = True, **rows: dict[str, Any]) -> None:
    """Let a list of orders come."""
    listed: dict[str, Any] = {order_id: order() for order_id in order_ids} | rows
    facts.apply_orders(read_listing(Listing(listed, complete), Order), NOON)


@pytest.fixture
def facts() -> StoreInfo:
    """Return a store with two open orders."""
    facts = StoreInfo()
    take_orders(facts, "one", "two")
    return facts


def test_nothing_is_known_at_first() -> None:
    facts = StoreInfo()
    assert (facts.known, facts.orders, facts.slots, facts.entitled) == (set(), {}, None, None)
    assert (facts.trial_ends_at, facts.trial_known) == (None, False)
    assert facts.order("one") is None


def test_event_with_the_time_of_the_known_order_still_counts(facts: StoreInfo) -> None:
    facts.apply_order(Action.UPDATE, order_row("one", {"orderNumber": "7", "updatedAt": stamp(0)}))
    assert facts.orders["one"].title == "7"
    assert facts.apply_order(Action.UPDATE, order_row("one", {"orderNumber": "6", "updatedAt": stamp(-1)}))
    assert facts.orders["one"].title == "7"


def test_order_with_a_time_in_the_future_can_still_change() -> None:
    facts = StoreInfo()
    take_orders(facts, one=order(7200, orderNumber="old"))
    facts.apply_order(Action.UPDATE, order_row("one", {"orderNumber": "new", "updatedAt": stamp(60)}))
    assert facts.orders["one"].title == "new"


def test_events_that_wait_for_a_list_are_limited(monkeypatch: pytest.MonkeyPatch, facts: StoreInfo) -> None:
    monkeypatch.setattr("custom_components.printago.model.store_info._MOST_JOURNALED", 2)
    facts.begin_orders()
    for name in ("three", "four", "five"):
        facts.apply_order(Action.INSERT, order_row(name, order()))
    assert set(facts.orders) == {"one", "two", "three", "four", "five"}
    take_orders(facts, "one")
    assert set(facts.orders) == {"one", "three", "four"}
    take_orders(facts, "one")
    assert set(facts.orders) == {"one"}, "they are applied once"


def test_new_orders_are_limited_and_known_ones_still_change(monkeypatch: pytest.MonkeyPatch, facts: StoreInfo) -> None:
    monkeypatch.setattr("custom_components.printago.model.store_info._MOST_ORDERS", 3)
    for name in ("three", "four"):
        facts.apply_order(Action.INSERT, order_row(name, order()))
    assert set(facts.orders) == {"one", "two", "three"}
    facts.apply_order(Action.UPDATE, order_row("one", {"orderNumber": "7"}))
    assert facts.orders["one"].title == "7"


@pytest.mark.parametrize(("source", "enough"), [({"status": "open"}, True), ({"orderNumber": "7"}, False)])
def test_event_of_an_unknown_order_is_enough_with_its_status(
    facts: StoreInfo, source: dict[str, Any], enough: bool
) -> None:
    assert facts.apply_order(Action.UPDATE, order_row("three", source)) is enough
    assert ("three" in facts.orders) is enough
    assert facts.apply_order(Action.UPDATE, order_row("one", source))


def test_closed_order_is_known_until_the_next_list(facts: StoreInfo) -> None:
    facts.close_orders(["one"])
    assert facts.order("one") is not None
    assert facts.order("two") is facts.orders["two"]
    take_orders(facts, "two")
    assert facts.order("one") is None


def test_overdue_orders_are_those_whose_deadline_has_passed() -> None:
    facts = StoreInfo()
    take_orders(facts, one=order(deadline=stamp(0)), two=order(deadline=stamp(60)), three=order())
    assert [late.id for late in facts.overdue(NOON)] == []
    assert [late.id for late in facts.overdue(NOON + timedelta(seconds=60))] == ["one"]


@pytest.mark.parametrize(
    ("names", "entitled"),
    [([], False), (["Queue"], False), (["Queue", "Printer Maintenance"], True), (["MAINTENANCE"], True)],
)
def test_subscription_includes_maintenance_if_any_of_its_words_says_so(names: list[str], entitled: bool) -> None:
    facts = StoreInfo()
    facts.take_entitlements(names)
    assert facts.entitled is entitled


def test_only_what_may_no_longer_be_read_is_forgotten(facts: StoreInfo) -> None:
    facts.apply_slots(3)
    facts.book.take_items(["one"], [item("i", "one")])
    facts.book.take_printed(["one"], {"one": 2})
    facts.maintenance.take({"m": MaintenanceItem.from_json("m", {"printerId": "p", "status": "OVERDUE"})})
    facts.known |= {Fact.ORDER_ITEMS, Fact.MAINTENANCE}
    facts.forget(Fact.ORDER_ITEMS)
    assert (facts.book.items, facts.book.printed_of("one")) == ({}, 2)
    facts.forget(Fact.MAINTENANCE)
    assert facts.maintenance.items == {}
    assert (set(facts.orders), facts.slots) == ({"one", "two"}, 3)
    facts.forget(Fact.ORDERS)
    assert (facts.orders, facts.book.printed_of("one"), facts.known) == ({}, None, {Fact.SLOTS})
    facts.forget(Fact.MATERIALS)
    assert facts.slots == 3


def test_unprintable_items_of_open_orders_are_listed(facts: StoreInfo) -> None:
    problem = {"resolutionNote": {"type": "sku_not_found"}}
    facts.book.take_items(
        ["one", "closed"],
        [item("bad", "one", **problem), item("fine", "one"), item("old", "closed", **problem)],
    )
    assert [bad.id for bad in facts.unprintable()] == ["bad"]
    assert [bad.id for bad in facts.book.unprintable()] == ["bad", "old"]


def test_items_are_kept_by_order_and_those_of_others_left_out() -> None:
    book = OrderBook()
    book.take_items(["old"], [item("i", "old")])
    book.take_items(["one", "two"], [item("a", "one"), item("b", "one"), item("c", "other"), item("d", None)])
    assert {name: [each.id for each in items] for name, items in book.items.items()} == {"one": ["a", "b"], "two": []}


def test_names_of_customers_are_added_and_stay_without_one() -> None:
    book = OrderBook()
    book.take_customers({"c1": Customer(id="c1", name="Ada"), "c2": Customer(id="c2", name=None)})
    book.take_customers({"c1": Customer(id="c1", name=None), "c3": Customer(id="c3", name="Bob")})
    assert book.names == {"c1": "Ada", "c3": "Bob"}


def test_printed_jobs_are_counted_for_the_orders_that_were_read() -> None:
    book = OrderBook()
    assert book.printed_of("one") is None
    book.take_printed(["one", "two"], {"one": 3, "other": 5})
    book.count_printed("one")
    book.count_printed("two")
    book.count_printed("other")
    assert [book.printed_of(name) for name in ("one", "two", "other")] == [4, 1, None]
    book.take_printed(["two"], {})
    assert [book.printed_of(name) for name in ("one", "two")] == [None, 0]


def test_late_data_does_not_bring_back_what_is_gone() -> None:
    gone = GoneEntities()
    gone.remember("one", NOON)
    assert "one" in gone
    assert "two" not in gone
    second = timedelta(seconds=1)
    for late, when in ((True, NOON - second), (True, NOON), (False, NOON + second), (False, None)):
        assert gone.is_late("one", when) is late
    assert not gone.is_late("one", NOON, whole=True)
    assert gone.is_late("one", NOON - second, whole=True)
    assert not gone.is_late("two", NOON)
    gone.remember("one", None)
    assert gone.is_late("one", NOON), "the known time stays"
    gone.remember("one", NOON + second)
    assert gone.is_late("one", NOON + second)


def test_latest_five_thousand_that_are_gone_are_remembered() -> None:
    gone = GoneEntities()
    for number in range(5000):
        gone.remember(str(number), None)
    gone.remember("0", None)
    gone.remember("last", None)
    assert "0" in gone
    assert "1" not in gone
    assert "2" in gone
