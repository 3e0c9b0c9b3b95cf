"""Slow polls for materials and costs of prints: parts, spools, groups of materials, settings of the store, costs of SKUs."""

import asyncio
from itertools import batched

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ..api import PermissionDeniedError, RequestPriority
from ..api.models.entity_event import PART_KIND, SPOOL_KINDS
from ..api.models.records import FINAL_STATUSES
from ..model.changes import Changes
from ..model.filament_need import PartNeeds
from ..model.stock import part_needs
from .slow_poll import DAY
from .store_access import StoreAccess

PARTS = "parts"
SPOOLS = "spools"
GROUPS = "material_groups"
STORE_SETTINGS = "store_settings"
SKU_COSTS = "sku_costs"

_PARTS_AT_ONCE = 250
"""How many parts are processed before the event loop continues."""
_MOST_NAMED = 100
"""How many SKUs one request can name; if there are more, all are read."""


class StockPoller:
    """Reads materials and costs of prints; data that the key is not allowed to read stays unknown."""

    def __init__(self, entry: ConfigEntry, store: StoreAccess) -> None:
        """Register the slow polls; they start with the coordinator."""
        self._store = store
        self._stock = store.store_state.stock
        self._missing_parts: set[str] = set()
        add = store.slow_poller.add
        add(SPOOLS, self._async_read_spools)
        add(PARTS, self._async_read_parts, every=DAY)
        add(STORE_SETTINGS, self._async_read_settings, at_wake=True)
        add(SKU_COSTS, self._async_read_costs, every=DAY)
        add(GROUPS, self._async_read_groups, every=DAY, at_start=False)
        entry.async_on_unload(store.listeners.async_add_changes(self._async_on_changes))

    async def _async_read_spools(self) -> None:
        self._stock.take_spools(await self._store.client.history.spools())

    async def _async_read_parts(self) -> None:
        client = self._store.client
        try:
            assignments = await client.history.part_materials()
        except PermissionDeniedError:
            # The filament type of the estimate is used instead.
            assignments = {}
        parts = await client.parts(priority=RequestPriority.BACKGROUND)
        self._store.store_state.catalog_names.take_parts(parts.rows, complete=parts.complete)
        needs: dict[str, PartNeeds] = {}
        for some in batched(parts.rows.items(), _PARTS_AT_ONCE, strict=False):
            needs |= part_needs(dict(some), assignments)
            await asyncio.sleep(0)
        self._stock.take_parts(needs, complete=parts.complete)

    async def _async_read_groups(self) -> None:
        self._stock.take_groups(*await self._store.client.history.material_groups())

    async def _async_read_settings(self) -> None:
        prices = self._stock.prices
        try:
            settings = await self._store.client.store_settings()
        except PermissionDeniedError:
            # Home Assistant's currency is used instead.
            prices.currency, prices.currency_known = None, True
            raise
        prices.currency, prices.currency_known = settings.currency, True
        self._store.farm.process_low_priority_jobs = settings.process_low_priority_jobs
        self._store.listeners.async_update_farm()

    async def _async_read_costs(self) -> None:
        client, prices = self._store.client, self._stock.prices
        costs = await client.history.extra_costs()
        if any(cost.labor or cost.overhead for cost in costs.values()):
            ids = costs.keys() if len(costs) <= _MOST_NAMED else None
            skus = await client.skus(ids=ids, priority=RequestPriority.BACKGROUND)
            self._store.store_state.catalog_names.take_skus(skus.rows, complete=ids is None and skus.complete)
            prices.jobs_of_sku = {
                sku.id: sum(part.quantity or 0 for part in sku.parts) for sku in skus.rows.values() if sku.parts
            }
        prices.extra_costs = costs

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        """Read the parts again if a job has an unknown one, and the spools if a print has used some."""
        for change in changes.job_changes:
            part_id = change.after.part_id
            if part_id is not None and part_id not in self._stock.parts and part_id not in self._missing_parts:
                self._missing_parts.add(part_id)
                self._store.slow_poller.async_want(PARTS)
            if change.after.status in FINAL_STATUSES:
                self._store.slow_poller.async_want(SPOOLS)
        if PART_KIND in changes.entity_types:
            self._store.slow_poller.async_want(PARTS)
        if not SPOOL_KINDS.isdisjoint(changes.entity_types):
            self._store.slow_poller.async_want(SPOOLS)
