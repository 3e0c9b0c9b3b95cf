"""Hundreds of random faults in a working farm: after they end, everything is correct again."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
import logging
import random
import socket
import time
from typing import Any

import aiohttp
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RealtimeClient, ServerClock
from custom_components.printago.api.rest.rate_limit import Window
from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, DOMAIN
from custom_components.printago.diagnostics.health import describe_quota, describe_rest, describe_stream
from custom_components.printago.hub.slow_poll import SlowPoller
from tests.conftest import entry_data
from tests.e2e.chaos_farm import Foreman
from tests.e2e.chaos_faults import OUTAGES, Mischief, WrongClock
from tests.e2e.chaos_plan import Episode, Fault, make_plan
from tests.e2e.chaos_watch import Channel, EventWatch, Holdings, LogWatch
from tests.e2e.oracle import Oracle
from tests.e2e.proxy import NAME, NameService, Resolver, TcpProxy
from tests.support.figures import Figures
from virtual_farm import VirtualFarm

_PATIENCE = 20.0
"""Seconds within which everything must be correct again, and an outage detected; all waits are shortened."""
_GLANCE = 0.05
_SPEEDUP = 100
_SHORT_SEED = 786396
"""The short version detects regressions; the long one searches for new faults."""


@pytest.fixture
def seed(pytestconfig: pytest.Config, chaos: bool) -> int:
    """Return the given seed, else in the long version a random one."""
    asked: int | None = pytestconfig.getoption("--chaos-seed")
    if asked is not None:
        return asked
    return random.SystemRandom().randrange(1_000_000) if chaos else _SHORT_SEED


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the waits of integration and farm; the quota is a hundred times as fast on both sides."""
    ours = f"custom_components.{DOMAIN}"
    seconds = {
        "coordinator.POLL_WITH_STREAM": timedelta(seconds=3),
        "coordinator.POLL_WITHOUT_STREAM": timedelta(seconds=1),
        "coordinator._RECONCILE_COOLDOWN": 0.2,
        "coordinator._EXPIRY_CHECK": timedelta(seconds=1),
        "coordinator._CONNECT_PATIENCE": 0.3,
        "hub.ended_jobs._PAUSE": 0.3,
        # A print takes no time here.
        "hub.ended_jobs._UNSEEN": timedelta(),
        "coordinator.HOUR": timedelta(seconds=1),
        "hub.slow_poll.HOUR": timedelta(seconds=1),
        "hub.slow_poll._TURN": timedelta(seconds=0.2),
        "hub.slow_poll._FIRST_DELAY": 0.3,
        "hub.slow_poll._PAUSE": 0.3,
        "hub.store_poll._MINUTE": timedelta(seconds=1),
        "history.reader.FIRST_DELAY": 0.3,
        "history.reader.PAUSE": 0.3,
        "api.rest.transport._TIMEOUT": aiohttp.ClientTimeout(total=1.5, connect=1, sock_connect=1),
    }
    for name, value in seconds.items():
        monkeypatch.setattr(f"{ours}.{name}", value)
    # It was bound at import.
    monkeypatch.setitem(SlowPoller.add.__kwdefaults__, "every", timedelta(seconds=1))
    windows = (
        Window(seconds=60 / _SPEEDUP, limit=60, reserve=20, margin=2 / _SPEEDUP),
        Window(seconds=3600 / _SPEEDUP, limit=600, reserve=200, margin=10 / _SPEEDUP),
    )
    monkeypatch.setattr(f"{ours}.api.rest.rate_limit.WINDOWS", windows)
    monkeypatch.setattr("virtual_farm.access._WINDOWS", ((60 / _SPEEDUP, 60), (3600 / _SPEEDUP, 600)))
    monkeypatch.setattr("virtual_farm.feed._KEEPALIVE", 2.0)
    stream = partial(
        RealtimeClient, keepalive=1, connect_timeout=1.5, min_backoff=0.05, max_backoff=0.3, stable_after=0.5
    )
    monkeypatch.setattr(f"{ours}.hub.realtime_stream.RealtimeClient", stream)


