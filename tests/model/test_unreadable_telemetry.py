"""Any value in place of any telemetry value: no entity keeps showing its previous value."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
import json
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, printer_named
from virtual_farm import VirtualFarm

SLOT = {"id": "0", "color": "C12E1FFF", "info": "PLA Basic", "tagId": "A1", "type": "PLA", "remaining": 1}
GOOD: dict[str, Any] = {
    "temps": {
        "bedTemp": 1,
        "bedTempTarget": 2,
        "nozzleTemp": 219.5,
        "nozzleTempTarget": 220,
        "chamberTemp": 31,
        "chamberTempTarget": 40,
    },
    "lights": {"work": "on", "chamber": "on"},
    "fans": {"part": 1, "aux": 50, "chamber": 99},
    "printer": {"nozzleDiameter": "0.4", "homeAxes": {"x": True, "y": True, "z": True}},
    "print": {
        "downloadPercent": 42,
        "percent": 43,
        "timeRemaining": 600,
        "stage": "Printing",
        "activity": "printing",
        "errorCode": "",
        "printError": 0,
        "currentLayer": 1,
        "totalLayers": 100,
        "taskId": "1",
        "taskName": "Benchy",
    },
    "filament": {
        "ams": {"status": {"slotsLoaded": "1", "slotsReading": "0"}, "ams": [{"slots": [SLOT]}]},
        "spool": {**SLOT, "info": "PETG Basic", "remaining": 77},
    },
    "health": {"errors": [{"code": "0300-0D00-0001-000B", "message": "Stuck"}], "warnings": [], "infos": []},
}
TRAY = "data.filament.ams.ams.0.slots.0"
SHOWN: Mapping[str, tuple[str, ...]] = {
    "state": ("sensor.print_status",),
    "data.temps.bedTemp": ("sensor.bed_temp",),
    "data.temps.bedTempTarget": ("sensor.target_bed_temp", "number.bed_target"),
    "data.temps.nozzleTemp": ("sensor.nozzle_temp",),
    "data.temps.nozzleTempTarget": ("sensor.target_nozzle_temp", "number.nozzle_target"),
    "data.temps.chamberTemp": ("sensor.chamber_temp",),
    "data.temps.chamberTempTarget": ("sensor.target_chamber_temp",),
    "data.lights.chamber": ("light.chamber_light",),
    "data.fans.part": ("sensor.cooling_fan_speed", "fan.cooling_fan percentage"),
    "data.fans.aux": ("sensor.aux_fan_speed", "fan.aux_fan percentage"),
    "data.fans.chamber": ("sensor.chamber_fan_speed", "fan.chamber_fan percentage"),
    "data.print.downloadPercent": ("sensor.model_download_percentage",),
    "data.print.percent": ("sensor.print_progress",),
    "data.print.timeRemaining": ("sensor.remaining_time", "sensor.end_time"),
    "data.print.stage": ("sensor.stage",),
    "data.print.currentLayer": ("sensor.current_layer",),
    "data.print.totalLayers": ("sensor.total_layers",),
    "data.print.taskName": ("sensor.task_name",),
    f"{TRAY}.color": ("sensor.ams_1_tray_1 color", "sensor.ams_1_tray_1 colors"),
    f"{TRAY}.info": ("sensor.ams_1_tray_1", "sensor.ams_1_tray_1 name"),
    f"{TRAY}.type": ("sensor.ams_1_tray_1 type",),
    f"{TRAY}.remaining": ("sensor.ams_1_tray_1 remaining",),
    "data.filament.spool.color": ("sensor.external_spool color", "sensor.external_spool colors"),
    "data.filament.spool.info": ("sensor.external_spool", "sensor.external_spool name"),
    "data.filament.spool.type": ("sensor.external_spool type",),
    "data.filament.spool.remaining": ("sensor.external_spool remaining",),
    "data.health.errors": ("binary_sensor.hms messages",),
    "data.health.errors.0.code": ("binary_sensor.hms messages",),
    "data.health.errors.0.message": ("binary_sensor.hms messages",),
}
"""What shows a value: an entity of a printer by platform and key, and possibly one of its attributes."""
NOT_SHOWN = (
    "data.lights.work", "data.printer", "data.print.activity", "data.print.errorCode", "data.print.printError",
    "data.print.taskId", "data.filament.ams.status", f"{TRAY}.id", f"{TRAY}.tagId", "data.filament.spool.id",
    "data.filament.spool.tagId", "data.health.warnings", "data.health.infos",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None, True, False, -20, 1e308, 2**63, [], {}, [None], {"": [1]}, "\x00", "", "-1", "255", "9" * 400,
)  # fmt: skip


def leaves(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of all values in a message, including objects and lists."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inner:
        yield from leaves(member, f"{path}.{key}")


def with_junk(stat: Mapping[str, Any], path: str, junk: Any) -> dict[str, Any]:
    """Return a message with another value at a path."""
    copy: dict[str, Any] = json.loads(json.dumps(stat))
    inner: Any = copy
    *way, last = (int(key) if key.isdigit() else key for key in path.split("."))
    for key in way:
        inner = inner[key]
    inner[last] = junk
    return copy


def value_at(stat: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path."""
    value: Any = stat
    for key in path.split("."):
        value = value[int(key) if key.isdigit() else key]
    return value


