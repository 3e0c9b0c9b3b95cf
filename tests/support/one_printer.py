"""The state of one printer, for tests of the model: its record arrives at noon, its telemetry later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.api.models.telemetry import read_stat
from custom_components.printago.model.printer import PrinterState
from tests.support.farm_model import printer_row

ID = "p" * 24
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
IDLE = {"isOnline": True, "isAvailable": True, "confirmedReady": True}
BUSY = {"isOnline": True, "isAvailable": False, "confirmedReady": False}
DONE = {"isOnline": True, "isAvailable": True, "confirmedReady": False}


def printer(**record: Any) -> PrinterState:
    """Return a printer whose record arrived at noon."""
    state = PrinterState.from_row(printer_row(ID, {"name": "X", "updatedAt": NOON.isoformat(), **IDLE, **record}))
    state.update_derived(None)
    return state


def merge(
    state: PrinterState, /, after: float = 0, *, lifetime: float = 300, job: PrintJob | None = None, **stat: Any
) -> bool:
    """Merge telemetry some seconds after noon, and return whether it was accepted."""
    now = NOON + timedelta(seconds=after)
    expires_at = now + timedelta(seconds=lifetime)
    message = read_stat(ID, {"receivedAt": now.isoformat(), "expiresAt": expires_at.isoformat(), **stat})
    changed = state.merge_stat(message, now)
    state.update_derived(job)
    return changed is not None


def job(status: str, **fields: Any) -> PrintJob:
    """Return a job of the printer."""
    return PrintJob.from_json("j" * 24, {"status": status, "assignedPrinterId": ID, **fields})
