"""The `PrinterStat` message of a printer."""

import math
from typing import Any

from .entities import Document
from .heater import Heater
from .machine import SLOTS_PER_AMS, Machine, Tray
from .phase import Phase

_NO_SPOOL = {"color": "00000000", "info": "", "type": "", "remaining": 0}
"""What a printer reports for a spool holder without a setting: it has no sensor."""
USER_PAUSE = ("0300-8013", "Printing was paused by the user. You can select Resume to continue printing.")


def stat_data(machine: Machine, now: float, health: dict[str, list[Document]], nozzle_diameter: str) -> Document:
    """Return the complete `data` of a printer's message; `now` is simulated time in seconds."""
    model = machine.model
    data: Document = {
        "temps": _temps(machine, now),
        "printer": {"nozzleDiameter": nozzle_diameter, "homeAxes": dict(machine.homed)},
        "print": _print(machine, health),
        "health": {severity: list(messages) for severity, messages in health.items()},
    }
    fans = {"part": machine.fans["part"]}
    if model.aux_fan:
        fans["aux"] = machine.fans["aux"]
    if model.chamber_fan:
        fans["chamber"] = machine.fans["chamber"]
    data["fans"] = fans
    lights = {}
    if model.chamber_light:
        lights["chamber"] = machine.lights["chamber"]
    if model.work_light:
        lights["work"] = machine.lights["work"]
    if lights:
        data["lights"] = lights
    if filament := _filament(machine):
        data["filament"] = filament
    return data


def _temps(machine: Machine, now: float) -> Document:
    temps = {
        "bedTemp": _reading(machine.bed, now, machine.wobble, 0.25),
        "bedTempTarget": machine.bed.target,
        "nozzleTemp": _reading(machine.nozzle, now, machine.wobble, 0.8),
        "nozzleTempTarget": machine.nozzle.target,
    }
    if machine.model.chamber_sensor:
        temps["chamberTemp"] = round(machine.chamber.temp, 1)
        temps["chamberTempTarget"] = machine.chamber.target
    return temps


def _reading(heater: Heater, now: float, wobble: float, amplitude: float) -> float:
    """Return the sensor's value: a regulated heater varies a little around its target, a cold one does not."""
    if not heater.target:
        return round(heater.temp, 2)
    swing = math.sin(now / 7.3 + wobble) + 0.5 * math.sin(now / 2.9 + 2 * wobble)
    return round(heater.temp + amplitude * swing / 1.5, 2)


def _print(machine: Machine, health: dict[str, list[Document]]) -> Document:
    task = machine.task
    errors = health["errors"]
    result: Document = {
        "stage": machine.stage,
        "activity": machine.phase.value,
        "errorCode": errors[0]["code"] if errors else "",
        "printError": int(errors[0]["code"].replace("-", ""), 16) if errors else 0,
    }
    if task is None:
        return result
    ended = machine.phase in (Phase.FINISHED, Phase.FAILED, Phase.CANCELLED, Phase.IDLE)
    percent = 100 if machine.phase is Phase.FINISHED else int(machine.progress * 100)
    return result | {
        "downloadPercent": int(machine.download * 100),
        "percent": percent,
        "timeRemaining": 0 if ended else math.ceil(machine.remaining / 60),
        "currentLayer": min(task.layers, int(machine.progress * task.layers)),
        "totalLayers": task.layers,
        "taskId": task.id,
        "taskName": task.name,
    }


def _tray(tray: Tray) -> Document:
    result: Document = {
        "color": tray.color,
        "info": tray.info,
        "type": tray.type,
        "remaining": math.ceil(tray.remaining),
    }
    if tray.tag_id:
        result["tagId"] = tray.tag_id
    return result


def _filament(machine: Machine) -> Document:
    result: dict[str, Any] = {}
    if machine.ams:
        units = [
            {
                "slots": [
                    {"id": str(index)} if tray is None else {"id": str(index), **_tray(tray)}
                    for index, tray in enumerate(unit)
                ]
            }
            for unit in machine.ams
        ]
        loaded = [
            (ams, slot) for ams, unit in enumerate(machine.ams) for slot, tray in enumerate(unit) if tray is not None
        ]
        reading = [] if machine.reading is None else [machine.reading]
        result["ams"] = {"status": {"slotsLoaded": _bits(loaded), "slotsReading": _bits(reading)}, "ams": units}
    if machine.spool is not None:
        result["spool"] = _tray(machine.spool)
    elif machine.model.external_spool:
        result["spool"] = dict(_NO_SPOOL)
    return result


def _bits(slots: list[tuple[int, int]]) -> str:
    """Slots as Bambu printers list them: hexadecimal, one bit per slot."""
    return f"{sum(1 << (ams * SLOTS_PER_AMS + slot) for ams, slot in slots if ams >= 0):x}"
