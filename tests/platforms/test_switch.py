"""The effect of the switches at Printago, and their state meanwhile."""

import asyncio

from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, printer_named, state_of, until, until_asked, value_of
from virtual_farm import FarmConfig, Fault, VirtualFarm


async def turn(hass: HomeAssistant, identifier: str, key: str, to: str) -> None:
    """Turn a switch of a printer or store on or off."""
    target = {"entity_id": entity_id(hass, identifier, key, SWITCH)}
    await hass.services.async_call(SWITCH, f"turn_{to}", target, blocking=True)


def switch(hass: HomeAssistant, identifier: str, key: str) -> str | None:
    """Return the state of a switch."""
    return value_of(hass, identifier, key, SWITCH)


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished."""
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(
    ("key", "attribute", "path"),
    [
        ("enabled", "enabled", "/v1/printers/enabled"),
        ("fabmatic", "continuous_print", "/v1/printers/continous-print"),
        ("maintenance_mode", "is_in_maintenance", "/v1/maintenance/mode"),
    ],
)
async def test_switch_changes_the_printer_at_printago_and_shows_the_response(
    hass: HomeAssistant, farm: VirtualFarm, key: str, attribute: str, path: str
) -> None:
    printer = printer_named(farm, "A1 01")
    before = switch(hass, printer, key)
    assert before == ("on" if getattr(farm.world.printers[printer], attribute) else "off")
    other = "off" if before == "on" else "on"

    await turn(hass, printer, key, other)
    assert switch(hass, printer, key) == other
    assert getattr(farm.world.printers[printer], attribute) is (other == "on")

    await turn(hass, printer, key, before)
    assert switch(hass, printer, key) == before
    assert getattr(farm.world.printers[printer], attribute) is (before == "on")
    assert paths(farm) == [f"PATCH {path}"] * 2


@pytest.mark.usefixtures("calm")
async def test_change_made_at_printago_shows(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "A1 01")
    farm.fleet.set_fabmatic(farm.world.printers[printer], enabled=True, job_limit=7)
    farm.settle()
    await until(hass, lambda: switch(hass, printer, "fabmatic") == "on")
    assert state_of(hass, printer, "fabmatic", SWITCH).attributes["job_limit"] == 7

    await turn(hass, printer, "fabmatic", "off")
    assert state_of(hass, printer, "fabmatic", SWITCH).attributes["job_limit"] is None


@pytest.mark.usefixtures("calm")
async def test_switch_of_an_offline_printer_works_since_it_is_a_setting(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "A1 01")
    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "offline")

    await turn(hass, printer, "maintenance_mode", "on")

    assert value_of(hass, printer, "readiness") == "maintenance"


@pytest.fixture
def shown(hass: HomeAssistant, farm: VirtualFarm, calm: None) -> list[str]:
    """Return the future states of a switch."""
    states: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        states.append(event.data["new_state"].state)

    async_track_state_change_event(hass, entity_id(hass, printer_named(farm, "A1 01"), "enabled", SWITCH), note)
    return states


async def test_switch_shows_the_requested_state_and_reverts_when_the_call_fails(
    hass: HomeAssistant, farm: VirtualFarm, shown: list[str]
) -> None:
    printer = printer_named(farm, "A1 01")
    farm.inject_fault(Fault(mode="status", status=500))

    with pytest.raises(HomeAssistantError) as failed:
        await turn(hass, printer, "enabled", "off")

    await hass.async_block_till_done()
    assert failed.value.translation_key == "outcome_unknown"
    assert shown == ["off", "on"]
    assert farm.world.printers[printer].enabled


async def test_presses_are_sent_in_order_and_the_last_one_wins(
    hass: HomeAssistant, farm: VirtualFarm, shown: list[str]
) -> None:
    printer = printer_named(farm, "A1 01")
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", until=answer))

    presses = [hass.async_create_task(turn(hass, printer, "enabled", to)) for to in ("off", "on", "off")]
    await until(hass, lambda: shown == ["off", "on", "off"])
    answer.set()
    await asyncio.gather(*presses)

    assert switch(hass, printer, "enabled") == "off"
    assert not farm.world.printers[printer].enabled
    # A press replaced while it waited is not sent.
    assert len(farm.requests) == 2


async def test_response_to_an_older_press_does_not_replace_a_newer_one(
    hass: HomeAssistant, farm: VirtualFarm, shown: list[str]
) -> None:
    printer = printer_named(farm, "A1 01")
    farm.inject_fault(Fault(mode="slow", seconds=0.2, count=2))

    await asyncio.gather(*(turn(hass, printer, "enabled", to) for to in ("off", "on")))
    await hass.async_block_till_done()

    assert shown == ["off", "on"]
    assert farm.world.printers[printer].enabled


async def test_second_press_is_sent_after_the_response_to_the_first(
    hass: HomeAssistant, farm: VirtualFarm, shown: list[str]
) -> None:
    printer = printer_named(farm, "A1 01")
    # The second one would be sent after 50 ms.
    farm.inject_fault(Fault(mode="slow", seconds=0.3))
    first = hass.async_create_task(turn(hass, printer, "enabled", "off"))
    await until_asked(lambda: len(farm.requests) == 1)
    second = hass.async_create_task(turn(hass, printer, "enabled", "on"))

    await until_asked(lambda: len(farm.requests) == 2)
    assert farm.requests[0].status == 200
    await asyncio.gather(first, second)
    await hass.async_block_till_done()
    assert [request.body["enabled"] for request in farm.requests if request.body] == [False, True]
    assert shown == ["off", "on"]
    assert farm.world.printers[printer].enabled


async def test_failed_older_press_does_not_replace_a_newer_one(
    hass: HomeAssistant, farm: VirtualFarm, shown: list[str]
) -> None:
    printer = printer_named(farm, "A1 01")
    fails, answers = asyncio.Event(), asyncio.Event()
    farm.inject_fault(Fault(mode="timeout", until=fails))
    farm.inject_fault(Fault(mode="slow", until=answers))
    older = hass.async_create_task(turn(hass, printer, "enabled", "off"))
    await until_asked(lambda: len(farm.requests) == 1)
    newer = [hass.async_create_task(turn(hass, printer, "enabled", to)) for to in ("on", "off")]
    await until(hass, lambda: shown == ["off", "on", "off"])

    fails.set()
    with pytest.raises(HomeAssistantError):
        await older
    await until_asked(lambda: len(farm.requests) == 2)
    assert shown == ["off", "on", "off"]
    answers.set()
    await asyncio.gather(*newer)
    await hass.async_block_till_done()
    assert shown == ["off", "on", "off"]
    assert not farm.world.printers[printer].enabled


@pytest.mark.usefixtures("calm")
async def test_refused_fabmatic_points_to_the_safety_rules(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "A1 01")
    farm.inject_fault(Fault(mode="status", status=400, message="No eject method is set up."))
    with pytest.raises(HomeAssistantError) as failed:
        await turn(hass, printer, "fabmatic", "on")
    assert failed.value.translation_key == "fabmatic_refused"
    assert "safety requirements" in str(failed.value)
    assert "No eject method is set up." in str(failed.value)
    assert switch(hass, printer, "fabmatic") == "off"


@pytest.mark.usefixtures("calm")
async def test_unload_during_a_call_leaves_nothing_behind(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    answer = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", until=answer))
    turning = asyncio.create_task(turn(hass, printer, "enabled", "off"))
    await until_asked(lambda: len(farm.requests) == 1)
    assert switch(hass, printer, "enabled") == "off"

    assert await hass.config_entries.async_unload(entry.entry_id)
    answer.set()
    await turning

    assert switch(hass, printer, "enabled") == "unavailable"
    assert not farm.world.printers[printer].enabled


class TestWithoutEntitlement:
    """A store whose subscription does not include maintenance mode."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Return a farm with such a subscription."""
        return FarmConfig(speed=0, maintenance_entitlement=False, printers=3)

    async def test_maintenance_is_refused_with_a_reason_and_can_be_turned_off(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
    ) -> None:
        printer = printer_named(farm, "A1 01")
        farm.fleet.set_maintenance(farm.world.printers[printer], enabled=True)
        # As long as the list of the subscription has not been read again.
        farm.world.entitle("maintenance")
        await setup_entry()
        assert switch(hass, printer, "maintenance_mode") == "on"

        await turn(hass, printer, "maintenance_mode", "off")
        with pytest.raises(HomeAssistantError) as failed:
            await turn(hass, printer, "maintenance_mode", "on")

        assert failed.value.translation_key == "not_entitled"
        assert "The subscription does not include maintenance mode" in str(failed.value)
        # It does not lack a permission, so the switch stays available.
        assert switch(hass, printer, "maintenance_mode") == "off"


