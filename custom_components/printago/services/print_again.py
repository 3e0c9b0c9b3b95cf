"""The action that prints what a job was once more."""

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..errors import action_error
from ..printing.repeated_print import async_request_again
from .helpers import async_runtime
from .job_selection import ATTR_JOB_ID, async_jobs_by_id, read_job_id
from .submit_print_job import async_submit

PRINT_AGAIN_SCHEMA = vol.Schema({vol.Required(ATTR_JOB_ID): read_job_id, vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})


async def async_print_again(call: ServiceCall) -> ServiceResponse:
    """Submit one more of what a job was, and return its builds and jobs."""
    runtime = async_runtime(call)
    job_id = call.data[ATTR_JOB_ID]
    found = await async_jobs_by_id(runtime.coordinator, [job_id])
    if (job := found.rows.get(job_id)) is None:
        raise action_error("no_jobs_match")
    request = await runtime.coordinator.async_call(async_request_again(runtime.catalog, job), reads=True)
    return await async_submit(call, runtime, request)
