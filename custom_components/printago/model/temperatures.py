"""Temperatures as people read them: in whole degrees, and steady where sensors are not."""

from collections.abc import Mapping, Set as AbstractSet
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from ..api.models.fields import ABSENT
from ..api.models.telemetry import TEMPERATURES, Telemetry

# No printer is colder or hotter: what lies outside of these bounds in °C is not believed.
_COLDEST = -100
_HOTTEST = 1000
_UNSTEADY = 0.7
"""°C by which a reading may differ from what is shown."""
_MOST_NAMES = 20

type _Band = tuple[float, float]


class _Temperature(NamedTuple):
    attribute: str
    """Of Telemetry."""
    tolerance: float


_TEMPERATURES = {
    name: _Temperature(attribute, 0 if attribute.endswith("_target") else _UNSTEADY)
    for name, attribute in TEMPERATURES.items()
}
_NULL: _Band = (inf, -inf)
"""No number lies in it."""
_ANYTHING: _Band = (-inf, inf)
_ALL_UNKNOWN = dict.fromkeys(_TEMPERATURES)
_NOTHING: AbstractSet[str] = frozenset()


class Temperatures:
    """Writes down the temperatures of one printer.

    A reading is kept in whole degrees; what wanders around the half between two of them changes nothing. A target is kept
    as it is told. What is unreadable is unknown.
    """

    __slots__ = ("_bands", "_telemetry")

    def __init__(self, telemetry: Telemetry) -> None:
        """Write to ``telemetry``, and nobody else may write its temperatures."""
        self._telemetry = telemetry
        self._bands: dict[str, _Band] = {}
        """In between which bounds, the cloud's names tell nothing new: all that most messages need."""

    def merge(self, told: object) -> AbstractSet[str]:
        """Lay the temperatures of a message over what is known; return the attributes of Telemetry that changed."""
        if not isinstance(told, dict):
            return _NOTHING if told is ABSENT else self._merge(_ALL_UNKNOWN)
        bands = self._bands
        try:
            for name, raw in told.items():
                low, high = band = bands[name]
                if raw is None:
                    if band is not _NULL:
                        break
                elif not low <= raw <= high or raw is True or raw is False:
                    # To Python, True is 1.
                    break
            else:
                return _NOTHING
        except KeyError, TypeError:
            # Told for the first time, or no number: all of them are looked at in earnest.
            pass
        return self._merge(told)

    def _merge(self, told: Mapping[str, Any]) -> AbstractSet[str]:
        changed = set()
        for name, raw in told.items():
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
                # Of zeros, the one without a sign.
                value = round(raw) if tolerance else raw + 0
                self._bands[name] = _band(value, tolerance)
            else:
                self._bands[name] = _NULL
            if value != getattr(self._telemetry, attribute):
                setattr(self._telemetry, attribute, value)
                changed.add(attribute)
        return changed


@lru_cache(maxsize=8192)
def _band(shown: float, tolerance: float) -> _Band:
    """Return the bounds around what is shown; printers that show the same share them."""
    return (shown - tolerance, shown + tolerance)
