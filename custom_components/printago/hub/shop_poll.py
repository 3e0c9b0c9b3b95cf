"""Slow poll of the connected shops: the list, and the connection of one shop at a time."""

from homeassistant.core import callback

from ..api import PermissionDeniedError
from ..model.store_info import Fact
from .store_access import StoreAccess


class ShopPoll:
    """Reads the shops about once an hour, if the key is allowed to."""

    def __init__(self, store: StoreAccess) -> None:
        """Register the slow poll; it starts with the coordinator."""
        self._store = store
        self._facts = store.store_state.facts
        store.slow_poller.add(Fact.SHOPS, self._async_read)

    async def _async_read(self) -> None:
        try:
            shops, complete = await self._store.client.upkeep.shops()
        except PermissionDeniedError:
            self._facts.forget(Fact.SHOPS)
            self._async_update()
            raise
        self._facts.shops.take(shops, complete=complete)
        self._facts.known.add(Fact.SHOPS)
        try:
            if (shop := self._facts.shops.next_to_ask()) is not None:
                self._facts.shops.take_status(shop.id, await self._store.client.upkeep.shop_status(shop))
        finally:
            self._async_update()

    @callback
    def _async_update(self) -> None:
        self._store.listeners.async_update_farm()
