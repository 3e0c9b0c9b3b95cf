"""Maintenance of printers: due items, marking them as completed, and the history."""

from typing import Any

from virtual_farm.errors import NotFoundError
from virtual_farm.maintenance import maintenance_status, mark_done

from .route import Call, Route
from .schema import array, shape, text

_VIEW = ("maintenance.view",)
_MARK_DONE = shape({"enrollmentIds": array(text())}, {"notes": text(), "userId": text()})


def _fleet_status(call: Call) -> Any:
    return maintenance_status(call.world)


def _printer_status(call: Call) -> Any:
    printer_id = call.ids["printerId"]
    if printer_id not in call.world.printers:
        raise NotFoundError("Printer", printer_id)
    return maintenance_status(call.world, printer_id)


def _mark_done(call: Call) -> Any:
    body = call.body
    mark_done(call.world, body["enrollmentIds"], notes=body.get("notes"), by=body.get("userId"))


def _history(call: Call) -> Any:
    printer_id = call.query.get("printerId")
    return [entry for entry in call.world.maintenance_log.values() if printer_id in (None, entry["printerId"])]


ROUTES = (
    Route("GET", "/v1/maintenance/fleet-status", _VIEW, _fleet_status),
    Route("GET", "/v1/maintenance/printers/{printerId}/status", _VIEW, _printer_status),
    Route("GET", "/v1/maintenance/history", _VIEW, _history),
    Route("POST", "/v1/maintenance/mark-done", ("maintenance.complete",), _mark_done, _MARK_DONE, 201),
)
