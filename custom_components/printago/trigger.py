"""Triggers for automations that say what they are for.

Home Assistant alone loads this module: should the helpers that it stands on move, the rest goes on without it.
"""

from typing import ClassVar, override

from homeassistant.const import CONF_OPTIONS, STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityTargetStateTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .targets import async_entities_of

CONF_SEVERITY = "severity"
SEVERITIES = ("error", "warning")

_PROBLEM_SCHEMA = ENTITY_STATE_TRIGGER_SCHEMA.extend(
    {
        vol.Required(CONF_OPTIONS, default={}): {
            vol.Required(CONF_SEVERITY, default=list(SEVERITIES)): vol.All(
                cv.ensure_list, vol.Length(min=1), [vol.In(SEVERITIES)]
            )
        }
    }
)


class _PrintagoTrigger(EntityTriggerBase):
    """Looks at our entities of one kind among those targeted."""

    _platform: ClassVar[Platform]
    _key: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Tell which states are looked at."""
        self._domain_specs = {self._platform: DomainSpec()}
        super().__init__(hass, config)

    @override
    @callback
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_entities_of(self._hass, entities, self._platform, self._key)


class _EventTrigger(_PrintagoTrigger, StatelessEntityTriggerBase):
    """Fires when an event of a wanted type happens; the one before it may have been long ago, or never."""

    _platform = Platform.EVENT
    _event_types: frozenset[str]
    _excluded_from_states = frozenset()

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        if from_state.state != STATE_UNAVAILABLE:
            return from_state.state != to_state.state
        # An entity that comes back shows its last event again, unless one has happened meanwhile.
        happened = dt_util.parse_datetime(to_state.state)
        return happened is not None and happened > from_state.last_changed

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        return state.attributes.get("event_type") in self._event_types


class PrinterProblemTrigger(_EventTrigger):
    """Fires when a printer reports an error or a warning."""

    _key = "alert"
    _schema = _PROBLEM_SCHEMA

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take over which severities matter."""
        super().__init__(hass, config)
        self._event_types = frozenset(f"hms_{severity}" for severity in self._options[CONF_SEVERITY])


class _StateTrigger(_PrintagoTrigger, EntityTargetStateTriggerBase):
    """Fires when a state is reached from another one that was known."""

    _state: ClassVar[str]

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Tell which state is waited for."""
        self._to_states = {self._state}
        super().__init__(hass, config)


def _on_event(key: str, event_type: str) -> type[Trigger]:
    """Return the trigger on one type of event."""

    class EventTrigger(_EventTrigger):
        """Fires on one type of event."""

        _key = key
        _event_types = frozenset({event_type})

    return EventTrigger


class BedNeedsClearingTrigger(_StateTrigger):
    """Fires when a print has ended and someone has to take it off."""

    _platform = Platform.BINARY_SENSOR
    _key = "bed_needs_clearing"
    _state = STATE_ON


class QueueEmptyTrigger(_StateTrigger):
    """Fires when the last job that waited has gone to a printer, or was taken back."""

    _platform = Platform.SENSOR
    _key = "jobs_queued"
    _state = "0"


TRIGGERS: dict[str, type[Trigger]] = {
    "bed_needs_clearing": BedNeedsClearingTrigger,
    "fabmatic_tripped": _on_event("alert", "fabmatic_tripped"),
    "order_completed": _on_event("order", "order_completed"),
    "order_created": _on_event("order", "order_created"),
    "print_failed": _on_event("print", "print_failed"),
    "print_finished": _on_event("print", "print_finished"),
    "printer_problem": PrinterProblemTrigger,
    "queue_empty": QueueEmptyTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return TRIGGERS
