"""WebSocket subscriptions of cards: changes are pushed, cost no requests, and respect permissions."""

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from tests.conftest import SetUp
from tests.support.browser import Browser, Message
from tests.support.common import device_of, paths, printer_named
from virtual_farm import VirtualFarm


@pytest.mark.usefixtures("calm")
async def test_queue_has_waiting_jobs_and_reasons(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    queue = await browser.subscribe("queue")

    assert queue["loaded"]
    assert queue["readable"]
    assert [job["title"] for job in queue["queued"]] == hass.states.get("sensor.virtual_farm_jobs_queued").attributes[
        "jobs"
    ]
    assert queue["total"] == len(queue["queued"])
    assert [job["title"] for job in queue["failed"]] == ["Order 1003"]
    assert queue["failed"][0]["error"]
    assert all(job["why"]["code"] for job in queue["queued"])
    night = next(job for job in queue["queued"] if job["title"] == "Night filler")
    assert (night["low_priority"], night["why"]["code"]) == (True, "low_priority_off")
    printers = {printer.name for printer in farm.world.printers.values()}
    assert {name for job in queue["queued"] for name in job["why"]["printers"]} <= printers


@pytest.mark.usefixtures("calm")
async def test_a_change_is_pushed_and_no_change_is_not(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    before = await browser.subscribe("queue")
    second = before["queued"][1]

    entry.runtime_data.coordinator.listeners.async_update_farm()
    await hass.services.async_call("printago", "move_jobs_to_front", {"job_id": [second["id"]]}, blocking=True)

    # The first push is that of the change, since unchanged data is not sent.
    after = await browser.next()
    assert after["queued"][0]["id"] == second["id"]


@pytest.mark.usefixtures("calm")
async def test_queue_comes_in_pages(browser: Browser) -> None:
    page = await browser.subscribe("queue", limit=2)

    assert len(page["queued"]) == 2
    assert page["total"] > 2


@pytest.mark.printers(8)
@pytest.mark.usefixtures("calm")
async def test_orders_have_their_jobs_the_most_urgent_first(browser: Browser) -> None:
    orders = (await browser.subscribe("orders"))["orders"]

    assert orders[0]["number"] == "1001"
    assert [order["overdue"] for order in orders] == [True, False, False]
    assert {order["number"]: order["printing"] for order in orders}["1004"] == 1


@pytest.mark.usefixtures("calm")
async def test_orders_tell_customer_progress_and_what_cannot_be_printed(
    hass: HomeAssistant, farm: VirtualFarm, browser: Browser
) -> None:
    def known(answer: Message) -> bool:
        return all(order["items"] and order["printed"] is not None for order in answer["orders"])

    answer = await browser.subscribe("orders")
    answer = answer if known(answer) else await browser.when(known)

    for order in answer["orders"]:
        wanted = farm.world.orders[order["id"]]
        items = [item for item in farm.world.order_items.values() if item["orderId"] == order["id"]]
        jobs = [job for job in farm.world.jobs.values() if job.order_id == order["id"]]
        names = {customer["id"]: customer["name"] for customer in farm.world.customers.values()}
        assert order["customer"] == names.get(wanted["customerId"])
        assert sum(item["quantity"] for item in order["items"]) == sum(
            item["quantity"] for item in items if not item["ignored"]
        )
        assert order["printed"] == sum(job.status == "completed" for job in jobs)
        assert order["prints"] >= order["printed"] + order["queued"] + order["printing"] + order["failed"]
        problems = [item for item in items if item["resolutionNote"] and not item["ignored"]]
        assert len(order["unprintable"]) == len(problems)


@pytest.mark.usefixtures("calm")
async def test_wall_tells_what_failed_and_the_tags_of_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    wall = await browser.subscribe("wall")

    assert [job["title"] for job in wall["failed"]] == ["Order 1003"]
    assert wall["failed"][0]["error"]
    assert wall["waiting_approval"] == []
    printer = farm.world.printers[printer_named(farm, "X1 Carbon 01")]
    device = device_of(hass, entry, printer.id)
    assert device is not None
    assert printer.tags
    assert wall["tags"][device.id] == printer.tags

    failed = wall["failed"][0]["id"]
    await hass.services.async_call("printago", "clear_jobs", {"job_id": [failed]}, blocking=True)
    assert (await browser.when(lambda answer: not answer["failed"]))["loaded"]


@pytest.mark.usefixtures("calm")
async def test_ten_browsers_cost_no_request(
    hass: HomeAssistant, farm: VirtualFarm, hass_ws_client: WebSocketGenerator
) -> None:
    asked = paths(farm)
    for _ in range(10):
        browser = Browser(await hass_ws_client(hass))
        await browser.subscribe("queue")
        await Browser(await hass_ws_client(hass)).subscribe("orders")

    assert paths(farm) == asked


async def test_pictures_come_through_home_assistant_once_for_all_browsers(
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "http", {})
    await setup_entry()
    browser = Browser(await hass_ws_client(hass))
    queue = await browser.subscribe("queue")
    pictures = [job["picture"] for job in queue["queued"] if job["picture"]]
    assert pictures
    assert all(picture.startswith("/api/printago/picture/") for picture in pictures)
    client = await hass_client_no_auth()

    for _ in range(3):
        answer = await client.get(pictures[0])
        assert answer.status == 200
        assert answer.content_type.startswith("image/")
        assert len(await answer.read()) > 100

    assert paths(farm).count("POST /v1/storage/signed-urls") == 1
    unsigned = pictures[0].partition("?")[0]
    assert (await client.get(unsigned)).status == 401
    assert (await client.get(pictures[0].replace("/picture/", "/picture/x"))).status in {401, 404}


@pytest.mark.usefixtures("calm")
async def test_a_subscription_outlives_a_reload(hass: HomeAssistant, entry: MockConfigEntry, browser: Browser) -> None:
    assert (await browser.subscribe("queue"))["queued"]

    await hass.config_entries.async_unload(entry.entry_id)
    assert await browser.when(lambda answer: not answer["loaded"]) == {"loaded": False}

    await hass.config_entries.async_setup(entry.entry_id)
    assert (await browser.when(lambda answer: answer["loaded"]))["queued"]


async def test_missing_permission_is_reported(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp, hass_ws_client: WebSocketGenerator
) -> None:
    key = "vfweak0a1b2c3d4e5f6g7h8i9_z9y8x7w6v5u4t3s2"
    farm.add_api_key(key, {"printer.view", "printer.stats"})
    await setup_entry(api_key=key)
    browser = Browser(await hass_ws_client(hass))

    assert await browser.subscribe("queue") == {"loaded": True, "readable": False}


@pytest.mark.usefixtures("calm")
async def test_a_user_without_access_gets_no_data(hass: HomeAssistant, browser: Browser, hass_admin_user: User) -> None:
    hass_admin_user.mock_policy({"entities": {"domains": {"light": True}}})
    hass_admin_user.groups = []

    for kind, data in (("queue", {}), ("queue/subscribe", {}), ("orders", {}), ("order", {"order": "1001"})):
        assert (await browser.command(kind, **data))["error"]["code"] == "unauthorized"


@pytest.mark.usefixtures("calm")
async def test_a_user_without_admin_rights_sees_the_farm(
    hass: HomeAssistant, browser: Browser, hass_admin_user: User
) -> None:
    hass_admin_user.groups = []
    hass_admin_user.mock_policy({"entities": True})

    assert (await browser.command("queue"))["result"]["queued"]


@pytest.mark.usefixtures("calm")
async def test_a_farm_is_chosen_by_its_device_or_a_printers(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    foreign_device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "x")}
    )
    ours = [
        device_of(hass, entry, identifier).id
        for identifier in (farm.config.store_id, printer_named(farm, "X1 Carbon 01"))
    ]

    for device_id in ours:
        assert (await browser.command("queue", device_id=device_id))["success"]
    for device_id in (foreign_device.id, "gone"):
        assert (await browser.command("queue", device_id=device_id))["error"]["code"] == "not_found"


async def test_without_a_farm_the_command_responds(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, browser: Browser
) -> None:
    await hass.config_entries.async_remove(entry.entry_id)

    assert (await browser.command("queue"))["error"]["code"] == "not_found"


@pytest.mark.parametrize("data", [{"limit": 0}, {"limit": 10**9}, {"limit": "x"}, {"device_id": 5.5, "more": 1}])
@pytest.mark.usefixtures("entry")
async def test_invalid_commands_are_refused(browser: Browser, data: Message) -> None:
    assert (await browser.command("queue", **data))["error"]["code"] == "invalid_format"
