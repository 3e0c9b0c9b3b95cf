"""Maintenance, shops, the key and the subscription: with the virtual farm, and with damaged responses."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.printago.api import (
    MalformedResponseError,
    NotFoundError,
    PermissionDeniedError,
    PrintagoClient,
    PrintagoError,
    RateLimiter,
)
from custom_components.printago.api.models.maintenance import MaintenanceStatus, MaintenanceTrigger
from custom_components.printago.api.models.shop import Shop, ShopStatus
from tests.api.server import KEY, Server
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.clock import to_iso
from virtual_farm.maintenance import set_elapsed

SYNCED = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
async def farm(socket_enabled: None) -> AsyncGenerator[VirtualFarm]:
    async with VirtualFarm(FarmConfig(scenario="idle", speed=0, printers=2, quota=False)) as farm:
        yield farm


def client_of(farm: VirtualFarm, session: aiohttp.ClientSession, key: str | None = None) -> PrintagoClient:
    return PrintagoClient.create(
        session,
        api_url=farm.rest_url,
        store_id=farm.config.store_id,
        api_key=key or farm.config.api_key,
        limiter=RateLimiter(),
    )


@pytest.fixture
def cloud(farm: VirtualFarm, session: aiohttp.ClientSession) -> PrintagoClient:
    return client_of(farm, session)


async def test_maintenance_is_known_and_marked_as_done(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    items = await cloud.upkeep.maintenance()
    item = next(item for item in items.values() if item.trigger is MaintenanceTrigger.PRINT_HOURS)
    assert item.interval is not None
    set_elapsed(farm.world, item.id, item.interval * 1.5)
    overdue = (await cloud.upkeep.maintenance())[item.id]
    assert (overdue.status, overdue.progress, overdue.is_due) == (MaintenanceStatus.OVERDUE, 150, True)
    assert overdue.printer_id in farm.world.printers

    await cloud.upkeep.mark_maintenance_done([item.id], "Oiled")

    done = (await cloud.upkeep.maintenance())[item.id]
    assert (done.status, done.elapsed, done.is_due) == (MaintenanceStatus.OK, 0, False)
    assert done.last_done_at is not None
    assert [entry["notes"] for entry in farm.world.maintenance_log.values()] == ["Oiled"]


async def test_refused_maintenance_is_recorded_as_missing_permission(
    farm: VirtualFarm, session: aiohttp.ClientSession
) -> None:
    looking = client_of(farm, session, farm.config.read_only_key)
    items = await looking.upkeep.maintenance()
    with pytest.raises(PermissionDeniedError):
        await looking.upkeep.mark_maintenance_done(items)
    assert looking.permissions.missing == ["maintenance.complete"]


async def test_damaged_maintenance_is_unknown(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn([
        {"enrollmentId": "e1", "status": "EXPLODED", "progress": "much", "interval": -1, "itemName": " "},
        {"enrollmentId": "../e2", "status": "OK"},
        {"status": "OK"},
        "?",
    ])  # fmt: skip
    (item,) = (await client.upkeep.maintenance()).values()
    assert (item.id, item.status, item.progress, item.interval, item.name) == ("e1", None, None, None, None)
    server.answer_in_turn({"not": "a list"})
    with pytest.raises(MalformedResponseError):
        await client.upkeep.maintenance()


@pytest.mark.parametrize("kind", ["etsy", "shopify"])
async def test_shop_is_listed_with_its_connection(farm: VirtualFarm, cloud: PrintagoClient, kind: Any) -> None:
    farm.shops.connect(kind, "Print Shop", synced_at=SYNCED)
    shops, complete = await cloud.upkeep.shops()
    (shop,) = shops.values()
    assert complete
    assert (shop.type, shop.name, shop.last_synced_at) == (kind, "Print Shop", SYNCED)
    assert await cloud.upkeep.shop_status(shop) == ShopStatus(connected=True, last_synced_at=SYNCED)
    farm.shops.disconnect(shop.id)
    assert await cloud.upkeep.shop_status(shop) == ShopStatus(connected=False)


async def test_etsy_shop_is_synced(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    shop = farm.shops.connect("etsy", "Print Shop")
    farm.shops.order(shop["id"], {"orderNumber": "E-1"}, [{"sku": "BENCHY-1", "quantity": 1}])
    result = await cloud.upkeep.sync_etsy(shop["id"])
    assert (result.synced, result.limit_reached) == (1, False)
    with pytest.raises(NotFoundError):
        await cloud.upkeep.sync_etsy("z" * 24)


async def test_other_integrations_are_not_shops_and_cost_no_request(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn([
        {"id": "s1", "type": "bambulab", "publicData": {"lastSyncedAt": 1}},
        {"id": "s2", "type": "ebay", "publicData": {"lastSyncedAt": 1_777_624_200}},
        {"id": "s3", "type": "etsy", "publicData": {"lastSyncedAt": 1e300, "shopName": 7}},
        {"id": "s4", "type": "shopify", "publicData": None},
    ])  # fmt: skip
    shops, _ = await client.upkeep.shops()
    assert set(shops) == {"s2", "s3", "s4"}
    assert await client.upkeep.shop_status(shops["s2"]) == ShopStatus(None, SYNCED)
    assert (shops["s3"].last_synced_at, shops["s3"].name) == (None, None)
    assert len(server.requests) == 1


async def test_connection_missing_in_the_response_is_unknown(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"connected": "yes", "lastSyncedAt": 5})
    assert await client.upkeep.shop_status(Shop(id="s1", type="etsy")) == ShopStatus()
    server.answer_in_turn(["?"])
    with pytest.raises(MalformedResponseError):
        await client.upkeep.shop_status(Shop(id="s1", type="etsy"))


async def test_key_and_trial_have_an_end(farm: VirtualFarm, cloud: PrintagoClient) -> None:
    status = await cloud.upkeep.key_status()
    assert status is not None
    assert (status.expires_at, status.active) == (None, True)
    farm.keys.describe(farm.config.api_key, expires_at=to_iso(SYNCED))
    farm.world.subscription["trialEndsAt"] = to_iso(SYNCED + timedelta(days=1))
    status = await cloud.upkeep.key_status()
    assert status is not None
    assert status.expires_at == SYNCED
    assert (await cloud.upkeep.subscription()).trial_ends_at == SYNCED + timedelta(days=1)


async def test_refusal_of_the_key_does_not_contain_its_id(server: Server, client: PrintagoClient) -> None:
    for status in (403, 404, 500):
        server.answer(status, f'{{"message": "no key {KEY[:24]}"}}')
        with pytest.raises(PrintagoError) as caught:
            await client.upkeep.key_status()
        assert KEY[:24] not in repr(caught.value)


async def test_entitlements_are_named_and_an_incomplete_list_raises_an_error(
    farm: VirtualFarm, cloud: PrintagoClient, server: Server, client: PrintagoClient
) -> None:
    farm.world.entitle("sso")
    assert await cloud.upkeep.entitlements() == {"maintenance", "sso"}
    server.answer_in_turn({"data": [], "meta": {"hasMore": True, "total": 3}})
    with pytest.raises(MalformedResponseError):
        await client.upkeep.entitlements()


@pytest.mark.parametrize(("notes", "sent"), [(None, {}), ("", {}), ("Oiled", {"notes": "Oiled"})])
async def test_notes_are_sent_only_if_there_are_any(
    server: Server, client: PrintagoClient, notes: str | None, sent: dict[str, str]
) -> None:
    await client.upkeep.mark_maintenance_done(iter(["e1", "e2"]), notes)
    assert server.requests[0].json == {"enrollmentIds": ["e1", "e2"], **sent}


@pytest.mark.parametrize(
    ("answer", "synced", "limited"),
    [
        ({"totalSynced": 0, "limitReached": True}, 0, True),
        ({"totalSynced": 100, "limitReached": False}, 100, False),
        ({"totalSynced": "many", "limitReached": "yes"}, None, False),
        ({}, None, False),
    ],
)
async def test_sync_of_a_shop_imports_at_most_a_hundred_orders(
    server: Server, client: PrintagoClient, answer: dict[str, Any], synced: int | None, limited: bool
) -> None:
    server.answer_in_turn(answer)
    for shipped in (False, True):
        result = await client.upkeep.sync_etsy("s1", include_shipped=shipped)
        assert (result.synced, result.limit_reached) == (synced, limited)
    await client.upkeep.sync_etsy("s1")
    assert [request.query for request in server.requests] == [
        {"includeShipped": shipped, "limit": "100"} for shipped in ("false", "true", "false")
    ]


async def test_entitlements_are_texts(server: Server, client: PrintagoClient) -> None:
    rows = [{"id": "e1", "entitlement": "sso"}, {"id": "e2", "entitlement": 7}, {"id": "e3"}]
    server.answer_in_turn({"data": rows, "meta": {"hasMore": False, "total": 3}})
    assert await client.upkeep.entitlements() == {"sso"}
