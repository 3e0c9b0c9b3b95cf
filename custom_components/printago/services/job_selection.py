"""Selects print jobs for an action: by ID, or by common properties."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..api import JobStatus, Listing, PrintJob, is_identifier
from ..api.models.fields import cut
from ..api.models.tags import PIN
from ..api.rest.job_filter import JobFilter
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..model.spelling import alike
from ..printing.action_fields import NAME
from ..printing.request import ATTR_LABEL, ATTR_PART, PRIORITIES
from ..runtime import PrintagoRuntime
from .helpers import ATTR_PRINTER, async_printer_id

ATTR_JOB_ID = "job_id"
ATTR_SINCE = "since"
ATTR_STATUS = "status"

_PRIORITY_NAMES = {value: name for name, value in PRIORITIES.items()}
_MOST_CHOSEN = 1000
_FILTERS = (ATTR_LABEL, ATTR_PART, ATTR_PRINTER, ATTR_SINCE, ATTR_STATUS)


def _since(value: object) -> datetime:
    """Read a time, by default in Home Assistant's time zone; ``today`` is the last midnight."""
    if value == "today":
        return dt_util.as_utc(dt_util.start_of_local_day())
    moment: datetime = cv.datetime(value)
    return dt_util.as_utc(moment)


def read_job_id(value: object) -> str:
    """Read the ID of a job; raises vol.Invalid for what can be none."""
    if not isinstance(value, str) or not is_identifier(value.strip()):
        raise vol.Invalid("expected the ID of a print job", translation_key="job_id")
    return value.strip()


FILTERS: dict[Any, Any] = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Optional(ATTR_STATUS): vol.All(cv.ensure_list, vol.Length(min=1), [vol.Coerce(JobStatus)]),
    vol.Optional(ATTR_PRINTER): cv.string,
    vol.Optional(ATTR_PART): NAME,
    vol.Optional(ATTR_LABEL): NAME,
    vol.Optional(ATTR_SINCE): _since,
}
JOB_IDS = vol.All(cv.ensure_list, vol.Length(max=_MOST_CHOSEN), [read_job_id])
SELECTION: dict[Any, Any] = {vol.Optional(ATTR_JOB_ID): JOB_IDS, **FILTERS}


async def async_job_filter(
    call: ServiceCall,
    runtime: PrintagoRuntime,
    statuses: Collection[JobStatus] | None = None,
    hidden: bool | None = None,
) -> JobFilter:
    """Return the filter that an action asks for; raises HomeAssistantError for an unknown part or printer."""
    data, coordinator = call.data, runtime.coordinator
    device_id = data.get(ATTR_PRINTER)
    part_id = None
    if ATTR_PART in data:
        part_id = (await coordinator.async_call(runtime.catalog.async_find_part(data[ATTR_PART]), reads=True)).id
    return JobFilter(
        statuses=statuses if statuses is not None else data.get(ATTR_STATUS),
        printer_id=async_printer_id(call.hass, coordinator, device_id) if device_id is not None else None,
        part_id=part_id,
        labels=_labels(coordinator, data[ATTR_LABEL]) if ATTR_LABEL in data else None,
        since=data.get(ATTR_SINCE),
        hidden=hidden,
    )


def _labels(coordinator: PrintagoCoordinator, wanted: str) -> list[str]:
    """Return the spellings of a label in known jobs; the given one if no job has it."""
    known = {job.label for job in coordinator.farm.jobs.values() if job.label is not None}
    return alike(cut(wanted), known, str) or [cut(wanted)]


async def async_find_jobs(coordinator: PrintagoCoordinator, wanted: JobFilter, most: int) -> Listing[PrintJob]:
    """Return the newest jobs that match, at most ``most``; raises HomeAssistantError."""
    return await coordinator.async_call(coordinator.client.queue.newest(wanted, most), reads=True)


async def async_jobs_by_id(coordinator: PrintagoCoordinator, job_ids: Collection[str]) -> Listing[PrintJob]:
    """Return the jobs with these IDs that exist; raises HomeAssistantError."""
    return await async_find_jobs(coordinator, JobFilter(ids=job_ids), len(job_ids))


def chosen_ids(call: ServiceCall) -> list[str] | None:
    """Return the IDs given to an action, None if it gives common properties.

    Raises ServiceValidationError for neither, which would select all jobs, and for both.
    """
    named = [name for name in _FILTERS if name in call.data]
    if ATTR_JOB_ID not in call.data:
        if not named:
            raise action_error("no_filter")
        return None
    if named:
        raise action_error("ids_or_filter")
    job_ids = list(dict.fromkeys(call.data[ATTR_JOB_ID]))
    if not job_ids:
        raise action_error("no_jobs_match")
    return job_ids


async def async_chosen_jobs(
    call: ServiceCall,
    runtime: PrintagoRuntime,
    possible: Collection[JobStatus],
    default_statuses: Collection[JobStatus],
) -> Listing[PrintJob]:
    """Return the selected jobs whose status allows the action.

    Raises ServiceValidationError if none matches, or too many; HomeAssistantError if they can't be read.
    """
    given = call.data.get(ATTR_STATUS)
    statuses = frozenset(given if given is not None else default_statuses) & frozenset(possible)
    if not statuses:
        raise action_error("wrong_status", possible=", ".join(sorted(possible)))
    wanted = await async_job_filter(call, runtime, statuses, hidden=False)
    found = await async_find_jobs(runtime.coordinator, wanted, _MOST_CHOSEN)
    if not found.complete:
        raise action_error("too_many_jobs", most=str(_MOST_CHOSEN))
    if not found.rows:
        raise action_error("no_jobs_match")
    return found


def printer_name(coordinator: PrintagoCoordinator, printer_id: str | None) -> str | None:
    """Return the name of a printer, its ID after it left the farm."""
    printer = coordinator.farm.printers.get(printer_id or "")
    return printer.name if printer is not None else printer_id


def job_summary(coordinator: PrintagoCoordinator, job: PrintJob) -> dict[str, Any]:
    """Return a job in the response of an action."""
    return {
        "job_id": job.id,
        "label": job.label,
        "part": job.part_name,
        "sku": job.sku_name,
        "status": job.status.value if job.status is not None else None,
        "priority": _PRIORITY_NAMES.get(job.priority or 0),
        "printer": printer_name(coordinator, job.assigned_printer_id),
        "pinned_to": printer_name(coordinator, (job.required_printer_tags or {}).get(PIN)),
        "order_id": job.order_id,
        "error": job.error_message,
        "cleared": job.hidden,
        "created_at": moment_text(job.created_at),
        "started_at": moment_text(job.printing_started_at),
        "ended_at": moment_text(job.ended_at),
    }


def moment_text(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment is not None else None
