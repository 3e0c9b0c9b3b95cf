"""The expected states in Home Assistant of a virtual farm, calculated without the integration.

They are derived from the farm's own records and from its messages, by the definitions in `docs/entities.md`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.printago.const import DOMAIN
from custom_components.printago.model.stages import stage_of
from tests.e2e.expected_states import At, Available, Known, Near, Want, Wanted, fits
from virtual_farm import VirtualFarm
from virtual_farm.entities import Document, PrintJob
from virtual_farm.phase import Phase
from virtual_farm.printer import USER_PAUSE_CODES, Printer

_STATUS = {
    Phase.IDLE: "idle",
    Phase.LEVEL: "running",
    Phase.PRINT: "running",
    Phase.PAUSED: "pause",
    Phase.FINISHED: "finish",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "failed",
}
_PREPARING = (Phase.DOWNLOAD, Phase.HEAT)
_ENDED = ("completed", "failed", "cancelled")
_ORDER_OF_JOBS = (
    *("assigned", "slicing", "sliced", "finalizing", "waiting-for-approval", "ready-for-printer"),
    *("sending-to-printer", "printing", "paused"),
)
_RESULTS = {"completed": "finished", "failed": "failed", "cancelled": "canceled"}
_WANDERING, _REGULATED = 0.75, 0.95
"""°C: temperatures are in whole degrees, and a reading between two of them may keep the previous one."""


@dataclass(slots=True)
class _Fleet:
    """Totals of all printers."""

    online: list[str] = field(default_factory=list)
    printing: list[str] = field(default_factory=list)
    ready: list[str] = field(default_factory=list)
    awaiting_clear: list[str] = field(default_factory=list)
    problem: list[str] = field(default_factory=list)
    bed_is_moot: bool = False
    ends: list[datetime] = field(default_factory=list)
    usable: int = 0


class Oracle:
    """Follows a farm from its start, and returns the expected states of its entities at rest."""

    def __init__(self, farm: VirtualFarm) -> None:
        """Listen for ended jobs; of earlier ones the last of each printer counts, which the print history brings."""
        self._farm = farm
        self._last_end: dict[str, tuple[str, str]] = {}
        self._used_from_outside: set[str] = set()
        note_end = farm.queue.listener
        assert note_end is not None

        def on_end(job: PrintJob) -> None:
            note_end(job)
            self._note_end(job)

        for job in sorted((job for job in farm.world.jobs.values() if job.status in _ENDED), key=_end_of):
            self._note_end(job)
        farm.queue.listener = on_end

    def _note_end(self, job: PrintJob) -> None:
        if job.assigned_printer_id and (job.status != "cancelled" or job.printing_started_at):
            self._last_end[job.assigned_printer_id] = (job.id, job.status)

    def note_outside_print(self, printer_id: str) -> None:
        """Record that a printer was used without Printago, which leaves no record."""
        self._used_from_outside.add(printer_id)

    # Expected states

    def wants(self) -> dict[tuple[str, str], Want]:
        """Return the expected state of each entity that is enabled by default, by platform and unique ID."""
        wanted: dict[tuple[str, str], Want] = {}
        fleet = _Fleet()
        for printer in self._farm.world.printers.values():
            for platform, key, want in self._of_printer(printer, fleet):
                wanted[platform, f"{printer.id}_{key}"] = want
        store = self._farm.config.store_id
        for platform, key, want in self._of_farm(fleet):
            wanted[platform, f"{store}_{key}"] = want
        return wanted

    def _of_printer(self, printer: Printer, fleet: _Fleet) -> Iterator[tuple[str, str, Want]]:
        record = printer.wire()
        stat = self._farm.feed.stat(printer)
        job = self._job_of(record)
        online = record["isOnline"]
        status = _status(printer) if online else "offline"
        readiness = _readiness(record)
        printing = status in ("prepare", "running")
        yield "sensor", "print_status", Want(status)
        yield "sensor", "readiness", Want(readiness)
        yield "binary_sensor", "online", Want(_on(online))
        yield "binary_sensor", "printing", Want(_on(printing))
        yield from self._bed(printer, record, job, fleet)
        yield (
            "sensor",
            "current_job",
            Want(
                _text(job and (job.label or job.part_name)),
                {
                    "job_id": job and job.id,
                    "part": job and job.part_name,
                    "order": job and job.order_id,
                },
            ),
        )
        yield "sensor", "total_usage_hours", Want(Near(record["lifetimePrintHours"]))
        yield "sensor", "total_print_jobs", Want(str(record["lifetimeJobCount"]))
        if (result := self._result_of(printer.id)) is not None:
            yield "sensor", "last_print_result", Want(result)
        yield "switch", "enabled", Want(_on(record["enabled"]))
        fabmatic = record["continuousPrint"]
        limit = record["fabmaticRemainingJobs"] if fabmatic else None
        yield "switch", "fabmatic", Want(_on(fabmatic), {"job_limit": limit})
        yield "switch", "maintenance_mode", Want(_on(record["isInMaintenance"]))
        yield "button", "confirm_bed_cleared", Want(Available())
        for key in ("pause", "resume", "stop"):
            yield "button", key, Want(Available() if online else STATE_UNAVAILABLE)
        yield "image", "cover_image", Want(Known() if job is not None and job.thumbnail_uri else Available())
        yield "event", "print", Want(Available())
        yield "event", "alert", Want(Available())
        for platform, key, want in self._live(printer, stat, printing=printing, fleet=fleet):
            yield platform, key, want if online else Want(STATE_UNAVAILABLE)

        name = record["name"]
        fleet.usable += readiness not in ("maintenance", "disabled")
        if online:
            fleet.online.append(name)
        if printing:
            fleet.printing.append(name)
        if readiness == "ready":
            fleet.ready.append(name)

    def _bed(
        self, printer: Printer, record: Document, job: PrintJob | None, fleet: _Fleet
    ) -> Iterator[tuple[str, str, Want]]:
        waits = not record["confirmedReady"] and not record["continuousPrint"]
        task = printer.machine.task
        if waits and not record["isOnline"] and job is None and task is not None and task.job_id is None:
            # Whether Home Assistant saw the end of an external print depends on timing.
            fleet.bed_is_moot = True
            yield "binary_sensor", "bed_needs_clearing", Want(Known())
            return
        prints = job is not None or (record["isOnline"] and printer.machine.phase.busy)
        if waits and not prints:
            fleet.awaiting_clear.append(record["name"])
        yield "binary_sensor", "bed_needs_clearing", Want(_on(waits and not prints))

    def _live(
        self, printer: Printer, stat: Document, *, printing: bool, fleet: _Fleet
    ) -> Iterator[tuple[str, str, Want]]:
        """Return the entities that need telemetry."""
        data = stat["data"]
        print_data, temps = data["print"], data["temps"]
        yield "sensor", "print_progress", Want(_number(print_data.get("percent")))
        yield "sensor", "remaining_time", Want(_number(_coarse(print_data.get("timeRemaining"))))
        yield "sensor", "current_layer", Want(_number(print_data.get("currentLayer")))
        yield "sensor", "stage", Want(stage_of(print_data["stage"]))
        yield "sensor", "task_name", Want(_text(print_data.get("taskName")))
        yield "sensor", "nozzle_temp", Want(Near(temps["nozzleTemp"], _REGULATED))
        yield "sensor", "bed_temp", Want(Near(temps["bedTemp"], _WANDERING))
        if "chamberTemp" in temps:
            yield "sensor", "chamber_temp", Want(Near(temps["chamberTemp"], _WANDERING))
        end: Wanted = STATE_UNKNOWN
        if printing and print_data.get("timeRemaining"):
            moment = datetime.fromisoformat(stat["receivedAt"]) + timedelta(minutes=print_data["timeRemaining"])
            end = At(moment)
            if stat["isOnline"]:
                fleet.ends.append(moment)
        yield "sensor", "end_time", Want(end)
        problems = [
            message
            for message in (*data["health"]["errors"], *data["health"]["warnings"])
            if message["code"] not in USER_PAUSE_CODES
        ]
        if problems and stat["isOnline"]:
            fleet.problem.append(printer.name)
        yield "binary_sensor", "hms", Want(_on(bool(problems)))
        if light := data.get("lights", {}).get("chamber"):
            yield "light", "chamber_light", Want(light)
        yield from self._filament(data.get("filament", {}))

    def _filament(self, filament: Document) -> Iterator[tuple[str, str, Want]]:
        if "spool" in filament:
            yield "sensor", "external_spool", _tray(filament["spool"])
        for unit, ams in enumerate(filament.get("ams", {}).get("ams", []), 1):
            for number, slot in enumerate(ams["slots"], 1):
                yield "sensor", f"ams_{unit}_tray_{number}", _tray(slot)

    def _of_farm(self, fleet: _Fleet) -> Iterator[tuple[str, str, Want]]:
        world = self._farm.world
        names = sorted(printer.name for printer in world.printers.values())
        yield "sensor", "printers_total", Want(str(len(names)), {"printers": names})
        counts = {"online": fleet.online, "printing": fleet.printing, "ready": fleet.ready}
        counts["with_problem"] = fleet.problem
        if not fleet.bed_is_moot:
            counts["awaiting_clear"] = fleet.awaiting_clear
        for key, counted in counts.items():
            yield "sensor", f"printers_{key}", Want(str(len(counted)), {"printers": sorted(counted)})
        utilization = 100 * self._running_usable() / fleet.usable if fleet.usable else None
        yield "sensor", "utilization", Want(STATE_UNKNOWN if utilization is None else Near(utilization))
        yield "sensor", "next_free", Want(At(min(fleet.ends)) if fleet.ends else STATE_UNKNOWN)
        jobs = [job for job in world.jobs.values() if not job.hidden]
        in_progress = [job for job in jobs if job.status in _ORDER_OF_JOBS]
        by_status = {
            "queued": [job for job in jobs if job.status == "pending"],
            "in_progress": in_progress,
            "failed": [job for job in jobs if job.status == "failed"],
            "waiting_approval": [job for job in jobs if job.status == "waiting-for-approval"],
        }
        for key, chosen in by_status.items():
            queue = sorted(chosen, key=lambda job: (job.priority, job.queue_order, job.id))
            listed = [job.label or job.part_name for job in queue[:50]]
            yield "sensor", f"jobs_{key}", Want(str(len(chosen)), {"jobs": listed})
        yield "sensor", "jobs_completed", Want(str(world.completed_jobs))
        orders = [order for order in world.orders.values() if order["status"] == "open" and not order["cancelledAt"]]
        now = self._farm.config.clock()
        overdue = [o for o in orders if o["deadline"] and datetime.fromisoformat(o["deadline"]) < now]
        yield "sensor", "orders_open", Want(str(len(orders)))
        yield "sensor", "orders_overdue", Want(str(len(overdue)))
        yield "sensor", "production_slots_used", Want(str(len(in_progress)))
        yield "sensor", "production_slots_total", Want(str(world.subscription["concurrencySlots"]))
        yield "sensor", "api_requests_last_hour", Want(Known())
        yield "binary_sensor", "realtime", Want(STATE_ON)
        yield "switch", "process_low_priority_jobs", Want(_on(world.settings["processLowPriorityJobs"]))
        yield "button", "refresh", Want(Available())
        yield "event", "job", Want(Available())
        yield "event", "order", Want(Available())

    def _running_usable(self) -> int:
        return sum(
            printer.is_online
            and printer.enabled
            and not printer.is_in_maintenance
            and _status(printer) in ("prepare", "running")
            for printer in self._farm.world.printers.values()
        )

    def _job_of(self, record: Document) -> PrintJob | None:
        jobs = [
            job
            for job in self._farm.world.jobs.values()
            if job.assigned_printer_id == record["id"] and job.status in _ORDER_OF_JOBS and not job.hidden
        ]
        key = record["printingJobId"]
        return max(jobs, key=lambda job: (job.id == key, _ORDER_OF_JOBS.index(job.status)), default=None)

    def _result_of(self, printer_id: str) -> str | None:
        """Return how the last print ended; None if that depends on timing."""
        if printer_id in self._used_from_outside:
            return None
        if (last := self._last_end.get(printer_id)) is None:
            return STATE_UNKNOWN
        job_id, status = last
        if self._farm.world.jobs[job_id].status != status:
            # It was put back into the queue, which resets its record.
            return None
        return _RESULTS[status]

    # Actual states

    def differences(self, hass: HomeAssistant, entry_id: str) -> list[str]:
        """Describe the differences of Home Assistant's states: wrong, unexpected and missing ones."""
        registry = er.async_get(hass)
        wanted = self.wants()
        found: list[str] = []
        for (platform, unique_id), want in wanted.items():
            entity_id = registry.async_get_entity_id(platform, DOMAIN, unique_id)
            state = hass.states.get(entity_id) if entity_id else None
            if state is None:
                found.append(f"{platform} {unique_id} is missing, wanted {want.state}")
            elif not fits(state.state, want.state):
                found.append(f"{entity_id} is {state.state}, wanted {want.state}")
            elif state.state != STATE_UNAVAILABLE:
                found += [
                    f"{entity_id} has {name} {state.attributes.get(name)!r}, wanted {value!r}"
                    for name, value in want.attributes.items()
                    if state.attributes.get(name) != value
                ]
        identifiers = {self._farm.config.store_id, *self._farm.world.printers}
        for entity in er.async_entries_for_config_entry(registry, entry_id):
            owner = entity.unique_id.partition("_")[0]
            if owner not in identifiers:
                found.append(f"{entity.entity_id} belongs to a printer that is gone")
            elif (
                entity.original_name
                and "_tray_" in entity.unique_id
                and (entity.domain, entity.unique_id) not in wanted
                and (state := hass.states.get(entity.entity_id)) is not None
                and state.state != STATE_UNAVAILABLE
            ):
                found.append(f"{entity.entity_id} is {state.state}, but there is no such tray")
        return found + self._device_differences(hass, entry_id)

    def _device_differences(self, hass: HomeAssistant, entry_id: str) -> list[str]:
        devices = {
            identifier: device.name
            for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry_id)
            for domain, identifier in device.identifiers
            if domain == DOMAIN and identifier != self._farm.config.store_id
        }
        wanted = {printer.id: printer.name for printer in self._farm.world.printers.values()}
        return [] if devices == wanted else [f"devices are {devices}, wanted {wanted}"]


