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


async def test_failed_jobs_of_one_title_are_listed_with_their_printers_else_with_the_time_else_with_numbers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    jobs = [job for job in farm.world.jobs.values() if job.status == "pending"][:3]
    ends = ("2026-11-20T10:00:00Z", "2026-11-20T09:00:00Z", "2026-11-20T09:00:30Z")
    for job, printer, ended in zip(jobs, (X1C, P1S, P1S), ends, strict=True):
        job.status, job.label, job.error_message = "failed", "Hook", "Nozzle clogged"
        job.assigned_printer_id, job.printing_completed_at = printer_named(farm, printer), ended
        farm.world.jobs.touch(job.id)
    farm.settle()
    wanted = [
        f"Hook ({X1C}) failed",
        f"Hook ({P1S}) (2026-11-20 01:00) failed (1)",
        f"Hook ({P1S}) (2026-11-20 01:00) failed (2)",
    ]

    await until_list(
        hass, farm, ATTENTION, lambda: sorted(t for t in shown(hass, farm, ATTENTION) if "Hook" in t) == sorted(wanted)
    )

    await complete(hass, farm, ATTENTION, wanted[0])
    await until_list(hass, farm, ATTENTION, lambda: wanted[0] not in shown(hass, farm, ATTENTION))
    assert [job.hidden for job in jobs] == [True, False, False]


async def test_long_message_is_also_a_description_which_the_page_of_lists_does_not_cut_off(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    long = "The heatbed temperature is abnormal; the sensor may have an open circuit."
    farm.raise_hms(printer_named(farm, X1C), "0300-0D00-0001-000B", long)
    await until_list(hass, farm, ATTENTION, lambda: f"{X1C}: {long}" in shown(hass, farm, ATTENTION))

    listed = await items(hass, farm, ATTENTION)

    assert next(item for item in listed if item["summary"].endswith(long))["description"] == long
