"""Sends responses, once or on every change."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .viewer import Json, Viewer

type Read = Callable[[Viewer], Json]


def answer(read: Read, viewer: Viewer) -> Json:
    """Return a response, or that the store is not loaded."""
    return {"loaded": True, **read(viewer)} if viewer.loaded else {"loaded": False}


class Subscription:
    """Sends a response whenever it differs from the last one; it survives reloads of the entry."""

    def __init__(self, viewer: Viewer, read: Read, send: Callable[[Json], None]) -> None:
        """Prepare responses for a viewer."""
        self._viewer = viewer
        self._read = read
        self._send = send
        self._sent: Json | None = None
        self._stop_listening: CALLBACK_TYPE | None = None
        self._stop_following: CALLBACK_TYPE | None = None

    @callback
    def begin(self) -> None:
        """Send the first response, and every different one from now on."""
        self._stop_following = async_dispatcher_connect(
            self._viewer.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_on_entry
        )
        self._async_listen()

    @callback
    def end(self) -> None:
        """Stop sending."""
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
        loaded = self._viewer.loaded
        if loaded and self._stop_listening is None:
            listeners = self._viewer.runtime.coordinator.listeners
            self._stop_listening = listeners.async_add_farm(self._async_push)
        elif not loaded and self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        self._async_push()

    @callback
    def _async_push(self) -> None:
        new = answer(self._read, self._viewer)
        if new != self._sent:
            self._sent = new
            self._send(new)
