"""The requests of public clients: this farm supports them, with the vendor's schemas."""

import json
from typing import Any

from cloud import Cloud, check, description
from prints import start_print
import pytest

from virtual_farm.rest.app import ROUTES

_LISTS = [route.path for route in ROUTES if route.path.endswith("/search")]


async def plain(cloud: Cloud, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Any:
    """Return status, headers and text of a call that nothing checks."""
    async with cloud.session.request(method, cloud.farm.rest_url + path, headers=headers) as response:
        return response.status, response.headers, await response.text()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/orders/items",
        "/v1/orders/full",
        "/v1/materials/instances",
        "/v1/printer-slots",
        "/v1/part-material-assignments",
        "/v1/folders",
        "/v1/linked-parts",
    ],
)
async def test_lists_of_public_clients_match_their_schemas(demo: Cloud, path: str) -> None:
    assert await demo.get(path)
    assert await demo.get(path, hints="true")


async def test_records_of_those_lists_match_their_schemas_or_are_not_found(demo: Cloud) -> None:
    for path, name, missing in (
        ("/v1/orders/items/{itemId}", "/v1/orders/items", "Order item not found"),
        ("/v1/materials/instances/{id}", "/v1/materials/instances", "Material instance not found"),
        ("/v1/folders/{id}", "/v1/folders", "Folder not found"),
        ("/v1/linked-parts/{id}", "/v1/linked-parts", "Linked part not found"),
        ("/v1/print-jobs/{id}/matching-details", "/v1/print-jobs", "Print job not found"),
    ):
        parameter = path.partition("{")[2].partition("}")[0]
        for row in await demo.get(name):
            await demo.call("GET", path, **{parameter: row["id"]})
        refusal = await demo.call("GET", path, status=404, **{parameter: "nothing00000000000000000"})
        assert refusal["message"].startswith(missing)


async def test_assignments_are_those_of_the_requested_part(cloud: Cloud) -> None:
    jig = cloud.part("Drill Jig")
    (row,) = await cloud.get("/v1/part-material-assignments", partId=jig)
    assert (row["partId"], row["materialType"], row["index"], row["priority"]) == (jig, "ABS", 0, 0)
    assert await cloud.get("/v1/part-material-assignments", partId=jig) == [row], "the same one has the same ID"
    assert len(await cloud.get("/v1/part-material-assignments")) > 5


async def test_a_spool_has_a_remaining_weight_and_can_be_loaded(cloud: Cloud) -> None:
    slots = {slot["instanceId"]: slot for slot in await cloud.get("/v1/printer-slots") if slot["instanceId"]}
    spools = {spool["id"]: spool for spool in await cloud.get("/v1/materials/instances")}
    assert slots
    assert slots.keys() < spools.keys()
    for instance_id, slot in slots.items():
        tray = cloud.farm.printer(slot["printerId"]).machine.tray((slot["amsIndex"], slot["slotIndex"]))
        assert tray is not None
        assert spools[instance_id]["variantId"] == slot["variantId"]
        assert spools[instance_id]["remainingMaterial"] == pytest.approx(tray.remaining * 10)
    new = next(spool for spool in spools.values() if spool["id"] not in slots and spool["materialType"] == "TPU")
    assert new["remainingMaterial"] == 1000
    printer_id = cloud.printer_ids()[1]
    body = {"printerIds": [printer_id], "visualSlots": [{"amsIndex": -1, "slotIndex": 0}], "instanceId": new["id"]}
    await cloud.call("PATCH", "/v1/materials/printer-slots/assign", body=body)
    (slot,) = await cloud.get("/v1/printer-slots", printerId=printer_id)
    assert (slot["instanceId"], slot["variantId"], slot["materialType"]) == (new["id"], new["variantId"], "TPU")
    body["instanceId"] = "nothing00000000000000000"
    await cloud.call("PATCH", "/v1/materials/printer-slots/assign", body=body, status=404)


