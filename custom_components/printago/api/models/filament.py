"""What is loaded into a printer: the slots of its AMS units and its external spool.

Shapes are those of the vendor's ``LoadedFilament`` and ``FilamentInfo`` schemas. An AMS slot with only an
``id`` is empty; one with unidentified filament has an empty ``type``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Any, NamedTuple

from . import fields as f

# The largest machines have four AMS with four slots each, and eight AMS HT.
_MOST_UNITS = 12
_MOST_SLOTS = 4
_MOST_MAPPINGS = 100

EXTERNAL_SPOOL = "external_spool"


class SlotAddress(NamedTuple):
    """The address of a filament slot as in the cloud: counted from 0; the external spool has AMS -1."""

    ams: int
    slot: int

    @property
    def key(self) -> str:
        """Return the name for users and entity keys, counted from 1: ``ams_1_tray_1`` or ``external_spool``."""
        return EXTERNAL_SPOOL if self.ams < 0 else f"ams_{self.ams + 1}_tray_{self.slot + 1}"


SPOOL_ADDRESS = SlotAddress(-1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tray:
    """What one slot holds. ``remaining`` is in percent; None, or an empty color, is unknown.

    A color is ``#RRGGBB`` if the filament is opaque, else ``#RRGGBBAA``: ``#00000000`` is clear. Filament of several
    colors has all of them; the first one represents it. ``info`` is the printer's name for the filament, or its
    manufacturer's code such as ``GFA00``.
    """

    empty: bool = False
    colors: tuple[str, ...] = ()
    type: str | None = None
    info: str | None = None
    remaining: int | None = None

    @property
    def color(self) -> str | None:
        """Return the color that represents the filament."""
        return self.colors[0] if self.colors else None


EMPTY = Tray(empty=True)

type Units = tuple[tuple[Tray, ...], ...]
"""AMS units with their slots, in the order of the cloud's numbers."""


def read_filament(source: object, *, whole: bool = False) -> dict[str, Any]:
    """Return ``ams`` (Units) and ``external_spool`` (Tray) if a message mentions them.

    A list of AMS units replaces all known ones. In a ``whole`` message, filament without such a list means that there
    is no AMS (any more).
    """
    if source is None:
        return {"ams": (), EXTERNAL_SPOOL: None}
    if not isinstance(source, Mapping):
        return {"ams": None, EXTERNAL_SPOOL: None}
    if not source:
        return {}
    readings: dict[str, Any] = {}
    if "ams" in source:
        readings |= _read_ams(source["ams"])
    elif whole:
        readings["ams"] = ()
    if "spool" in source:
        readings[EXTERNAL_SPOOL] = _read_spool(source["spool"])
    return readings


def _read_ams(source: object) -> dict[str, Units | None]:
    if source is None:
        return {"ams": ()}
    if not isinstance(source, Mapping):
        return {"ams": None}
    if "ams" not in source:
        return {}
    units = source["ams"] or ()
    return {"ams": tuple(map(_read_unit, units[:_MOST_UNITS])) if isinstance(units, list | tuple) else None}


def _read_spool(source: object) -> Tray | None:
    if source is None:
        return None
    if not isinstance(source, Mapping):
        return Tray()
    # The holder has no sensor: an empty one just has nothing set up.
    return EMPTY if all(_is_blank(source.get(name)) for name in ("type", "info")) else _read_tray(source)


def _is_blank(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _read_unit(source: object) -> tuple[Tray, ...]:
    slots = source.get("slots") if isinstance(source, Mapping) else None
    return tuple(_read_tray(slot) for slot in slots[:_MOST_SLOTS]) if isinstance(slots, list) else ()


def _read_tray(source: object) -> Tray:
    if not isinstance(source, Mapping):
        return Tray()
    if not any(source.get(name) is not None for name in _TRAY_FIELDS):
        return EMPTY
    values = f.read_fields(source, _TRAY_FIELDS)
    colors = values.pop("colors", None) or ()
    if colors == (_CLEAR,) and not (values.get("type") or values.get("info")):
        # What printers send for filament that was not identified.
        colors = ()
    return Tray(colors=colors, **values)


_CLEAR = "#00000000"
_OPAQUE = "FF"
_COLOR = re.compile(r"#?([0-9A-Fa-f]{6})([0-9A-Fa-f]{2})?")
_BETWEEN_COLORS = re.compile(r"[\s,;|/]+")
_MOST_COLORS = 16


def _colors(raw: object) -> tuple[str, ...]:
    """Read one color, or several as a list or in one text."""
    if isinstance(raw, str):
        raw = _BETWEEN_COLORS.split(raw[: f.MAX_TEXT])
    if not isinstance(raw, list):
        raise f.UnreadableError
    found = (_COLOR.fullmatch(text) for text in raw[:_MOST_COLORS] if isinstance(text, str))
    return tuple(f"#{color[1]}{_alpha(color[2])}".upper() for color in found if color)


def _alpha(written: str | None) -> str:
    return "" if written is None or written.upper() == _OPAQUE else written


_TRAY_FIELDS: f.Fields = {
    "color": ("colors", _colors),
    "type": ("type", f.filled_text),
    "info": ("info", f.filled_text),
    "remaining": ("remaining", f.whole_percent),
}


def keys_of(units: Units) -> frozenset[str]:
    """Return the keys of all slots of these AMS units."""
    return _keys_of(tuple(map(len, units)))


@lru_cache(maxsize=256)
def _keys_of(sizes: tuple[int, ...]) -> frozenset[str]:
    return frozenset(SlotAddress(ams, slot).key for ams, size in enumerate(sizes) for slot in range(size))


_KEY = re.compile(r"ams_([1-9]\d?)_tray_([1-9]\d?)")


@lru_cache(maxsize=256)
def slot_address_of(key: str) -> SlotAddress | None:
    """Return the address with this key, None for other keys."""
    if key == EXTERNAL_SPOOL:
        return SPOOL_ADDRESS
    match = _KEY.fullmatch(key)
    return SlotAddress(int(match[1]) - 1, int(match[2]) - 1) if match else None


_EXTERNAL = frozenset({-1, 254, 255})
"""AMS indexes of external spools, the cloud's and Bambu's. A printer with two nozzles may have two such spools, but its
telemetry reports one.
"""
_AMS = f.whole(-1, 255)
_SLOT = f.whole(0, _MOST_SLOTS - 1)


def read_mapping(raw: object) -> frozenset[SlotAddress]:
    """Read a job's ``materialMapping``: the slots that it prints from."""
    if not isinstance(raw, list):
        raise f.UnreadableError
    used = [mapping for mapping in raw[:_MOST_MAPPINGS] if not is_skipped(mapping)]
    places = frozenset(place for mapping in used if (place := read_address(mapping)) is not None)
    if used and not places:
        raise f.UnreadableError
    return places


def is_skipped(mapping: object) -> bool:
    """Return whether a row of ``materialMapping`` is of a filament that is not used."""
    return mapping is None or (isinstance(mapping, Mapping) and mapping.get("skip") is True)


def read_address(mapping: object) -> SlotAddress | None:
    """Read the place that a row of ``materialMapping`` names; None if it is not readable."""
    values = f.read_fields(mapping, {"amsIndex": ("ams", _AMS), "slotIndex": ("slot", _SLOT)})
    ams, slot = values.get("ams"), values.get("slot")
    if ams in _EXTERNAL:
        return SPOOL_ADDRESS
    # Bambu's numbers from 128 on are units with one slot; which unit of the list is meant is unknown.
    return SlotAddress(ams, slot) if ams is not None and slot is not None and ams < _MOST_UNITS else None
