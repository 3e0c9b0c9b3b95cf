"""Tests the dashboard in a real browser, as admin and as another user, with several screen sizes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from .accessibility import require_no_barriers
from .cards import cards_work
from .check import Check, report
from .dashboard import PATH, add_dashboard
from .day import Day
from .demo import Demo
from .home_assistant import PASSWORD, USER
from .layout import require_fits
from .processes import DemoError

_PATIENCE_MS = 30_000
_MINUTE = 62
"""Seconds after which earlier requests no longer count: the steps in the browser use most of a minute's quota."""
_STAFF = "staff"
# A wall of copies of the printers, for what can't be seen with a few: how high it is at a width.
_HEIGHT_OF_WALL = """async ([count, width]) => {
  const hass = document.querySelector('home-assistant').hass;
  const home = { ...hass, devices: { ...hass.devices }, entities: { ...hass.entities }, states: { ...hass.states } };
  const parts = (id) => Object.values(hass.entities).filter((entity) => entity.device_id === id);
  const isPrinter = ({ id }) => parts(id).some((entity) => entity.translation_key === 'print_status');
  const printers = Object.values(hass.devices).filter(isPrinter);
  const state = (id, key) => hass.states[parts(id).find((entity) => entity.translation_key === key)?.entity_id]?.state;
  const isCalm = ({ id }) =>
    ['running', 'idle'].includes(state(id, 'print_status')) &&
    ['bed_needs_clearing', 'hms'].every((key) => state(id, key) === 'off');
  // Most printers of a large farm print or are ready; what needs a person takes more room, and comes and goes.
  const calm = printers.filter(isCalm);
  for (let copy = printers.length; copy < count; copy++) {
    const printer = calm[copy % calm.length];
    const id = `${printer.id}-${copy}`;
    home.devices[id] = { ...printer, id };
    for (const entity of parts(printer.id)) {
      const entity_id = `${entity.entity_id}_${copy}`;
      home.entities[entity_id] = { ...entity, entity_id, device_id: id };
      home.states[entity_id] = { ...hass.states[entity.entity_id], entity_id };
    }
  }
  const place = document.createElement('div');
  place.style = `position: absolute; top: 0; width: ${width}px`;
  const card = document.createElement('printago-printers-card');
  card.setConfig({ type: 'custom:printago-printers-card' });
  card.hass = home;
  place.append(card);
  document.body.append(place);
  const tiles = () => card.querySelector('printago-printers')?.shadowRoot.querySelectorAll('.tile').length;
  const jobs = () => card.querySelector('printago-printers').shadowRoot.querySelector('printago-job');
  while (tiles() !== count || !jobs()) await new Promise(requestAnimationFrame);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { height } = place.getBoundingClientRect();
  place.remove();
  return height;
}"""
_VIEWS = {
    "wall": "printago-printers .tile",
    "queue": "printago-queue printago-job",
    "orders": "printago-orders li",
    "spools": "printago-spools .tray",
    "print": "printago-print li",
    "history": "printago-history ha-card",
}


async def dashboard_works(check: Check, chromium: str) -> None:
    """Use every view of the dashboard in a browser; raises DemoError for what is missing, for barriers and errors in it."""
    from playwright.async_api import Error, async_playwright

    demo = check.demo
    await add_dashboard(demo)
    await _add_staff(demo)
    await _add_saved_print(demo)
    await asyncio.sleep(_MINUTE)
    try:
        async with async_playwright() as playwright:
            # Root may not use the browser's sandbox; nothing but our own pages is opened.
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            async with _signed_in(demo, browser, USER) as page:
                await _wall(demo, page)
                # Beside the sidebar, below the tabs and the badges of a screen of 1920 x 1080.
                await _wall_fits(page, printers=100, width=1600, height=1080 - 140)
                await _bed_is_confirmed(check, page)
                await _job_is_moved(demo, page)
                await _object_is_chosen(demo, page)
                await _part_is_printed(demo, page)
                await _every_view(demo, page)
            async with _signed_in(demo, browser, _STAFF, width=390, language="ja", scheme="dark") as page:
                await _wall(demo, page)
                await _wall_fits(page, printers=40, width=374, height=5 * 844 - 140)
                await _focus_comes_back(page)
                await _every_view(demo, page)
            # German words are long, Arabic is written from right to left.
            for language in ("de", "ar"):
                async with _signed_in(demo, browser, _STAFF, language=language) as page:
                    await _every_view(demo, page)
            # What the cards need costs few requests.
            minute = asyncio.create_task(asyncio.sleep(_MINUTE))
            async with _signed_in(demo, browser, USER) as page:
                await cards_work(check, page)
            await minute
            async with _signed_in(demo, browser, USER) as page:
                await Day(check, page).play("PLA red")
            async with _signed_in(demo, browser, _STAFF, width=390) as page:
                await Day(check, page).play("PLA black")
            await browser.close()
    except Error as err:
        raise DemoError(f"the browser did not get there: {err}") from err
    report("the dashboard shows all printers, confirms a bed, moves a job, skips an object and prints a part")
    report("staff uses it in German, and on a dark phone in Japanese; axe-core finds no barriers in any view or dialog")
    report(
        "every card shows what it is for on a dashboard made by hand, can be picked, set up, and keeps still where that "
        "is wanted; the dialog of an order and the dashboard's form work"
    )
    report("nothing is cut or overlaps on a phone, at 200 % zoom and on a desktop, also from right to left")
    report(
        "a day of the farm is played on a desktop and by staff on a phone, each task in at most three taps from the wall"
    )


