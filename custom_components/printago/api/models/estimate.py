"""Slicing estimates of prints (the vendor's ``SlicingEstimate`` schema)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import fields as f

_MOST = 100
_SECONDS = f.number(0, 100_000_000)
_GRAMS = f.number(0, 1_000_000)
_FIELDS: f.Fields = {
    "estimatedPrintTimeSeconds": ("seconds", _SECONDS),
    "totalWeightGrams": ("grams", _GRAMS),
}
_USAGE_FIELDS: f.Fields = {
    "index": ("index", f.whole(0, 1000)),
    "usedGrams": ("grams", _GRAMS),
    "materialType": ("type", f.filled_text),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialUsage:
    """How much of one of the part's filaments a print uses."""

    index: int | None = None
    type: str | None = None
    grams: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Print time and filament of one copy; None if unknown."""

    seconds: float | None = None
    grams: float | None = None
    materials: tuple[MaterialUsage, ...] = ()
    plates: Mapping[int, Estimate] | None = None
    """The same for each plate by number, if a part has several."""


def read_estimate(raw: object) -> Estimate | None:
    """Read ``slicingEstimate`` of a part; None if it is not sliced yet, or unreadable."""
    if not isinstance(raw, Mapping):
        return None
    rows = raw.get("plates")
    plates = {
        number: _estimate(row)
        for row in (rows[:_MOST] if isinstance(rows, list) else ())
        if isinstance(row, Mapping) and type(number := row.get("plateId")) is int
    }
    return _estimate(raw, plates or None)


def _estimate(source: Mapping[str, Any], plates: Mapping[int, Estimate] | None = None) -> Estimate:
    rows = source.get("materials")
    materials = tuple(
        MaterialUsage(**f.read_fields(row, _USAGE_FIELDS))
        for row in (rows[:_MOST] if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
    )
    return Estimate(**f.read_fields(source, _FIELDS), materials=materials, plates=plates)
