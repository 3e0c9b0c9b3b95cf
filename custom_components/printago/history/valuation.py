"""What prints took and cost: filament by the estimate, energy by the meter."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
import time

from homeassistant.core import HomeAssistant, callback

from ..api.models.records import JobStatus, PrintJob
from ..coordinator import PrintagoCoordinator
from ..hub.material_poll import MATERIALS
from ..hub.stock_poll import PARTS, SKU_COSTS, STORE_SETTINGS
from ..model.events import FarmEvent
from ..model.filament_need import FilamentNeed, PartNeeds, estimate_of, filament_needs
from ..model.material_table import name_of
from ..model.print_status import Result
from .cost import print_cost
from .energy import EnergyMeters
from .usage import Usage, share_printed

_ENDS = frozenset(f"print_{result}" for result in Result)
_FULL = 100
_MOST_KNOWN = 5_000
_USAGE_SECONDS = 10
"""Seconds for which equal jobs are not valued again: prices may change."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What all jobs of the same part with the same materials take."""

    part: PartNeeds | None
    names: object
    needs: tuple[FilamentNeed, ...]
    grams: float | None
    material: str | None
    seconds: float | None
    """The estimated time."""


class Valuation:
    """Values the prints of one store while its entry is loaded."""

    def __init__(self, hass: HomeAssistant, coordinator: PrintagoCoordinator, meters: EnergyMeters) -> None:
        """Value each print that ends."""
        self._hass = hass
        self._coordinator = coordinator
        self._state = coordinator.store_state
        self._meters = meters
        self._known: dict[Hashable, _Known] = {}
        self._usages: dict[Hashable, Usage] = {}
        self._usages_since = 0.0
        self.async_on_corrected: Callable[[PrintJob], None] = lambda _: None
        """Called with a job of which the energy has become known late; set by the history."""
        coordinator.store_state.on_print = self.async_on_print
        coordinator.slow_poller.async_add_answered(self._async_on_answered)
        coordinator.config_entry.async_on_unload(self._async_stop)

    @callback
    def _async_stop(self) -> None:
        # The state of the store outlives the entry.
        self._state.on_print = lambda _: None

    @callback
    def _async_on_answered(self) -> None:
        """Value everything again: parts or prices may have become known."""
        self._usages = {}

    @property
    def ready(self) -> bool:
        """Return whether what prints are valued by was read; else ask for it."""
        poller, stock = self._coordinator.slow_poller, self._state.stock
        known = {
            PARTS: stock.parts_known,
            MATERIALS: bool(stock.materials.materials),
            STORE_SETTINGS: stock.prices.currency_known,
            SKU_COSTS: stock.prices.extra_costs is not None,
        }
        missing = [name for name, is_known in known.items() if not is_known and not poller.is_answered(name)]
        for name in missing:
            poller.async_want(name)
        return not missing

    @callback
    def async_value(
        self, job: PrintJob, progress: float | None, seconds: int | None, takes: Hashable | None = None
    ) -> Usage:
        """Return what a job that has ended took and cost; see ``Valuer``."""
        finished = job.status is JobStatus.COMPLETED
        if takes is None or not (finished or seconds is None) or self._meters.may_know(job.assigned_printer_id):
            return self._value(job, progress, seconds, takes)
        # Most of a long history are finished jobs of the same parts, which all took the same, or were never printed.
        now = time.monotonic()
        if now - self._usages_since > _USAGE_SECONDS:
            self._usages, self._usages_since = {}, now
        if (usage := self._usages.get((takes, finished))) is None:
            usage = self._usages[takes, finished] = self._value(job, progress, seconds, takes)
        return usage

    def _value(self, job: PrintJob, progress: float | None, seconds: int | None, takes: Hashable | None) -> Usage:
        known = self._known_of(job, takes)
        finished = job.status is JobStatus.COMPLETED
        share: float | None = 1.0
        if not finished:
            share = share_printed(progress, seconds, known.seconds)
        energy = None
        printer_id = job.assigned_printer_id
        if self._meters.may_know(printer_id) and job.ended_at is not None:
            energy = self._meters.async_energy(printer_id, job.id, job.printing_started_at, job.ended_at)
        kwh = energy.kwh if energy is not None else None
        if share is None:
            return Usage(material=known.material, energy=kwh)
        cost = print_cost(
            known.needs,
            self._state.stock.prices,
            home_currency=self._hass.config.currency,
            share=share,
            sku_id=job.sku_id,
            finished=finished,
            energy=energy,
        )
        amount = cost.amount if cost is not None else None
        return Usage(
            grams=None if known.grams is None else known.grams * share,
            material=known.material,
            cost=amount,
            currency=cost.currency if cost is not None and amount is not None else None,
            energy=kwh,
        )

    def _known_of(self, job: PrintJob, takes: Hashable | None) -> _Known:
        """Return what a job takes; most of a long history are jobs of the same parts."""
        stock = self._state.stock
        part, names = stock.parts.get(job.part_id or ""), stock.materials.materials
        if (known := self._known.get(takes)) is not None and known.part is part and known.names is names:
            return known
        needs = filament_needs(job, part)
        weights = [need.grams for need in needs]
        grams = sum(weight for weight in weights if weight is not None) if weights and None not in weights else None
        main = max(needs, key=lambda need: need.grams or 0.0, default=None)
        material = name_of(main.choices, stock) if main is not None else None
        estimate = estimate_of(job, part)
        known = _Known(part, names, needs, grams, material, estimate.seconds if estimate is not None else None)
        if takes is not None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[takes] = known
        return known

    @callback
    def async_on_print(self, farm_event: FarmEvent) -> None:
        """Follow the prints of printers, external ones too."""
        self._meters.async_on_print(farm_event)
        if farm_event.kind in _ENDS:
            self._async_value_result(farm_event)

    @callback
    def _async_value_result(self, farm_event: FarmEvent) -> None:
        """Add material, energy and cost to the last result of a printer; again once its meter has reported."""
        printer_id, ended_at, data = farm_event.subject, farm_event.occurred_at, farm_event.data
        assert printer_id is not None
        result = self._state.results.of(printer_id)
        if result.ended_at != ended_at.isoformat():
            return
        if (job := self._coordinator.farm.open_jobs.find(data["job_id"] or "")) is not None:
            usage = self.async_value(job, self._progress(printer_id), data.get("duration"))
            result.energy, result.cost, result.currency = usage.energy, usage.cost, usage.currency
        else:
            duration = data.get("duration")
            started_at = None if duration is None else ended_at - timedelta(seconds=duration)
            energy = self._meters.async_energy(printer_id, data["job_id"], started_at, ended_at)
            result.energy = energy.kwh if energy is not None else None
        if result.energy is None:
            self._meters.async_when_measured(printer_id, ended_at, self._correction(farm_event, job))

    def _progress(self, printer_id: str) -> float | None:
        printer = self._coordinator.farm.printers.get(printer_id)
        percent = printer.telemetry.percent if printer is not None else None
        return None if percent is None else percent / _FULL

    def _correction(self, farm_event: FarmEvent, job: PrintJob | None) -> Callable[[], None]:
        def correct() -> None:
            self._async_value_result(farm_event)
            if job is not None:
                self.async_on_corrected(job)
            assert farm_event.subject is not None
            self._coordinator.listeners.async_update_printer(farm_event.subject)

        return correct
