"""WebSocket commands that cards call once: catalog, materials, choices, and objects of a print."""

from io import BytesIO

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from tests.conftest import SetUp
from tests.support.browser import Browser
from tests.support.common import device_of, entity_id, paths, printer_named
from virtual_farm import Fault, VirtualFarm


@pytest.mark.usefixtures("calm")
async def test_catalog_is_searched_and_read_once_for_all_browsers(
    hass: HomeAssistant, farm: VirtualFarm, hass_ws_client: WebSocketGenerator
) -> None:
    before = len(paths(farm))
    for _ in range(3):
        browser = Browser(await hass_ws_client(hass))
        found = (await browser.command("catalog", search="bENCHY"))["result"]
        everything = (await browser.command("catalog", limit=2))["result"]

    reversed_words = (await browser.command("catalog", search="2x1 gridfinity"))["result"]

    assert {item["name"] for item in found["items"]} >= {"Benchy"}
    assert {item["name"] for item in reversed_words["items"]} >= {"Gridfinity Bin 2x1"}
    assert all("benchy" in f"{item['name']} {item['about']}".lower() for item in found["items"])
    assert len(everything["items"]) == 2
    assert everything["total"] > 2
    assert everything["complete"]
    assert sorted(paths(farm)[before:]) == ["GET /v1/parts", "GET /v1/skus"]


@pytest.mark.usefixtures("calm")
async def test_unreadable_catalog_reports_the_reason(hass: HomeAssistant, farm: VirtualFarm, browser: Browser) -> None:
    farm.inject_fault(Fault(mode="status", path="/v1/parts", status=500, count=10))

    answer = await browser.command("catalog")

    assert answer["error"]["code"] == "home_assistant_error"
    assert answer["error"]["translation_domain"] == "printago"


@pytest.mark.parametrize(
    ("granted", "kinds"),
    [({"part.view"}, {"part"}), ({"sku.view"}, {"sku"}), ({"part.view", "sku.view"}, {"part", "sku"})],
)
async def test_catalog_has_what_the_key_may_see(
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    hass_ws_client: WebSocketGenerator,
    granted: set[str],
    kinds: set[str],
) -> None:
    key = "vfweak0a1b2c3d4e5f6g7h8i9_z9y8x7w6v5u4t3s2"
    farm.add_api_key(key, {"printer.view", "printer.stats", *granted})
    await setup_entry(api_key=key)

    found = (await Browser(await hass_ws_client(hass)).command("catalog"))["result"]

    assert {item["kind"] for item in found["items"]} == kinds
    assert found["complete"] is (kinds == {"part", "sku"})


@pytest.mark.usefixtures("calm")
async def test_materials_have_their_colors(browser: Browser) -> None:
    materials = (await browser.command("materials"))["result"]["materials"]

    basic = next(material for material in materials if material["name"] == "Bambu PLA Basic")
    assert "Red" in [color["name"] for color in basic["colors"]]


@pytest.mark.usefixtures("calm")
async def test_trays_have_the_slot_names_of_actions(hass: HomeAssistant, farm: VirtualFarm, browser: Browser) -> None:
    slots = (await browser.command("materials"))["result"]["slots"]

    tray = entity_id(hass, printer_named(farm, "X1 Carbon 01"), "ams_1_tray_2")
    assert slots[tray] == "ams_1_tray_2"
    assert "sensor.x1_carbon_01_print_progress" not in slots


@pytest.mark.usefixtures("calm")
async def test_choices_are_the_tags_of_printers_and_the_options_of_an_sku_read_once(
    hass: HomeAssistant, farm: VirtualFarm, hass_ws_client: WebSocketGenerator
) -> None:
    pot = next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] == "POT-M")
    other = next(sku["id"] for sku in farm.world.skus.values() if sku["sku"] != "POT-M")
    before = len(paths(farm))

    for _ in range(2):
        browser = Browser(await hass_ws_client(hass))
        part = (await browser.command("choices"))["result"]
        choices = (await browser.command("choices", sku=pot))["result"]
        none = (await browser.command("choices", sku=other))["result"]

    tags = {tag for printer in farm.world.printers.values() for tag in printer.tags}
    assert part["tags"] == sorted(tags)
    assert part["options"] == none["options"] == []
    red = next(variant for variant in farm.world.variants.values() if variant["name"] == "Red")
    assert {"material": "PLA", "name": "PLA"} in part["loaded"]
    assert {"material": red["materialId"], "name": "Bambu PLA Basic"} in part["loaded"]
    names = {"material": red["materialId"], "variant": red["id"], "name": "Bambu PLA Basic · Red"}
    assert names in part["loaded"]
    assert choices["options"] == [{"name": "Color", "values": ["Black", "Jade White", "Bambu Green"], "free": False}]
    assert sorted(paths(farm)[before:]) == [
        "GET /v1/sku-options",
        "GET /v1/sku-options/bindings",
        "GET /v1/sku-options/values",
    ]


@pytest.mark.usefixtures("calm")
async def test_choices_of_an_sku_that_cannot_be_read_say_why(farm: VirtualFarm, browser: Browser) -> None:
    farm.inject_fault(Fault(mode="status", path="/v1/sku-options/values", status=500, count=10))

    assert (await browser.command("choices", sku="x"))["error"]["translation_domain"] == "printago"


async def test_objects_of_a_print_come_with_pictures_that_tell_them_apart(
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "http", {})
    entry = await setup_entry()
    printer = printer_named(farm, "X1 Carbon 01")
    job_id = farm.world.printers[printer].printing_job_id
    assert job_id is not None
    top, pick = farm.storage.plate_uris(["101", "70000"])
    objects = [
        {"identifyId": "101", "name": "Left clip", "skipped": False},
        {"identifyId": "70000", "name": "Right clip", "skipped": True},
    ]
    farm.job(job_id).skip_objects_data = {"objects": objects, "topImageUri": top, "pickImageUri": pick}
    device = device_of(hass, entry, printer)
    assert device is not None
    browser = Browser(await hass_ws_client(hass))

    found = (await browser.command("objects", device_id=device.id))["result"]

    assert found["objects"] == [
        {"id": 101, "name": "Left clip", "skipped": False},
        {"id": 70000, "name": "Right clip", "skipped": True},
    ]
    client = await hass_client_no_auth()
    picture = Image.open(BytesIO(await (await client.get(found["pick"])).read()))
    colors = {color for _, color in picture.getcolors() or () if color[3]}
    assert {red + green * 256 + blue * 65536 for red, green, blue, _ in colors} == {101, 70000}
    assert (await client.get(found["picture"])).status == 200


@pytest.mark.usefixtures("calm")
async def test_a_printer_that_prints_nothing_has_no_objects(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    idle = next(printer.id for printer in farm.world.printers.values() if printer.printing_job_id is None)
    for identifier in (idle, farm.config.store_id):
        device = device_of(hass, entry, identifier)
        assert device is not None
        assert (await browser.command("objects", device_id=device.id))["result"]["objects"] == []
