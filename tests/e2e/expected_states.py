"""Expected states of entities, and whether a state fits one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.util import dt as dt_util

_END_TOLERANCE = timedelta(minutes=2, seconds=30)
"""The end of a print moves by at least two minutes, and is in whole ones."""


@dataclass(frozen=True, slots=True)
class Near:
    """A number with a tolerance."""

    number: float
    tolerance: float = 0.051


@dataclass(frozen=True, slots=True)
class At:
    """A time with a tolerance."""

    moment: datetime
    tolerance: timedelta = _END_TOLERANCE


class Known:
    """Any value at all: available, and not unknown."""


class Available:
    """Available, with or without a value."""


type Wanted = str | Near | At | Known | Available


@dataclass(frozen=True, slots=True)
class Want:
    """The expected state of an entity."""

    state: Wanted
    attributes: Mapping[str, Any] = field(default_factory=dict)


def fits(state: str, wanted: Wanted) -> bool:
    """Return whether a state is as expected."""
    match wanted:
        case str():
            return state == wanted
        case Available():
            return state != STATE_UNAVAILABLE
    if state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return False
    match wanted:
        case Near(number, tolerance):
            return abs(float(state) - number) <= tolerance
        case At(moment, tolerance):
            shown = dt_util.parse_datetime(state)
            return shown is not None and abs(shown - moment) <= tolerance
    return True
