"""What is fuzzed: everything between the bytes that Printago sends and the values that entities show.

Each line of an input is one message or answer, after a letter that says which:

``S`` telemetry of a known printer · ``P`` ``J`` ``O`` ``M`` events of printers, jobs, orders, materials · ``T`` any topic, a
tab, any payload · ``R`` ``Q`` ``E`` the lists of printers, open jobs, ended jobs · ``A`` the answer of every other call ·
``F`` the body of a refusal
"""

from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import math
import re
import time
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription

from custom_components.printago.api import (
    Listing,
    MalformedMessageError,
    PrintagoClient,
    PrintagoError,
    RateLimiter,
    Transport,
    parse_message,
)
from custom_components.printago.api.models.fields import MAX_PATH
from custom_components.printago.api.models.filament import SlotAddress
from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.binary_sensor import PRINTER_BINARY_SENSORS
from custom_components.printago.model.changes import Changes
from custom_components.printago.model.events import EventDetector
from custom_components.printago.model.farm import Farm
from custom_components.printago.model.printer import PrinterState
from custom_components.printago.model.store_info import StoreInfo
from custom_components.printago.number import PRINTER_NUMBERS
from custom_components.printago.sensor.printer_sensor import PRINTER_SENSORS
from tests.fuzz.seeds import PRINTER, PRINTER_RECORD, STORE
from tests.support.farm_model import listed_printers

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOST_CPU_MS = 50.0
"""CPU time that one message or answer may take."""
_MOST_TEXT = 255
_COLOR = re.compile("#[0-9A-F]{6}([0-9A-F]{2})?")
_TOPICS = {
    "S": f"stores/{STORE}/printer-stats/{PRINTER}",
    "P": f"stores/{STORE}/entities/printers",
    "J": f"stores/{STORE}/entities/print-jobs",
    "O": f"stores/{STORE}/entities/orders",
    "M": f"stores/{STORE}/entities/materials",
}


class FindingError(AssertionError):
    """An input did what none may do."""


@dataclass(slots=True)
class Run:
    """What became of an input."""

    lines: int = 0
    slowest_ms: float = 0.0


