"""Reads which materials the slots of printers were given, and what they are called."""

from collections.abc import Iterable

from homeassistant.core import callback

from ..api import RequestPriority
from ..api.models.filament import slot_address_of
from ..model.timestamps import rows_without_future_timestamps
from .slow_poll import DAY
from .store_access import StoreAccess

PRINTER_SLOTS = "printer_slots"
MATERIALS = "materials"


class MaterialPoll:
    """Reads what Printago has assigned to the slots, and the names of materials when one is not known.

    Where the key may not view materials their types stand in for them.
    """

    def __init__(self, store: StoreAccess) -> None:
        """Begin with the other slow polls."""
        self._store = store
        self._names_known = False
        self._begun = False
        store.slow_poller.add(PRINTER_SLOTS, self._async_read_slots)
        # Two requests, which the turns of an hour leave room for once.
        store.slow_poller.add(MATERIALS, self._async_read_names, every=DAY, at_start=False)

    @callback
    def async_want(self) -> None:
        """Read the slots soon: there are new ones, or one has changed in a way that was not told."""
        # Until then the first read is still to come.
        if self._begun:
            self._store.slow_poller.async_want(PRINTER_SLOTS)

    async def _async_read_slots(self) -> None:
        self._begun = True
        farm = self._store.farm
        if not any(slot_address_of(part) for state in farm.printers.values() for part in state.shown):
            return
        materials = farm.materials
        events = materials.events
        rows = await self._store.client.printer_slots()
        touched = materials.take_slots(rows_without_future_timestamps(rows, farm.server_now()))
        if events != materials.events:
            # The list may be from before what an event has told meanwhile.
            self.async_want()
        self._async_notify(touched)
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
        self._async_notify(set(self._store.farm.printers))

    @callback
    def _async_notify(self, printer_ids: Iterable[str]) -> None:
        for printer_id in printer_ids:
            self._store.listeners.async_update_printer(printer_id)
