"""The queue: order, assignment, and the states of a job up to the printer."""

from collections.abc import Callable, Iterable
import json

from .build_items import PRIORITY_LOW
from .entities import Document, PrintJob
from .machine import Task
from .matching import ACTIVE, FINAL, Matcher
from .printer import Printer
from .storage import Storage
from .world import World

# The next state, and how many simulated seconds the state lasts.
_PIPELINE: dict[str, tuple[str, float]] = {
    "assigned": ("slicing", 1.0),
    "slicing": ("sliced", 6.0),
    "sliced": ("finalizing", 0.5),
    "finalizing": ("ready-for-printer", 1.5),
    "ready-for-printer": ("sending-to-printer", 1.0),
}
_QUEUE_STEP = 1000.0
_BED: dict[str, float] = {"PLA": 60.0, "PETG": 70.0, "ABS": 100.0, "ASA": 100.0, "TPU": 45.0}
_NOZZLE: dict[str, float] = {"PLA": 220.0, "PETG": 250.0, "ABS": 265.0, "ASA": 265.0, "TPU": 230.0}
_CHAMBER: dict[str, float] = {"ABS": 60.0, "ASA": 60.0}


def name_objects(job: PrintJob, world: World, storage: Storage) -> None:
    """Record which objects a sliced job has, if its part names them."""
    metadata = world.parts.get(job.part_id or "", {}).get("metadata") or {}
    plates = metadata.get("plates") or []
    objects = [dict(item) for plate in plates for item in (plate.get("sliced") or {}).get("objects") or []]
    if objects:
        top, pick = storage.plate_uris(item["identifyId"] for item in objects)
        job.skip_objects_data = {"objects": objects, "topImageUri": top, "pickImageUri": pick}


