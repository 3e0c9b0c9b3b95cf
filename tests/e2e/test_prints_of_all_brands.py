"""External prints on printers of all brands, with any statuses and lost messages."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, press, state_of, until, until_asked, value_of
from tests.support.event_recorder import EventRecorder, drop_stream, restore_stream
from virtual_farm import FarmConfig, VirtualFarm

MODELS = ("X1C", "OCTOPRINT", "PRUSA", "KLIPPER")


@pytest.fixture(params=["common", "own", "odd"])
def farm_config(request: pytest.FixtureRequest) -> FarmConfig:
    """Have idle printers of all brands, with Bambu's statuses, their own, or unusual ones as well."""
    return FarmConfig(speed=0, scenario="idle", printers=0, words=request.param)


@pytest.fixture
def printers(farm: VirtualFarm) -> dict[str, str]:
    """Add one printer of each brand."""
    return {model: farm.add_printer(model, f"{model} 01", ready=True).id for model in MODELS}


class Shop:
    """Actions of a user at printers, and the events in Home Assistant."""

    def __init__(self, hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.farm = farm
        self.entry = entry
        self.recorder = EventRecorder(hass)

    def events(self, printer: str) -> list[str]:
        """Return the events of one printer's prints."""
        return self.recorder.of(entity_id(self.hass, printer, "print", "event"))

    async def work(self, seconds: float = 30, steps: int = 1) -> None:
        """Advance the printers step by step, and wait for their messages."""
        loaded = self.entry.state is ConfigEntryState.LOADED
        stream = self.entry.runtime_data.coordinator.realtime if loaded else None
        for _ in range(steps):
            ahead = self.farm.feed.messages - (stream.messages_received if stream else 0)
            await self.farm.advance(seconds)
            if stream and stream.connected:
                await until_asked(lambda: self.farm.feed.messages - stream.messages_received <= ahead)  # noqa: B023
            await self.hass.async_block_till_done()

    async def until_fired(self, printers: dict[str, str], kind: str) -> None:
        """Advance printers until each of them has fired an event."""
        for _ in range(60):
            if all(kind in self.events(printer) for printer in printers.values()):
                return
            await self.work(10)
        raise AssertionError({model: self.events(printer) for model, printer in printers.items()})


@pytest.fixture
async def shop(
    hass: HomeAssistant, farm: VirtualFarm, printers: dict[str, str], every_entity_enabled: None, setup_entry: SetUp
) -> Shop:
    """Return the farm after setup has finished."""
    entry = await setup_entry()
    await pass_time(hass, 31)
    return Shop(hass, farm, entry)


@pytest.mark.parametrize("end", ["finished", "failed", "canceled"])
async def test_print_is_followed_through_pause_and_outage_to_its_end(
    hass: HomeAssistant, shop: Shop, printers: dict[str, str], end: str
) -> None:
    for model, printer in printers.items():
        shop.farm.print_from_outside(printer, f"Bracket of {model}")
    await shop.until_fired(printers, "print_started")
    began = {printer: value_of(hass, printer, "start_time") for printer in printers.values()}
    assert "unknown" not in began.values()
    await shop.work(60, 10)
    for printer in printers.values():
        await press(hass, printer, "pause")
    await shop.until_fired(printers, "print_paused")
    # OctoPrint reports it while the print is still pausing.
    await shop.work(10)
    for printer in printers.values():
        await press(hass, printer, "resume")
    await shop.until_fired(printers, "print_resumed")
    for printer in printers.values():
        shop.farm.disconnect_printer(printer)
        await until(hass, lambda printer=printer: value_of(hass, printer, "print_status") == "offline")
        shop.farm.reconnect_printer(printer)
    await shop.work(10, 3)
    assert {printer: value_of(hass, printer, "start_time") for printer in printers.values()} == began
    for printer in printers.values():
        match end:
            case "finished":
                shop.farm.finish_print(printer)
            case "failed":
                shop.farm.fail_print(printer)
            case "canceled":
                await press(hass, printer, "stop")
    # Bambu printers have no status for a stopped print.
    ends = {model: "failed" if end == "canceled" and model == "X1C" else end for model in printers}
    for model, printer in printers.items():
        await shop.until_fired({model: printer}, f"print_{ends[model]}")
    await shop.work(10, 5)
    for model, printer in printers.items():
        fired = ["print_started", "print_paused", "print_resumed", f"print_{ends[model]}"]
        assert shop.events(printer) == fired, model
        result = state_of(hass, printer, "last_print_result")
        assert (result.state, result.attributes["job"]) == (ends[model], f"Bracket of {model}")
        assert value_of(hass, printer, "failed_prints") == str(int(ends[model] == "failed"))
        assert value_of(hass, printer, "start_time") == "unknown"


@pytest.mark.parametrize("gap", ["stream", "contact", "reload"])
async def test_print_that_ends_in_an_outage_ends_when_the_printer_is_online(
    hass: HomeAssistant, shop: Shop, printers: dict[str, str], gap: str
) -> None:
    entry = shop.entry
    for printer in printers.values():
        shop.farm.print_from_outside(printer, "Bracket")
    await shop.until_fired(printers, "print_started")
    await shop.work(60, 5)
    match gap:
        case "stream":
            await drop_stream(hass, shop.farm)
        case "contact":
            for printer in printers.values():
                shop.farm.disconnect_printer(printer)
        case "reload":
            assert await hass.config_entries.async_unload(entry.entry_id)
    for printer in printers.values():
        shop.farm.finish_print(printer)
    await shop.work(30, 4)
    assert {tuple(shop.events(printer)) for printer in printers.values()} == {("print_started",)}
    match gap:
        case "stream":
            await restore_stream(hass, shop.farm, entry)
        case "contact":
            for printer in printers.values():
                shop.farm.reconnect_printer(printer)
        case "reload":
            assert await hass.config_entries.async_setup(entry.entry_id)
    await shop.until_fired(printers, "print_finished")
    await shop.work(30, 2)
    assert {tuple(shop.events(printer)) for printer in printers.values()} == {("print_started", "print_finished")}


async def test_print_of_a_job_starts_and_ends_once_with_any_status(
    hass: HomeAssistant, shop: Shop, printers: dict[str, str]
) -> None:
    part = next(part["id"] for part in shop.farm.world.parts.values() if part["name"] == "Benchy")
    for model, printer in printers.items():
        spec = {"partId": part, "tags": {"printer.id": printer}, "label": f"Order for {model}"}
        shop.farm.builder.build({"parts": [spec]})
    await shop.until_fired(printers, "print_started")
    for printer in printers.values():
        shop.farm.disconnect_printer(printer)
        shop.farm.reconnect_printer(printer)
    await shop.work(30, 4)
    for printer in printers.values():
        shop.farm.finish_print(printer)
    await shop.until_fired(printers, "print_finished")
    await shop.work(30, 4)
    for model, printer in printers.items():
        assert shop.events(printer) == ["print_started", "print_finished"], model
        assert state_of(hass, printer, "last_print_result").attributes["job"] == f"Order for {model}"
