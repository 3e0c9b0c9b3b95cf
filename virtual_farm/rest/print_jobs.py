"""The queue."""

from collections.abc import Callable, Iterable
from typing import Any

from virtual_farm.entities import PrintJob
from virtual_farm.errors import BadRequestError, NotFoundError
from virtual_farm.matching import Matcher

from .listing import field_names, matching_rows, page_rows
from .resource import list_routes
from .route import Call, Route
from .schema import MATERIALS, PRIORITY, TAGS, array, nullable, number, one_of, shape, text

_FIELDS = (
    "partBuildId quantityIndex quantityTotal thumbnailUri coloredThumbnailUri buildThumbnailUri filesToPrint "
    "slicerInputHash isGcodeCached slicedGcodeUri partId partName skuId skuName parameterOverrides orderId label "
    "orderItemId linkedPartId skuInstance queueOrder priority requiredPrinterTags overriddenProcessProfileId taskId "
    "profileUris assignedPrinterId assignmentStartedAt assignmentCompletedAt printingStartedAt printingCompletedAt "
    "cancelledAt status errorMessage hidden logsUri extensions skipObjectsData materialMapping materialAssignments "
    "gcodeAnalysisSha256 id storeId createdAt updatedAt"
)

_STATUSES = (
    "pending",
    "assigned",
    "slicing",
    "sliced",
    "finalizing",
    "waiting-for-approval",
    "ready-for-printer",
    "sending-to-printer",
    "printing",
    "paused",
    "completed",
    "failed",
    "cancelled",
)

_UPDATE = shape(
    optional={
        "label": text(),
        "priority": PRIORITY,
        "requiredPrinterTags": TAGS,
        "materialAssignments": nullable(MATERIALS),
        "status": one_of(*_STATUSES),
        "partName": text(1, 1024),
        "skuName": nullable(text(1)),
    }
)
_ATTRIBUTES = {
    "label": "label",
    "requiredPrinterTags": "required_printer_tags",
    "materialAssignments": "material_assignments",
    "partName": "part_name",
    "skuName": "sku_name",
}


def _job(call: Call) -> PrintJob:
    job_id = call.ids["id"]
    if (job := call.world.jobs.get(job_id)) is None:
        raise NotFoundError("Print job", job_id)
    return job


def _known(call: Call, ids: Iterable[str]) -> list[PrintJob]:
    return [call.world.jobs[job_id] for job_id in dict.fromkeys(ids) if job_id in call.world.jobs]


_KNOWN = field_names(_FIELDS)
_MANY = 2000
_PAGING = frozenset({"limit", "offset", "fields", "include", "meta", "hints"})


def _list(call: Call) -> Any:
    jobs = call.world.jobs
    wanted = tuple(sorted((name, value) for name, value in call.query.items() if name not in _PAGING))

    def find() -> list[PrintJob]:
        # A client that reads page by page requests the same jobs again, and there may be a hundred thousand.
        if len(jobs) > _MANY:
            return jobs.remembered(wanted, lambda: matching_rows(jobs.values(), call.query, _KNOWN))
        return matching_rows(jobs.values(), call.query, _KNOWN)

    return page_rows(find, call.query, _KNOWN, PrintJob.wire, cut=call.farm.config.large_limit == "cut")


def _get(call: Call) -> Any:
    return _job(call).wire()


def _patch(call: Call) -> Any:
    job = _job(call)
    if (status := call.body.get("status")) is not None and status != job.status:
        _set_status(call, job, status)
    for key, attribute in _ATTRIBUTES.items():
        if key in call.body:
            value = call.body[key]
            setattr(job, attribute, call.world.kept_tags(value) if key == "requiredPrinterTags" else value)
    if (priority := call.body.get("priority")) is not None and priority != job.priority:
        job.priority = priority
        call.farm.queue.place([job], "back")
    call.world.jobs.touch(job.id)
    call.farm.queue.look_again()
    call.farm.fleet.observe_all()
    return job.wire()


