"""The energy and the cost of prints over the cloud: a meter, its price, and what the last result says."""

from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.model.print_energy import PrintEnergies
from tests.conftest import SetUp
from tests.support.common import pass_time, state_of, until, value_of
from virtual_farm import FarmConfig, VirtualFarm

METER = "sensor.plug_energy"
USER = {"source": "user"}


@pytest.fixture
def farm_config() -> FarmConfig:
    return FarmConfig(speed=0, printers=1, scenario="idle")


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> None:
    """Pay in the currency of the store, as most owners do."""
    await hass.config.async_update(currency="EUR")


def show(hass: HomeAssistant, value: float | str, unit: str = "kWh", **attributes: Any) -> None:
    """Let the meter show something."""
    attributes = {"unit_of_measurement": unit, "device_class": "energy", **attributes}
    hass.states.async_set(METER, str(value), attributes)


async def add_meter(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, **data: Any) -> None:
    (printer,) = farm.world.printers
    flow = await hass.config_entries.subentries.async_init((entry.entry_id, "energy_meter"), context=USER)
    result = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], {"printer": printer, "energy_sensor": METER, **data}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


def filament_cost(farm: VirtualFarm) -> float:
    """Return what the filament of a Benchy costs."""
    part = next(part for part in farm.world.parts.values() if part["name"] == "Benchy")
    grams: float = part["slicingEstimate"]["totalWeightGrams"]
    return grams * 19.99 / 1000


async def start(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, part: str = "Benchy") -> str:
    """Let the printer print a part, and return the job."""
    (printer,) = farm.world.printers
    part_id = next(each["id"] for each in farm.world.parts.values() if each["name"] == part)
    await entry.runtime_data.client.create_build({"parts": [{"partId": part_id}]})
    await farm.advance(300)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    job_id = farm.world.printers[printer].printing_job_id
    assert job_id is not None
    return job_id


async def finish(hass: HomeAssistant, farm: VirtualFarm, result: str = "finished") -> dict[str, Any]:
    """Let the print end, and return the attributes of the last result."""
    (printer,) = farm.world.printers
    if result == "failed":
        farm.fail_print(printer, "Spaghetti")
    else:
        farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "last_print_result") == result)
    return dict(state_of(hass, printer, "last_print_result").attributes)


