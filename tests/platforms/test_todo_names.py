"""Items of to-do lists that would have the same text: people and sentences complete an item by its text."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import device_of, pass_time, printer_named
from tests.support.todo import complete, items, shown, until_list
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.maintenance import set_elapsed

X1C, P1S = "X1 Carbon 01", "P1S 01"
ATTENTION, ORDERS, MAINTENANCE = "attention", "open_orders", "maintenance_due"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm in which one printer prints, one waits to be cleared, one is ready, one is offline."""
    return FarmConfig(speed=0, printers=4)


async def call_alike(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Give two printers the same name."""
    for name in (X1C, P1S):
        device = device_of(hass, entry, printer_named(farm, name))
        assert device is not None
        dr.async_get(hass).async_update_device(device.id, name_by_user="Left one")


async def test_bed_of_one_of_two_printers_of_a_name_is_confirmed_alone(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    await call_alike(hass, farm, entry)
    farm.finish_print(printer_named(farm, X1C))
    right, wrong = f"Clear the bed of Left one ({X1C})", f"Clear the bed of Left one ({P1S})"
    await until_list(hass, farm, ATTENTION, lambda: {right, wrong} <= set(shown(hass, farm, ATTENTION)))

    await complete(hass, farm, ATTENTION, right)

    assert farm.printer(printer_named(farm, X1C)).confirmed_ready
    assert not farm.printer(printer_named(farm, P1S)).confirmed_ready
    # Now the name is clear.
    await until_list(hass, farm, ATTENTION, lambda: "Clear the bed of Left one" in shown(hass, farm, ATTENTION))


async def test_maintenance_of_two_printers_of_a_name_is_listed_with_both_names(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    enrollments = farm.world.enrollments
    one, other = (
        next(id_ for id_, each in enrollments.items() if each["printerId"] == printer_named(farm, name))
        for name in (X1C, P1S)
    )
    enrollments[other]["maintenanceItemId"] = enrollments[one]["maintenanceItemId"]
    tasks = {id_: enrollments[id_] for id_ in (one, other)}
    for id_ in enrollments:
        set_elapsed(farm.world, id_, 100_000 if id_ in tasks else 0)
    entry = await setup_entry()
    await call_alike(hass, farm, entry)
    await pass_time(hass, 31)
    due = entry.runtime_data.coordinator.store_state.facts.maintenance
    for _ in range(15):
        if {item.id for item in due.items.values() if item.is_due} == tasks.keys():
            break
        await pass_time(hass, 301)
    listed = {item["uid"]: item["summary"] for item in await items(hass, farm, MAINTENANCE)}
    urgent = {
        item["uid"].removeprefix("maintenance_"): item["summary"]
        for item in await items(hass, farm, ATTENTION)
        if item["uid"].startswith("maintenance_")
    }
    assert listed.keys() == urgent.keys() == tasks.keys()
    for enrollment, each in tasks.items():
        name = farm.printer(each["printerId"]).name
        assert listed[enrollment].startswith(f"Left one ({name}): ")
        assert urgent[enrollment].startswith(f"Left one ({name}): ")


async def test_orders_of_the_same_number_are_listed_with_their_ids(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    first = next(order for order in farm.world.orders.values() if order["orderNumber"] == "1001")
    farm.orders.create({"orderNumber": "1001", "deadline": first["deadline"]}, [])
    farm.settle()
    second = next(
        order for order in farm.world.orders.values() if order["orderNumber"] == "1001" and order is not first
    )
    texts = {f"1001 ({order['id']})" for order in (first, second)}
    await until_list(hass, farm, ORDERS, lambda: texts <= set(shown(hass, farm, ORDERS)))
    overdue = {f"Order {text} is overdue" for text in texts}
    await until_list(hass, farm, ATTENTION, lambda: overdue <= set(shown(hass, farm, ATTENTION)))

    await complete(hass, farm, ORDERS, f"1001 ({second['id']})")
    assert farm.world.orders[second["id"]]["status"] == "closed"
    assert farm.world.orders[first["id"]]["status"] == "open"
