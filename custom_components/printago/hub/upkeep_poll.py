"""Slow polls of maintenance, and of whether the subscription includes maintenance mode."""

import asyncio
from collections.abc import Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..api import PermissionDeniedError, PrintagoError
from ..api.models.maintenance import MaintenanceItem
from ..const import DOMAIN, LOGGER
from ..model.events import FarmEvent, Scope
from ..model.store_info import Fact
from .slow_poll import DAY
from .store_access import StoreAccess

ENTITLEMENTS = "entitlements"
_PATIENCE = 1.0
"""Seconds for which the first set-up waits, so that no switch appears only to become unavailable."""


class UpkeepPoll:
    """Reads the maintenance of printers about once an hour, and once a day what the subscription includes."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, store: StoreAccess) -> None:
        """Register the slow polls; they start with the coordinator."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._facts = store.store_state.facts
        store.slow_poller.add(Fact.MAINTENANCE, self._async_read_maintenance)
        store.slow_poller.add(ENTITLEMENTS, self._async_read_entitlements, every=DAY)

    async def async_ask(self) -> None:
        """Ask what the subscription includes, where that was never known, and wait a moment for the answer."""
        if self._facts.entitled is not None:
            return
        name = f"{DOMAIN} entitlements"
        asking = self._entry.async_create_background_task(self._hass, self._async_try_entitlements(), name)
        await asyncio.wait({asking}, timeout=_PATIENCE)

    async def _async_try_entitlements(self) -> None:
        try:
            await self._async_read_entitlements()
        except PrintagoError as err:
            LOGGER.debug("What the subscription includes is not known: %s", err)

    async def _async_read_entitlements(self) -> None:
        self._store.store_state.async_remember_entitlements(await self._store.client.upkeep.entitlements())
        self._store.listeners.async_update_farm()

    async def _async_read_maintenance(self) -> None:
        maintenance, printers = self._facts.maintenance, self._store.farm.printers
        try:
            items = await self._store.client.upkeep.maintenance()
        except PermissionDeniedError:
            self._facts.forget(Fact.MAINTENANCE)
            await self._async_update(tuple(printers))
            raise
        before = {printer_id: maintenance.of(printer_id) for printer_id in printers}
        events = maintenance.take(items)
        was_known = Fact.MAINTENANCE in self._facts.known
        self._facts.known.add(Fact.MAINTENANCE)
        self._store.store_state.async_save_soon()
        await self._async_update(
            [
                printer_id
                for printer_id in printers
                if not was_known or maintenance.of(printer_id) != before.get(printer_id)
            ]
        )
        if events:
            self._store.updates.event_publisher.async_publish(self._event(kind, item) for kind, item in events)

    def _event(self, kind: str, item: MaintenanceItem) -> FarmEvent:
        printer = self._store.farm.printers.get(item.printer_id or "")
        return FarmEvent(
            scope=Scope.ALERT,
            kind=kind,
            subject=item.printer_id,
            occurred_at=self._store.farm.server_now(),
            data={
                "printer": printer.name if printer is not None else None,
                "item": item.name,
                "progress": None if item.progress is None else round(item.progress),
            },
        )

    async def _async_update(self, printer_ids: Iterable[str]) -> None:
        """Update the farm and these printers, in several turns."""
        await asyncio.sleep(0)
        self._store.listeners.async_update_farm()
        await asyncio.sleep(0)
        self._store.listeners.async_update_printers(printer_ids)
