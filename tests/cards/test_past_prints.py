"""The past prints that cards show: pushed as they end, without a request."""

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.cards.test_websocket import Browser
from tests.support.common import device_of, paths, printer_named
from tests.support.past_reading import read_all
from virtual_farm import VirtualFarm


@pytest.fixture
async def browser(hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Browser:
    """Return a browser that has signed in once the past is known."""
    await read_all(hass, entry)
    return Browser(await hass_ws_client(hass))


async def test_a_print_is_in_the_history_as_soon_as_it_has_ended(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    before = await browser.subscribe("history")
    printer = printer_named(farm, "X1 Carbon 01")
    job_id = farm.world.printers[printer].printing_job_id
    assert job_id is not None
    farm.clear_requests()

    farm.fail_print(printer, "Nozzle clogged")
    after = await browser.when(lambda answer: answer["total"] > before["total"])

    assert after["prints"][0]["job_id"] == job_id
    assert after["prints"][0]["printer"] == "X1 Carbon 01"
    assert (after["prints"][0]["result"], after["prints"][0]["reason"]) == ("failed", "Nozzle clogged")
    assert [path for path in paths(farm) if "signed" in path] == []


async def test_a_printers_device_asks_for_its_prints_only(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    device = device_of(hass, entry, printer_named(farm, "X1 Carbon 01"))
    assert device is not None

    answer = (await browser.command("history", device_id=device.id, limit=3))["result"]

    assert len(answer["prints"]) <= 3
    assert {one["printer"] for one in answer["prints"]} <= {"X1 Carbon 01"}
