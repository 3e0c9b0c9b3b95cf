"""Adds up the past of a virtual farm by its own rules, to compare it with the integration's results."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from virtual_farm import VirtualFarm

FINAL = ("completed", "failed", "cancelled")
EVERYWHERE = None
"""The farm as a whole."""

type ByHour = Counter[tuple[int, str | None]]


@dataclass
class Sums:
    """What is counted, by hour since 1970 and printer."""

    completed: ByHour = field(default_factory=Counter)
    failed: ByHour = field(default_factory=Counter)
    seconds: ByHour = field(default_factory=Counter)
    grams: ByHour = field(default_factory=Counter)
    """In thousandths."""
    cost: ByHour = field(default_factory=Counter)
    """In ten-thousandths."""

    def of(self, printer: str | None) -> tuple[int, int, int]:
        """Return the totals of a printer, or of the farm, without those that depend on estimates and prices."""
        totals = (self.completed, self.failed, self.seconds)
        return tuple(sum(n for (_, of), n in one.items() if of == printer) for one in totals)  # type: ignore[return-value]

    def all(self) -> tuple[ByHour, ...]:
        """Return what is exported as statistics, in their order."""
        return self.completed, self.failed, self.seconds, self.grams, self.cost

    def add(self, farm: VirtualFarm, job: Any) -> None:
        """Add a job that is over, as it is now."""
        end = int(moment(ended_at(job)).timestamp())
        seconds = None
        if job.printing_started_at is not None:
            seconds = end - int(moment(job.printing_started_at).timestamp())
        grams, cost = _used(farm, job, seconds)
        for key in {(end // 3600, EVERYWHERE), (end // 3600, job.assigned_printer_id)}:
            self.completed[key] += job.status == "completed"
            self.failed[key] += job.status == "failed"
            self.seconds[key] += seconds or 0
            self.grams[key] += round((grams or 0) * 1000)
            self.cost[key] += round((cost or 0) * 10_000)


def _used(farm: VirtualFarm, job: Any, seconds: int | None) -> tuple[float | None, float | None]:
    """Return grams and cost of a job of one filament: by its time if it did not finish; None if unknown."""
    part = farm.world.parts.get(job.part_id)
    if part is None:
        return None, None
    estimate = part["slicingEstimate"]
    finished = job.status == "completed"
    share = 1.0 if finished else min((seconds or 0) / estimate["estimatedPrintTimeSeconds"], 1.0)
    (usage,) = estimate["materials"]
    grams = usage["usedGrams"] * share
    prices = {row["pricePer1000g"] for row in farm.world.materials.values() if row["type"] == usage["materialType"]}
    # Of several materials of a type with different prices, it is unknown which was used.
    if grams and len(prices) != 1:
        return grams, None
    material = grams * prices.pop() / 1000 if grams else 0.0
    return grams, round(material + (_extra(farm, job.sku_id) if finished and job.sku_id is not None else 0.0), 4)


def _extra(farm: VirtualFarm, sku_id: str) -> float:
    """Return labor and overhead of one job of an SKU."""
    world = farm.world
    total: dict[str, float] = defaultdict(float)
    for cost in world.sku_costs.values():
        component = world.cost_components[cost["costComponentId"]]
        if cost["skuId"] == sku_id:
            total[component["type"]] += component["rate"] * cost["quantity"]
    jobs = sum(linked["quantity"] for linked in world.linked_parts.values() if linked["skuId"] == sku_id)
    return (total["labor"] + total["overhead"]) / jobs


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
        sums.add(farm, job)
    return sums
