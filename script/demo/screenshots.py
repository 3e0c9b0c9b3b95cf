"""Pictures of the demo's pages in a real browser, for the documentation."""

import argparse
import asyncio
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any

import aiohttp

from .demo import Demo, running_demo
from .home_assistant import PASSWORD, USER
from .processes import ROOT, DemoError, free_port

_FOLDER = ROOT / "docs" / "images"
_PATIENCE_MS = 90_000
_MOST_BYTES = 300_000
_WIDTH, _HEIGHT = 1200, 900
# The frontend scrolls inside of the page: it is made as tall as what it shows, up to this.
_MOST_HEIGHT = 3000
# The frontend lives in nested shadow roots, which this looks through.
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


async def _sign_in(page: Any, url: str) -> None:
    await page.goto(url, wait_until="domcontentloaded")
    await page.locator("input[name=username]").fill(USER)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: "auth/authorize" not in address and "auth_callback" not in address)
    await page.locator("home-assistant-main").wait_for(state="attached")


async def _device_page(page: Any, url: str, device_id: str, title: str, name: str) -> Path:
    """Take a picture of a device's page once it shows its entities."""
    await page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
    await page.goto(f"{url}/config/devices/device/{device_id}", wait_until="domcontentloaded")
    await page.get_by_text(title, exact=True).first.wait_for()
    await page.locator("ha-device-entities-card").first.wait_for()
    await page.wait_for_load_state("networkidle")
    height = min(_MOST_HEIGHT, max(_HEIGHT, int(await page.evaluate(_SCROLLED)) + 64))
    await page.set_viewport_size({"width": _WIDTH, "height": height})
    await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    path = _FOLDER / f"{name}.png"
    await page.screenshot(path=path, animations="disabled")
    if (size := path.stat().st_size) > _MOST_BYTES:
        raise DemoError(f"{path} has {size} bytes, more than {_MOST_BYTES}")
    return path


async def _wait_until_complete(demo: Demo) -> None:
    """Wait for what is read only some time after the start: orders, the store, what has been completed."""
    client = demo.home_assistant.client
    keys = ("orders_open", "orders_overdue", "production_slots_total", "process_low_priority_jobs", "jobs_completed")
    try:
        async with asyncio.timeout(_PATIENCE_MS / 1000):
            while True:
                entities = await demo.home_assistant.entities()
                states = {state["entity_id"]: state["state"] for state in await client.rest("GET", "/states")}
                shown = [states.get(entities.get(f"{demo.farm.store_id}_{key}", "")) for key in keys]
                if not {None, "unknown", "unavailable"}.intersection(shown):
                    return
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise DemoError(f"not all of {', '.join(keys)} had a value within {_PATIENCE_MS // 1000} s") from None


async def _take(demo: Demo, chromium: str) -> list[Path]:
    from playwright.async_api import Error, async_playwright

    await _wait_until_complete(demo)
    url = demo.home_assistant.url
    try:
        async with async_playwright() as playwright:
            # Root may not use the browser's sandbox; nothing but our own pages is opened.
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = await browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-GB")
            page.set_default_timeout(_PATIENCE_MS)
            await page.route(lambda address: not address.startswith(url), lambda route: route.abort())
            await _sign_in(page, url)
            paths = await _take_pages(demo, page)
            await browser.close()
    except Error as err:
        raise DemoError(f"the browser did not get there: {err}") from err
    return paths


async def _take_pages(demo: Demo, page: Any) -> list[Path]:
    state = await demo.farm.control("GET", "/state")
    printer = next(printer for printer in state["printers"] if printer["name"] == "X1 Carbon 01")
    devices = await demo.home_assistant.devices()
    url = demo.home_assistant.url
    return [
        await _device_page(page, url, devices[printer["id"]], printer["name"], "printer"),
        await _device_page(page, url, devices[demo.farm.store_id], "Virtual Farm", "farm"),
    ]


async def _run(chromium: str) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="printago-screenshots-"))
    try:
        async with running_demo(folder, printers=8, port=free_port(), speed=1) as demo:
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
