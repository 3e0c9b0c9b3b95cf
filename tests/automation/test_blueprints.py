"""Each blueprint is valid, and does with a farm what it says."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any
from urllib.parse import quote

from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)

from tests.support.common import device_of, entity_id, pass_time, paths, press, printer_named, state_of, until, value_of
from virtual_farm import Fault, VirtualFarm

BLUEPRINTS = Path(__file__).parents[2] / "blueprints" / "automation" / "printago"
DOCS = Path(__file__).parents[2] / "docs" / "blueprints.md"
FILES = sorted(path.name for path in BLUEPRINTS.glob("*.yaml"))
X1C, A1, P1S = "X1 Carbon 01", "A1 01", "P1S 01"


type Use = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a configuration folder with the blueprints."""
    shutil.copytree(BLUEPRINTS, Path(hass_tmp_config_dir) / "blueprints" / "automation" / "printago")
    return hass_tmp_config_dir


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished."""
    await pass_time(hass, 31)


def device_id(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the device ID of a printer or store."""
    device = device_of(hass, entry, identifier)
    assert device is not None
    return device.id


@pytest.fixture
async def use(hass: HomeAssistant) -> AsyncGenerator[Use]:
    """Return a function that adds an automation from a blueprint, and turns it off at the end."""

    async def make(blueprint: str, **inputs: Any) -> None:
        automation = {"alias": "Test", "use_blueprint": {"path": f"printago/{blueprint}.yaml", "input": inputs}}
        assert await async_setup_component(hass, "automation", {"automation": [automation]})
        await hass.async_block_till_done()
        state = hass.states.get("automation.test")
        assert state is not None
        assert state.state == "on", "Home Assistant refused the automation"

    yield make
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.test"}, blocking=True)


def add_phone(hass: HomeAssistant) -> tuple[str, list[ServiceCall]]:
    """Add a phone; return the ID of its device, and a list that gets its notifications."""
    app = MockConfigEntry(domain="mobile_app")
    app.add_to_hass(hass)
    phone = dr.async_get(hass).async_get_or_create(
        config_entry_id=app.entry_id, identifiers={("mobile_app", "phone")}, name="Workshop Phone"
    )
    return phone.id, async_mock_service(hass, "notify", "mobile_app_workshop_phone")


def kind_of(hass: HomeAssistant, printer: str, key: str) -> str | None:
    """Return the last event of a printer's event entity."""
    return state_of(hass, printer, key, "event").attributes.get("event_type")


async def end_print(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    """Finish a print, and wait until its bed needs clearing."""
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "awaiting_clear")
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")


def let_beds_wait(hass: HomeAssistant, minutes: float) -> list[str]:
    """Let all waiting beds wait this long; return their entities."""
    since = dt_util.utcnow().replace(microsecond=0) - timedelta(minutes=minutes)
    waiting = [state for state in hass.states.async_all("sensor") if state.state == "awaiting_clear"]
    for state in waiting:
        hass.states.async_remove(state.entity_id)
        hass.states.async_set(state.entity_id, state.state, state.attributes, timestamp=since.timestamp())
    return [state.entity_id for state in waiting]


async def strike(hass: HomeAssistant, *, later: int = 0) -> None:
    """Advance to the next full five minutes, or this many minutes after them."""
    moment = dt_util.utcnow().replace(second=0, microsecond=500_000) + timedelta(minutes=1)
    async_fire_time_changed(hass, moment + timedelta(minutes=-moment.minute % 5 + later))
    await hass.async_block_till_done()


@pytest.mark.parametrize("file", FILES)
async def test_blueprint_is_valid_and_describes_itself(hass: HomeAssistant, file: str) -> None:
    assert await async_setup_component(hass, "automation", {})
    blueprint = await async_get_blueprints(hass).async_get_blueprint(f"printago/{file}")
    assert blueprint.validate() is None
    assert blueprint.metadata["description"]
    assert blueprint.metadata["source_url"].endswith(f"/blob/main/blueprints/automation/printago/{file}")
    for name, settings in blueprint.inputs.items():
        assert settings["name"], name
        assert settings["selector"], name


