"""Printers, jobs and other records of the cloud as typed values.

Field names and types are those of the vendor's OpenAPI description. Each record is immutable; ``changed`` returns a
copy with the fields of a message applied. Secrets of printers in ``metadata`` are never read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
import math
from typing import Any, ClassVar, Self, override

import orjson

from ..redaction import without_signed_urls
from . import fields as f
from .filament import SlotAddress
from .job_material import read_assignments, read_job_mapping, read_plate
from .lazy import LazyRecord, lazily
from .tags import plain_tags


class JobStatus(StrEnum):
    """The statuses of a print job, in their order."""

    PENDING = "pending"
    ASSIGNED = "assigned"
    SLICING = "slicing"
    SLICED = "sliced"
    FINALIZING = "finalizing"
    WAITING_FOR_APPROVAL = "waiting-for-approval"
    READY_FOR_PRINTER = "ready-for-printer"
    SENDING_TO_PRINTER = "sending-to-printer"
    PRINTING = "printing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL_STATUSES = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})
IN_PROGRESS_STATUSES = frozenset(JobStatus) - FINAL_STATUSES - {JobStatus.PENDING}
"""A printer is reserved: from assigned to paused."""
_AT_PRINTER_STATUSES = frozenset({JobStatus.SENDING_TO_PRINTER, JobStatus.PRINTING, JobStatus.PAUSED})
NORMAL_PRIORITY, LOW_PRIORITY = 100, 1000
"""The two tiers of the queue: a higher number waits behind all lower ones."""


_STATUS_OF = {status.value: status for status in JobStatus}


def _job_status(raw: object) -> JobStatus:
    if not isinstance(raw, str) or raw not in _STATUS_OF:
        raise f.UnreadableError
    return _STATUS_OF[raw]


def _read_error_message(raw: object) -> str:
    """Read an error message, which may contain the signed URL that failed."""
    if not isinstance(raw, str):
        raise f.UnreadableError
    return f.text(without_signed_urls(raw))


def _tags(raw: object) -> Mapping[str, str]:
    if not isinstance(raw, Mapping):
        raise f.UnreadableError
    return {
        f.text(key): plain_tags(f.path_text(value))
        for key, value in islice(raw.items(), _MOST_TAGS)
        if isinstance(value, str) and len(value) <= f.MAX_PATH
    }


def _parameters(raw: object) -> Mapping[str, Any]:
    if not isinstance(raw, list):
        raise f.UnreadableError
    return {
        row["name"]: row["value"]
        for row in raw[:_MOST_TAGS]
        if isinstance(row, Mapping)
        and isinstance(row.get("name"), str)
        and isinstance(row.get("value"), bool | int | float | str)
    }


_MOST_TAGS = 100
_COUNT = f.whole(0, 1_000_000_000)

_PRINTER_FIELDS: f.Fields = {
    "name": ("name", f.text),
    "provider": ("provider", f.text),
    "deviceId": ("serial_number", f.text),
    "nozzleDiameter": ("nozzle_diameter", f.text),
    "enabled": ("enabled", f.flag),
    "tags": ("tags", f.texts),
    "confirmedReady": ("confirmed_ready", f.flag),
    "printingJobId": ("printing_job_id", f.reference),
    "lastPrintedAt": ("last_printed_at", f.moment),
    "continuousPrint": ("continuous_print", f.flag),
    "fabmaticRemainingJobs": ("fabmatic_remaining_jobs", _COUNT),
    "lifetimePrintHours": ("lifetime_print_hours", f.number(0, 10_000_000)),
    "lifetimeJobCount": ("lifetime_job_count", _COUNT),
    "isInMaintenance": ("in_maintenance", f.flag),
    "updatedAt": ("updated_at", f.moment),
}
_PRINTER_METADATA_FIELDS: f.Fields = {
    # The model determines how hot a bed may get.
    "dev_product_name": ("model", f.deciding(f.text)),
    "dev_model_name": ("model_id", f.deciding(f.text)),
}
_CONNECTION_FIELDS = (("isOnline", "is_online"), ("isAvailable", "is_available"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Base of the records: reads JSON and applies changed fields."""

    FIELDS: ClassVar[f.Fields] = {}
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset()
    """Attributes without null in the vendor's schema: null and unreadable values keep the known value."""

    id: str

    @classmethod
    def read(cls, source: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that ``source`` mentions."""
        values = f.read_fields(source, cls.FIELDS)
        for name in cls.NEVER_NULL:
            if name in values and values[name] is None:
                del values[name]
        return values

    @classmethod
    def from_json(cls, identifier: str, source: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Self:
        """Create a complete record; missing or unreadable fields keep their defaults.

        ``values`` is what ``read`` has returned for ``source`` already.
        """
        return cls(id=identifier, **(cls.read(source) if values is None else values))

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return the record with ``values`` (of ``read``) applied; the same object if nothing differs."""
        if all(getattr(self, name) == value for name, value in values.items()):
            return self
        return replace(self, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer(Record):
    """A printer's record in the store; telemetry is separate.

    Telemetry also has the flags online and available, so the farm model keeps those two.
    """

    FIELDS: ClassVar[f.Fields] = _PRINTER_FIELDS
    NEVER_NULL: ClassVar[frozenset[str]] = frozenset(
        {"name", "enabled", "tags", "confirmed_ready", "continuous_print", "in_maintenance", "updated_at"}
    )

    name: str | None = None
    provider: str | None = None
    serial_number: str | None = None
    nozzle_diameter: str | None = None
    model: str | None = None
    model_id: str | None = None
    enabled: bool = True
    tags: tuple[str, ...] = ()
    confirmed_ready: bool | None = None
    printing_job_id: str | None = None
    last_printed_at: datetime | None = None
    continuous_print: bool = False
    fabmatic_remaining_jobs: int | None = None
    lifetime_print_hours: float | None = None
    lifetime_job_count: int | None = None
    in_maintenance: bool = False
    updated_at: datetime | None = None

    @override
    @classmethod
    def read(cls, source: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that ``source`` mentions; of the metadata only the model is read."""
        return super().read(source) | f.read_fields(source.get("metadata"), _PRINTER_METADATA_FIELDS)


class PrintJob(LazyRecord):
    """A job that prints one copy of a part."""

    status = lazily("status", _job_status, nullable=False)
    part_build_id = lazily("partBuildId", f.reference)
    part_id = lazily("partId", f.reference)
    part_name = lazily("partName", f.filled_text)
    sku_id = lazily("skuId", f.reference)
    sku_name = lazily("skuName", f.text)
    order_id = lazily("orderId", f.reference)
    label = lazily("label", f.path_text)
    quantity_index = lazily("quantityIndex", _COUNT)
    quantity_total = lazily("quantityTotal", _COUNT)
    queue_order = lazily("queueOrder", f.number(0, 1e15))
    priority = lazily("priority", _COUNT)
    assigned_printer_id = lazily("assignedPrinterId", f.reference)
    required_printer_tags = lazily("requiredPrinterTags", _tags)
    error_message = lazily("errorMessage", _read_error_message)
    hidden = lazily("hidden", f.flag, default=False, nullable=False)
    printing_started_at = lazily("printingStartedAt", f.moment)
    printing_completed_at = lazily("printingCompletedAt", f.moment)
    cancelled_at = lazily("cancelledAt", f.moment)
    mapping = lazily("materialMapping", read_job_mapping)
    """The slots and materials that it uses, once the job has a printer."""
    parameters = lazily("parameterOverrides", _parameters)
    """Values of the part's parameters, by name."""
    wanted_materials = lazily("materialAssignments", read_assignments)
    """The job's own choice of materials; None or empty for that of its part."""
    plate = lazily("extensions", read_plate)
    """The number of the only plate of the part that it prints; None for all of it."""
    colored_thumbnail = lazily("coloredThumbnailUri", f.path_text)
    build_thumbnail = lazily("buildThumbnailUri", f.path_text)
    thumbnail = lazily("thumbnailUri", f.path_text)
    created_at = lazily("createdAt", f.moment)
    updated_at = lazily("updatedAt", f.moment, nullable=False)

    @property
    def title(self) -> str:
        """Return the display name: label, else part, else ID; cut to the length of a state."""
        return f.text(self.label) if self.label and self.label.strip() else self.part_name or self.id

    @property
    def ended_at(self) -> datetime | None:
        """Return when the job ended, by whichever field of this attempt says so; None if it has not ended."""
        if self.status not in FINAL_STATUSES:
            return None
        ended_at = self.cancelled_at if self.status is JobStatus.CANCELLED else self.printing_completed_at
        if ended_at is None or (self.printing_started_at is not None and ended_at < self.printing_started_at):
            return self.updated_at
        return ended_at

    @property
    def filament_key(self) -> bytes | None:
        """Return what is the same for jobs of a part that print the same of it with the same filament; None if unclear."""
        if self._laid_over:
            return None
        return orjson.dumps([self.source_of(key) for key in ("materialMapping", "materialAssignments", "extensions")])

    @property
    def places(self) -> frozenset[SlotAddress] | None:
        """Return the slots that the filament comes from; None until the job has a printer."""
        return self.mapping.places if self.mapping is not None else None

    @property
    def cover(self) -> str | None:
        """Return the storage path of the best picture of the print."""
        return self.colored_thumbnail or self.build_thumbnail or self.thumbnail

    @property
    def in_progress(self) -> bool:
        """Return whether a printer is reserved for it."""
        return self.status in IN_PROGRESS_STATUSES

    @property
    def at_printer(self) -> bool:
        """Return whether a printer prints it, has paused it, or receives it."""
        return self.status in _AT_PRINTER_STATUSES


def place_in_queue(job: PrintJob) -> tuple[float, float, float, str]:
    """Return the sort key of Printago's queue order: by tier, then by number.

    Jobs without a number come last in their tier, oldest first; a job without a tier is normal.
    """
    tier = NORMAL_PRIORITY if job.priority is None else job.priority
    if job.queue_order is not None:
        return (tier, job.queue_order, 0.0, job.id)
    return (tier, math.inf, job.created_at.timestamp() if job.created_at is not None else math.inf, job.id)


def read_moment(raw: object) -> datetime | None:
    """Read a time of the cloud; None if invalid."""
    try:
        return f.moment(raw)
    except f.UnreadableError:
        return None


def read_connection(source: Mapping[str, Any]) -> dict[str, bool]:
    """Return the flags ``is_online`` and ``is_available`` that ``source`` mentions; null keeps the known flag."""
    return {name: value for key, name in _CONNECTION_FIELDS if isinstance(value := source.get(key), bool)}