async def _add_staff(demo: Demo) -> None:
    client = demo.home_assistant.client
    created = await client.command("config/auth/create", name="Staff", group_ids=["system-users"], local_only=True)
    await client.command(
        "config/auth_provider/homeassistant/create", user_id=created["user"]["id"], username=_STAFF, password=PASSWORD
    )


async def _add_saved_print(demo: Demo) -> None:
    """Add a saved print: its device is neither a farm nor a printer."""
    client, flows = demo.home_assistant.client, "/config/config_entries/subentries/flow"
    form = await client.rest("POST", flows, {"handler": [demo.entry_id, "saved_print"]})
    (choices,) = (field["selector"]["select"] for field in form["data_schema"] if field["name"] == "thing")
    thing = choices["options"][0]["value"]
    await client.rest("POST", f"{flows}/{form['flow_id']}", {"thing": thing, "quantity": 1})
    await client.rest("POST", f"{flows}/{form['flow_id']}", {})


@asynccontextmanager
async def _signed_in(
    demo: Demo, browser: Any, user: str, *, width: int = 1440, language: str = "en", scheme: str = "light"
) -> AsyncGenerator[Any]:
    """Sign in a user in a separate window; raises DemoError for errors in its console."""
    url = demo.home_assistant.url
    context = await browser.new_context(viewport={"width": width, "height": 900}, locale=language, color_scheme=scheme)
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def hear(message: Any) -> None:
        # Home Assistant's own cards want pictures from outside, and don't get them.
        if message.type == "error" and (message.location["url"] or url).startswith(url):
            errors.append(message.text)

    page.on("console", hear)
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


async def _every_view(demo: Demo, page: Any) -> None:
    for path, shown in _VIEWS.items():
        await _open(demo, page, path)
        await page.locator(shown).first.wait_for()
        await require_no_barriers(page, f"the view {path}")
        await require_fits(page, f"the view {path}")


async def _wall(demo: Demo, page: Any) -> None:
    await _open(demo, page, "wall")
    await page.locator("printago-printers .tile").first.wait_for()
    state = await demo.farm.control("GET", "/state")
    shown = set(await page.locator("printago-printers .open .line").all_inner_texts())
    if missing := {printer["name"] for printer in state["printers"]} - shown:
        raise DemoError(f"the wall does not show {', '.join(sorted(missing))}")


async def _wall_fits(page: Any, *, printers: int, width: int, height: int) -> None:
    higher = await page.evaluate(_HEIGHT_OF_WALL, [printers, width]) - height
    if higher > 0:
        raise DemoError(f"a wall of {printers} printers is {higher:.0f} pixels too high")


async def _focus_comes_back(page: Any) -> None:
    """Open a printer by key, and close it: who uses no mouse goes on where they were."""
    opener = page.locator("printago-printers .open").first
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.locator("printago-printer-dialog dialog")
    await dialog.wait_for()
    await dialog.locator(".icon").click()
    await dialog.wait_for(state="detached")
    if not await opener.evaluate("(opener) => opener.getRootNode().activeElement === opener"):
        raise DemoError("closing the dialog of a printer loses the focus")


