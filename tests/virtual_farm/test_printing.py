"""From a build to a finished print, and events in between."""

from datetime import datetime
from typing import Any

from cloud import Cloud
from prints import confirm, on, start_print
import pytest


async def test_a_build_prints_waits_for_the_bed_and_lets_the_next_job_start(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    tags = {"printer.id": printer_id}
    build = await cloud.build(quantity=2, label="Order 7", tags=tags)
    assert await cloud.jobs_of(build) == [], "jobs appear a moment later"
    statuses: list[str] = []
    words: list[str] = []
    machine = cloud.farm.printer(printer_id).machine
    while not statuses or statuses[-1] != "completed":
        await cloud.farm.advance(0.5 if len(statuses) < 7 else 30)
        jobs = await cloud.jobs_of(build)
        if jobs and (not statuses or statuses[-1] != jobs[0]["status"]):
            statuses.append(jobs[0]["status"])
        if not words or words[-1] != machine.word:
            words.append(machine.word)
            printer = await cloud.printer(printer_id)
            assert printer["isAvailable"] == (machine.word in ("IDLE", "FINISH"))
            assert printer["confirmedReady"] == (machine.word == "IDLE")
    assert statuses == [
        "assigned",
        "slicing",
        "sliced",
        "finalizing",
        "ready-for-printer",
        "sending-to-printer",
        "printing",
        "completed",
    ]
    assert words == ["IDLE", "PREPARE", "RUNNING", "FINISH"]
    first, second = await cloud.jobs_of(build)
    assert [first["quantityIndex"], second["quantityIndex"]] == [1, 2]
    assert first["label"] == "Order 7"
    assert first["assignedPrinterId"] == printer_id
    assert datetime.fromisoformat(first["printingStartedAt"]) <= datetime.fromisoformat(first["printingCompletedAt"])
    printer = await cloud.printer(printer_id)
    assert (printer["isAvailable"], printer["confirmedReady"], printer["printingJobId"]) == (True, False, None)
    await cloud.farm.advance(600)
    assert (await cloud.job(second["id"]))["status"] == "pending", "the bed is not clear"
    await confirm(cloud, printer_id)
    assert (await cloud.printer(printer_id))["confirmedReady"] is True
    await cloud.farm.advance(120)
    assert (await cloud.job(second["id"]))["status"] == "printing"
    printer = await cloud.printer(printer_id)
    assert (printer["isAvailable"], printer["confirmedReady"]) == (False, False)
    assert printer["printingJobId"] == second["id"]


async def test_a_print_heats_advances_and_cools(cloud: Cloud) -> None:
    printer = cloud.farm.printer(cloud.printer_ids()[0])
    before = (
        printer.lifetime_job_count,
        printer.lifetime_print_hours,
        await cloud.get("/v1/print-jobs/stats/completed-count"),
    )
    await cloud.queue(tags={"printer.id": printer.id})
    seen: list[dict[str, Any]] = []
    for _ in range(320):
        await cloud.farm.advance(10)
        seen.append(cloud.farm.feed.stat(printer)["data"])
    prints = [data["print"] for data in seen if "percent" in data["print"]]
    for key in ("percent", "currentLayer", "downloadPercent"):
        values = [each[key] for each in prints]
        assert values == sorted(values), key
    remaining = [each["timeRemaining"] for each in prints]
    assert remaining == sorted(remaining, reverse=True)
    assert 48 <= remaining[0] <= 53
    assert prints[-1]["percent"] == 100
    assert prints[-1]["currentLayer"] == prints[-1]["totalLayers"]
    nozzles = [data["temps"]["nozzleTemp"] for data in seen]
    assert max(nozzles) == pytest.approx(220, abs=2)
    assert nozzles[-1] < 200
    assert seen[0]["temps"]["chamberTemp"] < max(data["temps"]["chamberTemp"] for data in seen)
    stages = list(dict.fromkeys(each["stage"] for each in prints))
    assert stages == ["Downloading", "Heatbed preheating", "Auto bed leveling", "Printing", "Idle"]
    assert printer.lifetime_job_count == before[0] + 1
    assert printer.lifetime_print_hours == pytest.approx(before[1] + 48 / 60, abs=0.01)
    assert await cloud.get("/v1/print-jobs/stats/completed-count") == before[2] + 1
    used = [data["filament"]["ams"]["ams"][0]["slots"][0]["remaining"] for data in seen]
    assert used[-1] in (used[0] - 1, used[0] - 2)


async def test_an_empty_ams_slot_differs_from_a_loaded_one(cloud: Cloud) -> None:
    ams = cloud.farm.feed.stat(cloud.farm.printer(cloud.printer_ids()[0]))["data"]["filament"]["ams"]
    slots = ams["ams"][0]["slots"]
    assert slots[3] == {"id": "3"}
    assert {"id", "color", "type", "info", "remaining", "tagId"} == set(slots[0])
    assert ams["status"]["slotsLoaded"] == "7"
    plain = cloud.farm.feed.stat(cloud.farm.printer(cloud.printer_ids()[2]))["data"]["filament"]
    assert "ams" not in plain
    assert plain["spool"]["type"] == "PLA"


async def test_tags_must_all_match(cloud: Cloud) -> None:
    first, second, *_ = cloud.printer_ids()
    await cloud.call("PATCH", "/v1/printers/{id}", body={"tags": ["red", "fast"]}, id=second)
    for tags, matching in (
        ({"printer.id": second}, [second]),
        ({"user.tags": "red|fast"}, [second]),
        ({"user.tags": "red|slow"}, []),
        ({"user.tags": "Red"}, []),
        ({"printer.modelName": "P1S", "user.tags": "red"}, [second]),
        ({"printer.modelName": "H2D", "user.tags": "red"}, []),
        ({"printer.modelName": "X1 Carbon"}, [first, cloud.printer_ids()[5]]),
        ({"printer.nozzleDiameter": "0.6"}, []),
        ({"printer.provider": "Bambu", "filament.type": "PETG"}, None),
    ):
        (job_id,) = await cloud.queue(tags=tags, partId=cloud.part("Benchy"))
        answer = await cloud.call("GET", "/v1/print-jobs/{id}/matching-troubleshoot", id=job_id)
        passed = [
            entry["printerId"]
            for entry in answer["printers"]
            for check in entry["checks"]
            if check["code"] == "tags-match" and check["passed"]
        ]
        if matching is None:
            petg = {slot["printerId"] for slot in cloud.farm.world.slots.values() if slot["materialType"] == "PETG"}
            assert set(passed) == petg
        else:
            assert passed == matching, tags
        await on(cloud, "cancel", job_id)


async def test_matching_troubleshoot_lists_obstacles(demo: Cloud) -> None:
    (job_id,) = await demo.queue(tags={"user.tags": "nowhere"})
    answer = await demo.call("GET", "/v1/print-jobs/{id}/matching-troubleshoot", id=job_id)
    reasons = {
        entry["printerName"]: {c["code"] for c in entry["checks"] if not c["passed"]} for entry in answer["printers"]
    }
    assert reasons["X1 Carbon 01"] == {"available", "ready", "tags-match"}
    assert reasons["P1S 01"] == {"ready", "tags-match"}
    assert reasons["A1 01"] == {"tags-match"}
    assert {"online", "available"} <= reasons["A1 mini 01"]
    assert reasons["X1 Carbon 02"] == {"in-maintenance", "tags-match"}
    for entry in answer["printers"]:
        assert not entry["matched"]
        assert not entry["compatible"]
        assert all(check["passed"] or check["explanation"] for check in entry["checks"])


async def test_a_job_goes_to_a_printer_that_has_its_material(cloud: Cloud) -> None:
    world = cloud.farm.world
    red = next(variant for variant in world.variants.values() if variant["name"] == "Red")
    target = cloud.printer_ids()[2]
    (job_id,) = await cloud.queue(materials={"0": [{"variantId": red["id"]}]}, tags={"printer.id": target})
    await cloud.farm.advance(5)
    assert (await cloud.job(job_id))["status"] == "pending"
    body = {
        "printerIds": [target],
        "visualSlots": [{"amsIndex": -1, "slotIndex": 0}],
        "variantId": red["id"],
        "setOnPrinter": True,
    }
    await cloud.call("PATCH", "/v1/materials/printer-slots/assign", body=body)
    spool = cloud.farm.feed.stat(cloud.farm.printer(target))["data"]["filament"]["spool"]
    assert spool["color"] == "C12E1FFF"
    await cloud.farm.advance(5)
    job = await cloud.job(job_id)
    assert job["assignedPrinterId"] == target
    assert job["materialMapping"][0]["variantId"] == red["id"]
    unknown = body | {"visualSlots": [{"amsIndex": 3, "slotIndex": 0}]}
    await cloud.call("PATCH", "/v1/materials/printer-slots/assign", body=unknown, status=404)


@pytest.mark.parametrize("kind", ["materialId", "groupId", "materialType"])
async def test_a_material_is_chosen_by_id_group_or_type(cloud: Cloud, kind: str) -> None:
    world = cloud.farm.world
    choice = {
        "materialId": next(m["id"] for m in world.materials.values() if m["name"] == "Bambu PLA Basic"),
        "groupId": next(iter(world.material_groups)),
        "materialType": "PLA",
    }[kind]
    (job_id,) = await cloud.queue(materials={"0": [{kind: choice}]})
    await cloud.farm.advance(3)
    job = await cloud.job(job_id)
    assert job["status"] == "slicing"
    assert job["materialMapping"][0]["materialType"] == "PLA"


async def test_the_queue_respects_tiers_order_and_production_slots(start_farm) -> None:
    cloud = await start_farm(production_slots=1)
    printer_id = cloud.printer_ids()[0]
    await cloud.call("PATCH", "/v1/printers/enabled", body={"enabled": False, "ids": cloud.printer_ids()[1:]})
    await start_print(cloud, printer_id)
    (low,) = await cloud.queue(label="low", priority=1000, position="front")
    (back,) = await cloud.queue(label="back")
    front = await cloud.queue(label="front", position="front", quantity=2)
    (last,) = await cloud.queue(label="last")

    async def order() -> list[str]:
        rows = await cloud.get("/v1/print-jobs", **{"status.eq": "pending", "sort": "priority:asc,queueOrder:asc"})
        return [row["id"] for row in rows]

    assert await order() == [*front, back, last, low]
    assert await on(cloud, "move-to-queue-front", last, low) == [low, last]
    assert await order() == [last, *front, back, low]
    # A second printer is ready, but the one production slot is in use.
    other = cloud.printer_ids()[1]
    await cloud.call("PATCH", "/v1/printers/enabled", body={"enabled": True, "ids": [other]})
    await cloud.farm.advance(10)
    assert await order() == [last, *front, back, low]
    cloud.farm.finish_print(printer_id)
    await cloud.farm.advance(1)
    assert (await cloud.job(last))["assignedPrinterId"] == other


async def test_low_priority_jobs_wait_for_the_setting_of_the_store(cloud: Cloud) -> None:
    (job_id,) = await cloud.queue(priority=1000)
    await cloud.farm.advance(10)
    assert (await cloud.job(job_id))["status"] == "pending"
    await cloud.call("PATCH", "/v1/settings/store", body={"processLowPriorityJobs": True})
    await cloud.farm.advance(1)
    assert (await cloud.job(job_id))["status"] != "pending"


@pytest.mark.parametrize("obstacle", ["disabled", "offline", "maintenance", "not ready"])
async def test_a_printer_that_is_not_ready_gets_no_job(cloud: Cloud, obstacle: str) -> None:
    printer_id = cloud.printer_ids()[0]
    ids = [printer_id]
    match obstacle:
        case "disabled":
            await cloud.call("PATCH", "/v1/printers/enabled", body={"enabled": False, "ids": ids})
        case "offline":
            cloud.farm.disconnect_printer(printer_id)
        case "maintenance":
            await cloud.call("PATCH", "/v1/maintenance/mode", body={"printerIds": ids, "enabled": True})
        case _:
            await cloud.call("PATCH", "/v1/printers/confirm-ready", body={"ready": False, "ids": ids})
    (job_id,) = await cloud.queue(tags={"printer.id": printer_id})
    await cloud.farm.advance(10)
    assert (await cloud.job(job_id))["status"] == "pending"
    match obstacle:
        case "disabled":
            await cloud.call("PATCH", "/v1/printers/enabled", body={"enabled": True, "ids": ids})
        case "offline":
            cloud.farm.reconnect_printer(printer_id)
            assert (await cloud.printer(printer_id))["confirmedReady"] is False, (
                "a reconnected printer waits for a person"
            )
            await confirm(cloud, printer_id)
        case "maintenance":
            await cloud.call("PATCH", "/v1/maintenance/mode", body={"printerIds": ids, "enabled": False})
        case _:
            await confirm(cloud, printer_id)
    await cloud.farm.advance(3)
    assert (await cloud.job(job_id))["assignedPrinterId"] == printer_id
