"""How the last print of each printer ended, and how many failed. Kept across restarts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
import math
from typing import Any

from ..api.models.records import read_moment
from .events import FarmEvent, Scope
from .print_status import Result

_RESULT_OF = {f"print_{result}": result for result in Result}


@dataclass(slots=True, kw_only=True)
class PrintResult:
    """The last result and the number of failed prints of a printer."""

    result: Result | None = None
    reason: str | None = None
    job_id: str | None = None
    job: str | None = None
    part: str | None = None
    ended_at: str | None = None
    energy: float | None = None
    """In kilowatt-hours; None if it was not measured."""
    cost: float | None = None
    currency: str | None = None
    """Of ``cost``."""
    failed_prints: int = 0
    """Since the installation."""
    failed_external: int = 0
    """Those of them that were no Printago jobs."""
    seen: bool = False
    """A person has looked at the result."""


class Results:
    """The results of all printers of a store."""

    def __init__(self) -> None:
        """Start empty."""
        self._of: dict[str, PrintResult] = {}

    def of(self, printer_id: str) -> PrintResult:
        """Return the result of a printer, an empty one if there is none."""
        return self._of.get(printer_id) or PrintResult()

    def record(self, farm_event: FarmEvent) -> bool:
        """Record how a print ended; return whether the event is the end of a print."""
        result = _RESULT_OF.get(farm_event.kind)
        if farm_event.scope is not Scope.PRINT or farm_event.subject is None or result is None:
            return False
        remembered = self._of.setdefault(farm_event.subject, PrintResult())
        if result is Result.FAILED:
            remembered.failed_prints += 1
            remembered.failed_external += farm_event.data["job_id"] is None
        ended_at = farm_event.occurred_at.isoformat()
        if remembered.ended_at is not None and ended_at < remembered.ended_at:
            # Detected late: a later print has already ended.
            return True
        remembered.result = result
        remembered.reason = farm_event.data.get("reason")
        remembered.job_id = farm_event.data["job_id"]
        remembered.job = farm_event.data["job"]
        remembered.part = farm_event.data["part"]
        remembered.ended_at = ended_at
        remembered.energy = remembered.cost = remembered.currency = None
        remembered.seen = False
        return True

    def mark_seen(self, printer_id: str) -> None:
        """Record that a person has looked at the last result of a printer."""
        if (remembered := self._of.get(printer_id)) is not None:
            remembered.seen = True

    def take(self, printer_id: str, past: PrintResult) -> bool:
        """Take over how a past print ended, unless a later one is known; return whether that is news."""
        known = self._of.get(printer_id)
        if known is None:
            self._of[printer_id] = past
            return True
        if past.ended_at is None or (known.ended_at is not None and past.ended_at < known.ended_at):
            return False
        past.failed_prints, past.failed_external = known.failed_prints, known.failed_external
        if past.job_id == known.job_id:
            past.seen = known.seen
            if past.ended_at == known.ended_at and past.energy is None and past.cost is None:
                past.energy, past.cost, past.currency = known.energy, known.cost, known.currency
        self._of[printer_id] = past
        return past != known

    def forget(self, printer_id: str) -> None:
        """Remove a printer that left the farm."""
        self._of.pop(printer_id, None)

    def export(self) -> dict[str, dict[str, Any]]:
        """Return all results in a form that JSON can store."""
        return {printer_id: asdict(result) for printer_id, result in self._of.items()}

    def restore(self, saved: object) -> None:
        """Load what ``export`` returned before a restart; ignore what is invalid."""
        if not isinstance(saved, Mapping):
            return
        for printer_id, source in saved.items():
            if not isinstance(source, Mapping):
                continue
            ended_at = read_moment(source.get("ended_at"))
            others: dict[str, Any] = {
                name: count if type(count := source.get(name)) is int and count >= 0 else 0
                for name in ("failed_prints", "failed_external")
            }
            others |= {
                name: value
                for name in ("reason", "job_id", "job", "part", "currency")
                if isinstance(value := source.get(name), str)
            }
            result = source.get("result")
            self._of[str(printer_id)] = PrintResult(
                result=Result(result) if isinstance(result, str) and result in set(Result) else None,
                # Results are ordered by this text: an invalid one could sort after every later time.
                ended_at=ended_at.isoformat() if ended_at is not None else None,
                seen=source.get("seen") is True,
                energy=_amount(source.get("energy")),
                cost=_amount(source.get("cost")),
                **others,
            )


def _amount(raw: object) -> float | None:
    return float(raw) if isinstance(raw, int | float) and math.isfinite(raw) else None
