"""The control API: what tests and demos can do with a farm, and how calls can be made to fail."""

import asyncio
import json
import time

import aiohttp
import aiomqtt
from cloud import Cloud, listening
import pytest

from virtual_farm import Fault


async def test_printers_are_added_changed_and_removed(cloud: Cloud) -> None:
    added = await cloud.control("POST", "/printers", {"model": "H2D", "name": "New one"})
    printer = await cloud.printer(added["id"])
    assert (printer["name"], printer["confirmedReady"], printer["isAvailable"]) == ("New one", False, True)
    assert (await cloud.get("/v1/subscriptions"))["concurrencySlots"] == 9
    path = f"/printers/{added['id']}"
    await cloud.control("POST", f"{path}/rename", {"name": "Renamed"})
    assert (await cloud.printer(added["id"]))["name"] == "Renamed"
    await cloud.control("POST", f"{path}/disconnect")
    assert (await cloud.printer(added["id"]))["isOnline"] is False
    await cloud.control("POST", f"{path}/reconnect")
    assert (await cloud.printer(added["id"]))["isOnline"] is True
    await cloud.control("DELETE", path)
    await cloud.call("GET", "/v1/printers/{id}", id=added["id"], status=404)
    assert added["id"] not in {slot["printerId"] for slot in await cloud.get("/v1/materials/printer-slots")}
    await cloud.control("DELETE", path, status=404)
    await cloud.control("POST", "/printers", {"model": "unheard of"}, status=400)


@pytest.mark.parametrize("model", ["KLIPPER", "PRUSA", "OCTOPRINT"])
async def test_printers_of_other_brands_use_their_own_statuses(cloud: Cloud, model: str) -> None:
    added = await cloud.control("POST", "/printers", {"model": model, "ready": True})
    (job_id,) = await cloud.queue(tags={"printer.id": added["id"]})
    await cloud.farm.advance(300)
    stat = cloud.farm.feed.stat(cloud.farm.printer(added["id"]))
    assert stat["state"] == "printing"
    assert "filament" not in stat["data"]
    assert "lights" not in stat["data"]
    await cloud.call("PATCH", "/v1/print-jobs/cancel", body={"printJobIds": [job_id]})
    assert cloud.farm.feed.stat(cloud.farm.printer(added["id"]))["state"] == "cancelled"


