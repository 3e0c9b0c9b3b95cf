"""Setup of an entry, compared to adding as many bare entities; and its number of requests."""

import asyncio
from statistics import median

from homeassistant.core import HomeAssistant

from .bare import Like, add_bare, likes_of
from .cloud import Cloud, cloud
from .home import home, new_entry
from .measure import Outcome, cpu_time

VS_BARE = 1.5
REQUESTS = 4


async def run(*, quick: bool = False) -> Outcome:
    """Set up several times, each time in a new Home Assistant."""
    printers, passes = (4, 1) if quick else (500, 5)
    outcome = Outcome()
    async with cloud(printers) as running:
        likes = await _registered(running)
        ours: list[float] = []
        bare: list[float] = []
        requests: list[str] = []
        for _ in range(passes):
            known = len((await running.counts())["requests"])
            ours.append(await _set_up(running))
            requests = (await running.counts())["requests"][known:]
            bare.append(await _set_up_bare(likes))
    outcome.judge(f"set-up of {printers} printers, ours : bare entities", median(ours) / median(bare), VS_BARE)
    outcome.judge(f"set-up of {printers} printers, REST requests", len(requests), REQUESTS)
    outcome.details = {
        "entities": len(likes),
        "entities_enabled": sum(like.enabled for like in likes),
        "ours_s": round(median(ours), 3),
        "bare_s": round(median(bare), 3),
        "requests": requests,
    }
    return outcome


async def _registered(running: Cloud) -> list[Like]:
    """Return what ours registers once the first messages are processed."""
    async with home() as hass:
        entry = new_entry(hass, running)
        await _finish(hass, entry.entry_id)
        return likes_of(hass, entry.entry_id)


async def _set_up(running: Cloud) -> float:
    async with home() as hass:
        entry = new_entry(hass, running)
        with cpu_time() as spent:
            await _finish(hass, entry.entry_id)
        return spent.seconds


async def _set_up_bare(likes: list[Like]) -> float:
    async with home() as hass:
        with cpu_time() as spent:
            await add_bare(hass, likes)
        return spent.seconds


async def _finish(hass: HomeAssistant, entry_id: str) -> None:
    if not await hass.config_entries.async_setup(entry_id):
        raise RuntimeError("the entry could not be set up")
    await hass.async_block_till_done()
    # Entities for features reported in the first messages are added in separate tasks.
    await asyncio.sleep(0)
    await hass.async_block_till_done()