class JobQueue:
    """Orders jobs, assigns them to printers, and prepares them."""

    def __init__(self, world: World, storage: Storage) -> None:
        """Use one world, and the images of a storage."""
        self._world = world
        self._storage = storage
        self._due: dict[str, float] = {}
        self._dirty = True
        self.listener: Callable[[PrintJob], None] | None = None
        """Called with each job that reaches a final state."""

    def look_again(self) -> None:
        """Schedule another assignment, because something has changed."""
        self._dirty = True

    # Order

    def place(self, jobs: list[PrintJob], position: str) -> None:
        """Move jobs to one end of their priority, in the given order."""
        if not jobs:
            return
        moved = {job.id for job in jobs}
        for priority in {job.priority for job in jobs}:
            tier = [job for job in jobs if job.priority == priority]
            others = [
                job.queue_order
                for job in self._world.jobs.values()
                if job.priority == priority and job.id not in moved and job.status not in FINAL
            ]
            if position == "front":
                first = min(others, default=_QUEUE_STEP)
                for index, job in enumerate(tier):
                    job.queue_order = first * (index + 1) / (len(tier) + 1)
            else:
                last = max(others, default=0.0)
                for index, job in enumerate(tier, 1):
                    job.queue_order = last + _QUEUE_STEP * index
        self.look_again()

    def pending(self) -> list[PrintJob]:
        """Return the waiting jobs in the order of assignment."""
        jobs = [job for job in self._world.jobs.values() if job.status == "pending" and not job.hidden]
        if not self._world.settings["processLowPriorityJobs"]:
            jobs = [job for job in jobs if job.priority != PRIORITY_LOW]
        return sorted(jobs, key=lambda job: (job.priority, job.queue_order))

    # Actions of users. Each returns whether the job accepted it.

    def cancel(self, job: PrintJob) -> bool:
        """Remove a job from the queue, or stop its print."""
        if job.status in FINAL:
            return False
        printer = self.printer_of(job)
        if printer is not None and printer.printing_job_id == job.id:
            return printer.connected and printer.machine.stop()
        self._end(job, "cancelled")
        return True

    def pause(self, job: PrintJob) -> bool:
        """Pause the print of a job."""
        printer = self.printer_of(job)
        if job.status != "printing" or printer is None or not printer.connected or not printer.machine.pause():
            return False
        printer.show_user_pause(True)
        return True

    def resume(self, job: PrintJob) -> bool:
        """Resume the print of a job."""
        printer = self.printer_of(job)
        if job.status != "paused" or printer is None or not printer.connected or not printer.machine.resume():
            return False
        printer.show_user_pause(False)
        return True

    def retry(self, job: PrintJob) -> bool:
        """Put a failed or canceled job back: the same record with the next attempt."""
        if job.status not in ("failed", "cancelled"):
            return False
        self._requeue(job)
        job.hidden = False
        self.place([job], "back")
        return True

    def clear(self, job: PrintJob) -> bool:
        """Hide a job that has ended."""
        if job.status not in FINAL or job.hidden:
            return False
        job.hidden = True
        self._world.jobs.touch(job.id)
        return True

    def move_to_front(self, jobs: Iterable[PrintJob]) -> list[PrintJob]:
        """Move waiting jobs to the front of their priority; returns the moved ones."""
        moving = sorted((job for job in jobs if job.status == "pending"), key=lambda job: job.queue_order)
        self.place(moving, "front")
        for job in moving:
            self._world.jobs.touch(job.id)
        return moving

    def hold(self, job: PrintJob) -> None:
        """Hold a job for approval after slicing."""
        job.held = True

    def approve(self, job: PrintJob) -> bool:
        """Approve a job that is waiting for approval."""
        if job.status != "waiting-for-approval":
            return False
        job.held = False
        self._set_status(job, "ready-for-printer")
        self._due[job.id] = self._world.time + _PIPELINE["ready-for-printer"][1]
        return True

    # States of a job

    def printer_of(self, job: PrintJob) -> Printer | None:
        """Return the printer that a job is assigned to."""
        return self._world.printers.get(job.assigned_printer_id or "")

    def step(self) -> None:
        """Process what is due at the current simulated time."""
        now = self._world.time
        for job_id in [job_id for job_id, due in self._due.items() if due <= now]:
            self._advance(self._world.jobs[job_id])
        if self._dirty:
            self._dirty = False
            self._assign()

    def _assign(self) -> None:
        free = [printer for printer in self._world.printers.values() if printer.free]
        if not free:
            return
        matcher = Matcher(self._world)
        left = matcher.free_production_slots()
        unmatched: set[str] = set()
        for job in self.pending():
            if not free or left == 0:
                return
            # Jobs of one build have the same requirements, so they are checked once.
            requirements = json.dumps(
                [job.required_printer_tags, job.material_assignments, job.part_id], sort_keys=True
            )
            if requirements in unmatched:
                continue
            for printer in free:
                if not matcher.tags_match(job, printer):
                    continue
                mapping = matcher.material_mapping(job, printer)
                if mapping is not None:
                    self._give(job, printer, mapping)
                    free.remove(printer)
                    left = None if left is None else left - 1
                    break
            else:
                unmatched.add(requirements)

    def _give(self, job: PrintJob, printer: Printer, mapping: list[Document]) -> None:
        printer.reserved_by = job.id
        job.assigned_printer_id = printer.id
        job.material_mapping = mapping
        job.assignment_started_at = job.assignment_completed_at = self._world.now()
        job.task_id = int(self._world.ids.digits(9))
        self._set_status(job, "assigned")
        self._due[job.id] = self._world.time + _PIPELINE["assigned"][1]

    def _advance(self, job: PrintJob) -> None:
        while (due := self._due.get(job.id)) is not None and due <= self._world.time:
            following = _PIPELINE[job.status][0]
            if job.status == "finalizing" and job.held:
                del self._due[job.id]
                self._set_status(job, "waiting-for-approval")
                return
            if following == "sending-to-printer":
                del self._due[job.id]
                self._send(job)
                return
            self._set_status(job, following)
            if following == "sliced":
                self._note_slicing(job)
            self._due[job.id] = due + _PIPELINE[following][1]

    def _note_slicing(self, job: PrintJob) -> None:
        job.sliced_gcode_uri = f"stores/{job.store_id}/gcode/{job.id}.gcode.3mf"
        job.slicer_input_hash = f"{job.part_id or job.id}-{job.quantity_index}"
        name_objects(job, self._world, self._storage)

    def _send(self, job: PrintJob) -> None:
        printer = self.printer_of(job)
        if printer is None or not printer.connected or printer.machine.phase.busy:
            self._requeue(job)
            return
        self._set_status(job, "sending-to-printer")
        slot = (job.material_mapping or [{}])[0]
        material = str(slot.get("materialType") or "PLA").split("-")[0]
        fails = self._world.random.random() < self._world.config.failure_rate
        printer.machine.start(
            Task(
                id=str(job.task_id),
                name=job.label or job.part_name,
                duration=job.duration * printer.model.pace,
                layers=job.layers,
                grams=job.grams,
                nozzle=_NOZZLE.get(material, 220.0),
                bed=_BED.get(material, 60.0),
                chamber=_CHAMBER.get(material, 0.0),
                job_id=job.id,
                slot=(slot["amsIndex"], slot["slotIndex"]) if "amsIndex" in slot else None,
                fails_at=self._world.random.uniform(0.05, 0.95) if fails else None,
            )
        )

    def started(self, job: PrintJob) -> None:
        """Record that the printer has started a job."""
        if job.printing_started_at is None:
            job.printing_started_at = self._world.now()
        self._set_status(job, "printing")

    def paused(self, job: PrintJob) -> None:
        """Record that the printer has paused a job."""
        self._set_status(job, "paused")

    def completed(self, job: PrintJob) -> None:
        """Record that a job is finished."""
        if job.printing_started_at is None:
            job.printing_started_at = self._world.now()
        self._world.completed_jobs += 1
        self._end(job, "completed")

    def failed(self, job: PrintJob, reason: str) -> None:
        """Record that a job has failed."""
        job.error_message = reason
        self._end(job, "failed")

    def canceled(self, job: PrintJob) -> None:
        """Record that a job was stopped."""
        self._end(job, "cancelled")

    def printer_lost(self, printer: Printer) -> None:
        """Handle a removed printer: its print has failed, and its prepared jobs wait again."""
        for job in list(self._world.jobs.values()):
            if job.assigned_printer_id != printer.id or job.status not in ACTIVE:
                continue
            if printer.printing_job_id == job.id:
                self.failed(job, "The printer was removed")
            else:
                self._requeue(job)

    def _requeue(self, job: PrintJob) -> None:
        self._release(job)
        job.assigned_printer_id = None
        job.assignment_started_at = job.assignment_completed_at = None
        job.printing_started_at = job.printing_completed_at = job.cancelled_at = None
        job.error_message = job.material_mapping = job.skip_objects_data = None
        self._set_status(job, "pending")

    def _end(self, job: PrintJob, status: str) -> None:
        self._release(job)
        now = self._world.now()
        if status == "cancelled":
            job.cancelled_at = now
        else:
            job.printing_completed_at = now
        self._set_status(job, status)
        if self.listener is not None:
            self.listener(job)

    def _release(self, job: PrintJob) -> None:
        self._due.pop(job.id, None)
        printer = self.printer_of(job)
        if printer is not None and printer.reserved_by == job.id:
            printer.reserved_by = None

    def _set_status(self, job: PrintJob, status: str) -> None:
        job.status = status
        self._world.jobs.touch(job.id)
        self.look_again()
