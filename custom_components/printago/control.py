"""Base classes of controls: their availability, and the optimistic state."""

from abc import abstractmethod
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later

from .api.rest.permissions import PRINTER_CONTROL, Permissions
from .entity import PrintagoEntity, PrinterEntity, PrinterEntityDescription
from .model.printer import PrinterState

_REVERT_AFTER = 15
"""Seconds after a successful call until the state that the printer reports is shown again."""


@dataclass(frozen=True, kw_only=True)
class ControlDescription(PrinterEntityDescription):
    """Describes a control of a printer."""

    permissions: Permissions = PRINTER_CONTROL
    """The permissions that the API key needs."""
    needs_printer: bool = True
    """It needs the printer to be online; False if it only needs Printago."""


class ControlEntity(PrinterEntity):
    """A control of a printer. It is unavailable when the printer is offline or the API key lacks the permission."""

    entity_description: ControlDescription

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        reachable = printer.is_online or not self.entity_description.needs_printer
        allowed = not self.coordinator.client.permissions.lacks(self._permissions(printer))
        return super()._is_available(printer) and reachable and allowed

    def _permissions(self, printer: PrinterState) -> Permissions:
        return self.entity_description.permissions


class OptimisticEntity[T](PrintagoEntity):
    """Shows the requested value at once, until the cloud reports the actual one.

    A failed call restores the actual value; after a successful one, the printer has some seconds to report it. Calls are
    sent one at a time, and a new request replaces those that still wait.
    """

    def __init__(self, *args: Any) -> None:
        """Start without a requested value."""
        super().__init__(*args)
        self._optimistic_value: T | None = None
        self._replaced_value: T | None = None
        self._requests = 0
        self._queued = False
        """The latest request still waits for the response to an earlier one."""
        self._sending = asyncio.Lock()
        self._cancel_revert: CALLBACK_TYPE | None = None

    @callback
    def _async_shown(self, actual: T | None) -> T | None:
        """Return the value to show, given the actual one."""
        if self._optimistic_value is None:
            return actual
        if self._queued:
            # A value that arrives now is the result of the earlier request.
            if actual is not None:
                self._replaced_value = actual
            return self._optimistic_value
        if actual is None or (actual == self._replaced_value and actual != self._optimistic_value):
            return self._optimistic_value
        self._async_clear_optimistic()
        return actual

    async def _async_set_optimistic(
        self, wanted: T, actual: T | None, call: Callable[[], Awaitable[None]], *, answer_is_state: bool = False
    ) -> None:
        """Show ``wanted`` instead of ``actual`` while ``call`` requests it.

        With ``answer_is_state``, ``call`` applies its response to the farm, so the actual value is shown right after it.
        """
        self._async_clear_optimistic()
        self._requests += 1
        number = self._requests
        self._optimistic_value, self._replaced_value, self._queued = wanted, actual, self._sending.locked()
        self.async_on_update()
        try:
            async with self._sending:
                if number == self._requests:
                    self._queued = False
                    await self.coordinator.async_call(call())
        except BaseException:
            if number == self._requests:
                self._async_revert()
            raise
        if number != self._requests or self._optimistic_value is None:
            return
        if answer_is_state:
            self._async_revert()
        else:
            self._cancel_revert = async_call_later(self.hass, _REVERT_AFTER, self._async_revert)

    @callback
    def _async_revert(self, _: object = None) -> None:
        self._async_clear_optimistic()
        self.async_on_update()

    @callback
    def _async_clear_optimistic(self) -> None:
        self._optimistic_value = None
        if self._cancel_revert is not None:
            self._cancel_revert()
            self._cancel_revert = None

    @override
    async def async_will_remove_from_hass(self) -> None:
        await super().async_will_remove_from_hass()
        # Calls in flight must not write a state afterwards.
        self._requests += 1
        self._async_clear_optimistic()


class OptimisticToggle(OptimisticEntity[bool]):
    """An entity that can be turned on and off."""

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_turn(on=True)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_turn(on=False)

    @abstractmethod
    async def _async_turn(self, *, on: bool) -> None:
        """Request the new state."""
