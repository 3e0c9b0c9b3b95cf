"""The state of a store: its farm and quota survive a reload, its request log and results also a restart.

It is stored outside of the config entry, since changing an entry reloads it.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import math
from typing import Any
from weakref import WeakValueDictionary

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, CoreState, Event, HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..api import MAX_UNSAVED, RateLimiter, RequestLog, ServerClock, uptime
from ..api.models.order import Order
from ..const import DOMAIN
from ..model.catalog_names import CatalogNames
from ..model.events import EventDetector, FarmEvent, Scope
from ..model.farm import Farm
from ..model.material_table import MaterialTable
from ..model.print_energy import PrintEnergies
from ..model.print_results import PrintResult, Results
from ..model.stock import Stock
from ..model.store_info import StoreInfo
from ..model.stream_outage import StreamOutage
from .held_back import HeldBack
from .pending_events import PendingEvents

_STATES: HassKey[dict[str, StoreState]] = HassKey(f"{DOMAIN}_memories")
_STORAGE_VERSION = 1
_SAVE_DELAY = 30
_MOST_LACKING = 100
_MOST_SHORT = 1000


@dataclass(slots=True)
class BuildLedger:
    """Builds in progress; survives a reload in the middle of a submission."""

    locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """One lock for each part or SKU that is being submitted."""
    baselines: dict[tuple[str, str], float] = field(default_factory=dict)
    """By part or SKU: since when the stream had been up when its latest jobs were requested (monotonic clock)."""


class StoreState:
    """The state of one store, which survives a reload."""

    def __init__(self, hass: HomeAssistant, store_id: str) -> None:
        """Start empty; ``async_get_store_state`` loads what was saved."""
        self._log = RequestLog(self._async_save)
        self.limiter = RateLimiter(
            wall=lambda: self.clock.now().timestamp(), on_sent=self._async_on_sent, log=self._log
        )
        self.builds = BuildLedger()
        self.clock = ServerClock(dt_util.utcnow, on_known=self.limiter.date_restored)
        self.outage = StreamOutage()
        self.farm = Farm(self.clock.now)
        self.event_detector = self._new_detector()
        self.results = Results()
        self.facts = StoreInfo()
        self.energies = PrintEnergies()
        self.on_print: Callable[[FarmEvent], None] = lambda _: None
        """Called with each event of a print once its result is recorded; set by what values prints."""
        self.stock = Stock(self.farm.materials)
        self.material_table = MaterialTable()
        self.catalog_names = CatalogNames()
        self.short_materials: frozenset[str] | None = None
        """The materials that were reported as short; None until the first look."""
        self.known_until: datetime | None = None
        """Until when every ended job is known (Printago's clock); None if unknown."""
        self.ended_jobs_wanted = False
        """Jobs may have ended since then without an event."""
        self.pending_events = PendingEvents()
        self.lacking: frozenset[str] = frozenset()
        """The missing permissions that a repair issue has listed, without those that turned out to be granted."""
        self.held_back = HeldBack(self.limiter.now)
        self.rest_down = False
        """The log says that REST fails, and not yet that it works again."""
        self.stream_outage_logged = False
        """The log says that the realtime stream is down, and not yet that it is up again."""
        self._read_with: Mapping[str, Any] | None = None
        self._read_at = -math.inf
        self._realtime_endpoint: str | None = None
        self._hass = hass
        # A file that is only partly written after a power failure would be useless.
        self._storage = Store[dict[str, Any]](hass, _STORAGE_VERSION, f"{DOMAIN}.{store_id}", atomic_writes=True)
        self._loaded = False
        self._kept = False
        self._unsub_stop: CALLBACK_TYPE | None = None
        self._save_waits = False

    def _new_detector(self) -> EventDetector:
        detector = EventDetector(self.farm)
        detector.known_order = self._known_order
        return detector

    def _known_order(self, order_id: str) -> Order | None:
        return self.facts.order(order_id)

    @property
    def realtime_endpoint(self) -> str | None:
        """Return the address at which realtime last worked."""
        return self._realtime_endpoint

    @callback
    def async_remember_farm(self, data: Mapping[str, Any]) -> None:
        """Record that the farm has just been read with the data of this entry."""
        self._read_with = data
        self._read_at = uptime()

    def knows_farm(self, data: Mapping[str, Any]) -> bool:
        """Return whether the farm was read with this entry data: other credentials must first prove that they work."""
        return self._read_with == data

    @property
    def farm_age(self) -> float:
        """Return how many seconds ago the farm was read."""
        return uptime() - self._read_at

    @callback
    def async_forget_farm(self) -> None:
        """Reset everything except for the quota, which Printago still counts."""
        self.farm = Farm(self.clock.now)
        self.event_detector = self._new_detector()
        self.results = Results()
        self.facts = StoreInfo()
        self.energies = PrintEnergies()
        self.on_print = lambda _: None
        self.stock = Stock(self.farm.materials)
        self.material_table = MaterialTable()
        self.catalog_names = CatalogNames()
        self.short_materials = None
        self.known_until = None
        self.ended_jobs_wanted = False
        self.pending_events = PendingEvents()
        self.outage = StreamOutage()
        self.rest_down = self.stream_outage_logged = False
        self.lacking = frozenset()
        self._read_with = None
        self._kept = False

    @callback
    def async_remember_result(self, farm_event: FarmEvent) -> bool:
        """Save how a print ended, and which prints run; return whether the event is the end of a print."""
        ended = self.results.record(farm_event)
        if farm_event.scope is Scope.PRINT:
            self.on_print(farm_event)
        if ended or farm_event.kind == "print_started":
            self.async_save_soon()
        return ended

    @callback
    def async_remember_entitlements(self, names: Iterable[str]) -> None:
        """Save what the subscription includes."""
        before = self.facts.entitled
        self.facts.take_entitlements(names)
        if self.facts.entitled is not before:
            self.async_save_soon()

    @callback
    def async_mark_seen(self, printer_id: str) -> None:
        """Save that a person has looked at the last result of a printer."""
        self.results.mark_seen(printer_id)
        self.async_save_soon()

    @callback
    def async_remember_past(self, printer_id: str, past: PrintResult) -> None:
        """Save how a past print ended, unless a later one is known."""
        if self.results.take(printer_id, past):
            self.async_save_soon()

    @callback
    def async_remember_lacking(self, permissions: Iterable[str]) -> None:
        """Save which missing permissions a repair issue has listed."""
        if (lacking := frozenset(permissions)) != self.lacking:
            self.lacking = lacking
            self.async_save_soon()

    @callback
    def async_remember_short_materials(self, keys: Iterable[str]) -> None:
        """Save which materials were reported as short."""
        if (short := frozenset(keys)) != self.short_materials:
            self.short_materials = short
            self.async_save_soon()

    @callback
    def async_remember_endpoint(self, url: str) -> None:
        """Save the address at which realtime works."""
        if url != self._realtime_endpoint:
            self._realtime_endpoint = url
            self.async_save_soon()

    async def async_load(self) -> None:
        """Load what was saved before a restart; only the first call does."""
        if self._loaded:
            return
        self._loaded = True
        saved = await self._storage.async_load()
        if not isinstance(saved, dict):
            return
        if isinstance(sent := saved.get("sent"), list):
            ahead = saved.get("ahead")
            self.limiter.restore(sent, ahead if type(ahead) is int and 0 <= ahead < MAX_UNSAVED else MAX_UNSAVED)
        self.results.restore(saved.get("results"))
        self.energies.restore(saved.get("energies"))
        if isinstance(lacking := saved.get("lacking"), list):
            self.lacking = frozenset(name for name in lacking[:_MOST_LACKING] if isinstance(name, str))
        if isinstance(short := saved.get("short_materials"), list):
            self.short_materials = frozenset(key for key in short[:_MOST_SHORT] if isinstance(key, str))
        self.event_detector.external_prints.restore(saved.get("external_prints"))
        self.facts.maintenance.restore(saved.get("maintenance"))
        if isinstance(entitled := saved.get("entitled"), bool):
            self.facts.entitled = entitled
        if isinstance(endpoint := saved.get("realtime_endpoint"), str):
            self._realtime_endpoint = endpoint

    @callback
    def async_keep(self) -> None:
        """Save from now on: the store has an entry and is not only being validated."""
        if self._kept:
            return
        self._kept = True
        self._log.reset()
        if self._unsub_stop is None:
            self._unsub_stop = self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_on_stop)

    @callback
    def _async_on_stop(self, _: Event) -> None:
        """Make the last write contain exactly what was sent."""
        self._unsub_stop = None
        if self._kept:
            self._storage.async_delay_save(self._to_save)

    async def async_remove(self) -> None:
        """Remove what was saved, and save nothing from now on."""
        self.async_forget_farm()
        await self._log.write_ended()
        await self._storage.async_remove()

    @callback
    def _async_on_sent(self) -> None:
        if self._kept and self._log.is_half_full:
            self._hass.async_create_background_task(self._log.write(early=True), f"{DOMAIN} send times")

    async def _async_save(self) -> None:
        if not self._kept:
            return
        if self._hass.state is CoreState.stopping:
            # Home Assistant writes delayed data when it stops.
            self._storage.async_delay_save(self._to_save)
        else:
            await self._storage.async_save(self._to_save())

    @callback
    def async_save_soon(self) -> None:
        """Save within half a minute."""
        # Each call would postpone the write, so keep the one that is pending.
        if self._kept and not self._save_waits:
            self._save_waits = True
            self._storage.async_delay_save(self._to_save, _SAVE_DELAY)

    @callback
    def _to_save(self) -> dict[str, Any]:
        self._save_waits = False
        ended = self._hass.state in (CoreState.final_write, CoreState.stopped)
        return {
            "sent": self.limiter.export(),
            "ahead": 0 if ended else MAX_UNSAVED,
            "realtime_endpoint": self._realtime_endpoint,
            "results": self.results.export(),
            "energies": self.energies.export(dt_util.utcnow().timestamp()),
            "lacking": sorted(self.lacking),
            "short_materials": None if self.short_materials is None else sorted(self.short_materials),
            "external_prints": self.event_detector.external_prints.export(),
            "maintenance": self.facts.maintenance.export(),
            "entitled": self.facts.entitled,
        }


async def async_get_store_state(hass: HomeAssistant, store_id: str) -> StoreState:
    """Return the state of a store, the same object until Home Assistant stops."""
    states = hass.data.setdefault(_STATES, {})
    if (store_state := states.get(store_id)) is None:
        store_state = states[store_id] = StoreState(hass, store_id)
    await store_state.async_load()
    return store_state


async def async_remove_store_state(hass: HomeAssistant, store_id: str) -> None:
    """Reset the state of a store, and remove what was saved."""
    await (await async_get_store_state(hass, store_id)).async_remove()
