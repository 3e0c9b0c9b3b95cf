"""Grams, material and cost of past prints: by the estimates and prices that the store has now."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import pass_time
from tests.support.past_reading import history_of, read_all
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.costs import add_component, add_cost


@pytest.fixture
def farm_config() -> FarmConfig:
    return FarmConfig(speed=0, printers=2, quota=False)


async def test_past_prints_have_grams_and_cost_where_both_are_known(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(300, months=2)
    for material in farm.world.materials.values():
        # All materials of a type cost the same: past jobs of this farm name a type alone.
        farm.world.materials.change(material["id"], {"pricePer1000g": 20})
    entry = await setup_entry()
    await read_all(hass, entry)
    grams = {part["id"]: part["slicingEstimate"]["totalWeightGrams"] for part in farm.world.parts.values()}
    seen = set()
    for past in history_of(entry).past.recent:
        known = grams.get(past.part_id or "")
        seen.add((past.result, known is not None))
        if past.result == "finished" and known is not None:
            assert past.grams == pytest.approx(known)
            assert past.cost == pytest.approx(known * 20 / 1000, abs=0.001)
            assert past.currency == "EUR"
        elif known is None:
            assert (past.grams, past.cost, past.currency) == (None, None, None), "never 0"
        else:
            assert past.grams is not None
            assert 0 <= past.grams <= known
    assert {("finished", True), ("finished", False), ("failed", True)} <= seen
    totals = history_of(entry).totals()
    assert totals is not None
    assert totals.cost > 0


async def test_past_waits_for_prices_but_not_for_long(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    farm.fill_history(20, months=1)
    farm.add_api_key("blind", ["printer.view", "printer.stats", "queue.view"])
    entry = await setup_entry(api_key="blind")
    await read_all(hass, entry)
    assert all(past.grams is None and past.cost is None for past in history_of(entry).past.recent)


async def test_jobs_of_an_sku_carry_their_share_of_its_labor(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    sku = next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == "DESK-SET")
    add_cost(farm.world, sku, add_component(farm.world, "Packing", "labor", 1.5, "piece"), 2)
    await pass_time(hass, 31)
    prices = entry.runtime_data.coordinator.store_state.stock.prices
    assert prices.labor_and_overhead(sku) == 0.5, "3 for six jobs"
    assert prices.labor_and_overhead("other") == 0
