"""Purpose-specific conditions for automations.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

from typing import ClassVar, override

from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, ConditionConfig, EntityStateConditionBase

from .hub.entity_filter import async_targeted_entities
from .model.print_status import PrintStatus, Readiness


class PrintagoCondition(EntityStateConditionBase):
    """Checks the targeted Printago entities of one kind."""

    _platform: ClassVar[Platform]
    _keys: ClassVar[frozenset[str]]
    _state: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Set the state to look for, and the entities to check."""
        self._states = {self._state}
        self._domain_specs = {self._platform: DomainSpec()}
        super().__init__(hass, config)

    @callback
    def async_holds(self) -> bool:
        """Return whether it is true now; without a duration, nothing has to be set up for that."""
        return self._async_check()

    @override
    @callback
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_targeted_entities(self._hass, self._target_selection, entities, self._platform, self._keys)

    @override
    def _should_include(self, _state: State) -> bool:
        # Unavailable entities count: their state is unknown.
        return True

    @override
    def _check_all_match_state(self, states: list[State]) -> bool:
        # Without any known state, the condition is false.
        return bool(states) and super()._check_all_match_state(states)


def _while(platform: Platform, state: str, *keys: str) -> type[PrintagoCondition]:
    """Return a condition that is true while the entities with these keys have a state."""

    class OneStateCondition(PrintagoCondition):
        """Checks for one state."""

        _platform = platform
        _keys = frozenset(keys)
        _state = state

    return OneStateCondition


PRINTER_CONDITIONS: dict[str, type[PrintagoCondition]] = {
    "bed_needs_clearing": _while(Platform.BINARY_SENSOR, STATE_ON, "bed_needs_clearing"),
    # Also while a print is paused.
    "not_printing": _while(Platform.BINARY_SENSOR, STATE_OFF, "printing"),
    "printer_offline": _while(Platform.BINARY_SENSOR, STATE_OFF, "online"),
    "printer_paused": _while(Platform.SENSOR, PrintStatus.PAUSE, "print_status"),
    "printer_problem": _while(Platform.BINARY_SENSOR, STATE_ON, "hms", "errors"),
    "printer_ready": _while(Platform.SENSOR, Readiness.READY, "readiness"),
    "printing": _while(Platform.BINARY_SENSOR, STATE_ON, "printing"),
}
"""The conditions for printers, and for a farm that stands for its printers."""
FARM_CONDITIONS: dict[str, type[PrintagoCondition]] = {"queue_empty": _while(Platform.SENSOR, "0", "jobs_queued")}
"""The conditions for farms."""
CONDITIONS: dict[str, type[PrintagoCondition]] = {**PRINTER_CONDITIONS, **FARM_CONDITIONS}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return dict(CONDITIONS)
