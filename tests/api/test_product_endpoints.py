"""Uploads, parts, SKUs and orders: what is sent, and what is taken from the response."""

from typing import Any

import pytest

from custom_components.printago.api import MalformedResponseError, PrintagoClient
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.product import SkuOption
from tests.api.server import Server


def page(*rows: Any) -> dict[str, Any]:
    return {"data": rows, "meta": {"hasMore": False, "total": len(rows)}}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"signedUrls": {}},
        {"signedUrls": []},
        {"signedUrls": ["http://x/"]},
        {"signedUrls": [{"path": "a"}]},
        {"signedUrls": [{"uploadUrl": "http://x/"}]},
        {"signedUrls": [{"path": 7, "uploadUrl": "http://x/"}]},
        {"signedUrls": [{"path": "a", "uploadUrl": "http://x/"}] * 2},
    ],
)
async def test_response_without_one_upload_target_is_malformed(
    server: Server, client: PrintagoClient, answer: Any
) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.products.upload_target("benchy.3mf")


async def test_upload_target_is_a_secret_and_gets_the_file(server: Server, client: PrintagoClient) -> None:
    url = f"{server.url}/put?X-Signature=1"
    server.answer_in_turn({"signedUrls": [{"path": "a/benchy.3mf", "uploadUrl": url}]})
    target = await client.products.upload_target("benchy.3mf")
    assert (target.path, target.url) == ("a/benchy.3mf", url)
    assert "Signature" not in repr(target)
    assert server.requests[0].json == {"filenames": ["benchy.3mf"]}


@pytest.mark.parametrize("answer", [None, [], {}, {"id": 7}, {"id": "a b"}])
async def test_response_other_than_a_part_is_malformed(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.products.create_part("Benchy", "3mf", "a/benchy.3mf")


async def test_part_is_created_from_its_file(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"id": "a1", "name": "Benchy"})
    part = await client.products.create_part("Benchy", "3mf", "a/benchy.3mf", "A boat")
    assert (part.id, part.name) == ("a1", "Benchy")
    assert server.requests[0].json == {
        "name": "Benchy",
        "type": "3mf",
        "description": "A boat",
        "fileUris": ["a/benchy.3mf"],
        "parameters": [],
        "printTags": {},
        "overriddenProcessProfileId": None,
    }


async def test_options_of_skus_are_in_their_order(server: Server, client: PrintagoClient) -> None:
    values = [
        {"optionId": "o1", "name": "red", "order": 2},
        {"optionId": "o1", "name": "blue", "order": 1},
        {"optionId": "o1", "name": "green"},
        {"optionId": "o1", "name": "odd", "order": True},
        {"optionId": "o1", "name": 7},
        {"optionId": "gone", "name": "?"},
    ]
    bindings = [
        {"skuId": "s1", "optionId": "o2", "order": 2},
        {"skuId": "s1", "optionId": "o1", "order": 1.5},
        {"skuId": "s2", "optionId": "gone"},
        {"skuId": "s2", "optionId": "o3"},
    ]
    options = page(
        {"id": "o1", "name": "Color"}, {"id": "o2", "name": "n" * 300, "isPersonalization": True}, {"id": "o3"}
    )
    server.answer_in_turn(options, values, bindings)
    long = "n" * 254 + "…"
    assert await client.products.sku_options() == {
        "s1": [SkuOption("Color", ("blue", "red", "green", "odd"), free=False), SkuOption(long, (), free=True)]
    }


async def test_ignored_items_of_an_order_are_no_skus(server: Server, client: PrintagoClient) -> None:
    items: list[Any] = [
        {"skuId": "s1"},
        {"skuId": "s2", "ignored": True},
        {"skuId": "s3", "ignored": "yes"},
        {"skuId": None},
        {"skuId": "a b"},
        "?",
    ]
    server.answer_in_turn(items)
    assert await client.products.skus_of_order("o1") == ["s1", "s3"]
    assert server.requests[0].path == "/v1/orders/o1/items"
    server.answer_in_turn({"data": items})
    with pytest.raises(MalformedResponseError):
        await client.products.skus_of_order("o1")


async def test_orders_are_printed_with_the_options_that_were_given(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"errors": ["no stock", 7]})
    errors = await client.products.print_orders(order_ids=None, sku_ids=[], tags={}, priority=None, position=None)
    assert errors == ["no stock", "?"]
    await client.products.print_orders(
        order_ids=["o1"], sku_ids=["s1"], tags={"user.tags": "left"}, priority=0, position="front"
    )
    assert [request.json for request in server.requests] == [
        {"skuIds": []},
        {
            "orderIds": ["o1"],
            "skuIds": ["s1"],
            "printerTags": {"user.tags": "left"},
            "priority": 0,
            "position": "front",
        },
    ]
    for odd in ([], None, {"errors": None}, {}):
        server.answer_in_turn(odd)
        with pytest.raises(MalformedResponseError):
            await client.products.print_orders(order_ids=[], sku_ids=[], tags={}, priority=None, position=None)


async def test_newest_orders_are_searched_by_what_is_accepted(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page({"id": "o1", "orderNumber": "1"}, {"id": "o2", "orderNumber": "2"}))

    def accept(order: Order) -> bool:
        return order.number == "2"

    assert list((await client.products.newest_orders(accept, 5)).rows) == ["o2"]
    assert server.requests[0].path == "/v1/orders"


async def test_orders_are_also_found_by_their_number(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page({"id": "o2", "orderNumber": "#2"}))
    found = await client.products.newest_orders(lambda _: True, 5, numbers=["2", "#2"])
    assert list(found.rows) == ["o2"]
    assert server.requests[0].query["orderNumber.in"] == "#2,2"