def _status(printer: Printer) -> str:
    phase = printer.machine.phase
    if phase in _PREPARING:
        # Only Bambu printers have a status for it.
        return "prepare" if printer.model.provider == "Bambu" else "running"
    return _STATUS[phase]


def _readiness(record: Document) -> str:
    if record["isInMaintenance"]:
        return "maintenance"
    if not record["enabled"]:
        return "disabled"
    if not record["isOnline"]:
        return "offline"
    if not record["isAvailable"]:
        return "busy"
    if not record["confirmedReady"] and not record["continuousPrint"]:
        return "awaiting_clear"
    return "ready"


def _tray(slot: Document) -> Want:
    name = slot.get("info") or slot.get("type")
    if not name:
        return Want("empty")
    color = slot["color"].upper().removesuffix("FF") if len(slot["color"]) > 6 else slot["color"].upper()
    return Want(name, {"color": f"#{color}", "type": slot["type"], "remaining": round(slot["remaining"])})


def _on(value: bool) -> str:
    return STATE_ON if value else STATE_OFF


def _text(value: str | None) -> str:
    return value or STATE_UNKNOWN


def _coarse(minutes: float | None) -> float | None:
    """Return a remaining time as shown: above an hour, in steps of five minutes."""
    return minutes if minutes is None or minutes <= 60 else -(-minutes // 5) * 5


def _number(value: float | None) -> Wanted:
    return STATE_UNKNOWN if value is None else Near(round(value))


def _end_of(job: PrintJob) -> str:
    return (job.cancelled_at if job.status == "cancelled" else job.printing_completed_at) or job.updated_at
