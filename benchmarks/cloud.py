"""A virtual farm in a separate process, so that its work is not measured as ours."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import itertools
import json
import os
from pathlib import Path
import sys
import time
from typing import Any

from virtual_farm import FarmConfig, VirtualFarm

from .trace import farm_traces, stamp

STORE_ID = "bench0store1farm2print3g"
API_KEY = "benchkey0a1b2c3d4e5f6g7h8i9_j0k1l2m3n4o5p6q7"
_ROOT = Path(__file__).parents[1]


class Cloud:
    """Controls the other process."""

    def __init__(self, process: asyncio.subprocess.Process | None, addresses: dict[str, str]) -> None:
        """Use a process that is listening."""
        self._process = process
        self.rest_url = addresses["rest"]
        self.realtime_url = addresses["realtime"]

    async def counts(self) -> dict[str, Any]:
        """Return the number of published messages, and the REST requests as ``METHOD /path``."""
        return await self._ask("counts")

    async def _ask(self, what: str) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n".encode())
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer

    async def usage(self) -> dict[str, int]:
        """Return the most requests in a minute and in an hour, as the farm's quota counts them, and the refused ones."""
        return await self._ask("usage")

    async def advance(self, seconds: float) -> None:
        """Advance the clock of the farm's quota."""
        await self._ask(f"advance {seconds}")

    async def quiet(self) -> None:
        """Stop all messages of printers."""
        await self._ask("quiet")

    def pin(self, cores: set[int]) -> None:
        """Run the process on these cores only."""
        assert self._process is not None
        os.sched_setaffinity(self._process.pid, cores)


@asynccontextmanager
async def cloud(printers: int, *, chatty: bool = False, past: int = 0) -> AsyncGenerator[Cloud]:
    """Run a virtual farm with stopped simulation; a ``chatty`` one sends a message per printer and second.

    One with a ``past`` has this many jobs of the last 18 months, and its quota is limited.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.cloud",
        str(printers),
        str(past),
        *(["chatty"] if chatty else []),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
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


async def _serve(printers: int, past: int, *, chatty: bool) -> None:
    advanced = timedelta()
    config = FarmConfig(
        store_id=STORE_ID,
        api_key=API_KEY,
        printers=printers,
        speed=0,
        quota=past > 0,
        production_slots=max(1, printers),
        clock=lambda: datetime.now(UTC) + advanced,
    )
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with VirtualFarm(config) as farm:
        if past:
            farm.fill_history(past, until=farm.world.clock() - timedelta(hours=1))
        chatter = _Chatter(farm)
        if chatty:
            chatter.start()
        _say({"rest": farm.rest_url, "realtime": farm.realtime_url})
        while line := await reader.readline():
            match line.decode().split():
                case ["quiet"]:
                    chatter.stop()
                case ["advance", seconds]:
                    advanced += timedelta(seconds=float(seconds))
                case ["usage"]:
                    _say(farm.quota_usage().wire())
                    continue
            requests = [f"{request.method} {request.path}" for request in farm.requests]
            past_pages = sum(request.query.get("sort") == "createdAt:desc" for request in farm.requests)
            messages = farm.feed.messages + chatter.messages
            _say({"messages": messages, "requests": requests, "past_pages": past_pages})


class _Chatter:
    """Sends a message per printer and second, evenly spread; each has its time of sending."""

    def __init__(self, farm: VirtualFarm) -> None:
        self._farm = farm
        self._task: asyncio.Task[None] | None = None
        self.messages = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        traces = farm_traces(STORE_ID, list(self._farm.world.printers))
        began = time.monotonic()
        for number in itertools.count():
            second, index = divmod(number, len(traces))
            if (wait := began + number / len(traces) - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            trace = traces[index]
            document = trace.document(second)
            self._farm.publish(trace.topic, stamp(document, datetime.now(UTC)), retain=True)
            self.messages += 1


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), chatty="chatty" in sys.argv))
