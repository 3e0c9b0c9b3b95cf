"""Stops and starts Home Assistant, as far as stored data is concerned."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.hub.persistence import _STATES
from virtual_farm import VirtualFarm


class Machine:
    """A machine whose Home Assistant stops in different ways, and starts again from its stored data."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, farm: VirtualFarm) -> None:
        """Run an entry of a farm."""
        self._hass = hass
        self._entry = entry
        self._store_id = farm.config.store_id

    async def kill(self) -> None:
        """Stop without any chance to write."""
        store_state = self._hass.data[_STATES].pop(self._store_id)
        store_state._storage.make_read_only()
        if self._entry.state is ConfigEntryState.LOADED:
            await self._hass.config_entries.async_unload(self._entry.entry_id)

    async def stop(self) -> None:
        """Stop as Home Assistant does."""
        self._hass.set_state(CoreState.stopping)
        self._hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STOP)
        await self._hass.async_block_till_done()
        self._hass.set_state(CoreState.final_write)
        self._hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await self._hass.async_block_till_done()
        await self.kill()
        self._hass.set_state(CoreState.running)

    async def start(self) -> bool:
        """Start; return whether the entry was loaded."""
        if self._entry.state is ConfigEntryState.SETUP_RETRY:
            await self._hass.config_entries.async_unload(self._entry.entry_id)
        return await self._hass.config_entries.async_setup(self._entry.entry_id)
