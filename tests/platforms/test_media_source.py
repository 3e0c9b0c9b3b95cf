"""The pictures of the last prints in Home Assistant's media browser, and the requests that they cost."""

from collections.abc import AsyncGenerator
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL
from custom_components.printago.history.past_print import PastPrint
from tests.conftest import SetUp
from tests.support.common import paths, printer_named, until_farm
from tests.support.past_reading import history_of, read_all
from virtual_farm import FarmConfig, Fault, VirtualFarm
from virtual_farm.access import READ_ONLY_PERMISSIONS

ROOT = "media-source://printago"
SIGN = "POST /v1/storage/signed-urls"
OTHER = "d" * 24

type Folder = dict[str, Any]


class MediaBrowser:
    """Home Assistant's media browser in the frontend."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def _ask(self, kind: str, content_id: str) -> dict[str, Any]:
        await self._client.send_json_auto_id({"type": f"media_source/{kind}_media", "media_content_id": content_id})
        answer: dict[str, Any] = await self._client.receive_json()
        return answer

    async def open(self, content_id: str = ROOT) -> Folder:
        """Return a folder."""
        answer = await self._ask("browse", content_id)
        assert answer["success"], answer
        folder: Folder = answer["result"]
        return folder

    async def show(self, content_id: str) -> dict[str, str]:
        """Return the address and the type of a picture."""
        answer = await self._ask("resolve", content_id)
        assert answer["success"], answer
        shown: dict[str, str] = answer["result"]
        return shown

    async def refusal(self, kind: str, content_id: str) -> str:
        """Return the message of an error."""
        answer = await self._ask(kind, content_id)
        assert not answer["success"], answer
        assert answer["error"]["code"] == f"{kind}_media_failed"
        message: str = answer["error"]["message"]
        return message


def pictures(folder: Folder) -> list[Folder]:
    return [child for child in folder["children"] if child["can_play"]]


def jobs(folder: Folder) -> list[str]:
    return [child["media_content_id"].rpartition("/")[2] for child in pictures(folder)]


def folders(folder: Folder) -> dict[str, str]:
    return {child["title"]: child["media_content_id"] for child in folder["children"] if child["can_expand"]}


@pytest.fixture
async def entry(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> MockConfigEntry:
    """Return the entry of a farm whose past is known, in a Home Assistant in the Netherlands."""
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "media_source", {})
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    farm.fill_history(30, months=1)
    entry = await setup_entry()
    await read_all(hass, entry)
    farm.clear_requests()
    return entry


@pytest.fixture
async def browser(hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> MediaBrowser:
    """Return a signed-in media browser."""
    return MediaBrowser(await hass_ws_client(hass))


async def test_last_prints_are_listed_newest_first_without_a_request(
    farm: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    folder = await browser.open()

    prints = [one for one in history_of(entry).past.recent if one.cover is not None]
    assert jobs(folder) == [one.job_id for one in prints]
    assert folder["title"] == "Virtual Farm"
    assert folder["not_shown"] == len(history_of(entry).past.recent) - len(prints) > 0
    assert not [path for path in paths(farm) if "storage" in path]


async def test_title_has_part_printer_result_and_local_time(
    farm: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    printer = farm.world.printers[printer_named(farm, "X1 Carbon 01")]
    job_id = printer.printing_job_id
    assert job_id is not None
    farm.fail_print(printer.id, "Nozzle clogged")

    def ended() -> list[PastPrint]:
        return [one for one in history_of(entry).past.recent if one.job_id == job_id]

    await until_farm(entry, lambda: bool(ended()))
    (one,) = ended()

    newest = pictures(await browser.open())[0]

    local = one.ended_at.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%Y-%m-%d %H:%M")
    assert newest["title"] == f"{one.part} · X1 Carbon 01 · Failed · {local}"


async def test_each_printer_has_a_folder_with_its_prints(
    farm: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    found = folders(await browser.open())
    assert sorted(found) == sorted(printer.name for printer in farm.world.printers.values())
    printer = printer_named(farm, "X1 Carbon 01")

    folder = await browser.open(found["X1 Carbon 01"])

    prints = [one for one in history_of(entry).past.recent if one.printer_id == printer]
    assert folder["title"] == "X1 Carbon 01"
    assert jobs(folder) == [one.job_id for one in prints if one.cover is not None]
    assert jobs(folder)


async def test_picture_and_thumbnail_are_served_by_home_assistant_after_one_request(
    farm: VirtualFarm,
    entry: MockConfigEntry,
    browser: MediaBrowser,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    first = pictures(await browser.open())[0]
    shown = await browser.show(first["media_content_id"])
    guest, user = await hass_client_no_auth(), await hass_client()

    cover = next(one for one in history_of(entry).past.recent if one.cover is not None).cover
    assert cover is not None
    assert shown["url"].startswith("/api/printago/picture/")
    assert shown["mime_type"] == "image/png"
    for answer in (await guest.get(shown["url"]), await user.get(first["thumbnail"])):
        assert answer.status == 200
        assert answer.content_type == "image/png"
        assert await answer.read() == farm.storage.picture(cover)
    assert (await guest.get(first["thumbnail"])).status == 401
    assert paths(farm).count(SIGN) == 1
    # The storage's own addresses are secrets.
    assert "storage" not in str(first | shown)


async def test_picture_that_cannot_be_read_says_so(
    farm: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    first = pictures(await browser.open())[0]
    farm.inject_fault(Fault(mode="status", path="/v1/storage/signed-urls", status=500, count=10))

    assert "cannot be read" in await browser.refusal("resolve", first["media_content_id"])


@pytest.mark.parametrize(
    "below",
    [
        *("{entry}/print/1/{none}", "{entry}/print/2/{job}", "{entry}/print/x/{job}", "{entry}/print/{job}", "{entry}"),
        *("x/print/1/{job}", "{entry}/printer/{printer}", "{entry}/x/1/{job}", "{entry}/print/", "%2e%2e/%2e%2e"),
    ],
)
async def test_unknown_picture_is_an_error(
    farm: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser, below: str
) -> None:
    job = jobs(await browser.open())[0]
    printer = printer_named(farm, "X1 Carbon 01")
    item = below.format(entry=entry.entry_id, job=job, none="z" * 24, printer=printer)

    assert "no such picture" in await browser.refusal("resolve", f"{ROOT}/{item}")
    assert paths(farm).count(SIGN) == 0


@pytest.mark.parametrize("below", ["x", "{entry}/printer/x", "{entry}/printer", "{entry}/print/1/x"])
async def test_unknown_folder_is_an_error(entry: MockConfigEntry, browser: MediaBrowser, below: str) -> None:
    assert "no such picture" in await browser.refusal("browse", f"{ROOT}/{below.format(entry=entry.entry_id)}")


async def test_store_that_is_not_loaded_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    first = pictures(await browser.open())[0]
    await hass.config_entries.async_unload(entry.entry_id)

    for refusal in (await browser.refusal("browse", ROOT), await browser.refusal("resolve", first["media_content_id"])):
        assert refusal.startswith("The store “Virtual Farm” is not loaded")


async def test_key_that_may_not_read_pictures_has_none(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_ws_client: WebSocketGenerator
) -> None:
    key = "vfweak0a1b2c3d4e5f6g7h8i9_z9y8x7w6v5u4t3s2"
    farm.add_api_key(key, READ_ONLY_PERMISSIONS)
    assert await async_setup_component(hass, "media_source", {})
    farm.fill_history(10, months=1)
    entry = await setup_entry(api_key=key)
    await read_all(hass, entry)

    folder = await MediaBrowser(await hass_ws_client(hass)).open()

    assert pictures(folder) == []
    assert folder["not_shown"] == len(history_of(entry).past.recent) > 0


@pytest.fixture
async def other(hass: HomeAssistant, entry: MockConfigEntry, setup_entry: SetUp) -> AsyncGenerator[VirtualFarm]:
    """Run a second farm, called "Cellar"."""
    async with VirtualFarm(FarmConfig(speed=0, printers=1, store_id=OTHER, seed=2)) as running:
        running.fill_history(3, months=1)
        second = await setup_entry(
            store_id=OTHER,
            api_key=running.config.api_key,
            server={CONF_API_URL: running.rest_url, CONF_REALTIME_URL: running.realtime_url},
        )
        hass.config_entries.async_update_entry(second, title="Cellar")
        await read_all(hass, second)
        yield running
        await hass.config_entries.async_unload(second.entry_id)


async def test_several_stores_have_a_folder_each(
    other: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    stores = folders(await browser.open())
    assert list(stores) == ["Virtual Farm", "Cellar"]
    cellar, first = await browser.open(stores["Cellar"]), await browser.open(stores["Virtual Farm"])

    assert cellar["title"] == "Cellar"
    assert set(jobs(cellar)) <= set(other.world.jobs)
    assert jobs(first) == [one.job_id for one in history_of(entry).past.recent if one.cover is not None]


async def test_picture_of_another_store_is_an_error(
    other: VirtualFarm, farm: VirtualFarm, entry: MockConfigEntry, browser: MediaBrowser
) -> None:
    own = jobs(await browser.open(folders(await browser.open())["Virtual Farm"]))
    theirs = [one.job_id for one in history_of(entry).past.recent]
    foreign = next(job for job in other.world.jobs if job not in theirs)
    farm.clear_requests()

    assert own
    assert "no such picture" in await browser.refusal("resolve", f"{ROOT}/{entry.entry_id}/print/1/{foreign}")
    printer = printer_named(other, next(iter(other.world.printers.values())).name)
    if printer not in farm.world.printers:
        assert "no such picture" in await browser.refusal("browse", f"{ROOT}/{entry.entry_id}/printer/{printer}")
    assert paths(farm).count(SIGN) == 0
