"""Runs the virtual farm as a process, and calls its control API."""

import asyncio
from pathlib import Path
import sys
from typing import Any

import aiohttp

from virtual_farm.config import DEFAULT_API_KEY, DEFAULT_STORE_ID

from .processes import HOST, DemoError, Process, free_port

_START_SECONDS = 30.0


class Farm:
    """A running virtual farm."""

    store_id = DEFAULT_STORE_ID
    api_key = DEFAULT_API_KEY

    def __init__(self, process: Process, session: aiohttp.ClientSession, rest_port: int, mqtt_port: int) -> None:
        """Use a farm that has just been started."""
        self.process = process
        self.api_url = f"http://{HOST}:{rest_port}"
        self.realtime_url = f"ws://{HOST}:{mqtt_port}"
        self._session = session

    @classmethod
    async def start(
        cls, session: aiohttp.ClientSession, folder: Path, *, printers: int, speed: float, telemetry_interval: float
    ) -> Farm:
        """Start a farm and wait until it listens; raises DemoError if it does not."""
        rest_port, mqtt_port = free_port(), free_port()
        process = await Process.start(
            "The virtual farm",
            [
                *(sys.executable, "-m", "virtual_farm"),
                *("--printers", str(printers), "--speed", str(speed)),
                *("--telemetry-interval", str(telemetry_interval)),
                *("--rest-port", str(rest_port), "--mqtt-port", str(mqtt_port)),
            ],
            log=folder / "virtual-farm.log",
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while "ready" not in process.log.read_text().splitlines():
                    process.require_running()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            await process.stop()
            raise DemoError(
                f"the virtual farm was not ready within {_START_SECONDS:.0f} s, see {process.log}"
            ) from None
        except BaseException:
            await process.stop()
            raise
        return cls(process, session, rest_port, mqtt_port)

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the control API, for example `GET /requests`; raises DemoError for an error status."""
        async with self._session.request(method, f"{self.api_url}/virtual-farm{path}", json=body) as response:
            if response.status != 200:
                raise DemoError(f"the farm refused {method} {path}: {response.status} {await response.text()}")
            return await response.json()