class _Body:
    """The body of an answer, all in one piece."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        yield self._content


@dataclass(slots=True)
class _Response:
    status: int
    content: _Body
    headers: Mapping[str, str]


class _Session:
    """Answers every request with the same body, without a socket."""

    def __init__(self, content: bytes, status: int = 200) -> None:
        self._response = _Response(status, _Body(content), {})

    @asynccontextmanager
    async def request(self, *_: Any, **__: Any) -> AsyncIterator[_Response]:
        yield self._response


class Bench:
    """A farm of one printer that takes what an input sends."""

    def __init__(self) -> None:
        """Begin at noon, with the printer known and its job still to come."""
        self.now = NOON
        self.slowest_ns = 0
        self.farm = Farm(lambda: self.now)
        self.event_detector = EventDetector(self.farm)
        self.facts = StoreInfo()
        self._show(self.farm.apply_snapshot(listed_printers({PRINTER: PRINTER_RECORD}), Listing({}, True)))
        self.facts.apply_orders(Listing({}, True), self.now)

    def take(self, line: bytes) -> None:
        """Take one line; raises whatever the code under test should not raise, and FindingError."""
        letter, body = line[:1].decode("latin-1"), line[1:]
        if letter in _TOPICS:
            self._message(_TOPICS[letter], body)
        elif letter == "T":
            topic, _, payload = body.partition(b"\t")
            self._message(topic.decode(errors="replace"), payload)
        elif letter in "RQE" and letter:
            self._listing(letter, body)
        elif letter == "A":
            self._answers(body)
        elif letter == "F":
            for status in (401, 403, 404, 422, 429, 500, 302):
                self._finish(self._client(body, status).stores())

    def _finish[T](self, coroutine: Coroutine[Any, Any, T]) -> T | None:
        """Run what never has to wait; None where it ends with one of our errors."""
        before = time.thread_time_ns()
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        except PrintagoError:
            return None
        finally:
            self.slowest_ns = max(self.slowest_ns, time.thread_time_ns() - before)
        coroutine.close()
        raise FindingError("an answer that is there already was waited for")

    def _message(self, topic: str, payload: bytes) -> None:
        before = time.thread_time_ns()
        self._take_message(topic, payload)
        self.slowest_ns = max(self.slowest_ns, time.thread_time_ns() - before)

    def _take_message(self, topic: str, payload: bytes) -> None:
        try:
            message = parse_message(STORE, topic, payload)
        except MalformedMessageError as err:
            self.farm.count_dropped(str(err))
            return
        self.now += timedelta(seconds=1)
        self._show(self.farm.apply(message))

    def _client(self, body: bytes, status: int = 200) -> PrintagoClient:
        session: Any = _Session(body, status)
        return PrintagoClient(
            Transport(session, api_url="http://127.0.0.1", store_id=STORE, api_key="k" * 30, limiter=RateLimiter())
        )

    def _listing(self, letter: str, body: bytes) -> None:
        self.farm.begin_snapshot()
        client, since = self._client(body), NOON - timedelta(days=1)
        if letter == "R" and (printers := self._finish(client.printers())) is not None:
            self._show(self.farm.apply_snapshot(printers, None))
        elif letter == "Q" and (jobs := self._finish(client.open_jobs())) is not None:
            self._show(self.farm.apply_snapshot(listed_printers({PRINTER: PRINTER_RECORD}), jobs))
        else:
            self.farm.abandon_snapshot()
            if letter == "E" and (ended := self._finish(client.ended_jobs(since))) is not None:
                self._show(self.farm.apply_ended_jobs(ended, since))

    def _answers(self, body: bytes) -> None:
        client = self._client(body)
        self._finish(client.stores())
        count = self._finish(client.completed_count())
        _finite(count)
        self._finish(client.upkeep.subscription())
        self._finish(client.store_settings())
        self._finish(client.create_build({}))
        self._finish(client.products.preview_build({}))
        self._finish(client.products.upload_target("a.3mf"))
        self._finish(client.products.create_part("a", "3mf", "a"))
        self._finish(client.products.create_skus([]))
        self._finish(client.products.skus_of_order("o" * 24))
        self._finish(client.products.print_orders(order_ids=[], sku_ids=[], tags={}, priority=None, position=None))
        self._finish(client.queue.update_job(PrintJob(id="j" * 24), {}))
        self._finish(client.queue.matching("j" * 24))
        self._finish(client.printer_endpoints.print_objects("j" * 24))
        if (orders := self._finish(client.open_orders())) is not None:
            self.facts.apply_orders(orders, self.now)
        slots, variants = self._finish(client.printer_slots()), self._finish(client.material_variants())
        materials = self._finish(client.materials())
        if slots is not None and variants is not None and materials is not None:
            self.farm.materials.take_slots(slots)
            self.farm.materials.take_names(materials.rows, variants)

    def _show(self, changes: Changes) -> None:
        """Tell what has happened, and look at all that entities would show of it."""
        for farm_event in self.event_detector.detect(changes):
            _aware(farm_event.occurred_at)
            for value in farm_event.data.values():
                if isinstance(value, str) and len(value) > MAX_PATH:
                    raise FindingError("an event with a very long text")
        for change in changes.order_changes:
            self.facts.apply_order(change.action, change.row)
        for printer_id in sorted(changes.printers)[:2]:
            if (state := self.farm.printers.get(printer_id)) is not None:
                check_printer(state)
        self.farm.expire()


def check_printer(state: PrinterState) -> None:
    """Raise FindingError when an entity of the printer would show what its description forbids."""
    for description in PRINTER_SENSORS:
        value = description.value_fn(state)
        if description.attributes_fn is not None:
            description.attributes_fn(state)
        check_sensor(description, value)
    for binary in PRINTER_BINARY_SENSORS:
        if not isinstance(binary.value_fn(state), bool | None):
            raise FindingError(f"{binary.key} is neither on nor off")
        if binary.attributes_fn is not None:
            for message in binary.attributes_fn(state).get("messages", ()):
                for text in message.values():
                    _short(text)
    for number in PRINTER_NUMBERS:
        _finite(number.target_fn(state.telemetry))
        _finite(number.most_fn(state))
    for ams in range(-1, 2):
        if (tray := state.tray(SlotAddress(ams, 0))) is not None:
            _short(tray.type)
            _short(tray.info)
            if not all(_COLOR.fullmatch(color) for color in tray.colors):
                raise FindingError("a color that is none")
    _short(state.name)


def check_sensor(description: SensorEntityDescription, value: object) -> None:
    """Raise FindingError for a value that the description's classes, unit or options forbid."""
    if value is None:
        return
    if description.device_class is SensorDeviceClass.ENUM:
        if value not in (description.options or ()):
            raise FindingError(f"{description.key} is none of its options")
    elif description.device_class is SensorDeviceClass.TIMESTAMP:
        _aware(value)
    elif description.state_class is not None or description.native_unit_of_measurement is not None:
        _finite(value)
    elif isinstance(value, str):
        _short(value)


def _finite(value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e3 <= value <= 1e9:
        raise FindingError("a number that nothing could have")
    if value == 0 and math.copysign(1, value) < 0:
        raise FindingError("a zero with a sign")


def _aware(value: object) -> None:
    if not isinstance(value, datetime) or value.tzinfo is None or not 2000 <= value.year < 3100:
        raise FindingError("a time that nothing could have")


def _short(value: str | None) -> None:
    if value is not None and (len(value) > _MOST_TEXT or "\x00" in value):
        raise FindingError("a text that no state may have")


def execute(data: bytes) -> Run:
    """Run an input on a bench of its own and measure it; raises what the code under test raises, and FindingError."""
    bench = Bench()
    run = Run()
    for line in data.split(b"\n"):
        if line:
            bench.take(line)
            run.lines += 1
    run.slowest_ms = bench.slowest_ns / 1e6
    return run


def run_input(data: bytes) -> Run:
    """Run an input as ``execute`` does; one that is too slow three times in a row is a finding."""
    run = execute(data)
    for _ in range(2):
        if run.slowest_ms <= MOST_CPU_MS:
            return run
        # Others use this machine as well.
        again = execute(data)
        run.slowest_ms = min(run.slowest_ms, again.slowest_ms)
    if run.slowest_ms > MOST_CPU_MS:
        raise FindingError(f"{run.slowest_ms:.0f} ms of CPU time for one message or answer")
    return run
