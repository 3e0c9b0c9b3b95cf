"""Why a job waits, as far as the farm model shows. Printago also checks materials, which we cannot check."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..api.models.records import LOW_PRIORITY, PrintJob
from ..api.models.tags import MODEL, NOZZLE, PIN, PROVIDER, USER_TAGS, split_tags
from .farm import Farm
from .print_status import Readiness
from .printer import PrinterState


class WaitCode(StrEnum):
    """What a job waits for; the first that could end the wait."""

    LOW_PRIORITY_OFF = "low_priority_off"
    NO_PRINTER = "no_printer"
    SOON = "soon"
    BED = "bed"
    BUSY = "busy"
    AWAY = "away"
    PRINTAGO = "printago"
    """No known reason, or a requirement that we cannot check."""


type Tags = Mapping[str, frozenset[str]]
"""What a job requires of a printer, by kind."""


@dataclass(frozen=True, slots=True)
class WaitReason:
    """Why a job waits, and the names of the printers concerned."""

    code: WaitCode
    printers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


_BY_READINESS = {
    Readiness.READY: WaitCode.SOON,
    Readiness.AWAITING_CLEAR: WaitCode.BED,
    Readiness.BUSY: WaitCode.BUSY,
}
_JUDGED = frozenset({PIN, USER_TAGS, PROVIDER, NOZZLE, MODEL})
_ORDER = (WaitCode.SOON, WaitCode.BED, WaitCode.BUSY, WaitCode.AWAY)


def wait_reason(farm: Farm, job: PrintJob) -> WaitReason:
    """Return why a pending job waits."""
    if job.priority == LOW_PRIORITY and farm.process_low_priority_jobs is False:
        return WaitReason(WaitCode.LOW_PRIORITY_OFF)
    wanted = wanted_tags(job)
    if wanted.keys() - _JUDGED:
        return WaitReason(WaitCode.PRINTAGO)
    tags = tuple(sorted(wanted.get(USER_TAGS, ())))
    fitting = [printer for printer in _candidates(farm, wanted) if could_print(printer, wanted)]
    if not fitting:
        return WaitReason(WaitCode.NO_PRINTER, tags=tags)
    by_code: dict[WaitCode, list[PrinterState]] = {}
    for printer in fitting:
        by_code.setdefault(_BY_READINESS.get(printer.readiness, WaitCode.AWAY), []).append(printer)
    code = next(code for code in _ORDER if code in by_code)
    return WaitReason(code, tuple(sorted(printer.name for printer in by_code[code])), tags)


def _candidates(farm: Farm, wanted: Tags) -> Iterable[PrinterState]:
    """Return the printers among which to look: of a large farm, a pin leaves one."""
    if (pins := wanted.get(PIN)) is None:
        return farm.printers.values()
    return [printer for printer_id in pins if (printer := farm.printers.get(printer_id)) is not None]


def wanted_tags(job: PrintJob) -> Tags:
    """Return what a job requires of a printer."""
    return {kind: frozenset(split_tags(value)) for kind, value in (job.required_printer_tags or {}).items()}


def could_print(printer: PrinterState, wanted: Tags) -> bool:
    """Return whether a printer has all tags of all kinds that we can check; tags are case-sensitive."""
    record = printer.record
    has: Mapping[str, Collection[str | None]] = {
        PIN: (printer.id,),
        USER_TAGS: record.tags,
        PROVIDER: (record.provider,),
        NOZZLE: (record.nozzle_diameter,),
        MODEL: (record.model, record.model_id),
    }
    return all(tags <= set(has[kind]) for kind, tags in wanted.items() if kind in has)
