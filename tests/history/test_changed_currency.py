"""A store that changes its currency: costs in two currencies are never added up."""

from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import list_statistic_ids
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from tests.conftest import SetUp
from tests.support.actions import act
from tests.support.common import pass_time, state_of
from tests.support.past_oracle import ended_at, past_jobs
from tests.support.past_reading import history_of, read_all, until_counted, until_streaming
from virtual_farm import VirtualFarm


@pytest.fixture
async def priced(
    recorder_mock: Recorder, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> MockConfigEntry:
    """Return an entry whose past prints have costs in euros."""
    farm.fill_history(200, months=1)
    for material in farm.world.materials.values():
        farm.world.materials.change(material["id"], {"pricePer1000g": 20})
    entry = await setup_entry()
    await read_all(hass, entry)
    await until_streaming(entry)
    return entry


def cost_of(entry: MockConfigEntry) -> int:
    totals = history_of(entry).totals()
    assert totals is not None
    return totals.cost


def finish_print(farm: VirtualFarm) -> str:
    """Finish a print of a part whose filament is known; return the ID of its printer."""
    for printer in farm.world.printers.values():
        job = farm.world.jobs.get(printer.printing_job_id or "")
        if printer.machine.phase.busy and job is not None and job.part_id in farm.world.parts:
            farm.finish_print(printer.id)
            return printer.id
    raise AssertionError("no printer prints a known part")


async def test_cost_in_another_currency_is_not_added_to_the_costs_before(
    priced: MockConfigEntry, hass: HomeAssistant, farm: VirtualFarm
) -> None:
    before = cost_of(priced)
    assert before > 0
    assert history_of(priced).past.currency == "EUR"
    farm.world.settings["currency"] = "USD"
    # It is read at a start, and once an hour.
    assert await hass.config_entries.async_reload(priced.entry_id)
    for _ in range(3):
        await pass_time(hass, 41)
    assert priced.runtime_data.coordinator.store_state.stock.prices.currency == "USD"
    await until_streaming(priced)
    printer = finish_print(farm)
    await until_counted(farm, priced)

    for _ in range(2):
        assert cost_of(priced) == before
        assert history_of(priced).past.currency == "EUR"
        answer = await act(hass, "get_history", limit=1)
        (last,) = answer["prints"]
        assert (last["grams"] is not None, last["cost"], last["currency"]) == (True, None, None)
        assert (await act(hass, "get_statistics"))["currency"] == "EUR"
        shown = state_of(hass, printer, "last_print_result").attributes
        assert shown["print_cost"] is not None
        assert shown["currency"] == "USD"
        assert await hass.config_entries.async_reload(priced.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)

    await pass_time(hass, 1000)
    await async_wait_recording_done(hass)
    listed = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    units = {row["statistics_unit_of_measurement"] for row in listed if row["statistic_id"].endswith("_cost")}
    assert units == {"EUR"}


async def test_order_of_before_costs_what_it_did_in_the_currency_of_then(
    recorder_mock: Recorder, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(1500, months=3)
    for material in farm.world.materials.values():
        farm.world.materials.change(material["id"], {"pricePer1000g": 20})
    entry = await setup_entry()
    await read_all(hass, entry)
    # It is older than the last 1,000 prints, so Printago is asked for it.
    first = min(
        (job for job in past_jobs(farm) if job.order_id is not None and job.part_id in farm.world.parts), key=ended_at
    )
    before = (await act(hass, "get_history", order=first.order_id))["total"]
    assert before["cost"] is not None
    assert before["currency"] == "EUR"

    farm.world.settings["currency"] = "USD"
    assert await hass.config_entries.async_reload(entry.entry_id)
    for _ in range(3):
        await pass_time(hass, 41)
    assert entry.runtime_data.coordinator.store_state.stock.prices.currency == "USD"

    assert (await act(hass, "get_history", order=first.order_id))["total"] == before
