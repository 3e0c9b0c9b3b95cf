"""Reads states from Home Assistant, and waits for them."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.printago.const import DOMAIN
from virtual_farm import VirtualFarm


def entity_id(hass: HomeAssistant, identifier: str, key: str, platform: str = "sensor") -> str:
    """Return the ID of the entity of a printer or store, found by its unique ID."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{identifier}_{key}")
    assert found is not None, f"no {platform} {key}"
    return found


def state_of(hass: HomeAssistant, identifier: str, key: str, platform: str = "sensor") -> State:
    """Return the state of an entity of a printer or store."""
    state = hass.states.get(entity_id(hass, identifier, key, platform))
    assert state is not None
    return state


def value_of(hass: HomeAssistant, identifier: str, key: str, platform: str = "sensor") -> str | None:
    """Return the state of an entity of a printer or store as text, None if there is no such entity."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{identifier}_{key}")
    state = hass.states.get(found) if found else None
    return state.state if state else None


async def until_changed(
    listen: Callable[[Callable[..., None]], CALLBACK_TYPE], holds: Callable[[], bool], seconds: float = 10
) -> None:
    """Wait for changes until a condition is true; ``listen`` adds a listener for them and returns a function that
    removes it.
    """
    changed = asyncio.Event()

    @callback
    def on_change(*_: object) -> None:
        changed.set()

    remove = listen(on_change)
    try:
        async with asyncio.timeout(seconds):
            while not holds():
                changed.clear()
                await changed.wait()
    finally:
        remove()


async def until(hass: HomeAssistant, holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for state changes until a condition is true."""
    await until_changed(partial(hass.bus.async_listen, EVENT_STATE_CHANGED), holds, seconds)


async def until_farm(entry: MockConfigEntry, holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for changes of the farm model until a condition is true, whether or not an entity shows them."""
    await until_changed(entry.runtime_data.coordinator.listeners.async_add_changes, holds, seconds)


async def until_asked(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what has no event, such as requests to the farm, until a condition is true."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def pass_time(hass: HomeAssistant, seconds: float) -> None:
    """Advance Home Assistant's timers; sockets and clocks are unaffected."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=seconds))
    await hass.async_block_till_done(wait_background_tasks=True)


async def press(hass: HomeAssistant, printer_id: str, key: str) -> None:
    """Press a button of a printer."""
    await hass.services.async_call(
        "button", "press", {"entity_id": entity_id(hass, printer_id, key, "button")}, blocking=True
    )


def device_of(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> dr.DeviceEntry | None:
    """Return the device of a printer or store."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)


def printer_named(farm: VirtualFarm, name: str) -> str:
    """Return the ID of the farm's printer with this name."""
    return next(printer.id for printer in farm.world.printers.values() if printer.name == name)


def paths(farm: VirtualFarm) -> list[str]:
    """Return the requests to the farm, oldest first, as ``METHOD /path``."""
    return [f"{request.method} {request.path}" for request in farm.requests]


def writes(farm: VirtualFarm) -> list[str]:
    """Return the requests that changed something, oldest first, as ``METHOD /path``; background reads come at any time."""
    return [path for path in paths(farm) if not path.startswith("GET ")]


def silence(farm: VirtualFarm) -> None:
    """Clear all retained messages of the broker: a new connection gets nothing until something changes."""
    for printer in farm.world.printers:
        farm.publish(f"stores/{farm.config.store_id}/printer-stats/{printer}", b"", retain=True)


async def restart_silent(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Reload an entry as after a restart: the farm is unknown, and no printer has sent anything yet."""
    silence(farm)
    entry.runtime_data.coordinator.store_state.async_forget_farm()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