async def test_print_carries_what_the_meter_has_counted_and_what_it_cost(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    show(hass, 100)
    await add_meter(hass, farm, entry, price=0.5)
    await start(hass, farm, entry)
    show(hass, 100.4)
    last = await finish(hass, farm)
    assert last["print_energy"] == 0.4
    assert last["print_cost"] == pytest.approx(filament_cost(farm) + 0.2, abs=0.001)
    assert last["currency"] == "EUR"


async def test_units_may_change_and_the_meter_may_start_anew(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    show(hass, 5000, "Wh")
    await add_meter(hass, farm, entry)
    await start(hass, farm, entry)
    show(hass, 5.25, "kWh")
    show(hass, "unavailable")
    show(hass, 0.0055, "MWh")
    show(hass, 0, "kWh")
    show(hass, 0.125, "kWh")
    assert (await finish(hass, farm))["print_energy"] == 0.625


async def test_failed_print_costs_its_share(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    await pass_time(hass, 31)
    await start(hass, farm, entry)
    (printer,) = farm.world.printers
    farm.printer(printer).machine.skip_to(0.5)
    farm.settle()
    farm.feed.flush(everything=True)
    await until(hass, lambda: value_of(hass, printer, "print_progress") == "50")
    last = await finish(hass, farm, "failed")
    assert last["print_cost"] == pytest.approx(filament_cost(farm) / 2, abs=0.005)
    assert last["print_energy"] is None


async def test_without_a_price_of_the_filament_the_cost_is_unknown(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for material in farm.world.materials.values():
        farm.world.materials.change(material["id"], {"pricePer1000g": None})
    await pass_time(hass, 31)
    show(hass, 1)
    await add_meter(hass, farm, entry, price=1)
    await start(hass, farm, entry)
    show(hass, 2)
    last = await finish(hass, farm)
    assert (last["print_energy"], last["print_cost"], last["currency"]) == (1, None, None)


async def test_external_print_has_energy_too(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    (printer,) = farm.world.printers
    await until(hass, lambda: value_of(hass, printer, "print_status") == "idle")
    show(hass, 1)
    await add_meter(hass, farm, entry)
    farm.print_from_outside(printer, "Bracket", 3600)
    await farm.advance(120)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    show(hass, 1.5)
    last = await finish(hass, farm)
    assert (last["print_energy"], last["print_cost"]) == (0.5, None)


async def test_start_reading_survives_a_restart(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    show(hass, 10)
    await add_meter(hass, farm, entry)
    await start(hass, farm, entry)
    show(hass, 11)
    state = entry.runtime_data.coordinator.store_state
    saved = state._to_save()
    assert await hass.config_entries.async_unload(entry.entry_id)
    # As after a restart: nothing is in memory, the sensor comes later than we do.
    show(hass, "unavailable")
    state.energies = PrintEnergies()
    state.energies.restore(saved["energies"])
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    show(hass, 12.5)
    assert (await finish(hass, farm))["print_energy"] == 2.5


async def test_price_comes_from_the_energy_settings_of_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    hass.config.components.add("energy")
    manager = await async_get_manager(hass)
    grid: Any = {"type": "grid", "stat_energy_from": "sensor.grid", "number_energy_price": 0.25}
    manager.data = {**manager.default_preferences(), "energy_sources": [grid]}
    entry = await setup_entry()
    await pass_time(hass, 31)
    show(hass, 1)
    await add_meter(hass, farm, entry)
    await start(hass, farm, entry)
    show(hass, 3)
    assert (await finish(hass, farm))["print_cost"] == pytest.approx(filament_cost(farm) + 2 * 0.25, abs=0.001)


@pytest.mark.parametrize(
    ("price", "unit", "cost"),
    [
        ("0.3", "EUR/kWh", 0.3),
        ("30", "ct/kWh", 0.3),
        ("300", "EUR/MWh", 0.3),
        ("0.3", None, 0.3),
        ("0.3", "USD/kWh", 0),
        ("unavailable", "EUR/kWh", 0),
    ],
)
async def test_price_entity_in_another_currency_or_away_adds_nothing(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, price: str, unit: str | None, cost: float
) -> None:
    await pass_time(hass, 31)
    hass.states.async_set("sensor.price", price, {"unit_of_measurement": unit} if unit else {})
    show(hass, 1)
    await add_meter(hass, farm, entry, price_entity="sensor.price")
    await start(hass, farm, entry)
    show(hass, 2)
    last = await finish(hass, farm)
    assert last["print_energy"] == 1
    assert last["print_cost"] == pytest.approx(filament_cost(farm) + cost, abs=0.001)


async def test_meter_is_changed_and_removed_without_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    (printer,) = farm.world.printers
    runtime = entry.runtime_data
    show(hass, 1)
    await add_meter(hass, farm, entry, price=1)
    (subentry_id,) = entry.subentries
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    result = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], {"energy_sensor": METER, "price": 2, "price_entity": "sensor.price"}
    )
    assert result["errors"] == {"price": "two_prices"}
    result = await hass.config_entries.subentries.async_configure(flow["flow_id"], {"energy_sensor": METER, "price": 2})
    assert result["reason"] == "reconfigure_successful"
    assert entry.subentries[subentry_id].data == {"printer": printer, "energy_sensor": METER, "price": 2}
    again = await hass.config_entries.subentries.async_init((entry.entry_id, "energy_meter"), context=USER)
    result = await hass.config_entries.subentries.async_configure(
        again["flow_id"], {"printer": printer, "energy_sensor": METER}
    )
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    assert not runtime.coordinator.store_state.energies.has_meter(printer)
    assert entry.runtime_data is runtime


async def test_weight_of_a_full_spool_is_set_per_material(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    flows = hass.config_entries.subentries
    early = await flows.async_init((entry.entry_id, "spool_weight"), context=USER)
    assert early["reason"] == "no_materials"
    await pass_time(hass, 31)
    material = next(each["id"] for each in farm.world.materials.values() if each["name"] == "Bambu PLA Basic")
    flow = await flows.async_init((entry.entry_id, "spool_weight"), context=USER)
    result = await flows.async_configure(flow["flow_id"], {"material": material, "weight": 750})
    assert result["title"] == "Bambu PLA Basic"
    await hass.async_block_till_done()
    stock = entry.runtime_data.coordinator.store_state.stock
    assert stock.spool_grams == {material: 750}
    (subentry_id,) = entry.subentries
    flow = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    await flows.async_configure(flow["flow_id"], {"weight": 500})
    await hass.async_block_till_done()
    assert stock.spool_grams == {material: 500}
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await hass.async_block_till_done()
    assert stock.spool_grams == {}
