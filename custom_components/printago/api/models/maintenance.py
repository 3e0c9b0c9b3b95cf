"""Maintenance of printers (the vendor's ``MaintenanceStatusInfo`` schema)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from . import fields as f
from .records import Record

_AMOUNT = f.number(0, 1e9)


class MaintenanceStatus(StrEnum):
    """How soon maintenance is due."""

    OK = "OK"
    DUE_SOON = "DUE_SOON"
    OVERDUE = "OVERDUE"


class MaintenanceTrigger(StrEnum):
    """The unit of a maintenance interval."""

    PRINT_HOURS = "print_hours"
    CALENDAR_DAYS = "calendar_days"
    JOB_COUNT = "job_count"


_MAINTENANCE_FIELDS: f.Fields = {
    "printerId": ("printer_id", f.reference),
    "itemName": ("name", f.filled_text),
    "triggerType": ("trigger", f.choice(MaintenanceTrigger)),
    "interval": ("interval", _AMOUNT),
    "elapsed": ("elapsed", _AMOUNT),
    "progress": ("progress", _AMOUNT),
    "status": ("status", f.deciding(f.choice(MaintenanceStatus))),
    "lastCompletedAt": ("last_done_at", f.moment),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceItem(Record):
    """One maintenance task of one printer; its ID is the ``enrollmentId``, which is needed to mark it as done."""

    FIELDS: ClassVar[f.Fields] = _MAINTENANCE_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset({"printer_id", "status"})

    printer_id: str | None = None
    name: str | None = None
    trigger: MaintenanceTrigger | None = None
    interval: float | None = None
    """The interval in hours, days or jobs."""
    elapsed: float | None = None
    progress: float | None = None
    """Elapsed share of the interval in percent [assumed]; more than 100 if overdue."""
    status: MaintenanceStatus | None = None
    last_done_at: datetime | None = None

    @property
    def is_due(self) -> bool:
        """Return whether it is due soon or overdue."""
        return self.status in (MaintenanceStatus.DUE_SOON, MaintenanceStatus.OVERDUE)


def read_maintenance(rows: list[Mapping[str, Any]]) -> dict[str, MaintenanceItem]:
    """Return the tasks of a fleet status by enrollment ID; rows without an ID are left out."""
    return {
        identifier: MaintenanceItem.from_json(identifier, row)
        for row in rows
        if isinstance(identifier := row.get("enrollmentId"), str) and f.is_identifier(identifier)
    }
