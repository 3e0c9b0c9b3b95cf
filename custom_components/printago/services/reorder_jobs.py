"""The action that puts jobs that wait into another order."""

from collections.abc import Sequence
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import PrintJob
from ..errors import action_error
from ..printing.action_fields import at_most_one, whole_number
from ..printing.queue_order import async_reorder, async_waiting_jobs, moved, swapped
from ..printing.request import ATTR_POSITION
from .helpers import async_coordinator
from .job_selection import ATTR_JOB_ID, JOB_IDS, read_job_id

ATTR_AFTER = "after"
ATTR_BEFORE = "before"

REORDER_JOBS_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Required(ATTR_JOB_ID): vol.All(JOB_IDS, vol.Length(min=1)),
            vol.Optional(ATTR_BEFORE): read_job_id,
            vol.Optional(ATTR_AFTER): read_job_id,
            vol.Optional(ATTR_POSITION): vol.All(whole_number, vol.Range(min=1)),
        }
    ),
    at_most_one(ATTR_BEFORE, ATTR_AFTER, ATTR_POSITION),
)


async def async_reorder_jobs(call: ServiceCall) -> ServiceResponse:
    """Put jobs into the order in which they are named, at the place that is asked for, and return where they are now."""
    coordinator = async_coordinator(call)
    queue = await async_waiting_jobs(coordinator)
    wanted = _wanted(queue, call.data)
    await async_reorder(coordinator, wanted)
    if not call.return_response:
        return None
    job_ids = frozenset(call.data[ATTR_JOB_ID])
    return {
        "jobs": [
            {"job_id": job.id, "label": job.label, "part": job.part_name, "position": position}
            for position, job in enumerate(wanted, 1)
            if job.id in job_ids
        ]
    }


def _wanted(queue: Sequence[PrintJob], data: dict[str, Any]) -> list[PrintJob]:
    """Return the whole queue as it is wanted; raises ServiceValidationError for a job that does not wait."""
    moving = list(dict.fromkeys(data[ATTR_JOB_ID]))
    beside = data.get(ATTR_BEFORE) or data.get(ATTR_AFTER)
    known = {job.id for job in queue}
    if missing := [job_id for job_id in (*moving, beside) if job_id is not None and job_id not in known]:
        raise action_error("jobs_not_waiting", jobs=", ".join(missing))
    if ATTR_POSITION in data:
        return moved(queue, moving, data[ATTR_POSITION] - 1)
    if beside is None:
        return swapped(queue, moving)
    others = [job.id for job in queue if job.id not in moving]
    if beside not in others:
        raise action_error("job_beside_itself", job=beside)
    return moved(queue, moving, others.index(beside) + (ATTR_AFTER in data))
