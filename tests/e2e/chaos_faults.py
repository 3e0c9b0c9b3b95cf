"""Causes faults, and ends them."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.e2e.chaos_plan import Fault, Step
from tests.e2e.chaos_watch import Channel
from tests.e2e.proxy import NameService, TcpProxy
from tests.support.common import entity_id
import virtual_farm
from virtual_farm import VirtualFarm

_MODELS = ("X1C", "P1S", "A1", "H2D", "KLIPPER", "PRUSA")
_FEWEST, _MOST = 4, 14
_ANY = 10_000
_NO_ANSWER = 3.0
"""Seconds after which the farm hangs up: longer than anybody waits."""

REST_ONLY = frozenset({Channel.REST})
STREAM_ONLY = frozenset({Channel.STREAM})
BOTH = REST_ONLY | STREAM_ONLY
NEITHER: frozenset[Channel] = frozenset()

OUTAGES = {
    Fault.BROKER_RESTART: STREAM_ONLY,
    Fault.STREAM_CUT: STREAM_ONLY,
    Fault.STREAM_FROZEN: STREAM_ONLY,
    Fault.STREAM_REFUSED: STREAM_ONLY,
    Fault.STREAM_SLOW: NEITHER,
    Fault.LOGIN_REFUSED: STREAM_ONLY,
    Fault.REST_FROZEN: REST_ONLY,
    Fault.REST_REFUSED: REST_ONLY,
    Fault.REST_SLOW: NEITHER,
    Fault.HTTP_500: REST_ONLY,
    Fault.HTTP_502_HTML: REST_ONLY,
    Fault.HTTP_503: REST_ONLY,
    Fault.HTTP_429: NEITHER,
    Fault.HTML: REST_ONLY,
    Fault.TRUNCATED: REST_ONLY,
    Fault.NO_ANSWER: REST_ONLY,
    Fault.DNS: BOTH,
    Fault.DNS_SLOW: STREAM_ONLY,
    Fault.NETWORK_DOWN: BOTH,
    Fault.PRINTER_ADDED: NEITHER,
    Fault.PRINTER_REMOVED: NEITHER,
    Fault.PRINTER_RENAMED: NEITHER,
    Fault.PRINTER_LOST: NEITHER,
    Fault.CLOCK: NEITHER,
    Fault.RELOAD: NEITHER,
    Fault.COLD_RELOAD: NEITHER,
    Fault.KEY_REVOKED: BOTH,
}
"""Which outages a single lasting fault causes; those of combined faults vary."""


class WrongClock:
    """Home Assistant's wall clock, which can be set wrong and right again."""

    def __init__(self) -> None:
        """Begin with the right time."""
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the time that it shows."""
        return dt_util.utcnow() + self.ahead


class Mischief:
    """Everything around one entry that can fail."""

    def __init__(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        entry: MockConfigEntry,
        *,
        rest: TcpProxy,
        stream: TcpProxy,
        names: NameService,
        clock: WrongClock,
    ) -> None:
        """Start without any fault."""
        self._hass = hass
        self._farm = farm
        self._entry = entry
        self._rest = rest
        self._stream = stream
        self._names = names
        self._clock = clock
        self._keys = 0
        self._renamed = 0
        self.good_key: str = entry.data[CONF_API_KEY]
        """The key that is valid after the faults."""
        self.longest_reload = 0.0

    async def begin(self, step: Step) -> None:
        """Cause a fault; a lasting one ends when `end` is set."""
        match step.fault:
            case (
                Fault.STREAM_CUT
                | Fault.STREAM_FROZEN
                | Fault.STREAM_REFUSED
                | Fault.STREAM_SLOW
                | Fault.BROKER_RESTART
                | Fault.LOGIN_REFUSED
            ):
                await self._hurt_stream(step)
            case Fault.PRINTER_ADDED | Fault.PRINTER_REMOVED | Fault.PRINTER_RENAMED | Fault.PRINTER_LOST:
                self._change_fleet(step)
            case Fault.RELOAD | Fault.COLD_RELOAD:
                await self._reload(cold=step.fault is Fault.COLD_RELOAD)
            case Fault.CLOCK:
                # Up to eight hours, either way: as wrong as a machine is that has just woken up.
                self._clock.ahead = timedelta(hours=16 * step.strength - 8)
            case Fault.KEY_REVOKED | Fault.KEY_REPLACED:
                self._take_key(replace=step.fault is Fault.KEY_REPLACED)
            case Fault.DNS | Fault.DNS_SLOW | Fault.NETWORK_DOWN:
                await self._hurt_network(step)
            case _:
                await self._hurt_rest(step)
        await self.refresh()

    async def end(self) -> None:
        """End all faults."""
        self._farm.clear_faults()
        self._farm.publisher.refuse = False
        self._names.failing, self._names.delay = False, 0.0
        for proxy in (self._rest, self._stream):
            proxy.frozen, proxy.delay = False, 0.0
            await proxy.accept()
        self._farm.add_api_key(self.good_key)

    async def recover(self) -> None:
        """Do what only a user can do: enter the valid key, and reload an entry that has failed."""
        entry = self._entry
        if entry.state is ConfigEntryState.SETUP_RETRY:
            # Home Assistant does this by itself, some seconds later.
            await self._hass.config_entries.async_reload(entry.entry_id)
        waits = entry.state is ConfigEntryState.SETUP_ERROR or entry.data[CONF_API_KEY] != self.good_key
        if waits and (flows := self.reauth_flows()):
            await self._hass.config_entries.flow.async_configure(flows[0]["flow_id"], {CONF_API_KEY: self.good_key})

    def reauth_flows(self) -> list[Any]:
        """Return the open reauthentication flows."""
        return list(self._entry.async_get_active_flows(self._hass, {SOURCE_REAUTH}))

    async def refresh(self) -> None:
        """Press the farm's refresh button if there is one, so that no poll has to be awaited."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return
        button = entity_id(self._hass, self._farm.config.store_id, "refresh", "button")
        if (state := self._hass.states.get(button)) is None or state.state == STATE_UNAVAILABLE:
            return
        await self._hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)

    async def _hurt_stream(self, step: Step) -> None:
        match step.fault:
            case Fault.STREAM_CUT:
                self._stream.cut(reset=step.choice > 0.5)
            case Fault.STREAM_FROZEN:
                self._stream.frozen = True
            case Fault.STREAM_REFUSED:
                await self._stream.refuse()
            case Fault.STREAM_SLOW:
                self._stream.delay = 0.02 + 0.2 * step.strength
            case Fault.BROKER_RESTART:
                await self._farm.restart_broker()
            case _:
                self._farm.publisher.refuse = True
                self._stream.cut()

    async def _hurt_rest(self, step: Step) -> None:
        match step.fault:
            case Fault.REST_CUT:
                self._rest.cut(reset=step.choice > 0.5)
            case Fault.REST_FROZEN:
                self._rest.frozen = True
            case Fault.REST_REFUSED:
                await self._rest.refuse()
            case Fault.REST_SLOW:
                self._rest.delay = 0.02 + 0.2 * step.strength
            case _:
                self._farm.inject_fault(_http_fault(step))

    async def _hurt_network(self, step: Step) -> None:
        connector = async_get_clientsession(self._hass).connector
        if step.fault is Fault.NETWORK_DOWN:
            await asyncio.gather(self._rest.refuse(), self._stream.refuse())
            return
        connector.clear_dns_cache()
        if step.fault is Fault.DNS:
            self._names.failing = True
            self._rest.cut()
        else:
            self._names.delay = 0.1 + 0.3 * step.strength
        self._stream.cut()

    def _take_key(self, *, replace: bool) -> None:
        self._farm.revoke_api_key(self.good_key)
        if replace:
            self._keys += 1
            self.good_key = f"replaced{self._keys:04}".ljust(48, "x")
            self._farm.add_api_key(self.good_key)
        # Keys are checked at login.
        self._stream.cut()

    def _change_fleet(self, step: Step) -> None:
        farm = self._farm
        printers = list(farm.world.printers.values())
        printer = printers[int(step.choice * len(printers))]
        match step.fault:
            case Fault.PRINTER_ADDED if len(printers) < _MOST:
                farm.add_printer(_MODELS[int(step.choice * len(_MODELS))], ready=step.strength > 0.5)
            case Fault.PRINTER_ADDED | Fault.PRINTER_REMOVED if len(printers) > _FEWEST:
                farm.remove_printer(printer.id)
            case Fault.PRINTER_LOST if printer.connected:
                farm.disconnect_printer(printer.id)
            case Fault.PRINTER_LOST:
                farm.reconnect_printer(printer.id)
            case _:
                self._renamed += 1
                farm.rename_printer(printer.id, f"{printer.model.product_name} no. {self._renamed}")

    async def _reload(self, *, cold: bool) -> None:
        loop = self._hass.loop
        started = loop.time()
        with pytest.MonkeyPatch.context() as patch:
            if cold:
                patch.setattr("custom_components.printago.coordinator._REMEMBER_SECONDS", 0)
            await self._hass.config_entries.async_reload(self._entry.entry_id)
        self.longest_reload = max(self.longest_reload, loop.time() - started)


def _http_fault(step: Step) -> virtual_farm.Fault:
    match step.fault:
        case Fault.HTTP_500:
            return virtual_farm.Fault(mode="status", status=500, count=_ANY)
        case Fault.HTTP_502_HTML:
            return virtual_farm.Fault(mode="html", status=502, count=_ANY)
        case Fault.HTTP_503:
            return virtual_farm.Fault(mode="status", status=503, count=_ANY)
        case Fault.HTTP_429:
            return virtual_farm.Fault(mode="status", status=429, retry_after=1, path="/v1/printers")
        case Fault.HTML:
            return virtual_farm.Fault(mode="html", status=200, count=_ANY)
        case Fault.TRUNCATED:
            return virtual_farm.Fault(mode="truncated", count=_ANY)
    return virtual_farm.Fault(mode="timeout", seconds=_NO_ANSWER, count=_ANY)