@dataclass(slots=True)
class Scene:
    """All parts of the test."""

    hass: HomeAssistant
    farm: VirtualFarm
    entry: MockConfigEntry
    oracle: Oracle
    foreman: Foreman
    mischief: Mischief
    log: LogWatch
    events: EventWatch
    rest: TcpProxy
    stream: TcpProxy
    names: NameService
    slowest_recovery: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    async def live_through(self, episode: Episode) -> None:
        """Cause the faults of an episode while the farm works, then end them."""
        alone = episode[0].fault if len(episode) == 1 else None
        begun, ended = self.log.begun.copy(), self.log.ended.copy()
        for step in episode:
            await self.mischief.begin(step)
            self.faults[step.fault] += 1
            for work, choice in step.work:
                await self.foreman.do(work, choice)
            await asyncio.sleep(step.gap)
        expected = OUTAGES.get(alone) if alone is not None else None
        if expected is not None:
            await self._until(
                lambda: [
                    f"the outage of {way} is not logged" for way in expected if not self.log.begun[way] > begun[way]
                ]
            )
        else:
            await asyncio.sleep(max(step.strength * _hold(step.fault) for step in episode))
        if alone in (Fault.KEY_REVOKED, Fault.KEY_REPLACED):
            await self._until(lambda: [] if self.mischief.reauth_flows() else ["nobody is asked for another key"])
        await self.quiet()
        if expected is not None:
            for logged in (self.log.begun - begun, self.log.ended - ended):
                assert logged == dict.fromkeys(expected, 1), f"{alone}: outages logged {dict(logged)}"

    async def quiet(self) -> None:
        """End all faults, and wait until all states match the farm."""
        await self.mischief.end()
        if self.foreman.presses:
            await asyncio.wait(self.foreman.presses)
        self.farm.feed.flush(everything=True)
        started = time.monotonic()
        await self._until(self._differences, self.mischief.recover)
        self.slowest_recovery = max(self.slowest_recovery, time.monotonic() - started)
        assert not self.log.problems, "\n".join(self.log.problems)
        assert not self.names.in_the_loop, "\n".join(self.names.in_the_loop)
        assert not self.events.problems, "\n".join(self.events.problems)

    def _described(self) -> list[str]:
        """Return data that helps to find the cause."""
        if self.entry.state is not ConfigEntryState.LOADED:
            return [str(self.entry.state)]
        coordinator = self.entry.runtime_data.coordinator
        return [str(described(coordinator)) for described in (describe_rest, describe_quota, describe_stream)]

    def _differences(self) -> list[str]:
        differences = self.oracle.differences(self.hass, self.entry.entry_id)
        differences += [f"the outage of {channel} has no end" for channel in self.log.down]
        differences += ["a dialogue still asks for another key" for _ in self.mischief.reauth_flows()]
        return differences

    async def _until(self, left, meanwhile=None) -> None:
        """Wait until nothing is missing; it checks again regularly, since some of it, such as a log, sends no signal."""
        deadline = time.monotonic() + _PATIENCE
        while missing := left():
            assert time.monotonic() < deadline, "\n".join([*missing, *self._described()])
            if meanwhile is not None:
                await meanwhile()
            await asyncio.sleep(_GLANCE)


def _hold(fault: Fault) -> float:
    """Return the maximum duration in seconds of a fault among others."""
    match fault:
        case Fault.STREAM_FROZEN:
            return 3.5
        case Fault.REST_FROZEN | Fault.NO_ANSWER:
            return 2.0
        case Fault.KEY_REVOKED | Fault.KEY_REPLACED:
            return 1.0
    return 0.6


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> NameService:
    """Resolve the farm's name here."""
    service = NameService()
    monkeypatch.setattr(socket, "getaddrinfo", service.getaddrinfo)
    monkeypatch.setattr("homeassistant.helpers.aiohttp_client._async_make_resolver", lambda hass: Resolver())
    return service


