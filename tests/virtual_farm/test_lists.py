"""Parameters of lists, and invalid bodies."""

from cloud import Cloud
import pytest


async def test_a_list_has_100_rows_by_default(start_farm) -> None:
    cloud = await start_farm(printers=120)
    assert len(await cloud.get("/v1/printers")) == 100
    assert len(await cloud.get("/v1/printers", limit="1000")) == 120
    page = await cloud.get("/v1/printers", meta="true", offset="90", limit="20")
    assert page["meta"].pop("executionTime") >= 0
    assert page["meta"] == {"total": 120, "count": 20, "offset": 90, "limit": 20, "hasMore": True}
    last = await cloud.get("/v1/printers", meta="true", offset="100")
    assert (last["meta"]["count"], last["meta"]["hasMore"]) == (20, False)
    assert await cloud.get("/v1/printers", offset="500") == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "many"},
        {"offset": "-1"},
        {"meta": "yes"},
        {"sort": "name:up"},
        {"sort": "colour"},
        {"fields": "id,colour"},
        {"colour.eq": "red"},
        {"name.like": "X"},
        {"lifetimeJobCount.gt": "few"},
        {"lifetimeJobCount.between": "1"},
        {"name.isNull": "perhaps"},
    ],
)
async def test_an_invalid_parameter_is_refused(cloud: Cloud, params: dict[str, str]) -> None:
    await cloud.call("GET", "/v1/printers", params=params, status=400)


async def names(cloud: Cloud, **params: str) -> list[str]:
    return [printer["name"] for printer in await cloud.get("/v1/printers", **params)]


async def test_rows_are_reduced_to_fields_and_sorted(cloud: Cloud) -> None:
    rows = await cloud.get("/v1/printers", fields="id,name", sort="name:desc")
    assert all(set(row) == {"id", "name"} for row in rows)
    assert [row["name"] for row in rows] == sorted((row["name"] for row in rows), reverse=True)
    counts = [row["lifetimeJobCount"] for row in await cloud.get("/v1/printers", sort="lifetimeJobCount")]
    assert counts == sorted(counts)
    many = await names(cloud, sort="isOnline:asc,name:asc")
    assert many == sorted(many)


async def test_every_filter_operator_filters(cloud: Cloud) -> None:
    world = cloud.farm.world
    everyone = [printer.name for printer in world.printers.values()]
    first = next(iter(world.printers.values()))
    first.lifetime_job_count = 5
    first.printing_job_id = None
    cloud.farm.set_ams(first.id, 2)
    for params, expected in (
        ({"name.eq": "X1 Carbon 01"}, ["X1 Carbon 01"]),
        ({"name": "X1 Carbon 01"}, ["X1 Carbon 01"]),
        ({"name.ne": "X1 Carbon 01"}, everyone[1:]),
        ({"lifetimeJobCount.lt": "6"}, ["X1 Carbon 01"]),
        ({"lifetimeJobCount.lte": "5"}, ["X1 Carbon 01"]),
        ({"lifetimeJobCount.gt": "5"}, everyone[1:]),
        ({"lifetimeJobCount.gte": "6"}, everyone[1:]),
        ({"lifetimeJobCount.between": "4,5"}, ["X1 Carbon 01"]),
        ({"lifetimeJobCount.eq": "5"}, ["X1 Carbon 01"]),
        ({"name.contains": "carbon"}, ["X1 Carbon 01", "X1 Carbon 02"]),
        ({"name.startsWith": "A1 m"}, ["A1 mini 01"]),
        ({"name.endsWith": "02"}, ["X1 Carbon 02", "P1S 02"]),
        ({"name.in": "H2D 01,A1 01"}, ["A1 01", "H2D 01"]),
        ({"name.notIn": ",".join(everyone[1:])}, ["X1 Carbon 01"]),
        ({"printingJobId.isNull": "true"}, everyone),
        ({"printingJobId.isNull": "false"}, []),
        ({"isOnline.eq": "true"}, everyone),
        ({"isOnline.eq": "false"}, []),
        ({"tags.contains": "rack-2"}, everyone[4:]),
        ({"createdAt.gt": "2020-01-01T00:00:00Z"}, everyone),
        ({"createdAt.lt": "2020-01-01T00:00:00Z"}, []),
        ({"name.contains": "x1", "name.endsWith": "02"}, ["X1 Carbon 02"]),
        ({"of-no-meaning": "1"}, everyone),
    ):
        assert await names(cloud, **params) == expected, params