async def test_details_of_matching_list_the_obstacles_of_each_printer(cloud: Cloud) -> None:
    first, second, third, *_ = cloud.printer_ids()
    for slot in [slot for slot in cloud.farm.world.slots.values() if slot["printerId"] == second]:
        cloud.farm.world.slots.change(slot["id"], {"materialId": None, "variantId": None, "materialType": None})
    cloud.farm.printer(third).process_system_profile_id = None
    (job_id,) = await cloud.queue(partId=cloud.part("Drill Jig"))
    details = await cloud.call("GET", "/v1/print-jobs/{id}/matching-details", id=job_id)
    codes = {printer_id: entry["reasonCode"] for printer_id, entry in details["details"].items()}
    assert codes.keys() == cloud.farm.world.printers.keys()
    assert codes[second] == "no-slots"
    assert codes[third] == "missing-profile"
    assert "material-mismatch" in codes.values()
    (job_id,) = await cloud.queue(tags={"printer.id": first})
    details = (await cloud.call("GET", "/v1/print-jobs/{id}/matching-details", id=job_id))["details"]
    assert (details[first]["matched"], details[first]["reasonCode"]) == (True, "matched")
    assert details[cloud.printer_ids()[4]]["reasonCode"] == "tag-mismatch"


async def test_a_filter_needs_no_operator(demo: Cloud) -> None:
    jobs = await demo.get("/v1/print-jobs", status="pending", limit="200", sort="queueOrder", hints="true")
    assert {job["status"] for job in jobs["data"]} == {"pending"}
    assert len(jobs["data"]) == len(await demo.get("/v1/print-jobs", **{"status.eq": "pending"})) > 2


@pytest.mark.parametrize("path", [path.removesuffix("/search") for path in _LISTS])
async def test_hints_add_possible_calls_to_rows(demo: Cloud, path: str) -> None:
    answer = await demo.get(path, hints="true", limit="2")
    assert {"data", "meta", "hints"} <= answer.keys()
    for hint in answer["hints"]:
        check({"type": "object", "required": ["action", "description", "method", "path"]}, hint)
    await demo.call("GET", path, params={"hints": "perhaps"}, status=400)
    # What one may filter by is what the vendor lists.
    listed = {parameter["name"] for parameter in description()["paths"][path]["get"]["parameters"]}
    for name in listed - {"sort", "limit", "offset", "fields", "include", "meta", "hints"}:
        assert isinstance(await demo.get(path, **{f"{name}.isNull": "false"}), list)
    await demo.call("GET", path, params={"nothing.isNull": "false"}, status=400)


async def test_every_get_supports_hints_and_head_with_the_same_headers(demo: Cloud) -> None:
    world = demo.farm.world
    of = {
        "/v1/printers": world.printers, "/v1/print-jobs": world.jobs, "/v1/parts": world.parts, "/v1/skus": world.skus,
        "/v1/materials": world.materials, "/v1/materials/instances": world.instances, "/v1/orders": world.orders,
        "/v1/orders/items": world.order_items, "/v1/folders": world.folders, "/v1/linked-parts": world.linked_parts,
        "/v1/api-keys": [demo.farm.config.api_key[:24]],
        "/v1/integrations": [demo.farm.shops.connect("etsy", "Shop")["id"]],
        "/v1/integrations/shopify": [demo.farm.shops.connect("shopify", "Shop")["id"]],
        "/v1/maintenance/printers": world.printers, "/v1/entitlements/check": ["maintenance"],
        "/v1/sku-costs/by-sku": world.skus, "/v1/sku-costs/breakdown": world.skus,
    }  # fmt: skip
    of["/v1/integrations/etsy"] = of["/v1/integrations"]
    seen = 0
    for route in ROUTES:
        if route.method != "GET" or route.public:
            continue
        start, parameter, end = route.path.partition("/{")
        path = route.path if not parameter else f"{start}/{next(iter(of[start]))}{end.partition('}')[2]}"
        for query in ("", "?hints=true"):
            status, headers, text = await plain(demo, path + query, demo.headers)
            assert status == 200, path
            head_status, head_headers, head_text = await plain(demo, path + query, demo.headers, "HEAD")
            assert (head_status, head_text) == (200, "")
            assert head_headers.keys() == headers.keys()
            assert head_headers["Content-Type"] == headers["Content-Type"]
            if '"executionTime"' not in text:
                assert head_headers["Content-Length"] == headers["Content-Length"] == str(len(text.encode()))
        seen += 1
    assert seen > 30


async def test_head_is_refused_as_get_is(start_farm) -> None:
    cloud = await start_farm(quota=True)
    cloud.farm.add_api_key("blind", {"queue.view"})
    for path, headers, expected in (
        ("/v1/printers", {}, 401),
        ("/v1/printers", {**cloud.headers, "authorization": "ApiKey blind"}, 403),
        ("/v1/printers/nothing", cloud.headers, 404),
        ("/v1/nothing", cloud.headers, 404),
        ("/v1/printers?limit=0", cloud.headers, 400),
    ):
        assert (await plain(cloud, path, headers, "HEAD"))[::2] == (expected, "")
    before = cloud.farm.quota_usage().requests
    await plain(cloud, "/v1/printers", cloud.headers, "HEAD")
    assert cloud.farm.quota_usage().requests == before + 1
    assert cloud.farm.requests[-1].method == "HEAD"


