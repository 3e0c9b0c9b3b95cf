"""Temperatures in whole degrees, with hysteresis against sensor noise."""

from collections.abc import Mapping, Set as AbstractSet
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from .fields import ABSENT
from .telemetry import Telemetry, Unread

# Plausible range in °C: values outside of it are unknown.
_COLDEST = -100
_HOTTEST = 1000
_UNSTEADY = 0.7
"""°C by which a reading may differ from the value that is shown."""
_REGULATED = 0.9
"""The same for nozzles, whose heaters swing by nearly a degree around their target."""
_MOST_NAMES = 20

type _Band = tuple[float, float]


class _Temperature(NamedTuple):
    attribute: str
    """The attribute of Telemetry."""
    tolerance: float


_TEMPERATURES = {
    "nozzleTemp": _Temperature("nozzle_temp", _REGULATED),
    "bedTemp": _Temperature("bed_temp", _UNSTEADY),
    "chamberTemp": _Temperature("chamber_temp", _UNSTEADY),
    "nozzleTempTarget": _Temperature("nozzle_temp_target", 0),
    "bedTempTarget": _Temperature("bed_temp_target", 0),
    "chamberTempTarget": _Temperature("chamber_temp_target", 0),
}
"""By the cloud's names in ``temps``; in most messages only these change."""
_NULL: _Band = (inf, -inf)
"""Contains no number."""
_ANYTHING: _Band = (-inf, inf)
_ALL_UNKNOWN = dict.fromkeys(_TEMPERATURES)
_NOTHING: AbstractSet[str] = frozenset()


class Temperatures:
    """Merges the temperatures of one printer.

    Readings are rounded to whole degrees, with hysteresis around each half degree. Targets are kept as they are. An
    unreadable value is unknown.
    """

    __slots__ = ("_bands", "_telemetry", "came_or_went")

    def __init__(self, telemetry: Telemetry) -> None:
        """Write to ``telemetry``; nothing else may write its temperatures."""
        self._telemetry = telemetry
        self.came_or_went = False
        """With the last change, a temperature became known or unknown."""
        self._bands: dict[str, _Band] = {}
        """By the cloud's name, the bounds within which a value changes nothing. Most messages need no more than this."""

    def merge(self, temps: Unread) -> AbstractSet[str]:
        """Merge the temperatures of a message; return the attributes of Telemetry that changed."""
        if not isinstance(temps, dict):
            return _NOTHING if temps is ABSENT else self._merge(_ALL_UNKNOWN)
        bands = self._bands
        try:
            for name, raw in temps.items():
                low, high = band = bands[name]
                if raw is None:
                    if band is not _NULL:
                        break
                elif not low <= raw <= high or raw is True or raw is False:
                    # In Python, True equals 1.
                    break
            else:
                return _NOTHING
        except KeyError, TypeError:
            # A new name, or not a number: merge all of them the slow way.
            pass
        return self._merge(temps)

    def _merge(self, temps: Mapping[str, Any]) -> AbstractSet[str]:
        changed = set()
        self.came_or_went = False
        for name, raw in temps.items():
            if name not in _TEMPERATURES:
                if len(self._bands) < _MOST_NAMES:
                    self._bands[name] = _ANYTHING
                continue
            attribute, tolerance = _TEMPERATURES[name]
            value: float | None = None
            if type(raw) in (float, int) and _COLDEST <= raw <= _HOTTEST:
                low, high = self._bands.get(name, _NULL)
                if low <= raw <= high:
                    continue
                # Adding 0 turns -0.0 into 0.0.
                value = round(raw) if tolerance else raw + 0
                self._bands[name] = _band(value, tolerance)
            else:
                self._bands[name] = _NULL
            if value != (before := getattr(self._telemetry, attribute)):
                self.came_or_went |= value is None or before is None
                setattr(self._telemetry, attribute, value)
                changed.add(attribute)
        return changed


@lru_cache(maxsize=8192)
def _band(shown: float, tolerance: float) -> _Band:
    """Return the bounds around a shown value; cached, since many printers share it."""
    return (shown - tolerance, shown + tolerance)
