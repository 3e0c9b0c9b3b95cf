"""Every entity of a farm: names, units, categories and states."""

from datetime import UTC, datetime
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from custom_components.printago import PLATFORMS
from tests.conftest import SetUp
from tests.support.common import pass_time, printer_named, state_of, until, value_of
from virtual_farm import FarmConfig, VirtualFarm

PRINTER_KEYS = {
    Platform.SENSOR: {
        True: {
            "print_status", "readiness", "print_progress", "remaining_time", "end_time", "current_layer", "stage",
            "task_name", "current_job", "nozzle_temp", "bed_temp", "chamber_temp", "total_usage_hours",
            "total_print_jobs", "last_print_result", "success_rate", "filament_used", "problem", "external_spool", "ams_1_tray_1", "ams_1_tray_2", "ams_1_tray_3",
            "ams_1_tray_4",
        },
        False: {
            "start_time", "total_layers", "target_nozzle_temp", "target_bed_temp", "target_chamber_temp", "cooling_fan_speed",
            "aux_fan_speed", "chamber_fan_speed", "model_download_percentage", "last_printed",
            "fabmatic_remaining_jobs", "failed_prints",
        },
    },
    Platform.BINARY_SENSOR: {True: {"online", "printing", "bed_needs_clearing", "hms", "maintenance_due"}, False: set()},
    Platform.BUTTON: {
        True: {"confirm_bed_cleared", "pause", "resume", "stop"},
        False: {"refresh", "home", "unload_filament"},
    },
    Platform.SWITCH: {True: {"enabled", "fabmatic", "maintenance_mode"}, False: set()},
    Platform.LIGHT: {True: {"chamber_light"}, False: set()},
    Platform.NUMBER: {True: set(), False: {"nozzle_target", "bed_target"}},
    Platform.FAN: {True: set(), False: {"cooling_fan", "aux_fan", "chamber_fan"}},
    Platform.IMAGE: {True: {"cover_image"}, False: set()},
    Platform.EVENT: {True: {"print", "alert"}, False: set()},
}  # fmt: skip
FARM_KEYS = {
    Platform.SENSOR: {
        "printers_total", "printers_online", "printers_printing", "printers_ready", "printers_awaiting_clear",
        "printers_with_problem", "jobs_queued", "jobs_in_progress", "jobs_failed", "jobs_waiting_approval", "materials_short",
        "jobs_completed", "utilization", "next_free", "orders_open", "orders_overdue", "production_slots_used",
        "production_slots_total", "maintenance_due", "order_items_unprintable", "api_requests_last_hour", "success_rate",
        "filament_used", "print_time",
        "queue_print_time", "queue_end", "queue_filament",
    },
    Platform.BINARY_SENSOR: {"realtime"},
    Platform.BUTTON: {"refresh"},
    Platform.SWITCH: {"process_low_priority_jobs"},
    Platform.CALENDAR: {"deadlines", "prints"},
    Platform.TODO: {"attention", "queue", "beds_to_clear", "open_orders", "maintenance_due"},
    Platform.EVENT: {"job", "material", "order"},
}  # fmt: skip


# The state of each of these printers, by its name in the demo.
SITUATIONS = {
    "X1 Carbon 01": "prints with an AMS",
    "A1 01": "is idle",
    "A1 mini 01": "is offline",
    "Klipper 01": "is a Klipper printer",
    "X1 Carbon 02": "is in maintenance",
    "P1S 01": "has an HMS error",
}
# These differ between runs, or are the same for every printer and part of its registry entry.
IGNORED = {
    "access_token", "attribution", "device_class", "end_time", "entity_picture", "event_types", "friendly_name", "icon", "max", "min",
    "mode", "options", "preset_modes", "start_time", "state_class", "step", "supported_color_modes", "supported_features",
    "unit_of_measurement", "waiting_since",
}  # fmt: skip
VARYING = {"api_requests_last_hour": "some", "cover_image": "when it was fetched"}
ABSENT = {"unknown", "unavailable"}


class TestSnapshots:
    """A farm of six printers, each in another state."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Stop the clock of the cloud, so that each run gives the same result."""
        moment = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        return FarmConfig(speed=0, clock=lambda: moment, printers=3)

    @pytest.fixture
    def situations(self, farm: VirtualFarm) -> dict[str, str]:
        """Put six printers into their states and remove all others; return them by ID."""
        for printer in list(farm.world.printers.values()):
            if printer.name not in SITUATIONS:
                farm.remove_printer(printer.id)
        farm.raise_hms(printer_named(farm, "P1S 01"), "0300-0D00-0001-000B", "The Z axis motor seems stuck")
        klipper = printer_named(farm, "Klipper 01")
        farm.print_from_outside(klipper, "Bracket", 7200)
        farm.printer(klipper).machine.skip_to(0.25)
        farm.settle()
        return {printer_named(farm, name): situation for name, situation in SITUATIONS.items()}

    @pytest.mark.printers(8)
    @pytest.mark.parametrize("platform", PLATFORMS)
    @pytest.mark.usefixtures("every_entity_enabled")
    async def test_entities_are_as_they_always_were(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        situations: dict[str, str],
        setup_entry: SetUp,
        monkeypatch: pytest.MonkeyPatch,
        snapshot: SnapshotAssertion,
        platform: Platform,
    ) -> None:
        monkeypatch.setattr("custom_components.printago.PLATFORMS", (platform,))
        entry = await setup_entry()
        # Entities of optional data are added after the first read.
        await pass_time(hass, 31)
        if platform is Platform.SENSOR:
            # The past is read as well.
            await until(hass, lambda: value_of(hass, farm.config.store_id, "filament_used") not in (None, "unknown"))

        registered: dict[str, dict[str, Any]] = {}
        shown: dict[str, dict[str, Any]] = {}
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
            identifier, _, key = entity.unique_id.partition("_")
            owner = situations.get(identifier, "farm")
            registered[f"{'farm' if owner == 'farm' else 'printer'} {key}"] = _facts(entity)
            state = hass.states.get(entity.entity_id)
            assert state is not None
            value = VARYING.get(key, state.state) if state.state not in ABSENT else state.state
            attributes = {name: value for name, value in state.attributes.items() if name not in IGNORED}
            shown.setdefault(owner, {})[key] = {"state": value, **attributes} if attributes else value

        assert {"farm", *situations.values()} >= set(shown)
        assert dict(sorted(registered.items())) == snapshot(name="registered")
        for owner, states in sorted(shown.items()):
            assert dict(sorted(states.items())) == snapshot(name=owner)


