"""Printing what a job has printed once more."""

from ..api import PrintJob
from ..api.models.build import BuildConfig
from ..api.models.records import NORMAL_PRIORITY
from ..errors import action_error
from .catalog import Catalog
from .request import PrintRequest


async def async_request_again(catalog: Catalog, job: PrintJob) -> PrintRequest:
    """Return the request for one more of what a job was, with its parameters, materials, tags and label.

    Raises PrintagoError, and ServiceValidationError if the part or SKU is gone.
    """
    tags = dict(job.required_printer_tags or {})
    config = BuildConfig(
        quantity=1,
        priority=job.priority or NORMAL_PRIORITY,
        position="back",
        tags=tags,
        label=job.label or None,
        parameters=job.parameters,
        plates={str(job.plate): 1} if job.plate is not None else None,
        materials=job.wanted_materials,
    )
    if job.sku_id is not None:
        sku = await catalog.async_find_sku(job.sku_id)
        # What the job was printed with is not that of the other parts.
        of_part = [job.part_id] if job.part_id in sku.part_ids else []
        return PrintRequest(
            build=config.of_sku(sku.id, [part_id for part_id in of_part if part_id is not None]),
            sku_id=sku.id,
            part_builds=max(1, len(sku.part_ids)),
            tags=tags,
        )
    if job.part_id is None:
        raise action_error("job_without_part", job=job.title)
    part = await catalog.async_find_part(job.part_id)
    return PrintRequest(build=config.of_part(part.id), part_id=part.id, label=job.label or None, tags=tags)
