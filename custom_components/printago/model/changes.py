"""What a snapshot or a message changed. The farm reports it, so that only what changed is updated."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ..api.models.entity_event import Action
from ..api.models.order import Order
from ..api.models.records import FINAL_STATUSES, PrintJob
from ..api.models.row import Row


def was_retried(before: PrintJob, after: PrintJob) -> bool:
    """Return whether a job that had ended is a new attempt now, which may already have ended as well."""
    if before.status not in FINAL_STATUSES:
        return False
    if after.status is not before.status:
        return True
    ends = (before.printing_completed_at, after.printing_completed_at)
    return ends[0] is not None and ends[1] is not None and ends[0] < ends[1]


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job whose status changed; ``before`` is None for a new job."""

    before: PrintJob | None
    after: PrintJob
    by_snapshot: bool
    """It comes from a snapshot and may have happened a while ago."""


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What an event says about an order."""

    action: Action
    row: Row[Order]


@dataclass(slots=True)
class Changes:
    """What a snapshot or a message changed."""

    printers: set[str] = field(default_factory=set)
    """IDs of printers that changed, including those that were added."""
    telemetry_only: tuple[str, AbstractSet[str]] | None = None
    """A printer ID and the attributes of Telemetry that changed; if set, nothing else changed."""
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    jobs: bool = False
    """A job appeared, changed or disappeared."""
    job_changes: list[JobChange] = field(default_factory=list)
    """Changes of job status; empty until the first snapshot has set the initial state."""
    ended: list[PrintJob] = field(default_factory=list)
    """Jobs that are over and were mentioned, whether or not that is news; some may be only partly known."""
    order_changes: list[OrderChange] = field(default_factory=list)
    entity_types: set[str] = field(default_factory=set)
    """Watched entity types, other than printers and jobs, that an event was about."""
    materials_incomplete: bool = False
    """An event is about a slot that is not known well enough: read the slots."""
    new_features: set[str] = field(default_factory=set)
    """IDs of printers that sent a reading for the first time and so have a feature that was not known."""
    totals_changed: bool = False
    """Something changed that the totals of the farm depend on."""
    complete: bool = False
    """A snapshot listed every printer of the store; the ones it does not list are gone."""
    jobs_vanished: bool = False
    """A job is no longer open, and how it ended is not known yet."""
    needs_refresh: bool = False
    """Something is only partly known: request a snapshot."""


NO_CHANGES = Changes()
"""The result of most messages. Do not modify it."""
