"""Slow polls of the materials that are assigned to slots, and of their names."""

from homeassistant.core import callback

from ..api import RequestPriority
from ..api.models.filament import slot_address_of
from ..model.timestamps import rows_without_future_timestamps
from .slow_poll import DAY
from .store_access import StoreAccess

PRINTER_SLOTS = "printer_slots"
MATERIALS = "materials"


class MaterialPoll:
    """Reads what Printago has assigned to the slots, and the names of materials if one is missing.

    If the key is not allowed to view materials, their types are shown instead.
    """

    def __init__(self, store: StoreAccess) -> None:
        """Register the slow polls; they start with the others."""
        self._store = store
        self._names_known = False
        self._begun = False
        store.slow_poller.add(PRINTER_SLOTS, self._async_read_slots)
        # Two requests instead of one, so only once a day.
        store.slow_poller.add(MATERIALS, self._async_read_names, every=DAY, at_start=False)

    @callback
    def async_want(self) -> None:
        """Read the slots soon: there are new ones, or a change is only partly known."""
        # Before the first read there is nothing to repeat.
        if self._begun:
            self._store.slow_poller.async_want(PRINTER_SLOTS)

    async def _async_read_slots(self) -> None:
        self._begun = True
        farm = self._store.farm
        if not any(slot_address_of(part) for state in farm.printers.values() for part in state.shown):
            if not self._names_known:
                # Their prices are needed without an AMS as well.
                self._store.slow_poller.async_want(MATERIALS)
            return
        materials = farm.materials
        events = materials.events
        rows = await self._store.client.printer_slots()
        touched = materials.take_slots(rows_without_future_timestamps(rows, farm.server_now()))
        if events != materials.events:
            # The list may be older than an event that arrived in the meantime.
            self.async_want()
        self._store.listeners.async_update_printers(touched)
        if not self._names_known or materials.lacks_names:
            self._store.slow_poller.async_want(MATERIALS)

    async def _async_read_names(self) -> None:
        client = self._store.client
        listing = await client.materials(RequestPriority.BACKGROUND)
        variants = await client.material_variants()
        now = self._store.farm.server_now()
        self._store.farm.materials.take_names(
            rows_without_future_timestamps(listing.rows, now), rows_without_future_timestamps(variants, now)
        )
        self._names_known = True
        self._store.listeners.async_update_printers(self._store.farm.printers)
