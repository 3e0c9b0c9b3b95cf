"""Past jobs, costs, spools, estimates, and the items of orders."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from custom_components.printago.api import MalformedResponseError, PrintagoClient, PrintJob, RateLimiter
from custom_components.printago.api.models.account import StoreSettings
from custom_components.printago.api.models.estimate import read_estimate
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.order_item import Customer, OrderItem, UnprintableReason
from custom_components.printago.api.models.row import records_of
from custom_components.printago.api.models.sku_cost import CostBreakdown, ExtraCost, read_extra_costs
from tests.api.server import Server
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.costs import add_component, add_cost

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
async def farm(socket_enabled: None) -> AsyncGenerator[VirtualFarm]:
    async with VirtualFarm(FarmConfig(scenario="demo", speed=0, printers=2, quota=False)) as farm:
        yield farm


@pytest.fixture
def cloud(farm: VirtualFarm, session: aiohttp.ClientSession) -> PrintagoClient:
    return PrintagoClient.create(
        session,
        api_url=farm.rest_url,
        store_id=farm.config.store_id,
        api_key=farm.config.api_key,
        limiter=RateLimiter(),
    )


def itself(job: PrintJob) -> PrintJob:
    """Keep the job as it is read."""
    return job


async def test_past_jobs_are_read_newest_first_from_a_position(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    farm.fill_history(250, until=UNTIL)
    seen: dict[str, PrintJob] = {}
    until: datetime | None = UNTIL
    for _ in range(10):
        page = await cloud.history.past_jobs(itself, until=until, limit=100)
        assert [job.created_at for job in page.jobs] == sorted((j.created_at for j in page.jobs), reverse=True)
        seen |= {job.id: job for job in page.jobs}
        until = page.jobs[-1].created_at
        if not page.has_more:
            break
    past = {job.id for job in farm.world.jobs.values() if job.created_at < "2026-06-01"}
    assert set(seen) == past
    assert {job.hidden for job in seen.values()} == {True, False}


async def test_page_counts_all_rows_and_keeps_readable_ones(server: Server, client: PrintagoClient) -> None:
    rows: list[Any] = [
        {"id": "j1", "status": "completed"},
        {"id": "j2", "status": "pending"},
        {"id": "j3", "status": "exploded"},
        {"status": "failed"},
        "?",
    ]
    server.answer_in_turn({"data": rows, "meta": {"hasMore": True, "total": 9}})
    page = await client.history.past_jobs(itself, offset=3000)
    assert ([job.id for job in page.jobs], page.length, page.has_more, page.total) == (["j1"], 5, True, 9)
    assert server.requests[0].query == {
        "status.in": "cancelled,completed,failed",
        "sort": "createdAt:desc",
        "limit": "1000",
        "meta": "true",
        "offset": "3000",
    }
    server.answer_in_turn({"data": [], "meta": {"hasMore": True}})
    assert not (await client.history.past_jobs(itself)).has_more, "a server that repeats itself would use up the quota"


async def test_page_names_its_oldest_jobs_and_how_many_pages_follow(server: Server, client: PrintagoClient) -> None:
    created = ["2026-05-03T00:00:00Z", "2026-05-02T00:00:00Z", "2026-05-02T00:00:00Z", None, "yesterday"]
    rows = [{"id": f"j{number}", "status": "failed", "createdAt": moment} for number, moment in enumerate(created)]
    server.answer_in_turn({"data": rows, "meta": {"hasMore": True, "total": 16}})
    page = await client.history.past_jobs(lambda job: None if job.id == "j1" else job.id)
    assert page.jobs == ["j0", "j2", "j3", "j4"]
    assert (page.oldest, page.of_oldest) == (datetime(2026, 5, 2, tzinfo=UTC), 2)
    assert (page.left(0), page.left(5), page.left(11)) == (3, 2, 1)


@pytest.mark.parametrize("body", [b"{", b'"text"', b"", b"5"])
async def test_page_that_is_no_list_is_an_error(server: Server, client: PrintagoClient, body: bytes) -> None:
    server.answer(200, body)
    with pytest.raises(MalformedResponseError):
        await client.history.past_jobs(itself)


async def test_costs_of_skus_take_two_requests(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    sku_id = next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == "BENCHY-1")
    add_cost(farm.world, sku_id, add_component(farm.world, "Packing", "labor", 0.5, "minute"), 3)
    add_cost(farm.world, sku_id, add_component(farm.world, "Box", "overhead", 0.25, "piece"), 2)
    farm.clear_requests()
    assert await cloud.history.extra_costs() == {sku_id: ExtraCost(1.5, 0.5)}
    assert len(farm.requests) == 2
    assert await cloud.history.cost_breakdown(sku_id) == CostBreakdown(
        materials=0.27, labor=1.5, overhead=0.5, total=2.27
    )


def test_incomplete_cost_is_unknown() -> None:
    components: dict[str, Any] = {
        "labor": {"type": "labor", "rate": 2},
        "odd": {"type": "overhead", "rate": "free"},
        "goods": {"type": "material", "rate": 9},
    }
    rows = [
        {"skuId": "a", "costComponentId": "labor", "quantity": 2},
        {"skuId": "a", "costComponentId": "odd", "quantity": 1},
        {"skuId": "b", "costComponentId": "gone", "quantity": 1},
        {"skuId": "c", "costComponentId": "goods", "quantity": 1},
        {"skuId": "d", "costComponentId": "labor", "quantity": None},
        {"costComponentId": "labor", "quantity": 1},
    ]
    assert read_extra_costs(rows, components) == {
        "a": ExtraCost(4, None),
        "b": ExtraCost(None, None),
        "c": ExtraCost(0, 0),
        "d": ExtraCost(None, 0),
    }


async def test_incomplete_list_of_costs_raises_an_error(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"data": [], "meta": {"hasMore": True, "total": 3}})
    with pytest.raises(MalformedResponseError):
        await client.history.extra_costs()


async def test_incomplete_list_of_cost_components_raises_an_error(server: Server, client: PrintagoClient) -> None:
    whole: dict[str, Any] = {"data": [], "meta": {"hasMore": False, "total": 0}}
    server.answer_in_turn(whole, {"data": [], "meta": {"hasMore": True, "total": 3}})
    with pytest.raises(MalformedResponseError):
        await client.history.extra_costs()


@pytest.mark.parametrize("cut", ["/v1/sku-costs", "/v1/cost-components"])
async def test_list_of_costs_with_an_unreadable_row_raises_an_error(
    server: Server, client: PrintagoClient, cut: str
) -> None:
    rows = [{"id": f"r{number}"} for number in range(3)]
    whole, some = {"data": rows, "meta": {"hasMore": False}}, {"data": [*rows, "?"], "meta": {"hasMore": False}}
    server.answer_in_turn(*([some, whole] if cut == "/v1/sku-costs" else [whole, some]))
    with pytest.raises(MalformedResponseError):
        await client.history.extra_costs()


async def test_spools_prices_and_estimates_are_read(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    spools = await cloud.history.spools()
    slots = [row.applied_to(None) for row in (await cloud.printer_slots()).values()]
    loaded = {slot.instance_id for slot in slots} - {None}
    assert loaded
    assert loaded <= set(spools)
    assert all(spool.remaining is not None and spool.variant_id in farm.world.variants for spool in spools.values())
    materials = list(records_of(await cloud.materials()).rows.values())
    assert {(material.type, material.price_per_kg) for material in materials} >= {("PLA", 19.99), ("ABS", 24.99)}
    variants = [row.applied_to(None) for row in (await cloud.material_variants()).values()]
    assert all(variant.price_per_kg is None and variant.color for variant in variants)
    parts = {part.name: part.estimate for part in (await cloud.parts()).rows.values()}
    dragon = parts["Articulated Dragon"]
    assert dragon is not None
    assert (dragon.seconds, dragon.grams, dragon.materials[0].type) == (420 * 60, 110, "PLA")
    assert dragon.plates is not None
    assert [plate.grams for plate in dragon.plates.values()] == [55, 55]
    assert (await cloud.store_settings()).currency == "EUR"


@pytest.mark.parametrize("raw", [None, 7, "soon", [], True])
def test_part_that_is_not_sliced_has_no_estimate(raw: object) -> None:
    assert read_estimate(raw) is None


def test_damaged_estimate_keeps_what_is_readable() -> None:
    estimate = read_estimate({
        "estimatedPrintTimeSeconds": -5,
        "totalWeightGrams": 12.5,
        "materials": [{"usedGrams": "many", "materialType": "PLA"}, 7],
        "plates": [{"plateId": "one"}, {"plateId": True}, {"plateId": 2, "totalWeightGrams": float("nan")}],
    })  # fmt: skip
    assert estimate is not None
    assert (estimate.seconds, estimate.grams) == (None, 12.5)
    assert [(usage.type, usage.grams) for usage in estimate.materials] == [("PLA", None)]
    assert estimate.plates is not None
    assert {number: plate.grams for number, plate in estimate.plates.items()} == {2: None}


@pytest.mark.parametrize(("raw", "code"), [("eur", "EUR"), (" USD ", "USD"), ("€", None), ("", None), (7, None)])
def test_currency_is_a_code_or_unknown(raw: object, code: str | None) -> None:
    assert StoreSettings.from_json({"currency": raw}).currency == code


async def test_orders_have_customer_items_price_and_link(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    details = farm.orders.create(
        {"orderNumber": "2001", "price": 19.9, "currency": "EUR", "externalUrl": "https://shop.invalid/2001"},
        [{"sku": "BENCHY-1", "quantity": 2}, {"sku": "NO-SUCH", "quantity": 1, "externalSku": "X-1"}],
        {"name": "Ada", "email": "ada@example.invalid", "zipCode": "12345"},
    )
    unprintable = details["items"][1]["id"]
    farm.shops.mark_unprintable(unprintable, "sku_not_found")
    order_id = details["order"]["id"]
    order = (await cloud.open_orders()).rows[order_id]
    assert (order.price, order.currency, order.url) == (19.9, "EUR", "https://shop.invalid/2001")
    customers, complete = await cloud.orders.customers()
    assert complete
    assert customers[order.customer_id or ""] == Customer(id=order.customer_id or "", name="Ada")
    items, complete = await cloud.orders.items({"orderId.eq": order_id})
    assert complete
    assert sorted(item.quantity or 0 for item in items.values()) == [1, 2]
    ((item_id, item),) = (await cloud.orders.unprintable_items())[0].items()
    assert (item_id, item.external_sku) == (unprintable, "X-1")
    assert item.problem is not None
    assert item.problem.reason is UnprintableReason.SKU_NOT_FOUND


async def test_orders_are_closed_one_by_one_in_one_request(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    rows = farm.world.orders.values()
    is_open, is_closed = (next(row["id"] for row in rows if row["status"] == status) for status in ("open", "closed"))
    farm.clear_requests()
    result = await cloud.orders.close([is_open, is_closed, "z" * 24])
    assert result.done == {is_open}
    assert set(result.errors) == {is_closed, "z" * 24}
    assert "closed" in result.errors[is_closed]
    assert len(farm.requests) == 1


@pytest.mark.parametrize(
    ("note", "reason"),
    [({"type": "new_reason"}, None), ({}, None), ("?", None), ({"type": "ambiguous_match"}, "ambiguous_match")],
)
def test_any_resolution_note_is_a_problem(note: object, reason: str | None) -> None:
    item = OrderItem.from_json("i1", {"resolutionNote": note, "quantity": "two", "ignored": None})
    assert item.is_unprintable
    assert item.problem is not None
    assert item.problem.reason == reason
    assert (item.quantity, item.ignored) == (None, False)
    assert not OrderItem.from_json("i1", {"resolutionNote": note, "ignored": True}).is_unprintable


@pytest.mark.parametrize("raw", ["javascript:alert(1)", "file:///etc", "//shop", "https://a\nb", 7, "x" * 5000])
def test_link_of_an_order_is_a_web_page(raw: object) -> None:
    assert Order.from_json("o1", {"externalUrl": raw}).url is None


async def test_queue_is_reordered_in_one_request(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    first, second = farm.queue.pending()[:2]
    farm.clear_requests()
    await cloud.queue.reorder({first.id: second.queue_order + 1, second.id: second.queue_order})
    assert [job.id for job in farm.queue.pending()[:2]] == [second.id, first.id]
    assert [(request.method, request.path) for request in farm.requests] == [("PATCH", "/v1/print-jobs/bulk-reorder")]