def shown_by(path: str) -> set[str]:
    """Return what shows the value at a path, or any value below it."""
    return {shown for leaf, names in SHOWN.items() if leaf == path or leaf.startswith(f"{path}.") for shown in names}


def test_every_value_of_a_message_is_tested() -> None:
    for path in leaves(GOOD, "data"):
        assert shown_by(path) or path.startswith(NOT_SHOWN), path


class Printer:
    """A printer whose telemetry the test writes, and its states in Home Assistant."""

    def __init__(self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, printer_id: str) -> None:
        self.hass, self.farm, self.entry, self.id = hass, farm, entry, printer_id
        self.sent_at = farm.config.clock()

    async def send_stat(self, stat: Mapping[str, Any]) -> None:
        """Send a message over the stream, and wait until it is processed."""
        self.sent_at = now = self.sent_at + timedelta(milliseconds=1)
        stamps = {"receivedAt": now.isoformat(), "expiresAt": (now + timedelta(minutes=5)).isoformat()}
        payload = json.dumps({**stat, **stamps}, separators=(",", ":")).encode()
        self.farm.publish(f"stores/{self.farm.config.store_id}/printer-stats/{self.id}", payload)
        state = self.entry.runtime_data.coordinator.farm.printers[self.id]
        async with asyncio.timeout(10):
            while state.received_at != now:
                await self.hass.async_block_till_done()
        await self.hass.async_block_till_done()

    def showing(self, name: str) -> Any:
        """Return a state, or an attribute of one."""
        entity, _, attribute = name.partition(" ")
        platform, _, key = entity.partition(".")
        state = self.hass.states.get(entity_id(self.hass, self.id, key, platform))
        assert state is not None
        return state.attributes.get(attribute) if attribute else state.state


@pytest.fixture
async def printer(
    hass: HomeAssistant,
    farm: VirtualFarm,
    every_entity_enabled: None,
    setup_entry: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> Printer:
    """Return a printer whose readings are shown at once, however quickly they arrive."""
    monkeypatch.setattr("custom_components.printago.hub.listeners._READINGS_DELAY", 0)
    entry = await setup_entry()
    await hass.async_block_till_done(wait_background_tasks=True)
    return Printer(hass, farm, entry, printer_named(farm, "A1 01"))


# A taken printer counts as running, with or without a status.
STAT: Mapping[str, Any] = {"state": "PREPARE", "isOnline": True, "isAvailable": False, "data": GOOD}
# Health that is not an object changes nothing; null clears it.
PATHS = ["state", *(path for path in leaves(GOOD, "data") if shown_by(path) and path != "data.health")]


async def test_unreadable_value_is_never_shown_as_the_previous_one(printer: Printer, subtests: pytest.Subtests) -> None:
    for path in PATHS:
        with subtests.test(path):
            await replace_with_junk(printer, path)


async def replace_with_junk(printer: Printer, path: str) -> None:
    """Send anything in place of the value at a path: what it concerns shows something else, the rest does not."""
    names = sorted({name for each in SHOWN.values() for name in each})
    concerned = shown_by(path)
    if path == "data":
        # Unreadable values clear no problems.
        concerned -= shown_by("data.health")
    await printer.send_stat(STAT)
    good = {name: printer.showing(name) for name in names}
    assert not [name for name in names if good[name] in (STATE_UNKNOWN, STATE_UNAVAILABLE, None, [])]
    for junk in JUNK:
        if isinstance(junk, dict) and isinstance(value_at(STAT, path), dict) and not path.endswith(".0"):
            # A sparse message: what it does not mention is unchanged.
            continue
        await printer.send_stat(with_junk(STAT, path, junk))
        showing = {name: printer.showing(name) for name in names}
        assert [name for name in concerned if showing[name] == good[name]] == [], junk
        if path != "state":
            assert [name for name in names if name not in concerned and showing[name] != good[name]] == [], junk
        await printer.send_stat(STAT)
        assert {name: printer.showing(name) for name in names} == good
