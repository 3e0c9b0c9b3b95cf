"""The cost of a telemetry message: ours, Home Assistant's MQTT integration with the same sensors, and the minimum.

The minimum is one ``orjson.loads``, and ``hass.states.async_set`` for exactly the states that ours wrote.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
import gc
from statistics import median
import time
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
import orjson
import paho.mqtt.client as paho

from .cloud import STORE_ID, cloud
from .home import (
    Receive,
    SimulatedTime,
    add_mqtt,
    add_printago,
    entities_of,
    home,
    message,
    mqtt_entities,
    printago_receiver,
)
from .measure import MICROSECONDS, Outcome
from .trace import PrinterTrace, changed_fields, farm_traces, stamp

VS_MQTT = 0.15
VS_FLOOR = 2.5
GROWTH = 1.2

type Round = list[paho.MQTTMessage]
"""The messages of one second."""
type Documents = list[list[dict[str, Any]]]
"""The documents: for each second, and for each printer."""


@dataclass(slots=True)
class Cost:
    """Microseconds of CPU time per message, one value per pass."""

    ours: list[float] = field(default_factory=list)
    mqtt: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    raw_floor: list[float] = field(default_factory=list)
    writes: float = 0.0
    changed: float = 0.0
    sensors: float = 0.0
    """The number of MQTT sensors of a printer."""

    def as_dict(self) -> dict[str, float]:
        """Return the medians."""
        return {
            "ours_us": round(median(self.ours), 2),
            "mqtt_us": round(median(self.mqtt), 2),
            "floor_us": round(median(self.floor), 2),
            "floor_of_every_changed_field_us": round(median(self.raw_floor), 2),
            "writes_per_message": round(self.writes, 3),
            "changed_fields_per_message": round(self.changed, 3),
            "mqtt_sensors_per_printer": round(self.sensors, 1),
        }


async def run(*, quick: bool = False) -> Outcome:
    """Measure farms of several sizes."""
    outcome = Outcome()
    sizes, messages, least, passes = ((1, 4), 40, 5, 2) if quick else ((1, 10, 100, 500), 6_000, 30, 5)
    costs: dict[int, Cost] = {}
    for printers in sizes:
        costs[printers] = cost = await _measure(printers, max(messages // printers, least), passes)
        outcome.details[f"{printers} printers"] = cost.as_dict()
        ours = median(cost.ours)
        outcome.judge(f"telemetry message, {printers} printers, ours : MQTT", ours / median(cost.mqtt), VS_MQTT)
        outcome.judge(f"telemetry message, {printers} printers, ours : floor", ours / median(cost.floor), VS_FLOOR)
    small, large = sizes[-1] if quick else 10, sizes[-1]
    growth = median(costs[large].ours) / median(costs[small].ours)
    outcome.judge(f"telemetry message, {large} printers : {small} printers", growth, GROWTH)
    return outcome


async def _measure(printers: int, rounds: int, passes: int) -> Cost:
    cost = Cost()
    async with cloud(printers) as running, home() as hass:
        entry = await add_printago(hass, running)
        coordinator = entry.runtime_data.coordinator
        ours = printago_receiver(coordinator)
        traces = farm_traces(STORE_ID, list(coordinator.farm.printers))
        count = rounds * printers

        def documents(pass_: int) -> Documents:
            seconds = range(pass_ * rounds, (pass_ + 1) * rounds)
            return [[trace.document(second) for trace in traces] for second in seconds]

        with SimulatedTime(coordinator) as simulated:
            # A first pass, so that entities for the first messages exist.
            known = documents(0)
            _play_ours(simulated, ours, _stamped(traces, known, simulated.now))
        await hass.async_block_till_done()
        entities = entities_of(hass, entry)
        keys = [
            tuple(entity.unique_id.split("_", 1))
            for entity_id, entity in entities.items()
            if (state := hass.states.get(entity_id)) is not None and state.state != STATE_UNAVAILABLE
        ]
        peers = mqtt_entities(keys)
        cost.sensors = sum(map(len, peers.values())) / printers
        mqtt = await add_mqtt(hass, running, peers)
        written = _Written(hass, list(entities))
        with SimulatedTime(coordinator, simulated.now) as simulated:
            for pass_ in range(1, passes + 1):
                batch = documents(pass_)
                begin = simulated.now
                raw = _raw_writes(known[-1], batch)
                written.rounds.clear()
                spent_of_ours = _play_ours(simulated, ours, _stamped(traces, batch, begin), written.note)
                for spent, took in (
                    (cost.ours, spent_of_ours),
                    (cost.mqtt, _play(partial(_receive, mqtt), _stamped(traces, batch, begin))),
                    (cost.floor, _play(partial(_floor, hass), _stamped(traces, batch, begin), written.rounds)),
                    (cost.raw_floor, _play(partial(_floor, hass), _stamped(traces, batch, begin), raw)),
                ):
                    spent.append(took / count * MICROSECONDS)
                cost.writes += sum(map(len, written.rounds)) / count / passes
                cost.changed += sum(map(len, raw)) / count / passes
                known = batch
    return cost


def _stamped(traces: list[PrinterTrace], documents: Documents, begin: datetime) -> list[Round]:
    """Return messages as paho creates them, starting a second after ``begin``."""
    return [
        [
            message(trace.topic, stamp(document, begin + timedelta(seconds=second)))
            for trace, document in zip(traces, batch, strict=True)
        ]
        for second, batch in enumerate(documents, start=1)
    ]


def _play_ours(
    simulated: SimulatedTime, receive: Receive, rounds: list[Round], after: Callable[[], None] = lambda: None
) -> float:
    """Return the CPU seconds of all rounds, including delayed work."""
    spent = 0.0
    gc.collect()
    for batch in rounds:
        simulated.advance(1)
        began = time.thread_time()
        _receive(receive, batch)
        simulated.run_due()
        spent += time.thread_time() - began
        after()
    return spent


def _play(run_: Callable[..., None], *rounds: list[Any]) -> float:
    """Return the CPU seconds of all rounds."""
    spent = 0.0
    gc.collect()
    for of_round in zip(*rounds, strict=True):
        began = time.thread_time()
        run_(*of_round)
        spent += time.thread_time() - began
    return spent


def _receive(receive: Receive, batch: Round) -> None:
    for received in batch:
        receive(received)


def _floor(hass: HomeAssistant, batch: Round, writes: list[State]) -> None:
    for received in batch:
        orjson.loads(received.payload)
    for state in writes:
        hass.states.async_set(state.entity_id, state.state, state.attributes)


class _Written:
    """Finds the states that were written, without listening to them: that would count as our cost."""

    def __init__(self, hass: HomeAssistant, entity_ids: list[str]) -> None:
        self._hass = hass
        self._known = {entity_id: hass.states.get(entity_id) for entity_id in entity_ids}
        self.rounds: list[list[State]] = []
        """For each round the states written in it, under other entity IDs."""

    def note(self) -> None:
        """Record the states of a round."""
        written = []
        for entity_id, known in self._known.items():
            state = self._hass.states.get(entity_id)
            if state is not None and state is not known:
                self._known[entity_id] = state
                written.append(State(f"floor.{entity_id.replace('.', '_')}", state.state, state.attributes))
        self.rounds.append(written)


def _raw_writes(known: list[dict[str, Any]], documents: Documents) -> list[list[State]]:
    """Return a state for each changed field, as if each were written separately."""
    result: list[list[State]] = []
    for batch in documents:
        result.append(
            [
                State(f"raw.printer_{index}_{path.replace('.', '_').lower()}", str(second), {"friendly_name": path})
                for index, (before, after) in enumerate(zip(known, batch, strict=True))
                for second, path in enumerate(changed_fields(before, after), start=len(result))
            ]
        )
        known = batch
    return result
