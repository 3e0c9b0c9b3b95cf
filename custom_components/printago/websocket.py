"""WebSocket commands for the cards: the queue and the orders, pushed whenever they change.

The data is in memory already, so they cost no requests, however many browsers are connected.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
import heapq
import math
from typing import Any

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.components.websocket_api.decorators import async_response
from homeassistant.components.websocket_api.messages import BASE_COMMAND_MESSAGE_SCHEMA
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import voluptuous as vol

from .api.models.filament import slot_address_of
from .api.models.order import Order
from .api.models.records import IN_PROGRESS_STATUSES, LOW_PRIORITY, JobStatus, PrintJob, place_in_queue
from .api.models.tags import PIN, USER_TAGS, split_tags
from .const import CONF_STORE_ID, DOMAIN
from .frontend.pictures import async_card_picture
from .model.store_info import Fact
from .model.wait_reason import wait_reason
from .runtime import PrintagoConfigEntry

_MOST_NAMED = 3
_MOST_FAILED = 100
_SCHEMA = {
    vol.Optional("device_id"): cv.string,
    vol.Optional("limit", default=50): vol.All(int, vol.Range(min=1, max=1000)),
}

type Json = dict[str, Any]


@dataclass(slots=True)
class _Viewer:
    """The viewer of a store: the user's rights, and the token that signs pictures."""

    hass: HomeAssistant
    entry: PrintagoConfigEntry
    token_id: str
    limit: int
    pictures: dict[str, str | None]
    """Signed paths by storage path: with a new signature each time, the browser would fetch the same picture again."""

    def picture(self, path: str | None) -> str | None:
        """Return the signed path of the picture at a storage path."""
        if path is None:
            return None
        if path not in self.pictures:
            self.pictures[path] = async_card_picture(self.hass, self.entry, path, self.token_id)
        return self.pictures[path]

    def device(self, printer_id: str | None) -> str | None:
        """Return the device of a printer."""
        if printer_id is None:
            return None
        device = dr.async_get(self.hass).async_get_device_by_identifier((DOMAIN, printer_id), self.entry.entry_id)
        return device.id if device is not None else None


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands; each responds once, and with ``/subscribe`` also on every change."""
    for name, read in (("queue", _queue), ("orders", _orders)):
        command = f"{DOMAIN}/{name}"
        for kind, handle in ((command, _async_answer), (f"{command}/subscribe", _async_subscribe)):
            schema = BASE_COMMAND_MESSAGE_SCHEMA.extend({vol.Required("type"): kind, **_SCHEMA})
            async_register_command(hass, kind, partial(handle, read), schema)
    catalog = {vol.Required("type"): f"{DOMAIN}/catalog", vol.Optional("search", default=""): cv.string, **_SCHEMA}
    async_register_command(
        hass, f"{DOMAIN}/catalog", async_response(_async_catalog), BASE_COMMAND_MESSAGE_SCHEMA.extend(catalog)
    )
    materials = {vol.Required("type"): f"{DOMAIN}/materials", **_SCHEMA}
    async_register_command(
        hass, f"{DOMAIN}/materials", partial(_async_answer, _materials), BASE_COMMAND_MESSAGE_SCHEMA.extend(materials)
    )


@callback
def _async_answer(
    read: Callable[[_Viewer], Json], hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]
) -> None:
    if (viewer := _async_viewer(hass, connection, msg)) is not None:
        connection.send_result(msg["id"], _read(read, viewer))


@callback
def _async_subscribe(
    read: Callable[[_Viewer], Json], hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]
) -> None:
    if (viewer := _async_viewer(hass, connection, msg)) is not None:
        subscription = _Subscription(viewer, read, lambda answer: connection.send_event(msg["id"], answer))
        connection.subscriptions[msg["id"]] = subscription.end
        connection.send_result(msg["id"])
        subscription.begin()


async def _async_catalog(hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> None:
    """Send the parts and SKUs that contain a text; one request to Printago serves all browsers."""
    if (viewer := _async_viewer(hass, connection, msg)) is None:
        return
    if viewer.entry.state is not ConfigEntryState.LOADED:
        connection.send_result(msg["id"], {"loaded": False})
        return
    runtime = viewer.entry.runtime_data
    call = runtime.catalog_list.async_find(msg["search"], msg["limit"])
    page = await runtime.coordinator.async_call(call, reads=True)
    connection.send_result(
        msg["id"],
        {
            "loaded": True,
            "total": page.total,
            "complete": page.complete,
            "items": [
                {
                    "kind": item.kind,
                    "id": item.id,
                    "name": item.name,
                    "about": item.about,
                    "picture": viewer.picture(item.picture),
                }
                for item in page.items
            ],
        },
    )


@callback
def _async_viewer(hass: HomeAssistant, connection: ActiveConnection, msg: Mapping[str, Any]) -> _Viewer | None:
    """Return the viewer of the requested store; send an error if there is none, or none that this user may see."""
    if (entry := _async_entry(hass, msg.get("device_id"))) is None:
        connection.send_error(msg["id"], ERR_NOT_FOUND, "there is no such print farm")
        return None
    # The lists have the same data as the entities of the farm.
    entity_id = er.async_get(hass).async_get_entity_id(
        Platform.BINARY_SENSOR, DOMAIN, f"{entry.data[CONF_STORE_ID]}_realtime"
    )
    if entity_id is None or not connection.user.permissions.check_entity(entity_id, POLICY_READ):
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Unauthorized")
        return None
    return _Viewer(hass, entry, connection.refresh_token_id or "", msg["limit"], {})


@callback
def _async_entry(hass: HomeAssistant, device_id: str | None) -> PrintagoConfigEntry | None:
    """Return the entry of a device, else the first one."""
    if device_id is None:
        return next(iter(hass.config_entries.async_entries(DOMAIN, include_ignore=False)), None)
    if (device := dr.async_get(hass).async_get(device_id)) is None or device.config_entry_id is None:
        return None
    entry = hass.config_entries.async_get_entry(device.config_entry_id)
    return entry if entry is not None and entry.domain == DOMAIN else None


class _Subscription:
    """Sends a response whenever it differs from the last one; it survives reloads of the entry."""

    def __init__(self, viewer: _Viewer, read: Callable[[_Viewer], Json], send: Callable[[Json], None]) -> None:
        self._viewer = viewer
        self._read = read
        self._send = send
        self._sent: Json | None = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_following: CALLBACK_TYPE | None = None

    @callback
    def begin(self) -> None:
        self._stop_following = async_dispatcher_connect(
            self._viewer.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_on_entry
        )
        self._async_listen()

    @callback
    def end(self) -> None:
        for stop in (self._stop_listening, self._stop_following):
            if stop is not None:
                stop()
        self._stop_listening = self._stop_following = None

    @callback
    def _async_on_entry(self, change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        if entry.entry_id == self._viewer.entry.entry_id:
            self._async_listen()

    @callback
    def _async_listen(self) -> None:
        loaded = self._viewer.entry.state is ConfigEntryState.LOADED
        if loaded and self._stop_listening is None:
            listeners = self._viewer.entry.runtime_data.coordinator.listeners
            self._stop_listening = listeners.async_add_farm(self._async_push)
        elif not loaded and self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        self._async_push()

    @callback
    def _async_push(self) -> None:
        answer = _read(self._read, self._viewer)
        if answer != self._sent:
            self._sent = answer
            self._send(answer)


def _read(read: Callable[[_Viewer], Json], viewer: _Viewer) -> Json:
    if viewer.entry.state is not ConfigEntryState.LOADED:
        return {"loaded": False}
    return {"loaded": True, **read(viewer)}


def _queue(viewer: _Viewer) -> Json:
    """Return the waiting jobs in Printago's queue order, and the jobs that need attention."""
    coordinator = viewer.entry.runtime_data.coordinator
    if not coordinator.jobs_readable:
        return {"readable": False}
    farm = coordinator.farm

    def first(most: int, status: JobStatus) -> list[Json]:
        jobs = heapq.nsmallest(most, farm.jobs_with(status), key=place_in_queue)
        return [_job(viewer, job) for job in jobs]

    return {
        "readable": True,
        "total": sum(1 for _ in farm.jobs_with(JobStatus.PENDING)),
        "queued": first(viewer.limit, JobStatus.PENDING),
        "failed": first(_MOST_FAILED, JobStatus.FAILED),
        "waiting_approval": first(_MOST_FAILED, JobStatus.WAITING_FOR_APPROVAL),
    }


