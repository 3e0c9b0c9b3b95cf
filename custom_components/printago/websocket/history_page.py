"""Past prints: the last ones, and what fails most often."""

from collections import Counter
from itertools import islice

from ..history.past_print import PastPrint
from ..history.summary import DAYS
from ..model.print_status import Result
from .viewer import Json, Viewer

_MOST_WORST = 5
_FEWEST_PRINTS = 2
"""A single print that failed makes no bad printer."""


def past_prints(viewer: Viewer) -> Json:
    """Return the last prints of the farm, or of the printer that is named, and which printers and parts fail most."""
    history = viewer.runtime.history
    if not history.known:
        return {"readable": False}
    printer = viewer.printer
    prints = [one for one in history.past.recent if printer is None or one.printer_id == printer.id]
    return {
        "readable": True,
        "total": len(prints),
        "prints": [_past_print(viewer, one) for one in islice(prints, viewer.limit)],
        "worst": {} if printer is not None else {"days": DAYS, "printers": _printers(viewer), "parts": _parts(prints)},
    }


def _past_print(viewer: Viewer, one: PastPrint) -> Json:
    printer = viewer.runtime.coordinator.farm.printers.get(one.printer_id or "")
    return {
        "job_id": one.job_id,
        "attempt": one.attempt,
        "title": one.title,
        "printer": printer.name if printer is not None else None,
        "result": one.result,
        "reason": one.reason,
        "ended_at": one.ended_at.isoformat(),
        "seconds": one.seconds,
        "grams": one.grams,
        "cost": one.cost,
        "currency": one.currency,
        "picture": viewer.picture(one.cover),
    }


def _printers(viewer: Viewer) -> list[Json]:
    history = viewer.runtime.history
    counts = {}
    for printer in viewer.runtime.coordinator.farm.printers.values():
        if (outcomes := history.outcomes(printer.id)) is not None:
            counts[printer.name] = (outcomes.failed, outcomes.failed + outcomes.finished)
    return _worst(counts)


def _parts(prints: list[PastPrint]) -> list[Json]:
    """Return the parts of the last prints that fail most often."""
    ended = [one for one in prints if one.part is not None and one.result is not Result.CANCELED]
    all_of = Counter(one.part or "" for one in ended)
    failed = Counter(one.part or "" for one in ended if one.result is Result.FAILED)
    return _worst({part: (failed[part], number) for part, number in all_of.items()})


def _worst(counts: dict[str, tuple[int, int]]) -> list[Json]:
    bad = [(name, failed, of) for name, (failed, of) in counts.items() if failed and of >= _FEWEST_PRINTS]
    bad.sort(key=lambda each: (-each[1] / each[2], -each[1], each[0]))
    return [{"name": name, "failed": failed, "of": of} for name, failed, of in bad[:_MOST_WORST]]