async def test_hints_and_schemas_need_no_key_and_cost_no_quota(start_farm) -> None:
    cloud = await start_farm(quota=True)
    cloud.headers = {}
    for path in ("/v1/hints", "/v1/hints/schema/types", "/v1/hints/schema/paths"):
        assert await cloud.get(path)
        assert await cloud.get(path, hints="true")
        assert cloud.last is not None
        assert "x-ratelimit-remaining" not in cloud.last.headers
    assert cloud.farm.quota_usage().requests == 0
    hints = await cloud.get("/v1/hints")
    paths = await cloud.get("/v1/hints/schema/paths")
    for path, actions in hints.items():
        assert path in paths
        assert {hint["path"] for hint in actions.values()} <= set(paths)
        status, _, _ = await plain(cloud, f"/v1/hints/path{path}")
        assert status == 200


async def test_every_type_has_a_schema_and_an_unknown_one_is_not_found(cloud: Cloud) -> None:
    types = await cloud.get("/v1/hints/schema/types")
    assert {"Part", "PrintJob", "Printer", "Order", "MaterialInstance"} <= set(types)
    for name in ("Part", "PrintJob", "Printer", "SearchQueryDtoPrinter"):
        schema = await cloud.call("GET", "/v1/hints/schema/types/{typeName}", typeName=name)
        assert "properties" in schema
    job = await cloud.call("GET", "/v1/hints/schema/types/{typeName}", typeName="PrintJob")
    assert job["properties"]["skipObjectsData"]["oneOf"][1]["properties"], "references are resolved"
    refusal = await cloud.call("GET", "/v1/hints/schema/types/{typeName}", typeName="Nonsense", status=404)
    assert refusal["message"] == "Type not found: Nonsense"


@pytest.mark.parametrize(("path", "methods"), [
    ("v1/parts", {"get", "post", "delete"}), ("v2/builds", {"post"}), ("v1/printers/{id}", {"get", "patch", "delete"}),
    ("v1/printers/abcdefghijklmnopqrstuvwx", {"get", "patch", "delete"}), ("v1/print-jobs/stats/completed-count", {"get"}),
])  # fmt: skip
async def test_a_path_has_its_schemas(cloud: Cloud, path: str, methods: set[str]) -> None:
    status, _, text = await plain(cloud, f"/v1/hints/schema/paths/{path}")
    assert status == 200
    assert methods <= set(json.loads(text))
    status, _, text = await plain(cloud, "/v1/hints/schema/paths/v1/sku-option-properties")
    assert status == 404
    assert "Path not found: /v1/sku-option-properties" in text


async def test_a_documented_call_that_the_farm_does_not_serve_says_so(cloud: Cloud) -> None:
    status, _, text = await plain(cloud, "/v1/profiles", cloud.headers)
    assert status == 404
    assert "Cannot GET /v1/profiles" in text


@pytest.mark.parametrize(("switch", "status"), [("cut", 200), ("refuse", 400)])
async def test_a_limit_above_the_maximum_is_reduced_or_refused(start_farm, switch: str, status: int) -> None:
    cloud = await start_farm(printers=3, large_limit=switch)
    answer = await cloud.call("GET", "/v1/printers", params={"limit": "10000", "meta": "true"}, status=status)
    if status == 200:
        assert answer["meta"]["limit"] == 1000
        assert len(answer["data"]) == 3
    else:
        assert answer["message"] == "limit must be 1 to 1000"
    assert len(await cloud.get("/v1/printers", limit="1000")) == 3


