"""What is loaded into a printer: the slots of its AMS units and its external spool.

Shapes are those of the vendor's ``LoadedFilament`` and ``FilamentInfo`` schemas. An AMS slot that tells nothing but its
``id`` is empty; one that holds filament which nobody has identified has an empty ``type``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Any, NamedTuple

from . import fields as f

# What the largest machines take: four AMS with four slots each, and eight AMS HT.
_MOST_UNITS = 12
_MOST_SLOTS = 4
_MOST_MAPPINGS = 100

EXTERNAL_SPOOL = "external_spool"


class Place(NamedTuple):
    """Where filament is loaded, as the cloud counts: from 0, and the external spool is AMS -1."""

    ams: int
    slot: int

    @property
    def key(self) -> str:
        """Return its name for people and entities, who count from 1: ``ams_1_tray_1`` or ``external_spool``."""
        return EXTERNAL_SPOOL if self.ams < 0 else f"ams_{self.ams + 1}_tray_{self.slot + 1}"


SPOOL_PLACE = Place(-1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tray:
    """What one slot holds: ``color`` as ``#RRGGBB``, ``remaining`` in percent; None is unknown.

    ``info`` is what the printer calls the filament: its name, or the manufacturer's code of it such as ``GFA00``.
    """

    empty: bool = False
    color: str | None = None
    type: str | None = None
    info: str | None = None
    remaining: int | None = None


EMPTY = Tray(empty=True)

type Units = tuple[tuple[Tray, ...], ...]
"""AMS units, each with its slots, in the order in which the cloud counts them."""


def read_filament(source: object, *, whole: bool = False) -> dict[str, Any]:
    """Return ``ams`` (Units) and ``external_spool`` (Tray) as far as a message mentions them.

    A list of AMS units replaces what was known of all of them. In a ``whole`` message, filament without any list means
    that there is no AMS (any more).
    """
    if not isinstance(source, Mapping) or not source:
        return {}
    readings: dict[str, Any] = {"ams": ()} if whole and "ams" not in source else {}
    if "ams" in source:
        ams = source["ams"]
        if ams is None:
            readings["ams"] = ()
        elif isinstance(ams, Mapping) and isinstance(units := ams.get("ams"), list):
            readings["ams"] = tuple(_read_unit(unit) for unit in units[:_MOST_UNITS])
    if "spool" in source:
        spool = source["spool"]
        if spool is None:
            readings[EXTERNAL_SPOOL] = None
        elif isinstance(spool, Mapping):
            tray = _read_tray(spool)
            # The holder has no sensor: nothing set up there is all that a printer can say of an empty one.
            readings[EXTERNAL_SPOOL] = tray if tray.type or tray.info else EMPTY
    return readings


def _read_unit(source: object) -> tuple[Tray, ...]:
    slots = source.get("slots") if isinstance(source, Mapping) else None
    return tuple(_read_tray(slot) for slot in slots[:_MOST_SLOTS]) if isinstance(slots, list) else ()


def _read_tray(source: object) -> Tray:
    if not isinstance(source, Mapping):
        return Tray()
    if not any(source.get(name) is not None for name in _TRAY_FIELDS):
        return EMPTY
    return Tray(**f.read_fields(source, _TRAY_FIELDS))


_COLOR = re.compile(r"#?([0-9A-Fa-f]{6})(?:[0-9A-Fa-f]{2})?")


def _color(raw: object) -> str:
    if not isinstance(raw, str) or (match := _COLOR.fullmatch(raw)) is None:
        raise f.UnreadableError
    return f"#{match[1].upper()}"


def _filled_text(raw: object) -> str | None:
    return f.text(raw).strip() or None


_TRAY_FIELDS: f.Fields = {
    "color": ("color", _color),
    "type": ("type", _filled_text),
    "info": ("info", _filled_text),
    "remaining": ("remaining", f.whole(0, 100)),
}


def keys_of(units: Units) -> frozenset[str]:
    """Return the keys of all slots of these AMS units."""
    return _keys_of(tuple(map(len, units)))


@lru_cache(maxsize=256)
def _keys_of(sizes: tuple[int, ...]) -> frozenset[str]:
    return frozenset(Place(ams, slot).key for ams, size in enumerate(sizes) for slot in range(size))


_KEY = re.compile(r"ams_([1-9]\d?)_tray_([1-9]\d?)")


@lru_cache(maxsize=256)
def place_of(key: str) -> Place | None:
    """Return the place that has this key, None for a key of something else."""
    if key == EXTERNAL_SPOOL:
        return SPOOL_PLACE
    match = _KEY.fullmatch(key)
    return Place(int(match[1]) - 1, int(match[2]) - 1) if match else None


_INDEX = f.whole(-1, 255)


def read_mapping(raw: object) -> frozenset[Place]:
    """Read a job's ``materialMapping``: the places it prints from."""
    if not isinstance(raw, list):
        raise f.UnreadableError
    return frozenset(_read_places(raw[:_MOST_MAPPINGS]))


def _read_places(mappings: Iterable[object]) -> Iterable[Place]:
    for mapping in mappings:
        place = f.read_fields(mapping, {"amsIndex": ("ams", _INDEX), "slotIndex": ("slot", _INDEX)})
        skipped = isinstance(mapping, Mapping) and mapping.get("skip") is True
        if not skipped and place.get("ams") is not None and place.get("slot") is not None:
            yield Place(place["ams"], place["slot"])
