"""Shops, their orders, and items that can't be printed."""

from datetime import UTC, datetime

from cloud import Cloud
import pytest

SYNCED = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["etsy", "shopify"])
async def test_shop_has_connection_and_time_of_the_last_sync(cloud: Cloud, kind: str) -> None:
    shop = cloud.farm.shops.connect(kind, "Print Shop")
    (listed,) = await cloud.get("/v1/integrations")
    assert (listed["id"], listed["type"]) == (shop["id"], kind)
    assert [row["integrationId"] for row in await cloud.get(f"/v1/integrations/{kind}")] == [shop["id"]]
    status = await _status(cloud, kind, shop["id"])
    assert status["connected"] is True
    assert "lastSyncedAt" not in status
    cloud.farm.shops.set_synced(shop["id"], SYNCED)
    assert (await _status(cloud, kind, shop["id"]))["lastSyncedAt"] == "2026-05-01T08:30:00.000Z"
    cloud.farm.shops.disconnect(shop["id"])
    assert await _status(cloud, kind, shop["id"]) == {"connected": False}
    other = "shopify" if kind == "etsy" else "etsy"
    await _status(cloud, other, shop["id"], status=404)


async def test_sync_imports_the_orders_of_customers(cloud: Cloud) -> None:
    farm = cloud.farm
    shop = farm.shops.connect("etsy", "Print Shop", synced_at=SYNCED)
    for number in ("E-1", "E-2"):
        farm.shops.order(
            shop["id"],
            {"orderNumber": number, "price": 19.9, "currency": "EUR", "externalUrl": "https://shop.invalid/1"},
            [{"sku": "BENCHY-1", "quantity": 2}, {"sku": "NO-SUCH", "quantity": 1}],
            {"name": "Ada", "email": None},
        )
    answer = await _sync(cloud, shop["id"], "1")
    assert (answer["totalSynced"], answer["totalAvailable"], answer["limitReached"]) == (1, 2, True)
    answer = await _sync(cloud, shop["id"], "100")
    assert (answer["totalSynced"], answer["limitReached"]) == (1, False)
    orders = await cloud.get("/v1/orders")
    assert [(order["orderNumber"], order["source"], order["price"], order["currency"]) for order in orders] == [
        (number, "etsy", 19.9, "EUR") for number in ("E-1", "E-2")
    ]
    assert [customer["name"] for customer in await cloud.get("/v1/customers")] == ["Ada", "Ada"]
    notes = [item["resolutionNote"] for item in await cloud.get("/v1/order-items")]
    assert [note and (note["type"], note["retriable"]) for note in notes] == [None, ("sku_not_found", False)] * 2
    assert (await _status(cloud, "etsy", shop["id"]))["lastSyncedAt"] > "2026-05-01T08:30:00.000Z"


async def test_sync_needs_the_documented_body_and_permission(cloud: Cloud) -> None:
    shop = cloud.farm.shops.connect("etsy", "Print Shop")
    path = "/v1/integrations/etsy/{integrationId}/sync-orders"
    for params in ({}, {"limit": "1"}, {"limit": "x", "includeShipped": "false"}):
        await cloud.call("POST", path, integrationId=shop["id"], params=params, status=400)
    looking = Cloud(cloud.farm, cloud.session, cloud.farm.config.read_only_key)
    params = {"limit": "1", "includeShipped": "false"}
    await looking.call("POST", path, integrationId=shop["id"], params=params, status=403)
    assert len(await looking.get("/v1/integrations")) == 1


@pytest.mark.parametrize("reason", ["sku_not_found", "ambiguous_match", "variant_enrichment_failed"])
async def test_unprintable_item_has_a_reason(demo: Cloud, reason: str) -> None:
    item_id = next(iter(demo.farm.world.order_items))
    demo.farm.shops.mark_unprintable(item_id, reason)
    item = next(item for item in await demo.get("/v1/order-items") if item["id"] == item_id)
    assert item["resolutionNote"]["type"] == reason
    assert item["resolutionNote"]["retriable"] is (reason == "variant_enrichment_failed")


async def _status(cloud: Cloud, kind: str, shop_id: str, status: int = 0) -> dict:
    path = f"/v1/integrations/{kind}/{{integrationId}}/status"
    return await cloud.call("GET", path, integrationId=shop_id, status=status)


async def _sync(cloud: Cloud, shop_id: str, limit: str) -> dict:
    return await cloud.call(
        "POST",
        "/v1/integrations/etsy/{integrationId}/sync-orders",
        integrationId=shop_id,
        params={"limit": limit, "includeShipped": "false"},
    )
