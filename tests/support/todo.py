"""Uses Home Assistant's to-do lists."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.todo import DOMAIN as TODO
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.support.common import entity_id, until_changed
from virtual_farm import VirtualFarm


async def items(hass: HomeAssistant, farm: VirtualFarm, key: str) -> list[dict[str, Any]]:
    """Return the items of a list of the farm, in their order."""
    todo = entity_id(hass, farm.config.store_id, key, TODO)
    answer: Any = await hass.services.async_call(
        TODO, "get_items", {"entity_id": todo}, blocking=True, return_response=True
    )
    found: list[dict[str, Any]] = answer[todo]["items"]
    return found


async def summaries(hass: HomeAssistant, farm: VirtualFarm, key: str) -> list[str]:
    """Return the texts of a list, in its order."""
    return [item["summary"] for item in await items(hass, farm, key)]


def list_entity(hass: HomeAssistant, farm: VirtualFarm, key: str) -> Any:
    """Return the entity of a list of the farm: Home Assistant calls it also while it is unavailable."""
    return hass.data[TODO].get_entity(entity_id(hass, farm.config.store_id, key, TODO))


def shown(hass: HomeAssistant, farm: VirtualFarm, key: str) -> list[str]:
    """Return the current texts of a list, without Home Assistant's action."""
    return [item.summary for item in list_entity(hass, farm, key).todo_items or ()]


async def until_shown(hass: HomeAssistant, farm: VirtualFarm, key: str, *wanted: str) -> None:
    """Wait until a list has exactly these items."""
    await until_list(hass, farm, key, lambda: shown(hass, farm, key) == list(wanted))


async def until_list(
    hass: HomeAssistant, farm: VirtualFarm, key: str, holds: Callable[[], bool], seconds: float = 10
) -> None:
    """Wait for updates of a list until a condition is true; its state, a number, may stay the same."""
    await until_changed(list_entity(hass, farm, key).async_subscribe_updates, holds, seconds)


async def complete(hass: HomeAssistant, farm: VirtualFarm, key: str, item: str) -> None:
    """Complete an item of a list, given by its text or its ID."""
    data = {"entity_id": entity_id(hass, farm.config.store_id, key, TODO), "item": item, "status": "completed"}
    await hass.services.async_call(TODO, "update_item", data, blocking=True)


async def remove(hass: HomeAssistant, farm: VirtualFarm, key: str, *names: str) -> None:
    """Delete items of a list."""
    data = {"entity_id": entity_id(hass, farm.config.store_id, key, TODO), "item": list(names)}
    await hass.services.async_call(TODO, "remove_item", data, blocking=True)


async def move(
    hass: HomeAssistant, connect: WebSocketGenerator, farm: VirtualFarm, key: str, uid: str, previous: str | None
) -> dict[str, Any]:
    """Move an item of a list as the panel does; returns the response."""
    assert await async_setup_component(hass, "websocket_api", {})
    client = await connect(hass)
    message = {"type": "todo/item/move", "entity_id": entity_id(hass, farm.config.store_id, key, TODO), "uid": uid}
    await client.send_json_auto_id(message if previous is None else {**message, "previous_uid": previous})
    answer: dict[str, Any] = await client.receive_json()
    return answer
