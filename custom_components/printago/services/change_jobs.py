"""The actions that change jobs of the queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import JobStatus, PrintJob
from ..api.models.records import FINAL_STATUSES, place_in_queue
from ..errors import action_error, action_failure, async_message
from ..printing.action_fields import NAME, at_most_one
from ..printing.request import ATTR_PRIORITY, PRIORITIES
from .helpers import async_printer_id, async_runtime
from .job_selection import SELECTION, async_chosen_jobs, async_jobs_by_id, chosen_ids, job_summary

ATTR_NEW_LABEL = "new_label"
ATTR_PIN_TO_PRINTER = "pin_to_printer"
ATTR_UNPIN = "unpin"

_OPEN = frozenset(JobStatus) - FINAL_STATUSES
_MOST_UPDATES = 20
"""Limit of jobs for changes that take one request per job."""
_HOPELESS = frozenset({"cannot_connect", "forbidden", "invalid_auth", "rate_limited"})
"""After one of these errors, no further job is tried."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class JobChange:
    """A change of jobs: its name in the API, and the statuses that allow it."""

    word: str
    possible: frozenset[JobStatus]
    default_statuses: frozenset[JobStatus] | None = None
    """The statuses selected by default, if they are fewer than the allowed ones."""


JOB_CHANGES = {
    "cancel_jobs": JobChange("cancel", _OPEN),
    "pause_jobs": JobChange("pause", frozenset({JobStatus.PRINTING})),
    "resume_jobs": JobChange("resume", frozenset({JobStatus.PAUSED})),
    # A canceled job should rarely be printed after all.
    "retry_jobs": JobChange("retry", frozenset({JobStatus.FAILED, JobStatus.CANCELLED}), frozenset({JobStatus.FAILED})),
    "clear_jobs": JobChange("clear", FINAL_STATUSES),
    "move_jobs_to_front": JobChange("move-to-queue-front", frozenset({JobStatus.PENDING})),
}

CHANGE_JOBS_SCHEMA = vol.Schema(SELECTION)
UPDATE_JOBS_SCHEMA = vol.All(
    vol.Schema(
        {
            **SELECTION,
            vol.Optional(ATTR_PRIORITY): vol.In(PRIORITIES),
            vol.Optional(ATTR_NEW_LABEL): NAME,
            vol.Optional(ATTR_PIN_TO_PRINTER): cv.string,
            vol.Optional(ATTR_UNPIN): vol.Equal(True),
        }
    ),
    at_most_one(ATTR_PIN_TO_PRINTER, ATTR_UNPIN),
)


async def async_change_jobs(change: JobChange, call: ServiceCall) -> ServiceResponse:
    """Change all selected jobs in one request, and return for each whether it changed."""
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    if (job_ids := chosen_ids(call)) is not None:
        jobs = [coordinator.farm.jobs.get(job_id) or PrintJob(id=job_id) for job_id in job_ids]
    else:
        default_statuses = change.possible if change.default_statuses is None else change.default_statuses
        found = await async_chosen_jobs(call, runtime, change.possible, default_statuses)
        # In the order of the queue, so that moved or retried jobs keep it.
        jobs = sorted(found.rows.values(), key=place_in_queue)
    calling = coordinator.client.change_jobs(change.word, [job.id for job in jobs])
    done = await coordinator.async_call(calling)
    return _response(call, [_outcome(job, applied=job.id in done) for job in jobs])


async def async_update_jobs(call: ServiceCall) -> ServiceResponse:
    """Change priority, label or printer of all selected jobs, and return for each whether it changed."""
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    changes = _changes(call)
    pin, unpin = call.data.get(ATTR_PIN_TO_PRINTER), ATTR_UNPIN in call.data
    printer_id = async_printer_id(call.hass, coordinator, pin) if pin is not None else None
    if not changes and printer_id is None and not unpin:
        raise action_error("nothing_to_change")
    if (job_ids := chosen_ids(call)) is not None:
        _check_number(job_ids)
        rows = (await async_jobs_by_id(coordinator, job_ids)).rows
        if missing := [job_id for job_id in job_ids if job_id not in rows]:
            raise action_error("jobs_not_found", jobs=_listed(missing))
    else:
        rows = (await async_chosen_jobs(call, runtime, _OPEN, frozenset({JobStatus.PENDING}))).rows
        _check_number(rows)
    outcomes: list[dict[str, Any]] = []
    failure: HomeAssistantError | None = None
    for job in rows.values():
        if failure is None or failure.translation_key not in _HOPELESS:
            try:
                updated = await coordinator.async_call(
                    coordinator.client.queue.update_job(job, changes, pin=printer_id, unpin=unpin)
                )
            except HomeAssistantError as err:
                failure = err
            else:
                outcomes.append({**job_summary(coordinator, updated), "applied": True})
                continue
        why = {"failure": await async_message(call.hass, failure)} if failure is not None else {}
        outcomes.append({**job_summary(coordinator, job), "applied": False, **why})
    if failure is not None and not any(outcome["applied"] for outcome in outcomes):
        raise failure
    return _response(call, outcomes)


def _changes(call: ServiceCall) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if ATTR_PRIORITY in call.data:
        changes["priority"] = PRIORITIES[call.data[ATTR_PRIORITY]]
    if ATTR_NEW_LABEL in call.data:
        changes["label"] = call.data[ATTR_NEW_LABEL]
    return changes


def _check_number(job_ids: Iterable[str]) -> None:
    if len(list(job_ids)) > _MOST_UPDATES:
        raise action_error("too_many_jobs", most=str(_MOST_UPDATES))


def _outcome(job: PrintJob, *, applied: bool) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "label": job.label,
        "part": job.part_name,
        "previous_status": job.status.value if job.status is not None else None,
        "applied": applied,
    }


def _response(call: ServiceCall, outcomes: list[dict[str, Any]]) -> ServiceResponse:
    """Return the result for each job; without a response, raise an error if a job was not changed."""
    left = [outcome for outcome in outcomes if not outcome["applied"]]
    if call.return_response:
        return {"applied": len(outcomes) - len(left), "not_applied": len(left), "jobs": [*outcomes]}
    if left:
        raise action_failure(
            "jobs_not_changed",
            jobs=_listed([outcome["label"] or outcome["part"] or outcome["job_id"] for outcome in left]),
            done=str(len(outcomes) - len(left)),
        )
    return None


def _listed(names: list[str]) -> str:
    return ", ".join([*names[:_MOST_NAMED], "…"] if len(names) > _MOST_NAMED else names)
