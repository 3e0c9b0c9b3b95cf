"""Tests the dashboard in a real browser, as admin and as another user, with several screen sizes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from .check import Check, report
from .dashboard import PATH, add_dashboard
from .demo import Demo
from .home_assistant import PASSWORD, USER
from .processes import DemoError

_PATIENCE_MS = 30_000
_STAFF = "staff"
_VIEWS = {
    "queue": "printago-queue li",
    "orders": "printago-orders ha-card",
    "spools": "printago-spools .tray",
    "print": "printago-print li",
}


async def dashboard_works(check: Check, chromium: str) -> None:
    """Open every view of the dashboard in a browser; raises DemoError for missing content and for any error."""
    from playwright.async_api import Error, async_playwright

    demo = check.demo
    await add_dashboard(demo)
    await _add_staff(demo)
    try:
        async with async_playwright() as playwright:
            # Root can't use the browser's sandbox; only our own pages are opened.
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            async with _signed_in(demo, browser, USER) as page:
                await _wall(demo, page)
                await _bed_is_confirmed(check, page)
                for path, shown in _VIEWS.items():
                    await _open(demo, page, path)
                    await page.locator(shown).first.wait_for()
                await _part_is_printed(page)
            async with _signed_in(demo, browser, _STAFF, width=390, language="ja") as page:
                await _wall(demo, page)
                await page.locator("printago-printers .open").first.click()
                await page.locator("printago-printer-dialog dialog").wait_for()
            await browser.close()
    except Error as err:
        raise DemoError(f"the browser did not get there: {err}") from err
    report("the dashboard shows all printers, confirms a bed and prints a part; staff sees it on a phone in Japanese")


async def _add_staff(demo: Demo) -> None:
    client = demo.home_assistant.client
    created = await client.command("config/auth/create", name="Staff", group_ids=["system-users"], local_only=True)
    await client.command(
        "config/auth_provider/homeassistant/create", user_id=created["user"]["id"], username=_STAFF, password=PASSWORD
    )


@asynccontextmanager
async def _signed_in(
    demo: Demo, browser: Any, user: str, *, width: int = 1440, language: str = "en"
) -> AsyncGenerator[Any]:
    """Sign in a user in a separate window; raises DemoError for errors in its console."""
    url = demo.home_assistant.url
    context = await browser.new_context(viewport={"width": width, "height": 900}, locale=language)
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    await page.route(lambda address: not address.startswith(url), lambda route: route.abort())
    await page.goto(url, wait_until="domcontentloaded")
    await page.locator("input[name=username]").fill(user)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: "auth/authorize" not in address and "auth_callback" not in address)
    await page.locator("home-assistant-main").wait_for(state="attached")
    yield page
    if errors:
        raise DemoError(f"the browser complains: {errors}")
    await context.close()


async def _open(demo: Demo, page: Any, path: str) -> None:
    await page.goto(f"{demo.home_assistant.url}/{PATH}/{path}", wait_until="domcontentloaded")


async def _wall(demo: Demo, page: Any) -> None:
    await _open(demo, page, "wall")
    await page.locator("printago-printers .tile").first.wait_for()
    state = await demo.farm.control("GET", "/state")
    shown = set(await page.locator("printago-printers .open .line").all_inner_texts())
    if missing := {printer["name"] for printer in state["printers"]} - shown:
        raise DemoError(f"the wall does not show {', '.join(sorted(missing))}")


async def _bed_is_confirmed(check: Check, page: Any) -> None:
    """Finish a print, confirm its bed, undo that, then confirm it again."""
    printer = await check.printer(
        lambda printer: printer["isOnline"] and printer["printingJobId"] and not printer["continuousPrint"], "prints"
    )
    await check.demo.farm.control("POST", f"/printers/{printer['id']}/finish")
    confirm = page.get_by_role("button", name="is clear").first
    await confirm.wait_for()
    name = str(await confirm.get_attribute("aria-label"))
    await confirm.click()
    await page.get_by_role("button", name="Undo").first.click()
    again = page.get_by_role("button", name=name)
    await again.click()
    await again.wait_for(state="hidden")
    bed = check.entity(printer["id"], "bed_needs_clearing")
    async with check.patience(f"{bed} to be off"):
        while (await check.demo.home_assistant.client.state(bed))["state"] != "off":
            await page.wait_for_timeout(100)


async def _part_is_printed(page: Any) -> None:
    await page.locator("printago-print li button", has_text="Benchy").first.click()
    dialog = page.locator("printago-print-dialog")
    await dialog.locator("#quantity").fill("2")
    await dialog.get_by_role("button", name="Print", exact=True).click()
    await dialog.get_by_text("In the queue:").wait_for()