async def test_jobs_are_filtered_by_several_states(demo: Cloud) -> None:
    jobs = await demo.get("/v1/print-jobs", **{"status.in": "pending,failed", "sort": "queueOrder:asc"})
    assert {job["status"] for job in jobs} == {"pending", "failed"}
    open_jobs = await demo.get("/v1/print-jobs", **{"status.notIn": "completed,failed,cancelled", "hidden.eq": "false"})
    assert {job["status"] for job in open_jobs} == {"pending", "printing", "paused"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/printers/confirm-ready", {"ids": []}),
        ("PATCH", "/v1/printers/confirm-ready", {"ready": "yes", "ids": []}),
        ("PATCH", "/v1/printers/confirm-ready", {"ready": True, "ids": ["short"]}),
        ("PATCH", "/v1/printers/confirm-ready", []),
        ("PATCH", "/v1/printers/continous-print", {"enabled": True, "jobLimit": 0, "ids": []}),
        ("POST", "/v2/builds", {}),
        ("POST", "/v2/builds", {"parts": []}),
        ("POST", "/v2/builds", {"parts": [{"quantity": 1}]}),
        ("POST", "/v2/builds", {"parts": [{"partId": "{part}", "quantity": 501}]}),
        ("POST", "/v2/builds", {"parts": [{"partId": "{part}", "priority": 5}]}),
        ("POST", "/v2/builds", {"parts": [{"partId": "{part}", "position": "middle"}]}),
        ("POST", "/v2/builds", {"parts": [{"partId": "{part}", "parameters": {"unknown": 1}}]}),
        ("POST", "/v2/builds", {"parts": [{"partId": "{part}", "plateQuantities": {"7": 1}}]}),
        ("POST", "/v2/builds", {"skus": [{"quantity": 1}]}),
        ("POST", "/v2/builds", {"skus": [{"sku": "POT-M", "options": [{"name": "Size", "value": "L"}]}]}),
        ("POST", "/v2/builds", {"skus": [{"sku": "POT-M", "options": [{"name": "Color", "value": "Mauve"}]}]}),
        ("POST", "/v1/printer-commands/send", {"ids": [], "command": {"command": "explode"}}),
        ("POST", "/v1/printer-commands/send", {"ids": [], "command": {"command": "set-fan", "type": "part", "speed": 101}}),
        ("POST", "/v1/printer-commands/send", {"ids": [], "command": {"command": "led-control", "light": "sun", "state": "on"}}),
        ("PATCH", "/v1/print-jobs/cancel", {"ids": []}),
        ("PATCH", "/v1/materials/printer-slots/assign", {"printerIds": [], "visualSlots": []}),
        ("POST", "/v1/storage/signed-upload-urls", {"filenames": [""]}),
    ],
)  # fmt: skip
async def test_an_invalid_body_is_refused_with_the_reason(cloud: Cloud, method: str, path: str, body: object) -> None:
    def fill(value: object) -> object:
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        return cloud.part("Benchy") if value == "{part}" else value

    await cloud.call(method, path, body=fill(body), status=400)
    assert not cloud.farm.world.jobs
    assert not cloud.farm.world.part_builds


async def test_a_body_that_is_not_json_is_refused(cloud: Cloud) -> None:
    async with cloud.session.patch(
        f"{cloud.farm.rest_url}/v1/printers/enabled", data=b"{", headers=cloud.headers
    ) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/printers/{id}", None),
        ("GET", "/v1/print-jobs/{id}", None),
        ("GET", "/v1/print-jobs/{id}/matching-troubleshoot", None),
        ("GET", "/v1/parts/{id}", None),
        ("GET", "/v1/skus/{id}", None),
        ("GET", "/v1/materials/{id}", None),
        ("GET", "/v1/orders/{id}", None),
        ("PATCH", "/v1/printers/{id}", {"name": "x"}),
        ("POST", "/v2/builds", {"parts": [{"partId": "nothing00000000000000000"}]}),
        ("POST", "/v2/builds", {"skus": [{"sku": "NOTHING"}]}),
    ],
)
async def test_an_unknown_record_is_not_found(cloud: Cloud, method: str, path: str, body: object) -> None:
    await cloud.call(method, path, body=body, status=404, id="nothing00000000000000000")
