"""The virtual farm: world, REST, realtime and control in one."""

import asyncio
from collections import deque
from collections.abc import Iterable
import contextlib
from datetime import datetime
import ssl
import time
from typing import Self
from weakref import WeakSet

from aiohttp import web

from .access import READ_ONLY_PERMISSIONS, KeyRing, Quota, QuotaUsage
from .builds import Builder
from .clock import check_offset
from .commands import Commander
from .config import FarmConfig
from .entities import Document, PrintJob
from .errors import BadRequestError, NotFoundError
from .faults import Fault, FaultBox
from .feed import Feed
from .fleet import Fleet
from .history import MONTHS, fill_history
from .job_queue import JobQueue
from .orders import OrderDesk
from .printer import HEALTH_KEYS, Printer, Severity
from .printer_models import MODELS
from .publisher import Publisher
from .report import farm_state
from .requests import RequestRecord
from .scenario import Scenario
from .shops import Shops
from .storage import Storage
from .world import World

HOST = "127.0.0.1"

_TICK = 0.25
_MAX_REQUESTS = 50_000
_STEPS_AT_A_STRETCH = 20


class VirtualFarm:
    """A simulated Printago cloud with one store.

    All functions of the control API are also available as methods.
    """

    def __init__(self, config: FarmConfig | None = None, *, publisher: Publisher | None = None) -> None:
        """Prepare a farm; `publisher` replaces its own broker.

        Raises ValueError for an invalid `mqtt_url` and OSError for an invalid `mqtt_ca_file`.
        """
        self.config = config or FarmConfig()
        self.keys = KeyRing()
        self.keys.add(self.config.api_key)
        self.keys.add(self.config.read_only_key, READ_ONLY_PERMISSIONS)
        self.quota = Quota(self.config.clock, enabled=self.config.quota)
        self.faults = FaultBox()
        self.world = World(self.config)
        self.storage = Storage(self.config.store_id, self.world.clock)
        self.queue = JobQueue(self.world, self.storage)
        self.fleet = Fleet(self.world, self.queue)
        self.builder = Builder(self.world, self.queue)
        self.queue.listener = self.builder.note_end
        self.orders = OrderDesk(self.world, self.builder, self.queue)
        self.shops = Shops(self.world, self.orders)
        self.commander = Commander(self.world, self.queue)
        self.scenario = Scenario(
            self.world,
            fleet=self.fleet,
            queue=self.queue,
            builder=self.builder,
            orders=self.orders,
            storage=self.storage,
        )
        self.scenario.fill()
        self.publisher: Publisher = publisher or self._make_publisher()
        self.feed = Feed(self.world, self.publisher)
        self._requests: deque[RequestRecord] = deque(maxlen=_MAX_REQUESTS)
        self._runner: web.AppRunner | None = None
        self._clockwork: asyncio.Task[None] | None = None
        self._rest_port = self.config.rest_port
        self.closing = asyncio.Event()
        self.serving: WeakSet[asyncio.Task[None]] = WeakSet()
        """The server's tasks, one per connection."""

    def _make_publisher(self) -> Publisher:
        from .broker import RealtimeBroker
        from .publisher import ExternalPublisher

        if self.config.mqtt_url is not None:
            ca_file = self.config.mqtt_ca_file
            tls_context = ssl.create_default_context(cafile=ca_file) if ca_file is not None else None
            return ExternalPublisher(self.config.mqtt_url, tls_context=tls_context)
        return RealtimeBroker(
            host=HOST,
            port=self.config.mqtt_port,
            tcp_port=self.config.mqtt_tcp_port,
            authenticate=self.authenticate,
        )

    # Lifecycle

    async def start(self) -> None:
        """Start listening, publishing, and simulating; raises OSError if a port is in use."""
        from .rest.app import make_app

        self.closing.clear()
        await self.publisher.start()
        self._runner = web.AppRunner(make_app(self), access_log=None, handle_signals=False, shutdown_timeout=1.0)
        try:
            await self._runner.setup()
            site = web.TCPSite(self._runner, HOST, self._rest_port)
            await site.start()
        except OSError:
            await self._runner.cleanup()
            self._runner = None
            await self.publisher.stop()
            raise
        self._rest_port = self._runner.addresses[0][1]
        if self.config.absolute_pictures:
            self.storage.public_url = self.rest_url
            self.scenario.publish_pictures()
        # Changes made by the demo scenario before the start are not announced.
        self.world.drain()
        self.feed.flush(everything=True)
        self._clockwork = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop, without leaving a task, socket, or file behind."""
        self.closing.set()
        if self._clockwork is not None:
            self._clockwork.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clockwork
            self._clockwork = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
            await self._end_serving()
        await self.publisher.stop()
        self.storage.close()

    async def _end_serving(self) -> None:
        """Cancel handlers that still read a rejected upload: the server does not track them after the client is gone."""
        serving = [task for task in self.serving if not task.done() and task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        if serving:
            await asyncio.wait(serving, timeout=1)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def _run(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            self._step((now - last) * self.config.speed)
            last = now
            self.feed.flush()

    def _step(self, seconds: float) -> None:
        for step in self.world.steps(seconds):
            self._step_once(step)

    def _step_once(self, seconds: float) -> None:
        self.world.time += seconds
        self.builder.step()
        self.fleet.step(seconds)
        self.queue.step()

    async def advance(self, seconds: float) -> None:
        """Advance simulated time immediately and publish the changes."""
        for index, step in enumerate(self.world.steps(seconds)):
            self._step_once(step)
            self.feed.flush()
            if index % _STEPS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        self.feed.flush(everything=True)

    def settle(self) -> None:
        """Let the cloud see changes made to machines, and publish them."""
        self.fleet.observe_all()
        self.feed.flush()

    # URLs

    @property
    def rest_url(self) -> str:
        """Base URL of REST; raises RuntimeError before the start."""
        if self._runner is None:
            raise RuntimeError("the farm is not running")
        return f"http://{HOST}:{self._rest_port}"

    @property
    def realtime_url(self) -> str:
        """Base URL of MQTT."""
        return self.publisher.url

    @property
    def plain_mqtt_url(self) -> str | None:
        """URL of MQTT without websockets, if the farm has its own broker and the port is enabled."""
        return self.publisher.tcp_url

    # Keys

    def authenticate(self, store_id: str, api_key: str) -> bool:
        """Return whether a key belongs to the store."""
        return store_id == self.config.store_id and self.keys.knows(api_key)

    def add_api_key(self, key: str, permissions: Iterable[str] | None = None, *, by_role: Iterable[str] = ()) -> None:
        """Add an API key: without `permissions` it has all, otherwise these and those granted `by_role`."""
        self.keys.add(key, permissions, by_role=by_role)

    def revoke_api_key(self, key: str) -> None:
        """Revoke an API key. Its realtime sessions stay connected, because keys are only checked at login."""
        self.keys.revoke(key)

    # Requests

    @property
    def requests(self) -> list[RequestRecord]:
        """REST requests received so far, oldest first, without control calls."""
        return list(self._requests)

    def note_request(self, record: RequestRecord) -> None:
        """Add a request to the list."""
        self._requests.append(record)

    def clear_requests(self) -> None:
        """Clear the list of requests."""
        self._requests.clear()

    def inject_fault(self, fault: Fault) -> None:
        """Make the next REST calls fail."""
        self.faults.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.faults.clear()

    def set_quota(self, *, enabled: bool) -> None:
        """Enable or disable both quota windows. They are empty afterwards."""
        self.quota.enabled = enabled
        self.quota.forget()

    def set_clock_offset(self, seconds: float) -> None:
        """Set the cloud's clock ahead (or behind, if negative); raises ValueError."""
        check_offset(seconds)
        self.world.clock.offset = seconds

    def quota_usage(self, key: str | None = None) -> QuotaUsage:
        """Return the busiest minute and hour of a key (by default the farm's own) since the windows were reset."""
        return self.quota.usage(key or self.config.api_key)

    # Printers. Each of these raises NotFoundError for an unknown printer.

    def printer(self, printer_id: str) -> Printer:
        """Return a printer; raises NotFoundError."""
        if (printer := self.world.printers.get(printer_id)) is None:
            raise NotFoundError("Printer", printer_id)
        return printer

    def add_printer(self, model: str = "X1C", name: str | None = None, *, ready: bool = False) -> Printer:
        """Add a new printer with spools; raises BadRequestError for an unknown model."""
        if model not in MODELS:
            raise BadRequestError(f"model must be one of {', '.join(MODELS)}")
        name = name or f"{MODELS[model].product_name} {len(self.world.printers) + 1:02d}"
        printer = self.fleet.add(MODELS[model], name, ready=ready)
        self.scenario.equip(printer)
        self.settle()
        return printer

    def remove_printer(self, printer_id: str) -> None:
        """Remove a printer. The job that it is printing fails."""
        self.fleet.remove(self.printer(printer_id))
        self.settle()

    def rename_printer(self, printer_id: str, name: str) -> None:
        """Rename a printer."""
        self.fleet.rename(self.printer(printer_id), name)
        self.settle()

    def disconnect_printer(self, printer_id: str) -> None:
        """Disconnect a printer, which continues on its own."""
        self.fleet.disconnect(self.printer(printer_id))
        self.settle()

    def reconnect_printer(self, printer_id: str) -> None:
        """Reconnect a printer."""
        self.fleet.reconnect(self.printer(printer_id))
        self.settle()

    def raise_hms(self, printer_id: str, code: str, message: str, *, severity: Severity = "error") -> None:
        """Make a printer report an HMS message (`error`, `warning`, `info`)."""
        if severity not in HEALTH_KEYS:
            raise BadRequestError(f"severity must be one of {', '.join(HEALTH_KEYS)}")
        self.fleet.raise_hms(self.printer(printer_id), severity, code, message)
        self.settle()

    def clear_hms(self, printer_id: str, code: str | None = None) -> None:
        """Clear one HMS message of a printer, or all of them."""
        self.printer(printer_id).clear_messages(code)
        self.settle()

    def finish_print(self, printer_id: str) -> None:
        """Finish the print of a printer; raises BadRequestError if it is not printing."""
        if not self.printer(printer_id).machine.finish():
            raise BadRequestError("Nothing prints")
        self.settle()

    def fail_print(self, printer_id: str, reason: str = "The print failed") -> None:
        """Fail the print of a printer; raises BadRequestError if it is not printing."""
        if not self.printer(printer_id).machine.fail(reason):
            raise BadRequestError("Nothing prints")
        self.settle()

    def print_from_outside(self, printer_id: str, name: str = "Outside print", seconds: float = 3600.0) -> None:
        """Start a print that Printago does not know; raises BadRequestError if the printer is busy."""
        printer = self.printer(printer_id)
        if printer.machine.phase.busy:
            raise BadRequestError("The printer is busy")
        self.fleet.print_from_outside(printer, name, seconds)
        self.settle()

    def set_word(self, printer_id: str, word: str | None) -> None:
        """Override the `state` that a printer reports until `clear_word`; None is null."""
        printer = self.printer(printer_id)
        printer.forced_word, printer.word_is_forced = word, True
        self.settle()

    def clear_word(self, printer_id: str) -> None:
        """Let a printer report its real `state` again."""
        self.printer(printer_id).word_is_forced = False
        self.settle()

    def set_ams(self, printer_id: str, units: int) -> None:
        """Attach or detach AMS units of a printer (0 to 4)."""
        if not 0 <= units <= 4:
            raise BadRequestError("units must be 0 to 4")
        self.fleet.set_ams(self.printer(printer_id), units)
        self.settle()

    # Jobs

    def job(self, job_id: str) -> PrintJob:
        """Return a print job; raises NotFoundError."""
        if (job := self.world.jobs.get(job_id)) is None:
            raise NotFoundError("Print job", job_id)
        return job

    def fill_history(self, jobs: int, *, months: int = MONTHS, until: datetime | None = None) -> None:
        """Add past jobs of many months, the same for the same seed and time; nothing is announced."""
        fill_history(self.world, jobs, months=months, until=until)

    def hold_job(self, job_id: str) -> None:
        """Hold a job for approval after slicing."""
        self.queue.hold(self.job(job_id))

    def approve_job(self, job_id: str) -> None:
        """Approve a job; raises BadRequestError if it is not waiting for approval."""
        if not self.queue.approve(self.job(job_id)):
            raise BadRequestError("The job does not wait for approval")
        self.settle()

    # Realtime

    async def restart_broker(self) -> None:
        """Restart the broker: all clients are disconnected, and retained messages stay."""
        await self.publisher.restart()

    async def disconnect_clients(self) -> None:
        """Close every realtime connection."""
        await self.publisher.disconnect_all()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish any message; raises ValueError for a topic with wildcards."""
        self.publisher.publish(topic, payload, retain=retain)

    def state(self) -> Document:
        """Return the farm's state as the control API does."""
        return farm_state(self)
