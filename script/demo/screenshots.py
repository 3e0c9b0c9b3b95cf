"""Takes screenshots of the demo's pages in a real browser, for the documentation."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
import contextlib
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any

import aiohttp
from PIL import Image

from .dashboard import PATH, add_dashboard
from .demo import Demo, running_demo
from .home_assistant import PASSWORD, USER
from .processes import ROOT, DemoError, free_port

_FOLDER = ROOT / "docs" / "images"
_PATIENCE_MS = 90_000
_MOST_BYTES = 150_000
_MINUTE = 62
_COLORS = 192
_WIDTH, _HEIGHT = 1200, 900
# The frontend scrolls inside of the page, so the window is made as tall as the content, up to this height.
_MOST_HEIGHT = 3000
# The frontend uses nested shadow roots, which this searches.
_SCROLLED = """() => {
  let most = 0;
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      most = Math.max(most, element.scrollHeight > element.clientHeight + 4 ? element.scrollHeight : 0);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return most;
}"""
_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_READ_ONLY = "vfweak0a1b2c3d4e5f6g7h8i9_z9y8x7w6v5u4t3s2"

_AUTOMATION = {
    "alias": "A bed waits to be cleared",
    "triggers": [
        {
            "trigger": "printago.bed_needs_clearing",
            "target": {"entity_id": ["binary_sensor.x1_carbon_01_bed_needs_clearing"]},
            "options": {"behavior": "each", "for": {"minutes": 15}},
        }
    ],
    "conditions": [],
    "actions": [
        {
            "action": "notify.persistent_notification",
            "data": {"title": "Print farm", "message": "{{ device_attr(trigger.entity_id, 'name') }} waits."},
        }
    ],
}


class _Pictures:
    """Takes the screenshots, one after the other, in one signed-in window."""

    def __init__(self, demo: Demo, page: Any) -> None:
        self._demo = demo
        self._client = demo.home_assistant.client
        self._url = demo.home_assistant.url
        self._page = page
        self._dialog = page.locator("dialog-data-entry-flow")
        self.paths: list[Path] = []

    async def take(self) -> None:
        """Take all of them."""
        await self._sign_in()
        await self._config_flow()
        for thing in ("Benchy", "Plant Pot"):
            await self._saved_print(thing)
        await self._dashboard()
        await self._day()
        await self._lists()
        state = await self._demo.farm.control("GET", "/state")
        printer = next(printer for printer in state["printers"] if printer["name"] == "X1 Carbon 01")
        devices = await self._demo.home_assistant.devices()
        await self._device_page(devices[printer["id"]], printer["name"], "printer")
        await self._device_page(devices[self._demo.farm.store_id], "Virtual Farm", "farm")
        await self._automation()
        await self._repair()

    async def _sign_in(self) -> None:
        page = self._page
        await page.goto(self._url, wait_until="domcontentloaded")
        await page.locator("input[name=username]").fill(USER)
        await page.locator("input[name=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda address: "auth/authorize" not in address and "auth_callback" not in address)
        await page.locator("home-assistant-main").wait_for(state="attached")

    async def _open(self, path: str) -> None:
        await self._page.goto(f"{self._url}/{path}", wait_until="domcontentloaded")

    async def _shoot(self, name: str, *, width: int, height: int) -> None:
        """Save the window with an adaptive palette, which takes a third of the bytes."""
        await self._page.mouse.move(0, 0)
        await self._page.wait_for_load_state("networkidle")
        await self._page.evaluate(_TWO_FRAMES)
        path = _FOLDER / f"{name}.png"
        await self._page.screenshot(
            path=path, animations="disabled", clip={"x": 0, "y": 0, "width": width, "height": height}
        )
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
        if (size := path.stat().st_size) > _MOST_BYTES:
            raise DemoError(f"{path} has {size} bytes, more than {_MOST_BYTES}")
        self.paths.append(path)

    async def _whole_page(self, name: str, width: int = _WIDTH) -> None:
        """Make the window as tall as its content."""
        await self._page.wait_for_load_state("networkidle")
        height = min(_MOST_HEIGHT, max(_HEIGHT, int(await self._page.evaluate(_SCROLLED)) + 64))
        await self._page.set_viewport_size({"width": width, "height": height})
        await self._shoot(name, width=width, height=height)

    async def _device_page(self, device_id: str, title: str, name: str) -> None:
        await self._page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
        await self._open(f"config/devices/device/{device_id}")
        await self._page.get_by_text(title, exact=True).first.wait_for()
        await self._page.locator("ha-device-entities-card").first.wait_for()
        await self._whole_page(name)

    async def _dashboard(self) -> None:
        """Take the views of the dashboard.

        The wall on a desktop, in both color schemes, and on a phone, then the others.
        """
        await add_dashboard(self._demo)
        page = self._page
        await page.set_viewport_size({"width": 1440, "height": 990})
        await self._open(f"{PATH}/wall")
        await page.locator("printago-printers .tile").nth(7).wait_for()
        for scheme in ("dark", "light"):
            await page.emulate_media(color_scheme=scheme)
            await self._shoot("dashboard" if scheme == "light" else "dashboard-dark", width=1440, height=990)
        await page.set_viewport_size({"width": 390, "height": 844})
        # Its tabs depend on the width with which it was opened.
        await self._open(f"{PATH}/wall")
        await page.locator("printago-printers .tile").nth(7).wait_for()
        await self._shoot("dashboard-phone", width=390, height=844)
        for view, shown in (
            ("queue", "printago-queue li"),
            ("spools", "printago-spools .tray"),
            ("print", "printago-print li"),
        ):
            await page.set_viewport_size({"width": 1000, "height": 700})
            await self._open(f"{PATH}/{view}")
            await page.locator(shown).first.wait_for()
            await self._shoot(f"dashboard-{view}", width=1000, height=700)

    async def _day(self) -> None:
        """Take a picture of each thing that people do on a day of their farm."""
        # Pictures of plates and jobs count in the quota, of which the pages so far have used most.
        await asyncio.sleep(_MINUTE)
        page = self._page
        await self._picture_of("wall", "printago-printers .tile")
        await page.locator("printago-printers printago-job .job").first.click()
        await self._shoot("day-failed", width=1000, height=700)
        await page.locator("printago-printers .paused .open").first.click()
        dialog = page.locator("printago-printer-dialog")
        await dialog.get_by_role("button", name="Skip objects").click()
        await dialog.locator("canvas").click(position={"x": 60, "y": 60})
        await self._shoot("day-skip", width=1000, height=700)
        await dialog.get_by_role("button", name="Stop printing").click()
        await dialog.locator("printago-confirm dialog").wait_for()
        await self._shoot("day-stop", width=1000, height=700)
        await self._questions()
        await self._picture_of("queue", "printago-queue .handle")
        job = page.locator("printago-queue li:has(.handle) printago-job").nth(1)
        await job.locator(".job").click()
        await job.get_by_role("button", name="Why is it waiting?").click()
        await job.locator(".explained p").first.wait_for()
        await self._shoot("day-queue", width=1000, height=700)
        await self._picture_of("spools", "printago-spools .tray")
        await page.locator("printago-spools input[type=search]").fill("red")
        await page.locator("printago-spools .tray").first.click()
        await page.locator("printago-spools form").first.wait_for()
        await self._shoot("day-spools", width=1000, height=700)
        await self._picture_of("print", "printago-print li")
        await page.locator("printago-print li button", has_text="Plant Pot").last.click()
        print_dialog = page.locator("printago-print-dialog")
        await print_dialog.locator("#quantity").fill("2")
        await print_dialog.locator("#printer").select_option(label="X1 Carbon 01")
        await self._shoot("day-print", width=1000, height=700)
        await self._picture_of("orders", "printago-orders li")
        number = page.locator("printago-orders input")
        await number.fill("P20")
        await number.press("Enter")
        await page.locator("printago-order-dialog .past img").first.wait_for()
        await self._shoot("day-order", width=1000, height=700)
        await self._picture_of("history", "printago-history .past")
        await self._shoot("day-history", width=1000, height=700)

    async def _questions(self) -> None:
        """Take the questions before several beds are confirmed, and before the farm is paused."""
        await self._picture_of("wall", "printago-printers .printing")
        for printer in (await self._demo.farm.control("GET", "/state"))["printers"]:
            # The others have their part in other pictures.
            if printer["name"] in ("X1 Carbon 02", "Klipper 01"):
                await self._demo.farm.control("POST", f"/printers/{printer['id']}/outside-print")
                await self._demo.farm.control("POST", f"/printers/{printer['id']}/finish")
        for button, name in (("All beds are clear", "day-beds"), ("Pause all prints", "day-pause")):
            await self._page.get_by_role("button", name=button).click()
            await self._page.locator("printago-confirm dialog").wait_for()
            await self._shoot(name, width=1000, height=700)
            await self._page.keyboard.press("Escape")

    async def _lists(self) -> None:
        """Take Home Assistant's own pages with a to-do list and the calendars of the farm."""
        page = self._page
        await page.set_viewport_size({"width": 1000, "height": 700})
        await self._open("todo?entity_id=todo.virtual_farm_needs_you")
        await page.locator("hui-todo-list-card ha-check-list-item, hui-todo-list-card ha-list-item").first.wait_for()
        await self._shoot("day-list", width=1000, height=700)
        await self._open("calendar")
        await page.get_by_text(" more").first.wait_for()
        await self._shoot("day-calendar", width=1000, height=700)

    async def _picture_of(self, view: str, shown: str) -> None:
        await self._page.set_viewport_size({"width": 1000, "height": 700})
        await self._open(f"{PATH}/{view}")
        await self._page.locator(shown).first.wait_for()

    async def _dialog_picture(self, name: str, height: int = 760) -> None:
        await self._page.set_viewport_size({"width": 900, "height": height})
        await self._shoot(name, width=900, height=height)

    async def _config_flow(self) -> None:
        await self._page.set_viewport_size({"width": 900, "height": 640})
        await self._open("config/integrations/dashboard/add?domain=printago")
        await self._page.get_by_role("button", name="OK", exact=True).click()
        await self._dialog.locator("input[type=password]").wait_for()
        await self._dialog_picture("config-flow", 640)
        await self._page.keyboard.press("Escape")

    async def _saved_print(self, thing: str) -> None:
        """Add a saved print in the user interface."""
        page = self._page
        await self._open("config/integrations/integration/printago")
        await page.get_by_role("button", name="Add saved print").click()
        await self._dialog.locator("ha-selector-select").first.click()
        await page.get_by_text(thing, exact=True).first.click()
        await self._dialog.get_by_role("button", name="Submit").click()
        await self._dialog.get_by_text("Pressing").wait_for()
        if thing == "Benchy":
            await self._dialog_picture("saved-print", 560)
        await self._dialog.get_by_role("button", name="Submit").click()
        await self._dialog.get_by_text("Success").wait_for()

    async def _automation(self) -> None:
        await self._client.rest("POST", "/config/automation/config/bed_waits", _AUTOMATION)
        await self._page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
        await self._open("config/automation/edit/bed_waits")
        # The editor shows YAML if it is opened before the integration's triggers are loaded.
        await self._page.wait_for_load_state("networkidle")
        await self._page.locator("ha-automation-trigger-row").first.click()
        for shown in (
            "ha-automation-sidebar ha-duration-input input",
            "ha-automation-sidebar ha-target-picker-item-row",
        ):
            await self._page.locator(shown).first.wait_for()
        await self._shoot("automation", width=_WIDTH, height=_HEIGHT)
        await self._page.get_by_role("button", name="Add trigger").click()
        await self._page.get_by_text("By type", exact=True).click()
        await self._page.get_by_text("Printago", exact=True).first.click()
        await self._page.get_by_text("Queue is empty").wait_for()
        await self._shoot("triggers", width=_WIDTH, height=_HEIGHT)

    async def _repair(self) -> None:
        """Give the store a read-only key, confirm a bed, and show Home Assistant's error."""
        farm, client = self._demo.farm, self._client
        permissions = ["printer.view", "printer.stats", "queue.view"]
        await farm.control("POST", "/keys", {"key": _READ_ONLY, "permissions": permissions})
        flow = await client.rest(
            "POST", "/config/config_entries/flow", {"handler": "printago", "entry_id": self._demo.entry_id}
        )
        await client.rest(
            "POST",
            f"/config/config_entries/flow/{flow['flow_id']}",
            {
                "store_id": farm.store_id,
                "api_key": _READ_ONLY,
                "server": {"api_url": farm.api_url, "realtime_url": farm.realtime_url},
            },
        )
        await _until(self._pressable, "a bed to confirm")
        # The picture shows that it is refused.
        with contextlib.suppress(DemoError):
            await client.action("button.press", {"entity_id": _CONFIRM})
        await self._page.set_viewport_size({"width": 900, "height": 600})
        await self._open("config/repairs")
        await self._page.get_by_text("lacks a permission").first.click()
        await self._page.get_by_text("printer.ready").first.wait_for()
        await self._dialog_picture("repair", 600)

    async def _pressable(self) -> bool:
        state = await self._client.state(_CONFIRM)
        return bool(state["state"] != "unavailable")


