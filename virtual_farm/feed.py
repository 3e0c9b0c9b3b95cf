"""Publishes changes of the world: entity events, and stats of printers."""

from dataclasses import dataclass
from datetime import timedelta
import json
import time
from typing import Any

from .clock import to_iso
from .entities import Document, EntityEvent
from .printer import Printer
from .publisher import Publisher
from .telemetry import stat_data
from .words import ODD_WORD
from .world import World

EXPIRY = timedelta(minutes=5)
"""How long a stat is valid."""

_KEEPALIVE = 60.0
"""Seconds after which an online printer sends a stat even without a change."""


@dataclass(slots=True)
class _Sent:
    """The last stat of a printer, and when it was sent (monotonic seconds)."""

    looks: tuple[Any, ...]
    version: int
    time: float


class Feed:
    """Publishes changes. State changes are sent immediately, other telemetry at most once per interval."""

    def __init__(self, world: World, publisher: Publisher) -> None:
        """Publish the changes of one world through one broker."""
        self._world = world
        self._publisher = publisher
        self._sent: dict[str, _Sent] = {}
        self._prefix = f"stores/{world.config.store_id}"
        self.messages = 0

    def flush(self, *, everything: bool = False) -> None:
        """Publish what is due; with `everything`, also telemetry that would have to wait."""
        for event in self._world.drain():
            self._publish_event(event)
        now = time.monotonic()
        for printer in self._world.printers.values():
            if self._due(printer, now, everything=everything):
                self._publish_stat(printer, now)

    def _due(self, printer: Printer, now: float, *, everything: bool) -> bool:
        sent = self._sent.get(printer.id)
        if sent is None or sent.looks != _looks(printer):
            return True
        if not printer.connected:
            return False
        if sent.version != printer.machine.version:
            return everything or now - sent.time >= self._world.config.telemetry_interval
        return now - sent.time >= _KEEPALIVE

    def stat(self, printer: Printer) -> Document:
        """Return the stat of a printer (schema `PrinterStat`)."""
        received = self._world.clock()
        return {
            "printerId": printer.id,
            "storeId": printer.store_id,
            "state": printer.word,
            "isOnline": printer.is_online,
            "isAvailable": printer.is_available,
            "receivedAt": to_iso(received),
            "expiresAt": to_iso(received + EXPIRY),
            "data": stat_data(printer.machine, self._world.time, printer.health, printer.nozzle_diameter),
        }

    def _publish_stat(self, printer: Printer, now: float) -> None:
        before = self._sent.get(printer.id)
        self._sent[printer.id] = _Sent(_looks(printer), printer.machine.version, now)
        stat = self.stat(printer)
        words = [stat["state"]]
        if self._world.config.words == "odd" and before is not None and before.looks[0] != stat["state"]:
            words = [None, ODD_WORD, *words]
        for word in words:
            self._publish(f"printer-stats/{printer.id}", _encode({**stat, "state": word}), retain=True)

    def _publish_event(self, event: EntityEvent) -> None:
        if event.kind == self._world.printers.kind and event.action == "DELETE":
            for printer_id in event.entities:
                self._sent.pop(printer_id, None)
                self._publish(f"printer-stats/{printer_id}", b"", retain=True)
        entities = event.entities
        if self._world.config.sparse_events and event.action == "UPDATE":
            entities = {key: {"id": key, **changed} for key, changed in event.changes.items()}
        if not self._world.config.topic_per_entity:
            self._publish_entities(event, entities, f"entities/{event.kind}")
            return
        for record_id, record in entities.items():
            self._publish_entities(event, {record_id: record}, f"entities/{event.kind}/{record_id}")

    def _publish_entities(self, event: EntityEvent, entities: dict[str, Document], topic: str) -> None:
        message = {
            "entityType": event.kind,
            "action": event.action,
            "entities": entities,
            "changes": {key: changed for key, changed in event.changes.items() if key in entities},
        }
        self._publish(topic, _encode(message), retain=False)

    def _publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self.messages += 1
        self._publisher.publish(f"{self._prefix}/{topic}", payload, retain=retain)


def _looks(printer: Printer) -> tuple[Any, ...]:
    """Return the part that is sent immediately when it changes."""
    codes = tuple(message["code"] for messages in printer.health.values() for message in messages)
    return (printer.word, printer.is_online, printer.is_available, printer.machine.stage, codes)


def _encode(message: Document) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
