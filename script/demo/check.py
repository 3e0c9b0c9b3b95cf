"""Checks the demo as a user would see it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import statistics
import time
from typing import Any

from .client import StateChange
from .demo import Demo
from .log import complaints
from .processes import DemoError

_PATIENCE = 60.0
_MOST_SETUP_REQUESTS = 5
_MOST_LATENCY = 1.0
_LATENCY_SAMPLES = 6
"""Fewer than the changes after which a temperature that keeps changing is written less often."""


class Check:
    """The checks, one method each; all raise DemoError with the reason."""

    def __init__(self, demo: Demo) -> None:
        """Check a demo whose entities have values."""
        self.demo = demo
        self._client = demo.home_assistant.client

    async def run(self) -> None:
        """Run all checks and print the results."""
        demo = self.demo
        report(
            f"Home Assistant started in {demo.home_assistant_start:.1f} s, its Printago entry was set up in "
            f"{demo.entry_setup:.2f} s, all entities lived {demo.entities_live:.2f} s later"
        )
        await self.actions_are_described()
        await self.telemetry_arrives_without_reload()
        await self.telemetry_arrives_in_time()
        await self.set_up_is_frugal()
        printer_id = await self.confirmed_bed_makes_printer_ready()
        await self.submitted_job_reaches_the_printer(printer_id)

    async def actions_are_described(self) -> None:
        """Check that the page's first calls are answered; without the actions it stays at "Loading"."""
        actions = await self._client.command("get_services")
        if "submit_print_job" not in actions.get("printago", {}):
            raise DemoError("Home Assistant does not know the action printago.submit_print_job")
        states = {state["entity_id"] for state in await self._client.command("get_states")}
        mine = states.intersection(self.demo.entities.values())
        report(f"{len(mine)} entities are enabled, {len(self.demo.entities) - len(mine)} are there to be enabled")

    async def set_up_is_frugal(self) -> None:
        """Check that the entry has sent few requests, including those of the seconds since."""
        requests = await self.demo.farm.control("GET", "/requests")
        paths = ", ".join(f"{request['method']} {request['path']}" for request in requests)
        report(f"{len(requests)} REST requests so far, for the config flow and the set-up: {paths}")
        # The first one at least is from the config flow's validation.
        if len(requests) - 1 > _MOST_SETUP_REQUESTS:
            raise DemoError(f"the set-up may take at most {_MOST_SETUP_REQUESTS} REST requests")

    async def telemetry_arrives_without_reload(self) -> None:
        """Check that progress and layer of a printer change while it prints."""
        printer = await self.printer(lambda printer: printer["state"] == "RUNNING", "prints")
        for key in ("print_progress", "current_layer"):
            entity_id = self.entity(printer["id"], key)
            before = (await self._client.state(entity_id))["state"]
            async with self.patience(f"{entity_id} to change from {before}"):
                while (after := (await self._client.state(entity_id))["state"]) == before:
                    await asyncio.sleep(0.1)
            float(after)
            report(f"{entity_id} went from {before} to {after}")

    async def telemetry_arrives_in_time(self) -> None:
        """Check that telemetry messages reach a state within a second."""
        printer = await self.printer(lambda printer: printer["state"] == "IDLE" and printer["isOnline"], "idles")
        entity_id = self.entity(printer["id"], "nozzle_temp")
        seconds = []
        for sample in range(_LATENCY_SAMPLES):
            temperature = 150 + sample
            change = self._client.expect(_is(entity_id, str(temperature)))
            now = datetime.now(UTC)
            message = {
                "printerId": printer["id"],
                "storeId": self.demo.farm.store_id,
                "state": printer["state"],
                "isOnline": printer["isOnline"],
                "isAvailable": printer["isAvailable"],
                "receivedAt": now.isoformat(),
                "expiresAt": (now + timedelta(minutes=2)).isoformat(),
                "data": {"temps": {"nozzleTemp": temperature}},
            }
            topic = f"stores/{self.demo.farm.store_id}/printer-stats/{printer['id']}"
            sent = time.perf_counter()
            await self.demo.farm.control("POST", "/publish", {"topic": topic, "payload": message})
            async with self.patience(f"{entity_id} to be {temperature}"):
                seconds.append((await change).seen - sent)
        median, worst = statistics.median(seconds), max(seconds)
        report(
            f"telemetry to state, {len(seconds)} messages: median {median * 1000:.0f} ms, worst {worst * 1000:.0f} ms"
        )
        if worst > _MOST_LATENCY:
            raise DemoError(f"a telemetry message took {worst:.2f} s to show, at most {_MOST_LATENCY} s is allowed")

    async def confirmed_bed_makes_printer_ready(self) -> str:
        """Press the button of a printer whose bed needs clearing, wait until it is ready, return its ID."""
        printer = await self.printer(
            lambda printer: printer["isOnline"] and printer["isAvailable"] and not printer["confirmedReady"],
            "waits for its bed to be cleared",
        )
        readiness = self.entity(printer["id"], "readiness")
        before = (await self._client.state(readiness))["state"]
        if before != "awaiting_clear":
            raise DemoError(f"{readiness} is {before} instead of awaiting_clear")
        # The next job may start at once, so the state may already be a later one.
        ready = self._client.expect(_is(readiness, "ready"))
        pressed = time.perf_counter()
        await self._client.action("button.press", {"entity_id": self.entity(printer["id"], "confirm_bed_cleared")})
        async with self.patience(f"{readiness} to be ready"):
            seen = (await ready).seen
        after = (await self._client.state(readiness))["state"]
        if after not in {"ready", "busy"}:
            raise DemoError(f"{readiness} went to ready and then to {after}")
        report(f"{readiness} was {before}, and ready {seen - pressed:.2f} s after its button was pressed")
        return str(printer["id"])

    async def submitted_job_reaches_the_printer(self, printer_id: str) -> None:
        """Submit a job for a printer, and wait until it is that printer's current job."""
        jobs = (await self.demo.farm.control("GET", "/state"))["jobs"]
        part_id = next(job["partId"] for job in jobs if job["assignedPrinterId"] == printer_id)
        device_id = (await self.demo.home_assistant.devices())[printer_id]
        current_job = self.entity(printer_id, "current_job")
        called = time.perf_counter()
        answer = await self._client.action(
            "printago.submit_print_job",
            {"part": part_id, "printer": device_id, "position": "front", "label": "Check"},
            response=True,
        )
        answered = time.perf_counter()
        if len(answer["job_ids"]) != 1:
            raise DemoError(f"printago.submit_print_job answered with other than one job: {answer}")
        async with self.patience(f"{current_job} to be the submitted job"):
            while (state := await self._client.state(current_job))["attributes"]["job_id"] not in answer["job_ids"]:
                await asyncio.sleep(0.1)
        reached = time.perf_counter()
        status = self.entity(printer_id, "print_status")
        async with self.patience(f"{status} to show that the printer works"):
            while (word := (await self._client.state(status))["state"]) not in {"prepare", "slicing", "running"}:
                await asyncio.sleep(0.1)
        report(
            f"{current_job} is “{state['state']}” {reached - called:.2f} s after it was submitted (answered after "
            f"{answered - called:.2f} s), and {status} {word} after {time.perf_counter() - called:.2f} s"
        )

    async def log_is_clean(self) -> None:
        """Check that Home Assistant's log has no warnings or errors."""
        if found := complaints(self.demo.home_assistant.log):
            raise DemoError("\n".join(["Home Assistant's log has complaints:", *found]))
        report("Home Assistant's log has no complaint")

    @asynccontextmanager
    async def patience(self, what: str) -> AsyncGenerator[None]:
        """Limit the duration of an operation."""
        try:
            async with asyncio.timeout(_PATIENCE):
                yield
        except TimeoutError:
            raise DemoError(f"waited {_PATIENCE:.0f} s in vain for {what}") from None

    async def printer(self, wanted: Callable[[dict[str, Any]], bool], does: str) -> dict[str, Any]:
        """Return a printer from the farm's control API."""
        for printer in (await self.demo.farm.control("GET", "/state"))["printers"]:
            if wanted(printer):
                found: dict[str, Any] = printer
                return found
        raise DemoError(f"no printer of the farm {does}; give it more with --printers")

    def entity(self, owner: str, key: str) -> str:
        """Return the entity ID for a key of a printer or store."""
        try:
            return self.demo.entities[f"{owner}_{key}"]
        except KeyError:
            raise DemoError(f"Home Assistant has no entity with the unique ID {owner}_{key}") from None


def _is(entity_id: str, wanted: str) -> Callable[[StateChange], bool]:
    return lambda change: change.entity_id == entity_id and change.state == wanted


def report(text: str) -> None:
    """Print a result."""
    print(f"  ✓ {text}", flush=True)
