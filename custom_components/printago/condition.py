"""Conditions for automations that say what they are for.

Home Assistant alone loads this module: should the helpers that it stands on move, the rest goes on without it.
"""

from typing import ClassVar, override

from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, ConditionConfig, EntityStateConditionBase

from .entity_filter import async_entities_of


class _PrintagoCondition(EntityStateConditionBase):
    """Looks at our entities of one kind among those targeted."""

    _platform: ClassVar[Platform]
    _key: ClassVar[str]
    _state: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Tell which state is looked for, and where."""
        self._states = {self._state}
        self._domain_specs = {self._platform: DomainSpec()}
        super().__init__(hass, config)

    @override
    @callback
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_entities_of(self._hass, entities, self._platform, {self._key})

    @override
    def _should_include(self, _state: State) -> bool:
        # What is away counts as well: nobody knows whether it is so.
        return True

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        # Of printers that nobody knows anything about, nothing holds.
        return bool(states) and super()._check_all_match_state(states)


class PrinterReadyCondition(_PrintagoCondition):
    """Whether printers wait for a job."""

    _platform = Platform.SENSOR
    _key = "readiness"
    _state = "ready"


class PrintingCondition(_PrintagoCondition):
    """Whether printers print; a paused one does not."""

    _platform = Platform.BINARY_SENSOR
    _key = "printing"
    _state = STATE_ON


class NotPrintingCondition(_PrintagoCondition):
    """Whether printers are known not to print, or to be paused."""

    _platform = Platform.BINARY_SENSOR
    _key = "printing"
    _state = STATE_OFF


class BedNeedsClearingCondition(_PrintagoCondition):
    """Whether prints wait to be taken off."""

    _platform = Platform.BINARY_SENSOR
    _key = "bed_needs_clearing"
    _state = STATE_ON


CONDITIONS: dict[str, type[Condition]] = {
    "bed_needs_clearing": BedNeedsClearingCondition,
    "not_printing": NotPrintingCondition,
    "printer_ready": PrinterReadyCondition,
    "printing": PrintingCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return CONDITIONS
