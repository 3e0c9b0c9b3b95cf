"""Print jobs: paused, stopped, retried, approved and edited; FabMatic, SKUs, orders and commands."""

from typing import Any

from cloud import Cloud
from prints import confirm, on, send, start_print
import pytest

from virtual_farm.phase import Phase


@pytest.mark.parametrize("side", ["job", "printer"])
async def test_pause_resume_and_stop_from_either_side(cloud: Cloud, side: str) -> None:
    printer_id = cloud.printer_ids()[0]
    job_id = await start_print(cloud, printer_id)

    async def do(operation: str, command: str) -> None:
        if side == "job":
            assert await on(cloud, operation, job_id) == [job_id]
        else:
            assert await send(cloud, printer_id, command) == [printer_id]

    def stat() -> dict[str, Any]:
        return cloud.farm.feed.stat(cloud.farm.printer(printer_id))

    await do("pause", "pause")
    assert (await cloud.job(job_id))["status"] == "paused"
    assert stat()["state"] == "PAUSE"
    assert [error["code"] for error in stat()["data"]["health"]["errors"]] == ["0300-8013"]
    percent = stat()["data"]["print"]["percent"]
    await cloud.farm.advance(3600)
    assert stat()["data"]["print"]["percent"] == percent
    await do("resume", "resume")
    assert (await cloud.job(job_id))["status"] == "printing"
    assert stat()["data"]["health"]["errors"] == []
    await do("cancel", "stop")
    job = await cloud.job(job_id)
    assert job["status"] == "cancelled"
    assert job["cancelledAt"] is not None
    assert stat()["state"] == "FAILED", "Bambu's word after a user has cancelled"
    printer = await cloud.printer(printer_id)
    assert (printer["isAvailable"], printer["confirmedReady"], printer["printingJobId"]) == (True, False, None)


async def test_an_operation_returns_only_the_changed_jobs(cloud: Cloud) -> None:
    job_id = await start_print(cloud, cloud.printer_ids()[0])
    (waiting,) = await cloud.queue(tags={"user.tags": "nowhere"})
    assert await on(cloud, "pause", job_id, waiting, "nothing") == [job_id]
    assert await on(cloud, "pause", job_id) == []
    assert await on(cloud, "clear", job_id, waiting) == []
    assert await on(cloud, "cancel", waiting, job_id) == [waiting, job_id]
    assert await on(cloud, "cancel", waiting) == []
    assert await on(cloud, "clear", waiting) == [waiting]
    assert (await cloud.job(waiting))["hidden"] is True


