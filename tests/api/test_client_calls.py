"""Calls of the client: what is sent, and what is taken from the response."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
import json
from typing import Any

from aiohttp import web
import pytest

from custom_components.printago.api import (
    JobStatus,
    MalformedResponseError,
    NotAppliedError,
    NotEntitledError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoClient,
    PrintagoError,
    PrintJob,
    RateLimitedError,
    RequestPriority,
)
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.api.rest.printer_endpoints import PlateObjects, PrintObject
from tests.api.server import KEY, Server

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
P1, P2 = "p1", "p2"

type Call = Callable[[PrintagoClient], Awaitable[Any]]


def page(*rows: Any, complete: bool = True) -> dict[str, Any]:
    return {"data": rows, "meta": {"hasMore": False, "total": len(rows) if complete else len(rows) + 1}}


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (
            lambda client: client.set_enabled(P1, enabled=False),
            "PATCH",
            "/v1/printers/enabled",
            {"enabled": False, "ids": [P1]},
        ),
        (
            lambda client: client.set_fabmatic(P1, enabled=True, job_limit=3),
            "PATCH",
            "/v1/printers/continous-print",
            {"enabled": True, "jobLimit": 3, "ids": [P1]},
        ),
        (
            lambda client: client.set_maintenance(P1, enabled=True),
            "PATCH",
            "/v1/maintenance/mode",
            {"printerIds": [P1], "enabled": True},
        ),
        (
            lambda client: client.confirm_ready(P1),
            "PATCH",
            "/v1/printers/confirm-ready",
            {"ready": True, "ids": [P1]},
        ),
    ],
)
async def test_switch_of_a_printer_returns_its_record(
    server: Server, client: PrintagoClient, call: Call, method: str, path: str, body: Any
) -> None:
    server.answer_in_turn([{"id": P2, "name": "other"}, {"id": P1, "name": "X1"}])
    row = await call(client)
    assert (row.id, row.values) == (P1, {"name": "X1"})
    server.answer_in_turn([{"id": P2}])
    with pytest.raises(NotAppliedError):
        await call(client)
    server.answer_in_turn({"id": P1})
    with pytest.raises(MalformedResponseError):
        await call(client)
    assert [(request.method, request.path, request.json) for request in server.requests] == [(method, path, body)] * 3


async def test_only_turning_maintenance_on_may_need_another_subscription(
    server: Server, client: PrintagoClient
) -> None:
    server.answer(403, '{"message": "Upgrade"}')
    with pytest.raises(NotEntitledError):
        await client.set_maintenance(P1, enabled=True)
    assert client.permissions.missing == []
    with pytest.raises(PermissionDeniedError):
        await client.set_maintenance(P1, enabled=False)
    assert client.permissions.missing == ["maintenance.edit"]


async def test_changed_jobs_are_those_that_the_response_names(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(["j1", "j3", 7])
    assert await client.change_jobs("retry", ["j1", "j2", "j3"]) == {"j1", "j3"}
    (request,) = server.requests
    assert (request.path, request.json) == ("/v1/print-jobs/retry", {"printJobIds": ["j1", "j2", "j3"]})
    server.answer(500)
    with pytest.raises(OutcomeUnknownError):
        await client.change_jobs("clear", ["j1"])
    assert await client.change_jobs("clear", []) == frozenset()


async def test_objects_are_skipped_by_number(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn([P1])
    await client.skip_objects(P1, iter([42, 7]))
    assert server.requests[0].json == {"ids": [P1], "command": {"command": "skip-objects", "objectIds": [42, 7]}}


async def test_low_priority_setting_is_sent_and_returned(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"processLowPriorityJobs": False})
    assert await client.process_low_priority_jobs(on=True) is False
    assert server.requests[0].json == {"processLowPriorityJobs": True}
    server.answer_in_turn([])
    with pytest.raises(MalformedResponseError):
        await client.process_low_priority_jobs(on=True)


@pytest.mark.parametrize(("answer", "any_"), [([], False), ([{"id": P1}], True), ({"data": []}, True)])
async def test_one_printer_is_enough_to_know_of_any(
    server: Server, client: PrintagoClient, answer: Any, any_: bool
) -> None:
    server.answer_in_turn(answer)
    assert await client.has_printers() is any_
    assert server.requests[0].query == {"limit": "1"}


@pytest.mark.parametrize(("answer", "count"), [("0", 0), ("12.0", 12), ("1000000000", 1_000_000_000)])
async def test_number_of_completed_jobs_is_whole(
    server: Server, client: PrintagoClient, answer: str, count: int
) -> None:
    server.answer(200, answer)
    found = await client.completed_count()
    assert (found, type(found)) == (count, int)


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, {}),
        ({"ids": ["a", "b"]}, {"id.in": "a,b"}),
        ({"name": "Benchy"}, {"NAME.eq": "Benchy"}),
        ({"ids": ["a"], "name": ""}, {"id.in": "a", "NAME.eq": ""}),
    ],
)
async def test_parts_and_skus_are_requested_by_id_or_name(
    server: Server, client: PrintagoClient, options: dict[str, Any], query: dict[str, str]
) -> None:
    server.answer_in_turn(page({"id": "a", "name": "Benchy", "sku": "B-1"}))
    parts, skus = await client.parts(**options), await client.skus(**options)
    assert (parts.complete, parts.rows["a"].name) == (True, "Benchy")
    assert (skus.complete, skus.rows["a"].name) == (True, "B-1")
    for request, name in zip(server.requests, ("name", "sku"), strict=True):
        filters = {key: value for key, value in request.query.items() if "." in key}
        assert filters == {key.replace("NAME", name): value for key, value in query.items()}


async def test_ended_jobs_are_requested_since_a_time(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page({"id": "j1", "status": "failed"}, complete=False))
    listing = await client.ended_jobs(NOON)
    assert (listing.complete, listing.rows["j1"].status) == (False, JobStatus.FAILED)
    query = server.requests[0].query
    assert query["status.in"] == "cancelled,completed,failed"
    assert query["updatedAt.gte"] == "2026-11-24T12:00:00.000Z"


async def test_passwords_of_listed_printers_are_secrets_from_then_on(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(page({"id": P1, "metadata": {"dev_access_code": "83726152"}}))
    await client.printers()
    server.answer(400, '{"message": "no 83726152"}')
    with pytest.raises(PrintagoError, match=r"^no \*\*\*$"):
        await client.set_enabled(P1, enabled=True)


async def test_key_without_an_id_has_no_list_of_permissions(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(["printer.view"])
    assert await client.granted_permissions() == ["printer.view"]
    assert server.requests[0].path == f"/v1/api-keys/{KEY[:24]}/permissions"
    client.transport.key_id = None
    assert await client.granted_permissions() is None
    assert await client.upkeep.key_status() is None
    assert len(server.requests) == 1


async def test_each_picture_gets_the_signed_address_of_its_path(server: Server, client: PrintagoClient) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path != "/v1/storage/signed-urls":
            return web.Response(body=b"GIF8" + request.path.encode())
        paths = (await request.json())["paths"]
        return web.json_response({"signedUrls": [f"{server.url}/{path}?sig=1" for path in paths]})

    server.handler = handler
    found = await asyncio.gather(*map(client.picture, ("a.png", "b.png", "a.png")))
    assert [picture.content for picture in found] == [b"GIF8/a.png", b"GIF8/b.png", b"GIF8/a.png"]
    signing = [request.json for request in server.requests if request.method == "POST"]
    assert signing == [{"paths": ["a.png", "b.png"], "duration": 300}]


async def test_reads_end_with_the_client_and_sent_calls_do_not(server: Server, client: PrintagoClient) -> None:
    may_answer, asked = asyncio.Event(), asyncio.Event()

    async def handler(_: web.Request) -> web.StreamResponse:
        asked.set()
        await may_answer.wait()
        return web.json_response(["j1"])

    server.handler = handler
    pausing = asyncio.create_task(client.pause_job("j1"))
    await asked.wait()
    client.transport.limiter.refused(5)
    reading = asyncio.create_task(client.printers())
    await asyncio.sleep(0)
    closing = asyncio.create_task(client.close())
    with pytest.raises(RateLimitedError):
        await reading
    assert not pausing.done()
    may_answer.set()
    await closing
    assert await pausing is None


# Objects and slots of printers


async def test_objects_of_a_print_are_read_with_their_pictures(server: Server, client: PrintagoClient) -> None:
    rows: list[Any] = [
        {"identifyId": "42", "name": "Hull", "skipped": True},
        {"identifyId": "7", "name": "Deck", "skipped": "yes"},
        {"identifyId": "1" * 15, "name": ""},
        {"identifyId": "1" * 16, "name": "long"},
        {"identifyId": "-1", "name": "odd"},
        {"identifyId": "8", "name": None},
        "?",
    ]
    data = {"objects": rows, "topImageUri": "top.png", "pickImageUri": "pick.png"}
    server.answer_in_turn({"skipObjectsData": data})
    found = await client.printer_endpoints.plate_objects("j1")
    objects = [PrintObject(42, "Hull", True), PrintObject(7, "Deck", False), PrintObject(int("1" * 15), "", False)]
    assert found == PlateObjects(objects, "top.png", "pick.png")
    server.answer_in_turn({"skipObjectsData": {"objects": {}, "topImageUri": "", "pickImageUri": 7}})
    assert await client.printer_endpoints.plate_objects("j1") == PlateObjects([])
    for nothing in (None, [], "?"):
        server.answer_in_turn({"skipObjectsData": nothing})
        assert await client.printer_endpoints.print_objects("j1") == []
    server.answer_in_turn([])
    with pytest.raises(MalformedResponseError):
        await client.printer_endpoints.print_objects("j1")


@pytest.mark.parametrize("on_printer", [True, False])
async def test_material_is_assigned_to_slots(server: Server, client: PrintagoClient, on_printer: bool) -> None:
    places = [SlotAddress(0, 1), SlotAddress(-1, 0)]
    await client.printer_endpoints.assign_material([P1], places, MaterialChoice("m1"), set_on_printer=on_printer)
    assert server.requests[0].json == {
        "printerIds": [P1],
        "visualSlots": [{"amsIndex": 0, "slotIndex": 1}, {"amsIndex": -1, "slotIndex": 0}],
        "materialId": "m1",
        "setOnPrinter": on_printer,
    }


# Orders and jobs by ID, in portions


async def test_many_ids_are_requested_in_portions_of_two_hundred(server: Server, client: PrintagoClient) -> None:
    ids = [f"o{number}" for number in range(401)]
    server.answer_in_turn(page({"id": "i1", "orderId": "o7", "quantity": 1}, {"id": "i2", "orderId": "other"}))
    items = await client.orders.items_of(ids, RequestPriority.USER)
    assert [item.order_id for item in items] == ["o7"] * 3
    server.answer_in_turn(page({"id": "o1", "name": "Ada"}, {"id": "other", "name": "Bob"}))
    customers = await client.orders.customers_with(ids, RequestPriority.USER)
    assert {key: customer.name for key, customer in customers.items()} == {"o1": "Ada"}
    sizes = [len(next(iter(request.query[key] for key in ("orderId.in", "id.in") if key in request.query)).split(","))
             for request in server.requests]  # fmt: skip
    assert sizes == [200, 200, 1] * 2


@pytest.mark.parametrize("answer", [None, [], "?"])
async def test_response_without_closed_orders_is_malformed(server: Server, client: PrintagoClient, answer: Any) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.orders.close(["o1"])


async def test_matching_printers_of_a_job_are_read(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"printers": [{"printerId": P1, "matched": True}, {"printerId": 7}, "?"]})
    (match,) = await client.queue.matching("j1")
    assert (match.printer_id, match.matched) == (P1, True)
    server.answer_in_turn(None)
    assert await client.queue.matching("j1") == []
    for odd in ([], {}, {"printers": None}):
        server.answer_in_turn(odd)
        with pytest.raises(MalformedResponseError):
            await client.queue.matching("j1")


@pytest.mark.parametrize("answer", [None, [], {}, {"id": 7}])
async def test_response_other_than_the_changed_job_is_malformed(
    server: Server, client: PrintagoClient, answer: Any
) -> None:
    server.answer_in_turn(answer)
    with pytest.raises(MalformedResponseError):
        await client.queue.update_job(PrintJob.from_json("j1", {}), {"label": "A"})


async def test_unreadable_tags_of_a_job_stay_when_it_is_pinned(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn({"id": "j1", "label": "B"})
    tags = {"odd": 7, "user.tags": "&=a,b", "printer.id": "p9"}
    job = await client.queue.update_job(PrintJob.from_json("j1", {"requiredPrinterTags": tags}), {"label": "B"}, pin=P1)
    assert (job.id, job.label) == ("j1", "B")
    assert server.requests[0].json == {
        "label": "B",
        "requiredPrinterTags": {"odd": 7, "user.tags": "a|b", "printer.id": P1},
    }
    await client.queue.update_job(PrintJob.from_json("j1", {"requiredPrinterTags": 7}), {}, pin=P1)
    assert server.requests[1].json == {"requiredPrinterTags": {"printer.id": P1}}


async def test_page_of_past_jobs_starts_at_an_offset_and_a_time(server: Server, client: PrintagoClient) -> None:
    server.answer(200, json.dumps(page({"id": "j1", "status": "failed"})))
    await client.history.past_jobs(lambda job: job, until=NOON, limit=5)
    query = server.requests[0].query
    assert query["createdAt.lte"] == "2026-11-24T12:00:00.000Z"
    assert query["limit"] == "5"
    assert "offset" not in query
    for odd in (None, "?"):
        server.answer_in_turn(odd)
        with pytest.raises(MalformedResponseError):
            await client.history.cost_breakdown("s1")


async def test_groups_of_materials_take_two_requests(server: Server, client: PrintagoClient) -> None:
    server.answer_in_turn(
        [{"id": "g1", "name": "Any PLA"}, {"id": "a b", "name": "?"}],
        [{"materialGroupId": "g1", "materialId": "m1"}, "?"],
    )
    names, members = await client.history.material_groups()
    assert (names, members) == ({"g1": "Any PLA"}, {"g1": [MaterialChoice("m1")]})
    assert len(server.requests) == 2


async def test_materials_of_parts_are_read_from_all_pages(server: Server, client: PrintagoClient) -> None:
    rows = [{"id": f"r{number}", "partId": "a1", "index": number, "materialId": "m1"} for number in range(2)]
    server.answer_in_turn({"data": rows[:1], "meta": {"hasMore": True, "total": 2}}, page(rows[1]))
    assert await client.history.part_materials() == {"a1": {0: (MaterialChoice("m1"),), 1: (MaterialChoice("m1"),)}}


async def test_page_of_past_jobs_says_where_the_next_one_starts(server: Server, client: PrintagoClient) -> None:
    late, early = "2026-11-24T12:00:00Z", "2026-11-24T11:00:00Z"
    rows = [
        {"id": "j1", "status": "failed", "createdAt": late},
        {"id": "j2", "status": "completed", "createdAt": early},
        {"id": "j3", "status": "cancelled", "createdAt": early},
        {"id": "j4", "status": "failed"},
        {"id": "j5", "status": "printing", "createdAt": "2026-11-24T10:00:00Z"},
    ]
    server.answer(200, json.dumps({"data": rows, "meta": {"hasMore": True, "total": 21}}))
    found = await client.history.past_jobs(lambda job: job.id if job.id != "j3" else None)
    assert (found.jobs, found.length, found.has_more, found.total) == (["j1", "j2", "j4"], 5, True, 21)
    assert (found.oldest, found.of_oldest) == (datetime(2026, 11, 24, 11, tzinfo=UTC), 2)
    # Five rows a page: 5 of 21 are read, then 15, then 20.
    assert [found.left(offset) for offset in (0, 10, 15, 20)] == [4, 2, 1, 1]
    server.answer(200, json.dumps({"data": rows[3:], "meta": {"hasMore": True}}))
    found = await client.history.past_jobs(lambda job: job)
    assert (found.oldest, found.of_oldest, found.left(0)) == (None, 0, None)
    server.answer(200, json.dumps({"data": rows, "meta": {"hasMore": False, "total": 21}}))
    assert (await client.history.past_jobs(lambda job: job)).left(0) == 0
