"""What a job or a part is printed with.

Shapes are those of the vendor's ``PrintJobMaterialMapping``, ``PartMaterialAssignment`` and ``materialAssignments``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from . import fields as f
from .filament import SlotAddress, is_skipped, read_address, read_mapping

_MOST_FILAMENTS = 100
_MOST_DIGITS = 4
_MOST_CHOICES = 50
_CHOICE_FIELDS: f.Fields = {
    "materialId": ("material_id", f.path_text),
    "variantId": ("variant_id", f.path_text),
    "materialType": ("material_type", f.filled_text),
    "groupId": ("group_id", f.path_text),
}
_ASSIGNMENT_FIELDS: f.Fields = {
    "partId": ("part_id", f.path_text),
    "index": ("index", f.whole(0, 1000)),
    "priority": ("priority", f.number(0, 1e9)),
}
_GROUP_FIELDS: f.Fields = {"name": ("name", f.filled_text)}
_MEMBER_FIELDS: f.Fields = {"materialGroupId": ("group_id", f.path_text)}


@dataclass(frozen=True, slots=True)
class MaterialChoice:
    """How Printago names a material: by its ID, by the ID of one of its colors, by its type, or by a group of materials."""

    material_id: str | None = None
    variant_id: str | None = None
    material_type: str | None = None
    group_id: str | None = None

    def as_json(self) -> dict[str, str]:
        """Return it as it is sent."""
        named = {
            "materialId": self.material_id,
            "variantId": self.variant_id,
            "materialType": self.material_type,
            "groupId": self.group_id,
        }
        return {name: value for name, value in named.items() if value is not None}


type Assignments = Mapping[int, tuple[MaterialChoice, ...]]
"""Filament of a part → the materials that it may be printed with, in order of preference."""


@dataclass(frozen=True, slots=True)
class MappedFilament:
    """What one filament of a job is printed with, and where that is loaded."""

    choice: MaterialChoice | None
    place: SlotAddress | None


@dataclass(frozen=True, slots=True)
class JobMapping:
    """What a job is printed with."""

    places: frozenset[SlotAddress]
    filaments: tuple[MappedFilament | None, ...]
    """In the order of the part's filaments; None for one that is not used."""


def read_choice(source: object) -> MaterialChoice | None:
    """Read how a record names a material; None if it names none."""
    choice = MaterialChoice(**f.read_fields(source, _CHOICE_FIELDS))
    return choice if choice.as_json() else None


def read_job_mapping(raw: object) -> JobMapping:
    """Read a job's ``materialMapping``."""
    places = read_mapping(raw)
    rows = raw[:_MOST_FILAMENTS] if isinstance(raw, list) else []
    filaments = (None if is_skipped(row) else MappedFilament(read_choice(row), read_address(row)) for row in rows)
    return JobMapping(places, tuple(filaments))


def read_assignments(raw: object) -> Assignments:
    """Read ``materialAssignments`` of a job: filament index → alternatives."""
    if not isinstance(raw, Mapping):
        raise f.UnreadableError
    found: dict[int, tuple[MaterialChoice, ...]] = {}
    for index, rows in islice(raw.items(), _MOST_FILAMENTS):
        if isinstance(index, str) and index.isdecimal() and len(index) <= _MOST_DIGITS and isinstance(rows, list):
            choices = tuple(choice for row in rows[:_MOST_CHOICES] if (choice := read_choice(row)) is not None)
            if choices:
                found[int(index)] = choices
    return found


def assignments_by_part(rows: Iterable[Mapping[str, Any]]) -> dict[str, Assignments]:
    """Return the materials of parts by part ID, from rows of ``PartMaterialAssignment``."""
    found: dict[str, dict[int, list[tuple[float, MaterialChoice]]]] = {}
    for row in rows:
        values = f.read_fields(row, _ASSIGNMENT_FIELDS)
        part_id, index, choice = values.get("part_id"), values.get("index"), read_choice(row)
        if part_id is not None and index is not None and choice is not None:
            found.setdefault(part_id, {}).setdefault(index, []).append((values.get("priority") or 0, choice))
    return {
        part_id: {
            index: tuple(choice for _, choice in sorted(choices[:_MOST_CHOICES], key=lambda ranked: ranked[0]))
            for index, choices in filaments.items()
        }
        for part_id, filaments in found.items()
    }


def read_plate(raw: object) -> int | None:
    """Read the number of the only plate that a job prints from its ``extensions``; None for all of them."""
    if not isinstance(raw, Mapping):
        raise f.UnreadableError
    plate: int | None = f.read_fields(raw.get("3mf"), {"plateId": ("plate", f.whole(0, 10_000))}).get("plate")
    return plate


def group_names(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, str | None]:
    """Return the names of groups of materials by ID."""
    return {group_id: f.read_fields(row, _GROUP_FIELDS).get("name") for group_id, row in rows}


def group_members(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[MaterialChoice]]:
    """Return the members of groups by group ID, from rows of ``MaterialGroupMember``; a color counts, else its material."""
    members: dict[str, list[MaterialChoice]] = {}
    for row in rows:
        group_id = f.read_fields(row, _MEMBER_FIELDS).get("group_id")
        choice = read_choice({key: row.get(key) for key in ("variantId", "materialId")})
        if group_id is not None and choice is not None:
            members.setdefault(group_id, []).append(choice)
    return members