def _facts(entity: er.RegistryEntry) -> dict[str, Any]:
    """Return the constant properties of an entity, without empty ones."""
    facts = {
        "name": entity.original_name,
        "category": entity.entity_category,
        "device_class": entity.original_device_class,
        "unit": entity.unit_of_measurement,
        "features": int(entity.supported_features),
        "capabilities": dict(entity.capabilities or {}),
        "translation_key": entity.translation_key,
    }
    return {name: value for name, value in facts.items() if value}


async def test_each_printer_and_the_farm_have_the_entities_of_the_contract(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    # Entities of data that needs a permission are added after the first read.
    await pass_time(hass, 31)
    registered: dict[tuple[str, str, bool], set[str]] = {}
    for registered_entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        identifier, _, key = registered_entity.unique_id.partition("_")
        enabled = registered_entity.disabled_by is None
        registered.setdefault((identifier, registered_entity.domain, enabled), set()).add(key)

    with_everything = printer_named(farm, "X1 Carbon 01")
    for platform, keys in PRINTER_KEYS.items():
        for enabled, expected in keys.items():
            assert registered.get((with_everything, platform, enabled), set()) == expected
    for platform, expected in FARM_KEYS.items():
        assert registered.get((farm.config.store_id, platform, True), set()) == expected


@pytest.mark.printers(8)
async def test_counts_name_the_printers_that_they_count(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    awaiting = state_of(hass, store, "printers_awaiting_clear")
    assert awaiting.state == "1"
    assert awaiting.attributes["printers"] == ["P1S 01"]
    farm.raise_hms(printer_named(farm, "A1 01"), "0700-2000-0002-0001", "AMS A slot 1 is empty", severity="warning")
    await until(hass, lambda: value_of(hass, store, "printers_with_problem") == "2")
    assert "A1 01" in state_of(hass, store, "printers_with_problem").attributes["printers"]


async def test_job_goes_through_the_farm_and_is_counted(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    printer = printer_named(farm, "X1 Carbon 01")
    job = farm.world.jobs.get(farm.world.printers[printer].printing_job_id)
    assert job is not None
    current = state_of(hass, printer, "current_job")
    assert current.state == (job.label or job.part_name)
    assert current.attributes["job_id"] == job.id
    assert current.attributes["part"] == job.part_name
    failed = int(value_of(hass, store, "jobs_failed") or 0)
    in_progress = int(value_of(hass, store, "jobs_in_progress") or 0)

    farm.fail_print(printer)

    await until(hass, lambda: value_of(hass, store, "jobs_failed") == str(failed + 1))
    assert value_of(hass, store, "jobs_in_progress") == str(in_progress - 1)
    await until(hass, lambda: value_of(hass, printer, "current_job") == "unknown")
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")
    assert value_of(hass, printer, "readiness") == "awaiting_clear"


async def test_hms_error_is_a_problem_with_its_message_and_a_link(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "A1 01")
    farm.raise_hms(printer, "0300-0D00-0001-000B", "The Z axis motor seems stuck", severity="error")
    farm.raise_hms(printer, "0700-2000-0002-0001", "AMS A slot 1 is empty", severity="warning")
    await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "on")

    attributes = state_of(hass, printer, "hms", "binary_sensor").attributes
    assert attributes["highest_severity"] == "error"
    assert attributes["messages"][0] == {
        "code": "0300-0D00-0001-000B",
        "message": "The Z axis motor seems stuck",
        "severity": "error",
        "wiki": "https://wiki.bambulab.com/en/x1/troubleshooting/hmscode/0300_0D00_0001_000B",
    }

    farm.clear_hms(printer)
    await until(hass, lambda: value_of(hass, printer, "hms", "binary_sensor") == "off")


@pytest.mark.printers(8)
async def test_pause_by_the_user_is_no_problem(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    paused = printer_named(farm, "H2D 01")
    assert "0300-8013" in _codes(farm, paused)
    assert value_of(hass, paused, "print_status") == "pause"
    assert value_of(hass, paused, "printing", "binary_sensor") == "off"
    assert value_of(hass, paused, "hms", "binary_sensor") == "off"


def _codes(farm: VirtualFarm, printer_id: str) -> list[str]:
    stat = next(printer for printer in farm.state()["printers"] if printer["id"] == printer_id)["stat"]
    return [message["code"] for message in stat["health"]["errors"]]
