"""Orders from lists and events, in whatever order both arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.printago.api import Action, Listing
from custom_components.printago.api.models.listing import read_listing
from custom_components.printago.api.models.order import Order
from custom_components.printago.model.store_info import Fact, StoreInfo
from tests.support.farm_model import order_row

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def order(number: str, *, status: str = "open", minute: int = 0, **fields: Any) -> dict[str, Any]:
    """Return an order as the cloud sends it."""
    updated_at = (NOW + timedelta(minutes=minute)).isoformat()
    return {"orderNumber": number, "status": status, "cancelledAt": None, "updatedAt": updated_at, **fields}


def list_orders(facts: StoreInfo, rows: dict[str, Any], *, complete: bool) -> None:
    """Let a list of the open orders come."""
    facts.apply_orders(read_listing(Listing(rows, complete), Order), NOW)


@pytest.fixture
def facts() -> StoreInfo:
    """Return a store with two open orders."""
    facts = StoreInfo()
    facts.begin_orders()
    list_orders(facts, {"one": order("1"), "two": order("2")}, complete=True)
    return facts


def numbers(facts: StoreInfo) -> list[str]:
    return sorted(open_order.title for open_order in facts.orders.values())


def test_orders_that_are_not_open_are_left_out() -> None:
    facts = StoreInfo()
    rows = {
        "one": order("1"),
        "two": order("2", status="closed"),
        "three": order("3", cancelledAt=NOW.isoformat()),
        "four": {"orderNumber": 4, "status": None},
    }
    list_orders(facts, rows, complete=True)
    assert numbers(facts) == ["1"]


def test_event_changes_the_fields_that_it_contains(facts: StoreInfo) -> None:
    deadline = (NOW + timedelta(hours=1)).isoformat()
    assert facts.apply_order(Action.UPDATE, order_row("one", {"deadline": deadline}))
    assert facts.overdue(NOW) == []
    assert [late.title for late in facts.overdue(NOW + timedelta(hours=2))] == ["1"]
    assert facts.apply_order(Action.UPDATE, order_row("one", {"deadline": None}))
    assert facts.overdue(NOW + timedelta(hours=2)) == []


@pytest.mark.parametrize(
    ("action", "source"),
    [
        (Action.UPDATE, {"status": "closed"}),
        (Action.UPDATE, {"cancelledAt": NOW.isoformat()}),
        (Action.DELETE, {}),
    ],
)
def test_ended_order_is_no_longer_open(facts: StoreInfo, action: Action, source: dict[str, Any]) -> None:
    assert facts.apply_order(action, order_row("one", source))
    assert numbers(facts) == ["2"]


def test_late_event_does_not_reopen_an_order(facts: StoreInfo) -> None:
    facts.apply_order(Action.UPDATE, order_row("one", order("1 renamed", minute=5)))
    facts.apply_order(Action.UPDATE, order_row("one", order("1", minute=3)))
    assert numbers(facts) == ["1 renamed", "2"]


def test_partial_event_of_an_unknown_order_is_not_enough(facts: StoreInfo) -> None:
    assert not facts.apply_order(Action.UPDATE, order_row("three", {"note": "soon"}))
    assert facts.apply_order(Action.UPDATE, order_row("three", {"status": "closed"}))
    assert facts.apply_order(Action.DELETE, order_row("three", {}))
    assert facts.apply_order(Action.INSERT, order_row("three", order("3")))
    assert numbers(facts) == ["1", "2", "3"]


def test_events_during_a_list_request_are_applied_to_the_list(facts: StoreInfo) -> None:
    facts.begin_orders()
    facts.apply_order(Action.DELETE, order_row("one", {}))
    facts.apply_order(Action.INSERT, order_row("three", order("3", minute=1)))
    facts.apply_order(Action.UPDATE, order_row("two", order("2 renamed", minute=1)))
    list_orders(facts, {"one": order("1"), "two": order("2")}, complete=True)
    assert numbers(facts) == ["2 renamed", "3"]


def test_incomplete_list_removes_no_order(facts: StoreInfo) -> None:
    list_orders(facts, {"three": order("3")}, complete=False)
    assert numbers(facts) == ["1", "2", "3"]
    list_orders(facts, {"three": order("3")}, complete=True)
    assert numbers(facts) == ["3"]


def test_orders_are_unknown_before_the_first_read_and_without_permission() -> None:
    facts = StoreInfo()
    assert facts.apply_order(Action.INSERT, order_row("one", order("1")))
    assert numbers(facts) == []
    list_orders(facts, {"one": order("1")}, complete=True)
    facts.apply_slots(4)
    assert facts.known == {Fact.ORDERS, Fact.SLOTS}
    facts.forget(Fact.ORDERS)
    assert (numbers(facts), facts.slots, facts.known) == ([], 4, {Fact.SLOTS})
    facts.forget(Fact.SLOTS)
    assert facts.slots is None
