"""A farm that publishes to Debian's mosquitto, and entries that follow it there."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
import logging
from pathlib import Path
import re
import ssl
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import create_client_context
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, LOGGER
from custom_components.printago.diagnostics import async_get_config_entry_diagnostics
from tests.conftest import SetUp
from tests.e2e.real_broker.authority import Authority
from tests.e2e.real_broker.mosquitto import Mosquitto
from tests.support.common import pass_time, printer_named, state_of, until, value_of
from virtual_farm import FarmConfig, VirtualFarm

OTHER_STORE = "vf9z1a7h3e2r5s8t4o6r0e1x"
OTHER_KEY = "vfother1a2b3c4d5e6f7g8h9_k0l1m2n3o4p5q6r7"
COOLDOWN = 16
"""Seconds after which a requested snapshot is no longer delayed."""
ATTEMPT_OVER = "Next realtime attempt"
"""The integration's log message after a failed attempt to connect."""

type Connect = Callable[[str], Coroutine[Any, Any, MockConfigEntry]]


class Watch(logging.Handler):
    """Wakes tasks that wait for a message in the integration's log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._messages: list[str] = []
        self._logged = asyncio.Event()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())
        self._logged.set()

    def count(self, words: str) -> int:
        """Return how many messages contain some words."""
        return sum(words in message for message in self._messages)

    def has(self, words: str, times: int) -> bool:
        """Return whether at least so many messages contain some words."""
        return self.count(words) >= times

    async def until(self, holds: Callable[[], bool], seconds: float = 15) -> None:
        """Wait for a condition, checked after each record."""
        async with asyncio.timeout(seconds):
            while not holds():
                self._logged.clear()
                await self._logged.wait()


@pytest.fixture
async def watch() -> AsyncGenerator[Watch]:
    """Watch the integration's log, including debug messages."""
    handler = Watch()
    level = LOGGER.level
    LOGGER.setLevel(logging.DEBUG)
    LOGGER.addHandler(handler)
    yield handler
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(level)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return the authority that signs the broker's certificate."""
    return Authority(tmp_path, "authority")


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Home Assistant trust it as users can; its TLS context is otherwise unchanged."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    context = create_client_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    monkeypatch.setattr("custom_components.printago.hub.realtime_stream.client_context", lambda: context)


@pytest.fixture
async def broker(socket_enabled: None, tmp_path: Path, authority: Authority) -> AsyncGenerator[Mosquitto]:
    """Run a broker that knows two stores."""
    stores = {FarmConfig().store_id: FarmConfig().api_key, OTHER_STORE: OTHER_KEY}
    mosquitto = Mosquitto(tmp_path, authority.certify("broker"), stores)
    await mosquitto.start()
    yield mosquitto
    await mosquitto.stop()


@pytest.fixture
def farm_config(broker: Mosquitto, authority: Authority) -> FarmConfig:
    """Let the farm publish to the broker, over TLS as well."""
    return FarmConfig(speed=0, mqtt_url=broker.cloud_url("mqtts"), mqtt_ca_file=str(authority.file))


@pytest.fixture
async def connect(hass: HomeAssistant, farm: VirtualFarm, broker: Mosquitto, setup_entry: SetUp) -> Connect:
    """Return a function that sets up the farm's entry with one of the broker's listeners."""

    async def connect(scheme: str) -> MockConfigEntry:
        entry = await setup_entry(**{CONF_SERVER: server(farm, broker, scheme)})
        await until(hass, lambda: realtime(hass, farm) == "on")
        await until(hass, lambda: is_number(value_of(hass, printer_named(farm, "X1 Carbon 01"), "nozzle_temp")))
        await pass_time(hass, 2 * COOLDOWN)
        farm.clear_requests()
        return entry

    return connect


def server(farm: VirtualFarm, broker: Mosquitto, scheme: str) -> dict[str, str]:
    """Return the addresses of an entry."""
    return {CONF_API_URL: farm.rest_url, CONF_REALTIME_URL: broker.url(scheme)}


def realtime(hass: HomeAssistant, farm: VirtualFarm) -> str | None:
    """Return the state of the farm's realtime entity."""
    return value_of(hass, farm.config.store_id, "realtime", "binary_sensor")


def is_number(value: str | None) -> bool:
    """Return whether a state is a number."""
    return value is not None and re.fullmatch(r"-?[\d.]+", value) is not None


async def stream_of(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the stream's part of the diagnostics."""
    stream: dict[str, Any] = (await async_get_config_entry_diagnostics(hass, entry))["stream"]
    return stream


async def until_named(hass: HomeAssistant, store: str, name: str) -> None:
    """Wait until a store's farm has the name of a printer."""
    await until(hass, lambda: name in state_of(hass, store, "printers_total").attributes["printers"])