@pytest.fixture
async def abandoned_lookups(hass: HomeAssistant) -> None:
    """Log aiohttp's unretrieved errors of name resolution, as Home Assistant does; they fail no test."""
    loop = asyncio.get_running_loop()
    handle = loop.get_exception_handler()
    assert handle is not None

    def sort_out(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        err, message = context.get("exception"), context["message"]
        if isinstance(err, socket.gaierror) and "shielded future" in message:
            logging.getLogger("homeassistant").error("Error doing job: %s", message, exc_info=err)
        else:
            handle(loop, context)

    loop.set_exception_handler(sort_out)


@pytest.fixture
async def scene(
    hass: HomeAssistant,
    farm: VirtualFarm,
    names: NameService,
    abandoned_lookups: None,
    enable_custom_integrations: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Scene]:
    """Set up an entry that reaches the farm by name, through proxies."""
    clock = WrongClock()
    monkeypatch.setattr(
        f"custom_components.{DOMAIN}.hub.persistence.ServerClock", lambda _, **options: ServerClock(clock, **options)
    )
    oracle = Oracle(farm)
    async with TcpProxy(int(farm.rest_url.rpartition(":")[2])) as rest, TcpProxy(farm.publisher.port) as stream:
        data = entry_data(farm) | {
            CONF_SERVER: {
                CONF_API_URL: f"http://{NAME}:{rest.port}",
                CONF_REALTIME_URL: f"ws://{NAME}:{stream.port}",
            }
        }
        entry = MockConfigEntry(domain=DOMAIN, title="Virtual Farm", unique_id=farm.config.store_id, data=data)
        entry.add_to_hass(hass)
        mischief = Mischief(hass, farm, entry, rest=rest, stream=stream, names=names, clock=clock)
        with LogWatch() as log:
            yield Scene(
                hass=hass,
                farm=farm,
                entry=entry,
                oracle=oracle,
                foreman=Foreman(hass, farm, oracle),
                mischief=mischief,
                log=log,
                events=EventWatch(hass),
                rest=rest,
                stream=stream,
                names=names,
            )
        await hass.config_entries.async_unload(entry.entry_id)


def test_plan_follows_from_its_seed_alone() -> None:
    plan = make_plan(7, 500)
    assert plan == make_plan(7, 500)
    assert plan != make_plan(8, 500)
    assert sum(map(len, plan)) == 500
    assert {episode[0].fault for episode in plan if len(episode) == 1} == set(Fault)


@pytest.mark.timeout(600)
async def test_after_any_faults_all_states_match_the_farm(
    scene: Scene, seed: int, chaos: bool, figures: Figures
) -> None:
    figures["seed"] = seed
    hass, entry = scene.hass, scene.entry
    # Home Assistant's own resources after the first setup of an entry do not count.
    assert await hass.config_entries.async_setup(entry.entry_id)
    await scene.quiet()
    before = await held_without_the_entry(scene)
    assert await hass.config_entries.async_setup(entry.entry_id)
    started = time.monotonic()

    for number, episode in enumerate(make_plan(seed, 500 if chaos else 40)):
        try:
            await scene.live_through(episode)
        except AssertionError as err:
            kinds = ", ".join(step.fault for step in episode)
            err.add_note(f"seed {seed}, episode {number}: {kinds}")
            raise

    duration = time.monotonic() - started
    after = await held_without_the_entry(scene, until_as=before)
    assert not (held := after.beyond(before)), "\n".join(held)
    assert scene.farm.quota.refused == 0, "Printago had to refuse what the limiter let through"
    assert not scene.log.problems, "\n".join(scene.log.problems)
    figures["faults"] = f"{scene.faults.total()} in {duration:.0f} s"
    figures["by kind"] = ", ".join(f"{kind} {count}" for kind, count in scene.faults.most_common())
    figures["slowest recovery"] = f"{scene.slowest_recovery:.1f} s"
    figures["longest reload"] = f"{scene.mischief.longest_reload:.1f} s"
    figures["connections"] = f"{scene.stream.accepted} of the stream, {scene.rest.accepted} of REST"
    for channel in Channel:
        figures[f"outages of {channel} logged"] = f"{scene.log.begun[channel]}, ends {scene.log.ended[channel]}"
    figures["failed setups, logged by Home Assistant"] = scene.log.setups_failed
    figures["events"] = f"{scene.events.counts.total()}, none twice"
    figures["held longer than before"] = "no task, socket, file or thread"
    figures["look-ups that aiohttp reports after they were given up"] = scene.log.abandoned_lookups
    figures["event loop held (anybody, > 0.1 s, debug mode)"] = scene.log.slow_steps


async def held_without_the_entry(scene: Scene, until_as: Holdings | None = None) -> Holdings:
    """Unload the entry, and return the resources of the process once unused connections are closed."""
    assert await scene.hass.config_entries.async_unload(scene.entry.entry_id)
    scene.rest.cut()
    scene.stream.cut()
    held = Holdings.now()
    deadline = time.monotonic() + 5
    while (until_as is None or held.beyond(until_as)) and time.monotonic() < deadline:
        await asyncio.sleep(_GLANCE)
        held = Holdings.now()
        if until_as is None and not (scene.rest.connections or scene.stream.connections):
            return held
    return held
