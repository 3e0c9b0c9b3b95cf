"""Pictures with absolute URLs instead of storage paths."""

import json
import logging
from typing import Any

from homeassistant.components.image import async_get_image
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, paths, printer_named, until, until_farm, value_of
from virtual_farm import FarmConfig, VirtualFarm


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm whose pictures have URLs."""
    return FarmConfig(speed=0, absolute_pictures=True, printers=3)


@pytest.fixture
async def printer(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> str:
    """Return the printing printer, after setup has finished."""
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return printer_named(farm, "X1 Carbon 01")


async def look(hass: HomeAssistant, printer: str) -> bytes | None:
    """Return a printer's picture from Home Assistant; None if there is none."""
    try:
        return (await async_get_image(hass, entity_id(hass, printer, "cover_image", "image"))).content
    except HomeAssistantError:
        return None


def send_picture(farm: VirtualFarm, printer: str, address: Any) -> None:
    """Send another picture of a printer's job."""
    job_id = farm.world.printers[printer].printing_job_id
    changed = dict.fromkeys(("thumbnailUri", "coloredThumbnailUri", "buildThumbnailUri"), address)
    update = {"entityType": "printJobs", "action": "UPDATE", "entities": {job_id: changed}, "changes": {}}
    farm.publish(f"stores/{farm.config.store_id}/entities/printJobs", json.dumps(update).encode())


async def test_picture_at_a_url_is_shown_and_costs_no_request(
    hass: HomeAssistant, farm: VirtualFarm, printer: str
) -> None:
    seen = await look(hass, printer)
    assert seen is not None
    assert seen.startswith(b"\x89PNG")
    assert await look(hass, printer) == seen
    (asked,) = paths(farm)
    assert asked.startswith("GET /thumbnails/")
    # The virtual storage refuses credentials there.
    assert farm.requests[0].status == 200


async def test_key_without_file_permission_gets_a_picture_at_a_url(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    await setup_entry(**{CONF_API_KEY: farm.config.read_only_key})
    await hass.async_block_till_done(wait_background_tasks=True)
    printer = printer_named(farm, "X1 Carbon 01")
    assert await look(hass, printer) is not None
    assert value_of(hass, printer, "cover_image", "image") != STATE_UNAVAILABLE


async def test_url_with_a_new_signature_is_the_same_picture(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, printer: str
) -> None:
    address = f"{farm.rest_url}/thumbnails/pot.png"
    before = value_of(hass, printer, "cover_image", "image")
    send_picture(farm, printer, f"{address}?X-Signature=one")
    await until(hass, lambda: value_of(hass, printer, "cover_image", "image") != before)
    assert await look(hass, printer) is not None
    shown = value_of(hass, printer, "cover_image", "image")
    job_id = farm.world.printers[printer].printing_job_id

    send_picture(farm, printer, f"{address}?X-Signature=two")
    await until_farm(entry, lambda: "two" in (entry.runtime_data.coordinator.farm.jobs[job_id].cover or ""))

    assert value_of(hass, printer, "cover_image", "image") == shown
    assert await look(hass, printer) is not None
    assert len([path for path in paths(farm) if path.startswith("GET /thumbnails/")]) == 1


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1/pot.png?X-Signature=hush",
        "file:///etc/passwd?X-Signature=hush",
        "http://127.0.0.1:1/pot.png?X-Signature=hush",
        "http://user:hush@127.0.0.1/pot.png",
        "http://127.0.0.1\r\n/pot.png?X-Signature=hush",
        "https://[broken?X-Signature=hush",
        "//127.0.0.1/hush.png",
    ],
)
async def test_unreachable_url_is_never_shown(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.DEBUG)
    before = value_of(hass, printer, "cover_image", "image")
    send_picture(farm, printer, address)
    await until(hass, lambda: value_of(hass, printer, "cover_image", "image") != before)
    caplog.clear()
    assert await look(hass, printer) is None
    assert await look(hass, printer) is None

    assert "Fetching a cover failed" in caplog.text
    for text in (caplog.text, *(str(state.as_dict()) for state in hass.states.async_all())):
        assert "hush" not in text
    assert not any("storage" in path for path in paths(farm))
