"""Plays a day of the farm on its dashboard: each of the things that people do takes at most three taps from the wall."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from .check import Check
from .dashboard import PATH
from .processes import DemoError

_MOST_TAPS = 3
_SECONDS = 30.0


class Day:
    """The things that people do, one method each; all raise DemoError if one fails or takes too many taps."""

    def __init__(self, check: Check, page: Any) -> None:
        """Play it in a page of a user who is signed in."""
        self._check = check
        self._farm = check.demo.farm
        self._client = check.demo.home_assistant.client
        self._page = page
        self._what = ""
        self._taps = 0

    async def play(self, color: str) -> None:
        """Do all of it, and look for filament of a color."""
        await self.bed_is_confirmed()
        await self.five_beds_are_confirmed()
        await self.failed_print_is_retried()
        await self.urgent_job_is_moved_to_the_front()
        await self.material_is_assigned_where_a_color_is_loaded(color)
        await self.part_is_printed_twice_on_one_printer()
        await self.print_is_repeated()
        await self.object_is_skipped()
        await self.print_is_stopped()
        await self.farm_is_paused()

    async def bed_is_confirmed(self) -> None:
        """Confirm the bed of a print that has finished."""
        (printer,) = await self._printing()
        await self._farm.control("POST", f"/printers/{printer['id']}/finish")
        async with self._from_the_wall("confirming a bed"):
            await self._tap(self._page.get_by_role("button", name=f"Bed is clear: {printer['name']}"))
            bed = self._check.entity(printer["id"], "bed_needs_clearing")
            await self._until(lambda: self._has_state(bed, "off"))

    async def five_beds_are_confirmed(self) -> None:
        """Confirm the beds of five prints that have finished, and of all that wait with them, after a question."""
        # Of a farm of eight, too few are free.
        for _ in range(12 - len((await self._state())["printers"])):
            await self._farm.control("POST", "/printers", {"model": "P1S", "ready": True})
        printers = await self._printing(count=5)
        self._check.demo.entities.update(await self._check.demo.home_assistant.entities())
        beds = [self._check.entity(printer["id"], "bed_needs_clearing") for printer in printers]

        async def all_are(state: str) -> bool:
            return all([await self._has_state(bed, state) for bed in beds])

        for printer in printers:
            await self._farm.control("POST", f"/printers/{printer['id']}/finish")
        await self._until(lambda: all_are("on"))
        async with self._from_the_wall("confirming five beds"):
            await self._tap(self._page.get_by_role("button", name="All beds are clear"))
            await self._tap(self._page.locator("printago-confirm .danger"))
            await self._until(lambda: all_are("off"))

    async def failed_print_is_retried(self) -> None:
        """See why a print failed, and retry it."""
        (printer,) = await self._printing()
        job_id = printer["printingJobId"]
        await self._farm.control("POST", f"/printers/{printer['id']}/fail", {"reason": "The nozzle is clogged"})
        async with self._from_the_wall("retrying a failed print"):
            job = self._page.locator("printago-printers printago-job", has_text="The nozzle is clogged").first
            await self._tap(job.locator(".job"))
            await self._tap(job.get_by_role("button", name="Retry"))
            await self._until(lambda: self._job_is(job_id, "pending", "scheduled", "building", "sending", "printing"))

    async def urgent_job_is_moved_to_the_front(self) -> None:
        """Move the last job of the queue to its front."""
        # No printer has the tag, so it waits.
        await self._client.action(
            "printago.submit_print_job", {"part": "Drill Jig", "tags": ["enclosed"], "label": "Urgent"}, response=True
        )
        urgent = (await self._waiting("Urgent"))[-1]
        async with self._from_the_wall("moving a job to the front"):
            await self._view("Queue")
            job = self._page.locator("printago-queue li:has(.handle) printago-job", has_text="Urgent").last
            await self._tap(job.locator(".job"))
            await self._tap(job.get_by_role("button", name="Move to front"))
            await self._until(lambda: self._queue_begins_with(urgent))

    async def material_is_assigned_where_a_color_is_loaded(self, color: str) -> None:
        """Find a tray with filament of a color, and assign another material to it."""
        async with self._from_the_wall("assigning a material"):
            await self._view("Spools")
            await self._page.locator("printago-spools input[type=search]").fill(color)
            await self._tap(self._page.locator("printago-spools .tray").first)
            form = self._page.locator("printago-spools form")
            await form.locator("select").first.select_option(index=1)
            before = len(await self._farm.control("GET", "/requests"))
            await self._tap(form.get_by_role("button", name="Assign"))
            await form.wait_for(state="hidden")
            requests = (await self._farm.control("GET", "/requests"))[before:]
            if not any(request["method"] in ("POST", "PUT", "PATCH") for request in requests):
                raise DemoError("assigning a material sends nothing to Printago")

    async def part_is_printed_twice_on_one_printer(self) -> None:
        """Print a part twice more on one printer."""
        jobs = await self._jobs()
        async with self._from_the_wall("printing a part"):
            await self._view("Print")
            await self._tap(self._page.locator("printago-print li button", has_text="Benchy").first)
            dialog = self._page.locator("printago-print-dialog")
            await dialog.locator("#quantity").fill("2")
            await dialog.locator("#printer").select_option(index=1)
            await self._tap(dialog.get_by_role("button", name="Print", exact=True))
            await dialog.get_by_text("In the queue:").wait_for()
            await self._until(lambda: self._has_new_jobs(jobs, 2))

    async def print_is_repeated(self) -> None:
        """Find the facts of a finished print in the history, and print it again."""
        jobs = await self._jobs()
        async with self._from_the_wall("printing again"):
            await self._view("History")
            past = self._page.locator("printago-history .past:has(.result-finished)").first
            facts = await past.inner_text()
            if " g" not in facts:
                raise DemoError(f"the history does not show how much filament a print took: {facts!r}")
            await self._tap(past.get_by_role("button", name="Print again"))
            await self._until(lambda: self._has_new_jobs(jobs, 1))

    async def object_is_skipped(self) -> None:
        """Skip an object of a print."""
        (printer,) = await self._printing("Articulated Dragon", only=True)
        async with self._from_the_wall("skipping an object"):
            await self._tap(self._page.get_by_role("button", name=printer["name"]).first)
            dialog = self._page.locator("printago-printer-dialog")
            await self._tap(dialog.get_by_role("button", name="Skip objects"))
            objects = dialog.locator("printago-plate label:not(.skipped) input")
            name = (await dialog.locator("printago-plate label:not(.skipped)").last.inner_text()).strip()
            await objects.last.check()
            await self._tap(dialog.get_by_role("button", name="Skip objects (1)"))
            await dialog.locator("printago-plate label.skipped", has_text=name).last.wait_for()

    async def print_is_stopped(self) -> None:
        """Stop a print, after a question."""
        (printer,) = await self._printing()
        async with self._from_the_wall("stopping a print"):
            await self._tap(self._page.get_by_role("button", name=printer["name"]).first)
            dialog = self._page.locator("printago-printer-dialog")
            await self._tap(dialog.get_by_role("button", name="Stop printing"))
            await self._tap(dialog.locator("printago-confirm .danger"))
            await self._until(lambda: self._prints_not(printer["id"], printer["printingJobId"]))

    async def farm_is_paused(self) -> None:
        """Pause all that prints, after a question, and go on."""
        await self._printing()
        async with self._from_the_wall("pausing the farm"):
            await self._tap(self._page.get_by_role("button", name="Pause all prints"))
            await self._tap(self._page.locator("printago-confirm button", has_text="Pause all prints"))
            await self._until(self._nothing_runs)
        async with self._from_the_wall("resuming the farm"):
            await self._tap(self._page.get_by_role("button", name="Resume all prints"))
            await self._tap(self._page.locator("printago-confirm button", has_text="Resume all prints"))
            await self._until(self._something_runs)

    @asynccontextmanager
    async def _from_the_wall(self, what: str) -> AsyncGenerator[None]:
        self._what, self._taps = what, 0
        await self._page.goto(f"{self._check.demo.home_assistant.url}/{PATH}/wall", wait_until="domcontentloaded")
        await self._page.locator("printago-printers .tile").first.wait_for()
        yield

    async def _tap(self, target: Any) -> None:
        """Tap something. Choosing in a form, and typing, are not counted."""
        self._taps += 1
        if self._taps > _MOST_TAPS:
            raise DemoError(f"{self._what} takes more than {_MOST_TAPS} taps")
        await target.click()

    async def _view(self, title: str) -> None:
        await self._tap(self._page.get_by_role("tab", name=title))

    async def _until(self, true: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                while not await true():
                    await self._page.wait_for_timeout(100)
        except TimeoutError:
            raise DemoError(f"{self._what} has no effect within {_SECONDS:.0f} s") from None

    async def _state(self) -> Any:
        return await self._farm.control("GET", "/state")

    async def _printing(self, part: str = "Benchy", *, only: bool = False, count: int = 1) -> list[Any]:
        """Return `count` printers that print, if wanted a part `only`; print the part where there are fewer."""
        self._what = f"printing {part}"
        found: list[Any] = []

        async def prints() -> bool:
            found[:] = [
                printer
                for printer in (await self._state())["printers"]
                if printer["printingJobId"] and printer["state"] == "RUNNING" and not printer["continuousPrint"]
                if not only or await self._has_state(self._check.entity(printer["id"], "current_job"), part)
            ]
            return len(found) >= count

        if not await prints():
            # It is refused where no bed waits.
            with suppress(DemoError):
                await self._client.action("printago.confirm_beds", {"all_printers": True})
            data = {"part": part, "quantity": count - len(found), "position": "front"}
            await self._client.action("printago.submit_print_job", data, response=True)
            await self._until(prints)
        return found[:count]

    async def _has_state(self, entity_id: str, state: str) -> bool:
        return bool((await self._client.state(entity_id))["state"] == state)

    async def _jobs(self) -> set[str]:
        return {job["id"] for job in (await self._state())["jobs"]}

    async def _has_new_jobs(self, before: set[str], count: int) -> bool:
        return len(await self._jobs() - before) == count

    async def _job_is(self, job_id: str, *statuses: str) -> bool:
        return any(job["id"] == job_id and job["status"] in statuses for job in (await self._state())["jobs"])

    async def _waiting(self, label: str | None = None) -> list[str]:
        """Return the IDs of the jobs that wait, as Printago sorts them; of all, or of those with a label."""
        jobs = (await self._state())["jobs"]
        pending = [job for job in jobs if job["status"] == "pending" and label in (None, job["label"])]
        return [job["id"] for job in sorted(pending, key=lambda job: (job["priority"], job["queueOrder"]))]

    async def _queue_begins_with(self, job_id: str) -> bool:
        return (await self._waiting())[0] == job_id

    async def _prints_not(self, printer_id: str, job_id: str) -> bool:
        printers = (await self._state())["printers"]
        return any(printer["id"] == printer_id and printer["printingJobId"] != job_id for printer in printers)

    async def _nothing_runs(self) -> bool:
        return not any(printer["state"] == "RUNNING" for printer in (await self._state())["printers"])

    async def _something_runs(self) -> bool:
        return not await self._nothing_runs()
