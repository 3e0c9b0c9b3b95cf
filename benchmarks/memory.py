"""Memory of a printer beyond that of as many bare entities, and leaks of a reload.

The memory of the process is measured, so each setup has its own process.
"""

import asyncio
from collections import Counter
import ctypes
import gc
import json
from pathlib import Path
from statistics import median
import subprocess
import sys
import tempfile

from homeassistant.core import HomeAssistant

from custom_components.printago.coordinator import PrintagoCoordinator

from .bare import Like, add_bare, likes_of
from .cloud import Cloud, cloud
from .home import add_printago, home
from .measure import Outcome, resident_bytes

PER_PRINTER = 60.0
_OURS = "custom_components.printago"


async def run(*, quick: bool = False) -> Outcome:
    """Set up farms in separate processes, and reload one in this process."""
    printers, passes = (4, 1) if quick else (500, 5)
    outcome = Outcome()
    async with cloud(printers) as running:
        with tempfile.TemporaryDirectory() as folder:
            likes = Path(folder) / "likes"
            left = await _reload(running, likes)
            ours = [await _grown("ours", running, likes) for _ in range(passes)]
            bare = [await _grown("bare", running, likes) for _ in range(passes)]
    per_printer = (median(ours) - median(bare)) / printers / 1000
    outcome.judge(f"memory per printer beyond bare entities, {printers} printers (kB)", per_printer, PER_PRINTER)
    outcome.judge(f"objects, tasks and timers left by a reload of {printers} printers", left.total(), 0)
    outcome.details = {
        "ours_kB_per_printer": round(median(ours) / printers / 1000, 1),
        "bare_kB_per_printer": round(median(bare) / printers / 1000, 1),
        "left": dict(left),
    }
    return outcome


async def _grown(what: str, running: Cloud, likes: Path) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.memory",
        what,
        json.dumps({"rest": running.rest_url, "realtime": running.realtime_url}),
        str(likes),
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    answer, _ = await process.communicate()
    return int(answer)


async def _measure(what: str, running: Cloud, likes: Path) -> int:
    """Return the growth of this process in bytes when a farm, or as many bare entities, are set up."""
    found = [Like(*like) for like in json.loads(likes.read_text())]
    async with home() as hass:
        # Modules loaded once for all printers do not count.
        await add_bare(hass, [])
        before = _occupied()
        if what == "ours":
            await add_printago(hass, running)
        else:
            await add_bare(hass, found)
        return _occupied() - before


def _occupied() -> int:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes()


async def _reload(running: Cloud, likes: Path) -> Counter[str]:
    """Return the growth of object counts from the first reload to the second."""
    async with home() as hass:
        entry = await add_printago(hass, running)
        likes.write_text(json.dumps(likes_of(hass, entry.entry_id)))
        counts = []
        for _ in range(2):
            await hass.config_entries.async_reload(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
            await _all_retained(entry.runtime_data.coordinator)
            counts.append(await _counted(hass))
        loaded = counts[1] - counts[0]
        await hass.config_entries.async_unload(entry.entry_id)
        unloaded = await _counted(hass)
        # The farm model stays for the next start; entities and their helpers must not.
        for name in tuple(unloaded):
            if not name.endswith(("Entity", "Coordinator", "Client", "Listeners", "MqttConnection")):
                del unloaded[name]
        return loaded + unloaded


async def _all_retained(coordinator: PrintagoCoordinator) -> None:
    """Wait until all retained messages have arrived, since their data is not a leak."""
    received = -1
    while coordinator.realtime is not None and coordinator.realtime.messages_received > received:
        received = coordinator.realtime.messages_received
        await asyncio.sleep(1)


async def _counted(hass: HomeAssistant) -> Counter[str]:
    """Count our objects by class, running tasks, and listeners of Home Assistant's events."""
    for _ in range(3):
        await asyncio.sleep(0.05)
        gc.collect()
    counts = Counter(
        type(found).__qualname__ for found in gc.get_objects() if str(type(found).__module__).startswith(_OURS)
    )
    counts["tasks"] = len(asyncio.all_tasks())
    counts["listeners"] = sum(hass.bus.async_listeners().values())
    return counts


if __name__ == "__main__":
    _addresses = json.loads(sys.argv[2])
    print(asyncio.run(_measure(sys.argv[1], Cloud(None, _addresses), Path(sys.argv[3]))))  # noqa: T201
