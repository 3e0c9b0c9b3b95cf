"""A past print with all its details."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
import re
from typing import Any, Self

from ..api.models.fields import text
from ..api.models.records import JobStatus, PrintJob
from ..model.print_status import Result
from .ledger import UNKNOWN, Outcome

RESULTS = {Outcome.FINISHED: Result.FINISHED, Outcome.FAILED: Result.FAILED, Outcome.CANCELED: Result.CANCELED}
OUTCOMES = {
    JobStatus.COMPLETED: Outcome.FINISHED,
    JobStatus.FAILED: Outcome.FAILED,
    JobStatus.CANCELLED: Outcome.CANCELED,
}
GRAMS, COST, WATT_HOURS = 1000, 10_000, 1000
"""How many units of an entry are a gram, a unit of the currency, and a kilowatt-hour."""
_CODE = re.compile(r"\b[0-9A-F]{4}(?:[-_][0-9A-F]{4}){1,3}\b", re.IGNORECASE)
_TEXTS = (
    "printer_id",
    "part_id",
    "part",
    "sku_id",
    "sku",
    "order_id",
    "label",
    "reason",
    "material",
    "cover",
    "currency",
)


def reason_kind(message: str | None) -> str | None:
    """Return the key of a reason in counts: the HMS code that it contains, else its text; None if there is none."""
    if message is None or not (message := message.strip()):
        return None
    code = _CODE.search(message)
    return code.group().upper().replace("_", "-") if code else text(message)


def units(value: float | None, scale: int) -> int:
    """Return an amount in whole units of an entry."""
    return UNKNOWN if value is None or not 0 <= value * scale < UNKNOWN else round(value * scale)


def amount(value: int, scale: int) -> float | None:
    """Return units of an entry as an amount."""
    return None if value == UNKNOWN else value / scale


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPrint:
    """One ended attempt of a job; None is unknown."""

    job_id: str
    attempt: int = 1
    result: Result
    ended_at: datetime
    started_at: datetime | None = None
    """None if it ended before it was printed."""
    printer_id: str | None = None
    part_id: str | None = None
    part: str | None = None
    sku_id: str | None = None
    sku: str | None = None
    order_id: str | None = None
    label: str | None = None
    reason: str | None = None
    material: str | None = None
    grams: float | None = None
    cost: float | None = None
    currency: str | None = None
    energy: float | None = None
    """In kilowatt-hours."""
    cover: str | None = None
    """Storage path or address of its picture."""

    @property
    def title(self) -> str:
        """Return its display name."""
        return text(self.label) if self.label and self.label.strip() else self.part or self.job_id

    @property
    def seconds(self) -> int | None:
        """Return how long it printed, None if it did not."""
        return None if self.started_at is None else max(0, round((self.ended_at - self.started_at).total_seconds()))

    @property
    def printed(self) -> bool:
        """Return whether it is more than a job that was removed from the queue."""
        return self.result is not Result.CANCELED or self.started_at is not None

    def export(self) -> dict[str, Any]:
        """Return it in a form that JSON can store."""
        exported = {name: value for name in _NAMES if (value := getattr(self, name)) is not None}
        exported["ended_at"] = self.ended_at.timestamp()
        if self.started_at is not None:
            exported["started_at"] = self.started_at.timestamp()
        return exported

    @classmethod
    def restore(cls, saved: object) -> Self | None:
        """Read what ``export`` returned; None if that is damaged."""
        if not isinstance(saved, Mapping):
            return None
        try:
            started_at = saved.get("started_at")
            others: dict[str, Any] = {name: value for name in _TEXTS if isinstance(value := saved.get(name), str)}
            others |= {
                name: float(value)
                for name in ("grams", "cost", "energy")
                if isinstance(value := saved.get(name), int | float)
            }
            return cls(
                job_id=str(saved["job_id"]),
                attempt=int(saved.get("attempt", 1)),
                result=Result(saved["result"]),
                ended_at=datetime.fromtimestamp(saved["ended_at"], UTC),
                started_at=None if started_at is None else datetime.fromtimestamp(started_at, UTC),
                **others,
            )
        except KeyError, ValueError, TypeError, OverflowError, OSError:
            return None


_NAMES = tuple(one.name for one in fields(PastPrint))


def result_of(job: PrintJob) -> Result | None:
    """Return how a job ended, None while it has not."""
    outcome = OUTCOMES.get(job.status) if job.status is not None else None
    return None if outcome is None else RESULTS[outcome]