_SEARCHES: tuple[tuple[Any, int], ...] = (
    ({}, 201),
    ({"filter": {"id": {"eq": "x", "in": ["x"], "isNull": False}}, "meta": True, "hints": False}, 201),
    (
        {"filter": {"and": [{"createdAt": {"gt": "2026-01-01T00:00:00Z"}}, {"or": [{"id": {"contains": "x"}}]}]}},
        201,
    ),
    ({"filter": {"createdAt": {"between": ["2026-01-01T00:00:00Z", 5]}}, "sort": "createdAt:desc"}, 201),
    ({"limit": 1, "offset": 0, "fields": "id", "include": "anything"}, 201),
    ({"filter": {"unknown": {"like": "x"}}}, 201),
    ([], 400),
    ({"filter": []}, 400),
    ({"filter": None}, 400),
    ({"filter": "id"}, 400),
    ({"filter": {"id": "x"}}, 400),
    ({"filter": {"id": {"contains": 5}}}, 400),
    ({"filter": {"id": {"in": "x"}}}, 400),
    ({"filter": {"id": {"isNull": "true"}}}, 400),
    ({"filter": {"createdAt": {"gt": "yesterday"}}}, 400),
    ({"filter": {"createdAt": {"between": [1]}}}, 400),
    ({"filter": {"and": {"id": {"eq": "x"}}}}, 400),
    ({"filter": {"or": [{"and": [{"id": 5}]}]}}, 400),
    ({"limit": "5"}, 400),
    ({"limit": 0}, 400),
    ({"limit": 1001}, 400),
    ({"limit": None}, 400),
    ({"limit": 1.5}, 400),
    ({"offset": -1}, 400),
    ({"sort": 5}, 400),
    ({"sort": "nothing"}, 400),
    ({"fields": ["id"]}, 400),
    ({"meta": "true"}, 400),
    ({"hints": 1}, 400),
)


@pytest.mark.parametrize("path", _LISTS)
async def test_the_body_of_a_search_is_checked(demo: Cloud, path: str) -> None:
    for body, status in _SEARCHES:
        answer = await demo.call("POST", path, body=body, status=status)
        if status == 201:
            assert answer["meta"]["limit"] == body.get("limit", 100)
        else:
            assert answer["message"]


@pytest.mark.parametrize("depth", [300, 900, 3_000, 100_000])
async def test_a_search_of_any_depth_works(cloud: Cloud, depth: int) -> None:
    body = '{"filter":' + '{"and":[' * depth + "]}" * depth + "}"
    url = f"{cloud.farm.rest_url}/v1/printers/search"
    async with cloud.session.post(url, data=body.encode(), headers=cloud.headers) as response:
        assert response.status == (201 if depth == 300 else 400)
        assert await response.json()


async def test_the_filter_of_a_search_is_ignored_as_the_service_does(demo: Cloud) -> None:
    everything = len(await demo.get("/v1/print-jobs"))
    body = {"filter": {"status": {"eq": "no such status"}}, "hints": True}
    answer = await demo.call("POST", "/v1/print-jobs/search", body=body)
    assert answer["meta"]["total"] == everything
    assert answer["hints"]


async def test_the_vendors_script_uploads_as_octet_stream(start_farm) -> None:
    for strict, content_type, expected in (
        (False, "application/octet-stream", 200),
        (False, "model/stl", 403),
        (True, "application/octet-stream", 403),
    ):
        cloud = await start_farm(strict_uploads=strict)
        answer = await cloud.call("POST", "/v1/storage/signed-upload-urls", body={"filenames": ["thing.stl"]})
        url, headers = answer["signedUrls"][0]["uploadUrl"], {"Content-Type": content_type}
        async with cloud.session.put(url, data=b"solid", headers=headers) as response:
            assert response.status == expected


async def test_without_a_quota_there_are_no_quota_headers(start_farm) -> None:
    cloud = await start_farm(quota=False)
    await cloud.get("/v1/printers")
    assert cloud.last is not None
    assert not [name for name in cloud.last.headers if name.lower().startswith("x-ratelimit")]
    await cloud.control("POST", "/quota", {"enabled": True})
    await cloud.get("/v1/printers")
    assert cloud.last.headers["x-ratelimit-remaining"] == "59"


async def test_a_print_reduces_the_weight_of_its_spool(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    job_id = await start_print(cloud, printer_id, "Plant Pot")
    (mapping,) = (await cloud.job(job_id))["materialMapping"]
    (slot,) = await cloud.get(
        "/v1/printer-slots",
        printerId=printer_id,
        amsIndex=str(mapping["amsIndex"]),
        slotIndex=str(mapping["slotIndex"]),
    )
    before = await cloud.call("GET", "/v1/materials/instances/{id}", id=slot["instanceId"])
    await cloud.farm.advance(3600)
    after = await cloud.call("GET", "/v1/materials/instances/{id}", id=slot["instanceId"])
    assert after["remainingMaterial"] < before["remainingMaterial"] - 20
