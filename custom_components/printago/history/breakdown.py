"""Sums of past prints by what they have in common."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from .archive import Past
from .job_entry import part_of
from .ledger import HOUR, NO_INDEX, UNKNOWN, Entry
from .past_print import COST, GRAMS, WATT_HOURS
from .summary import Outcomes


class GroupBy(StrEnum):
    """What prints are grouped by; days and months are those of Home Assistant's time zone."""

    PRINTER = "printer"
    PART = "part"
    MATERIAL = "material"
    DAY = "day"
    MONTH = "month"


@dataclass(slots=True)
class Group:
    """Prints that have something in common, and their sums; an amount that no print knows is None."""

    name: str | None = None
    id: str | None = None
    outcomes: Outcomes = field(default_factory=Outcomes)
    hours: float = 0.0
    grams: float | None = None
    cost: float | None = None
    energy: float | None = None

    def add(self, entry: Entry, reason: str | None) -> None:
        """Add a print."""
        self.outcomes.add(entry.outcome, reason, entry.ended)
        if entry.seconds != UNKNOWN:
            self.hours += entry.seconds / HOUR
        if entry.grams != UNKNOWN:
            self.grams = (self.grams or 0.0) + entry.grams / GRAMS
        if entry.cost != UNKNOWN:
            self.cost = (self.cost or 0.0) + entry.cost / COST
        if entry.energy != UNKNOWN:
            self.energy = (self.energy or 0.0) + entry.energy / WATT_HOURS


def break_down(past: Past, by: GroupBy, start: float, end: float | None, zone: tzinfo) -> tuple[list[Group], Group]:
    """Return the groups of the prints that ended between two Unix times, and all of them as one group.

    Days and months are in their order; of others, the group with most prints comes first. Takes a while: call it in a
    thread of its own.
    """
    groups: dict[str | int, Group] = {}
    total = Group()
    names = past.names
    for entry in past.ledger.since(int(start)):
        if end is not None and entry.ended >= end:
            continue
        key, name, identifier = _group_of(entry, past, by, zone)
        if (group := groups.get(key)) is None:
            group = groups[key] = Group(id=identifier)
        if entry.ended >= group.outcomes.latest:
            # A part that was renamed has the name of its last print.
            group.name = name
        reason = None if entry.reason == NO_INDEX else names["reasons"].name(entry.reason)
        group.add(entry, reason)
        total.add(entry, reason)
    if by in (GroupBy.DAY, GroupBy.MONTH):
        return [groups[key] for key in sorted(groups, key=str)], total
    return sorted(groups.values(), key=_size, reverse=True), total


def _size(group: Group) -> tuple[int, str]:
    outcomes = group.outcomes
    return outcomes.finished + outcomes.failed + outcomes.canceled, group.name or ""


def _group_of(entry: Entry, past: Past, by: GroupBy, zone: tzinfo) -> tuple[str | int, str | None, str | None]:
    match by:
        case GroupBy.PRINTER:
            name = None if entry.printer == NO_INDEX else past.names["printers"].name(entry.printer)
            return entry.printer, name, name
        case GroupBy.PART:
            part_id, name = part_of(past.names["parts"].name(entry.part))
            # A part that was renamed is the same; one without an ID goes by its name.
            return part_id or f"name:{name}", name, part_id
        case GroupBy.MATERIAL:
            name = None if entry.material == NO_INDEX else past.names["materials"].name(entry.material)
            return entry.material, name, None
    day = datetime.fromtimestamp(entry.ended, zone).date().isoformat()
    period = day if by is GroupBy.DAY else day[:7]
    return period, period, None
