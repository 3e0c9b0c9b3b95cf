"""What all controls of a printer share: when they can be used, and showing what was asked for before it has happened."""

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

_PATIENCE = 15
"""Seconds that a printer has for showing what it was told to do; then what it shows is true."""


@dataclass(frozen=True, kw_only=True)
class ControlDescription(PrinterEntityDescription):
    """Describes a control of a printer."""

    permissions: Permissions = PRINTER_CONTROL
    """What the API key has to be allowed."""
    needs_printer: bool = True
    """The printer has to be online; else the store alone is asked."""


class ControlEntity(PrinterEntity):
    """A control of a printer: unavailable when the printer cannot be reached, or the key may not use it."""

    entity_description: ControlDescription

    @override
    def _is_available(self, printer: PrinterState) -> bool:
        reachable = printer.is_online or not self.entity_description.needs_printer
        allowed = not self.coordinator.client.permissions.lacks(self._permissions(printer))
        return super()._is_available(printer) and reachable and allowed

    def _permissions(self, printer: PrinterState) -> Permissions:
        return self.entity_description.permissions


class OptimisticEntity[T](PrintagoEntity):
    """Shows what was asked for at once, until the cloud tells what became of it.

    A call that fails brings the true value back; after one that succeeds the printer has some seconds to show it. A later
    wish goes out after an earlier one, and overtakes what still waits.
    """

    def __init__(self, *args: Any) -> None:
        """Start without a wish."""
        super().__init__(*args)
        self._optimistic_value: T | None = None
        self._replaced_value: T | None = None
        self._requests = 0
        self._queued = False
        """The latest press still waits for the answer to an earlier one."""
        self._sending = asyncio.Lock()
        self._cancel_patience: CALLBACK_TYPE | None = None

    @callback
    def _async_shown(self, actual: T | None) -> T | None:
        """Return what to show while ``actual`` is what the cloud tells."""
        if self._optimistic_value is None:
            return actual
        if self._queued:
            # What comes now is about the earlier press.
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
        """Show ``wanted`` in place of ``actual`` while ``call`` asks for it.

        When ``call`` takes over what its answer tells (``answer_is_state``), nothing has to be waited for after it.
        """
        self._async_clear_optimistic()
        self._requests += 1
        mine = self._requests
        self._optimistic_value, self._replaced_value, self._queued = wanted, actual, self._sending.locked()
        self.async_on_update()
        try:
            async with self._sending:
                if mine == self._requests:
                    self._queued = False
                    await self.coordinator.async_call(call())
        except BaseException:
            if mine == self._requests:
                self._async_revert()
            raise
        if mine != self._requests or self._optimistic_value is None:
            return
        if answer_is_state:
            self._async_revert()
        else:
            self._cancel_patience = async_call_later(self.hass, _PATIENCE, self._async_revert)

    @callback
    def _async_revert(self, _: object = None) -> None:
        self._async_clear_optimistic()
        self.async_on_update()

    @callback
    def _async_clear_optimistic(self) -> None:
        self._optimistic_value = None
        self._queued = False
        if self._cancel_patience is not None:
            self._cancel_patience()
            self._cancel_patience = None

    @override
    async def async_will_remove_from_hass(self) -> None:
        await super().async_will_remove_from_hass()
        # What is still on its way ends without anything to show it to.
        self._requests += 1
        self._async_clear_optimistic()


class OptimisticToggle(OptimisticEntity[bool]):
    """What is turned on and off."""

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_turn(on=True)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_turn(on=False)

    @abstractmethod
    async def _async_turn(self, *, on: bool) -> None:
        """Ask for it."""
