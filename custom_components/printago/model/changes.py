"""What a snapshot or a message makes different: told by the farm, so that work stays limited to that."""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from ..api.models.entity_event import Action
from ..api.models.records import FINAL_STATUSES, PrintJob


def was_retried(before: PrintJob, after: PrintJob) -> bool:
    """Return whether a job that had ended is another attempt now, which may have ended in turn before anybody looked."""
    if before.status not in FINAL_STATUSES:
        return False
    if after.status is not before.status:
        return True
    ends = (before.printing_completed_at, after.printing_completed_at)
    return ends[0] is not None and ends[1] is not None and ends[0] < ends[1]


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job that got another status; ``before`` is None for one that nobody knew."""

    before: PrintJob | None
    after: PrintJob
    by_snapshot: bool
    """A snapshot has brought it, so that it may have happened a while ago."""


@dataclass(frozen=True, slots=True)
class OrderChange:
    """What an event tells of an order: its ID, and some of its fields."""

    id: str
    action: Action
    source: Mapping[str, Any]


@dataclass(slots=True)
class Changes:
    """What a snapshot or a message made different."""

    printers: set[str] = field(default_factory=set)
    """Printers of which anything changed, those that were added included."""
    telemetry_only: tuple[str, AbstractSet[str]] | None = None
    """A printer, and attributes of Telemetry that changed; where it is told, nothing else has changed at all."""
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    jobs: bool = False
    """Any job appeared, changed or went."""
    job_changes: list[JobChange] = field(default_factory=list)
    """What happened to jobs, once the first snapshot has told where everything stands."""
    order_changes: list[OrderChange] = field(default_factory=list)
    entity_types: set[str] = field(default_factory=set)
    """Watched kinds of entities, other than printers and jobs, of which an event has told."""
    materials_incomplete: bool = False
    """An event has told of a slot that nobody knows enough of: the slots must be read."""
    new_features: set[str] = field(default_factory=set)
    """Printers that told a reading for the first time: they have a part that nobody knew of."""
    totals_changed: bool = False
    """Something that the counts of the farm look at changed."""
    complete: bool = False
    """A snapshot came that names every printer of the store: what it does not name is gone."""
    jobs_vanished: bool = False
    """A job is not open any more, and nobody told how it ended."""
    needs_refresh: bool = False
    """Something is known only in part: a snapshot is needed."""


NO_CHANGES = Changes()
"""What most messages make different; not to be written to."""
