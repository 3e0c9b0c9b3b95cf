"""Cover images: their content, and the requests that they cost."""

import asyncio
from http import HTTPStatus
import logging

from homeassistant.components.image import async_get_image
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printago.api import MalformedResponseError
from custom_components.printago.api.models.picture import MAX_PICTURE, Picture
from tests.conftest import SetUp
from tests.support.common import device_of, entity_id, paths, printer_named, state_of, until, until_asked, value_of
from virtual_farm import Fault, VirtualFarm
from virtual_farm.access import READ_ONLY_PERMISSIONS

SIGN = "POST /v1/storage/signed-urls"


@pytest.fixture
async def printer(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> str:
    """Return the printing printer, after setup has finished."""
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    return printer_named(farm, "X1 Carbon 01")


def cover(farm: VirtualFarm, printer: str) -> bytes:
    """Return the picture of a printer's job."""
    job = farm.world.jobs.get(farm.world.printers[printer].printing_job_id)
    assert job is not None
    assert job.thumbnail_uri is not None
    picture = farm.storage.picture(job.thumbnail_uri)
    assert picture is not None
    return picture


async def look(hass: HomeAssistant, printer: str) -> bytes | None:
    """Return a printer's picture from Home Assistant; None if there is none."""
    try:
        image = await async_get_image(hass, entity_id(hass, printer, "cover_image", "image"))
    except HomeAssistantError:
        return None
    assert image.content_type == "image/png"
    return image.content


async def test_picture_of_the_current_job_is_served_to_browsers(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, hass_client: ClientSessionGenerator
) -> None:
    state = state_of(hass, printer, "cover_image", "image")
    assert state.state not in (STATE_UNKNOWN, STATE_UNAVAILABLE)
    browser = await hass_client()

    response = await browser.get(state.attributes["entity_picture"])

    assert response.status == HTTPStatus.OK
    assert response.content_type == "image/png"
    assert await response.read() == cover(farm, printer)


async def test_many_views_cost_one_request(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    assert paths(farm) == []
    together = await asyncio.gather(*(look(hass, printer) for _ in range(10)))
    later = await look(hass, printer)

    assert set(together) == {later} == {cover(farm, printer)}
    assert paths(farm).count(SIGN) == 1
    assert len([path for path in paths(farm) if path.startswith("GET /storage/")]) == 1


@pytest.mark.printers(8)
async def test_pictures_of_several_printers_are_signed_by_one_request(
    hass: HomeAssistant, farm: VirtualFarm, printer: str
) -> None:
    paused = printer_named(farm, "H2D 01")
    seen = await asyncio.gather(look(hass, printer), look(hass, paused))
    assert seen == [cover(farm, printer), cover(farm, paused)]
    assert paths(farm).count(SIGN) == 1


async def test_storage_gets_no_credentials(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    # The virtual storage refuses headers other than those of the signature.
    before = farm.quota.refused
    assert await look(hass, printer) is not None
    assert farm.quota.refused == before
    assert [request.status for request in farm.requests] == [201, 200]


async def test_picture_stays_until_the_next_job_has_one(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    first = await look(hass, printer)
    shown_since = value_of(hass, printer, "cover_image", "image")
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "current_job") == STATE_UNKNOWN)

    # It shows the print that is still on the bed.
    assert value_of(hass, printer, "cover_image", "image") == shown_since
    assert await look(hass, printer) == first

    farm.printer(printer).confirmed_ready = True
    farm.settle()
    await farm.advance(60)
    await until(hass, lambda: value_of(hass, printer, "cover_image", "image") != shown_since)
    assert await look(hass, printer) == cover(farm, printer)


async def test_late_picture_of_the_last_job_is_not_used_for_the_next_one(
    hass: HomeAssistant, farm: VirtualFarm, printer: str
) -> None:
    first, shown_since = cover(farm, printer), value_of(hass, printer, "cover_image", "image")
    may_come = asyncio.Event()
    farm.inject_fault(Fault(mode="slow", path="/storage/", until=may_come))
    looking = asyncio.create_task(look(hass, printer))
    await until_asked(lambda: any(path.startswith("GET /storage/") for path in paths(farm)))

    farm.finish_print(printer)
    farm.printer(printer).confirmed_ready = True
    farm.settle()
    await farm.advance(60)
    await until(hass, lambda: value_of(hass, printer, "cover_image", "image") != shown_since)
    may_come.set()

    assert await looking is None
    seen = await look(hass, printer)
    assert seen == cover(farm, printer)
    assert seen != first


async def test_external_print_has_no_picture(hass: HomeAssistant, farm: VirtualFarm, printer: str) -> None:
    farm.finish_print(printer)
    await until(hass, lambda: value_of(hass, printer, "current_job") == STATE_UNKNOWN)
    farm.print_from_outside(printer)
    await until(hass, lambda: value_of(hass, printer, "cover_image", "image") == STATE_UNKNOWN)
    assert await look(hass, printer) is None
    assert SIGN not in paths(farm)


async def test_idle_printer_has_no_picture_and_requests_none(
    hass: HomeAssistant, farm: VirtualFarm, printer: str
) -> None:
    idle = printer_named(farm, "A1 01")
    assert value_of(hass, idle, "cover_image", "image") == STATE_UNKNOWN
    assert await look(hass, idle) is None
    assert paths(farm) == []


@pytest.mark.printers(8)
async def test_failed_fetch_is_repeated_a_few_times_and_not_with_every_view(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm.inject_fault(Fault(mode="status", count=1000, status=500, path="/v1/storage"))
    for _ in range(3):
        assert await look(hass, printer) is None
    assert paths(farm) == [SIGN]

    monkeypatch.setattr("custom_components.printago.hub.cover_cache._FIRST_PAUSE", 0)
    paused = printer_named(farm, "H2D 01")
    for _ in range(6):
        assert await look(hass, paused) is None
    assert paths(farm) == [SIGN] * 4


@pytest.mark.parametrize(
    "fault",
    [
        Fault(mode="status", status=403, path="/storage/"),
        Fault(mode="status", status=503, path="/storage/"),
        Fault(mode="html", status=200, path="/storage/"),
        Fault(mode="reset", count=5, path="/storage/"),
    ],
    ids=lambda fault: f"{fault.mode}-{fault.status}",
)
async def test_failing_storage_gives_no_picture_until_it_works_again(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr("custom_components.printago.hub.cover_cache._FIRST_PAUSE", 0)
    farm.inject_fault(fault)
    assert await look(hass, printer) is None
    farm.clear_faults()
    assert await look(hass, printer) == cover(farm, printer)


@pytest.mark.parametrize(("unlisted", "asked"), [({"apiKey.view"}, [SIGN]), (set(), [])], ids=["unlisted", "listed"])
async def test_missing_permission_for_pictures_costs_one_request_at_most(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, unlisted: set[str], asked: list[str]
) -> None:
    farm.add_api_key(farm.config.read_only_key, READ_ONLY_PERMISSIONS - unlisted)
    entry = await setup_entry(**{CONF_API_KEY: farm.config.read_only_key})
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()
    printer = printer_named(farm, "X1 Carbon 01")
    assert device_of(hass, entry, printer) is not None

    assert await look(hass, printer) is None
    assert await look(hass, printer) is None

    assert paths(farm) == asked
    assert value_of(hass, printer, "cover_image", "image") == STATE_UNAVAILABLE


@pytest.mark.printers(8)
async def test_signed_url_is_never_shown(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    farm.inject_fault(Fault(mode="status", status=403, path="/storage/"))
    assert await look(hass, printer) is None
    farm.inject_fault(Fault(mode="reset", count=5, path="/storage/"))
    assert await look(hass, printer_named(farm, "H2D 01")) is None
    assert await look(hass, printer_named(farm, "P1S 02")) is None
    farm.clear_faults()
    await hass.async_block_till_done()

    assert "Fetching a cover failed" in caplog.text
    for text in (caplog.text, *(str(state.as_dict()) for state in hass.states.async_all())):
        assert "X-Signature" not in text
        assert "/storage/" not in text


async def test_new_printer_gets_a_picture_without_a_reload(
    hass: HomeAssistant, farm: VirtualFarm, printer: str
) -> None:
    added = farm.add_printer("P1S", "Newcomer")
    await until(hass, lambda: value_of(hass, added.id, "cover_image", "image") == STATE_UNKNOWN)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
    ],
)
def test_type_of_a_picture_is_detected_by_its_first_bytes(content: bytes, content_type: str) -> None:
    assert Picture.of(content) == Picture(content_type, content)


@pytest.mark.parametrize("content", [b"", b"<svg onload='alert(1)'/>", b"<html>", b"RIFF....WAVE", b"\x89PN"])
def test_other_file_than_a_picture_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        Picture.of(content)


async def test_file_that_is_too_long_is_not_read_to_its_end(
    hass: HomeAssistant, farm: VirtualFarm, printer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farm.storage, "picture", lambda path: b"\x89PNG\r\n\x1a\n" + bytes(MAX_PICTURE))
    assert await look(hass, printer) is None
