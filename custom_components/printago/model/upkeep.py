"""Maintenance of printers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from ..api.models.maintenance import MaintenanceItem, MaintenanceStatus

_EVENTS = {
    MaintenanceStatus.DUE_SOON: "maintenance_due_soon",
    MaintenanceStatus.OVERDUE: "maintenance_overdue",
}
_ORDER = (MaintenanceStatus.OK, MaintenanceStatus.DUE_SOON, MaintenanceStatus.OVERDUE)
_MOST_SAVED = 20_000


class Maintenance:
    """The maintenance tasks of all printers, and the due ones."""

    def __init__(self) -> None:
        """Start empty."""
        self.items: dict[str, MaintenanceItem] = {}
        """All tasks by enrollment ID."""
        self._of_printer: dict[str, list[MaintenanceItem]] = {}
        self._seen: dict[str, MaintenanceStatus] | None = None
        """Due tasks by ID whose events were fired; None before the first read."""

    def of(self, printer_id: str) -> list[MaintenanceItem]:
        """Return the tasks of a printer, the most urgent first."""
        return self._of_printer.get(printer_id, [])

    def due(self) -> list[MaintenanceItem]:
        """Return the tasks that are due soon or overdue, the most urgent first."""
        return sorted((item for item in self.items.values() if item.is_due), key=urgency)

    def take(self, items: Mapping[str, MaintenanceItem]) -> list[tuple[str, MaintenanceItem]]:
        """Replace all tasks; return the events of newly due ones, each once, also across restarts."""
        self.items = dict(items)
        self._index()
        before, self._seen = self._seen, {}
        events: list[tuple[str, MaintenanceItem]] = []
        for item in self.items.values():
            status = item.status
            if status is None or status is MaintenanceStatus.OK:
                continue
            self._seen[item.id] = status
            known = MaintenanceStatus.OK if before is None else before.get(item.id, MaintenanceStatus.OK)
            if before is not None and _ORDER.index(status) > _ORDER.index(known):
                events.append((_EVENTS[status], item))
        return events

    def mark_done(self, item_ids: Iterable[str], now: datetime) -> None:
        """Remove tasks from the due ones that Printago has just marked as done."""
        for item_id in item_ids:
            if (item := self.items.get(item_id)) is not None:
                self.items[item_id] = replace(
                    item, status=MaintenanceStatus.OK, elapsed=0.0, progress=0.0, last_done_at=now
                )
            if self._seen is not None:
                self._seen.pop(item_id, None)
        self._index()

    def forget(self) -> None:
        """Forget all tasks, since the key is no longer allowed to read them."""
        self.items = {}
        self._of_printer = {}

    def export(self) -> dict[str, str] | None:
        """Return the tasks whose events were fired, in a form that JSON can store."""
        return None if self._seen is None else {item_id: status.value for item_id, status in self._seen.items()}

    def restore(self, saved: object) -> None:
        """Load what ``export`` returned before a restart; ignore what is invalid."""
        if not isinstance(saved, Mapping) or len(saved) > _MOST_SAVED:
            return
        known = {status.value: status for status in MaintenanceStatus}
        self._seen = {
            item_id: known[status]
            for item_id, status in saved.items()
            if isinstance(item_id, str) and isinstance(status, str) and status in known
        }

    def _index(self) -> None:
        self._of_printer = {}
        for item in sorted(self.items.values(), key=urgency):
            if item.printer_id is not None:
                self._of_printer.setdefault(item.printer_id, []).append(item)


def urgency(item: MaintenanceItem) -> tuple[int, float, str, str]:
    """Return the sort key of tasks: overdue ones first, then by progress."""
    status = _ORDER.index(item.status) if item.status is not None else 0
    return (-status, -(item.progress or 0.0), item.name or "", item.id)
