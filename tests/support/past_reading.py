"""Reads the past of a virtual farm, and compares the result with the farm's own sums."""

from contextlib import suppress

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.history.keeper import History
from custom_components.printago.history.ledger import HOUR, UNKNOWN
from tests.support.common import pass_time, until_changed, until_farm
from tests.support.past_oracle import EVERYWHERE, add_up
from virtual_farm import VirtualFarm

PAGE = "/v1/print-jobs"


def history_of(entry: MockConfigEntry) -> History:
    return entry.runtime_data.history


def pages(farm: VirtualFarm) -> list[tuple[str | None, str]]:
    """Return the offsets of the requested pages of the past."""
    return [
        (request.query.get("createdAt.lte"), request.query.get("offset", "0"))
        for request in farm.requests
        if request.path == PAGE and request.query.get("sort") == "createdAt:desc" and "limit" in request.query
    ]


async def read_all(hass: HomeAssistant, entry: MockConfigEntry, step: float = 70) -> None:
    """Let time pass until all of the past is read."""
    for _ in range(60):
        if history_of(entry).past.cursor.done:
            return
        await pass_time(hass, step)
    raise AssertionError("the past was not read to its end")


async def until_streaming(entry: MockConfigEntry) -> None:
    """Wait for the stream: advancing the timers ends the time-outs of sockets as well, so a busy machine may lose it."""
    coordinator = entry.runtime_data.coordinator
    await until_changed(coordinator.listeners.async_add_farm, lambda: coordinator.stream_since is not None)


def found(entry: MockConfigEntry, printer: str | None = EVERYWHERE) -> tuple[int, int, int]:
    totals = history_of(entry).totals(printer)
    assert totals is not None
    return totals.completed, totals.failed, totals.seconds


def _is_counted(farm: VirtualFarm, entry: MockConfigEntry) -> bool:
    expected = add_up(farm)
    return all(found(entry, printer) == expected.of(printer) for printer in (EVERYWHERE, *farm.world.printers))


async def until_counted(farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait for the last message; on a busy machine the stream may be lost, and then the missed data is read."""
    for _ in range(6):
        if _is_counted(farm, entry):
            return
        with suppress(TimeoutError):
            await until_farm(entry, lambda: _is_counted(farm, entry), seconds=5)
            return
        await entry.runtime_data.coordinator.async_refresh()
    assert_all_is_counted(farm, entry)


def hours(entry: MockConfigEntry) -> dict[tuple[int, str | None], list[int]]:
    past = history_of(entry).past
    sums: dict[tuple[int, str | None], list[int]] = {}
    for row in past.ledger.since(0):
        for printer in {EVERYWHERE, past.names["printers"].name(row.printer)}:
            of_hour = sums.setdefault((row.ended // HOUR, printer), [0, 0, 0])
            of_hour[0] += row.outcome == 0
            of_hour[1] += row.outcome == 1
            of_hour[2] += row.seconds if row.seconds != UNKNOWN else 0
    return sums


def assert_all_is_counted(farm: VirtualFarm, entry: MockConfigEntry) -> None:
    expected = add_up(farm)
    for printer in (EVERYWHERE, *farm.world.printers):
        assert found(entry, printer) == expected.of(printer)
    keys = expected.completed.keys() | expected.failed.keys() | expected.seconds.keys()
    assert hours(entry) == {key: [expected.completed[key], expected.failed[key], expected.seconds[key]] for key in keys}
