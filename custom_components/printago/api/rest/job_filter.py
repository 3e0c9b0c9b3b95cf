"""Filters of job lists."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..models.fields import MAX_TEXT, timestamp
from ..models.records import JobStatus, PrintJob


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Properties that jobs must have; None matches all."""

    ids: Collection[str] | None = None
    statuses: Collection[JobStatus] | None = None
    printer_id: str | None = None
    part_id: str | None = None
    sku_id: str | None = None
    order_id: str | None = None
    part_builds: Collection[str] | None = None
    order_ids: Collection[str] | None = None
    labels: Collection[str] | None = None
    """Any of these spellings of one label."""
    since: datetime | None = None
    """When they ended, or, if they have not ended, were last changed."""
    created_since: datetime | None = None
    hidden: bool | None = None

    @property
    def query(self) -> dict[str, str]:
        """Return the filters of the list call."""
        query = {
            "id.in": ",".join(self.ids) if self.ids is not None else None,
            "status.in": ",".join(sorted(self.statuses)) if self.statuses is not None else None,
            "assignedPrinterId.eq": self.printer_id,
            "partId.eq": self.part_id,
            "skuId.eq": self.sku_id,
            "orderId.eq": self.order_id,
            "partBuildId.in": ",".join(self.part_builds) if self.part_builds is not None else None,
            "orderId.in": ",".join(self.order_ids) if self.order_ids is not None else None,
            "label.eq": self._only_label,
            # Jobs that have ended since then were also changed since then.
            "updatedAt.gte": timestamp(self.since) if self.since is not None else None,
            "createdAt.gte": timestamp(self.created_since) if self.created_since is not None else None,
            "hidden.eq": str(self.hidden).lower() if self.hidden is not None else None,
        }
        return {name: value for name, value in query.items() if value is not None}

    @property
    def _only_label(self) -> str | None:
        # Only the beginning of a long label is stored, so the whole label is unknown.
        (label, *others) = self.labels or (None,)
        return None if others or label is None or len(label) >= MAX_TEXT else label

    def matches(self, row: Mapping[str, Any]) -> bool:
        """Return whether a job matches: a server that does not know a filter returns other jobs as well."""
        job = PrintJob.from_json("", row)
        wanted_of = (
            (self.printer_id, job.assigned_printer_id),
            (self.part_id, job.part_id),
            (self.order_id, job.order_id),
            (self.hidden, job.hidden),
        )
        if any(wanted is not None and wanted != actual for wanted, actual in wanted_of):
            return False
        if self.ids is not None and row["id"] not in self.ids:
            return False
        if self.labels is not None and job.label not in self.labels:
            return False
        if self.statuses is not None and job.status not in self.statuses:
            return False
        moment = job.ended_at or job.updated_at
        return self.since is None or (moment is not None and moment >= self.since)
