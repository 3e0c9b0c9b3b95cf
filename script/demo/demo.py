"""Runs both parts of the demo."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import time

import aiohttp

from .farm import Farm
from .home_assistant import HomeAssistant
from .processes import DemoError

_LIVE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Demo:
    """A virtual farm and a Home Assistant that follows it; times in seconds."""

    farm: Farm
    home_assistant: HomeAssistant
    entry_id: str
    entities: dict[str, str]
    home_assistant_start: float
    entry_setup: float
    entities_live: float


@asynccontextmanager
async def running_demo(
    folder: Path, *, printers: int, port: int, speed: float, telemetry_interval: float = 1.0
) -> AsyncGenerator[Demo]:
    """Start everything in a new folder, and stop it at the end; raises DemoError if something fails."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)))
        farm = await Farm.start(session, folder, printers=printers, speed=speed, telemetry_interval=telemetry_interval)
        stack.push_async_callback(farm.process.stop)
        started = time.perf_counter()
        home_assistant = await HomeAssistant.start(session, folder, port)
        stack.push_async_callback(home_assistant.stop)
        running = time.perf_counter()
        entry_id = await home_assistant.add_store(farm)
        set_up = time.perf_counter()
        entities = await _wait_until_live(farm, home_assistant)
        await home_assistant.client.watch()
        yield Demo(
            farm=farm,
            home_assistant=home_assistant,
            entry_id=entry_id,
            entities=entities,
            home_assistant_start=running - started,
            entry_setup=set_up - running,
            entities_live=time.perf_counter() - set_up,
        )


async def _wait_until_live(farm: Farm, home_assistant: HomeAssistant) -> dict[str, str]:
    """Wait until the stream is up and every online printer shows a temperature; return the entity IDs."""
    try:
        async with asyncio.timeout(_LIVE_SECONDS):
            while True:
                home_assistant.process.require_running()
                farm.process.require_running()
                missing, entities = await _missing(farm, home_assistant)
                if not missing:
                    return entities
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise DemoError(
            f"no live state within {_LIVE_SECONDS:.0f} s of: {', '.join(missing)}; see {home_assistant.log}"
        ) from None


async def _missing(farm: Farm, home_assistant: HomeAssistant) -> tuple[list[str], dict[str, str]]:
    """Return the unique IDs without values yet, and the entity IDs by unique ID."""
    farm_state = await farm.control("GET", "/state")
    states = {state["entity_id"]: state["state"] for state in await home_assistant.client.rest("GET", "/states")}
    entities = await home_assistant.entities()

    def state(unique_id: str) -> str | None:
        return states.get(entities.get(unique_id, ""))

    realtime = f"{farm.store_id}_realtime"
    missing = [realtime] if state(realtime) != "on" else []
    online = [f"{printer['id']}_nozzle_temp" for printer in farm_state["printers"] if printer["isOnline"]]
    missing += [unique_id for unique_id in online if state(unique_id) in {None, "unknown", "unavailable"}]
    return missing, entities
