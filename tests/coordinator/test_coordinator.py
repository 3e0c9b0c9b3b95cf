"""Stream and poll, and their effect on entities and devices."""

from datetime import UTC, datetime, timedelta

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import device_of, entity_id, pass_time, printer_named, state_of, until, value_of
from tests.support.publish import publish_stat
from virtual_farm import FarmConfig, VirtualFarm


async def test_telemetry_reaches_the_states(hass: HomeAssistant, farm: VirtualFarm, busy: str) -> None:
    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 231.54}, "print": {"percent": 88, "currentLayer": 7}})

    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "232")
    assert value_of(hass, busy, "print_progress") == "88"
    assert value_of(hass, busy, "current_layer") == "7"
    assert farm.requests == []


async def test_push_writes_only_changed_states_of_its_printer(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        written.append(event.data["entity_id"])

    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 222.2, "bedTemp": 61}})
    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "222")
    hass.bus.async_listen(EVENT_STATE_CHANGED, note)

    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 222.2, "bedTemp": 61}})
    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 223.3, "bedTemp": 61}})
    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "223")

    assert written == [entity_id(hass, busy, "nozzle_temp")]


async def test_burst_of_readings_is_written_once_and_a_status_in_it_at_once(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    written: list[tuple[str, str]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            written.append((state.entity_id.partition(".")[2], state.state))

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    for step in range(1, 20):
        publish_stat(farm, busy, data={"print": {"percent": 50 + step, "currentLayer": 100 + step}})
    await until(hass, lambda: value_of(hass, busy, "current_layer") == "119")
    assert value_of(hass, busy, "print_progress") == "69"
    assert len(written) <= 6

    written.clear()
    for step in range(1, 20):
        publish_stat(farm, busy, data={"print": {"percent": 70 + step}})
    publish_stat(farm, busy, state="PAUSE")
    publish_stat(farm, busy, state="RUNNING")

    def statuses() -> list[str]:
        return [state for name, state in written if name.endswith("print_status")]

    await until(hass, lambda: "running" in statuses())
    assert statuses() == ["pause", "running"]
    assert value_of(hass, busy, "print_progress") == "89"


async def test_stale_telemetry_is_unavailable_but_status_and_readiness_stay(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    server_now = entry.runtime_data.coordinator.farm.server_now
    entry.runtime_data.coordinator.farm.server_now = lambda: server_now() + timedelta(minutes=6)
    await pass_time(hass, 11)
    entry.runtime_data.coordinator.farm.server_now = server_now

    assert value_of(hass, busy, "nozzle_temp") == "unavailable"
    assert value_of(hass, busy, "hms", "binary_sensor") == "unavailable"
    assert value_of(hass, busy, "print_status") == "running"
    assert value_of(hass, busy, "readiness") == "busy"
    assert value_of(hass, busy, "online", "binary_sensor") == "on"

    publish_stat(farm, busy, data={"temps": {"nozzleTemp": 200}})
    await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "200")


class TestFarmInAnotherTime:
    """Printago's clock counts: a wrong clock of Home Assistant makes nothing stale."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Set Printago's clock three hours ahead."""
        return FarmConfig(speed=0, clock=lambda: datetime.now(UTC) + timedelta(hours=3), printers=3)

    async def test_expiry_is_judged_by_the_clock_of_the_server(
        self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
    ) -> None:
        busy = printer_named(farm, "X1 Carbon 01")
        assert value_of(hass, busy, "nozzle_temp") not in ("unknown", "unavailable")

        expired = farm.config.clock() - timedelta(seconds=30)
        publish_stat(farm, busy, expiresAt=expired.isoformat())
        await until(hass, lambda: value_of(hass, busy, "nozzle_temp") == "unavailable")


async def test_offline_printer_shows_no_temperatures_and_its_controls_are_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    farm.disconnect_printer(busy)

    await until(hass, lambda: value_of(hass, busy, "readiness") == "offline")
    assert value_of(hass, busy, "print_status") == "offline"
    assert value_of(hass, busy, "online", "binary_sensor") == "off"
    assert value_of(hass, busy, "nozzle_temp") == "unavailable"
    assert value_of(hass, busy, "pause", "button") == "unavailable"
    assert value_of(hass, busy, "confirm_bed_cleared", "button") != "unavailable"


async def test_printer_is_added_renamed_and_removed_without_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    added = farm.add_printer("X1C", "Newcomer")
    await until(hass, lambda: value_of(hass, added.id, "readiness") == "awaiting_clear")
    await until(hass, lambda: value_of(hass, added.id, "chamber_temp") not in (None, "unknown", "unavailable"))

    farm.rename_printer(added.id, "Settler")
    await until(
        hass, lambda: "Settler" in state_of(hass, farm.config.store_id, "printers_total").attributes["printers"]
    )
    device = device_of(hass, entry, added.id)
    assert device is not None
    assert device.name == "Settler"

    farm.remove_printer(added.id)
    await until(hass, lambda: hass.states.get("sensor.newcomer_readiness") is None)
    assert device_of(hass, entry, added.id) is None

    again = farm.add_printer("A1", "Newcomer")
    await until(hass, lambda: hass.states.get("sensor.newcomer_readiness") is not None)
    assert value_of(hass, again.id, "readiness") == "awaiting_clear"


async def test_feature_of_a_printer_becomes_an_entity_when_first_reported(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    open_printer = printer_named(farm, "A1 01")
    assert value_of(hass, open_printer, "chamber_temp") is None

    publish_stat(farm, open_printer, state="IDLE", isAvailable=True, data={"temps": {"chamberTemp": 31}})

    await until(hass, lambda: hass.states.get("sensor.a1_01_chamber_temperature") is not None)
    assert value_of(hass, open_printer, "chamber_temp") == "31"


async def test_registered_feature_has_an_entity_after_a_start_with_a_silent_printer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    store_state = entry.runtime_data.coordinator.store_state
    await hass.config_entries.async_unload(entry.entry_id)
    store_state.async_forget_farm()
    farm.publish(f"stores/{farm.config.store_id}/printer-stats/{busy}", b"", retain=True)

    await hass.config_entries.async_setup(entry.entry_id)

    assert value_of(hass, busy, "chamber_temp") == "unavailable"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("printer-stats/{printer}", b"\xff not JSON"),
        ("printer-stats/{printer}", b"[]"),
        ("printer-stats/{printer}", b'{"data": {"health": 3, "printer": 7, "who knows": [1]}, "receivedAt": 5}'),
        ("printer-stats/{unknown}", b'{"data": {}}'),
        ("entities/printers", b'{"action": "EXPLODE", "entities": {}}'),
        ("entities/printers", b'{"action": "UPDATE", "entities": {"{printer}": null}}'),
        ("entities/webhooks", b'{"action": "INSERT", "entities": {"{printer}": {}}}'),
        ("entities", b"{}"),
    ],
)
async def test_malformed_message_changes_nothing_and_the_stream_stays_up(
    hass: HomeAssistant,
    farm: VirtualFarm,
    busy: str,
    caplog: pytest.LogCaptureFixture,
    topic: str,
    payload: bytes,
) -> None:
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    names = {"printer": busy, "unknown": "z" * 24}
    topic = topic.format(**names)
    farm.publish(f"stores/{farm.config.store_id}/{topic}", payload.replace(b"{printer}", busy.encode()))
    publish_stat(farm, busy, data={"print": {"stage": "After it"}})
    await until(hass, lambda: value_of(hass, busy, "stage") == "After it")

    after = {state.entity_id: state.state for state in hass.states.async_all()}
    after[entity_id(hass, busy, "stage")] = before[entity_id(hass, busy, "stage")]
    assert after == before
    assert "Traceback" not in caplog.text


async def test_unreadable_groups_of_readings_are_unknown_and_the_stream_stays_up(
    hass: HomeAssistant, farm: VirtualFarm, busy: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert value_of(hass, busy, "bed_temp") not in ("unknown", "unavailable")
    publish_stat(farm, busy, data={"temps": "hot", "print": [1], "health": 3}, receivedAt=5)
    await until(hass, lambda: value_of(hass, busy, "print_progress") == "unknown")
    await until(hass, lambda: value_of(hass, busy, "bed_temp") == "unknown")
    assert value_of(hass, busy, "end_time") == "unknown"
    assert value_of(hass, busy, "hms", "binary_sensor") == "off"
    publish_stat(farm, busy, data={"temps": {"bedTemp": 60}, "print": {"percent": 43}})
    await until(hass, lambda: value_of(hass, busy, "print_progress") == "43")
    await until(hass, lambda: value_of(hass, busy, "bed_temp") == "60")
    assert "Traceback" not in caplog.text
