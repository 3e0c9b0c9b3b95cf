"""The material table: what the queue needs of each material, where it is loaded, what is in stock, and what is short."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..api.models.job_material import MaterialChoice
from ..api.models.records import JobStatus, PrintJob, place_in_queue
from .filament_lots import FilamentKind, Lot, filament_lots
from .filament_need import FilamentNeed
from .printer import PrinterState
from .stock import Stock

_RUNNING = frozenset({JobStatus.PRINTING, JobStatus.PAUSED})
_WAITING = frozenset(JobStatus) - _RUNNING - {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
_TRACE = 0.05
"""Fewer grams than this count as nothing."""
_MOST_NAMED = 20


@dataclass(slots=True)
class MaterialRow:
    """A material, or several alternatives, and its stock; weights are in grams."""

    choices: tuple[MaterialChoice, ...]
    material: str | None
    """The name of the material; None if the job does not name one."""
    color: str | None = None
    """The name of the color; None for any color."""
    color_code: str | None = None
    needed: float = 0.0
    """Grams that the waiting jobs take, if sliced."""
    jobs: list[PrintJob] = field(default_factory=list)
    """The waiting jobs that need it."""
    jobs_not_sliced: int = 0
    """How many of them have an unknown weight."""
    loaded: list[Lot] = field(default_factory=list)
    stock: list[Lot] = field(default_factory=list)
    missing: float = 0.0
    """Grams that no tray and no spool covers."""
    covered: bool | None = True
    """None if it depends on an unknown weight."""
    short_prints: list[str] = field(default_factory=list)
    """The printers whose running print takes more than its tray has left."""

    @property
    def key(self) -> str:
        """Return its identity, also across restarts."""
        return "|".join(",".join(f"{name}={value}" for name, value in c.as_json().items()) for c in self.choices)

    @property
    def short(self) -> bool:
        """Return whether there is too little of it."""
        return self.covered is False or bool(self.short_prints)

    @property
    def name(self) -> str | None:
        """Return the display name of material and color."""
        return " ".join(filter(None, (self.material, self.color))) or None

    @property
    def jobs_named(self) -> list[str]:
        """Return the names of the first waiting jobs that need it."""
        return [job.title for job in self.jobs[:_MOST_NAMED]]

    def as_dict(self) -> dict[str, Any]:
        """Return it for an action or an attribute, with the first trays and jobs."""
        return {
            "material": self.material,
            "color": self.color,
            "color_code": self.color_code,
            "needed": round(self.needed, 1),
            "loaded": round(sum(lot.grams or 0.0 for lot in self.loaded), 1),
            "trays": [_loaded(lot) for lot in self.loaded[:_MOST_NAMED]],
            "in_stock": round(sum(lot.grams or 0.0 for lot in self.stock), 1),
            "spools": len(self.stock),
            "missing": round(self.missing, 1),
            "covered": self.covered,
            "jobs": self.jobs_named,
            "jobs_waiting": len(self.jobs),
            "jobs_not_sliced": self.jobs_not_sliced,
            "short_prints": list(self.short_prints),
        }


@dataclass(frozen=True, slots=True)
class MaterialTable:
    """The material table at one time."""

    rows: tuple[MaterialRow, ...] = ()
    """Short materials first."""
    described: list[dict[str, Any]] = field(default_factory=list)
    """The rows for actions and attributes."""

    @property
    def short(self) -> list[MaterialRow]:
        """Return the rows with a shortage."""
        return [row for row in self.rows if row.short]


def _loaded(lot: Lot) -> dict[str, Any]:
    assert lot.printer is not None
    assert lot.place is not None
    grams = None if lot.grams is None else round(lot.grams, 1)
    return {"printer": lot.printer.name, "tray": lot.place.key, "grams": grams}


def material_table(jobs: Iterable[PrintJob], stock: Stock, printers: Mapping[str, PrinterState]) -> MaterialTable:
    """Return a row for each material that the jobs need, short ones first.

    A lot is only used once: first for the print that runs from it, then for the materials with the fewest alternatives.
    If a lot of unknown weight could cover a material, it does not count as short.
    """
    lots = filament_lots(stock, printers)
    by_kind: dict[FilamentKind, list[Lot]] = {}
    for lot in lots:
        by_kind.setdefault(lot.kind, []).append(lot)
    rows: dict[tuple[MaterialChoice, ...], MaterialRow] = {}

    def row_of(need: FilamentNeed) -> MaterialRow:
        choices = tuple(map(_exact, need.choices))
        if (row := rows.get(choices)) is None:
            row = rows[choices] = _new_row(choices, stock)
            for kind, members in by_kind.items():
                if kind.is_one_of(choices, stock.groups):
                    row.loaded += [lot for lot in members if lot.printer is not None]
                    row.stock += [lot for lot in members if lot.printer is None]
        return row

    placed = {(lot.printer.id, lot.place): lot for lot in lots if lot.printer is not None}
    waiting = []
    for job, needs in stock.needs_of(job for job in jobs if job.status in _RUNNING or job.status in _WAITING):
        if job.status in _WAITING:
            waiting.append((job, needs))
            continue
        printer = printers.get(job.assigned_printer_id or "")
        for need in needs:
            source = placed.get((printer.id, need.place)) if printer is not None else None
            if printer is not None and source is not None and _is_short(need, printer, source):
                row_of(replace(need, choices=(source.kind.choice,))).short_prints.append(printer.name)
    for job, needs in sorted(waiting, key=lambda item: place_in_queue(item[0])):
        for need in needs:
            row = row_of(need)
            row.needed += need.grams or 0.0
            row.jobs_not_sliced += need.grams is None
            if not row.jobs or row.jobs[-1] is not job:
                row.jobs.append(job)
    for row in sorted(rows.values(), key=_exactness):
        _cover(row)
    for row in rows.values():
        row.loaded = [lot for lot in row.loaded if lot.grams != 0]
    ordered = sorted(rows.values(), key=lambda row: (not row.short, row.material is None, row.name or ""))
    return MaterialTable(tuple(ordered), [row.as_dict() for row in ordered])


def _is_short(need: FilamentNeed, printer: PrinterState, lot: Lot) -> bool:
    """Use the rest of a running print from its tray; return whether that is more than there is."""
    percent = printer.telemetry.percent
    if lot.left is None or need.grams is None or percent is None:
        return False
    rest = need.grams * (100 - percent) / 100
    return rest - lot.take(rest) > _TRACE


def _exactness(row: MaterialRow) -> tuple[int, int]:
    """Return the sort key of rows, fewest alternatives first: a color comes before any color of its material."""
    steps = ("variant_id", "material_id", "material_type", "group_id")
    exact = [next(step for step, name in enumerate(steps) if getattr(choice, name)) for choice in row.choices]
    return max(exact, default=len(steps)), len(row.loaded) + len(row.stock)


def _cover(row: MaterialRow) -> None:
    if not row.jobs:
        return
    lots = [*row.loaded, *row.stock]
    row.missing = row.needed
    for lot in lots:
        row.missing -= lot.take(row.missing)
    if row.missing <= _TRACE:
        row.missing = 0.0
    if any(lot.left is None for lot in lots):
        row.covered = None if row.missing or row.jobs_not_sliced else True
    elif row.missing or all(lot.grams == 0 for lot in lots):
        row.covered = False
    elif row.jobs_not_sliced:
        row.covered = None


def _exact(choice: MaterialChoice) -> MaterialChoice:
    """Return a choice without the parts that its most specific name implies."""
    if choice.variant_id is not None:
        return MaterialChoice(variant_id=choice.variant_id)
    if choice.material_id is not None:
        return MaterialChoice(material_id=choice.material_id)
    return choice


def _new_row(choices: tuple[MaterialChoice, ...], stock: Stock) -> MaterialRow:
    if len(choices) == 1:
        return MaterialRow(choices, *_names(choices[0], stock))
    return MaterialRow(choices, name_of(choices, stock))


def name_of(choices: tuple[MaterialChoice, ...], stock: Stock) -> str | None:
    """Return the display name of these alternatives; None if there are none."""
    names = (_names(choice, stock) for choice in choices)
    return " / ".join(dict.fromkeys(" ".join(filter(None, (name, color))) for name, color, _ in names)) or None


def _names(choice: MaterialChoice, stock: Stock) -> tuple[str | None, str | None, str | None]:
    """Return the names of a material and of its color, and the color itself."""
    materials = stock.materials
    if choice.group_id is not None and (group := stock.groups.get(choice.group_id)) is not None:
        return group.name, None, None
    variant = materials.variants.get(choice.variant_id or "")
    material = materials.materials.get(choice.material_id or (variant.material_id if variant else None) or "")
    name = (material.name if material is not None else None) or choice.material_type
    if variant is None:
        return name or choice.material_id or choice.variant_id or choice.group_id, None, None
    return name, variant.name, variant.color
