"""The job history of a farm, costs, and spools in stock."""

from collections import Counter
from datetime import UTC, datetime

from cloud import Cloud

from virtual_farm.costs import add_component, add_cost

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
FINAL = {"status.in": "completed,failed,cancelled", "sort": "createdAt:desc", "limit": "1000"}


async def test_history_is_the_same_for_the_same_seed_and_has_every_kind(start_farm) -> None:
    first, same, other = [await start_farm(seed=seed) for seed in (1, 1, 2)]
    for cloud in (first, same, other):
        cloud.farm.fill_history(3000, until=UNTIL)
    jobs = list(first.farm.world.jobs.wires())
    assert jobs == list(same.farm.world.jobs.wires())
    assert jobs[0]["id"] != next(iter(other.farm.world.jobs))
    parts, printers = first.farm.world.parts, first.farm.world.printers
    assert {job["status"] for job in jobs} == {"completed", "failed", "cancelled"}
    assert {job["hidden"] for job in jobs} == {True, False}
    assert any(job["partId"] not in parts for job in jobs)
    assert any(job["assignedPrinterId"] not in {None, *printers} for job in jobs)
    ended_early = [job for job in jobs if job["status"] != "completed"]
    assert {job["printingStartedAt"] is None for job in ended_early} == {True, False}
    assert all(job["printingStartedAt"] <= job["printingCompletedAt"] for job in jobs if job["status"] == "completed")
    assert jobs[0]["createdAt"].startswith("2024-12")
    of_skus = [job for job in jobs if job["skuId"] is not None]
    assert {job["skuName"] for job in of_skus} == {sku["sku"] for sku in first.farm.world.skus.values()}
    orders = Counter(job["orderId"] for job in jobs if job["orderId"] is not None)
    assert orders.total() == len(of_skus)
    assert max(orders.values()) > 1
    assert all(first.farm.world.orders[order]["status"] == "closed" for order in orders)
    assert max(job["updatedAt"] for job in jobs) <= "2026-06-01T00:00:00.000Z"


async def test_history_is_dense_around_clock_changes(start_farm) -> None:
    cloud = await start_farm(timezone="America/New_York")
    cloud.farm.fill_history(3000, until=UNTIL)
    around = Counter(
        day
        for job in cloud.farm.world.jobs.values()
        for day in ("2025-03-09T0", "2025-11-02T0", "2026-03-08T0")
        if job.created_at.startswith(day)
    )
    assert len(around) == 3
    assert min(around.values()) > 10


async def test_history_is_read_page_by_page_newest_first(cloud: Cloud) -> None:
    (waiting,) = await cloud.queue(tags={"user.tags": "nowhere"})
    cloud.farm.fill_history(2500)
    assert not cloud.farm.world.jobs.drain(), "the past is no news"
    rows: list[dict] = []
    for offset in (0, 1000, 2000):
        page = await cloud.get("/v1/print-jobs", **FINAL, offset=str(offset), meta="true")
        assert page["meta"]["total"] == 2500
        assert page["meta"]["hasMore"] == (offset < 2000)
        rows += page["data"]
    assert len({row["id"] for row in rows}) == 2500
    assert waiting not in {row["id"] for row in rows}
    assert [row["createdAt"] for row in rows] == sorted((row["createdAt"] for row in rows), reverse=True)


async def test_change_between_two_pages_affects_the_second(cloud: Cloud) -> None:
    cloud.farm.fill_history(2500)
    first = await cloud.get("/v1/print-jobs", **FINAL, meta="true")
    job_id = next(row["id"] for row in first["data"] if row["status"] == "failed")
    await cloud.call("PATCH", "/v1/print-jobs/retry", body={"printJobIds": [job_id]})
    second = await cloud.get("/v1/print-jobs", **FINAL, meta="true")
    assert second["meta"]["total"] == 2499