async def _bed_is_confirmed(check: Check, page: Any) -> None:
    """Finish a print, confirm its bed, undo that, then confirm it again."""
    printer = await check.printer(
        lambda printer: printer["isOnline"] and printer["printingJobId"] and not printer["continuousPrint"], "prints"
    )
    await check.demo.farm.control("POST", f"/printers/{printer['id']}/finish")
    confirm = page.get_by_role("button", name=f"Bed is clear: {printer['name']}")
    await confirm.click()
    await page.get_by_role("button", name=f"Undo: {printer['name']}").click()
    await confirm.click()
    await confirm.wait_for(state="hidden")
    bed = check.entity(printer["id"], "bed_needs_clearing")
    async with check.patience(f"{bed} to be off"):
        while (await check.demo.home_assistant.client.state(bed))["state"] != "off":
            await page.wait_for_timeout(100)


async def _job_is_moved(demo: Demo, page: Any) -> None:
    """Drag the second job of the queue to the front, move it back by key, then look at what a job offers."""
    await _open(demo, page, "queue")
    handles = page.locator("printago-queue .handle")
    await handles.nth(1).wait_for()
    # Jobs keep to their priority, so only two of one can be swapped: these wait for a tag that no printer has.
    await demo.home_assistant.client.action(
        "printago.submit_print_job",
        {"part": "Drill Jig", "quantity": 2, "tags": ["enclosed"], "position": "front"},
        response=True,
    )
    jobs = await _waiting(demo)
    await page.locator("printago-queue li:has(.handle)", has_text="Drill Jig").nth(1).wait_for()
    second, first = await handles.nth(1).bounding_box(), await handles.nth(0).bounding_box()
    await page.mouse.move(second["x"] + 20, second["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(first["x"] + 20, first["y"] + 10, steps=10)
    await page.mouse.up()
    await _until_waiting(demo, page, [jobs[1], jobs[0]])
    await handles.nth(0).focus()
    await page.keyboard.press("ArrowDown")
    await _until_waiting(demo, page, jobs[:2])
    job = page.locator("printago-queue li:has(.handle) printago-job").first
    await job.locator(".job").click()
    await job.get_by_role("button", name="Why is it waiting?").click()
    await job.locator(".explained p").first.wait_for()
    await require_no_barriers(page, "an explained job")
    await require_fits(page, "an explained job")
    await job.get_by_role("button", name="Cancel job").click()
    await job.locator("printago-confirm dialog").wait_for()
    await require_no_barriers(page, "a question")
    await page.keyboard.press("Escape")


async def _waiting(demo: Demo) -> list[str]:
    """Return the IDs of the jobs that wait, as Printago sorts them."""
    jobs = (await demo.farm.control("GET", "/state"))["jobs"]
    pending = [job for job in jobs if job["status"] == "pending"]
    return [job["id"] for job in sorted(pending, key=lambda job: (job["priority"], job["queueOrder"]))]


async def _until_waiting(demo: Demo, page: Any, first: list[str]) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_MS / 1000):
            while (await _waiting(demo))[: len(first)] != first:
                await page.wait_for_timeout(100)
    except TimeoutError:
        raise DemoError(f"the queue does not begin with {first}") from None


async def _object_is_chosen(demo: Demo, page: Any) -> None:
    """Choose an object on the picture of a plate, and see it chosen by name."""
    await _open(demo, page, "wall")
    await page.locator("printago-printers .paused .open").first.click()
    dialog = page.locator("printago-printer-dialog")
    await dialog.locator("dialog").wait_for()
    await dialog.get_by_role("button", name="Skip objects").click()
    await dialog.locator("canvas").click(position={"x": 60, "y": 60})
    await dialog.locator("printago-plate input:checked").wait_for()
    await require_no_barriers(page, "the dialog of a printer")
    await require_fits(page, "the dialog of a printer")
    await page.keyboard.press("Escape")


async def _part_is_printed(demo: Demo, page: Any) -> None:
    await _open(demo, page, "print")
    await page.locator("printago-print li button", has_text="Benchy").first.click()
    dialog = page.locator("printago-print-dialog")
    await dialog.locator("#quantity").fill("2")
    await require_no_barriers(page, "the dialog that prints")
    await require_fits(page, "the dialog that prints")
    await dialog.get_by_role("button", name="Print", exact=True).click()
    await dialog.get_by_text("In the queue:").wait_for()
    await dialog.get_by_role("button", name="Show the queue").click()
    await page.locator("printago-queue printago-job").first.wait_for()
