"""Energy meters of printers: measure the energy of prints with the users' sensors."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from ..coordinator import PrintagoCoordinator
from ..model.events import FarmEvent
from ..model.print_energy import PrintEnergy
from .energy_price import async_energy_price, async_energy_settings

SUBENTRY_TYPE = "energy_meter"
CONF_PRINTER = "printer"
CONF_SENSOR = "energy_sensor"
_EXTERNAL = "external"
_MOST_WAITING = 100
_JUST_NOW = timedelta(seconds=30)


class EnergyMeters:
    """The energy meters of one store while its entry is loaded."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, coordinator: PrintagoCoordinator) -> None:
        """Follow the coordinator; call ``async_follow_entry`` when the entry changes."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._energies = coordinator.store_state.energies
        self._meters: dict[str, Mapping[str, Any]] = {}
        self._settings: Any = None
        self._untrack: CALLBACK_TYPE = lambda: None
        self._waiting: list[tuple[str, float, Callable[[], None]]] = []
        self.async_follow_entry()
        entry.async_on_unload(self._async_end)
        entry.async_on_unload(async_at_started(hass, self._async_read_settings))

    async def _async_read_settings(self, _: HomeAssistant) -> None:
        self._settings = await async_energy_settings(self._hass)

    @callback
    def async_follow_entry(self) -> None:
        """Follow the current subentries, and the sensors that they name."""
        self._untrack()
        self._meters = {
            subentry.data[CONF_PRINTER]: subentry.data
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_TYPE
        }
        self._energies.keep_only(set(self._meters))
        sensors = {meter[CONF_SENSOR] for meter in self._meters.values()}
        self._untrack = async_track_state_change_event(self._hass, sensors, self._async_on_state)
        for sensor in sensors:
            self._async_read(sensor, self._hass.states.get(sensor))

    @callback
    def _async_on_state(self, event: Event[EventStateChangedData]) -> None:
        self._async_read(event.data["entity_id"], event.data["new_state"])

    @callback
    def _async_read(self, sensor: str, state: State | None) -> None:
        now = dt_util.utcnow().timestamp()
        kwh = _kilowatt_hours(state)
        last_reset = state.attributes.get("last_reset") if state is not None else None
        for printer_id, meter in self._meters.items():
            if meter[CONF_SENSOR] != sensor:
                continue
            readings = self._energies.use_meter(printer_id, sensor)
            if kwh is None:
                readings.lose(now)
            else:
                readings.add(kwh, now, None if last_reset is None else str(last_reset))
        if kwh is not None:
            self._async_settle()

    def may_know(self, printer_id: str | None) -> bool:
        """Return whether the energy of any print of a printer may be known."""
        return printer_id is not None and (printer_id in self._meters or self._energies.knows_prints)

    @callback
    def async_on_print(self, farm_event: FarmEvent) -> None:
        """Record the meter's value at the start of a print."""
        printer_id = farm_event.subject
        if farm_event.kind == "print_started" and printer_id in self._meters:
            print_id = farm_event.data["job_id"] or _EXTERNAL
            self._energies.begin(printer_id, print_id, self._local(farm_event.occurred_at))

    @callback
    def async_energy(
        self, printer_id: str | None, job_id: str | None, started_at: datetime | None, ended_at: datetime
    ) -> PrintEnergy | None:
        """Return the energy of an ended print, None if unknown; ``job_id`` is None for an external print."""
        if printer_id is None:
            return None
        key = f"{job_id or printer_id}|{round(ended_at.timestamp())}"
        if (energy := self._energies.of(key)) is not None or printer_id not in self._meters:
            return energy
        start = None if started_at is None else self._local(started_at)
        kwh = self._energies.measured(printer_id, job_id or _EXTERNAL, start, self._local(ended_at))
        if kwh is None:
            return None
        price, currency = async_energy_price(self._hass, self._meters[printer_id], self._settings)
        return self._energies.remember(key, PrintEnergy(kwh=round(kwh, 4), price=price, currency=currency))

    @callback
    def async_when_measured(self, printer_id: str, ended_at: datetime, call: Callable[[], None]) -> None:
        """Call ``call`` once the meter, which is unavailable now, has shown what a print used."""
        ended = self._local(ended_at)
        if self._energies.is_waiting(printer_id, ended):
            self._waiting = [*self._waiting[-_MOST_WAITING:], (printer_id, ended, call)]

    @callback
    def _async_settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for printer_id, ended, call in waiting:
            if self._energies.is_waiting(printer_id, ended):
                self._waiting.append((printer_id, ended, call))
            else:
                call()

    def _local(self, moment: datetime) -> float:
        """Convert a time of Printago's clock to ours, in seconds.

        A very recent event counts as now, since clocks differ slightly.
        """
        now, age = dt_util.utcnow(), self._coordinator.farm.server_now() - moment
        return (now if age < _JUST_NOW else now - age).timestamp()

    @callback
    def _async_end(self) -> None:
        self._untrack()
        self._waiting.clear()
        now = dt_util.utcnow().timestamp()
        for printer_id, meter in self._meters.items():
            # Later values are not recorded.
            self._energies.use_meter(printer_id, meter[CONF_SENSOR]).lose(now)


def _kilowatt_hours(state: State | None) -> float | None:
    """Return the value of an energy sensor; None if it has none, or not in a unit of energy."""
    if state is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit not in EnergyConverter.VALID_UNITS:
        return None
    try:
        return EnergyConverter.convert(float(state.state), unit, UnitOfEnergy.KILO_WATT_HOUR)
    except ValueError:
        return None
