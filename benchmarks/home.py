"""A real Home Assistant in this process, without recorder and without clients."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
import gc
import heapq
import json
from pathlib import Path
import tempfile
from typing import Any, Self, cast
from unittest.mock import patch

from aiohttp import ThreadedResolver
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, frame, translation
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
import paho.mqtt.client as paho
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant
from yarl import URL

# Import ours first: the test plugin has a package of the same name, which would hide it.
from custom_components.printago.api.realtime.connection import MqttConnection
from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN
from custom_components.printago.coordinator import PrintagoCoordinator

from .cloud import API_KEY, STORE_ID, Cloud

type Receive = Callable[[paho.MQTTMessage], None]
"""The callback that paho calls with each message."""


class _Resolver(ThreadedResolver):
    async def real_close(self) -> None:
        """Close, with Home Assistant's interface."""
        await self.close()


@asynccontextmanager
async def home() -> AsyncGenerator[HomeAssistant]:
    """Run a Home Assistant in a new folder."""
    # Home Assistant's own resolver uses mDNS, which must not run here.
    resolver = patch("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda _: _Resolver())
    with resolver, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with async_test_home_assistant(asyncio.get_running_loop(), config_dir=folder) as hass:
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            frame.async_setup(hass)
            await translation.async_load_integrations(hass, {"homeassistant"})
            try:
                yield hass
            finally:
                await hass.async_stop(force=True)


async def add_printago(hass: HomeAssistant, running: Cloud) -> MockConfigEntry:
    """Set up our entry for a cloud, and wait until all of its entities are added."""
    entry = new_entry(hass, running)
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise RuntimeError(f"the entry is {entry.state}: {entry.reason}")
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def new_entry(hass: HomeAssistant, running: Cloud) -> MockConfigEntry:
    """Return an entry for a cloud that is not set up yet."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Farm",
        unique_id=STORE_ID,
        data={
            CONF_STORE_ID: STORE_ID,
            CONF_API_KEY: API_KEY,
            CONF_SERVER: {CONF_API_URL: running.rest_url, CONF_REALTIME_URL: running.realtime_url},
        },
    )
    entry.add_to_hass(hass)
    return entry


def printago_receiver(coordinator: PrintagoCoordinator) -> Receive:
    """Return the callback for messages of our connection."""
    assert coordinator.realtime is not None
    ours = coordinator.realtime._handle_message  # noqa: SLF001
    connection = next(
        found
        for found in gc.get_objects()
        if isinstance(found, MqttConnection) and found._deliver == ours  # noqa: SLF001
    )
    return partial(connection._client.on_message, None, None)  # noqa: SLF001, the real way of a message begins here


def entities_of(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, er.RegistryEntry]:
    """Return the entry's enabled entities, by entity ID."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {entity.entity_id: entity for entity in found if entity.disabled_by is None}


# The readings that a user could define MQTT sensors for, and their templates. Only readings of telemetry are compared:
# our switches, buttons and events have no equivalent.
_DATA = "value_json.data"
_TEMPLATES = {
    "print_status": "{{ value_json.state | lower }}",
    "print_progress": f"{{{{ {_DATA}.print.percent }}}}",
    "remaining_time": f"{{{{ {_DATA}.print.timeRemaining }}}}",
    "end_time": f"{{{{ (as_datetime(value_json.receivedAt) + timedelta(minutes={_DATA}.print.timeRemaining)).isoformat() }}}}",
    "current_layer": f"{{{{ {_DATA}.print.currentLayer }}}}",
    "stage": f"{{{{ {_DATA}.print.stage }}}}",
    "task_name": f"{{{{ {_DATA}.print.taskName }}}}",
    "nozzle_temp": f"{{{{ {_DATA}.temps.nozzleTemp }}}}",
    "bed_temp": f"{{{{ {_DATA}.temps.bedTemp }}}}",
    "chamber_temp": f"{{{{ {_DATA}.temps.chamberTemp }}}}",
    "external_spool": f"{{{{ {_DATA}.filament.spool.type or 'empty' }}}}",
    "online": "{{ 'on' if value_json.isOnline else 'off' }}",
    "printing": "{{ 'on' if value_json.state in ['PREPARE', 'RUNNING'] else 'off' }}",
    "hms": f"{{{{ 'on' if {_DATA}.health.errors or {_DATA}.health.warnings else 'off' }}}}",
}
_TRAY = "{{{{ value_json.data.filament.ams.ams[{ams}].slots[{slot}].type | default('empty') }}}}"
_UNITS = {
    "print_progress": {"unit_of_measurement": "%"},
    "remaining_time": {"unit_of_measurement": "min", "device_class": "duration"},
    "end_time": {"device_class": "timestamp"},
    **{
        key: {"unit_of_measurement": "°C", "device_class": "temperature", "state_class": "measurement"}
        for key in ("nozzle_temp", "bed_temp", "chamber_temp")
    },
}
_BINARY = ("online", "printing", "hms")


def mqtt_entities(keys: Iterable[tuple[str, str]]) -> dict[str, list[dict[str, Any]]]:
    """Return the configuration of hand-written MQTT entities that are equivalent to ours.

    ``keys`` are printer IDs and keys of our entities; those without a reading are left out.
    """
    config: dict[str, list[dict[str, Any]]] = {"sensor": [], "binary_sensor": []}
    for printer_id, key in keys:
        if key.startswith("ams_"):
            _, ams, _, slot = key.split("_")
            template: str | None = _TRAY.format(ams=int(ams) - 1, slot=int(slot) - 1)
        else:
            template = _TEMPLATES.get(key)
        if template is None:
            continue
        binary = key in _BINARY
        config["binary_sensor" if binary else "sensor"].append(
            {
                "name": f"{printer_id} {key}",
                "unique_id": f"mqtt_{printer_id}_{key}",
                "state_topic": f"stores/{STORE_ID}/printer-stats/{printer_id}",
                "value_template": template,
                **({"payload_on": "on", "payload_off": "off"} if binary else _UNITS.get(key, {})),
            }
        )
    return config


async def add_mqtt(hass: HomeAssistant, running: Cloud, entities: dict[str, list[dict[str, Any]]]) -> Receive:
    """Set up Home Assistant's MQTT integration with these entities; return the callback for its messages."""
    address = URL(running.realtime_url)
    entry = MockConfigEntry(
        domain="mqtt",
        title="MQTT",
        version=1,
        minor_version=2,
        data={
            "broker": address.host,
            "port": address.port,
            "transport": "websockets",
            "ws_path": "/mqtt",
            "protocol": "3.1.1",
            "username": STORE_ID,
            "password": API_KEY,
            "client_id": f"apiclient_{API_KEY[:24]}_mqtt",
        },
        options={"discovery": False, "birth_message": {}, "will_message": {}},
    )
    entry.add_to_hass(hass)
    # JSON is YAML, too.
    await hass.async_add_executor_job(
        Path(hass.config.path("configuration.yaml")).write_text, json.dumps({"mqtt": [entities]})
    )
    if not await async_setup_component(hass, "mqtt", {}):
        raise RuntimeError(f"Home Assistant's MQTT integration is {entry.state}: {entry.reason}")
    await hass.async_block_till_done(wait_background_tasks=True)
    client = hass.data["mqtt"].client
    async with asyncio.timeout(30):
        while not client.connected:
            await asyncio.sleep(0.05)
    return partial(client._async_mqtt_on_message, None, None)  # noqa: SLF001, the real way of a message begins here


def message(topic: str, payload: bytes) -> paho.MQTTMessage:
    """Return a message as paho creates it."""
    made = paho.MQTTMessage(topic=topic.encode())
    made.payload = payload
    return made


class SimulatedTime:
    """Simulates Printago's clock and the timers that collect changes, so that hours of telemetry pass in seconds.

    It replaces the event loop's time where readings and counts are delayed; sockets and polls are unaffected.
    """

    def __init__(self, coordinator: PrintagoCoordinator, now: datetime | None = None) -> None:
        """Start now, or at the time reached before."""
        self.now = now or datetime.now(UTC)
        self._listeners = coordinator.listeners
        self._clock = coordinator.store_state.clock
        self._loop = self._listeners._loop  # noqa: SLF001
        self._time = self._loop.time()
        self._timers: list[tuple[float, int, Timer]] = []
        self._expire = coordinator.updates.async_expire

    def __enter__(self) -> Self:
        """Replace the loop's time."""
        self._listeners._loop = cast(asyncio.AbstractEventLoop, self)  # noqa: SLF001
        self._wait_to_expire()
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the loop's time."""
        self._listeners._loop = self._loop  # noqa: SLF001
        self._clock.offset = 0.0

    def _wait_to_expire(self) -> None:
        self.call_later(10, self._wait_to_expire)
        self._expire()

    def time(self) -> float:
        """Return the simulated seconds, like a loop."""
        return self._time

    def call_later(self, delay: float, called: Callable[..., None], *args: Any) -> Timer:
        """Schedule a call after simulated seconds."""
        timer = Timer(partial(called, *args))
        heapq.heappush(self._timers, (self._time + delay, id(timer), timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Advance the time."""
        self._time += seconds
        self.now += timedelta(seconds=seconds)
        self._clock.offset = (self.now - datetime.now(UTC)).total_seconds()

    def run_due(self) -> None:
        """Run the timers that are due."""
        while self._timers and self._timers[0][0] <= self._time:
            _, _, timer = heapq.heappop(self._timers)
            timer.run()


class Timer:
    """A call scheduled in simulated time."""

    def __init__(self, called: Callable[[], None]) -> None:
        """Schedule it."""
        self._called: Callable[[], None] | None = called

    def cancel(self) -> None:
        """Cancel the call."""
        self._called = None

    def run(self) -> None:
        """Run the call."""
        if self._called is not None:
            self._called()
