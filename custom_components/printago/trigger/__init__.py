"""Purpose-specific triggers for automations.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

from abc import abstractmethod
from typing import override

from homeassistant.const import CONF_BELOW, CONF_OPTIONS, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import ENTITY_STATE_TRIGGER_SCHEMA, Trigger, TriggerConfig
import voluptuous as vol

from .trigger_kinds import EventTrigger, StateTrigger

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
_SPOOL_SCHEMA = ENTITY_STATE_TRIGGER_SCHEMA.extend(
    {
        vol.Required(CONF_OPTIONS, default={}): {
            vol.Required(CONF_BELOW, default=10): vol.All(vol.Coerce(float), vol.Range(min=0, max=100))
        }
    }
)


class PrinterProblemTrigger(EventTrigger):
    """Fires when a printer reports an error or a warning."""

    keys = frozenset({"alert"})
    schema = _PROBLEM_SCHEMA

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Set the severities that fire."""
        super().__init__(hass, config)
        self.event_types = frozenset(f"hms_{severity}" for severity in self.options[CONF_SEVERITY])


def _on_event(key: str, event_type: str) -> type[Trigger]:
    """Return a trigger for one type of event."""

    class OneEventTrigger(EventTrigger):
        """Fires on one type of event."""

        keys = frozenset({key})
        event_types = frozenset({event_type})

    return OneEventTrigger


class BedNeedsClearingTrigger(StateTrigger):
    """Fires when a print has ended and needs to be removed."""

    platform = Platform.BINARY_SENSOR
    keys = frozenset({"bed_needs_clearing"})

    @override
    def value_of(self, state: State) -> bool:
        return state.state == STATE_ON


class _CountTrigger(StateTrigger):
    """Watches a count of the farm."""

    platform = Platform.SENSOR

    @override
    def value_of(self, state: State) -> bool | None:
        try:
            return self._is_so(float(state.state))
        except ValueError:
            return None

    @abstractmethod
    def _is_so(self, count: float) -> bool:
        """Return whether a count fires the trigger."""


class QueueEmptyTrigger(_CountTrigger):
    """Fires when the last waiting job was assigned to a printer, or canceled."""

    keys = frozenset({"jobs_queued"})

    @override
    def _is_so(self, count: float) -> bool:
        return count == 0


class JobsWaitingTrigger(_CountTrigger):
    """Fires when a job waits for a printer, and none did before."""

    keys = frozenset({"jobs_queued"})

    @override
    def _is_so(self, count: float) -> bool:
        return count > 0


class FarmIdleTrigger(_CountTrigger):
    """Fires when the last running print has ended or is paused."""

    keys = frozenset({"printers_printing"})

    @override
    def _is_so(self, count: float) -> bool:
        return count == 0


class SpoolLowTrigger(StateTrigger):
    """Fires when less than a percentage of a spool is left."""

    platform = Platform.SENSOR
    keys = frozenset({"ams_tray", "external_spool"})
    schema = _SPOOL_SCHEMA

    @override
    def value_of(self, state: State) -> bool | None:
        # A removed spool has no value; the next one may be the same spool.
        remaining = state.attributes.get("remaining")
        below: float = self.options[CONF_BELOW]
        return remaining < below if isinstance(remaining, int | float) else None


TRIGGERS: dict[str, type[Trigger]] = {
    "bed_needs_clearing": BedNeedsClearingTrigger,
    "fabmatic_tripped": _on_event("alert", "fabmatic_tripped"),
    "farm_idle": FarmIdleTrigger,
    "jobs_waiting": JobsWaitingTrigger,
    "material_short": _on_event("material", "material_short"),
    "order_completed": _on_event("order", "order_completed"),
    "order_created": _on_event("order", "order_created"),
    "print_failed": _on_event("print", "print_failed"),
    "print_finished": _on_event("print", "print_finished"),
    "printer_problem": PrinterProblemTrigger,
    "queue_empty": QueueEmptyTrigger,
    "spool_low": SpoolLowTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return TRIGGERS
