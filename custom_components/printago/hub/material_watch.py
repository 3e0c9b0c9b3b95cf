"""Keeps the material table up to date, and reports what has become short."""

from collections.abc import Callable, Iterable
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later

from ..model.events import FarmEvent, Scope
from ..model.material_table import MaterialRow, MaterialTable, material_table
from ..model.store_info import Fact
from .material_poll import PRINTER_SLOTS
from .stock_poll import GROUPS, PARTS, SPOOLS
from .store_access import StoreAccess

LOOK_DELAY = 5
"""Seconds for which changes of the farm are collected."""
_FORGET_SHORT = 3600
"""Seconds without a shortage after which another one of the same material is a new one: weights are rounded."""


class MaterialWatch:
    """Looks at the materials when the farm changes, and at least once a minute."""

    def __init__(self, entry: ConfigEntry, store: StoreAccess, publish: Callable[[Iterable[FarmEvent]], None]) -> None:
        """Look while the entry is loaded; ``publish`` is called with events."""
        self._store = store
        self._publish = publish
        self._cancel: CALLBACK_TYPE | None = None
        self._last_short: dict[str, float] = {}
        store.slow_poller.async_add_answered(self._async_look_soon)
        entry.async_on_unload(store.listeners.async_add_farm(self._async_look_soon))
        entry.async_on_unload(self._async_stop)

    @callback
    def _async_look_soon(self) -> None:
        if self._cancel is not None or not self._is_known:
            return
        if Fact.MATERIALS not in self._store.store_state.facts.known:
            self._async_look()
        else:
            self._cancel = async_call_later(self._store.hass, LOOK_DELAY, self._async_look)

    @property
    def _is_known(self) -> bool:
        """Return whether all that the table is made of was read, or is not for this key to read."""
        state, poller = self._store.store_state, self._store.slow_poller
        return (
            state.stock.parts_known
            and self._store.farm.knows_jobs
            and all(poller.is_answered(name) for name in (PARTS, SPOOLS, PRINTER_SLOTS))
        )

    @callback
    def _async_look(self, _: object = None) -> None:
        self._cancel = None
        farm, state = self._store.farm, self._store.store_state
        if not farm.knows_jobs:
            return
        table = material_table(farm.jobs.values(), state.stock, farm.printers)
        changed = table.described != state.material_table.described or Fact.MATERIALS not in state.facts.known
        state.material_table = table
        state.facts.known.add(Fact.MATERIALS)
        if changed:
            # In a turn of its own: in a large farm both take long.
            self._store.hass.loop.call_soon(self._store.listeners.async_update_farm)
        self._report(table)
        if state.stock.missing_groups():
            self._store.slow_poller.async_want(GROUPS)

    def _report(self, table: MaterialTable) -> None:
        state, now = self._store.store_state, time.monotonic()
        known = state.short_materials
        if not self._last_short and known:
            self._last_short = dict.fromkeys(known, now)
        short = {row.key: row for row in table.short}
        new = [row for key, row in short.items() if key not in self._last_short]
        self._last_short = {
            key: at for key, at in self._last_short.items() if now - at < _FORGET_SHORT
        } | dict.fromkeys(short, now)
        state.async_remember_short_materials(self._last_short)
        if known is not None and new:
            # What is short when a store is added is not news.
            self._publish([self._event(row) for row in new])

    def _event(self, row: MaterialRow) -> FarmEvent:
        return FarmEvent(
            scope=Scope.MATERIAL,
            kind="material_short",
            occurred_at=self._store.farm.server_now(),
            data={
                "material": row.material,
                "color": row.color,
                "needed": round(row.needed, 1),
                "missing": round(row.missing, 1),
                "jobs": row.jobs_named,
                "printers": list(row.short_prints),
            },
        )

    @callback
    def _async_stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