async def test_a_retry_resets_the_same_record(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    job_id = await start_print(cloud, printer_id)
    cloud.farm.fail_print(printer_id, "Nozzle clogged")
    job = await cloud.job(job_id)
    assert (job["status"], job["errorMessage"]) == ("failed", "Nozzle clogged")
    first_task = job["taskId"]
    assert await on(cloud, "retry", job_id) == [job_id]
    job = await cloud.job(job_id)
    assert job["status"] == "pending"
    for key in ("errorMessage", "assignedPrinterId", "printingStartedAt", "printingCompletedAt", "cancelledAt"):
        assert job[key] is None, key
    await confirm(cloud, printer_id)
    await cloud.farm.advance(240)
    job = await cloud.job(job_id)
    assert job["status"] == "printing"
    assert job["taskId"] != first_task


async def test_fabmatic_prints_without_confirmations_until_its_limit(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    body = {"enabled": True, "jobLimit": 2, "ids": [printer_id]}
    await cloud.call("PATCH", "/v1/printers/continous-print", body=body)
    jobs = await cloud.queue(partId=cloud.part("Cable Clip"), quantity=3, tags={"printer.id": printer_id})
    await cloud.farm.advance(4 * 3600)
    statuses = [(await cloud.job(job_id))["status"] for job_id in jobs]
    assert statuses == ["completed", "completed", "pending"]
    printer = await cloud.printer(printer_id)
    assert (printer["continuousPrint"], printer["fabmaticRemainingJobs"]) == (False, 0)
    assert printer["confirmedReady"] is False


@pytest.mark.parametrize("cause", ["hms error", "hms warning", "use from outside", "lost contact", "failed print"])
async def test_fabmatic_turns_itself_off(cloud: Cloud, cause: str) -> None:
    printer_id = cloud.printer_ids()[0]
    await cloud.call("PATCH", "/v1/printers/continous-print", body={"enabled": True, "ids": [printer_id]})
    if cause != "use from outside":
        job_id = await start_print(cloud, printer_id)
        await on(cloud, "pause", job_id)
        cloud.farm.raise_hms(printer_id, "0500-0300-0001-0010", "A firmware update is ready", severity="info")
        assert (await cloud.printer(printer_id))["continuousPrint"] is True, "neither pause nor information is a reason"
    match cause:
        case "hms error":
            cloud.farm.raise_hms(printer_id, "0300-0100-0001-0001", "The heatbed temperature is abnormal")
        case "hms warning":
            cloud.farm.raise_hms(printer_id, "0700-2000-0002-0001", "Filament has run out", severity="warning")
        case "use from outside":
            cloud.farm.print_from_outside(printer_id)
        case "lost contact":
            cloud.farm.disconnect_printer(printer_id)
        case _:
            cloud.farm.fail_print(printer_id)
    assert (await cloud.printer(printer_id))["continuousPrint"] is False


async def test_a_print_continues_while_its_printer_is_offline(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    job_id = await start_print(cloud, printer_id)
    cloud.farm.disconnect_printer(printer_id)
    printer = await cloud.printer(printer_id)
    assert (printer["isOnline"], printer["isAvailable"]) == (False, False)
    assert await on(cloud, "pause", job_id) == []
    assert await send(cloud, printer_id, "stop") == []
    await cloud.farm.advance(3 * 3600)
    assert (await cloud.job(job_id))["status"] == "printing"
    cloud.farm.reconnect_printer(printer_id)
    assert (await cloud.job(job_id))["status"] == "completed"
    printer = await cloud.printer(printer_id)
    assert (printer["isOnline"], printer["isAvailable"], printer["confirmedReady"]) == (True, True, False)


async def test_a_job_can_wait_for_approval(cloud: Cloud) -> None:
    (job_id,) = await cloud.queue()
    await cloud.control("POST", f"/jobs/{job_id}/hold")
    await cloud.farm.advance(60)
    assert (await cloud.job(job_id))["status"] == "waiting-for-approval"
    await cloud.call("PATCH", "/v1/print-jobs/{id}", body={"status": "ready-for-printer"}, id=job_id)
    await cloud.farm.advance(30)
    assert (await cloud.job(job_id))["status"] == "printing"


async def test_a_job_is_edited(cloud: Cloud) -> None:
    (job_id,) = await cloud.queue(tags={"user.tags": "nowhere"})
    target = cloud.printer_ids()[4]
    body = {"label": "New", "priority": 1000, "requiredPrinterTags": {"printer.id": target}}
    job = await cloud.call("PATCH", "/v1/print-jobs/{id}", body=body, id=job_id)
    assert (job["label"], job["priority"]) == ("New", 1000)
    await cloud.call("PATCH", "/v1/print-jobs/{id}", body={"priority": 100}, id=job_id)
    await cloud.farm.advance(2)
    assert (await cloud.job(job_id))["assignedPrinterId"] == target
    await cloud.call("PATCH", "/v1/print-jobs/{id}", body={"status": "completed"}, id=job_id, status=400)
    job = await cloud.call("PATCH", "/v1/print-jobs/{id}", body={"status": "cancelled"}, id=job_id)
    assert job["status"] == "cancelled"


async def test_a_sku_becomes_the_jobs_of_its_parts(cloud: Cloud) -> None:
    sku = next(sku for sku in await cloud.get("/v1/skus") if sku["sku"] == "DESK-SET")
    clip = next(linked for linked in sku["linkedParts"] if linked["label"] == "Cable Clip")
    spec = {"sku": "DESK-SET", "quantity": 2, "linkedPartConfigs": {clip["id"]: {"quantity": 1, "label": "Clip"}}}
    preview = await cloud.call("POST", "/v2/builds/preview", body={"skus": [spec]})
    assert preview["summary"] == {"partBuildCount": 3, "skuBuildCount": 1, "jobCount": 6}
    assert not cloud.farm.world.sku_builds
    result = await cloud.call("POST", "/v2/builds", body={"skus": [spec]})
    assert len(result["partBuilds"]) == 3
    await cloud.farm.advance(2)
    jobs = await cloud.get("/v1/print-jobs", **{"skuId.eq": sku["id"]})
    assert sorted(job["label"] for job in jobs) == sorted(["Clip", "Phone Stand", "Headphone Hook"] * 2)
    (sku_build,) = await cloud.get("/v1/sku-builds")
    assert {build["id"] for build in sku_build["partBuilds"]} == {job["partBuildId"] for job in jobs}
    option = [{"name": "Color", "value": "Black"}]
    result = await cloud.call("POST", "/v2/builds", body={"skus": [{"sku": "POT-M", "options": option}]})
    assert list(result["skuBuilds"][0]["selectedOptions"].values()) == ["Black"]


async def test_plates_and_parameters_of_a_build(cloud: Cloud) -> None:
    dragon = cloud.part("Articulated Dragon")
    assert len(await cloud.queue(partId=dragon, quantity=2)) == 4
    jobs = await cloud.queue(partId=dragon, plateQuantities={"1": 2, "2": 1})
    plates = [(await cloud.job(job_id))["extensions"]["3mf"]["plateId"] for job_id in jobs]
    assert plates == [1, 1, 2]
    (job_id,) = await cloud.queue(partId=cloud.part("Name Tag"), parameters={"text": "Hi", "height": 4, "hole": False})
    overrides = (await cloud.job(job_id))["parameterOverrides"]
    assert {entry["name"]: entry["value"] for entry in overrides} == {"text": "Hi", "height": 4, "hole": False}


async def test_skipped_objects_are_marked(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    (job_id, *_) = await cloud.queue(partId=cloud.part("Articulated Dragon"), plateQuantities={"1": 1}, tags={"printer.id": printer_id})  # fmt: skip
    await cloud.farm.advance(300)
    objects = (await cloud.job(job_id))["skipObjectsData"]["objects"]
    await send(cloud, printer_id, "skip-objects", objectIds=[int(objects[0]["identifyId"])])
    objects = (await cloud.job(job_id))["skipObjectsData"]["objects"]
    assert [item["skipped"] for item in objects] == [True] + [False] * (len(objects) - 1)


async def test_an_order_gets_only_its_missing_jobs(cloud: Cloud) -> None:
    sku = next(sku for sku in await cloud.get("/v1/skus") if sku["sku"] == "DESK-SET")
    body = {
        "order": {"orderNumber": "77"},
        "items": [{"skuId": sku["id"], "quantity": 1}],
        "customer": {"name": "Shop"},
    }
    order_id = (await cloud.call("POST", "/v1/orders", body=body))["order"]["id"]
    request = {"skuIds": [sku["id"], "nothing00000000000000000"], "orderIds": [order_id], "position": "front"}
    for _ in range(2):
        answer = await cloud.call("POST", "/v1/orders/print", body=request)
        assert answer["errors"] == ["SKU not found: nothing00000000000000000"]
    await cloud.farm.advance(2)
    jobs = await cloud.get("/v1/print-jobs", **{"orderId.eq": order_id})
    assert len(jobs) == 6
    await on(cloud, "cancel", jobs[0]["id"])
    for _ in range(2):
        await cloud.call("POST", "/v1/orders/print", body=request)
    await cloud.farm.advance(2)
    jobs = await cloud.get("/v1/print-jobs", **{"orderId.eq": order_id})
    assert len(jobs) == 7
    order = await cloud.call("GET", "/v1/orders/{orderId}", orderId=order_id)
    assert order["order"]["processedAt"] is not None
    assert order["items"][0]["processedStatus"] == "processed"
    closed = await cloud.call("PATCH", "/v1/orders/batch/close", body={"orderIds": [order_id]})
    assert closed["closed"][0]["status"] == "closed"
    again = await cloud.call("PATCH", "/v1/orders/batch/close", body={"orderIds": [order_id]})
    assert again["errors"][0]["orderId"] == order_id
    await cloud.call("PATCH", "/v1/orders/batch/reopen", body={"orderIds": [order_id]})
    cancelled = await cloud.call("POST", "/v1/orders/{orderId}/cancel", orderId=order_id)
    assert cancelled["order"]["cancelledAt"] is not None


@pytest.mark.parametrize("batch", [True, False])
async def test_a_canceled_order_leaves_the_queue_and_running_prints_continue(start_farm, batch: bool) -> None:
    cloud = await start_farm(production_slots=4)
    sku = next(sku for sku in await cloud.get("/v1/skus") if sku["sku"] == "BENCHY-1")
    ids = []
    for number, quantity in (("78", 8), ("79", 1)):
        body = {"order": {"orderNumber": number}, "items": [{"skuId": sku["id"], "quantity": quantity}]}
        ids.append((await cloud.call("POST", "/v1/orders", body=body))["order"]["id"])
    order_id, other_id = ids
    request = {"skuIds": [sku["id"]], "orderIds": ids}
    await cloud.call("POST", "/v1/orders/print", body=request)
    await cloud.farm.advance(240)
    jobs = {job["id"]: job for job in await cloud.get("/v1/print-jobs", **{"orderId.eq": order_id})}
    going = [job_id for job_id, job in jobs.items() if job["status"] == "printing"]
    assert len(going) == 4
    await on(cloud, "pause", going[0])
    cloud.farm.finish_print(jobs[going[1]]["assignedPrinterId"])
    # A production slot is free again: one more job is on its way to a printer.
    await cloud.farm.advance(5)
    assert len(await cloud.get("/v1/print-jobs", **{"orderId.eq": order_id, "status.in": "assigned,slicing"})) == 1

    if batch:
        answer = await cloud.call("PATCH", "/v1/orders/batch/cancel", body={"orderIds": [order_id]})
        assert [entry["order"]["id"] for entry in answer["cancelled"]] == [order_id]
    else:
        await cloud.call("POST", "/v1/orders/{orderId}/cancel", orderId=order_id)

    after = {job["id"]: job for job in await cloud.get("/v1/print-jobs", **{"orderId.eq": order_id})}
    expected = dict.fromkeys(jobs, "cancelled") | dict.fromkeys(going, "printing")
    assert {job_id: job["status"] for job_id, job in after.items()} == expected | {
        going[0]: "paused",
        going[1]: "completed",
    }
    assert all(job["cancelledAt"] for job in after.values() if job["status"] == "cancelled")
    (other,) = await cloud.get("/v1/print-jobs", **{"orderId.eq": other_id})
    assert other["status"] not in ("cancelled", "completed")
    await cloud.farm.advance(4 * 3600)
    ended = [job["status"] for job in await cloud.get("/v1/print-jobs", **{"orderId.eq": order_id})]
    assert sorted(ended) == ["cancelled"] * 4 + ["completed"] * 3 + ["paused"]


async def test_pending_builds_of_a_canceled_order_create_no_jobs(cloud: Cloud) -> None:
    sku = next(sku for sku in await cloud.get("/v1/skus") if sku["sku"] == "DESK-SET")
    body = {"order": {"orderNumber": "80"}, "items": [{"skuId": sku["id"], "quantity": 1}]}
    order_id = (await cloud.call("POST", "/v1/orders", body=body))["order"]["id"]
    request = {"skuIds": [sku["id"]], "orderIds": [order_id]}
    await cloud.call("POST", "/v1/orders/print", body=request)
    await cloud.call("PATCH", "/v1/orders/batch/cancel", body={"orderIds": [order_id]})
    await cloud.farm.advance(60)
    assert await cloud.get("/v1/print-jobs") == []
    assert {build["status"] for build in await cloud.get("/v1/part-builds")} == {"cancelled"}
    # A closed order that is opened again still lacks them.
    await cloud.call("PATCH", "/v1/orders/batch/reopen", body={"orderIds": [order_id]})
    await cloud.call("POST", "/v1/orders/print", body=request)
    await cloud.farm.advance(2)
    assert len(await cloud.get("/v1/print-jobs")) == 6


async def test_commands_change_what_the_printer_shows(cloud: Cloud) -> None:
    x1c, _, a1, *_ = cloud.printer_ids()

    def data(printer_id: str) -> dict[str, Any]:
        return cloud.farm.feed.stat(cloud.farm.printer(printer_id))["data"]

    await send(cloud, x1c, "led-control", light="chamber_light", state="off")
    assert data(x1c)["lights"]["chamber"] == "off"
    await send(cloud, x1c, "set-fan", type="chamber", speed=55)
    assert data(x1c)["fans"]["chamber"] == 55
    await send(cloud, a1, "set-fan", type="chamber", speed=55)
    assert "chamber" not in data(a1)["fans"], "an A1 has no chamber fan"
    await send(cloud, x1c, "set-temperature", type="nozzle", temperature=120)
    await cloud.farm.advance(60)
    assert data(x1c)["temps"]["nozzleTempTarget"] == 120
    assert data(x1c)["temps"]["nozzleTemp"] == pytest.approx(120, abs=2)
    await send(cloud, x1c, "set-temperature", type="bed", temperature=300)
    assert data(x1c)["temps"]["bedTempTarget"] == 120, "the bed's limit"
    await send(cloud, x1c, "home-axis", axes={"x": True, "y": True, "z": False})
    assert data(x1c)["printer"]["homeAxes"] == {"x": True, "y": True, "z": False}
    assert data(x1c)["print"]["stage"] == "Homing toolhead"
    await send(cloud, x1c, "refresh-slot", amsId=0, slotId=1)
    assert data(x1c)["filament"]["ams"]["status"]["slotsReading"] == "2"
    info = {"amsId": 0, "slotId": 3, "color": "#123456", "nozzleTempMin": 190, "nozzleTempMax": 230, "trayType": "PETG"}
    await send(cloud, x1c, "set-slot-info", info=info)
    assert data(x1c)["filament"]["ams"]["ams"][0]["slots"][3]["type"] == "PETG"
    await send(cloud, x1c, "load-filament", targetTemp=220, currentTemp=25, targetSlot={"amsIndex": 0, "slotIndex": 0})
    assert cloud.farm.printer(x1c).machine.loaded == (0, 0)
    await send(cloud, x1c, "unload-filament")
    assert cloud.farm.printer(x1c).machine.loaded is None
    await cloud.farm.advance(200)
    assert data(x1c)["print"]["stage"] == "Idle"
    assert data(x1c)["filament"]["ams"]["status"]["slotsReading"] == "0"


async def test_an_external_print_has_no_job(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    cloud.farm.print_from_outside(printer_id, "From the card", 600)
    printer = await cloud.printer(printer_id)
    assert (printer["isAvailable"], printer["confirmedReady"], printer["printingJobId"]) == (False, False, None)
    await confirm(cloud, printer_id)
    assert (await cloud.printer(printer_id))["confirmedReady"] is False, "there is nothing to confirm while it prints"
    await cloud.farm.advance(1200)
    assert cloud.farm.printer(printer_id).machine.phase is Phase.FINISHED
    assert (await cloud.printer(printer_id))["isAvailable"] is True


async def test_prints_fail_at_the_configured_rate(start_farm) -> None:
    cloud = await start_farm(failure_rate=1.0)
    (job_id,) = await cloud.queue()
    await cloud.farm.advance(3 * 3600)
    job = await cloud.job(job_id)
    assert job["status"] == "failed"
    assert job["errorMessage"]