class TestManyPrinters:
    """A farm of a hundred printers."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Return a large farm."""
        return FarmConfig(printers=100, speed=0, scenario="idle")

    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("enabled", "/v1/printers/enabled"),
            ("fabmatic", "/v1/printers/continous-print"),
            ("maintenance_mode", "/v1/maintenance/mode"),
        ],
    )
    async def test_hundred_switches_used_together_are_one_request(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, key: str, path: str
    ) -> None:
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        farm.clear_requests()
        to = "off" if key == "enabled" else "on"
        switches = [entity_id(hass, printer, key, SWITCH) for printer in farm.world.printers]

        await hass.services.async_call(SWITCH, f"turn_{to}", {"entity_id": switches}, blocking=True)

        assert paths(farm) == [f"PATCH {path}"]
        assert {switch(hass, printer, key) for printer in farm.world.printers} == {to}


async def test_low_priority_setting_of_the_store_is_read_and_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    initially = farm.world.settings["processLowPriorityJobs"]
    assert switch(hass, store, "process_low_priority_jobs") == "unknown"
    await pass_time(hass, 31)
    await until(hass, lambda: switch(hass, store, "process_low_priority_jobs") == ("on" if initially else "off"))
    other = "off" if initially else "on"
    farm.clear_requests()

    await turn(hass, store, "process_low_priority_jobs", other)

    assert farm.world.settings["processLowPriorityJobs"] is not initially
    assert switch(hass, store, "process_low_priority_jobs") == other
    assert paths(farm) == ["PATCH /v1/settings/store"]
    assert farm.requests[0].body == {"processLowPriorityJobs": not initially}


async def test_low_priority_setting_is_reverted_when_the_call_fails(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await pass_time(hass, 31)
    await until(hass, lambda: switch(hass, store, "process_low_priority_jobs") in ("on", "off"))
    before = switch(hass, store, "process_low_priority_jobs")
    farm.inject_fault(Fault(mode="reset", method="PATCH"))
    with pytest.raises(HomeAssistantError):
        await turn(hass, store, "process_low_priority_jobs", "off" if before == "on" else "on")
    assert switch(hass, store, "process_low_priority_jobs") == before
