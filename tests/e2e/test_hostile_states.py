"""Damaged messages never cause an invalid state, and valid data still arrives."""

import asyncio
from datetime import timedelta
import logging
import math
from random import Random
import time
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
import orjson
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import DOMAIN
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import LINES, OTHER_PRINTER, PRINTER, PRINTER_RECORD, STAT, STORE
from tests.support.common import until, value_of
from tests.support.figures import Figures
from virtual_farm import FarmConfig, VirtualFarm

_KINDS = {b"S": "printer-stats/{}", b"P": "entities/printers", b"J": "entities/print-jobs", b"O": "entities/orders"}
_KINDS |= {b"M": "entities/materials"}
_UNRECORDED = {"messages", "printers", "jobs", "orders"}
_MOST_RECORDED = 16_384
"""Above this size in bytes, the recorder stores no attributes."""
_GOOD_EVERY = 50


@pytest.fixture
def farm_config() -> FarmConfig:
    """Run two printers with stopped time."""
    return FarmConfig(speed=0, printers=2)


class Witness:
    """Checks every state that is written."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start to check."""
        self._registry = er.async_get(hass)
        self.states = 0
        self.faults: list[str] = []
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._on_change)

    @callback
    def _on_change(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        entity = self._registry.async_get(event.data["entity_id"])
        if state is not None and entity is not None and entity.platform == DOMAIN:
            self.states += 1
            if (fault := _fault_of(state)) is not None:
                self.faults.append(f"{state.entity_id} {fault}: {state.state[:80]!r}")


def _fault_of(state: State) -> str | None:
    """Return the problem of a state, None for a valid one."""
    attributes = {name: value for name, value in state.attributes.items() if name not in _UNRECORDED}
    if len(json_bytes(attributes)) > _MOST_RECORDED:
        return "has attributes that no recorder keeps"
    if state.state in (STATE_UNKNOWN, STATE_UNAVAILABLE):
        return None
    if len(state.state) > 255 or "\x00" in state.state:
        return "is too long or holds NUL"
    if state.domain == "sensor":
        return _fault_of_sensor(state)
    if state.domain == "number" and not state.attributes["min"] <= float(state.state) <= state.attributes["max"]:
        return "is out of its range"
    if state.domain == "fan" and not 0 <= (state.attributes.get("percentage") or 0) <= 100:
        return "is no percentage"
    if state.domain in ("binary_sensor", "switch", "light", "fan") and state.state not in ("on", "off"):
        return "is neither on nor off"
    return None


def _fault_of_sensor(state: State) -> str | None:
    attributes = state.attributes
    if (options := attributes.get("options")) is not None:
        return None if state.state in options else "is none of its options"
    if attributes.get("device_class") == "timestamp":
        parsed = dt_util.parse_datetime(state.state)
        return None if parsed is not None and parsed.tzinfo is not None else "is no time"
    if "state_class" in attributes or "unit_of_measurement" in attributes:
        number = float(state.state)
        plausible = math.isfinite(number) and -1e3 <= number <= 1e9 and not state.state.startswith("-0.0")
        return None if plausible else "is no number that could be"
    return None


async def test_damaged_messages_never_cause_an_invalid_state(
    hass: HomeAssistant,
    every_entity_enabled: None,
    farm: VirtualFarm,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    chaos: bool,
    figures: Figures,
) -> None:
    random = Random(11)  # noqa: S311 - repeatable is what it has to be
    store = farm.config.store_id
    printer, other = (printer.id for printer in farm.world.printers.values())
    names = {STORE: store, PRINTER: printer, OTHER_PRINTER: other}
    lines = [line for line in LINES if line[:1] in _KINDS]
    await hass.async_block_till_done()
    caplog.clear()
    witness = Witness(hass)
    slowest, slowest_of_printers, sent = 0.0, 0.0, 0

    def ours(body: bytes) -> bytes:
        for name, own in names.items():
            body = body.replace(name.encode(), own.encode())
        return body

    def send(kind: bytes, body: bytes) -> None:
        nonlocal slowest, slowest_of_printers, sent
        topic = f"stores/{store}/{_KINDS[kind].format(printer)}"
        printers = entry.runtime_data.coordinator.farm.printers.keys() - set()
        before = time.thread_time()
        entry.runtime_data.coordinator.realtime._on_message(topic, body)
        took = (time.thread_time() - before) * 1000
        # The remaining time is Home Assistant's: some fifty entities and a device are added or removed.
        if entry.runtime_data.coordinator.farm.printers.keys() != printers:
            slowest_of_printers = max(slowest_of_printers, took)
        else:
            slowest = max(slowest, took)
        sent += 1

    async def send_valid_data(layer: int) -> None:
        now = entry.runtime_data.coordinator.farm.server_now()
        stamp, expires = now.isoformat(), (now + timedelta(minutes=5)).isoformat()
        record = {**PRINTER_RECORD, "id": printer, "printingJobId": None, "updatedAt": stamp, "name": f"Good {layer}"}
        action = "UPDATE" if printer in entry.runtime_data.coordinator.farm.printers else "INSERT"
        event: dict[str, Any] = {"entityType": "printers", "action": action, "entities": {printer: record}}
        stat = {**STAT, "printerId": printer, "storeId": store, "receivedAt": stamp, "expiresAt": expires}
        stat["isOnline"] = True
        stat["data"] = {**STAT["data"], "print": {**STAT["data"]["print"], "currentLayer": layer}}
        send(b"P", orjson.dumps(event))
        send(b"S", orjson.dumps(stat))
        await until(hass, lambda: value_of(hass, printer, "current_layer") == str(layer))
        assert entry.runtime_data.coordinator.farm.printers[printer].name == f"Good {layer}"
        assert value_of(hass, printer, "bed_temp") in ("60", "60.0")
        assert value_of(hass, printer, "enabled", "switch") == "on"

    count = 8_000 if chaos else 300
    for number in range(count):
        for part in mutate(random.choice(lines), random).split(b"\n"):
            if part[:1] in _KINDS:
                send(part[:1], ours(part[1:]))
        await asyncio.sleep(0)
        if number % _GOOD_EVERY == 0:
            await send_valid_data(number + 1)
    await hass.async_block_till_done()
    assert witness.faults == []
    assert witness.states > count
    problems = [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]
    assert [record.getMessage() for record in problems] == []
    figures["damaged messages"] = sent
    figures["states written"] = witness.states
    figures["slowest message, ms of CPU time"] = round(slowest, 1)
    figures["slowest that adds or removes a printer, ms"] = round(slowest_of_printers, 1)
