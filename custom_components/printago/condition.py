"""Purpose-specific conditions for automations.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

from typing import ClassVar, override

from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, ConditionConfig, EntityStateConditionBase

from .hub.entity_filter import async_entities_of


class _PrintagoCondition(EntityStateConditionBase):
    """Checks the targeted Printago entities of one kind."""

    _platform: ClassVar[Platform]
    _key: ClassVar[str]
    _state: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Set the state to look for, and the entities to check."""
        self._states = {self._state}
        self._domain_specs = {self._platform: DomainSpec()}
        super().__init__(hass, config)

    @override
    @callback
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_entities_of(self._hass, entities, self._platform, {self._key})

    @override
    def _should_include(self, _state: State) -> bool:
        # Unavailable entities count: their state is unknown.
        return True

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        # Without any known state, the condition is false.
        return bool(states) and super()._check_all_match_state(states)


class PrinterReadyCondition(_PrintagoCondition):
    """Whether printers are ready for a job."""

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
    """Whether finished prints need to be removed from beds."""

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
