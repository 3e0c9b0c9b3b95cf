"""Maintenance of printers: what is due, its list, its events, and marking it as done."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.todo import DOMAIN as TODO
from homeassistant.const import CONF_API_KEY, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api.models.maintenance import MaintenanceItem
from custom_components.printago.model.store_info import Fact
from custom_components.printago.model.upkeep import Maintenance
from tests.conftest import SetUp
from tests.support.actions import act, sent
from tests.support.common import device_of, entity_id, pass_time, paths, printer_named, state_of, until, value_of
from tests.support.event_recorder import EventRecorder
from tests.support.todo import complete, items, list_entity, shown, until_shown
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.maintenance import set_elapsed

DUE = "maintenance_due"
BINARY = "binary_sensor"
FLEET = "GET /v1/maintenance/fleet-status"
MARK_DONE = "/v1/maintenance/mark-done"
X1C, P1S = "X1 Carbon 01", "P1S 01"
CLEAN, RODS, NOZZLE = "Clean the build plate", "Lubricate the rods", "Replace the nozzle"
NARROW_KEY = "narrowkey0123456789abcde_fghijklmnopqrstu"

type Wear = Callable[[str, str, float], str]


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm of two printers."""
    return FarmConfig(speed=0, printers=2)


@pytest.fixture
def wear(farm: VirtualFarm) -> Wear:
    """Return what sets how much of an interval has passed (percent), and returns the ID of the task; none is due."""

    def find(printer: str, name: str) -> str:
        ids = {item["id"] for item in farm.world.maintenance_items.values() if item["name"] == name}
        printer_id = printer_named(farm, printer)
        return next(
            each["id"]
            for each in farm.world.enrollments.values()
            if each["printerId"] == printer_id and each["maintenanceItemId"] in ids
        )

    def set_progress(printer: str, name: str, percent: float) -> str:
        enrollment = find(printer, name)
        item = farm.world.maintenance_items[farm.world.enrollments[enrollment]["maintenanceItemId"]]
        set_elapsed(farm.world, enrollment, item["interval"] * percent / 100)
        return enrollment

    for enrollment in farm.world.enrollments:
        set_elapsed(farm.world, enrollment, 0)
    return set_progress


@pytest.fixture
async def worn(hass: HomeAssistant, farm: VirtualFarm, wear: Wear, entry: MockConfigEntry) -> dict[str, str]:
    """Return the tasks of a farm of which one is overdue and one due soon."""
    tasks = {CLEAN: wear(X1C, CLEAN, 120), RODS: wear(X1C, RODS, 90)}
    await pass_time(hass, 31)
    farm.clear_requests()
    return tasks


