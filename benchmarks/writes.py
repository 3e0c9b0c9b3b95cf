"""Number of state writes, compared to one write for each changed field of the telemetry.

Two hours of telemetry pass in simulated time. The delay until a status, a stage or a percentage is shown is measured,
too.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from custom_components.printago.const import DOMAIN

from .cloud import STORE_ID, cloud
from .home import SimulatedTime, add_printago, home, message, printago_receiver
from .measure import Outcome
from .trace import changed_fields, farm_traces, stamp

SHARE = 0.2
DELAY = 1.0
_STEP = 0.25


class _Watch:
    """Measures the delay until one printer's values are shown."""

    def __init__(self, hass: HomeAssistant, printer_id: str) -> None:
        registry = er.async_get(hass)
        self._hass = hass
        self._entities = {
            key: registry.async_get_entity_id("sensor", DOMAIN, f"{printer_id}_{key}")
            for key in ("print_status", "stage", "print_progress")
        }
        self._awaited: dict[str, tuple[str, float]] = {}
        self.longest = 0.0

    def expect(self, document: Mapping[str, Any], now: float) -> None:
        """Record which values must be shown from ``now`` on."""
        status = document["data"]["print"]
        for key, value in (
            ("print_status", document["state"].lower()),
            ("stage", status["stage"]),
            ("print_progress", str(status["percent"])),
        ):
            self._awaited[key] = (value, now)

    def look(self, now: float) -> None:
        """Record which values are shown at ``now``."""
        for key, (value, since) in tuple(self._awaited.items()):
            state = self._hass.states.get(self._entities[key] or "")
            if state is not None and state.state == value:
                self.longest = max(self.longest, now - since)
                del self._awaited[key]

    def end(self, now: float) -> None:
        """Count the values that were never shown."""
        self.longest = max((self.longest, *(now - since for _, since in self._awaited.values())))


async def run(*, quick: bool = False) -> Outcome:
    """Play the trace of a small farm: the number of writes per printer counts."""
    printers, seconds = (2, 60) if quick else (10, 7_200)
    outcome = Outcome()
    async with cloud(printers) as running, home() as hass:
        entry = await add_printago(hass, running)
        coordinator = entry.runtime_data.coordinator
        receive = printago_receiver(coordinator)
        traces = farm_traces(STORE_ID, list(coordinator.farm.printers))
        watches = [_Watch(hass, printer_id) for printer_id in coordinator.farm.printers]
        written = changed = 0

        @callback
        def on_change(_: Event[EventStateChangedData]) -> None:
            nonlocal written
            written += 1

        with SimulatedTime(coordinator) as simulated:
            known = [trace.document(0) for trace in traces]
            for trace, document in zip(traces, known, strict=True):
                receive(message(trace.topic, stamp(document, simulated.now)))
            hass.bus.async_listen(EVENT_STATE_CHANGED, on_change)
            for second in range(1, seconds):
                for index, trace in enumerate(traces):
                    document = trace.document(second)
                    changed += len(changed_fields(known[index], document))
                    receive(message(trace.topic, stamp(document, simulated.now)))
                    watches[index].expect(document, second)
                    known[index] = document
                for step in range(round(1 / _STEP)):
                    for watch in watches:
                        watch.look(second + step * _STEP)
                    simulated.advance(_STEP)
                    simulated.run_due()
            for watch in watches:
                watch.end(seconds)
    hours = seconds / 3600
    outcome.judge("state writes, ours : changed fields", written / changed, SHARE)
    outcome.judge("status, stage or percent shown, longest delay (s)", max(watch.longest for watch in watches), DELAY)
    outcome.details = {
        "printers": printers,
        "hours": round(hours, 3),
        "writes_per_printer_and_hour": round(written / printers / hours),
        "changed_fields_per_printer_and_hour": round(changed / printers / hours),
    }
    return outcome