async def test_a_removed_printer_fails_its_job_and_frees_waiting_ones(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    printing, waiting = await cloud.queue(quantity=2, tags={"printer.modelName": "X1 Carbon"})
    await cloud.farm.advance(300)
    assert (await cloud.job(printing))["assignedPrinterId"] == printer_id
    await cloud.call("PATCH", "/v1/printers/continous-print", body={"enabled": True, "ids": [printer_id]})
    await cloud.control("DELETE", f"/printers/{printer_id}")
    job = await cloud.job(printing)
    assert job["status"] == "failed"
    assert "removed" in job["errorMessage"]
    assert (await cloud.job(waiting))["status"] == "printing"


async def test_an_ams_is_attached_and_detached(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[1]

    async def slots() -> list[tuple[int, int]]:
        rows = await cloud.get("/v1/materials/printer-slots")
        return [(row["amsIndex"], row["slotIndex"]) for row in rows if row["printerId"] == printer_id]

    assert await slots() == [(-1, 0)]
    await cloud.control("POST", f"/printers/{printer_id}/ams", {"units": 2})
    assert len(await slots()) == 9
    assert len(cloud.farm.feed.stat(cloud.farm.printer(printer_id))["data"]["filament"]["ams"]["ams"]) == 2
    await cloud.control("POST", f"/printers/{printer_id}/ams", {"units": 0})
    assert await slots() == [(-1, 0)]
    assert "ams" not in cloud.farm.feed.stat(cloud.farm.printer(printer_id))["data"]["filament"]


async def test_hms_messages_are_raised_and_cleared(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    path = f"/printers/{printer_id}/hms"

    def health() -> dict[str, list[str]]:
        stat = cloud.farm.feed.stat(cloud.farm.printer(printer_id))
        return {key: [entry["code"] for entry in entries] for key, entries in stat["data"]["health"].items()}

    await cloud.control("POST", path, {"code": "0300-0100-0001-0001", "message": "Bed is too hot"})
    await cloud.control("POST", path, {"code": "0700-2000-0002-0001", "message": "Empty", "severity": "warning"})
    assert health() == {"errors": ["0300-0100-0001-0001"], "warnings": ["0700-2000-0002-0001"], "infos": []}
    assert cloud.farm.feed.stat(cloud.farm.printer(printer_id))["data"]["print"]["printError"] > 0
    await cloud.control("DELETE", f"{path}?code=0300-0100-0001-0001")
    assert health() == {"errors": [], "warnings": ["0700-2000-0002-0001"], "infos": []}
    await cloud.control("DELETE", path)
    assert health() == {"errors": [], "warnings": [], "infos": []}
    await cloud.control("POST", path, {"code": "1", "message": "", "severity": "panic"}, status=400)


async def test_prints_are_finished_failed_and_started_externally(cloud: Cloud) -> None:
    first, second, third, *_ = cloud.printer_ids()
    jobs = await cloud.queue(quantity=2, tags={})
    await cloud.farm.advance(60)
    await cloud.control("POST", f"/printers/{first}/finish")
    await cloud.control("POST", f"/printers/{second}/fail", {"reason": "Spaghetti"})
    assert [(await cloud.job(job_id))["status"] for job_id in jobs] == ["completed", "failed"]
    await cloud.control("POST", f"/printers/{first}/finish", status=400)
    await cloud.control("POST", f"/printers/{second}/fail", status=400)
    await cloud.control("POST", f"/printers/{third}/outside-print", {"name": "Card", "seconds": 100})
    assert (await cloud.printer(third))["isAvailable"] is False
    await cloud.control("POST", f"/printers/{third}/outside-print", status=400)


async def test_the_state_of_the_farm_has_no_secrets(demo: Cloud) -> None:
    state = await demo.control("GET", "/state")
    assert [printer["phase"] for printer in state["printers"]] == [
        "print",
        "finished",
        "idle",
        "idle",
        "paused",
        "idle",
        "print",
        "idle",
    ]
    assert {job["status"] for job in state["jobs"]} == {"printing", "completed", "paused", "failed", "pending"}
    text = json.dumps(state)
    assert demo.farm.config.api_key not in text
    assert demo.farm.config.read_only_key not in text
    for printer in demo.farm.world.printers.values():
        assert printer.metadata is not None
        secrets = [printer.metadata[key] for key in ("dev_access_code", "api_key") if key in printer.metadata]
        assert secrets
        assert not any(secret in text for secret in secrets)


async def test_time_is_advanced(cloud: Cloud) -> None:
    answer = await cloud.control("POST", "/advance", {"seconds": 3600})
    assert answer == {"time": 3600}
    await cloud.control("POST", "/advance", {"seconds": -1}, status=400)
    await cloud.control("POST", "/advance", {}, status=400)


async def test_requests_are_listed_with_their_times(cloud: Cloud) -> None:
    began = time.time()
    await cloud.get("/v1/printers", limit="5")
    await cloud.call("GET", "/v1/print-jobs/{id}", id="nothing00000000000000000", status=404)
    await cloud.build()
    listed = await cloud.control("GET", "/requests")
    assert [(entry["method"], entry["path"], entry["status"]) for entry in listed] == [
        ("GET", "/v1/printers", 200),
        ("GET", "/v1/print-jobs/nothing00000000000000000", 404),
        ("POST", "/v2/builds", 201),
    ]
    assert listed[0]["query"] == {"limit": "5"}
    assert listed[2]["body"]["parts"]
    assert began - 1 < listed[0]["time"] <= listed[2]["time"] < time.time() + 1
    await cloud.control("DELETE", "/requests")
    assert cloud.farm.requests == []


async def test_messages_are_published_unchanged(cloud: Cloud) -> None:
    topic = f"stores/{cloud.farm.config.store_id}/entities/ideas"
    async with listening(cloud.farm) as client:
        await cloud.control("POST", "/publish", {"topic": topic, "payload": {"a": 1}})
        await cloud.control("POST", "/publish", {"topic": topic, "payload": "not { json", "retain": True})
        seen = []
        async for message in client.messages:
            if message.topic.value == topic:
                seen.append(message.payload)
            if len(seen) == 2:
                break
    assert seen == [b'{"a": 1}', b"not { json"]
    await cloud.control("POST", "/publish", {"topic": "a/#", "payload": ""}, status=400)


async def _listen_through(cloud: Cloud, path: str) -> None:
    async with listening(cloud.farm) as client, asyncio.timeout(5):
        await anext(client.messages)
        await cloud.control("POST", path)
        async for _ in client.messages:
            pass


@pytest.mark.parametrize("path", ["/broker/restart", "/broker/disconnect"])
async def test_disconnected_realtime_clients_get_retained_stats_again(cloud: Cloud, path: str) -> None:
    with pytest.raises(aiomqtt.MqttError, match=r"(?i)disconnect"):
        await _listen_through(cloud, path)
    async with listening(cloud.farm) as client:
        topics = {(await anext(client.messages)).topic.value for _ in cloud.farm.world.printers}
    assert topics == {
        f"stores/{cloud.farm.config.store_id}/printer-stats/{printer_id}" for printer_id in cloud.printer_ids()
    }


async def test_the_next_calls_fail_with_a_status_and_then_no_more(cloud: Cloud) -> None:
    await cloud.control("POST", "/faults", {"mode": "status", "status": 500, "count": 2, "message": "Oops"})
    for _ in range(2):
        assert (await cloud.call("GET", "/v1/printers", status=500))["message"] == "Oops"
    await cloud.get("/v1/printers")
    await cloud.control("POST", "/faults", {"mode": "status", "status": 429, "retryAfter": 7})
    await cloud.call("GET", "/v1/printers", status=429)
    assert cloud.last is not None
    assert cloud.last.headers["Retry-After"] == "7"


async def test_faults_affect_only_matching_calls(cloud: Cloud) -> None:
    fault = {"mode": "status", "path": "/v2/builds", "method": "POST", "every": 3, "count": 2}
    await cloud.control("POST", "/faults", fault)
    await cloud.get("/v1/printers")
    statuses = []
    for _ in range(9):
        body = {"parts": [{"partId": cloud.part("Benchy")}]}
        async with cloud.session.post(f"{cloud.farm.rest_url}/v2/builds", json=body, headers=cloud.headers) as response:
            statuses.append(response.status)
    assert statuses == [201, 201, 503, 201, 201, 503, 201, 201, 201]
    assert len(cloud.farm.world.part_builds) == 7
    await cloud.control("POST", "/faults", {"mode": "status", "count": 9})
    assert len(await cloud.control("GET", "/faults")) == 1
    await cloud.control("DELETE", "/faults")
    await cloud.get("/v1/printers")
    await cloud.control("POST", "/faults", {"mode": "explode"}, status=400)


async def raw(cloud: Cloud, method: str = "GET", path: str = "/v1/printers", body: object = None) -> tuple[int, str]:
    async with cloud.session.request(
        method, cloud.farm.rest_url + path, json=body, headers=cloud.headers, timeout=aiohttp.ClientTimeout(1)
    ) as response:
        return response.status, await response.text()


async def test_a_call_returns_a_proxy_page_instead_of_json(cloud: Cloud) -> None:
    await cloud.control("POST", "/faults", {"mode": "html"})
    status, text = await raw(cloud)
    assert status == 502
    assert text.startswith("<html>")


async def test_a_body_is_cut_off(cloud: Cloud) -> None:
    await cloud.control("POST", "/faults", {"mode": "truncated"})
    with pytest.raises(aiohttp.ClientPayloadError):
        await raw(cloud)
    assert (await raw(cloud))[0] == 200


async def test_a_call_times_out(cloud: Cloud) -> None:
    await cloud.control("POST", "/faults", {"mode": "timeout", "method": "POST"})
    await cloud.control("POST", "/faults", {"mode": "slow", "seconds": 0.2, "method": "GET"})
    body = {"parts": [{"partId": cloud.part("Benchy")}]}
    with pytest.raises(TimeoutError):
        await raw(cloud, "POST", "/v2/builds", body)
    assert not cloud.farm.world.part_builds
    began = time.monotonic()
    assert (await raw(cloud))[0] == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(("mode", "builds"), [("drop", 1), ("reset", 0)])
async def test_a_connection_is_cut_after_or_before_the_effect(cloud: Cloud, mode: str, builds: int) -> None:
    await cloud.control("POST", "/faults", {"mode": mode})
    body = {"parts": [{"partId": cloud.part("Benchy")}]}
    with pytest.raises(aiohttp.ClientConnectionError):
        await raw(cloud, "POST", "/v2/builds", body)
    assert len(cloud.farm.world.part_builds) == builds
    await cloud.farm.advance(2)
    assert len(cloud.farm.world.jobs) == builds
    assert cloud.farm.requests[-1].status is None


async def test_a_fault_can_take_effect_first(cloud: Cloud) -> None:
    cloud.farm.inject_fault(Fault(mode="status", status=504, acts=True))
    status, _ = await raw(cloud, "POST", "/v2/builds", {"parts": [{"partId": cloud.part("Benchy")}]})
    assert status == 504
    assert len(cloud.farm.world.part_builds) == 1
    with pytest.raises(ValueError, match="mode"):
        Fault(mode="explode")


async def test_a_farm_stops_at_once_while_a_call_hangs(start_farm) -> None:
    cloud = await start_farm()
    cloud.farm.inject_fault(Fault(mode="timeout", seconds=600))
    call = asyncio.create_task(raw(cloud))
    async with asyncio.timeout(2):
        while not cloud.farm.requests:  # noqa: ASYNC110
            await asyncio.sleep(0)
        began = time.monotonic()
        await cloud.farm.stop()
    assert time.monotonic() - began < 1.5
    with pytest.raises((aiohttp.ClientError, TimeoutError)):
        await call
    with pytest.raises(RuntimeError):
        _ = cloud.farm.rest_url
