"""Undocumented variants of the cloud, enabled by tests and by `python -m virtual_farm`."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import json
from typing import Any

from cloud import Cloud, check_stat, listening
from prints import confirm, send
import pytest

from virtual_farm.words import ODD_WORD


async def words_of(cloud: Cloud, printer_id: str, steps: Any) -> list[Any]:
    """Return the words that a client reads on the stream while something happens, without repetitions."""
    words: list[Any] = []
    topic = f"stores/{cloud.farm.config.store_id}/printer-stats/{printer_id}"
    async with listening(cloud.farm) as client:
        await steps()
        cloud.farm.publish(f"stores/{cloud.farm.config.store_id}/marker", b"end")
        async with asyncio.timeout(5):
            async for message in client.messages:
                if message.topic.value.endswith("/marker"):
                    return words
                if message.topic.value == topic:
                    stat = json.loads(message.payload)
                    check_stat(stat)
                    if not words or words[-1] != stat["state"]:
                        words.append(stat["state"])
    raise AssertionError


def printer_of(cloud: Cloud, model: str) -> str:
    return cloud.farm.add_printer(model, ready=True).id


async def a_whole_print(cloud: Cloud, printer_id: str) -> None:
    """Print, pause, resume and finish what Printago sends."""
    await cloud.queue(partId=cloud.part("Cable Clip"), tags={"printer.id": printer_id})
    for seconds in (12, 20, 240):
        await cloud.farm.advance(seconds)
    await send(cloud, printer_id, "pause")
    await cloud.farm.advance(10)
    await send(cloud, printer_id, "resume")
    await cloud.farm.advance(10)
    cloud.farm.finish_print(printer_id)
    await cloud.farm.advance(10)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            "OCTOPRINT",
            ["Operational", "Starting", "Printing", "Pausing", "Paused", "Resuming", "Printing", "Finishing", "Operational"],
        ),
        ("PRUSA", ["IDLE", "BUSY", "PRINTING", "PAUSED", "PRINTING", "FINISHED"]),
        ("KLIPPER", ["standby", "printing", "paused", "printing", "complete"]),
        ("X1C", ["IDLE", "PREPARE", "RUNNING", "PAUSE", "RUNNING", "FINISH"]),
    ],
)  # fmt: skip
async def test_a_printer_reports_a_print_in_the_words_of_its_brand(start_farm, model: str, words: list[str]) -> None:
    cloud = await start_farm(printers=0, words="own")
    printer_id = printer_of(cloud, model)
    assert await words_of(cloud, printer_id, lambda: a_whole_print(cloud, printer_id)) == words
    job = (await cloud.get("/v1/print-jobs"))[0]
    assert job["status"] == "completed"
    printer = await cloud.printer(printer_id)
    assert (printer["isAvailable"], printer["confirmedReady"]) == (True, False)


@pytest.mark.parametrize(
    ("model", "printing", "stopped"),
    [
        (
            "OCTOPRINT",
            ["Starting print from SD", "Printing from SD"],
            ["Printing from SD", "Cancelling", "Operational"],
        ),
        ("PRUSA", ["BUSY", "PRINTING"], ["PRINTING", "STOPPED"]),
        ("KLIPPER", ["standby", "printing"], ["printing", "cancelled"]),
    ],
)
async def test_an_external_print_and_its_end_have_the_words_of_the_brand(
    start_farm, model: str, printing: list[str], stopped: list[str]
) -> None:
    cloud = await start_farm(printers=0, words="own")
    printer_id = printer_of(cloud, model)

    async def begin() -> None:
        cloud.farm.print_from_outside(printer_id)
        for _ in range(20):
            await cloud.farm.advance(20)

    async def stop() -> None:
        await send(cloud, printer_id, "stop")
        assert not (await cloud.printer(printer_id))["isAvailable"] or model != "OCTOPRINT"
        await cloud.farm.advance(10)

    first = cloud.farm.printer(printer_id).word
    assert await words_of(cloud, printer_id, begin) == list(dict.fromkeys([first, *printing]))
    assert await words_of(cloud, printer_id, stop) == stopped
    assert (await cloud.printer(printer_id))["isAvailable"]


@pytest.mark.parametrize(
    ("model", "fault", "found"),
    [
        ("OCTOPRINT", "Offline after error", "Detecting serial connection"),
        ("PRUSA", "ATTENTION", "BUSY"),
        ("KLIPPER", "shutdown", "startup"),
        ("X1C", "IDLE", "IDLE"),
    ],
)
async def test_a_printer_reports_an_error_and_a_reconnect(start_farm, model: str, fault: str, found: str) -> None:
    cloud = await start_farm(printers=0, words="own")
    printer_id = printer_of(cloud, model)
    idle = cloud.farm.printer(printer_id).word
    cloud.farm.raise_hms(printer_id, "0300-0100-0001-0001", "Too hot")
    assert cloud.farm.printer(printer_id).word == fault
    assert (await cloud.printer(printer_id))["isAvailable"]
    cloud.farm.clear_hms(printer_id)
    assert cloud.farm.printer(printer_id).word == idle
    cloud.farm.disconnect_printer(printer_id)
    cloud.farm.reconnect_printer(printer_id)
    assert cloud.farm.printer(printer_id).word == found
    await cloud.farm.advance(10)
    assert cloud.farm.printer(printer_id).word == idle


async def test_null_and_an_unknown_word_occur_between_any_two(start_farm) -> None:
    cloud = await start_farm(printers=0, words="odd")
    printer_id = printer_of(cloud, "PRUSA")
    words = await words_of(cloud, printer_id, lambda: a_whole_print(cloud, printer_id))
    assert words[::3] == ["IDLE", "BUSY", "PRINTING", "PAUSED", "PRINTING", "FINISHED"]
    assert set(words[1::3]) == {None}
    assert set(words[2::3]) == {ODD_WORD}


async def test_any_word_can_be_set_for_a_printer(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]

    async def speak() -> None:
        await cloud.control("POST", f"/printers/{printer_id}/word", {"word": "Printing from SD"})
        cloud.farm.print_from_outside(printer_id)
        await cloud.control("POST", f"/printers/{printer_id}/word", {"word": None})
        await cloud.control("DELETE", f"/printers/{printer_id}/word")

    await cloud.control("POST", f"/printers/{printer_id}/word", {}, status=400)
    assert await words_of(cloud, printer_id, speak) == ["IDLE", "Printing from SD", None, "PREPARE"]


async def test_a_farm_of_other_brands_has_their_words_from_the_start(start_farm) -> None:
    cloud = await start_farm(scenario="makes", printers=9)
    printers = cloud.farm.state()["printers"]
    assert [(printer["model"], printer["state"]) for printer in printers] == [
        ("OCTOPRINT", "Printing"),
        ("PRUSA", "FINISHED"),
        ("KLIPPER", "standby"),
        ("OCTOPRINT", "Paused"),
        ("PRUSA", "PRINTING"),
        ("KLIPPER", "standby"),
        ("OCTOPRINT", "Printing from SD"),
        ("PRUSA", "ATTENTION"),
        ("KLIPPER", "cancelled"),
    ]
    flags = [(printer["isOnline"], printer["isAvailable"], printer["confirmedReady"]) for printer in printers]
    busy, waits, ready = (True, False, False), (True, True, False), (True, True, True)
    assert flags == [busy, waits, ready, busy, busy, (False, False, True), busy, waits, waits]
    statuses = sorted(job["status"] for job in await cloud.get("/v1/print-jobs"))
    assert {"printing", "paused", "completed", "cancelled"} <= set(statuses)


async def test_pictures_with_urls_need_no_credentials_and_refuse_them(start_farm) -> None:
    cloud = await start_farm(scenario="demo", absolute_pictures=True)
    jobs, parts = await cloud.get("/v1/print-jobs"), await cloud.get("/v1/parts")
    await cloud.build()
    builds = await cloud.get("/v1/part-builds")
    uris = {record["thumbnailUri"] for record in (*jobs, *parts, *builds)}
    uris |= {job["coloredThumbnailUri"] for job in jobs} | {job["buildThumbnailUri"] for job in jobs}
    uris |= {build["partCopy"]["thumbnailUri"] for build in builds}
    assert uris
    for uri in uris:
        assert uri.startswith(f"{cloud.farm.rest_url}/")
        async with cloud.session.get(uri) as response:
            assert response.status == 200
            assert (await response.read()).startswith(b"\x89PNG\r\n\x1a\n")
    for header in (*cloud.headers, "cookie"):
        async with cloud.session.get(uri, headers={header: "anything"}) as response:
            assert response.status == 403


async def test_an_uploaded_part_has_a_picture_with_a_url_too(start_farm) -> None:
    cloud = await start_farm(absolute_pictures=True)
    answer = await cloud.call("POST", "/v1/storage/signed-upload-urls", body={"filenames": ["thing.stl"]})
    signed = answer["signedUrls"][0]
    async with cloud.session.put(signed["uploadUrl"], data=b"solid", skip_auto_headers=["Content-Type"]):
        pass
    body = {
        "name": "Uploaded", "type": "stl", "description": "", "fileUris": [signed["path"]], "parameters": [],
        "printTags": {}, "overriddenProcessProfileId": None,
    }  # fmt: skip
    part = await cloud.call("POST", "/v1/parts", body=body)
    async with cloud.session.get(part["thumbnailUri"]) as response:
        assert response.status == 200


async def test_tags_are_returned_as_a_filter_and_still_match(start_farm) -> None:
    cloud = await start_farm(filter_tags=True)
    printer = cloud.farm.printer(cloud.printer_ids()[0])
    printer.tags = ["a", "b", "c"]
    (job_id,) = await cloud.queue(tags={"user.tags": "b|a", "printer.id": printer.id})
    job = await cloud.job(job_id)
    assert job["requiredPrinterTags"] == {"user.tags": "&=b,a", "printer.id": printer.id}
    assert job["assignedPrinterId"] == printer.id
    assert (await cloud.get("/v1/part-builds"))[0]["requiredPrinterTags"] == job["requiredPrinterTags"]
    (other_id,) = await cloud.queue(tags={"user.tags": "&=a,none"})
    await cloud.farm.advance(10)
    other = await cloud.job(other_id)
    assert (other["status"], other["requiredPrinterTags"]) == ("pending", {"user.tags": "&=a,none"})
    changed = await cloud.call(
        "PATCH", "/v1/print-jobs/{id}", body={"requiredPrinterTags": {"user.tags": "c"}}, id=other_id
    )
    assert changed["requiredPrinterTags"] == {"user.tags": "&=c"}


async def test_events_can_have_a_topic_for_each_record(start_farm) -> None:
    cloud = await start_farm(topic_per_entity=True)
    ids = cloud.printer_ids()[:2]
    prefix = f"stores/{cloud.farm.config.store_id}/entities/printers"
    async with listening(cloud.farm) as client:
        await cloud.call("PATCH", "/v1/printers/confirm-ready", body={"ready": False, "ids": ids})
        events = {}
        async with asyncio.timeout(5):
            async for message in client.messages:
                if message.topic.value.startswith(prefix):
                    events[message.topic.value] = json.loads(message.payload)
                if len(events) == 2:
                    break
    assert events.keys() == {f"{prefix}/{printer_id}" for printer_id in ids}
    for topic, event in events.items():
        assert set(event["entities"]) == set(event["changes"]) == {topic.rpartition("/")[2]}
        assert event["action"] == "UPDATE"


async def test_a_wrong_clock_shows_in_the_date_and_in_every_timestamp(start_farm) -> None:
    cloud = await start_farm(clock_offset=-7200.0)
    printer_id = cloud.printer_ids()[0]
    await confirm(cloud, printer_id)
    for offset in (-7200.0, 3600.0):
        if offset > 0:
            await cloud.control("POST", "/clock", {"offset": offset})
        printer = await cloud.call("PATCH", "/v1/printers/{id}", body={"name": f"At {offset}"}, id=printer_id)
        assert cloud.last is not None
        shown = datetime.now(UTC) + timedelta(seconds=offset)
        stat = cloud.farm.feed.stat(cloud.farm.printer(printer_id))
        moments = [
            parsedate_to_datetime(cloud.last.headers["Date"]),
            datetime.fromisoformat(printer["updatedAt"]),
            datetime.fromisoformat(stat["receivedAt"]),
            datetime.fromisoformat(stat["expiresAt"]) - timedelta(minutes=5),
        ]
        assert all(abs(moment - shown) < timedelta(seconds=5) for moment in moments)
    for senseless in (float("nan"), float("inf"), 1e15):
        await cloud.control("POST", "/clock", {"offset": senseless}, status=400)
    # An address that was signed by that clock holds by that clock.
    answer = await cloud.call("POST", "/v1/storage/signed-upload-urls", body={"filenames": ["thing.stl"]})
    async with cloud.session.put(
        answer["signedUrls"][0]["uploadUrl"], data=b"solid", skip_auto_headers=["Content-Type"]
    ) as response:
        assert response.status == 200
