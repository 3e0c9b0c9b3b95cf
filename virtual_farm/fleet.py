"""The printers: actions of users and the cloud, and what the cloud sees of the machines."""

from collections.abc import Iterable

from .entities import Document
from .job_queue import JobQueue
from .machine import SLOTS_PER_AMS, Machine, Task, Tray
from .phase import Phase
from .printer import USER_PAUSE_CODES, Printer, Severity, metadata_for
from .printer_models import PrinterModel
from .world import World


class Fleet:
    """All printers of a store."""

    def __init__(self, world: World, queue: JobQueue) -> None:
        """Use one world, and report the results of jobs to the queue."""
        self._world = world
        self._queue = queue

    # Adding and removing printers

    def add(self, model: PrinterModel, name: str, *, tags: Iterable[str] = (), ready: bool = False) -> Printer:
        """Add a new printer. Its bed must be confirmed, unless it is `ready`."""
        world = self._world
        now = world.now()
        serial = world.ids.serial(model.serial_prefix) if model.provider == "Bambu" else None
        bambu = model.provider == "Bambu"
        printer = Printer(
            id=world.ids(),
            store_id=world.config.store_id,
            created_at=now,
            updated_at=now,
            provider=model.provider,
            name=name,
            device_id=serial,
            nozzle_diameter="0.4",
            metadata=metadata_for(model, name, serial or "", world.ids),
            provider_config={"use_ams": model.ams_units > 0, "bed_type": "Textured PEI Plate", "do_bed_leveling": True}
            if bambu
            else None,
            comm_method="bambu-cloud-v2" if bambu else ("octoprint-mqtt" if model.provider == "OctoPrint" else "fuse"),
            integration_type="bambulab" if bambu else None,
            tags=list(tags),
            is_online=True,
            is_available=True,
            confirmed_ready=ready,
            machine=Machine(model, wobble=world.random.uniform(0.0, 6.0), words=world.config.spoken),
        )
        printer.machine.ams = [[None] * SLOTS_PER_AMS for _ in range(model.ams_units)]
        world.printers.insert(printer.id, printer)
        for slot in printer.slots:
            self._add_slot(printer, slot)
        if world.config.production_slots is None:
            world.subscription["concurrencySlots"] = len(world.printers)
        self._queue.look_again()
        return printer

    def remove(self, printer: Printer) -> None:
        """Remove a printer from the store."""
        self._queue.printer_lost(printer)
        for place in printer.slots:
            self._remove_slot(printer, place)
        for enrollment in [item for item in self._world.enrollments.values() if item["printerId"] == printer.id]:
            self._world.enrollments.remove(enrollment["id"])
        self._world.printers.remove(printer.id)

    def rename(self, printer: Printer, name: str) -> None:
        """Give a printer another name."""
        printer.name = name
        self._world.printers.touch(printer.id)

    def disconnect(self, printer: Printer) -> None:
        """Disconnect: the machine continues on its own, but the cloud no longer sees it."""
        if not printer.connected:
            return
        printer.connected = False
        self._set_online(printer, online=False)
        printer.is_available = False
        self._trip_fabmatic(printer)

    def reconnect(self, printer: Printer) -> None:
        """Reconnect a printer. Its bed must be confirmed."""
        if printer.connected:
            return
        printer.connected = True
        printer.machine.connect()
        self._set_online(printer, online=True)
        printer.is_available = not printer.machine.phase.busy
        printer.confirmed_ready = False
        self.observe(printer)
        self._queue.look_again()

    def _set_online(self, printer: Printer, *, online: bool) -> None:
        printer.is_online = online
        if printer.metadata is not None and "online" in printer.metadata:
            printer.metadata = {**printer.metadata, "online": online}
        self._world.printers.touch(printer.id)

    def set_ams(self, printer: Printer, units: int) -> None:
        """Attach or detach AMS units, with their slots."""
        machine = printer.machine
        while len(machine.ams) > units:
            for slot_index in range(SLOTS_PER_AMS):
                self._remove_slot(printer, (len(machine.ams) - 1, slot_index))
            machine.ams.pop()
        while len(machine.ams) < units:
            machine.ams.append([None] * SLOTS_PER_AMS)
        machine.version += 1
        for place in printer.slots:
            if self._world.slot_of(printer.id, *place) is None:
                self._add_slot(printer, place)
        self._queue.look_again()

    # Actions of users

    def confirm_ready(self, printer: Printer, *, ready: bool) -> None:
        """Set whether the bed is clear. This has no effect during a print."""
        if ready and printer.seen[0].busy:
            return
        printer.confirmed_ready = ready
        self._changed(printer)

    def set_enabled(self, printer: Printer, *, enabled: bool) -> None:
        """Include a printer in automatic assignment, or exclude it."""
        printer.enabled = enabled
        self._changed(printer)

    def set_fabmatic(self, printer: Printer, *, enabled: bool, job_limit: int | None) -> None:
        """Turn FabMatic on, with or without a job limit, or off."""
        printer.continuous_print = enabled
        printer.fabmatic_remaining_jobs = job_limit if enabled else None
        self._changed(printer)

    def set_maintenance(self, printer: Printer, *, enabled: bool) -> None:
        """Turn maintenance mode on or off."""
        if printer.is_in_maintenance != enabled:
            printer.is_in_maintenance = enabled
            if enabled:
                printer.last_maintenance_offline_at = self._world.now()
            else:
                printer.last_maintenance_online_at = self._world.now()
        self._changed(printer)

    def _changed(self, printer: Printer) -> None:
        self._world.printers.touch(printer.id)
        self._queue.look_again()

    # Events at the printer

    def raise_hms(self, printer: Printer, severity: Severity, code: str, message: str) -> None:
        """Make the printer report an HMS message. An error or a warning turns FabMatic off."""
        printer.add_message(severity, code, message)
        if severity != "info" and code not in USER_PAUSE_CODES:
            self._trip_fabmatic(printer)

    def print_from_outside(self, printer: Printer, name: str, seconds: float) -> None:
        """Start a print that Printago does not know; raises RuntimeError if the printer is busy."""
        task = Task(id=self._world.ids.digits(9), name=name, duration=seconds)
        printer.machine.start(task)
        self.observe(printer)

    def load(self, printer: Printer, place: tuple[int, int], tray: Tray | None, slot_fields: Document) -> None:
        """Load a spool into a slot, and assign its material."""
        printer.machine.put_tray(place, tray)
        if (slot := self._world.slot_of(printer.id, *place)) is not None:
            self._world.slots.change(slot["id"], slot_fields)
        self._queue.look_again()

    def _trip_fabmatic(self, printer: Printer) -> None:
        if printer.continuous_print:
            printer.continuous_print = False
            printer.fabmatic_remaining_jobs = None
            self._world.printers.touch(printer.id)

    # The cloud's view

    def step(self, seconds: float) -> None:
        """Advance simulated time for all printers."""
        for printer in self._world.printers.values():
            printer.machine.step(seconds)
        self.observe_all()

    def observe_all(self) -> None:
        """Observe every printer whose machine has changed its phase."""
        for printer in self._world.printers.values():
            if printer.seen[0] is not printer.machine.phase:
                self.observe(printer)

    def observe(self, printer: Printer) -> None:
        """Update record and job from the machine, as far as the cloud can see it."""
        machine = printer.machine
        task = machine.task
        looks = (machine.phase, None if task is None else task.id)
        if not printer.connected or printer.seen == looks:
            return
        printer.seen = looks
        printer.is_available = not machine.phase.busy
        if printer.metadata is not None and "print_status" in printer.metadata:
            printer.metadata = {**printer.metadata, "print_status": machine.word}
        if machine.phase is not Phase.PAUSED:
            printer.show_user_pause(False)
        if machine.phase.busy:
            printer.confirmed_ready = False
            if task is not None and task.job_id is None:
                self._trip_fabmatic(printer)
        if task is not None and task.job_id is not None:
            self._observe_job(printer, task.job_id)
        if not machine.phase.busy:
            printer.confirmed_ready = False
            printer.last_printed_at = self._world.now()
        self._changed(printer)

    def _observe_job(self, printer: Printer, job_id: str) -> None:
        phase, task = printer.machine.phase, printer.machine.task
        job = self._world.jobs.get(job_id)
        if job is None or job.assigned_printer_id != printer.id or task is None:
            return
        if printer.reserved_by == job_id:
            printer.reserved_by = None
        if phase.busy:
            printer.printing_job_id = job_id
        match phase:
            case Phase.HEAT | Phase.LEVEL | Phase.PRINT:
                self._queue.started(job)
            case Phase.PAUSED:
                self._queue.paused(job)
            case Phase.FINISHED:
                self._finish(printer)
                self._queue.completed(job)
            case Phase.FAILED:
                printer.printing_job_id = None
                self._trip_fabmatic(printer)
                self._queue.failed(job, printer.machine.failure or "The print failed")
            case Phase.CANCELLED:
                printer.printing_job_id = None
                self._queue.canceled(job)
            case _:
                pass

    def _finish(self, printer: Printer) -> None:
        task = printer.machine.task
        assert task is not None
        printer.printing_job_id = None
        printer.lifetime_job_count += 1
        printer.lifetime_print_hours = round(printer.lifetime_print_hours + task.duration / 3600, 3)
        if printer.continuous_print and printer.fabmatic_remaining_jobs is not None:
            printer.fabmatic_remaining_jobs -= 1
            if printer.fabmatic_remaining_jobs <= 0:
                printer.continuous_print = False

    def _add_slot(self, printer: Printer, place: tuple[int, int]) -> None:
        ams, slot = place
        document = self._world.document(
            printerId=printer.id,
            materialId=None,
            variantId=None,
            instanceId=None,
            materialType=None,
            expectedData=None,
            expectedDataSetAt=None,
            amsIndex=ams,
            slotIndex=slot,
            slot=-1 if ams < 0 else ams * SLOTS_PER_AMS + slot,
            filamentUserProfileId=None,
            filamentSystemProfileId=None,
        )
        self._world.slots.insert(document["id"], document)
        self._world.slot_ids[(printer.id, *place)] = document["id"]

    def _remove_slot(self, printer: Printer, place: tuple[int, int]) -> None:
        if (slot_id := self._world.slot_ids.pop((printer.id, *place), None)) is not None:
            self._world.slots.remove(slot_id)
