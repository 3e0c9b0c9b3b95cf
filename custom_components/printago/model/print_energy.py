"""The energy of prints, from the meters of printers. Kept across restarts."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .meter_readings import MeterReadings

_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintEnergy:
    """The measured energy of a print."""

    kwh: float
    price: float | None = None
    """Price of a kilowatt-hour; None if unknown."""
    currency: str | None = None
    """Currency of the price."""

    @property
    def cost(self) -> float | None:
        """Return its cost in ``currency``; None if it has no price."""
        return None if self.price is None else self.kwh * self.price


@dataclass(slots=True)
class _Meter:
    """The meter of a printer."""

    entity_id: str
    readings: MeterReadings
    running: tuple[str, float] | None = None
    """The running print, and the meter's count at its start."""


class PrintEnergies:
    """The meters of all printers, and the energy of the last prints; times are in seconds (POSIX)."""

    def __init__(self) -> None:
        """Start without meters."""
        self._meters: dict[str, _Meter] = {}
        self._of_print: OrderedDict[str, PrintEnergy] = OrderedDict()

    def use_meter(self, printer_id: str, entity_id: str) -> MeterReadings:
        """Return the readings of a printer's meter; with another meter they start over."""
        meter = self._meters.get(printer_id)
        if meter is None or meter.entity_id != entity_id:
            meter = self._meters[printer_id] = _Meter(entity_id, MeterReadings())
        return meter.readings

    def keep_only(self, printer_ids: set[str]) -> None:
        """Remove the meters of all other printers."""
        for printer_id in self._meters.keys() - printer_ids:
            del self._meters[printer_id]

    def has_meter(self, printer_id: str) -> bool:
        """Return whether the energy of a printer is measured."""
        return printer_id in self._meters

    @property
    def knows_prints(self) -> bool:
        """Return whether the energy of any print is known."""
        return bool(self._of_print)

    def begin(self, printer_id: str, print_id: str, at: float) -> None:
        """Record the meter's count at the start of a print."""
        if (meter := self._meters.get(printer_id)) is None:
            return
        total = meter.readings.total_at(at)
        meter.running = (print_id, total) if total is not None else None

    def is_waiting(self, printer_id: str, ended_at: float) -> bool:
        """Return whether the energy of a print depends on a reading that is not known yet."""
        meter = self._meters.get(printer_id)
        return meter is not None and meter.readings.is_waiting(ended_at)

    def measured(self, printer_id: str, print_id: str, started_at: float | None, ended_at: float) -> float | None:
        """Return the kilowatt-hours of a print; None if unknown."""
        if (meter := self._meters.get(printer_id)) is None:
            return None
        if meter.running is not None and meter.running[0] == print_id:
            start: float | None = meter.running[1]
        else:
            start = None if started_at is None else meter.readings.total_at(started_at)
        end = meter.readings.total_at(ended_at)
        return None if start is None or end is None else max(0.0, end - start)

    def remember(self, key: str, energy: PrintEnergy) -> PrintEnergy:
        """Store the energy of an ended print."""
        self._of_print[key] = energy
        if len(self._of_print) > _MOST:
            self._of_print.popitem(last=False)
        return energy

    def of(self, key: str) -> PrintEnergy | None:
        """Return the energy of a print; None if it is not known."""
        return self._of_print.get(key)

    def export(self, now: float) -> dict[str, Any]:
        """Return all in a form that JSON can store."""
        return {
            "meters": {
                printer_id: {
                    "entity_id": meter.entity_id,
                    "running": meter.running,
                    "readings": meter.readings.export(now),
                }
                for printer_id, meter in self._meters.items()
            },
            "prints": {key: [energy.kwh, energy.price, energy.currency] for key, energy in self._of_print.items()},
        }

    def restore(self, saved: object) -> None:
        """Load what ``export`` returned before a restart; ignore what is invalid."""
        if not isinstance(saved, Mapping):
            return
        for printer_id, source in _items(saved.get("meters")):
            if not isinstance(source, Mapping) or not isinstance(entity_id := source.get("entity_id"), str):
                continue
            meter = self._meters[printer_id] = _Meter(entity_id, MeterReadings.restore(source.get("readings")))
            match source.get("running"):
                case [str() as print_id, float() | int() as total]:
                    meter.running = (print_id, float(total))
        for key, source in _items(saved.get("prints")):
            match source:
                case [float() | int() as kwh, None | float() | int() as price, None | str() as currency]:
                    self.remember(key, PrintEnergy(kwh=kwh, price=price, currency=currency))


def _items(saved: object) -> list[tuple[str, Any]]:
    return [(str(key), value) for key, value in saved.items()] if isinstance(saved, Mapping) else []