@pytest.mark.parametrize("file", FILES)
async def test_blueprint_is_documented_with_all_its_inputs_and_can_be_imported(hass: HomeAssistant, file: str) -> None:
    assert await async_setup_component(hass, "automation", {})
    blueprint = await async_get_blueprints(hass).async_get_blueprint(f"printago/{file}")
    docs = DOCS.read_text(encoding="utf-8")
    assert f"blueprint_url={quote(blueprint.metadata['source_url'], safe='')})" in docs
    section = docs.partition(f"[`{file}`]")[2].partition("\n## ")[0]
    assert " ".join(blueprint.metadata["description"].split()) in " ".join(section.split())
    for settings in blueprint.inputs.values():
        assert f"| {settings['name']} |" in section


@pytest.mark.usefixtures("calm")
async def test_beds_that_wait_too_long_are_one_notification_and_confirmed_from_the_phone(
    hass: HomeAssistant, farm: VirtualFarm, use: Use
) -> None:
    printer = printer_named(farm, X1C)
    await end_print(hass, farm, printer)
    phone, notifications = add_phone(hass)
    await use("beds_waiting", phones=[phone], quiet_start="00:00:00", quiet_end="00:00:00")

    let_beds_wait(hass, 14)
    await strike(hass)
    assert notifications == []

    waiting = let_beds_wait(hass, 16)
    assert len(waiting) > 1
    await strike(hass, later=5)
    (notification,) = notifications
    assert notification.data["title"] == f"{len(waiting)} beds to clear"
    assert X1C in notification.data["message"]

    (button,) = notification.data["data"]["actions"]
    hass.bus.async_fire("mobile_app_notification_action", {"action": "SOMETHING_ELSE"})
    hass.bus.async_fire("mobile_app_notification_action", {"action": button["action"]})
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "off")
    assert farm.printer(printer).confirmed_ready
    confirmations = [path for path in paths(farm) if "ready" in path]
    assert len(confirmations) == 1


@pytest.mark.usefixtures("calm")
async def test_button_of_an_old_notification_does_not_confirm_later_beds(
    hass: HomeAssistant, farm: VirtualFarm, use: Use
) -> None:
    await use("beds_waiting")
    waiting = let_beds_wait(hass, 16)
    assert waiting
    long_ago = int(dt_util.utcnow().timestamp()) - 60 * 60
    farm.clear_requests()
    hass.bus.async_fire("mobile_app_notification_action", {"action": f"PRINTAGO_BEDS_CLEAR_{long_ago}"})
    await hass.async_block_till_done()
    assert farm.requests == []


@pytest.mark.usefixtures("calm")
async def test_no_notification_in_quiet_hours_but_after_them(hass: HomeAssistant, farm: VirtualFarm, use: Use) -> None:
    now = dt_util.now()
    phone, notifications = add_phone(hass)
    end = (now + timedelta(minutes=61)).replace(second=0, microsecond=0)
    start = (now - timedelta(minutes=60)).strftime("%H:%M:00")
    await use("beds_waiting", phones=[phone], quiet_start=start, quiet_end=end.strftime("%H:%M:00"))
    let_beds_wait(hass, 16)
    await strike(hass)
    assert notifications == []

    async_fire_time_changed(hass, end + timedelta(seconds=1))
    await hass.async_block_till_done()
    (notification,) = {call.data["message"] for call in notifications}
    assert "Waiting for more than 15 minutes" in notification