def _set_status(call: Call, job: PrintJob, status: str) -> None:
    queue = call.farm.queue
    done = {
        "ready-for-printer": queue.approve,
        "cancelled": queue.cancel,
        "pending": queue.retry,
        "paused": queue.pause,
        "printing": queue.resume,
    }.get(status, lambda _: False)(job)
    if not done:
        raise BadRequestError(f"A job that is {job.status} cannot become {status}")


def _each(operation: Callable[[Call, PrintJob], bool]) -> Callable[[Call], Any]:
    def handler(call: Call) -> Any:
        return [job.id for job in _known(call, call.body["printJobIds"]) if operation(call, job)]

    return handler


def _move_to_front(call: Call) -> Any:
    return [job.id for job in call.farm.queue.move_to_front(_known(call, call.body["printJobIds"]))]


def _reorder(call: Call) -> Any:
    _place(call, _job(call), call.body)


def _bulk_reorder(call: Call) -> Any:
    for update in call.body["updates"]:
        if (job := call.world.jobs.get(update["id"])) is not None:
            _place(call, job, update)


def _place(call: Call, job: PrintJob, update: Any) -> None:
    job.queue_order = update.get("newQueueOrder", job.queue_order)
    job.priority = update.get("priority", job.priority)
    call.world.jobs.touch(job.id)
    call.farm.queue.look_again()


def _completed_count(call: Call) -> Any:
    return call.world.completed_jobs


def _troubleshoot(call: Call) -> Any:
    return Matcher(call.world).troubleshoot(_job(call))


def _details(call: Call) -> Any:
    return Matcher(call.world).details(_job(call))


_IDS = shape({"printJobIds": array(text())})
_ORDER = {"newQueueOrder": number(0), "priority": PRIORITY}

ROUTES = (
    Route("GET", "/v1/print-jobs", ("queue.view",), _list),
    # The second route of a list is its search.
    list_routes("/v1/print-jobs", "queue.view", lambda call: call.world.jobs.wires(), _FIELDS)[1],
    Route("GET", "/v1/print-jobs/stats/completed-count", ("queue.view",), _completed_count),
    Route(
        "PATCH", "/v1/print-jobs/pause", ("queue.manage",), _each(lambda call, job: call.farm.queue.pause(job)), _IDS
    ),
    Route(
        "PATCH", "/v1/print-jobs/resume", ("queue.manage",), _each(lambda call, job: call.farm.queue.resume(job)), _IDS
    ),
    Route(
        "PATCH", "/v1/print-jobs/cancel", ("queue.manage",), _each(lambda call, job: call.farm.queue.cancel(job)), _IDS
    ),
    Route(
        "PATCH", "/v1/print-jobs/retry", ("queue.manage",), _each(lambda call, job: call.farm.queue.retry(job)), _IDS
    ),
    Route(
        "PATCH", "/v1/print-jobs/clear", ("job.delete.all",), _each(lambda call, job: call.farm.queue.clear(job)), _IDS
    ),
    Route("PATCH", "/v1/print-jobs/move-to-queue-front", ("queue.override",), _move_to_front, _IDS),
    Route(
        "PATCH",
        "/v1/print-jobs/bulk-reorder",
        ("queue.manage",),
        _bulk_reorder,
        shape({"updates": array(shape({"id": text()}, _ORDER))}),
    ),
    Route("GET", "/v1/print-jobs/{id}", ("queue.view",), _get),
    Route("PATCH", "/v1/print-jobs/{id}", ("job.edit.all",), _patch, _UPDATE),
    Route("PATCH", "/v1/print-jobs/{id}/reorder", ("queue.manage",), _reorder, shape(optional=_ORDER)),
    Route("GET", "/v1/print-jobs/{id}/matching-details", ("queue.view",), _details),
    Route("GET", "/v1/print-jobs/{id}/matching-troubleshoot", ("queue.view",), _troubleshoot),
)
