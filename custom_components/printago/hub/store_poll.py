"""Slow polls of orders, production slots and the number of completed jobs."""

from datetime import timedelta
import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval

from ..api import PermissionDeniedError
from ..api.models.entity_event import SUBSCRIPTION_KIND
from ..model.changes import Changes
from ..model.store_info import Fact
from .store_access import StoreAccess

COMPLETED_COUNT = "completed_count"

_MINUTE = timedelta(minutes=1)


class StorePoller:
    """Reads orders, production slots and the number of completed jobs; events update some of them in between."""

    def __init__(self, entry: ConfigEntry, coordinator: StoreAccess) -> None:
        """Register the slow polls; they start with the coordinator."""
        self._coordinator = coordinator
        self._facts = coordinator.store_state.facts
        self._stream_since = coordinator.stream_since
        self._count_is_lower = False
        coordinator.slow_poller.add(COMPLETED_COUNT, self._async_read_count)
        coordinator.slow_poller.add(Fact.ORDERS, self._async_read_orders, at_wake=True)
        coordinator.slow_poller.add(Fact.SLOTS, self._async_read_slots, at_wake=True)
        entry.async_on_unload(coordinator.listeners.async_add_changes(self._async_on_changes))
        entry.async_on_unload(coordinator.listeners.async_add_farm(self._async_on_farm))
        # Overdue orders and requests of the last hour also change with time alone.
        entry.async_on_unload(
            async_track_time_interval(coordinator.hass, coordinator.listeners.async_update_farm, _MINUTE)
        )

    async def _async_read_orders(self) -> None:
        self._facts.begin_orders()
        try:
            orders = await self._coordinator.client.open_orders()
            self._facts.apply_orders(orders, self._coordinator.farm.server_now())
        except PermissionDeniedError:
            self._async_forget(Fact.ORDERS)
            raise
        self._coordinator.listeners.async_update_farm()

    async def _async_read_slots(self) -> None:
        try:
            subscription = await self._coordinator.client.upkeep.subscription()
            self._facts.trial_ends_at, self._facts.trial_known = subscription.trial_ends_at, True
            self._facts.apply_slots(subscription.production_slots())
        except PermissionDeniedError:
            self._facts.trial_ends_at, self._facts.trial_known = None, True
            self._async_forget(Fact.SLOTS)
            raise
        self._coordinator.listeners.async_update_farm()

    async def _async_read_count(self) -> None:
        """Read the number of completed jobs; in between we count them ourselves."""
        coordinator, farm = self._coordinator, self._coordinator.farm
        seen_before, started = farm.open_jobs.completions.seen, time.monotonic()
        count = await coordinator.client.completed_count()
        # The time of the request, as for a snapshot.
        farm.open_jobs.completions.counted_at = coordinator.store_state.clock.now() - timedelta(
            seconds=time.monotonic() - started
        )
        coordinator.async_try_jobs_again()
        own = farm.open_jobs.completions.total
        if own is None or count >= own:
            farm.open_jobs.completions.total = max(count, own or 0)
        elif self._count_is_lower and seen_before == farm.open_jobs.completions.seen:
            # A total must not decrease by mistake: accept a lower count only if the next read confirms it.
            farm.open_jobs.completions.total = count
        self._count_is_lower = own is not None and count < own
        coordinator.listeners.async_update_farm()

    @callback
    def _async_forget(self, fact: Fact) -> None:
        self._facts.forget(fact)
        self._coordinator.listeners.async_update_farm()

    @callback
    def _async_on_changes(self, changes: Changes) -> None:
        known = [self._facts.apply_order(change.action, change.row) for change in changes.order_changes]
        if not all(known):
            self._coordinator.slow_poller.async_want(Fact.ORDERS)
        if known:
            self._coordinator.listeners.async_update_farm_soon()
        if changes.complete and self._coordinator.farm.open_jobs.completions.total is None:
            self._coordinator.slow_poller.async_want(COMPLETED_COUNT)
        if SUBSCRIPTION_KIND in changes.entity_types:
            self._coordinator.slow_poller.async_want(Fact.SLOTS)

    @callback
    def _async_on_farm(self) -> None:
        since = self._coordinator.stream_since
        if since == self._stream_since:
            return
        self._stream_since = since
        if since is not None and Fact.ORDERS in self._facts.known:
            # Entity events are not retained, so changes of orders while the stream was down were missed.
            self._coordinator.slow_poller.async_want(Fact.ORDERS)
