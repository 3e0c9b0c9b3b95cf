"""Records, snapshots, events and telemetry for tests of the farm model."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.printago.api import Action, Listing, PrinterRow, PrintJob
from custom_components.printago.api.models.entity_event import read_event
from custom_components.printago.api.models.listing import read_listing
from custom_components.printago.api.models.material import Material, MaterialVariant, PrinterSlot
from custom_components.printago.api.models.order import Order
from custom_components.printago.api.models.records import Printer
from custom_components.printago.api.models.row import Row, printer_rows, rows_of
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.farm import Changes, Farm

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
A, B = "a" * 24, "b" * 24
JOB = "j" * 24


class FarmClock:
    """Printago's clock, at noon until a test changes it."""

    now = NOON


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
    return farm.apply_snapshot(listed_printers(printers, complete=complete), listed_jobs(jobs or {}, complete=complete))


def listed_printers(rows: Mapping[str, Any], *, complete: bool = True) -> Listing[PrinterRow]:
    """Return the response to a request for printers."""
    return Listing(printer_rows(rows.items()), complete)


def printer_row(printer_id: str, source: Mapping[str, Any]) -> PrinterRow:
    """Return what a response says of one printer."""
    return PrinterRow(Printer, printer_id, source)


def order_row(order_id: str, source: Mapping[str, Any]) -> Row[Order]:
    """Return what an event says of one order."""
    return Row(Order, order_id, source)


def slot_rows(rows: Mapping[str, Any]) -> dict[str, Row[PrinterSlot]]:
    """Return the response to a request for slots."""
    return rows_of(PrinterSlot, rows.items())


def material_rows(rows: Mapping[str, Any]) -> dict[str, Row[Material]]:
    """Return the response to a request for materials."""
    return rows_of(Material, rows.items())


def variant_rows(rows: Mapping[str, Any]) -> dict[str, Row[MaterialVariant]]:
    """Return the response to a request for colors of materials."""
    return rows_of(MaterialVariant, rows.items())


def listed_jobs(rows: Mapping[str, Any], *, complete: bool = True) -> Listing[PrintJob]:
    """Return the response to a request for jobs."""
    return read_listing(Listing(dict(rows), complete), PrintJob)


def event(farm: Farm, kind: str, action: Action, entities: Mapping[str, Any]) -> Changes:
    """Apply an entity event."""
    return farm.apply(read_event(kind=kind, action=action, entities=entities))


def stat(farm: Farm, printer_id: str, seconds: float | None = 0, **payload: Any) -> Changes:
    """Apply telemetry."""
    received = {} if seconds is None else {"receivedAt": stamp(seconds), "expiresAt": stamp(seconds + 300)}
    return farm.apply(read_stat(printer_id, {**received, **payload}))