def _job(viewer: _Viewer, job: PrintJob) -> Json:
    coordinator = viewer.entry.runtime_data.coordinator
    tags = job.required_printer_tags or {}
    printer_id = job.assigned_printer_id or tags.get(PIN)
    printer = coordinator.farm.printers.get(printer_id or "")
    order = coordinator.store_state.facts.orders.get(job.order_id or "")
    return {
        "id": job.id,
        "title": job.title,
        "part": job.part_name,
        "order": order.title if order is not None else None,
        "status": job.status,
        "printer": printer.name if printer is not None else None,
        "device_id": viewer.device(printer_id),
        "pinned": PIN in tags,
        "tags": split_tags(tags.get(USER_TAGS, "")),
        "low_priority": job.priority == LOW_PRIORITY,
        "picture": viewer.picture(job.cover),
        "error": job.error_message,
        "why": _why(viewer, job) if job.status is JobStatus.PENDING else None,
    }


def _why(viewer: _Viewer, job: PrintJob) -> Json:
    reason = wait_reason(viewer.entry.runtime_data.coordinator.farm, job)
    return {
        "code": reason.code,
        "printers": list(reason.printers[:_MOST_NAMED]),
        "more": max(0, len(reason.printers) - _MOST_NAMED),
        "tags": list(reason.tags),
    }


