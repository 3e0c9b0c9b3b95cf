"""The list of everything that waits for a person."""

from datetime import timedelta

from homeassistant.components.todo import DOMAIN as TODO
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.actions import sent
from tests.support.common import entity_id, pass_time, paths, printer_named, until_farm, value_of
from tests.support.todo import complete, items, shown, summaries, until_list, until_shown
from virtual_farm import FarmConfig, VirtualFarm
from virtual_farm.maintenance import set_elapsed

ATTENTION = "attention"
X1C, P1S, A1, MINI = "X1 Carbon 01", "P1S 01", "A1 01", "A1 mini 01"
BED = f"Clear the bed of {P1S}"
OVERDUE = "Order 1001 is overdue"
FAILED = "Order 1003 failed"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm in which one printer prints, one waits to be cleared, one is ready, one is offline."""
    return FarmConfig(speed=0, printers=4)


@pytest.fixture
async def maintained(farm: VirtualFarm) -> None:
    """Have no maintenance due."""
    for enrollment in farm.world.enrollments:
        set_elapsed(farm.world, enrollment, 0)


@pytest.fixture
async def read(hass: HomeAssistant, farm: VirtualFarm, maintained: None, entry: MockConfigEntry) -> None:
    """Let all be read, and forget what was asked."""
    await pass_time(hass, 31)
    farm.clear_requests()


@pytest.mark.usefixtures("read")
async def test_what_holds_the_farm_up_most_comes_first(hass: HomeAssistant, farm: VirtualFarm) -> None:
    assert await summaries(hass, farm, ATTENTION) == [BED, FAILED, OVERDUE]

    printing = printer_named(farm, X1C)
    farm.raise_hms(printing, "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    farm.raise_hms(printer_named(farm, A1), "0700-2000-0002-0001", "Spool is almost empty", severity="warning")
    wanted = [f"{X1C}: The Z axis motor seems stuck", BED, f"{A1}: Spool is almost empty", FAILED, OVERDUE]
    await until_shown(hass, farm, ATTENTION, *wanted)

    farm.clear_hms(printing)
    farm.disconnect_printer(printing)
    wanted[0] = f"{X1C} went offline during a print"
    await until_shown(hass, farm, ATTENTION, *wanted)
    assert paths(farm) == []

    farm.reconnect_printer(printing)
    await until_shown(hass, farm, ATTENTION, *wanted[1:])


@pytest.mark.usefixtures("read")
async def test_bed_that_waiting_jobs_need_comes_before_one_that_none_needs(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    farm.finish_print(printer_named(farm, X1C))
    # Two jobs of the queue are for that printer only.
    await until_shown(hass, farm, ATTENTION, f"Clear the bed of {X1C}", BED, FAILED, OVERDUE)


@pytest.mark.usefixtures("read")
async def test_message_that_changes_under_a_problem_shows(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, X1C)
    farm.raise_hms(printer, "0300-0D00-0001-000B", "First")
    await until_list(hass, farm, ATTENTION, lambda: shown(hass, farm, ATTENTION)[0] == f"{X1C}: First")
    first = (await items(hass, farm, ATTENTION))[0]["uid"]
    farm.raise_hms(printer, "0300-0D00-0001-000C", "Second")
    await until_list(hass, farm, ATTENTION, lambda: f"{X1C}: Second" in shown(hass, farm, ATTENTION))
    # An item stays the same one as long as it is about the same thing.
    assert first in [item["uid"] for item in await items(hass, farm, ATTENTION)]


@pytest.mark.usefixtures("read")
async def test_tray_that_is_empty_counts_only_while_a_job_waits_for_its_printer(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    printer = farm.printer(printer_named(farm, X1C))
    place = next(place for place in printer.slots if printer.machine.tray(place) is not None)
    tray = printer.machine.tray(place)
    assert tray is not None
    tray.remaining = 0.0
    printer.machine.version += 1
    await farm.advance(1)
    expected = f"{X1C}: AMS {place[0] + 1} tray {place[1] + 1} is empty"
    await until_list(hass, farm, ATTENTION, lambda: expected in shown(hass, farm, ATTENTION))

    printer.machine.finish()
    for job in list(farm.world.jobs.values()):
        if job.status == "pending":
            farm.queue.cancel(job)
    farm.settle()
    await until_list(hass, farm, ATTENTION, lambda: expected not in shown(hass, farm, ATTENTION))


async def test_empty_tray_of_a_material_that_no_job_wants_is_not_listed(
    hass: HomeAssistant, farm: VirtualFarm, maintained: None, setup_entry: SetUp
) -> None:
    printer = farm.printer(printer_named(farm, X1C))
    # The second one: the print uses the first.
    place = [place for place in printer.slots if printer.machine.tray(place) is not None][1]
    slot, tray = farm.world.slot_of(printer.id, *place), printer.machine.tray(place)
    assert slot is not None
    assert tray is not None
    slot |= {"materialType": "PEEK", "materialId": None, "variantId": None}
    await setup_entry()
    await pass_time(hass, 31)
    tray.remaining = 0.0
    printer.machine.version += 1
    await farm.advance(1)
    farm.raise_hms(printer.id, "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    await until_list(hass, farm, ATTENTION, lambda: "stuck" in str(shown(hass, farm, ATTENTION)))
    assert "is empty" not in str(shown(hass, farm, ATTENTION))


@pytest.mark.usefixtures("read")
async def test_job_that_waits_for_approval_is_listed_and_cannot_be_approved_from_here(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    job = next(job for job in farm.world.jobs.values() if job.label == "Cable Clip")
    job.status = "waiting-for-approval"
    farm.world.jobs.touch(job.id)
    farm.settle()
    await until_list(hass, farm, ATTENTION, lambda: "Approve Cable Clip" in shown(hass, farm, ATTENTION))

    with pytest.raises(HomeAssistantError) as failed:
        await complete(hass, farm, ATTENTION, "Approve Cable Clip")

    assert failed.value.translation_key == "todo_not_settled"
    assert failed.value.translation_placeholders == {"item": "Approve Cable Clip"}
    assert "Approve Cable Clip" in shown(hass, farm, ATTENTION)


@pytest.mark.usefixtures("read")
async def test_completing_settles_what_can_be_settled(hass: HomeAssistant, farm: VirtualFarm) -> None:
    await complete(hass, farm, ATTENTION, BED)
    await until_shown(hass, farm, ATTENTION, FAILED, OVERDUE)
    assert farm.printer(printer_named(farm, P1S)).confirmed_ready

    await complete(hass, farm, ATTENTION, FAILED)
    await until_shown(hass, farm, ATTENTION, OVERDUE)
    (body,) = sent(farm, "/v1/print-jobs/clear")
    assert farm.job(body["printJobIds"][0]).hidden

    await complete(hass, farm, ATTENTION, OVERDUE)
    await until_shown(hass, farm, ATTENTION)
    assert next(o for o in farm.world.orders.values() if o["orderNumber"] == "1001")["status"] == "closed"


@pytest.mark.usefixtures("read")
async def test_hms_error_cannot_be_settled_from_here_and_the_error_says_so(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    farm.raise_hms(printer_named(farm, X1C), "0300-0D00-0001-000B", "The Z axis motor seems stuck")
    await until_list(hass, farm, ATTENTION, lambda: "seems stuck" in shown(hass, farm, ATTENTION)[0])
    with pytest.raises(HomeAssistantError) as failed:
        await complete(hass, farm, ATTENTION, f"{X1C}: The Z axis motor seems stuck")
    assert failed.value.translation_key == "todo_not_settled"
    assert paths(farm) == []


@pytest.mark.usefixtures("read")
async def test_failed_external_print_is_listed_until_a_person_has_seen_it_also_after_a_restart(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, A1)
    farm.print_from_outside(printer, "vase.3mf")
    while value_of(hass, printer, "print_status") != "running":
        await farm.advance(60)
        await hass.async_block_till_done()
    farm.fail_print(printer)
    await until_list(hass, farm, ATTENTION, lambda: "vase.3mf failed" in shown(hass, farm, ATTENTION))
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)
    assert "vase.3mf failed" in shown(hass, farm, ATTENTION)

    await complete(hass, farm, ATTENTION, "vase.3mf failed")

    assert "vase.3mf failed" not in shown(hass, farm, ATTENTION)
    results = entry.runtime_data.coordinator.store_state.results
    results.restore(results.export())
    await hass.config_entries.async_reload(entry.entry_id)
    await pass_time(hass, 31)
    assert "vase.3mf failed" not in shown(hass, farm, ATTENTION)


@pytest.mark.usefixtures("read")
async def test_order_becomes_an_item_once_it_is_overdue_without_a_request(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    order = next(order for order in farm.world.orders.values() if order["orderNumber"] == "1002")
    now = entry.runtime_data.coordinator.farm.server_now
    farm.world.orders.change(order["id"], {"deadline": (now() + timedelta(hours=1)).isoformat()})
    farm.settle()
    orders = entry.runtime_data.coordinator.store_state.facts.orders
    await until_farm(entry, lambda: orders[order["id"]].deadline is not None)
    assert "Order 1002 is overdue" not in shown(hass, farm, ATTENTION)

    entry.runtime_data.coordinator.farm.server_now = lambda: now() + timedelta(hours=2)
    await pass_time(hass, 61)

    await until_list(hass, farm, ATTENTION, lambda: "Order 1002 is overdue" in shown(hass, farm, ATTENTION))
    entry.runtime_data.coordinator.farm.server_now = now
    assert paths(farm).count("GET /v1/orders") == 0


async def test_list_is_in_the_language_of_home_assistant(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    hass.config.language = "de"
    await setup_entry()
    await pass_time(hass, 31)
    assert shown(hass, farm, ATTENTION)[0] == f"Druckbett von {P1S} räumen"


@pytest.mark.usefixtures("read")
async def test_list_can_be_called_without_the_name_of_the_farm_unless_a_person_takes_that_back(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    registry, todo = er.async_get(hass), entity_id(hass, farm.config.store_id, ATTENTION, TODO)
    registered = registry.async_get(todo)
    assert registered is not None
    assert registered.aliases == [er.COMPUTED_NAME, "Needs you"]

    registry.async_update_entity(todo, aliases=[er.COMPUTED_NAME])
    await hass.config_entries.async_reload(entry.entry_id)
    registered = registry.async_get(todo)
    assert registered is not None
    assert registered.aliases == [er.COMPUTED_NAME]
