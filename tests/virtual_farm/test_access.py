"""Authentication, permissions and quota."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from cloud import Cloud
import pytest
from yarl import URL

from virtual_farm.access import Quota
from virtual_farm.rest.app import ROUTES


class MovableClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "ApiKey {key}"},
        {"x-printago-storeid": "{store}"},
        {"authorization": "Bearer {key}", "x-printago-storeid": "{store}"},
        {"authorization": "ApiKey wrong", "x-printago-storeid": "{store}"},
        {"authorization": "ApiKey ", "x-printago-storeid": "{store}"},
        {"authorization": "ApiKey {key}", "x-printago-storeid": "another0000000000000000a"},
    ],
)
async def test_both_headers_must_be_right(cloud: Cloud, headers: dict[str, str]) -> None:
    config = cloud.farm.config
    filled = {name: value.format(key=config.api_key, store=config.store_id) for name, value in headers.items()}
    async with cloud.session.get(f"{cloud.farm.rest_url}/v1/printers", headers=filled) as response:
        assert response.status == 401
        assert (await response.json())["message"] == "Unauthorized"


async def test_direct_permissions_of_a_key_are_readable_with_the_view_permission(cloud: Cloud) -> None:
    key = "key0a1b2c3d4e5f6g7h8i9j0_rest"
    path, own = "/v1/api-keys/{id}/permissions", cloud.farm.config.api_key[:24]
    cloud.farm.add_api_key(key, ["printer.view", "apiKey.view"], by_role=["queue.view"])
    reader = Cloud(cloud.farm, cloud.session, key)

    for client in (reader, cloud):
        assert await client.call("GET", path, id=key[:24]) == ["apiKey.view", "printer.view"]
    await reader.get("/v1/print-jobs")
    assert await reader.call("GET", path, id=own) == [], "it may do everything"
    await reader.call("GET", path, id="x" * 24, status=404)
    cloud.farm.add_api_key(key, ["printer.view"])
    await reader.call("GET", path, id=key[:24], status=403)


async def test_a_scoped_key_has_only_its_listed_permissions(cloud: Cloud) -> None:
    cloud.farm.add_api_key("reader", {"printer.view", "queue.view", "printer.config"})
    reader = Cloud(cloud.farm, cloud.session, "reader")
    ids = cloud.printer_ids()
    await reader.get("/v1/printers")
    await reader.get("/v1/stores")
    for method, path, body in (
        ("PATCH", "/v1/printers/confirm-ready", {"ready": False, "ids": ids}),
        ("POST", "/v2/builds", {"parts": [{"partId": cloud.part("Benchy")}]}),
        ("POST", "/v2/builds/preview", {"parts": [{"partId": cloud.part("Benchy")}]}),
        ("POST", "/v1/printer-commands/send", {"ids": ids, "command": {"command": "pause"}}),
        ("GET", "/v1/parts", None),
    ):
        await reader.call(method, path, body=body, status=403)
    fabmatic = {"enabled": True, "ids": ids}
    refusal = await reader.call("PATCH", "/v1/printers/continous-print", body=fabmatic, status=403)
    assert "printer.ready" in refusal["message"]
    assert "printer.config" not in refusal["message"]
    assert all(printer["confirmedReady"] for printer in await cloud.get("/v1/printers"))


async def test_a_revoked_key_is_refused_and_a_restored_one_works(cloud: Cloud) -> None:
    key = cloud.farm.config.api_key
    await cloud.control("DELETE", "/keys", {"key": key})
    await cloud.call("GET", "/v1/printers", status=401)
    assert not cloud.farm.authenticate(cloud.farm.config.store_id, key)
    await cloud.control("POST", "/keys", {"key": key, "permissions": ["printer.view"]})
    await cloud.get("/v1/printers")
    await cloud.call("GET", "/v1/print-jobs", status=403)


async def test_maintenance_mode_needs_an_entitlement_to_turn_on_only(start_farm) -> None:
    cloud = await start_farm(maintenance_entitlement=False)
    body = {"printerIds": cloud.printer_ids()[:1], "enabled": True}
    await cloud.call("PATCH", "/v1/maintenance/mode", body=body, status=403)
    await cloud.call("PATCH", "/v1/maintenance/mode", body=body | {"enabled": False})


async def test_the_read_only_key_can_view_everything_and_change_nothing(demo: Cloud) -> None:
    assert demo.farm.authenticate(demo.farm.config.store_id, demo.farm.config.read_only_key)
    key = demo.farm.config.read_only_key
    reader = Cloud(demo.farm, demo.session, key)
    for path in ("printers", "print-jobs", "print-jobs/stats/completed-count", "orders", "subscriptions"):
        await reader.get(f"/v1/{path}")
    for path in ("settings/store", "materials/printer-slots", "maintenance/fleet-status", "parts", "skus"):
        await reader.get(f"/v1/{path}")
    changing = [
        route
        for route in ROUTES
        if route.permissions and not all(name.endswith((".view", ".stats")) for name in route.permissions)
    ]
    assert len(changing) > 30
    assert all(demo.farm.keys.lacks(key, route.permissions) for route in changing)
    ready = {"ready": True, "ids": demo.printer_ids()}
    refusal = await reader.call("PATCH", "/v1/printers/confirm-ready", body=ready, status=403)
    assert refusal["message"] == "Missing permission: printer.ready"


async def test_the_minute_window_slides(start_farm) -> None:
    clock = MovableClock()
    cloud = await start_farm(quota=True, clock=clock)
    for number in range(60):
        await cloud.get("/v1/stores")
        assert cloud.last is not None
        assert cloud.last.headers["x-ratelimit-remaining"] == str(59 - number)
        clock.forward(seconds=0.5)
    await cloud.call("GET", "/v1/stores", status=429)
    assert cloud.last is not None
    assert cloud.last.headers["Retry-After"] == cloud.last.headers["x-ratelimit-reset"] == "30"
    clock.forward(seconds=29.9)
    await cloud.call("GET", "/v1/stores", status=429)
    clock.forward(seconds=0.1)
    await cloud.get("/v1/stores")
    await cloud.call("GET", "/v1/stores", status=429)


async def test_refused_requests_and_other_keys_do_not_count(start_farm) -> None:
    cloud = await start_farm(quota=True, clock=MovableClock())
    cloud.farm.add_api_key("another")
    for _ in range(60):
        await cloud.get("/v1/stores")
    for _ in range(3):
        await cloud.call("GET", "/v1/stores", status=429)
    assert cloud.farm.quota.refused == 3
    await Cloud(cloud.farm, cloud.session, "another").get("/v1/stores")
    await cloud.control("POST", "/quota", {"enabled": False})
    for _ in range(70):
        await cloud.get("/v1/stores")


def test_the_hour_window_limits_more_than_the_minute_window() -> None:
    clock = MovableClock()
    quota = Quota(clock)
    for _ in range(600):
        assert quota.take("key").retry_after is None
        clock.forward(seconds=2)
    # 1,200 s after the first one; it leaves the window at 3,600 s.
    assert quota.take("key").retry_after == 2400
    clock.forward(seconds=2400)
    state = quota.take("key")
    assert state.retry_after is None
    assert state.remaining == 0


async def test_the_fullest_minute_and_hour_include_refused_requests(start_farm) -> None:
    clock = MovableClock()
    cloud = await start_farm(quota=True, clock=clock)
    for _ in range(60):
        await cloud.get("/v1/stores")
    await cloud.call("GET", "/v1/stores", status=429)
    clock.forward(seconds=61)
    for _ in range(5):
        await cloud.get("/v1/stores")
    usage = {"highestMinute": 61, "highestHour": 66, "requests": 66, "refused": 1}
    assert await cloud.control("GET", "/quota") == usage
    assert await cloud.control("GET", "/quota?key=another") == dict.fromkeys(usage, 0)
    clock.forward(seconds=3600)
    await cloud.get("/v1/stores")
    assert cloud.farm.quota_usage().highest_hour == 66
    cloud.farm.set_quota(enabled=True)
    assert cloud.farm.quota_usage().requests == 0


async def test_the_date_header_and_time_stamps_come_from_the_injected_clock(start_farm) -> None:
    clock = MovableClock()
    cloud = await start_farm(clock=clock)
    clock.forward(days=400)
    printer_id = cloud.printer_ids()[0]
    printer = await cloud.call("PATCH", "/v1/printers/{id}", body={"name": "Other"}, id=printer_id)
    assert cloud.last is not None
    assert parsedate_to_datetime(cloud.last.headers["Date"]) == clock.now
    assert datetime.fromisoformat(printer["updatedAt"]) == clock.now
    stat = cloud.farm.feed.stat(cloud.farm.printer(printer_id))
    received, expires = (datetime.fromisoformat(stat[key]) for key in ("receivedAt", "expiresAt"))
    assert received == clock.now
    assert expires - received == timedelta(minutes=5)


async def upload(cloud: Cloud, data: bytes, filename: str = "thing.stl") -> str:
    answer = await cloud.call("POST", "/v1/storage/signed-upload-urls", body={"filenames": [filename]})
    signed = answer["signedUrls"][0]
    url = URL(signed["uploadUrl"], encoded=True)
    async with cloud.session.put(url, data=data, skip_auto_headers=["Content-Type"]) as response:
        assert response.status == 200
    return signed["path"]


def _new_part(path: str) -> dict:
    return {
        "name": "Uploaded",
        "type": "stl",
        "description": "",
        "fileUris": [path],
        "parameters": [],
        "printTags": {},
        "overriddenProcessProfileId": None,
    }


async def test_an_uploaded_model_becomes_a_part_with_a_picture_that_prints(cloud: Cloud) -> None:
    data = b"solid thing" * 50_000
    part = await cloud.call("POST", "/v1/parts", body=_new_part(await upload(cloud, data)))
    urls = await cloud.call(
        "POST", "/v1/storage/signed-urls", body={"paths": [part["thumbnailUri"], part["fileUris"][0]], "duration": 60}
    )
    picture, model = urls["signedUrls"]
    async with cloud.session.get(picture) as response:
        assert response.content_type == "image/png"
        assert (await response.read()).startswith(b"\x89PNG\r\n\x1a\n")
    async with cloud.session.get(model) as response:
        assert await response.read() == data
    sku = await cloud.call("POST", "/v1/parts/create-skus", body=[{"partId": part["id"], "skuName": "UPLOADED"}])
    assert sku[0]["sku"] == "UPLOADED"
    await cloud.call("POST", "/v1/parts/create-skus", body=[{"partId": part["id"], "skuName": "UPLOADED"}], status=409)
    (job_id,) = await cloud.queue(partId=part["id"])
    await cloud.farm.advance(60)
    assert (await cloud.job(job_id))["status"] == "printing"


@pytest.mark.parametrize("header", ["authorization", "content-type", "x-printago-storeid"])
async def test_a_signed_url_refuses_headers_outside_of_the_signature(cloud: Cloud, header: str) -> None:
    answer = await cloud.call("POST", "/v1/storage/signed-upload-urls", body={"filenames": ["thing.stl"]})
    url = answer["signedUrls"][0]["uploadUrl"]
    async with cloud.session.put(
        url, data=b"x", headers={header: "text/plain"}, skip_auto_headers=["Content-Type"]
    ) as response:
        assert response.status == 403
    async with cloud.session.put(
        url.replace("X-Signature=", "X-Signature=0"), data=b"x", skip_auto_headers=["Content-Type"]
    ) as response:
        assert response.status == 403
    path = answer["signedUrls"][0]["path"]
    await cloud.call("POST", "/v1/parts", body=_new_part(path), status=400)


async def test_a_signed_url_expires(start_farm) -> None:
    clock = MovableClock()
    cloud = await start_farm(clock=clock)
    path = next(iter(cloud.farm.world.parts.values()))["thumbnailUri"]
    answer = await cloud.call("POST", "/v1/storage/signed-urls", body={"paths": [path, "nothing"], "duration": 30})
    good, missing = answer["signedUrls"]
    async with cloud.session.get(good) as response:
        assert response.status == 200
    async with cloud.session.get(missing) as response:
        assert response.status == 404
    clock.forward(seconds=31)
    async with cloud.session.get(good) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "filename",
    [
        "100%.stl", "100%25.stl", "50%2525 off.stl", "a%2Fb.stl", "a%2520b.stl", "%41.stl", "%.stl", "%zz.stl",
        "a+b c.stl", "#1?x=y&z.stl", "Würfel.stl", "e\u0301.stl", "立方体.stl", "a;b,c=d.stl", "~'(!)*.stl", "..stl",
    ],
)  # fmt: skip
async def test_a_file_is_stored_and_fetched_with_any_name(cloud: Cloud, filename: str) -> None:
    path = await upload(cloud, b"solid", filename)
    assert path.endswith(f"/{filename}")
    assert cloud.farm.storage.blob(path) is not None
    part = await cloud.call("POST", "/v1/parts", body=_new_part(path))
    assert part["fileUris"] == [path]
    answer = await cloud.call("POST", "/v1/storage/signed-urls", body={"paths": [path]})
    async with cloud.session.get(URL(answer["signedUrls"][0], encoded=True)) as response:
        assert await response.read() == b"solid"


async def test_a_url_signed_for_one_file_does_not_open_another(cloud: Cloud) -> None:
    one, two = await upload(cloud, b"one", "a%41.stl"), await upload(cloud, b"two", "aA.stl")
    two_under_one = one.rpartition("/")[0] + "/aA.stl"
    signed = cloud.farm.storage.sign("GET", one, 60)
    async with cloud.session.get(URL(cloud.farm.rest_url + signed, encoded=True)) as response:
        assert await response.read() == b"one"
    for other in (two, two_under_one):
        address = cloud.farm.storage.sign("GET", other, 60).partition("?")[0] + "?" + signed.partition("?")[2]
        async with cloud.session.get(URL(cloud.farm.rest_url + address, encoded=True)) as response:
            assert response.status == 403


async def test_an_empty_upload_creates_no_part(cloud: Cloud) -> None:
    refusal = await cloud.call("POST", "/v1/parts", body=_new_part(await upload(cloud, b"")), status=400)
    assert "empty" in refusal["message"]


async def test_unknown_calls_are_not_found(cloud: Cloud) -> None:
    async with aiohttp.ClientSession(headers=cloud.headers) as session:
        for method, path in (("GET", "/v1/nothing"), ("DELETE", "/v1/stores"), ("GET", "/")):
            async with session.request(method, cloud.farm.rest_url + path) as response:
                assert response.status == 404
                assert "Cannot" in (await response.json())["message"]