_CONFIRM = "button.p1s_01_confirm_bed_cleared"


async def _until(true: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_MS / 1000):
            while not await true():
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise DemoError(f"no {what} within {_PATIENCE_MS // 1000} s") from None


async def _wait_until_complete(demo: Demo) -> None:
    """Wait for data that is only read some time after the start: orders, the store, completed jobs."""
    client = demo.home_assistant.client
    keys = ("orders_open", "orders_overdue", "production_slots_total", "process_low_priority_jobs", "jobs_completed")

    async def complete() -> bool:
        entities = await demo.home_assistant.entities()
        states = {state["entity_id"]: state["state"] for state in await client.rest("GET", "/states")}
        shown = [states.get(entities.get(f"{demo.farm.store_id}_{key}", "")) for key in keys]
        return not {None, "unknown", "unavailable"}.intersection(shown)

    await _until(complete, f"value of all of {', '.join(keys)}")


async def _take(demo: Demo, chromium: str) -> list[Path]:
    from playwright.async_api import Error, async_playwright

    await _wait_until_complete(demo)
    url = demo.home_assistant.url
    try:
        async with async_playwright() as playwright:
            # Root can't use the browser's sandbox; only our own pages are opened.
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = await browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-GB")
            page.set_default_timeout(_PATIENCE_MS)
            await page.route(lambda address: not address.startswith(url), lambda route: route.abort())
            pictures = _Pictures(demo, page)
            await pictures.take()
            await browser.close()
    except Error as err:
        raise DemoError(f"the browser did not get there: {err}") from err
    return pictures.paths


async def _run(chromium: str) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="printago-screenshots-"))
    try:
        async with running_demo(folder, printers=8, port=free_port(), speed=1) as demo:
            # The integration reads the past half a minute after the start.
            await demo.farm.control("POST", "/history", {"jobs": 1500, "months": 6})
            for path in await _take(demo, chromium):
                print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes", flush=True)
    except (DemoError, aiohttp.ClientError) as err:
        raise DemoError(f"{err}\nThe logs are kept in {folder}") from err
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


def main() -> int:
    """Run script/screenshots; returns the exit status."""
    parser = argparse.ArgumentParser(prog="script/screenshots", description="Take the pictures in docs/images.")
    parser.add_argument("chromium", help="program of the browser")
    options = parser.parse_args()
    try:
        asyncio.run(_run(options.chromium))
    except DemoError as err:
        print(f"script/screenshots: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
