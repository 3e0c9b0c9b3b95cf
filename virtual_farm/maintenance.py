"""Maintenance of printers: due items and completed ones."""

from datetime import datetime

from .entities import Document
from .world import World

_SECONDS_PER_DAY = 86_400


def maintenance_status(world: World, printer_id: str | None = None) -> list[Document]:
    """Return the progress of each item of all printers or one (schema `MaintenanceStatusInfo`)."""
    return [
        _status(world, enrollment)
        for enrollment in world.enrollments.values()
        if enrollment["printerId"] in world.printers and printer_id in (None, enrollment["printerId"])
    ]


def _status(world: World, enrollment: Document) -> Document:
    item = world.maintenance_items[enrollment["maintenanceItemId"]]
    elapsed = _elapsed(world, enrollment, item)
    progress = round(elapsed / item["interval"] * 100, 1)
    status = "OVERDUE" if progress >= 100 else "DUE_SOON" if progress >= item["warningThresholdPct"] else "OK"
    return {
        "enrollmentId": enrollment["id"],
        "printerId": enrollment["printerId"],
        "maintenanceItemId": item["id"],
        "printerName": world.printers[enrollment["printerId"]].name,
        "itemName": item["name"],
        "triggerType": item["triggerType"],
        "interval": item["interval"],
        "elapsed": elapsed,
        "progress": progress,
        "status": status,
        "warningThresholdPct": item["warningThresholdPct"],
        "lastCompletedAt": enrollment["lastCompletedAt"],
        "lastCompletedBy": enrollment["lastCompletedBy"],
    }


def _elapsed(world: World, enrollment: Document, item: Document) -> float:
    printer = world.printers[enrollment["printerId"]]
    match item["triggerType"]:
        case "print_hours":
            since = printer.lifetime_print_hours - (enrollment["hoursAtLastCompletion"] or 0.0)
        case "job_count":
            since = printer.lifetime_job_count - (enrollment["jobsAtLastCompletion"] or 0)
        case _:
            began = datetime.fromisoformat(enrollment["lastCompletedAt"] or enrollment["createdAt"])
            since = (world.clock() - began).total_seconds() / _SECONDS_PER_DAY
    offset: float = enrollment["currentOffset"]
    return round(offset + max(0.0, since), 1)


def set_elapsed(world: World, enrollment_id: str, elapsed: float) -> None:
    """Set the progress of an item to `elapsed` hours, days, or jobs; raises KeyError."""
    enrollment = world.enrollments[enrollment_id]
    item = world.maintenance_items[enrollment["maintenanceItemId"]]
    offset = enrollment["currentOffset"] + elapsed - _elapsed(world, enrollment, item)
    world.enrollments.change(enrollment_id, {"currentOffset": offset})


def mark_done(world: World, enrollment_ids: list[str], *, notes: str | None, by: str | None) -> None:
    """Mark items as completed, so that they count from zero. Unknown ones are ignored."""
    for enrollment_id in dict.fromkeys(enrollment_ids):
        enrollment = world.enrollments.get(enrollment_id)
        printer = world.printers.get(enrollment["printerId"]) if enrollment is not None else None
        if enrollment is None or printer is None:
            continue
        now = world.now()
        counters = {"hours": printer.lifetime_print_hours, "jobs": printer.lifetime_job_count}
        world.enrollments.change(
            enrollment_id,
            {
                "currentOffset": 0.0,
                "elapsed": 0.0,
                "hoursAtLastCompletion": counters["hours"],
                "jobsAtLastCompletion": counters["jobs"],
                "lastCompletedAt": now,
                "lastCompletedBy": by,
            },
        )
        entry = world.document(
            enrollmentId=enrollment_id,
            printerId=printer.id,
            maintenanceItemId=enrollment["maintenanceItemId"],
            completedAt=now,
            completedBy=by,
            hoursAtCompletion=counters["hours"],
            jobsAtCompletion=counters["jobs"],
            notes=notes,
        )
        world.maintenance_log.insert(entry["id"], entry)
