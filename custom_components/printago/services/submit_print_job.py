"""The action that submits prints."""

from collections.abc import Iterable
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api.models.build import PreviewedBuild
from ..coordinator import PrintagoCoordinator
from ..printing.action_fields import NAME, whole_number
from ..printing.job_tracker import JobTracker, WaitUntil
from ..printing.request import PrintRequest, async_print_request, print_schema, required_tags
from ..printing.submission import Submitter
from ..runtime import PrintagoRuntime
from .helpers import ATTR_PRINTER, async_printer_id, async_runtime

ATTR_DRY_RUN = "dry_run"
ATTR_TAGS = "tags"
ATTR_TIMEOUT = "timeout"
ATTR_WAIT_UNTIL = "wait_until"

_MOST_SECONDS = 3600
_USUAL_SECONDS = 300


def _tag(value: str) -> str:
    """Read a single tag; it must not contain a separator."""
    if "|" in value:
        raise vol.Invalid("a tag must not contain |", translation_key="tag")
    return value


TAGS = vol.All(cv.ensure_list, [vol.All(NAME, _tag)])
WAITING: dict[vol.Marker, Any] = {
    vol.Optional(ATTR_WAIT_UNTIL): vol.Coerce(WaitUntil),
    vol.Optional(ATTR_TIMEOUT, default=_USUAL_SECONDS): vol.All(whole_number, vol.Range(min=1, max=_MOST_SECONDS)),
}

SUBMIT_PRINT_JOB_SCHEMA = print_schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_PRINTER): cv.string,
        vol.Optional(ATTR_TAGS): TAGS,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
        **WAITING,
    }
)


async def async_submit_print_job(call: ServiceCall) -> ServiceResponse:
    """Submit a print, and return its builds and jobs."""
    runtime = async_runtime(call)
    coordinator = runtime.coordinator
    tags = tags_of(call, coordinator)
    request = await coordinator.async_call(async_print_request(runtime.catalog, call.data, tags), reads=True)
    if call.data[ATTR_DRY_RUN]:
        preview = await coordinator.async_call(coordinator.client.products.preview_build(request.build), reads=True)
        return _preview_response(preview) if call.return_response else None
    return await async_submit(call, runtime, request)


async def async_submit(call: ServiceCall, runtime: PrintagoRuntime, request: PrintRequest) -> dict[str, Any] | None:
    """Submit a print, wait until its jobs have reached the step that the call asks for, and return its response.

    If they do not reach it in time, the response says so. Raises HomeAssistantError, as ``Submitter`` does.
    """
    wait_until: WaitUntil | None = call.data.get(ATTR_WAIT_UNTIL)
    with JobTracker(runtime.coordinator) as tracker:
        submission = await Submitter(runtime.coordinator, runtime.catalog).async_submit(
            request, tracker, find_jobs=call.return_response or wait_until is not None
        )
        reached = (
            {} if wait_until is None else {"reached": await tracker.async_wait(wait_until, call.data[ATTR_TIMEOUT])}
        )
    response = {**submission.as_response(tracker), **reached, "jobs": tracker.as_response()}
    return response if call.return_response else None


def _preview_response(preview: Iterable[PreviewedBuild]) -> dict[str, Any]:
    builds: list[dict[str, Any]] = [
        {
            "part_id": build.part_id,
            "part": build.part_name,
            "sku": build.sku,
            "label": build.label,
            "quantity": build.quantity,
            "jobs": [
                {"label": job.label, "number": job.number, "of": job.of, "plate": job.plate} for job in build.jobs
            ],
        }
        for build in preview
    ]
    return {"dry_run": True, "builds": builds, "job_count": sum(len(build["jobs"]) for build in builds)}


def tags_of(call: ServiceCall, coordinator: PrintagoCoordinator) -> dict[str, str]:
    """Return the tags that a printer must all match."""
    device_id = call.data.get(ATTR_PRINTER)
    printer_id = async_printer_id(call.hass, coordinator, device_id) if device_id is not None else None
    return required_tags(coordinator, call.data.get(ATTR_TAGS, ()), printer_id)