def _materials(viewer: _Viewer) -> Json:
    """Return the known materials of the store with their colors, and the slots of trays by entity."""
    materials = viewer.entry.runtime_data.coordinator.farm.materials
    colors: dict[str, list[Json]] = {}
    for variant in materials.variants.values():
        if variant.material_id is not None and variant.name:
            colors.setdefault(variant.material_id, []).append({"id": variant.id, "name": variant.name})
    return {
        "materials": [
            {
                "id": material.id,
                "name": material.name,
                "colors": sorted(colors.get(material.id, []), key=lambda color: str(color["name"])),
            }
            for material in sorted(materials.materials.values(), key=lambda material: material.name or "")
            if material.name
        ],
        "slots": {
            entity.entity_id: place.key
            for entity in er.async_entries_for_config_entry(er.async_get(viewer.hass), viewer.entry.entry_id)
            if entity.domain == Platform.SENSOR
            and (place := slot_address_of(entity.unique_id.partition("_")[2])) is not None
        },
    }


def _orders(viewer: _Viewer) -> Json:
    """Return the open orders, the most urgent first, with their numbers of waiting, running and failed jobs."""
    coordinator = viewer.entry.runtime_data.coordinator
    facts = coordinator.store_state.facts
    if Fact.ORDERS not in facts.known:
        return {"readable": False}
    counts: dict[str, Counter[JobStatus | None]] = {}
    for job in coordinator.farm.jobs.values():
        if job.order_id is not None:
            counts.setdefault(job.order_id, Counter())[job.status] += 1
    now = coordinator.farm.server_now()
    urgent = heapq.nsmallest(viewer.limit, facts.orders.values(), key=_urgency)
    return {
        "readable": True,
        "total": len(facts.orders),
        "orders": [
            {
                "id": order.id,
                "number": order.title,
                "deadline": order.deadline.isoformat() if order.deadline is not None else None,
                "overdue": order.is_overdue(now),
                **_of_order(counts.get(order.id, Counter())),
            }
            for order in urgent
        ],
    }


def _of_order(jobs: Counter[JobStatus | None]) -> Json:
    return {
        "queued": jobs[JobStatus.PENDING],
        "printing": sum(jobs[status] for status in IN_PROGRESS_STATUSES),
        "failed": jobs[JobStatus.FAILED],
    }


def _urgency(order: Order) -> tuple[float, str]:
    return (order.deadline.timestamp() if order.deadline is not None else math.inf, order.title)
