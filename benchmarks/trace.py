"""Telemetry as a farm sends it: a message per printer and second.

Temperatures vary all the time, as sensors do; percentage, layer and remaining time advance now and then. Each printer
prepares a print, prints, cools down, and starts the next one after a pause.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import json
import math
import random
from typing import Any, override

_EXPIRY = timedelta(minutes=5)
_PREPARE = 240
_COOLING = 420
_ROOM = 24.0
_TEN_HOURS = 36_000
_LAYER = 45
_STAGES = ("Heating the bed", "Auto bed levelling", "Heating the nozzle", "Cleaning the nozzle tip")
_LOADED = (
    {"color": "FFFFFFFF", "info": "GFA00", "tagId": "0A1B2C3D00000100", "type": "PLA"},
    {"color": "000000FF", "info": "GFA00", "tagId": "0A1B2C3E00000100", "type": "PLA"},
    {"color": "1F79E5FF", "info": "GFG00", "type": "PETG"},
)


@dataclass(frozen=True, slots=True)
class _Print:
    """One cycle of a printer: prepare, print, cool down, rest; all in seconds from ``begins``."""

    begins: int
    duration: int
    rest: int
    layers: int
    nozzle: float
    bed: float
    name: str

    @property
    def ends(self) -> int:
        return self.begins + _PREPARE + self.duration + _COOLING + self.rest


class PrinterTrace:
    """The messages of one printer; the same for the same seed."""

    def __init__(self, store_id: str, printer_id: str, seed: int, begin: float) -> None:
        """Start at a share ``begin`` (0 to 1) of the cycle."""
        self.topic = f"stores/{store_id}/printer-stats/{printer_id}"
        self._store_id = store_id
        self._printer_id = printer_id
        self._random = random.Random(seed)
        self._phase = self._random.uniform(0, 100)
        self._nozzle = self._bed = self._chamber = _ROOM
        self._print = self._next(0)
        self._print = replace(self._print, begins=-int(begin * self._print.ends))
        self._settle()

    def _next(self, begins: int) -> _Print:
        chance = self._random
        return _Print(
            begins=begins,
            duration=chance.randrange(2_400, 9_000),
            rest=chance.randrange(60, 900),
            layers=chance.randrange(80, 400),
            nozzle=chance.choice((210.0, 220.0, 245.0)),
            bed=chance.choice((55.0, 60.0, 70.0)),
            name=f"bracket_{chance.randrange(100)}.gcode.3mf",
        )

    def _settle(self) -> None:
        """Set the temperatures of a printer that ran before the trace starts."""
        since = -self._print.begins
        if since < _PREPARE + self._print.duration:
            warm = min(1.0, since / _PREPARE)
            self._nozzle = _ROOM + (self._print.nozzle - _ROOM) * warm
            self._bed = _ROOM + (self._print.bed - _ROOM) * warm
            self._chamber = _ROOM + 11 * warm

    def document(self, second: int) -> dict[str, Any]:
        """Return the message of one second with the timestamp ``stamp``; seconds must be requested in order."""
        if second >= self._print.ends:
            self._print = self._next(second)
        current, since = self._print, second - self._print.begins
        ran = since - _PREPARE
        heats = since < _PREPARE + current.duration
        self._nozzle = _towards(self._nozzle, current.nozzle if heats else _ROOM, 1.6 if heats else 0.7)
        self._bed = _towards(self._bed, current.bed if heats else _ROOM, 0.4 if heats else 0.12)
        self._chamber = _towards(self._chamber, 35.0 if heats else _ROOM, 0.02)
        if since < _PREPARE:
            state, stage, progress = "PREPARE", _STAGES[since * len(_STAGES) // _PREPARE], 0.0
        elif ran < current.duration:
            state, stage, progress = "RUNNING", "Printing", ran / current.duration
        elif ran < current.duration + _COOLING:
            state, stage, progress = "FINISH", "", 1.0
        else:
            state, stage, progress = "IDLE", "", 1.0
        remaining = max(0, math.ceil((current.duration - ran) / 60)) if heats else 0
        printing = state in ("PREPARE", "RUNNING")
        return {
            "printerId": self._printer_id,
            "storeId": self._store_id,
            "state": state,
            "isOnline": True,
            "isAvailable": not printing,
            "receivedAt": "",
            "expiresAt": "",
            "data": {
                "temps": {
                    "bedTemp": self._reading(self._bed, second, 0.25),
                    "bedTempTarget": current.bed if heats else 0,
                    "nozzleTemp": self._reading(self._nozzle, second, 0.8),
                    "nozzleTempTarget": current.nozzle if heats else 0,
                    "chamberTemp": round(self._chamber + 0.1 * math.sin(second / 31 + self._phase), 1),
                    "chamberTempTarget": 0,
                },
                "printer": {"nozzleDiameter": "0.4", "homeAxes": {"x": True, "y": True, "z": True}},
                "print": {
                    "stage": stage,
                    "activity": state.casefold(),
                    "errorCode": "",
                    "printError": 0,
                    "downloadPercent": 100,
                    "percent": int(100 * progress),
                    "timeRemaining": remaining,
                    "currentLayer": int(progress * current.layers),
                    "totalLayers": current.layers,
                    "taskId": f"task{current.begins}",
                    "taskName": current.name,
                },
                "health": {"errors": [], "warnings": [], "infos": []},
                "fans": {
                    "part": 100 if state == "RUNNING" else 0,
                    "aux": 40 if state == "RUNNING" else 0,
                    "chamber": 0,
                },
                "lights": {"chamber": "on"},
                "filament": {
                    "ams": {
                        "status": {"slotsLoaded": "7", "slotsReading": "0"},
                        "ams": [{"slots": self._slots(progress)}],
                    },
                    "spool": {"color": "00000000", "info": "", "type": "", "remaining": 0},
                },
            },
        }

    def _reading(self, temperature: float, second: int, amplitude: float) -> float:
        # A regulated heater oscillates around its target, and every sensor has some noise.
        swing = math.sin(second / 7.3 + self._phase) + 0.5 * math.sin(second / 2.9 + 2 * self._phase)
        warm = temperature > _ROOM + 10
        return round(temperature + (amplitude * swing / 1.5 if warm else 0) + self._random.gauss(0, 0.04), 2)

    def _slots(self, progress: float) -> list[Mapping[str, Any]]:
        left = 80 - int(6 * progress)
        slots = [{"id": str(index), **tray, "remaining": left - 10 * index} for index, tray in enumerate(_LOADED)]
        return [*slots, {"id": "3"}]


class LongPrints(PrinterTrace):
    """Ten-hour prints with a layer every 45 seconds, one after the other."""

    def __init__(self, store_id: str, printer_id: str) -> None:
        """Start with the preparation of a print."""
        super().__init__(store_id, printer_id, seed=0, begin=0.0)

    @override
    def _next(self, begins: int) -> _Print:
        return replace(super()._next(begins), duration=_TEN_HOURS, layers=_TEN_HOURS // _LAYER, rest=60)

    @override
    def _slots(self, progress: float) -> list[Mapping[str, Any]]:
        # One color, from one spool.
        used, *others = super()._slots(progress)
        return [used, *({**slot, "remaining": 50} for slot in others[:-1]), others[-1]]


def farm_traces(store_id: str, printer_ids: Sequence[str]) -> list[PrinterTrace]:
    """Return a trace for each printer, so that each phase occurs as often as it lasts."""
    count = len(printer_ids)
    return [
        PrinterTrace(store_id, printer_id, seed=index, begin=(index + 0.5) / count)
        for index, printer_id in enumerate(printer_ids)
    ]


def stamp(document: dict[str, Any], now: datetime) -> bytes:
    """Return the payload of a message at ``now``."""
    document["receivedAt"] = _iso(now)
    document["expiresAt"] = _iso(now + _EXPIRY)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _towards(temperature: float, target: float, step: float) -> float:
    if abs(target - temperature) <= step:
        return target
    return temperature + math.copysign(step, target - temperature)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def fields_of(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return every field of a message by its path, without the two timestamps."""
    for name, value in document.items():
        if name in ("receivedAt", "expiresAt"):
            continue
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", field) for inner, field in fields_of(value))
        elif isinstance(value, list):
            members = ({str(index): member for index, member in enumerate(value)}) if value else {}
            yield from ((f"{name}.{inner}", field) for inner, field in fields_of(members))
        else:
            yield name, value


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the paths of the fields that differ between two messages of a printer."""
    known = dict(fields_of(before))
    return [path for path, value in fields_of(after) if known.get(path) != value]
