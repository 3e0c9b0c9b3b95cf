"""A virtual farm in a process of its own, so that its work is not counted as ours."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import sys
from typing import Any

from virtual_farm import FarmConfig, VirtualFarm

STORE_ID = "bench0store1farm2print3go"[:24]
API_KEY = "benchkey0a1b2c3d4e5f6g7h8i9_j0k1l2m3n4o5p6q7"
_ROOT = Path(__file__).parents[1]


class Cloud:
    """The other process, as seen from here."""

    def __init__(self, process: asyncio.subprocess.Process, addresses: dict[str, str]) -> None:
        """Take a process that listens."""
        self._process = process
        self.rest_url = addresses["rest"]
        self.realtime_url = addresses["realtime"]

    async def counts(self) -> dict[str, Any]:
        """Return how many messages were published, and what was asked over REST, as ``METHOD /path``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"counts\n")
        counts: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return counts

    def pin(self, cores: set[int]) -> None:
        """Let the process run on these cores only."""
        os.sched_setaffinity(self._process.pid, cores)


@asynccontextmanager
async def cloud(printers: int, *, speed: float = 0) -> AsyncGenerator[Cloud]:
    """Run a virtual farm; at speed 0 it says nothing by itself once its first messages are out."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.cloud",
        str(printers),
        str(speed),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert process.stdout is not None
    try:
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the virtual farm did not start")
        yield Cloud(process, json.loads(line))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _serve(printers: int, speed: float) -> None:
    config = FarmConfig(
        store_id=STORE_ID,
        api_key=API_KEY,
        printers=printers,
        speed=speed,
        quota=False,
        production_slots=max(1, printers),
    )
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with VirtualFarm(config) as farm:
        _say({"rest": farm.rest_url, "realtime": farm.realtime_url})
        while await reader.readline():
            requests = [f"{request.method} {request.path}" for request in farm.requests]
            _say({"messages": farm.feed.messages, "requests": requests})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
