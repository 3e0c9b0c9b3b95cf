"""Commands for printers, as sent by `POST /v1/printer-commands/send`."""

from collections.abc import Callable

from .entities import Document
from .job_queue import JobQueue
from .machine import Tray
from .phase import Phase
from .printer import Printer
from .world import World

type _Handler = Callable[[Printer, Document], None]


class Commander:
    """Sends commands to printers. A printer accepts every command and ignores one that has no effect at the moment."""

    def __init__(self, world: World, queue: JobQueue) -> None:
        """Use one world."""
        self._world = world
        self._queue = queue
        self._handlers: dict[str, _Handler] = {
            "stop": lambda printer, _: _ignore(printer.machine.stop()),
            "pause": self._pause,
            "resume": self._resume,
            "resync-data": _resync,
            "unload-filament": _unload,
            "load-filament": _load,
            "led-control": _light,
            "set-temperature": _temperature,
            "select-tool": lambda printer, _: printer.machine.busy_with("Changing tool", 8.0),
            "home-axis": _home,
            "move-axis": lambda printer, _: printer.machine.busy_with("Moving axes", 3.0),
            "set-fan": _fan,
            "extrude-filament": lambda printer, _: printer.machine.busy_with("Extruding filament", 5.0),
            "calibration": lambda printer, _: printer.machine.busy_with("Calibrating", 120.0),
            "refresh-slot": lambda printer, command: printer.machine.read_slot(command["amsId"], command["slotId"]),
            "skip-objects": self._skip_objects,
            "set-slot-info": _slot_info,
        }

    @property
    def names(self) -> frozenset[str]:
        """All known commands."""
        return frozenset(self._handlers)

    def send(self, printer: Printer, command: Document) -> bool:
        """Send one command; returns whether the printer received it."""
        if not printer.connected:
            return False
        self._handlers[command["command"]](printer, command)
        return True

    def _pause(self, printer: Printer, _: Document) -> None:
        if printer.machine.pause():
            printer.show_user_pause(True)

    def _resume(self, printer: Printer, _: Document) -> None:
        if printer.machine.resume():
            printer.show_user_pause(False)

    def _skip_objects(self, printer: Printer, command: Document) -> None:
        job = self._world.jobs.get(printer.printing_job_id or "")
        if job is None or job.skip_objects_data is None:
            return
        skipped = {str(number) for number in command["objectIds"]}
        objects = [
            {**item, "skipped": item["skipped"] or item["identifyId"] in skipped}
            for item in job.skip_objects_data["objects"]
        ]
        job.skip_objects_data = {**job.skip_objects_data, "objects": objects}
        self._world.jobs.touch(job.id)


def _ignore(_: object) -> None:
    """Drop a result that a printer does not report."""


def _resync(printer: Printer, _: Document) -> None:
    # A new version makes the feed send everything again.
    printer.machine.version += 1


def _unload(printer: Printer, _: Document) -> None:
    if printer.machine.phase is Phase.PRINT:
        return
    printer.machine.loaded = None
    printer.machine.busy_with("Unloading filament", 40.0)


def _load(printer: Printer, command: Document) -> None:
    slot = (command["targetSlot"]["amsIndex"], command["targetSlot"]["slotIndex"])
    if printer.machine.phase is Phase.PRINT or printer.machine.tray(slot) is None:
        return
    printer.machine.loaded = slot
    printer.machine.busy_with("Loading filament", 40.0)


def _light(printer: Printer, command: Document) -> None:
    light = {"chamber_light": "chamber", "working_light": "work"}[command["light"]]
    has = printer.model.chamber_light if light == "chamber" else printer.model.work_light
    if has:
        printer.machine.lights[light] = command["state"]
        printer.machine.version += 1


def _temperature(printer: Printer, command: Document) -> None:
    printer.machine.set_target(command["type"], float(command["temperature"]))


def _home(printer: Printer, command: Document) -> None:
    axes = [axis for axis, wanted in command["axes"].items() if wanted and axis in printer.machine.homed]
    printer.machine.homed = {**printer.machine.homed, **dict.fromkeys(axes, True)}
    printer.machine.busy_with("Homing toolhead", 12.0)


def _fan(printer: Printer, command: Document) -> None:
    fan = command["type"]
    has = {"part": True, "aux": printer.model.aux_fan, "chamber": printer.model.chamber_fan}[fan]
    if has:
        printer.machine.fans[fan] = float(command["speed"])
        printer.machine.version += 1


def _slot_info(printer: Printer, command: Document) -> None:
    info = command["info"]
    slot = (info.get("amsId", -1), info["slotId"])
    before = printer.machine.tray(slot)
    printer.machine.put_tray(
        slot,
        Tray(
            color=str(info.get("color") or (before.color if before else "FFFFFFFF")).removeprefix("#").upper(),
            type=info["trayType"],
            info=before.info if before and before.type == info["trayType"] else info["trayType"],
            tag_id=before.tag_id if before else "",
            remaining=before.remaining if before else 100.0,
            identifier=str(info.get("identifier") or ""),
        ),
    )
