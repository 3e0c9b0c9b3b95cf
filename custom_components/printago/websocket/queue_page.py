"""The queue: jobs that wait, and those that wait for a person."""

import heapq

from ..api.models.records import LOW_PRIORITY, JobStatus, PrintJob, place_in_queue
from ..api.models.tags import PIN, USER_TAGS, split_tags
from ..model.farm import Farm
from ..model.wait_reason import wait_reason
from .viewer import Json, Viewer

_MOST_NAMED = 3
_MOST_FAILED = 100


def queue(viewer: Viewer) -> Json:
    """Return the waiting jobs in Printago's queue order, and the jobs that need attention."""
    coordinator = viewer.runtime.coordinator
    if not coordinator.jobs_readable:
        return {"readable": False}
    farm = coordinator.farm

    def first(most: int, status: JobStatus) -> list[Json]:
        return [_job(viewer, job) for job in _first(farm, most, status)]

    return {
        "readable": True,
        "total": sum(1 for _ in farm.jobs_with(JobStatus.PENDING)),
        "queued": first(viewer.limit, JobStatus.PENDING),
        "failed": first(_MOST_FAILED, JobStatus.FAILED),
        "waiting_approval": first(_MOST_FAILED, JobStatus.WAITING_FOR_APPROVAL),
    }


def wall(viewer: Viewer) -> Json:
    """Return the jobs that wait for a person, and the tags of printers by device."""
    coordinator = viewer.runtime.coordinator
    tagged = (printer for printer in coordinator.farm.printers.values() if printer.record.tags)
    jobs: dict[str, list[Json]] = {
        name: [_job(viewer, job) for job in _first(coordinator.farm, viewer.limit, status)]
        if coordinator.jobs_readable
        else []
        for name, status in (("failed", JobStatus.FAILED), ("waiting_approval", JobStatus.WAITING_FOR_APPROVAL))
    }
    tags = {
        device: list(printer.record.tags) for printer in tagged if (device := viewer.device(printer.id)) is not None
    }
    return {**jobs, "tags": tags}


def _first(farm: Farm, most: int, status: JobStatus) -> list[PrintJob]:
    return heapq.nsmallest(most, farm.jobs_with(status), key=place_in_queue)


def _job(viewer: Viewer, job: PrintJob) -> Json:
    coordinator = viewer.runtime.coordinator
    tags = job.required_printer_tags or {}
    printer_id = job.assigned_printer_id or tags.get(PIN)
    printer = coordinator.farm.printers.get(printer_id or "")
    order = coordinator.store_state.facts.orders.get(job.order_id or "")
    return {
        "id": job.id,
        "title": job.title,
        "part": job.part_name,
        "order": order.title if order is not None else None,
        "status": job.status,
        "printer": printer.name if printer is not None else None,
        "device_id": viewer.device(printer_id),
        "pinned": PIN in tags,
        "tags": split_tags(tags.get(USER_TAGS, "")),
        "low_priority": job.priority == LOW_PRIORITY,
        "picture": viewer.picture(job.cover),
        "error": job.error_message,
        "why": _why(viewer, job) if job.status is JobStatus.PENDING else None,
    }


def _why(viewer: Viewer, job: PrintJob) -> Json:
    reason = wait_reason(viewer.runtime.coordinator.farm, job)
    return {
        "code": reason.code,
        "printers": list(reason.printers[:_MOST_NAMED]),
        "more": max(0, len(reason.printers) - _MOST_NAMED),
        "tags": list(reason.tags),
    }
