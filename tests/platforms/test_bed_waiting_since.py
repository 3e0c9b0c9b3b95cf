"""The time since when a bed waits, across outages and restarts."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from tests.conftest import SetUp
from tests.support.common import pass_time, press, printer_named, state_of, until, value_of
from virtual_farm import Fault, VirtualFarm

P1S, X1C = "P1S 01", "X1 Carbon 01"
AN_HOUR_AGO = (dt_util.utcnow() - timedelta(hours=1)).replace(microsecond=0)


def waiting_since(hass: HomeAssistant, printer: str) -> datetime | None:
    """Return since when a bed waits."""
    since: datetime | None = state_of(hass, printer, "bed_needs_clearing", "binary_sensor").attributes["waiting_since"]
    return since


def bed(hass: HomeAssistant, printer: str) -> str | None:
    """Return the state of a bed's sensor."""
    return value_of(hass, printer, "bed_needs_clearing", "binary_sensor")


async def test_bed_waits_from_the_end_of_its_print_until_it_is_confirmed(
    hass: HomeAssistant, farm: VirtualFarm, busy: str
) -> None:
    assert waiting_since(hass, busy) is None
    before = dt_util.utcnow()
    farm.finish_print(busy)
    await until(hass, lambda: bed(hass, busy) == "on")
    since = waiting_since(hass, busy)
    assert since is not None
    assert before <= since <= dt_util.utcnow()
    await press(hass, busy, "confirm_bed_cleared")
    assert bed(hass, busy) == "off"
    assert waiting_since(hass, busy) is None


async def test_bed_keeps_waiting_while_its_sensor_is_unavailable(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, P1S)
    since = waiting_since(hass, printer)
    assert since is not None

    assert await hass.config_entries.async_reload(entry.entry_id)
    assert waiting_since(hass, printer) == since

    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "online", "binary_sensor") == "off")
    farm.reconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "online", "binary_sensor") == "on")
    assert waiting_since(hass, printer) == since

    farm.publisher.refuse = True
    await farm.disconnect_clients()
    await until(hass, lambda: value_of(hass, farm.config.store_id, "realtime", "binary_sensor") == "off")
    farm.inject_fault(Fault(mode="status", count=1_000))
    await entry.runtime_data.coordinator.async_refresh()
    assert bed(hass, printer) == STATE_UNAVAILABLE
    farm.clear_faults()
    await entry.runtime_data.coordinator.async_refresh()
    assert bed(hass, printer) == "on"
    assert waiting_since(hass, printer) == since


async def restart(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, stored: dict[str, Any], name: str = P1S
) -> datetime | None:
    """Start with this stored state of a bed; return since when it waits."""
    printer = printer_named(farm, name)
    entity = f"binary_sensor.{name.lower().replace(' ', '_')}_bed_needs_clearing"
    mock_restore_cache_with_extra_data(hass, [(State(entity, "on"), stored)])
    await setup_entry()
    await pass_time(hass, 31)
    return waiting_since(hass, printer)


async def test_bed_keeps_its_waiting_time_across_a_restart(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    jobs = farm.printer(printer_named(farm, P1S)).lifetime_job_count
    stored = {"waiting_since": AN_HOUR_AGO.isoformat(), "print_jobs": jobs}
    assert await restart(hass, farm, setup_entry, stored) == AN_HOUR_AGO


async def test_bed_waits_anew_after_another_print(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    jobs = farm.printer(printer_named(farm, P1S)).lifetime_job_count
    since = await restart(hass, farm, setup_entry, {"waiting_since": AN_HOUR_AGO.isoformat(), "print_jobs": jobs - 1})
    assert since is not None
    assert since > AN_HOUR_AGO


async def test_bed_cleared_while_stopped_does_not_wait(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    jobs = farm.printer(printer_named(farm, X1C)).lifetime_job_count
    stored = {"waiting_since": AN_HOUR_AGO.isoformat(), "print_jobs": jobs}
    assert await restart(hass, farm, setup_entry, stored, X1C) is None


@pytest.mark.parametrize(
    "moment",
    [
        None,
        5,
        "",
        "yesterday",
        "2026-13-45T99:00:00+00:00",
        "2026-01-01T00:00:00",
        "2999-01-01T00:00:00+00:00",
        ["2026-01-01T00:00:00+00:00"],
    ],
)
async def test_bed_waits_from_now_on_if_the_stored_time_is_invalid(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, moment: Any
) -> None:
    jobs = farm.printer(printer_named(farm, P1S)).lifetime_job_count
    since = await restart(hass, farm, setup_entry, {"waiting_since": moment, "print_jobs": jobs})
    assert since is not None
    assert timedelta() <= dt_util.utcnow() - since < timedelta(minutes=1)
