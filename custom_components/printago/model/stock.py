"""Filament and prices of a store: spools, materials of parts, groups of materials, costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..api.models.job_material import Assignments, MaterialChoice
from ..api.models.material import MaterialInstance
from ..api.models.product import Part
from ..api.models.records import PrintJob
from .filament_need import FilamentNeed, PartNeeds, filament_needs
from .materials import Materials
from .price_list import PriceList

DEFAULT_SPOOL_GRAMS = 1000.0


@dataclass(frozen=True, slots=True)
class MaterialGroup:
    """A group of alternative materials."""

    name: str | None
    members: tuple[MaterialChoice, ...]


@dataclass(slots=True)
class Stock:
    """The filament of a store, except the loaded one."""

    materials: Materials
    prices: PriceList = field(init=False)
    parts: dict[str, PartNeeds] = field(default_factory=dict)
    parts_known: bool = False
    """The parts were read."""
    spools: dict[str, MaterialInstance] = field(default_factory=dict)
    spools_known: bool = False
    """The spools were read."""
    groups: dict[str, MaterialGroup] = field(default_factory=dict)
    spool_grams: dict[str, float] = field(default_factory=dict)
    """Filament weight of a full spool by material ID, if a user has set it."""
    _needs: dict[str, tuple[PrintJob, PartNeeds | None, tuple[FilamentNeed, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Price the materials of the store."""
        self.prices = PriceList(self.materials)

    def needs(self, job: PrintJob) -> tuple[FilamentNeed, ...]:
        """Return all needs of a job, one for each filament."""
        return filament_needs(job, self.parts.get(job.part_id or ""))

    def needs_of(self, jobs: Iterable[PrintJob]) -> list[tuple[PrintJob, tuple[FilamentNeed, ...]]]:
        """Return jobs with their needs; unchanged ones are not computed again."""
        kept, self._needs = self._needs, {}
        found: list[tuple[PrintJob, tuple[FilamentNeed, ...]]] = []
        for job in jobs:
            part = self.parts.get(job.part_id or "")
            known = kept.get(job.id)
            if known is None or known[0] is not job or known[1] is not part:
                known = (job, part, filament_needs(job, part))
            self._needs[job.id] = known
            found.append((job, known[2]))
        return found

    def take_parts(self, parts: Mapping[str, PartNeeds], *, complete: bool) -> None:
        """Replace the parts; a list that is not complete removes none."""
        kept = {} if complete else self.parts
        # Jobs of an unchanged part need not be computed again.
        same = {key: known for key, new in parts.items() if (known := self.parts.get(key)) == new and known is not None}
        self.parts = {**kept, **parts, **same}
        self.parts_known = True

    def take_spools(self, spools: Mapping[str, MaterialInstance]) -> None:
        """Replace the spools by a complete list."""
        self.spools = dict(spools)
        self.spools_known = True

    def take_groups(self, names: Mapping[str, str | None], members: Mapping[str, list[MaterialChoice]]) -> None:
        """Replace the groups of materials."""
        # A group that does not exist is empty, so that it is not read again.
        self.groups = {
            group_id: MaterialGroup(names.get(group_id), tuple(members.get(group_id, ())))
            for group_id in names.keys() | members.keys() | self._wanted_groups()
        }

    def missing_groups(self) -> set[str]:
        """Return the unknown groups that jobs refer to."""
        return self._wanted_groups() - self.groups.keys()

    def _wanted_groups(self) -> set[str]:
        return {
            choice.group_id
            for _, _, needs in self._needs.values()
            for need in needs
            for choice in need.choices
            if choice.group_id is not None
        }


def part_needs(parts: Mapping[str, Part], assignments: Mapping[str, Assignments]) -> dict[str, PartNeeds]:
    """Return the needs of parts, from their records and their assigned materials."""
    return {part_id: PartNeeds(part.estimate, assignments.get(part_id, {})) for part_id, part in parts.items()}


def loaded_spool_ids(materials: Materials) -> set[str]:
    """Return the IDs of the spools that are in a printer."""
    return {slot.instance_id for slot in materials.slots.values() if slot.instance_id is not None}
