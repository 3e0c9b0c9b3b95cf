"""A saved print: printed by one press, and followed until its jobs have ended."""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError

from ..api import RequestPriority
from ..api.models.records import FINAL_STATUSES, IN_PROGRESS_STATUSES, JobStatus
from ..const import DOMAIN
from ..coordinator import PrintagoCoordinator
from ..errors import async_message
from .action_fields import checked
from .catalog import Catalog
from .job_tracker import JobTracker
from .request import ATTR_MATERIAL, ATTR_PART, ATTR_QUANTITY, ATTR_SKU, PRINT_SCHEMA, async_print_request, required_tags
from .submission import Submitter

SUBENTRY_TYPE = "saved_print"
CONF_MATERIAL = "material"
CONF_PART = "part"
CONF_PRINTER = "printer"
CONF_QUANTITY = "quantity"
CONF_SKU = "sku"
CONF_TAGS = "tags"

_MISSING = frozenset({"part_not_found", "part_unknown", "sku_not_found", "sku_unknown", "sku_without_parts"})
_UNCLEAR = frozenset({"submission_lost", "submission_unclear", "submission_unchecked", "outcome_unknown"})


class Outcome(StrEnum):
    """The state of the last press."""

    QUEUED = "queued"
    PRINTING = "printing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"
    REFUSED = "refused"
    """Nothing was queued; the error gives the reason."""
    UNCLEAR = "unclear"
    """The response was lost, so it is unknown whether Printago queued it."""


_OPEN = frozenset({Outcome.QUEUED, Outcome.PRINTING})


class SavedPrint:
    """One saved print of a store, as its subentry describes it."""

    def __init__(self, coordinator: PrintagoCoordinator, catalog: Catalog, subentry: ConfigSubentry) -> None:
        """Start without a result; the sensor restores the one from before a restart."""
        self.coordinator = coordinator
        self._catalog = catalog
        self.id = subentry.subentry_id
        self.data = subentry.data
        self.outcome: Outcome | None = None
        self.error: str | None = None
        self.on_missing: Callable[[], None] = lambda: None
        """Called when the part or SKU turns out to be gone."""
        self._tracker = JobTracker(coordinator)
        """Tracks the jobs of the last press."""
        self._listeners: set[Callable[[], None]] = set()

    @property
    def item(self) -> tuple[str, str]:
        """Return what it prints: ``part`` or ``sku``, and the ID."""
        return (CONF_PART, self.data[CONF_PART]) if CONF_PART in self.data else (CONF_SKU, self.data[CONF_SKU])

    @property
    def job_ids(self) -> list[str]:
        """Return the known jobs of the last press."""
        return list(self._tracker.jobs)

    @callback
    def async_add_listener(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call ``listener`` when the result changed; return a function that removes it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    # Printing

    async def async_print(self) -> None:
        """Submit it once; raises ServiceValidationError and HomeAssistantError, which the result shows as well.

        Canceling the call does not stop the submission: the result shows its outcome.
        """
        await asyncio.shield(self.coordinator.hass.async_create_task(self._async_print(), f"{DOMAIN} {self.id}"))

    async def _async_print(self) -> None:
        tracker = JobTracker(self.coordinator)
        try:
            request = await self.coordinator.async_call(
                async_print_request(
                    self._catalog,
                    _as_action(self.data),
                    required_tags(self.coordinator, self.data.get(CONF_TAGS, ()), self.data.get(CONF_PRINTER)),
                ),
                reads=True,
            )
            await Submitter(self.coordinator, self._catalog).async_submit(request, tracker)
        except HomeAssistantError as err:
            tracker.async_close()
            if err.translation_key in _MISSING:
                self.on_missing()
            outcome = Outcome.UNCLEAR if err.translation_key in _UNCLEAR else Outcome.REFUSED
            self._async_begin(tracker, outcome, await async_message(self.coordinator.hass, err))
            raise
        self._async_begin(tracker, Outcome.QUEUED)

    # Tracking

    @callback
    def _async_begin(self, tracker: JobTracker, outcome: Outcome, error: str | None = None) -> None:
        """Show the result of a press, and that of its jobs as soon as they appear."""
        self._tracker.async_close()
        self._tracker = tracker
        self.outcome, self.error = outcome, error
        tracker.on_change = self._async_on_jobs
        self._async_on_jobs()

    @callback
    def async_close(self) -> None:
        """Track no more jobs."""
        self._tracker.async_close()

    @callback
    def _async_on_jobs(self) -> None:
        if self._tracker.jobs:
            self.outcome, self.error = self._settled()
        for listener in tuple(self._listeners):
            listener()

    def _settled(self) -> tuple[Outcome, str | None]:
        jobs = self._tracker.jobs.values()
        statuses = {job.status for job in jobs}
        if JobStatus.FAILED in statuses:
            return Outcome.FAILED, next((job.error_message for job in jobs if job.error_message), None)
        if statuses <= FINAL_STATUSES and self._tracker.is_complete:
            return (Outcome.CANCELED if JobStatus.CANCELLED in statuses else Outcome.FINISHED), None
        # If some copies have ended and others wait, the print is in progress.
        begun = not statuses.isdisjoint(IN_PROGRESS_STATUSES | {JobStatus.COMPLETED})
        return (Outcome.PRINTING if begun else Outcome.QUEUED), None

    # Storage

    def export(self) -> dict[str, Any]:
        """Return the state to keep over a restart, in a form that JSON can store."""
        return {"outcome": self.outcome, "error": self.error, "part_builds": sorted(self._tracker.part_builds)}

    @callback
    def async_restore(self, saved: Mapping[str, Any]) -> None:
        """Load what ``export`` returned before a restart, and read what happened to the jobs since then."""
        outcome, error, part_builds = saved.get("outcome"), saved.get("error"), saved.get("part_builds")
        if self.outcome is not None or outcome not in set(Outcome) or not isinstance(part_builds, list):
            return
        tracker = JobTracker(self.coordinator)
        if tracked := [build for build in part_builds if isinstance(build, str)]:
            tracker.async_track(tracked)
            self.coordinator.config_entry.async_create_background_task(
                self.coordinator.hass, tracker.async_ask(RequestPriority.BACKGROUND), f"{DOMAIN} {self.id}"
            )
        self._async_begin(tracker, Outcome(outcome), error if isinstance(error, str) else None)


def _as_action(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of the action for the same print, so that both send the same; tags are given separately."""
    names = {CONF_PART: ATTR_PART, CONF_SKU: ATTR_SKU, CONF_QUANTITY: ATTR_QUANTITY, CONF_MATERIAL: ATTR_MATERIAL}
    return checked(PRINT_SCHEMA, {names[key]: value for key, value in data.items() if key in names})
