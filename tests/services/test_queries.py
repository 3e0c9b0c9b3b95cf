"""The actions that return parts, SKUs, jobs and orders."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp
from tests.support.common import device_of, paths
from virtual_farm import Fault, VirtualFarm

pytestmark = pytest.mark.printers(1)

READ_ONLY = "readonlyreadonlyreadonly0123456789"


async def get(hass: HomeAssistant, things: str, **data: Any) -> dict[str, Any]:
    """Return what an action returns."""
    response = await hass.services.async_call(DOMAIN, f"get_{things}", data, blocking=True, return_response=True)
    assert response is not None
    return dict(response)


async def test_parts_are_found_by_a_part_of_their_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.clear_requests()
    response = await get(hass, "parts", search="bench")
    (benchy,) = response["parts"]
    assert farm.world.parts[benchy["part_id"]]["name"] == benchy["name"] == "Benchy"
    assert benchy["type"] == "3mf"
    assert response["complete"] is True
    assert paths(farm) == ["GET /v1/parts"]


async def test_parts_have_their_parameters(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    (tag,) = (await get(hass, "parts", search="Name Tag"))["parts"]
    assert "text" in tag["parameters"]


async def test_all_parts_are_returned_up_to_the_limit(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    everything = await get(hass, "parts")
    assert {part["part_id"] for part in everything["parts"]} == set(farm.world.parts)
    assert everything["complete"] is True
    some = await get(hass, "parts", limit=2)
    assert len(some["parts"]) == 2
    assert some["complete"] is False


async def test_skus_have_their_parts(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    (sku,) = (await get(hass, "skus", search="benchy-1"))["skus"]
    assert sku["sku"] == "BENCHY-1"
    (part,) = sku["parts"]
    assert farm.world.parts[part["part_id"]]["name"] == "Benchy"
    assert part["quantity"] == 1


async def test_jobs_are_filtered_by_status_and_label(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (job,) = (await get(hass, "jobs", status=["failed", "completed"], label="Order 1003"))["jobs"]
    assert job["part"] == "Phone Stand"
    assert job["status"] == "failed"
    assert job["error"] == "Nozzle temperature malfunction"
    assert datetime.fromisoformat(job["ended_at"]).tzinfo is not None


async def test_jobs_are_filtered_by_printer_and_have_its_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    running = next(job for job in farm.world.jobs.values() if job.status == "printing")
    device = device_of(hass, entry, running.assigned_printer_id or "")
    assert device is not None
    jobs = (await get(hass, "jobs", printer=device.id, status="printing"))["jobs"]
    assert [job["job_id"] for job in jobs] == [running.id]
    assert jobs[0]["printer"] == device.name


async def test_jobs_are_filtered_by_part(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    jobs = (await get(hass, "jobs", part="Benchy"))["jobs"]
    assert {job["job_id"] for job in jobs} == {job.id for job in farm.world.jobs.values() if job.part_name == "Benchy"}


async def test_jobs_are_filtered_by_when_they_ended(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    failed = next(job for job in farm.world.jobs.values() if job.status == "failed")
    assert [job["job_id"] for job in (await get(hass, "jobs", status="failed", since="today"))["jobs"]] == [failed.id]
    tomorrow = (dt_util.now() + timedelta(days=1)).isoformat()
    assert (await get(hass, "jobs", status="failed", since=tomorrow))["jobs"] == []
    # Changed since then, but it ended long ago.
    failed.printing_completed_at = "2020-01-01T10:00:00.000Z"
    assert (await get(hass, "jobs", status="failed", since="today"))["jobs"] == []


async def test_job_that_ended_at_exactly_that_time_is_included(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    failed = next(job for job in farm.world.jobs.values() if job.status == "failed")
    failed.printing_completed_at = failed.updated_at = "2026-01-01T10:00:00.000Z"
    for since, found in (
        ("2026-01-01T10:00:00Z", [failed.id]),
        ("2026-01-01T11:00:00+01:00", [failed.id]),
        ("2026-01-01T10:00:01Z", []),
    ):
        jobs = (await get(hass, "jobs", status="failed", since=since))["jobs"]
        assert [job["job_id"] for job in jobs] == found, since


async def test_canceled_job_ended_at_its_time_of_cancellation_despite_later_changes(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = next(job for job in farm.world.jobs.values() if job.status == "pending")
    farm.queue.cancel(job)
    job.cancelled_at, job.printing_completed_at = "2026-01-01T10:00:00.000Z", "2026-01-01T12:00:00.000Z"
    farm.queue.clear(job)

    (row,) = (await get(hass, "jobs", status="cancelled"))["jobs"]

    assert row["ended_at"] == "2026-01-01T10:00:00+00:00"
    assert row["cleared"] is True
    assert (await get(hass, "jobs", status="cancelled", since="2026-01-01T11:00:00Z"))["jobs"] == []
    job.cancelled_at = None
    (row,) = (await get(hass, "jobs", status="cancelled"))["jobs"]
    assert datetime.fromisoformat(row["ended_at"]) > datetime.fromisoformat("2026-01-02T00:00:00Z"), "last changed"


async def test_jobs_are_read_page_by_page(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.api.rest.pagination.PAGE_SIZE", 3)
    response = await get(hass, "jobs", limit=5)
    assert len({job["job_id"] for job in response["jobs"]}) == 5
    assert response["complete"] is False


async def test_no_more_jobs_are_read_than_wanted(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.clear_requests()
    response = await get(hass, "jobs", limit=3)
    assert (len(response["jobs"]), response["complete"]) == (3, False)
    (request,) = farm.requests
    assert request.query["limit"] == "4"


async def test_number_of_requests_for_jobs_is_limited(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.printago.api.rest.pagination.PAGE_SIZE", 1)
    farm.clear_requests()
    response = await get(hass, "jobs")
    assert paths(farm) == ["GET /v1/print-jobs"] * 5
    assert response["complete"] is False


async def test_orders_have_number_status_and_deadline(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    orders = {order["number"]: order for order in (await get(hass, "orders"))["orders"]}
    assert "1000" not in orders
    assert (orders["1001"]["status"], orders["1001"]["overdue"]) == ("open", True)
    assert (orders["1002"]["deadline"], orders["1002"]["overdue"]) == (None, False)
    (closed,) = (await get(hass, "orders", status="closed"))["orders"]
    assert (closed["number"], closed["overdue"]) == ("1000", False)


async def test_canceled_order_has_its_own_status(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.orders.cancel(next(order["id"] for order in farm.world.orders.values() if order["orderNumber"] == "1002"))
    assert [order["number"] for order in (await get(hass, "orders", status="cancelled"))["orders"]] == ["1002"]
    assert "1002" not in [order["number"] for order in (await get(hass, "orders", status="closed"))["orders"]]


async def test_unreadable_list_raises_an_error(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.inject_fault(Fault(mode="html", status=502, path="/v1/parts"))
    with pytest.raises(HomeAssistantError) as raised:
        await get(hass, "parts")
    assert raised.value.translation_key == "cannot_connect"


async def test_key_without_queue_permission_gets_an_error_with_its_name(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.add_api_key(READ_ONLY, ["printer.view", "queue.view"])
    await setup_entry(**{CONF_API_KEY: READ_ONLY})
    assert (await get(hass, "jobs", status="failed"))["jobs"]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "cancel_jobs", {"label": "Cable Clip"}, blocking=True)
    assert raised.value.translation_key == "forbidden"
    assert raised.value.translation_placeholders == {"permissions": "queue.manage"}


async def test_skus_are_found_by_a_part_of_their_code_or_title(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    skus = {sku["sku"]: sku for sku in farm.world.skus.values()}
    farm.world.skus.change(skus["DESK-SET"]["id"], {"title": "For the OFFICE"})
    for search, found in (("office", {"DESK-SET"}), ("desk", {"DESK-SET"}), ("nothing", set())):
        assert {sku["sku"] for sku in (await get(hass, "skus", search=search))["skus"]} == found
    assert {sku["sku"] for sku in (await get(hass, "skus"))["skus"]} == set(skus)


async def test_orders_of_all_statuses_are_returned_together_the_newest_first(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.orders.cancel(next(order["id"] for order in farm.world.orders.values() if order["orderNumber"] == "1002"))
    orders = (await get(hass, "orders", status="all"))["orders"]
    assert {order["status"] for order in orders} == {"open", "closed", "cancelled"}
    assert {order["order_id"] for order in orders} == set(farm.world.orders)
    assert (await get(hass, "orders", status="all", limit=1))["complete"] is False
