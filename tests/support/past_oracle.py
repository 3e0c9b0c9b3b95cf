"""Adds up the past of a virtual farm by its own rules, to compare it with the integration's results."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from virtual_farm import VirtualFarm

FINAL = ("completed", "failed", "cancelled")
EVERYWHERE = None
"""The farm as a whole."""


@dataclass
class Sums:
    """What is counted, by hour since 1970 and printer."""

    completed: Counter[tuple[int, str | None]] = field(default_factory=Counter)
    failed: Counter[tuple[int, str | None]] = field(default_factory=Counter)
    seconds: Counter[tuple[int, str | None]] = field(default_factory=Counter)

    def of(self, printer: str | None) -> tuple[int, int, int]:
        """Return the totals of a printer, or of the farm."""
        totals = (self.completed, self.failed, self.seconds)
        return tuple(sum(n for (_, of), n in one.items() if of == printer) for one in totals)  # type: ignore[return-value]


def ended_at(job: Any) -> str:
    """Return when a job ended, as it says."""
    return str(job.cancelled_at if job.status == "cancelled" else job.printing_completed_at)


def past_jobs(farm: VirtualFarm) -> Iterator[Any]:
    """Yield the jobs that are over."""
    return (job for job in farm.world.jobs.values() if job.status in FINAL)


def moment(text: str) -> datetime:
    """Read a time of the farm."""
    return datetime.fromisoformat(text).astimezone(UTC)


def add_up(farm: VirtualFarm) -> Sums:
    """Return the sums of everything that the farm has printed."""
    sums = Sums()
    for job in past_jobs(farm):
        end = int(moment(ended_at(job)).timestamp())
        for key in {(end // 3600, EVERYWHERE), (end // 3600, job.assigned_printer_id)}:
            sums.completed[key] += job.status == "completed"
            sums.failed[key] += job.status == "failed"
            if job.printing_started_at is not None:
                sums.seconds[key] += end - int(moment(job.printing_started_at).timestamp())
    return sums
