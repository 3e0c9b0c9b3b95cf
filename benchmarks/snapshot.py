"""A snapshot of 500 printers and 5,000 jobs, compared to parsing it into as many slotted dataclasses."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import make_dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import aiohttp
import orjson

from custom_components.printago.api import PrintagoClient, Printer
from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.api.rest.pagination import PAGE_SIZE
from custom_components.printago.api.rest.rate_limit import RateLimiter
from custom_components.printago.model.farm import Farm

from .cloud import API_KEY, STORE_ID, Cloud, cloud
from .measure import LoopWatch, Outcome, cpu_time

VS_FLOOR = 1.5
BLOCK_MS = 50.0

type Bodies = dict[str, list[bytes]]
"""Pages of a list call, by path."""


class _Answer:
    """A response that is already complete."""

    status = 200

    def __init__(self, body: bytes) -> None:
        self.headers: Mapping[str, str] = {}
        self.content = self
        self._body = body

    async def iter_chunked(self, size: int) -> AsyncGenerator[bytes]:
        for offset in range(0, len(self._body), size):
            yield self._body[offset : offset + size]


class _Session:
    """Responds from memory: neither sockets nor another process are involved."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    @asynccontextmanager
    async def request(self, method: str, url: Any, *, params: Mapping[str, str], **_: Any) -> AsyncGenerator[_Answer]:
        await asyncio.sleep(0)
        yield _Answer(self._bodies[url.path][int(params.get("offset", 0)) // PAGE_SIZE])


async def run(*, quick: bool = False) -> Outcome:
    """Read a snapshot with the real client into the real model."""
    printers, jobs, passes = (4, 20, 2) if quick else (500, 5_000, 7)
    outcome = Outcome()
    async with cloud(printers) as running:
        bodies = await _bodies(running, jobs)
    ours: list[float] = []
    again: list[float] = []
    floor: list[float] = []
    blocks: list[float] = []
    blocks_cpu: list[float] = []
    for _ in range(passes):
        farm = Farm(lambda: datetime.now(UTC))
        for spent in (ours, again):
            client = PrintagoClient.create(
                _Session(bodies),  # type: ignore[arg-type]
                api_url="http://127.0.0.1",
                store_id=STORE_ID,
                api_key=API_KEY,
                limiter=RateLimiter(),
            )
            with LoopWatch() as watch, cpu_time() as took:
                farm.begin_snapshot()
                await asyncio.sleep(0)
                farm.apply_snapshot(await client.printers(), await client.open_jobs())
            spent.append(took.seconds)
            blocks.append(watch.longest * 1000)
            blocks_cpu.append(watch.longest_cpu * 1000)
        if (len(farm.printers), len(farm.jobs)) != (printers, jobs):
            raise RuntimeError("the snapshot was not taken over")
        with cpu_time() as took:
            _floor(bodies)
        floor.append(took.seconds)
    outcome.judge(
        f"snapshot of {printers} printers and {jobs} jobs, ours : floor", median(ours) / median(floor), VS_FLOOR
    )
    outcome.judge("snapshot, longest block of the event loop (ms)", median(blocks), BLOCK_MS)
    outcome.details = {
        "ours_ms": round(1000 * median(ours), 1),
        "ours_when_known_ms": round(1000 * median(again), 1),
        "floor_ms": round(1000 * median(floor), 1),
        "longest_block_cpu_ms": round(max(blocks_cpu), 1),
        "bytes": sum(len(body) for pages in bodies.values() for body in pages),
    }
    return outcome


async def _bodies(running: Cloud, jobs: int) -> Bodies:
    """Return the pages of a farm with this number of additional waiting jobs."""
    headers = {"authorization": f"ApiKey {API_KEY}", "x-printago-storeid": STORE_ID}
    listed: dict[str, list[dict[str, Any]]] = {}
    async with aiohttp.ClientSession(running.rest_url, headers=headers) as session:
        for path in ("/v1/printers", "/v1/print-jobs"):
            async with session.get(path, params={"limit": str(PAGE_SIZE), "meta": "true"}) as response:
                listed[path] = (await response.json())["data"]
    rows = listed["/v1/print-jobs"]
    model = next(row for row in rows if row["printingCompletedAt"] is None)
    waiting = {
        **model,
        "status": "pending",
        "assignedPrinterId": None,
        "printingStartedAt": None,
        "materialMapping": [],
    }
    rows[:] = [row for row in rows if row["status"] not in ("completed", "cancelled")][:jobs]
    rows += [{**waiting, "id": f"waiting{number:017}", "queueOrder": number} for number in range(jobs - len(rows))]
    return {path: list(_pages(rows)) for path, rows in listed.items()}


def _pages(rows: list[dict[str, Any]]) -> Iterable[bytes]:
    for offset in range(0, len(rows), PAGE_SIZE):
        page = rows[offset : offset + PAGE_SIZE]
        more = offset + len(page) < len(rows)
        meta = {"total": len(rows), "count": len(page), "offset": offset, "limit": PAGE_SIZE, "hasMore": more}
        yield orjson.dumps({"data": page, "meta": meta})


def _floor(bodies: Bodies) -> list[Any]:
    """Parse, and store as many fields of each row as ours do, in as many objects."""
    made: list[Any] = []
    for path, record in (("/v1/printers", Printer), ("/v1/print-jobs", PrintJob)):
        names = ("id", *record.FIELDS)
        kind = make_dataclass("Row", [f"field_{index}" for index in range(len(names))], frozen=True, slots=True)
        for body in bodies[path]:
            made += [kind(*[row.get(name) for name in names]) for row in orjson.loads(body)["data"]]
    return made
