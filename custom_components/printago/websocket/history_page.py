"""Past prints: the last ones, and what fails most often."""

from collections.abc import Iterable
from itertools import islice
import re

from ..history.past_print import PastPrint
from ..history.summary import DAYS, Outcomes
from .viewer import Json, Viewer

_MOST_WORST = 5
_FEWEST_PRINTS = 2
"""A single print that failed makes no bad printer."""
_CODE = re.compile(r"[\dA-F-]+")


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
        "prints": [past_print(viewer, one) for one in islice(prints, viewer.limit)],
        "worst": {} if printer is not None else {"days": DAYS, "printers": _printers(viewer), "parts": _parts(viewer)},
    }


def past_print(viewer: Viewer, one: PastPrint) -> Json:
    """Return what cards show of a past print."""
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
    printers = viewer.runtime.coordinator.farm.printers.values()
    return _worst(viewer, ((printer.name, history.outcomes(printer.id)) for printer in printers))


def _parts(viewer: Viewer) -> list[Json]:
    return _worst(viewer, viewer.runtime.history.outcomes_of_parts())


def _worst(viewer: Viewer, all_of: Iterable[tuple[str, Outcomes | None]]) -> list[Json]:
    """Return what failed most often of what was printed, and why."""
    bad = [
        (name, outcomes, outcomes.failed + outcomes.finished)
        for name, outcomes in all_of
        if outcomes is not None and outcomes.failed and outcomes.failed + outcomes.finished >= _FEWEST_PRINTS
    ]
    bad.sort(key=lambda each: (-each[1].failed / each[2], -each[1].failed, each[0]))
    return [
        {
            "name": name,
            "failed": outcomes.failed,
            "of": of,
            "reason": outcomes.commonest_reason,
            "text": _in_words(viewer, outcomes.commonest_reason),
        }
        for name, outcomes, of in bad[:_MOST_WORST]
    ]


def _in_words(viewer: Viewer, reason: str | None) -> str | None:
    """Return a reason; one that is only a code with the words that one of the last prints has for it."""
    if reason is None or not _CODE.fullmatch(reason):
        return reason
    texts = (one.reason for one in viewer.runtime.history.past.recent if one.reason)
    return next((text for text in texts if reason in text.upper().replace("_", "-")), reason)
