"""What the cards cost a browser: their size, the wall against Home Assistant's own tile cards, and a minute under load."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
import gzip
from pathlib import Path
import shutil
from statistics import median
import tempfile
from typing import Any

from script.demo.dashboard import PATH, add_dashboard
from script.demo.demo import Demo, running_demo
from script.demo.home_assistant import PASSWORD, USER
from script.demo.processes import ROOT, free_port

from .measure import Outcome

BUNDLE_KB = 45
START_MS = 50
FIRST_CONTENT = 0.5
SCRIPTING = 0.3
LONG_TASK_MS = 100
MEMORY = 1.1

_DIST = ROOT / "custom_components" / "printago" / "frontend" / "dist"
_TILES = "own-tiles"
_SHOWN = ("print_status", "print_progress", "end_time", "current_job", "bed_needs_clearing")
"""What the wall shows of each printer."""
type _Shown = tuple[str, str]
"""The address of a dashboard, and the selector of what it shows."""

_GO = """async ([path, selector]) => {
  const find = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches(selector) && element.getBoundingClientRect().height > 0) return element;
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
  };
  const began = performance.now();
  history.pushState(null, '', path);
  window.dispatchEvent(new CustomEvent('location-changed', { detail: { replace: false } }));
  while (!find(document)) await new Promise((done) => requestAnimationFrame(done));
  return performance.now() - began;
}"""
_IMPORT = """async (files) => {
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  const folder = loaded.find((name) => /printago_cards.*printago[.]js/.test(name)).replace(/[^/]*$/, '');
  await Promise.all(files.map((file) => import(folder + file)));
}"""
_WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: 'longtask' });
}"""

_COUNT = """() => window.hassConnection.then(({ conn }) => {
  window.changes = 0;
  conn.socket.addEventListener('message', ({ data }) => { window.changes += data.split('"event":{"c":').length - 1; });
})"""


async def run(*, quick: bool) -> Outcome:
    """Measure everything; without a browser or what drives it only the size of the cards."""
    outcome = Outcome()
    files = sorted(_DIST.glob("*.js"))
    size = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / 1000
    outcome.judge("size of all cards, gzipped (kB)", size, BUNDLE_KB)
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        outcome.details["browser"] = "none"
        return outcome
    printers = 20 if quick else 500
    folder = Path(tempfile.mkdtemp(prefix="printago-benchmark-"))
    try:
        # Two of five printers print. With four messages a second each, 500 printers send more than 500 a second.
        async with (
            running_demo(folder, printers=printers, port=free_port(), speed=1, telemetry_interval=0.25) as demo,
            async_playwright() as driver,
        ):
            await add_dashboard(demo)
            await _add_tiles(demo)
            browser = await driver.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--enable-precise-memory-info"]
            )
            await _measure(demo, browser, outcome, quick=quick)
            await browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    outcome.details |= {"printers": printers, "files": len(files)}
    return outcome


async def _measure(demo: Demo, browser: Any, outcome: Outcome, *, quick: bool) -> None:
    runs, seconds = (1, 3) if quick else (5, 20)
    shown: dict[str, _Shown] = {"wall": (f"/{PATH}/wall", ".tile"), "tiles": (f"/{_TILES}/0", "hui-tile-card")}
    first: dict[str, list[float]] = {name: [] for name in shown}
    scripting: dict[str, list[float]] = {name: [] for name in (*shown, "no cards")}
    # In turns, since a machine is not equally fast all the time.
    for _ in range(runs):
        for name, taken in first.items():
            taken.append(await _first_content(demo, browser, shown[name]))
        for name, each in scripting.items():
            each.append(await _scripting(demo, browser, shown.get(name), seconds))
    outcome.judge(
        "first content of the wall ÷ of tile cards", median(first["wall"]) / median(first["tiles"]), FIRST_CONTENT
    )
    starts = [await _start(demo, browser) for _ in range(runs)]
    outcome.judge("compiling and running all cards (ms)", median(starts), START_MS)
    # Home Assistant copies the states of the whole house for every message. A page with no cards shows what that takes;
    # what is more is the cards.
    bare = median(scripting["no cards"])
    wall, tiles = (max(0.0, median(scripting[name]) - bare) for name in ("wall", "tiles"))
    outcome.judge("scripting of cards per state change, wall ÷ tile cards", wall / tiles if tiles else 1.0, SCRIPTING)
    outcome.details |= {"first_content_ms": first, "scripting_us_per_change": scripting}
    await _under_load(demo, browser, outcome, shown["wall"], quick=quick)


