"""The first read of a long history: its requests, CPU time and memory; and what a known one adds to the set-up.

Time is simulated, so that the pauses between two pages take none. Memory is measured in a process of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
import ctypes
from datetime import timedelta
from functools import partial
import gc
import json
from pathlib import Path
import shutil
from statistics import median
import subprocess
import sys
import tempfile
import time
import tracemalloc
from unittest.mock import patch

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import orjson
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.printago.api.rest.pagination import PAGE_SIZE
from custom_components.printago.api.rest.rate_limit import WINDOWS, RateLimiter, RequestPriority
from custom_components.printago.history.keeper import History

from .cloud import API_KEY, STORE_ID, Cloud, cloud
from .home import add_printago, home, new_entry
from .measure import LoopWatch, Outcome, cpu_time, resident_bytes

REQUESTS = 110
VS_LOADS = 3.0
MEGABYTES = 10.0
BLOCK_MS = 50.0
SET_UP = 1.1
_MEGA = 1_000_000
_MINUTE, _HOUR, _PAGE_PAUSE, _EXPORT_PAUSE = 60.0, 3600.0, 5.0, 1000.0
_BEFORE = 29.0
"""The past is read from half a minute after the start on."""
_STATES = "completed,failed,cancelled"


class _Home:
    """A Home Assistant whose clock, and that of the quota at both ends, is simulated."""

    def __init__(self, hass: HomeAssistant, running: Cloud) -> None:
        """Begin with empty windows of the quota."""
        self.hass = hass
        self.now = 0.0
        self._running = running

    async def pass_time(self, seconds: float) -> None:
        """Advance all clocks, and run the timers that are due."""
        self.now += seconds
        await self._running.advance(seconds)
        async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(seconds=seconds))
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def read(self, history: History, on_page: Callable[[int], None] = lambda _: None) -> list[float]:
        """Read until all of the past is known, with a call after each page; return how the time passed."""
        pauses = [_PAGE_PAUSE]
        while not history.complete:
            pages = history.progress.pages_read
            await self.pass_time(pauses[-1])
            if history.progress.pages_read > pages:
                on_page(pages)
                pauses.append(_PAGE_PAUSE)
            else:
                # The quota has no room.
                pauses.append(_MINUTE)
        return pauses[:-1]


@asynccontextmanager
async def _home(running: Cloud) -> AsyncGenerator[_Home]:
    await running.advance(_MINUTE)
    async with home() as hass:
        simulated = _Home(hass, running)
        limiter = partial(RateLimiter, monotonic=lambda: simulated.now)
        with patch("custom_components.printago.hub.persistence.RateLimiter", limiter):
            yield simulated


async def run(*, quick: bool = False) -> Outcome:
    """Read the past here, again in another process, and set up with it several times."""
    printers, jobs, passes = (1, 150, 1) if quick else (3, 100_000, 15)
    outcome = Outcome()
    async with cloud(printers, past=jobs) as running:
        with tempfile.TemporaryDirectory() as folder:
            stored = Path(folder)
            await first_read(running, jobs, stored, outcome)
            with_past = partial(_add_stored, stored)
            nothing = patch("custom_components.printago._async_begin_history", _no_history)
            known: list[float] = []
            without: list[float] = []
            for _ in range(passes):
                known.append(await _set_up(running, with_past))
                with nothing:
                    without.append(await _set_up(running, lambda _: None))
        kept, grown = await _grown_apart(running)
    outcome.judge(
        f"first read of {jobs} jobs, CPU time, ours : orjson.loads of the pages",
        (outcome.details["cpu_s"] - outcome.details["cpu_without_history_s"]) / outcome.details["orjson_loads_s"],
        VS_LOADS,
    )
    outcome.judge("memory that they take (MB)", kept / _MEGA, MEGABYTES)
    outcome.judge("set-up with this past : without history", median(known) / median(without), SET_UP)
    outcome.details |= {
        "process_grew_by_MB": round(grown / _MEGA, 1),
        "set_up_with_past_s": round(median(known), 3),
        "set_up_without_history_s": round(median(without), 3),
    }
    return outcome


async def first_read(running: Cloud, jobs: int, stored: Path, outcome: Outcome) -> None:
    """Read all of the past and export it to a recorder; keep what is stored."""
    pages, loads = await _pages(running), list[float]()
    await running.advance(_HOUR)
    async with _home(running) as simulated:
        hass = simulated.hass
        async_initialize_recorder(hass)
        database = f"sqlite:///{hass.config.path('recorder.db')}"
        if not await async_setup_component(hass, "recorder", {"recorder": {"db_url": database}}):
            raise RuntimeError("the recorder could not be set up")
        entry = await add_printago(hass, running)
        history = entry.runtime_data.history
        await simulated.pass_time(_BEFORE)
        before = await running.counts()
        with LoopWatch() as watch:
            process_began = time.process_time()
            # In between, so that the load of the machine affects both.
            pauses = await simulated.read(history, lambda page: loads.append(_load(pages[page : page + 1])))
            spent, process = watch.spent, time.process_time() - process_began
            reading_cpu, reading_block = watch.longest_own, watch.longest
            after = await running.counts()
            usage, simulated_s = await running.usage(), simulated.now - _BEFORE
            await simulated.pass_time(_EXPORT_PAUSE)
        if len(history.past.ledger) < jobs or history.progress.exported_at is None:
            raise RuntimeError("the past was not read or not exported")
        await hass.config_entries.async_unload(entry.entry_id)
        for path in Path(hass.config.path(".storage")).glob("*.history*"):
            shutil.copy(path, stored)
    without = await _without_history(running, pauses)
    background = [window.room_for(RequestPriority.BACKGROUND) for window in WINDOWS]
    name = f"first read of {jobs} jobs"
    outcome.judge(f"{name}, requests", after["past_pages"] - before["past_pages"], REQUESTS)
    outcome.judge(f"{name}, most requests in a minute", usage["highestMinute"], background[0])
    outcome.judge(f"{name}, most requests in an hour", usage["highestHour"], background[1])
    outcome.judge(f"{name}, requests over the quota", usage["refused"], 0)
    outcome.judge(
        f"{name} and export, longest block of the event loop, CPU time (ms)", 1000 * watch.longest_own, BLOCK_MS
    )
    outcome.details |= {
        "cpu_s": round(spent, 3),
        "cpu_without_history_s": round(without, 3),
        "cpu_of_all_threads_and_the_simulation_s": round(process, 3),
        "orjson_loads_s": round(sum(loads), 3),
        "orjson_loads_at_once_s": round(_load(pages), 3),
        "pages_MB": round(sum(map(len, pages)) / _MEGA, 1),
        "simulated_s": round(simulated_s),
        "requests_with_polls": len(after["requests"]) - len(before["requests"]),
        "prints": len(history.past.ledger),
        "bytes_stored": sum(path.stat().st_size for path in stored.iterdir()),
        "longest_block_while_reading_cpu_ms": round(1000 * reading_cpu, 1),
        "longest_block_while_reading_ms": round(1000 * reading_block, 1),
        "longest_block_ms": round(1000 * watch.longest, 1),
        "longest_block_in": watch.what,
    }


async def _without_history(running: Cloud, pauses: list[float]) -> float:
    """Return the CPU time of the polls while the same time passes after a start, without history."""
    async with _home(running) as simulated:
        with patch("custom_components.printago._async_begin_history", _no_history):
            entry = await add_printago(simulated.hass, running)
        await simulated.pass_time(_BEFORE)
        with LoopWatch() as watch:
            for pause in pauses:
                await simulated.pass_time(pause)
        await simulated.hass.config_entries.async_unload(entry.entry_id)
        return watch.spent


async def _pages(running: Cloud) -> list[bytes]:
    """Return the bodies of the pages."""
    headers = {"authorization": f"ApiKey {API_KEY}", "x-printago-storeid": STORE_ID}
    query = {"status.in": _STATES, "sort": "createdAt:desc", "limit": str(PAGE_SIZE), "meta": "true"}
    pages: list[bytes] = []
    async with aiohttp.ClientSession(running.rest_url, headers=headers) as session:
        while not pages or orjson.loads(pages[-1])["meta"]["hasMore"]:
            await running.advance(_MINUTE)
            offset = str(PAGE_SIZE * len(pages))
            async with session.get("/v1/print-jobs", params={**query, "offset": offset}) as response:
                pages.append(await response.read())
    return pages


def _load(pages: list[bytes]) -> float:
    """Return the CPU time that it takes to parse pages, as a median of five."""
    taken: list[float] = []
    for _ in range(5):
        began = time.thread_time()
        for page in pages:
            orjson.loads(page)
        taken.append(time.thread_time() - began)
    return median(taken)


async def _set_up(running: Cloud, prepare: Callable[[HomeAssistant], None]) -> float:
    """Return the CPU time of the set-up of an entry."""
    async with _home(running) as simulated:
        hass = simulated.hass
        await hass.async_add_executor_job(prepare, hass)
        entry = new_entry(hass, running)
        with cpu_time() as spent:
            if not await hass.config_entries.async_setup(entry.entry_id):
                raise RuntimeError("the entry could not be set up")
        # The past is loaded in the background.
        await hass.async_block_till_done()
        await hass.config_entries.async_unload(entry.entry_id)
        return spent.seconds


def _add_stored(stored: Path, hass: HomeAssistant) -> None:
    shutil.copytree(stored, hass.config.path(".storage"), dirs_exist_ok=True)


async def _no_history(*_: object) -> None:
    """Stand in for reading the past."""


async def _grown_apart(running: Cloud) -> tuple[int, int]:
    # The other process can't advance the farm's clock.
    async with (
        aiohttp.ClientSession(running.rest_url) as session,
        session.post("/virtual-farm/quota", json={"enabled": False}) as answer,
    ):
        answer.raise_for_status()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.history"),
        json.dumps({"rest": running.rest_url, "realtime": running.realtime_url}),
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    answered, _ = await process.communicate()
    kept, grown = map(int, answered.split())
    return kept, grown


class _SharedCloud(Cloud):
    """A farm of another process, whose quota is unlimited."""

    async def advance(self, seconds: float) -> None:
        """Do nothing."""


async def _grown(running: Cloud) -> tuple[int, int]:
    """Return the bytes that are kept of the past, and the growth of this process, which has room for its pages."""
    async with _home(running) as simulated:
        entry = await add_printago(simulated.hass, running)
        await simulated.pass_time(_BEFORE)
        before = _occupied()
        tracemalloc.start()
        await simulated.read(entry.runtime_data.history)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return kept, _occupied() - before


def _occupied() -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes()


if __name__ == "__main__":
    kept_and_grown = asyncio.run(_grown(_SharedCloud(None, json.loads(sys.argv[1]))))
    sys.stdout.write(" ".join(map(str, kept_and_grown)))