async def read_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let maintenance be read, as it is about once an hour."""
    poller = entry.runtime_data.coordinator.slow_poller
    await poller._reads[Fact.MAINTENANCE].read()
    await hass.async_block_till_done()


@pytest.mark.usefixtures("worn")
async def test_printer_with_a_task_that_is_due_is_a_problem_and_the_farm_counts_tasks(
    hass: HomeAssistant, farm: VirtualFarm
) -> None:
    due = state_of(hass, printer_named(farm, X1C), DUE, BINARY)
    assert due.state == STATE_ON
    assert due.attributes["device_class"] == "problem"
    first, second, third = due.attributes["items"]
    assert (first["item"], first["status"], first["progress"]) == (CLEAN, "overdue", 120.0)
    assert (second["item"], second["status"]) == (RODS, "due_soon")
    assert (third["item"], third["status"]) == (NOZZLE, "ok")
    assert first.keys() == {"item", "status", "progress", "elapsed", "interval", "unit", "last_done"}
    assert value_of(hass, printer_named(farm, P1S), DUE, BINARY) == STATE_OFF
    count = state_of(hass, farm.config.store_id, DUE)
    assert count.state == "2"
    assert count.attributes["items"] == [f"{X1C}: {CLEAN}", f"{X1C}: {RODS}"]


@pytest.mark.usefixtures("worn")
async def test_completing_maintenance_on_the_list_marks_it_as_done(
    hass: HomeAssistant, farm: VirtualFarm, worn: dict[str, str]
) -> None:
    assert shown(hass, farm, DUE) == [f"{X1C}: {CLEAN}", f"{X1C}: {RODS}"]
    first, _ = await items(hass, farm, DUE)
    assert first["description"].startswith("After ")
    assert f"{X1C}: {CLEAN} is overdue" in shown(hass, farm, "attention")

    await complete(hass, farm, DUE, f"{X1C}: {CLEAN}")

    await until_shown(hass, farm, DUE, f"{X1C}: {RODS}")
    assert sent(farm, MARK_DONE) == [{"enrollmentIds": [worn[CLEAN]]}]
    assert farm.world.enrollments[worn[CLEAN]]["lastCompletedAt"] is not None
    assert f"{X1C}: {CLEAN} is overdue" not in shown(hass, farm, "attention")
    (latest,) = [
        item
        for item in state_of(hass, printer_named(farm, X1C), DUE, BINARY).attributes["items"]
        if item["item"] == CLEAN
    ]
    assert latest["status"] == "ok"
    assert latest["last_done"] is not None


@pytest.mark.usefixtures("worn")
async def test_overdue_maintenance_can_be_settled_where_everything_is_listed(
    hass: HomeAssistant, farm: VirtualFarm, worn: dict[str, str]
) -> None:
    await complete(hass, farm, "attention", f"{X1C}: {CLEAN} is overdue")
    assert sent(farm, MARK_DONE) == [{"enrollmentIds": [worn[CLEAN]]}]
    entity = list_entity(hass, farm, DUE)
    with pytest.raises(ServiceValidationError) as failed:
        await entity.async_complete(worn[CLEAN])
    assert failed.value.translation_key == "todo_item_gone"


@pytest.mark.usefixtures("worn")
async def test_maintenance_that_printago_did_not_mark_stays_due(hass: HomeAssistant, farm: VirtualFarm) -> None:
    farm.inject_fault(Fault(mode="status", status=400, path=MARK_DONE))
    with pytest.raises(HomeAssistantError):
        await complete(hass, farm, DUE, f"{X1C}: {CLEAN}")
    assert shown(hass, farm, DUE) == [f"{X1C}: {CLEAN}", f"{X1C}: {RODS}"]
    assert value_of(hass, farm.config.store_id, DUE) == "2"


# The action


async def test_action_marks_what_is_due_or_what_is_named(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, worn: dict[str, str]
) -> None:
    printer = device_of(hass, entry, printer_named(farm, X1C))
    assert printer is not None
    done = await act(hass, "mark_maintenance_done", printers=[X1C], items=["replace the NOZZLE"], notes="New one")
    assert [each["item"] for each in done["done"]] == [NOZZLE]
    assert sent(farm, MARK_DONE)[-1]["notes"] == "New one"

    done = await act(hass, "mark_maintenance_done", printers=[printer.id, P1S])
    assert [each["item"] for each in done["done"]] == [CLEAN, RODS]
    assert sent(farm, MARK_DONE)[-1] == {"enrollmentIds": [worn[CLEAN], worn[RODS]]}
    assert value_of(hass, printer_named(farm, X1C), DUE, BINARY) == STATE_OFF


@pytest.mark.usefixtures("worn")
@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"printers": [P1S]}, "no_maintenance_due"),
        ({"printers": [X1C], "items": ["Sing"]}, "maintenance_not_found"),
        ({"printers": ["Nobody"]}, "not_a_printer"),
        ({}, "fields_needed"),
    ],
)
async def test_action_that_makes_no_sense_says_why_and_sends_nothing(
    hass: HomeAssistant, farm: VirtualFarm, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as failed:
        await act(hass, "mark_maintenance_done", **data)
    assert failed.value.translation_key == key
    assert paths(farm) == []


# Events


async def test_each_step_towards_due_fires_once_also_over_reloads_and_restarts(
    hass: HomeAssistant, farm: VirtualFarm, wear: Wear, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    alerts = entity_id(hass, printer_named(farm, X1C), "alert", "event")
    wear(X1C, CLEAN, 85)
    await read_again(hass, entry)
    await read_again(hass, entry)
    assert recorder.of(alerts) == ["maintenance_due_soon"]
    state = hass.states.get(alerts)
    assert state is not None
    assert (state.attributes["item"], state.attributes["progress"]) == (CLEAN, 85)

    maintenance = entry.runtime_data.coordinator.store_state.facts.maintenance
    maintenance.restore(maintenance.export())
    await hass.config_entries.async_reload(entry.entry_id)
    wear(X1C, CLEAN, 130)
    await read_again(hass, entry)
    await read_again(hass, entry)
    assert recorder.of(alerts) == ["maintenance_due_soon", "maintenance_overdue"]


async def test_tasks_with_events_and_the_subscription_are_stored(
    hass: HomeAssistant, farm: VirtualFarm, worn: dict[str, str], hass_storage: dict[str, Any]
) -> None:
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    stored = hass_storage[f"printago.{farm.config.store_id}"]["data"]
    assert stored["maintenance"] == {worn[CLEAN]: "OVERDUE", worn[RODS]: "DUE_SOON"}
    assert stored["entitled"] is True


@pytest.mark.parametrize("stored", [None, 1, [], "x", {"a": 1}, {"a": "NEW"}, {1: "OVERDUE"}, {"a": None}])
def test_damaged_storage_of_maintenance_is_ignored(stored: object) -> None:
    maintenance = Maintenance()
    maintenance.restore(stored)
    item = MaintenanceItem.from_json("a", {"printerId": "p" * 24, "status": "OVERDUE", "itemName": "Oil"})
    events = maintenance.take({"a": item})
    assert [kind for kind, _ in events] == (["maintenance_overdue"] if isinstance(stored, dict) else [])


async def test_what_is_due_at_the_first_start_fires_nothing(
    hass: HomeAssistant, farm: VirtualFarm, wear: Wear, entry: MockConfigEntry
) -> None:
    recorder = EventRecorder(hass)
    wear(X1C, CLEAN, 130)
    await pass_time(hass, 31)
    assert value_of(hass, printer_named(farm, X1C), DUE, BINARY) == STATE_ON
    assert recorder.of(entity_id(hass, printer_named(farm, X1C), "alert", "event")) == []


async def test_maintenance_done_by_us_becomes_due_again_with_an_event(
    hass: HomeAssistant, farm: VirtualFarm, wear: Wear, worn: dict[str, str], entry: MockConfigEntry
) -> None:
    recorder = EventRecorder(hass)
    await complete(hass, farm, DUE, f"{X1C}: {CLEAN}")
    wear(X1C, CLEAN, 101)
    await read_again(hass, entry)
    alerts = entity_id(hass, printer_named(farm, X1C), "alert", "event")
    assert recorder.of(alerts) == ["maintenance_overdue"]


# Keys and entitlement


async def test_key_that_cannot_view_maintenance_has_none_of_it(
    hass: HomeAssistant, farm: VirtualFarm, wear: Wear, setup_entry: SetUp
) -> None:
    wear(X1C, CLEAN, 130)
    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats", "queue.view", "maintenance.edit"})
    entry = await setup_entry(**{CONF_API_KEY: NARROW_KEY})
    await pass_time(hass, 31)
    printer = printer_named(farm, X1C)
    assert value_of(hass, printer, DUE, BINARY) is None
    assert value_of(hass, farm.config.store_id, DUE) is None
    assert value_of(hass, farm.config.store_id, DUE, TODO) is None
    assert "is overdue" not in str(shown(hass, farm, "attention"))

    farm.add_api_key(NARROW_KEY)
    await read_again(hass, entry)
    await until(hass, lambda: value_of(hass, printer, DUE, BINARY) == STATE_ON)
    assert value_of(hass, farm.config.store_id, DUE) == "1"

    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats", "queue.view"})
    with pytest.raises(Exception, match="maintenance"):
        await read_again(hass, entry)
    await until(hass, lambda: value_of(hass, printer, DUE, BINARY) == STATE_UNAVAILABLE)
    assert value_of(hass, farm.config.store_id, DUE) == STATE_UNAVAILABLE


class TestStoreWithoutMaintenanceMode:
    """A store whose subscription does not include it."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Return such a store."""
        return FarmConfig(speed=0, printers=2, maintenance_entitlement=False)

    async def test_switch_is_not_offered_until_the_subscription_includes_it(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        printer = printer_named(farm, X1C)
        await pass_time(hass, 31)
        assert value_of(hass, printer, "maintenance_mode", "switch") is None

        farm.world.entitle("maintenance")
        await entry.runtime_data.coordinator.slow_poller._reads["entitlements"].read()
        await until(hass, lambda: value_of(hass, printer, "maintenance_mode", "switch") == STATE_OFF)
        assert entity_id(hass, printer, "maintenance_mode", "switch")

    async def test_switch_of_an_existing_install_stays_and_only_turns_off(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
    ) -> None:
        from homeassistant.helpers import entity_registry as er

        printer = printer_named(farm, X1C)
        er.async_get(hass).async_get_or_create("switch", "printago", f"{printer}_maintenance_mode")
        farm.fleet.set_maintenance(farm.printer(printer), enabled=True)
        await setup_entry()
        await pass_time(hass, 31)
        assert value_of(hass, printer, "maintenance_mode", "switch") == STATE_ON

        target = {"entity_id": entity_id(hass, printer, "maintenance_mode", "switch")}
        await hass.services.async_call("switch", "turn_off", target, blocking=True)
        await until(hass, lambda: value_of(hass, printer, "maintenance_mode", "switch") == STATE_UNAVAILABLE)
        assert not farm.printer(printer).is_in_maintenance