async def _under_load(demo: Demo, browser: Any, outcome: Outcome, wall: _Shown, *, quick: bool) -> None:
    """Judge the longest task of a minute, and the memory of ten."""
    minute, rest = (5, 5) if quick else (60, 540)
    longest: dict[str, float] = {}
    heap: list[float] = []
    for name, shown in {"no cards": None, "wall": wall}.items():
        async with _page(demo, browser) as page:
            if shown is not None:
                await _open(page, *shown)
            await asyncio.sleep(2 if quick else 10)
            await page.evaluate(_WATCH)
            await page.evaluate(_COUNT)
            before = (await demo.farm.control("GET", "/state"))["messages"]
            await asyncio.sleep(minute)
            longest[name] = max(await page.evaluate("() => window.longTasks"), default=0.0)
            sent = (await demo.farm.control("GET", "/state"))["messages"] - before
            changes = await page.evaluate("() => window.changes")
            if shown is not None:
                heap.append(await _heap(page))
                await asyncio.sleep(rest)
                heap.append(await _heap(page))
    outcome.judge("longest task in a minute of the open wall (ms)", longest["wall"], LONG_TASK_MS)
    outcome.judge("memory after ten minutes ÷ after one", heap[1] / heap[0], MEMORY)
    outcome.details |= {
        "heap_mb": {"after_one_minute": heap[0] / 1e6, "after_ten_minutes": heap[1] / 1e6},
        "longest_task_ms": longest,
        "per_second": {"messages": sent / minute, "state_changes": changes / minute},
    }


async def _add_tiles(demo: Demo) -> None:
    """Add a dashboard of Home Assistant's own cards with the same values."""
    client = demo.home_assistant.client
    state = await demo.farm.control("GET", "/state")
    entities = [
        entity
        for printer in state["printers"]
        for key in _SHOWN
        if (entity := demo.entities.get(f"{printer['id']}_{key}")) is not None
    ]
    await client.command("lovelace/dashboards/create", url_path=_TILES, title="Tiles", mode="storage")
    cards = [{"type": "tile", "entity": entity} for entity in entities]
    view = {"type": "sections", "max_columns": 4, "sections": [{"type": "grid", "column_span": 4, "cards": cards}]}
    await client.command("lovelace/config/save", url_path=_TILES, config={"views": [view]})


@asynccontextmanager
async def _page(demo: Demo, browser: Any) -> AsyncGenerator[Any]:
    """Sign in, and stay on a page with neither our cards nor tiles."""
    context = await browser.new_context(viewport={"width": 1920, "height": 1080})
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.goto(demo.home_assistant.url, wait_until="domcontentloaded")
    await page.locator("input[name=username]").fill(USER)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda address: "auth/authorize" not in address and "auth_callback" not in address)
    await page.goto(f"{demo.home_assistant.url}/profile/general", wait_until="domcontentloaded")
    await page.locator("home-assistant-main").wait_for(state="attached")
    await page.wait_for_load_state("networkidle")
    yield page
    await context.close()


async def _open(page: Any, path: str, selector: str) -> float:
    took: float = await page.evaluate(_GO, [path, selector])
    return took


async def _first_content(demo: Demo, browser: Any, shown: _Shown) -> float:
    """Return the milliseconds from a tap on the dashboard to the first printer, in a fresh window."""
    async with _page(demo, browser) as page:
        return await _open(page, *shown)


async def _start(demo: Demo, browser: Any) -> float:
    """Return the milliseconds of main thread that it takes to compile and run the code of every card."""
    async with _page(demo, browser) as page:
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        before = await _metrics(session)
        await page.evaluate(_IMPORT, [file.name for file in _DIST.glob("*.js")])
        after = await _metrics(session)
    return 1000 * sum(after[name] - before[name] for name in ("ScriptDuration", "V8CompileDuration"))


async def _scripting(demo: Demo, browser: Any, shown: _Shown | None, seconds: float) -> float:
    """Return the microseconds of scripting per state change while a dashboard, or a page with no cards, is open."""
    async with _page(demo, browser) as page:
        session = await page.context.new_cdp_session(page)
        # In CPU time: other processes do not count.
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        if shown is not None:
            await _open(page, *shown)
            await _built(session, seconds / 4)
        await page.evaluate(_COUNT)
        before = await _metrics(session)
        await asyncio.sleep(seconds)
        # A page that does not keep up gets its messages later: only what it has taken counts.
        changes = await page.evaluate("() => window.changes")
        after = await _metrics(session)
    return (after["ScriptDuration"] - before["ScriptDuration"]) * 1e6 / max(1, changes)


async def _built(session: Any, pause: float) -> None:
    """Wait until a page has stopped growing, for at most twelve pauses: its cards are built a few at a time."""
    nodes = 0.0
    for _ in range(12):
        await asyncio.sleep(pause)
        before, nodes = nodes, (await _metrics(session))["Nodes"]
        if abs(nodes - before) < nodes / 100:
            return


async def _heap(page: Any) -> float:
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    await session.send("Performance.enable")
    return (await _metrics(session))["JSHeapUsedSize"]


async def _metrics(session: Any) -> Mapping[str, float]:
    answer = await session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in answer["metrics"]}
