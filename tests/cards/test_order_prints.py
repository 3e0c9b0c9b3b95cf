"""What an order cost: its prints, also of orders that are closed, and their sum."""

from collections import defaultdict
from datetime import timedelta

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.printago.history.key_index import key_of
from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.browser import Browser
from tests.support.common import paths, until_farm
from tests.support.past_oracle import EVERYWHERE, Sums, ended_at, moment, past_jobs
from tests.support.past_reading import history_of, read_all
from virtual_farm import Fault, VirtualFarm
from virtual_farm.clock import to_iso


@pytest.fixture
async def browser(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> Browser:
    """Return a browser that has signed in once a long past is known."""
    farm.fill_history(1500, months=3)
    await read_all(hass, entry)
    return Browser(await hass_ws_client(hass))


def closed_orders(farm: VirtualFarm) -> dict[str, Sums]:
    """Return what the prints of each closed order of the past took, the order with most prints first."""
    jobs = defaultdict(list)
    for job in past_jobs(farm):
        # What was canceled in the queue is no print.
        if job.order_id is not None and (job.status != "cancelled" or job.printing_started_at is not None):
            jobs[job.order_id].append(job)
    sums: dict[str, Sums] = {}
    for order_id, ended in sorted(jobs.items(), key=lambda each: -len(each[1])):
        sums[order_id] = Sums()
        for job in ended:
            sums[order_id].add(farm, job)
    return sums


async def test_cost_of_a_closed_order_is_that_of_all_its_prints(
    hass: HomeAssistant, farm: VirtualFarm, browser: Browser
) -> None:
    for order_id, expected in list(closed_orders(farm).items())[:5]:
        number = farm.world.orders[order_id]["orderNumber"]
        completed, failed, seconds = expected.of(EVERYWHERE)

        answer = (await browser.command("order", order=number))["result"]

        assert answer["number"] == number
        assert answer["complete"]
        assert (answer["results"]["finished"], answer["results"]["failed"]) == (completed, failed)
        assert len(answer["prints"]) == sum(answer["results"].values())
        assert answer["seconds"] == pytest.approx(seconds, abs=len(answer["prints"]))
        cost = sum(units for (_, printer), units in expected.cost.items() if printer is EVERYWHERE) / 10_000
        assert (answer["cost"] or 0) == pytest.approx(cost, abs=0.001)
        assert answer["currency"] == (farm.world.settings["currency"] if answer["cost"] is not None else None)
        # The action adds up the same.
        total = (await act(hass, "get_history", order=number, limit=1000))["total"]
        assert (total["cost"], total["without_cost"]) == (
            None if answer["cost"] is None else round(answer["cost"], 2),
            answer["without_cost"],
        )


async def test_prints_without_a_cost_are_counted(farm: VirtualFarm, browser: Browser) -> None:
    order_id = next(iter(closed_orders(farm)))
    answer = (await browser.command("order", order=order_id, limit=1000))["result"]

    assert answer["without_cost"] == sum(one["cost"] is None for one in answer["prints"])


async def test_orders_number_that_nobody_has_is_an_error_that_names_it(browser: Browser) -> None:
    error = (await browser.command("order", order="no such order"))["error"]

    assert error["translation_key"] == "any_order_not_found"
    assert "no such order" in error["message"]


async def test_order_needs_a_name(farm: VirtualFarm, browser: Browser) -> None:
    farm.clear_requests()
    for name in ("", "  ", "x" * 2000):
        assert (await browser.command("order", order=name))["error"]["code"] == "invalid_format"
    # Polls may come at any time.
    assert not [one for one in farm.requests if one.path == "/v1/orders" and one.query.get("sort") == "createdAt:desc"]


async def test_prints_of_an_open_order_take_no_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await read_all(hass, entry)
    order_id = next(iter(entry.runtime_data.coordinator.store_state.facts.orders))
    farm.clear_requests()
    browser = Browser(await hass_ws_client(hass))

    answer = (await browser.command("order", order=order_id))["result"]

    assert (answer["number"], answer["complete"]) == (farm.world.orders[order_id]["orderNumber"], True)
    # Polls may come at any time.
    assert not [one for one in farm.requests if {"orderId.eq", "orderNumber.in"} & one.query.keys()]


async def test_order_is_found_by_its_number_however_many_were_made_since(farm: VirtualFarm, browser: Browser) -> None:
    oldest = min(closed_orders(farm), key=lambda order_id: farm.world.orders[order_id]["createdAt"])
    order = farm.world.orders[oldest]
    order["orderNumber"] = "#EU 7/1 & Co"
    newest = max(one["createdAt"] for one in farm.world.orders.values())
    for number in range(6000):
        farm.world.orders.load(
            f"o{number}", {**order, "id": f"o{number}", "orderNumber": f"N{number}", "createdAt": newest}
        )
    before = len(paths(farm))

    for name in ("EU 7/1 & Co", "#EU 7/1 & Co"):
        assert (await browser.command("order", order=name))["result"]["number"] == "#EU 7/1 & Co"

    assert paths(farm)[before:].count("GET /v1/orders") == 2


async def test_failed_attempts_of_an_old_order_still_count(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    # Older than the last 1,000 prints, so Printago is asked, which stores the last attempt only.
    failed = (
        one for one in past_jobs(farm) if one.status == "failed" and one.printing_started_at and one.error_message
    )
    job = min((one for one in failed if one.order_id and one.part_id in farm.world.parts), key=ended_at)
    before = (await browser.command("order", order=job.order_id))["result"]
    first = next(one for one in before["prints"] if one["job_id"] == job.id)
    ended = moment(ended_at(job))

    job.status, job.error_message = "completed", None
    job.printing_started_at = to_iso(ended + timedelta(hours=1))
    job.printing_completed_at = to_iso(ended + timedelta(hours=2))
    farm.world.jobs.touch(job.id)
    farm.settle()

    def retried() -> bool:
        last = history_of(entry).past.ledger.latest(key_of(job.id))
        return last is not None and last.attempt == 2

    await until_farm(entry, retried)

    after = (await browser.command("order", order=job.order_id))["result"]
    attempts = {one["attempt"]: one for one in after["prints"] if one["job_id"] == job.id}
    assert set(attempts) == {1, 2}
    for name in ("result", "printer", "currency"):
        assert attempts[1][name] == first[name], name
    # Whole seconds are kept.
    assert attempts[1]["seconds"] == pytest.approx(first["seconds"], abs=1)
    for name in ("grams", "cost"):
        assert attempts[1][name] == pytest.approx(first[name], abs=0.001), name
    # Of an old reason, its kind is kept.
    assert attempts[1]["reason"]
    assert attempts[1]["reason"] in first["reason"]
    assert len(after["prints"]) == len(before["prints"]) + 1
    assert after["grams"] == pytest.approx(before["grams"] + attempts[2]["grams"])


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/print-jobs"])
@pytest.mark.parametrize(("status", "key"), [(403, "forbidden"), (429, "rate_limited")])
async def test_order_that_printago_does_not_tell_of_is_an_error_that_says_why(
    farm: VirtualFarm, browser: Browser, path: str, status: int, key: str
) -> None:
    oldest = min(closed_orders(farm), key=lambda order_id: farm.world.orders[order_id]["createdAt"])
    farm.inject_fault(Fault(mode="status", status=status, path=path, count=9))

    error = (await browser.command("order", order=farm.world.orders[oldest]["orderNumber"]))["error"]

    assert (error["code"], error["translation_key"]) == ("home_assistant_error", key)


async def test_order_is_complete_also_before_the_past_is_read(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_ws_client: WebSocketGenerator
) -> None:
    farm.fill_history(1500, months=3)
    entry = await setup_entry()
    assert not history_of(entry).complete
    early = Browser(await hass_ws_client(hass))

    for order_id, expected in list(closed_orders(farm).items())[:3]:
        answer = (await early.command("order", order=order_id))["result"]

        completed, failed, _ = expected.of(EVERYWHERE)
        assert answer["complete"]
        assert (answer["results"]["finished"], answer["results"]["failed"]) == (completed, failed)


async def test_order_of_a_store_that_is_not_loaded_is_not_shown(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)

    assert (await browser.command("order", order="1001"))["result"] == {"loaded": False}
