"""The connected shops: their names, their connection, and which of them is asked next."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.printago.api.models.shop import Shop, ShopStatus
from custom_components.printago.model.shop_links import ShopLink, ShopLinks
from custom_components.printago.model.store_info import Fact, StoreInfo
from tests.support.farm_model import NOON

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def shop(shop_id: str, kind: str | None = "etsy", **fields: Any) -> Shop:
    """Return a shop."""
    return Shop(id=shop_id, type=kind, **fields)


def linked(*shops: Shop) -> ShopLinks:
    """Return these connected shops."""
    links = ShopLinks()
    links.take({each.id: each for each in shops}, complete=True)
    return links


def asked(links: ShopLinks, times: int) -> list[str | None]:
    """Return the IDs of the shops that are asked next."""
    return [found.id if (found := links.next_to_ask()) is not None else None for _ in range(times)]


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"name": "My shop", "type": "etsy"}, "My shop"), ({"type": "etsy"}, "Etsy"), ({}, "One"), ({"name": ""}, "One")],
)
def test_shop_without_a_name_is_called_by_its_type_else_by_its_id(fields: dict[str, Any], name: str) -> None:
    assert ShopLink(Shop(id="one", **fields)).name == name


@pytest.mark.parametrize(
    ("of_shop", "of_status", "latest"),
    [
        (None, None, None),
        (NOON, None, NOON),
        (None, NOON, NOON),
        (NOON, NOON + SECOND, NOON + SECOND),
        (NOON, NOON - SECOND, NOON),
    ],
)
def test_last_sync_is_the_latest_that_is_known(of_shop: Any, of_status: Any, latest: Any) -> None:
    assert ShopLink(shop("one", last_synced_at=of_shop), ShopStatus(None, of_status)).last_synced_at == latest


@pytest.mark.parametrize(
    ("connected", "synced_at", "shown"),
    [
        (None, None, None),
        (True, None, True),
        (False, None, False),
        (False, NOON, False),
        (True, NOON - DAY, False),
        (True, NOON - DAY + SECOND, True),
        (None, NOON - DAY + SECOND, True),
        (None, NOON - DAY, False),
    ],
)
def test_shop_is_connected_if_it_says_so_and_orders_arrive(connected: Any, synced_at: Any, shown: Any) -> None:
    assert ShopLink(shop("one", last_synced_at=synced_at), ShopStatus(connected)).is_connected(NOON) is shown


def test_connection_stays_known_when_the_shops_are_read_again() -> None:
    links = linked(shop("one"), shop("two"))
    links.take_status("one", ShopStatus(connected=False))
    links.take_status("unknown", ShopStatus(connected=False))
    links.take({"one": shop("one", name="Renamed")}, complete=False)
    assert list(links.all) == ["one", "two"]
    assert links.all["one"] == ShopLink(shop("one", name="Renamed"), ShopStatus(connected=False))
    links.take({"two": shop("two")}, complete=True)
    assert links.all == {"two": ShopLink(shop("two"))}


def test_shops_take_turns_and_only_those_with_a_status() -> None:
    links = linked(shop("one"), shop("two", "ebay"), shop("three", "shopify"), shop("four"))
    assert asked(links, 5) == ["one", "three", "four", "one", "three"]
    links.take({name: shop(name) for name in ("one", "four", "new")}, complete=True)
    assert asked(links, 4) == ["new", "four", "one", "new"]
    assert asked(linked(shop("two", "ebay")), 1) == [None]
    assert asked(linked(), 1) == [None]


def test_shop_that_left_and_returns_is_asked_first() -> None:
    links = linked(shop("one"), shop("two"), shop("three"))
    assert asked(links, 3) == ["one", "two", "three"]
    links.take({name: shop(name) for name in ("one", "two")}, complete=True)
    assert asked(links, 1) == ["one"]
    links.take({"three": shop("three")}, complete=False)
    assert asked(links, 2) == ["three", "two"]


def test_shops_are_forgotten_without_permission() -> None:
    facts = StoreInfo()
    facts.shops.take({"one": shop("one")}, complete=True)
    facts.forget(Fact.SHOPS)
    assert facts.shops.all == {}
