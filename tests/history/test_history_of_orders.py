"""get_history names orders by number or ID, and answers before the past is read."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.common import until_farm
from tests.support.past_oracle import ended_at, moment, past_jobs
from tests.support.past_reading import history_of, read_all
from virtual_farm import Fault, VirtualFarm


def ids(answer: dict[str, Any]) -> set[str]:
    return {row["job_id"] for row in answer["prints"]}


def printed(farm: VirtualFarm, **wanted: Any) -> list[str]:
    """Return the IDs of past jobs that were printed and have these values, the last one first."""
    jobs = [
        job
        for job in past_jobs(farm)
        if (job.status != "cancelled" or job.printing_started_at is not None)
        and all(getattr(job, name) == value for name, value in wanted.items())
    ]
    return [job.id for job in sorted(jobs, key=lambda job: moment(ended_at(job)), reverse=True)]


def number_of(farm: VirtualFarm, number: str) -> dict[str, Any]:
    """Return the order with this number."""
    return next(order for order in farm.world.orders.values() if order["orderNumber"] == number)


@pytest.fixture
def filled(farm: VirtualFarm) -> VirtualFarm:
    """Return a farm with a past, every tenth print of which is of the order 1001."""
    farm.fill_history(200, months=2)
    order = number_of(farm, "1001")["id"]
    for job in list(past_jobs(farm))[::10]:
        job.order_id = order
    return farm


@pytest.fixture
async def read(hass: HomeAssistant, filled: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    for material in filled.world.materials.values():
        filled.world.materials.change(material["id"], {"pricePer1000g": 20})
    entry = await setup_entry()
    await read_all(hass, entry)
    filled.clear_requests()
    return entry


async def test_order_is_named_by_its_number_or_its_id(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    order, without_prints = number_of(farm, "1001"), number_of(farm, "1002")
    expected = set(printed(farm, order_id=order["id"]))
    assert expected
    for name in ("1001", "#1001", " 1001 ", order["id"]):
        answer = await act(hass, "get_history", order=name, limit=1000)
        assert ids(answer) == expected
        assert {row["order_id"] for row in answer["prints"]} == {order["id"]}
    for name in ("1002", without_prints["id"]):
        assert ids(await act(hass, "get_history", order=name)) == set()
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "get_history", order="9999")
    assert refused.value.translation_key == "any_order_not_found"
    without_prints["orderNumber"] = "1001"
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "get_history", order="1001")
    assert refused.value.translation_key == "order_ambiguous"
    assert order["id"] in str(refused.value)
    assert without_prints["id"] in str(refused.value)


async def test_filters_apply_together_and_to_what_is_asked_for_before_the_past_is_read(
    hass: HomeAssistant, filled: VirtualFarm, setup_entry: SetUp
) -> None:
    farm, entry = filled, await setup_entry()
    assert not history_of(entry).complete
    order = number_of(farm, "1001")["id"]
    expected = printed(farm)
    answer = await act(hass, "get_history", limit=1000)
    assert (ids(answer), answer["complete"]) == (set(expected), True)
    for limit in (len(expected) - 1, len(expected)):
        answer = await act(hass, "get_history", limit=limit)
        assert len(answer["prints"]) == limit
        assert answer["complete"] is (limit == len(expected))
    answer = await act(hass, "get_history", order=order, result=["failed", "finished"], limit=1000)
    assert ids(answer) == {
        job for job in printed(farm, order_id=order) if farm.world.jobs[job].status in ("failed", "completed")
    }
    sku = next(job.sku_id for job in past_jobs(farm) if job.sku_id is not None)
    part = next(job.part_id for job in past_jobs(farm) if job.sku_id == sku)
    answer = await act(hass, "get_history", part=part, sku=sku, limit=1000)
    assert ids(answer) == set(printed(farm, part_id=part, sku_id=sku))
    since = moment(ended_at(farm.world.jobs[expected[10]]))
    answer = await act(hass, "get_history", start=since.isoformat(), limit=1000)
    assert ids(answer) == set(expected[:11])
    answer = await act(hass, "get_history", end=since.isoformat(), limit=1000)
    assert ids(answer) == set(expected[11:])
    farm.inject_fault(Fault(mode="status", status=503, path="/v1/print-jobs", count=9))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "get_history")
    assert failed.value.translation_key == "cannot_connect"


async def test_known_prints_are_returned_without_a_request_and_with_the_currency_of_their_cost(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    expected = printed(farm)
    since = moment(ended_at(farm.world.jobs[expected[10]]))
    answer = await act(hass, "get_history", start=since.isoformat())
    assert ids(answer) == set(expected[:11])
    answer = await act(hass, "get_history", end=since.isoformat(), limit=1000)
    assert ids(answer) == set(expected[11:])
    rows = (await act(hass, "get_history", limit=len(expected)))["prints"]
    assert {row["job_id"] for row in rows} == set(expected)
    assert {row["cost"] is None for row in rows} == {True, False}
    assert all(row["currency"] == (None if row["cost"] is None else "EUR") for row in rows)
    assert not farm.requests


async def test_statistics_are_of_the_last_thirty_days_by_default(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    every = (await act(hass, "get_statistics", start="2000-01-01 00:00:00"))["total"]
    recent = (await act(hass, "get_statistics"))["total"]
    ends = [moment(ended_at(job)) for job in past_jobs(farm) if job.status == "completed"]
    newest = max(ends)
    assert 0 < recent["finished"] < every["finished"] == len(ends)
    assert recent["finished"] == sum((newest - ended).days < 30 for ended in ends)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "get_statistics", start="2026-01-02 00:00:00", end="2026-01-02 00:00:00")
    assert refused.value.translation_key == "end_before_start"
    without_newest = (
        await act(hass, "get_statistics", start="2000-01-01 00:00:00", end=newest.replace(microsecond=0).isoformat())
    )["total"]
    assert without_newest["finished"] < every["finished"]


async def test_print_that_moves_to_another_order_is_found_there_only(
    hass: HomeAssistant, farm: VirtualFarm, read: MockConfigEntry
) -> None:
    first, second = number_of(farm, "1001")["id"], number_of(farm, "1002")["id"]
    moved = printed(farm, order_id=first)[0]

    farm.world.jobs[moved].order_id = second
    farm.world.jobs.touch(moved)
    farm.settle()
    await until_farm(read, lambda: any(past.order_id == second for past in history_of(read).past.recent))

    assert moved not in ids(await act(hass, "get_history", order="1001", limit=1000))
    assert ids(await act(hass, "get_history", order="1002", limit=1000)) == {moved}


async def test_as_many_prints_as_were_asked_for_are_not_said_to_be_all(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(1500, months=3)
    await read_all(hass, await setup_entry())

    answer = await act(hass, "get_history", limit=1000)

    assert (len(answer["prints"]), answer["complete"]) == (1000, False)
