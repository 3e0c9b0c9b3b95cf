"""Records, snapshots, events and telemetry for tests of the farm model."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.printago.api import Action, EntityEvent, Listing, PrintJob
from custom_components.printago.api.models.listing import read_listing
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.farm import Changes, Farm

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B = "a" * 24, "b" * 24
JOB = "j" * 24


def stamp(seconds: float = 0) -> str:
    """Return the time some seconds after noon, as the cloud writes it."""
    return (NOON + timedelta(seconds=seconds)).isoformat()


def record(seconds: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a printer's record."""
    return {
        "name": "Printer",
        "isOnline": True,
        "isAvailable": True,
        "confirmedReady": True,
        "updatedAt": stamp(seconds),
        **fields,
    }


def job(seconds: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a job's record."""
    return {"partName": "Benchy", "status": "pending", "partBuildId": "x" * 24, "updatedAt": stamp(seconds), **fields}


def snapshot(
    farm: Farm, printers: Mapping[str, Any], jobs: Mapping[str, Any] | None = None, *, complete: bool = True
) -> Changes:
    """Apply a snapshot at once."""
    farm.begin_snapshot()
    return farm.apply_snapshot(Listing(dict(printers), complete), listed_jobs(jobs or {}, complete=complete))


def listed_jobs(rows: Mapping[str, Any], *, complete: bool = True) -> Listing[PrintJob]:
    """Return the response to a request for jobs."""
    return read_listing(Listing(dict(rows), complete), PrintJob)


def event(farm: Farm, kind: str, action: Action, entities: Mapping[str, Any]) -> Changes:
    """Apply an entity event."""
    return farm.apply(EntityEvent(kind=kind, action=action, entities=entities))


def stat(farm: Farm, printer_id: str, seconds: float | None = 0, **payload: Any) -> Changes:
    """Apply telemetry."""
    received = {} if seconds is None else {"receivedAt": stamp(seconds), "expiresAt": stamp(seconds + 300)}
    return farm.apply(read_stat(printer_id, {**received, **payload}))
