"""The energy counted by a meter, across resets, gaps and restarts."""

from bisect import bisect_right
from collections.abc import Mapping
import math
from typing import Any, Self

_MOST_SAMPLES = 5_000
_SPACING = 15.0
"""Seconds between two samples that are kept."""
_MOST_GAPS = 100
_TOLERANCE = 900.0
"""Seconds without a reading after which the meter's value in between counts as unknown."""
_RESET_BELOW = 0.9
"""A reading below this share of the previous one is a reset, as in Home Assistant; above it, an inaccuracy."""


class MeterReadings:
    """The energy counted since the first reading, in kilowatt-hours by time; times are in seconds (POSIX)."""

    def __init__(self) -> None:
        """Start without any reading."""
        self._raw: float | None = None
        self._last_reset: str | None = None
        self._total = 0.0
        self._times: list[float] = []
        self._totals: list[float] = []
        self._seen_at: float | None = None
        """When the meter last had its current value."""
        self._gap_since: float | None = None
        self._gaps: list[tuple[float, float]] = []

    def add(self, kwh: float, at: float, last_reset: str | None = None) -> None:
        """Add a reading."""
        if not math.isfinite(kwh) or kwh < 0:
            self.lose(at)
            return
        if self._gap_since is not None:
            self._gaps = [*self._gaps[-_MOST_GAPS:], (self._gap_since, at)]
            self._gap_since = None
        self._seen_at = at
        before, reset = self._raw, None not in (last_reset, self._last_reset) and last_reset != self._last_reset
        self._last_reset = last_reset or self._last_reset
        if before is not None and not reset and _RESET_BELOW * before <= kwh < before:
            return
        if before is not None:
            self._total += kwh if reset or kwh < before else kwh - before
        self._raw = kwh
        if len(self._times) > 1 and at - self._times[-2] < _SPACING:
            self._times[-1], self._totals[-1] = at, self._total
            return
        self._times.append(at)
        self._totals.append(self._total)
        if len(self._times) > _MOST_SAMPLES:
            del self._times[0], self._totals[0]

    def lose(self, at: float) -> None:
        """Record that the meter has no value from now on."""
        if self._gap_since is None and self._seen_at is not None:
            self._gap_since = at

    def is_waiting(self, at: float) -> bool:
        """Return whether the reading at a time is still unknown, because the meter has been unavailable for long."""
        return self._gap_since is not None and at - self._gap_since > _TOLERANCE

    def total_at(self, at: float) -> float | None:
        """Return the energy counted until a time; None if unknown."""
        if not self._times:
            return None
        gaps = self._gaps if self._gap_since is None else [*self._gaps, (self._gap_since, math.inf)]
        for since, until in gaps:
            if since + _TOLERANCE < at < until:
                return self._at(until) if until - at <= _TOLERANCE else None
        if at < self._times[0]:
            return self._totals[0] if self._times[0] - at <= _TOLERANCE else None
        return self._at(at)

    def _at(self, at: float) -> float:
        return self._totals[bisect_right(self._times, at) - 1]

    def export(self, now: float) -> dict[str, Any]:
        """Return it in a form that JSON can store."""
        seen_at = now if self._gap_since is None else self._gap_since
        return {"raw": self._raw, "last_reset": self._last_reset, "total": self._total, "seen_at": seen_at}

    @classmethod
    def restore(cls, saved: object) -> Self:
        """Load the result of ``export``; start without readings if it is damaged."""
        readings = cls()
        if not isinstance(saved, Mapping):
            return readings
        raw, total, seen_at = (_number(saved.get(name)) for name in ("raw", "total", "seen_at"))
        if raw is None or total is None or seen_at is None:
            return readings
        last_reset = saved.get("last_reset")
        readings._raw, readings._total = raw, total
        readings._last_reset = last_reset if isinstance(last_reset, str) else None
        readings._times, readings._totals = [seen_at], [total]
        readings._seen_at = readings._gap_since = seen_at
        return readings


def _number(raw: object) -> float | None:
    return float(raw) if type(raw) in (int, float) and math.isfinite(raw) else None  # type: ignore[arg-type]
