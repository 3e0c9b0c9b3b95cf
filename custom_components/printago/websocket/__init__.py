"""WebSocket commands for the cards: what no entity has.

What is in memory already costs no request, however many browsers are connected. The catalog is read once for all of them; the
prints of an old order are read each time that somebody asks for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import async_response
from homeassistant.components.websocket_api.messages import BASE_COMMAND_MESSAGE_SCHEMA
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..const import DOMAIN
from ..printing.action_fields import NAME
from .catalog_page import async_catalog, async_choices, materials
from .history_page import past_prints
from .order_page import async_order_prints, orders
from .printer_page import async_objects
from .push import Read, Subscription, answer
from .queue_page import queue, wall
from .viewer import Json, Viewer, async_viewer

type Ask = Callable[[Viewer, Mapping[str, Any]], Awaitable[Json]]

_VIEW: dict[Any, Any] = {
    vol.Optional("device_id"): cv.string,
    vol.Optional("limit", default=50): vol.All(int, vol.Range(min=1, max=1000)),
}
_PUSHED: Mapping[str, Read] = {"queue": queue, "orders": orders, "wall": wall, "history": past_prints}
_ASKED: Mapping[str, tuple[Ask, dict[Any, Any]]] = {
    "catalog": (async_catalog, {vol.Optional("search", default=""): cv.string}),
    "objects": (async_objects, {}),
    "order": (async_order_prints, {vol.Required("order"): NAME}),
    "choices": (async_choices, {vol.Optional("sku"): cv.string}),
}


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands; each responds once, those that are pushed with ``/subscribe`` also on every change."""

    def register(command: str, handler: Callable[..., None], fields: Mapping[Any, Any]) -> None:
        kind = f"{DOMAIN}/{command}"
        schema = BASE_COMMAND_MESSAGE_SCHEMA.extend({vol.Required("type"): kind, **_VIEW, **fields})
        async_register_command(hass, kind, handler, schema)

    register("now", _async_now, {})
    for name, read in (*_PUSHED.items(), ("materials", materials)):
        register(name, partial(_async_answer, read), {})
    for name, read in _PUSHED.items():
        register(f"{name}/subscribe", partial(_async_subscribe, read), {})
    for name, (ask, fields) in _ASKED.items():
        register(name, _asking(ask), fields)


@callback
def _async_now(hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> None:
    """Answer with the time in milliseconds since 1970: browsers' clocks may be wrong."""
    connection.send_result(msg["id"], {"now": dt_util.utcnow().timestamp() * 1000})


@callback
def _async_answer(read: Read, hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> None:
    if (viewer := async_viewer(hass, connection, msg)) is not None:
        connection.send_result(msg["id"], answer(read, viewer))


@callback
def _async_subscribe(read: Read, hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> None:
    if (viewer := async_viewer(hass, connection, msg)) is not None:
        subscription = Subscription(viewer, read, lambda new: connection.send_event(msg["id"], new))
        connection.subscriptions[msg["id"]] = subscription.end
        connection.send_result(msg["id"])
        subscription.begin()


def _asking(ask: Ask) -> Callable[..., None]:
    @async_response
    async def respond(hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> None:
        if (viewer := async_viewer(hass, connection, msg)) is not None:
            found = {"loaded": True, **await ask(viewer, msg)} if viewer.loaded else {"loaded": False}
            connection.send_result(msg["id"], found)

    return respond
