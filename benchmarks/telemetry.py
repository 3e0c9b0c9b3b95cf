"""The cost of a telemetry message: ours, Home Assistant's MQTT integration with the same sensors, and the floor.

The floor is one ``orjson.loads`` and ``hass.states.async_set`` for exactly the states that ours wrote.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
import gc
from statistics import median
import time
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
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
from .trace import changed_fields, farm_traces, stamp

VS_MQTT = 0.15
VS_FLOOR = 2.5
GROWTH = 1.2

type Round = list[paho.MQTTMessage]
"""The messages of one second."""


@dataclass(slots=True)
class Cost:
    """Microseconds of CPU time a message, one for each pass."""

    ours: list[float] = field(default_factory=list)
    mqtt: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    raw_floor: list[float] = field(default_factory=list)
    writes: float = 0.0
    changed: float = 0.0
    sensors: float = 0.0
    """Sensors of the MQTT integration for a printer."""

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
    sizes, messages, passes = ((1, 4), 40, 2) if quick else ((1, 10, 100, 500), 6_000, 5)
    costs: dict[int, Cost] = {}
    for printers in sizes:
        costs[printers] = cost = await _measure(printers, messages // printers, passes)
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
        coordinator = entry.runtime_data
        traces = farm_traces(STORE_ID, list(coordinator.farm.printers))
        # There and back again, so that passes follow each other without a jump.
        there = [[trace.document(second) for trace in traces] for second in range(rounds // 2)]
        documents = there + there[::-1]
        topics = [trace.topic for trace in traces]
        ours = printago_receiver(coordinator)

        def stamped(simulated: SimulatedTime) -> list[Round]:
            return [
                [
                    message(topic, stamp(document, simulated.now + timedelta(seconds=second)))
                    for topic, document in zip(topics, told, strict=True)
                ]
                for second, told in enumerate(documents, start=1)
            ]

        with SimulatedTime(coordinator) as simulated:
            # Once to get used to it: entities that come with the first messages have to be there.
            _play(simulated, lambda _, told: _receive(ours, told), stamped(simulated))
            begun = simulated.now
        await hass.async_block_till_done()
        keys = [
            tuple(entity.unique_id.split("_", 1))
            for entity_id, entity in entities_of(hass, entry).items()
            if (state := hass.states.get(entity_id)) is not None and state.state != STATE_UNAVAILABLE
        ]
        peers = mqtt_entities(keys)
        cost.sensors = sum(map(len, peers.values())) / printers
        mqtt = await add_mqtt(hass, running, peers)
        with SimulatedTime(coordinator, begun) as simulated:
            writes = _record(hass, simulated, ours, stamped(simulated))
            raw = _raw_writes(documents)
            count = len(documents) * printers
            cost.writes = sum(map(len, writes)) / count
            cost.changed = sum(map(len, raw)) / count
            for _ in range(passes):
                for run_, spent in (
                    (lambda _, told: _receive(ours, told), cost.ours),
                    (lambda _, told: _receive(mqtt, told), cost.mqtt),
                    (lambda index, told: _floor(hass, told, writes[index]), cost.floor),
                    (lambda index, told: _floor(hass, told, raw[index]), cost.raw_floor),
                ):
                    spent.append(_play(simulated, run_, stamped(simulated)) / count * MICROSECONDS)
    return cost


def _play(simulated: SimulatedTime, run_: Callable[[int, Round], None], rounds: Iterable[Round]) -> float:
    """Return the CPU seconds of all rounds, and of what they leave for later."""
    spent = 0.0
    gc.collect()
    for index, told in enumerate(rounds):
        simulated.advance(1)
        began = time.thread_time()
        run_(index, told)
        simulated.run_due()
        spent += time.thread_time() - began
    return spent


def _receive(receive: Receive, told: Round) -> None:
    for received in told:
        receive(received)


def _floor(hass: HomeAssistant, told: Round, writes: list[State]) -> None:
    for received in told:
        orjson.loads(received.payload)
    for state in writes:
        hass.states.async_set(state.entity_id, state.state, state.attributes)


def _record(hass: HomeAssistant, simulated: SimulatedTime, ours: Receive, rounds: Iterable[Round]) -> list[list[State]]:
    """Return the states that ours writes in each round, under other entity IDs."""
    written: list[State] = []

    @callback
    def on_change(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) is not None:
            written.append(State(f"floor.{state.entity_id.replace('.', '_')}", state.state, state.attributes))

    remove = hass.bus.async_listen(EVENT_STATE_CHANGED, on_change)
    result: list[list[State]] = []
    for told in rounds:
        simulated.advance(1)
        _receive(ours, told)
        simulated.run_due()
        result.append(written.copy())
        written.clear()
    remove()
    return result


def _raw_writes(documents: list[list[dict[str, Any]]]) -> list[list[State]]:
    """Return a state for each field that changed, as who writes down everything would."""
    result: list[list[State]] = []
    known: list[Mapping[str, Any]] = documents[-1]
    for told in documents:
        result.append(
            [
                State(f"raw.printer_{index}_{path.replace('.', '_').lower()}", str(second), {"friendly_name": path})
                for index, (before, after) in enumerate(zip(known, told, strict=True))
                for second, path in enumerate(changed_fields(before, after), start=len(result))
            ]
        )
        known = told
    return result
