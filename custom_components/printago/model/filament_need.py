"""The filament that a print takes, by the estimate of its part."""

from dataclasses import dataclass, field, replace

from ..api.models.estimate import Estimate, MaterialUsage
from ..api.models.filament import SlotAddress
from ..api.models.job_material import Assignments, MappedFilament, MaterialChoice
from ..api.models.records import PrintJob


@dataclass(frozen=True, slots=True)
class PartNeeds:
    """The data of a part that its filament depends on."""

    estimate: Estimate | None = None
    assignments: Assignments = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilamentNeed:
    """The use of one filament by a print."""

    choices: tuple[MaterialChoice, ...]
    """The possible materials, in order of preference; empty if unknown."""
    grams: float | None
    """Grams of one copy; None until the part is sliced."""
    place: SlotAddress | None = None
    """Its slot, once the job has a printer."""


def estimate_of(job: PrintJob, part: PartNeeds | None) -> Estimate | None:
    """Return the estimate of a job's part, or of its plate; None if unknown."""
    estimate = part.estimate if part is not None else None
    if estimate is None or job.plate is None or estimate.plates is None:
        return estimate
    return estimate.plates.get(job.plate)


def filament_needs(job: PrintJob, part: PartNeeds | None) -> tuple[FilamentNeed, ...]:
    """Return all needs of a job, one for each filament; ``part`` is its part, None if unknown."""
    usages = _usages(estimate_of(job, part))
    assigned = job.wanted_materials or (part.assignments if part is not None else {})
    mapped = list(job.mapping.filaments) if job.mapping is not None else []
    if not usages:
        count = len(mapped) or max(assigned, default=0) + 1
        usages = [MaterialUsage(index=index) for index in range(count) if not mapped or mapped[index] is not None]
    used = [filament for filament in mapped if filament is not None]
    needs: list[FilamentNeed] = []
    for number, usage in enumerate(usages):
        index = number if usage.index is None else usage.index
        if len(used) == len(usages):
            loaded: MappedFilament | None = used[number]
        else:
            loaded = mapped[index] if index < len(mapped) else None
        if loaded is not None and loaded.choice is not None:
            choices: tuple[MaterialChoice, ...] = (loaded.choice,)
        elif not (choices := assigned.get(index, ())) and usage.type is not None:
            choices = (MaterialChoice(material_type=usage.type),)
        needs.append(FilamentNeed(choices, usage.grams, loaded.place if loaded is not None else None))
    return tuple(needs)


def _usages(estimate: Estimate | None) -> list[MaterialUsage]:
    if estimate is None:
        return []
    usages = [usage for usage in estimate.materials if usage.grams != 0]
    if len(usages) == 1 and usages[0].grams is None:
        return [replace(usages[0], grams=estimate.grams)]
    return usages or ([MaterialUsage(index=0, grams=estimate.grams)] if estimate.grams is not None else [])
