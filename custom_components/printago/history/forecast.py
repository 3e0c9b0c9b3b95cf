"""The forecast of the queue, calculated on request after a change."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ..api.models.estimate import Estimate
from ..api.models.records import PrintJob
from ..coordinator import PrintagoCoordinator
from ..model.changes import Changes
from ..model.filament_need import estimate_of
from ..model.queue_forecast import QueueForecast, forecast_queue

_MINUTE = 60
_LONG = 500
"""With this many jobs, changes of the queue are collected for ten seconds."""
_GATHER = 10
_STEADY = timedelta(minutes=5)


class QueueForecaster:
    """Forecasts the queue of one store."""

    def __init__(self, entry: ConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Follow the jobs of a store."""
        self._coordinator = coordinator
        self._forecast = QueueForecast()
        self._changes = 0
        self._made_of: tuple[object, ...] = ()
        self._ends_at: datetime | None = None
        entry.async_on_unload(coordinator.listeners.async_add_changes(self._async_on_changes))

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        self._changes += changes.jobs

    def forecast(self) -> QueueForecast:
        """Return the waiting jobs; at most a minute old."""
        farm = self._coordinator.farm
        now = farm.server_now()
        period = _GATHER if len(farm.jobs) > _LONG else _MINUTE
        changes = self._changes if len(farm.jobs) <= _LONG else 0
        made_of = (changes, id(self._coordinator.store_state.stock.parts), int(now.timestamp() // period))
        if made_of != self._made_of:
            self._made_of = made_of
            low_priority = farm.process_low_priority_jobs is not False
            self._forecast = forecast_queue(
                farm.jobs.values(), self._estimate, farm.printers, now, low_priority=low_priority
            )
        return self._forecast

    def ends_at(self) -> datetime | None:
        """Return when all waiting jobs will be printed; the time only changes with the estimate."""
        ends_at = self.forecast().ends_at
        if ends_at is None or self._ends_at is None or abs(ends_at - self._ends_at) >= _STEADY:
            self._ends_at = ends_at.replace(second=0, microsecond=0) if ends_at is not None else None
        return self._ends_at

    def _estimate(self, job: PrintJob) -> Estimate | None:
        return estimate_of(job, self._coordinator.store_state.stock.parts.get(job.part_id or ""))