@pytest.mark.usefixtures("calm")
async def test_simultaneous_problems_are_one_notification(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    phone, notifications = add_phone(hass)
    x1c, p1s, a1 = (printer_named(farm, name) for name in (X1C, P1S, A1))
    devices = [device_id(hass, entry, printer) for printer in (x1c, p1s)]
    await use("alerts", printers={"device_id": devices}, phones=[phone])
    farm.fail_print(x1c, "Spaghetti detected")
    await until(hass, lambda: kind_of(hass, x1c, "print") == "print_failed")
    farm.raise_hms(p1s, "0300-0100-0001-0002", "The heatbed is too hot")
    farm.raise_hms(a1, "0300-0100-0001-0002", "Nobody watches this one")
    await until(hass, lambda: kind_of(hass, p1s, "alert") == kind_of(hass, a1, "alert") == "hms_error")
    assert notifications == []

    await pass_time(hass, 61)

    (notification,) = notifications
    assert notification.data["title"] == "2 printers need you"
    lines = sorted(notification.data["message"].splitlines())
    assert lines == [f"{P1S}: The heatbed is too hot", f"{X1C}: Plant Pot failed (Spaghetti detected)"]


@pytest.mark.usefixtures("calm")
async def test_single_alert_has_the_picture_of_the_print_and_leads_to_its_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    phone, notifications = add_phone(hass)
    x1c = printer_named(farm, X1C)
    device = device_id(hass, entry, x1c)
    await use("alerts", printers={"device_id": device}, phones=[phone], gather_seconds=0)
    farm.fail_print(x1c, "Spaghetti detected")
    await until(hass, lambda: kind_of(hass, x1c, "print") == "print_failed")
    await pass_time(hass, 1)

    (notification,) = notifications
    assert notification.data["title"] == f"{X1C} needs you"
    assert notification.data["data"]["image"].startswith("/api/image_proxy/image.x1_carbon_01")
    (button,) = notification.data["data"]["actions"]
    assert button["uri"] == f"/config/devices/device/{device}"


@pytest.mark.usefixtures("calm")
async def test_wall_button_confirms_the_bed_of_its_printer_and_only_when_it_waits(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    printer = printer_named(farm, X1C)
    done = async_capture_events(hass, "lamp_flashed")
    await use(
        "wall_button",
        pressed=[{"trigger": "event", "event_type": "tag_scanned", "event_data": {"tag_id": "x1c"}}],
        printer=device_id(hass, entry, printer),
        afterwards=[{"event": "lamp_flashed"}],
    )
    farm.clear_requests()
    hass.bus.async_fire("tag_scanned", {"tag_id": "x1c"})
    await hass.async_block_till_done()
    assert farm.requests == []

    await end_print(hass, farm, printer)
    hass.bus.async_fire("tag_scanned", {"tag_id": "another"})
    hass.bus.async_fire("tag_scanned", {"tag_id": "x1c"})
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "off")
    await hass.async_block_till_done()
    assert farm.printer(printer).confirmed_ready
    assert len(done) == 1


@pytest.mark.usefixtures("calm")
async def test_andon_light_shows_what_the_printer_needs(hass: HomeAssistant, farm: VirtualFarm, use: Use) -> None:
    on = async_mock_service(hass, "light", "turn_on")
    off = async_mock_service(hass, "light", "turn_off")
    printer = printer_named(farm, X1C)
    await use(
        "andon_light",
        readiness=entity_id(hass, printer, "readiness"),
        problem=entity_id(hass, printer, "hms", "binary_sensor"),
        light={"entity_id": "light.andon"},
        ready_color=[1, 2, 3],
    )
    await end_print(hass, farm, printer)
    await hass.async_block_till_done()
    assert on[-1].data["rgb_color"] == [255, 160, 0]
    assert on[-1].data["entity_id"] == ["light.andon"]

    farm.raise_hms(printer, "0300-0100-0001-0002", "The heatbed is too hot")
    await until(hass, lambda: on[-1].data["rgb_color"] == [255, 0, 0])
    farm.clear_hms(printer)
    await until(hass, lambda: on[-1].data["rgb_color"] == [255, 160, 0])
    await press(hass, printer, "confirm_bed_cleared")
    await until(hass, lambda: on[-1].data["rgb_color"] != [255, 160, 0])
    farm.disconnect_printer(printer)
    await until(hass, lambda: off != [])


@pytest.mark.usefixtures("calm")
async def test_smoke_stops_printers_and_cuts_power_even_if_commands_fail(
    hass: HomeAssistant, farm: VirtualFarm, use: Use
) -> None:
    hass.states.async_set("binary_sensor.smoke", "off")
    assert await async_setup_component(hass, "homeassistant", {})
    cut = async_mock_service(hass, "switch", "turn_off")
    await use("emergency_stop", detectors=["binary_sensor.smoke"], mains=["switch.rack"], mains_delay=0)
    farm.inject_fault(Fault(mode="status", status=500, path="/v1/printers", count=50))
    farm.clear_requests()
    hass.states.async_set("binary_sensor.smoke", "on")
    await hass.async_block_till_done()
    assert cut[-1].data["entity_id"] == ["switch.rack"]
    assert paths(farm)[0] == "PATCH /v1/printers/continous-print"
    assert paths(farm).count("POST /v1/printer-commands/send") == 3


@pytest.mark.usefixtures("calm")
async def test_night_run_starts_in_the_evening_and_ends_in_the_morning(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    printer = printer_named(farm, P1S)
    switch = entity_id(hass, farm.config.store_id, "process_low_priority_jobs", "switch")
    await hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    evening = (dt_util.now() + timedelta(hours=1)).replace(microsecond=0)
    morning = evening + timedelta(hours=11)
    await use(
        "night_run",
        printers=[device_id(hass, entry, printer)],
        job_limit=4,
        low_priority=[switch],
        evening=evening.strftime("%H:%M:%S"),
        morning=morning.strftime("%H:%M:%S"),
    )

    async_fire_time_changed(hass, evening + timedelta(seconds=1))
    await until(hass, lambda: hass.states.is_state(switch, "on"))
    assert farm.printer(printer).continuous_print
    assert value_of(hass, printer, "fabmatic", "switch") == "on"
    body = next(request.body for request in farm.requests if "continous-print" in request.path)
    assert 4 in body.values()

    await hass.async_block_till_done(wait_background_tasks=True)
    async_fire_time_changed(hass, morning + timedelta(seconds=1))
    await until(hass, lambda: hass.states.is_state(switch, "off"))
    assert not farm.printer(printer).continuous_print


@pytest.mark.usefixtures("calm")
async def test_new_order_is_printed_and_a_failure_is_notified(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, use: Use
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    failed = async_capture_events(hass, "not_queued")
    await use(
        "print_orders",
        farm=device_id(hass, entry, farm.config.store_id),
        priority="low",
        not_queued=[{"event": "not_queued", "event_data": {"message": "{{ message }}"}}],
    )
    sku = next(sku for sku in farm.world.skus.values() if sku["sku"] == "BENCHY-1")
    farm.orders.create({"orderNumber": "1042"}, [{"skuId": sku["id"], "quantity": 2}])
    farm.settle()
    await until(hass, lambda: state_of(hass, farm.config.store_id, "order", "event").state != "unknown")
    await hass.async_block_till_done()
    request = next(request for request in farm.requests if "order" in request.path and request.method == "POST")
    assert request.body["orderIds"] == [state_of(hass, farm.config.store_id, "order", "event").attributes["order_id"]]
    assert request.body["priority"] == 1000
    assert failed == []

    farm.orders.create({"orderNumber": "1043"}, [])
    farm.settle()
    previous = state_of(hass, farm.config.store_id, "order", "event").state
    await until(hass, lambda: state_of(hass, farm.config.store_id, "order", "event").state != previous)
    await hass.async_block_till_done()
    assert failed[0].data["message"].startswith("Order 1043: ")