async def test_changed_past_job_is_an_update(cloud: Cloud) -> None:
    world = cloud.farm.world
    cloud.farm.fill_history(2)
    first, second = world.jobs
    world.jobs[first].hidden = not world.jobs[first].hidden
    world.jobs.touch(first)
    world.jobs.remove(second)
    events = {event.action: event for event in world.jobs.drain()}
    assert {action: set(event.entities) for action, event in events.items()} == {"UPDATE": {first}, "DELETE": {second}}


async def test_hundred_thousand_past_jobs_are_a_hundred_pages(cloud: Cloud) -> None:
    cloud.farm.fill_history(100_000)
    page = await cloud.get("/v1/print-jobs", **FINAL, offset="99000", meta="true")
    assert (page["meta"]["total"], page["meta"]["count"], page["meta"]["hasMore"]) == (100_000, 1000, False)
    assert await cloud.get("/v1/print-jobs/stats/completed-count") > 80_000


async def test_history_is_created_by_the_control_api(cloud: Cloud) -> None:
    assert await cloud.control("POST", "/history", {"jobs": 12, "months": 2}) is None
    assert len(await cloud.get("/v1/print-jobs", **FINAL)) == 12
    await cloud.control("POST", "/history", {"jobs": -1}, status=400)


async def test_cost_of_an_sku_is_material_labor_and_overhead(cloud: Cloud) -> None:
    world = cloud.farm.world
    sku = next(sku for sku in world.skus.values() if sku["sku"] == "BENCHY-1")
    labor = add_component(world, "Packing", "labor", 0.5, "minute")
    overhead = add_component(world, "Box", "overhead", 0.25, "piece")
    add_cost(world, sku["id"], labor, 3)
    add_cost(world, sku["id"], overhead, 2)
    answer = await cloud.call("GET", "/v1/sku-costs/breakdown/{skuId}", skuId=sku["id"])
    assert answer == {"materials": 0.27, "labor": 1.5, "overhead": 0.5, "total": 2.27}
    costs = await cloud.call("GET", "/v1/sku-costs/by-sku/{skuId}", skuId=sku["id"])
    assert [(cost["quantity"], cost["component"]["name"]) for cost in costs] == [(3, "Packing"), (2, "Box")]
    assert len(await cloud.get("/v1/sku-costs")) == len(await cloud.get("/v1/cost-components")) == 2
    assert next(row for row in await cloud.get("/v1/skus") if row["id"] == sku["id"])["totalCogs"] == 2.27
    await cloud.call("GET", "/v1/sku-costs/breakdown/{skuId}", skuId="z" * 24, status=404)


async def test_prices_currency_estimates_and_spools_are_known(cloud: Cloud) -> None:
    assert (await cloud.get("/v1/settings/store"))["currency"] == "EUR"
    assert all(row["pricePer1000g"] > 0 for row in await cloud.get("/v1/materials"))
    assert all(row["slicingEstimate"]["totalWeightGrams"] > 0 for row in await cloud.get("/v1/parts"))
    spools = {row["id"]: row for row in await cloud.get("/v1/materials/instances")}
    assert all(row["remainingMaterial"] > 0 for row in spools.values())
    loaded = {row["instanceId"] for row in await cloud.get("/v1/materials/printer-slots")} - {None}
    assert loaded
    assert loaded <= set(spools)


async def test_jobs_are_reordered_together(cloud: Cloud) -> None:
    jobs = await cloud.queue(quantity=3, tags={"user.tags": "nowhere"})
    rows = {job["id"]: job for job in await cloud.get("/v1/print-jobs")}
    first, second = rows[jobs[0]]["queueOrder"], rows[jobs[1]]["queueOrder"]
    body = {"updates": [{"id": jobs[2], "newQueueOrder": (first + second) / 2}]}
    await cloud.call("PATCH", "/v1/print-jobs/bulk-reorder", body=body)
    rows_now = await cloud.get("/v1/print-jobs", sort="queueOrder")
    assert [row["id"] for row in rows_now] == [jobs[0], jobs[2], jobs[1]]
