"""The past prints that cards show: pushed as they end, without a request."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.support.actions import act
from tests.support.browser import Browser
from tests.support.common import device_of, paths, printer_named
from tests.support.past_oracle import past_jobs
from tests.support.past_reading import read_all, until_streaming
from virtual_farm import VirtualFarm


@pytest.fixture
async def browser(hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Browser:
    """Return a browser that has signed in once the past is known."""
    await read_all(hass, entry)
    await until_streaming(entry)
    return Browser(await hass_ws_client(hass))


async def test_a_print_is_in_the_history_as_soon_as_it_has_ended(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    before = await browser.subscribe("history")
    printer = printer_named(farm, "X1 Carbon 01")
    job_id = farm.world.printers[printer].printing_job_id
    assert job_id is not None
    farm.clear_requests()

    farm.fail_print(printer, "Nozzle clogged")
    after = await browser.when(lambda answer: answer["total"] > before["total"])

    assert after["prints"][0]["job_id"] == job_id
    assert after["prints"][0]["printer"] == "X1 Carbon 01"
    assert (after["prints"][0]["result"], after["prints"][0]["reason"]) == ("failed", "Nozzle clogged")
    assert [path for path in paths(farm) if "signed" in path] == []


async def test_a_printers_device_asks_for_its_prints_only(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    device = device_of(hass, entry, printer_named(farm, "X1 Carbon 01"))
    assert device is not None

    answer = (await browser.command("history", device_id=device.id, limit=3))["result"]

    assert len(answer["prints"]) <= 3
    assert {one["printer"] for one in answer["prints"]} <= {"X1 Carbon 01"}


async def test_worst_printers_and_parts_are_those_of_the_last_thirty_days_with_the_commonest_reason(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    farm.fill_history(1500, months=3)
    await read_all(hass, entry)
    browser = Browser(await hass_ws_client(hass))

    worst = (await browser.command("history", limit=1))["result"]["worst"]

    removed = {None, *await _names(hass, "printer")} - {printer.name for printer in farm.world.printers.values()}
    for kind in ("printer", "part"):
        groups = (await act(hass, "get_statistics", by=kind))["groups"]
        by_name: dict[str, Any] = {group["name"]: group for group in groups if group["name"] not in removed}
        rates = sorted(map(_failed_share, by_name.values()), reverse=True)
        assert [_failed_share(by_name[each["name"]]) for each in worst[f"{kind}s"]] == rates[:5]
        for each in worst[f"{kind}s"]:
            group = by_name[each["name"]]
            assert each["failed"] == group["failed"]
            reasons = {why["reason"]: why["count"] for why in group["reasons"]}
            assert reasons[each["reason"]] == max(count for why, count in reasons.items() if why != "unknown")


async def test_parts_with_the_same_name_are_counted_apart(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    farm.fill_history(300, months=1)
    ended = [job for job in past_jobs(farm) if job.part_id]
    twins = sorted({job.part_id for job in ended})[:2]
    for job in ended:
        if job.part_id in twins:
            job.part_name, job.status = "Twin", "failed"
    await read_all(hass, entry)
    browser = Browser(await hass_ws_client(hass))

    parts = (await browser.command("history", limit=1))["result"]["worst"]["parts"]

    groups = [group for group in (await act(hass, "get_statistics", by="part"))["groups"] if group.get("id") in twins]
    assert [group["name"] for group in groups] == ["Twin", "Twin"]
    failed = sorted(each["failed"] for each in parts if each["name"] == "Twin")
    assert failed == sorted(group["failed"] for group in groups)


async def test_reason_that_is_only_a_code_has_the_words_of_a_print_that_failed_so(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    farm.fill_history(300, months=1)
    ended = sorted(past_jobs(farm), key=lambda job: job.printing_completed_at or "")
    for job in ended:
        job.status, job.error_message = "failed", "[0300_8000] Printing was paused"
    # A page of the list does not have the words.
    for job in ended[-50:]:
        job.error_message = None
    await read_all(hass, entry)
    browser = Browser(await hass_ws_client(hass))

    worst = (await browser.command("history", limit=1))["result"]["worst"]

    why = {(each["reason"], each["text"]) for each in (*worst["printers"], *worst["parts"])}
    assert why == {("0300-8000", "[0300_8000] Printing was paused")}


async def test_part_that_was_renamed_is_one_with_the_name_of_its_last_print(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    farm.fill_history(300, months=1)
    part_id = next(job.part_id for job in past_jobs(farm) if job.part_id)
    prints = sorted(
        (job for job in past_jobs(farm) if job.part_id == part_id and job.status != "cancelled"),
        key=lambda job: job.printing_completed_at or "",
    )
    for job in prints:
        job.status, job.part_name = "failed", "Old name"
    prints[-1].part_name = "New name"
    await read_all(hass, entry)
    browser = Browser(await hass_ws_client(hass))

    parts = (await browser.command("history", limit=1))["result"]["worst"]["parts"]

    assert parts[0]["name"] == "New name"
    assert "Old name" not in {each["name"] for each in parts}
    (group,) = (each for each in (await act(hass, "get_statistics", by="part"))["groups"] if each.get("id") == part_id)
    assert (group["name"], group["failed"]) == ("New name", parts[0]["failed"])


async def _names(hass: HomeAssistant, kind: str) -> set[str]:
    return {group["name"] for group in (await act(hass, "get_statistics", by=kind))["groups"]}


def _failed_share(group: Mapping[str, Any]) -> float:
    return float(group["failed"] / (group["failed"] + group["finished"]))
