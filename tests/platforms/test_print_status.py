"""The print status if the printer's own status is unknown: tested with the virtual farm and statuses of all brands."""

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, press, printer_named, until, value_of
from tests.support.publish import publish_stat
from virtual_farm import FarmConfig, VirtualFarm

WORDS = (
    *("Printing from SD", "Starting", "Resuming", "Finishing", "Cancelling", "Offline after error", "Offline", "INIT"),
    *("startup", "shutdown", "ATTENTION", "reticulating", "", None),
)


def farm_value(hass: HomeAssistant, farm: VirtualFarm, key: str) -> str | None:
    """Return the state of a sensor of the farm."""
    return value_of(hass, farm.config.store_id, key)


@pytest.mark.parametrize("word", WORDS, ids=repr)
async def test_print_of_a_job_counts_as_running_whatever_its_status(
    hass: HomeAssistant, farm: VirtualFarm, busy: str, word: str | None
) -> None:
    await until(hass, lambda: value_of(hass, busy, "print_status") == "running")
    printing, utilization = farm_value(hass, farm, "printers_printing"), farm_value(hass, farm, "utilization")

    publish_stat(farm, busy, state=word, data={"print": {"timeRemaining": 1, "percent": 42}})
    await until(hass, lambda: value_of(hass, busy, "print_progress") == "42")
    await pass_time(hass, 31)

    assert value_of(hass, busy, "print_status") == "running"
    assert value_of(hass, busy, "printing", "binary_sensor") == "on"
    assert farm_value(hass, farm, "printers_printing") == printing
    assert farm_value(hass, farm, "utilization") == utilization
    # No print ends within a minute.
    assert value_of(hass, busy, "end_time") == farm_value(hass, farm, "next_free") is not None


@pytest.mark.parametrize("word", ["reticulating", "Offline after error", None], ids=repr)
async def test_taken_printer_without_a_job_is_running_and_a_free_one_idle(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, word: str | None
) -> None:
    printer = printer_named(farm, "A1 01")
    await pass_time(hass, 31)
    before = farm_value(hass, farm, "printers_printing")

    publish_stat(farm, printer, state=word, data={"print": {"timeRemaining": 10}})
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    await until(hass, lambda: farm_value(hass, farm, "printers_printing") != before)
    assert value_of(hass, printer, "end_time") not in ("unknown", "unavailable")

    publish_stat(farm, printer, state=word, isAvailable=True)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "idle")
    await until(hass, lambda: farm_value(hass, farm, "printers_printing") == before)
    assert value_of(hass, printer, "end_time") == "unknown"


@pytest.mark.parametrize("word", ["reticulating", None], ids=repr)
async def test_pause_of_a_job_shows_even_if_the_printer_has_no_status_for_it(
    hass: HomeAssistant, farm: VirtualFarm, busy: str, word: str | None
) -> None:
    await until(hass, lambda: value_of(hass, busy, "end_time") not in (None, "unknown", "unavailable"))
    farm.set_word(busy, word)

    await press(hass, busy, "pause")
    await until(hass, lambda: value_of(hass, busy, "print_status") == "pause")
    assert value_of(hass, busy, "end_time") == "unknown"
    assert value_of(hass, busy, "printing", "binary_sensor") == "off"

    await press(hass, busy, "resume")
    await until(hass, lambda: value_of(hass, busy, "print_status") == "running")
    await until(hass, lambda: value_of(hass, busy, "end_time") not in ("unknown", "unavailable"))


class TestMakes:
    """Printers with the statuses of their brands, and null and an unknown status between any two of them."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Return a farm of such printers."""
        return FarmConfig(printers=0, scenario="idle", speed=0, words="odd")

    @pytest.mark.parametrize("elsewhere", [False, True], ids=["printago", "elsewhere"])
    @pytest.mark.parametrize("model", ["OCTOPRINT", "PRUSA", "KLIPPER", "X1C"])
    async def test_print_status_is_never_unknown_and_the_bed_in_use_until_the_end(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, model: str, elsewhere: bool
    ) -> None:
        printer = farm.add_printer(model, ready=True).id
        await setup_entry()
        await until(hass, lambda: value_of(hass, printer, "readiness") == "ready")
        status, readiness = entity_id(hass, printer, "print_status"), entity_id(hass, printer, "readiness")
        bed = entity_id(hass, printer, "bed_needs_clearing", "binary_sensor")
        shown: dict[str, list[str]] = {status: [], readiness: [], bed: []}

        @callback
        def note(event: Event) -> None:
            if (state := event.data["new_state"]) is not None and state.entity_id in shown:
                shown[state.entity_id].append(state.state)

        hass.bus.async_listen(EVENT_STATE_CHANGED, note)
        if elsewhere:
            farm.print_from_outside(printer, seconds=600)
        else:
            part = next(iter(farm.world.parts.values()))
            farm.builder.build({"parts": [{"partId": part["id"], "tags": {"printer.id": printer}}]})
        for _ in range(60):
            await farm.advance(5)
        await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
        await press(hass, printer, "pause")
        await farm.advance(10)
        await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
        await press(hass, printer, "resume")
        await farm.advance(10)
        await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
        farm.finish_print(printer)
        for _ in range(4):
            await farm.advance(5)
        await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")

        assert "unknown" not in shown[status]
        assert shown[readiness] == ["busy", "awaiting_clear"]
        assert shown[bed] == ["on"]
