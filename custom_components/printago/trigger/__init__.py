"""Purpose-specific triggers for automations.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

from abc import abstractmethod
from typing import Any, override

from homeassistant.const import CONF_OPTIONS, STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import ENTITY_STATE_TRIGGER_SCHEMA, Trigger, TriggerConfig
import voluptuous as vol

from .bed_trigger import BedWaitingTrigger
from .spool_trigger import SpoolLowTrigger
from .trigger_kinds import EventTrigger, PrintagoTrigger, RisingTrigger, StateTrigger

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


class PrinterProblemTrigger(EventTrigger):
    """Fires when a printer reports an error or a warning."""

    keys = frozenset({"alert"})
    schema = _PROBLEM_SCHEMA

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Set the severities that fire."""
        super().__init__(hass, config)
        self.event_types = frozenset(f"hms_{severity}" for severity in self.options[CONF_SEVERITY])


def _on_event(key: str, event_type: str) -> type[PrintagoTrigger[Any]]:
    """Return a trigger for one type of event."""

    class OneEventTrigger(EventTrigger):
        """Fires on one type of event."""

        keys = frozenset({key})
        event_types = frozenset({event_type})

    return OneEventTrigger


def _on_binary(key: str, value: str) -> type[PrintagoTrigger[Any]]:
    """Return a trigger for a binary sensor that becomes on, or off."""

    class BinaryTrigger(StateTrigger):
        """Fires when a binary sensor reaches a state."""

        platform = Platform.BINARY_SENSOR
        keys = frozenset({key})

        @override
        def value_of(self, state: State) -> bool:
            return state.state == value

    return BinaryTrigger


def _on_rise(key: str) -> type[PrintagoTrigger[Any]]:
    """Return a trigger for a count of the farm that rises."""

    class OneCountTrigger(RisingTrigger):
        """Fires when one count rises."""

        keys = frozenset({key})

    return OneCountTrigger


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


PRINTER_TRIGGERS: dict[str, type[PrintagoTrigger[Any]]] = {
    "bed_needs_clearing": _on_binary("bed_needs_clearing", STATE_ON),
    "bed_waiting": BedWaitingTrigger,
    "fabmatic_tripped": _on_event("alert", "fabmatic_tripped"),
    "maintenance_due": _on_binary("maintenance_due", STATE_ON),
    "print_canceled": _on_event("print", "print_canceled"),
    "print_failed": _on_event("print", "print_failed"),
    "print_finished": _on_event("print", "print_finished"),
    "print_paused": _on_event("print", "print_paused"),
    "print_resumed": _on_event("print", "print_resumed"),
    "print_started": _on_event("print", "print_started"),
    "printer_offline": _on_binary("online", STATE_OFF),
    "printer_online": _on_binary("online", STATE_ON),
    "printer_problem": PrinterProblemTrigger,
    "spool_low": SpoolLowTrigger,
}
"""The triggers for printers, and for a farm that stands for its printers."""
FARM_TRIGGERS: dict[str, type[PrintagoTrigger[Any]]] = {
    "farm_idle": FarmIdleTrigger,
    "job_waiting_for_approval": _on_rise("jobs_waiting_approval"),
    "jobs_waiting": JobsWaitingTrigger,
    "material_short": _on_event("material", "material_short"),
    "order_completed": _on_event("order", "order_completed"),
    "order_created": _on_event("order", "order_created"),
    "order_overdue": _on_rise("orders_overdue"),
    "queue_empty": QueueEmptyTrigger,
}
"""The triggers for farms."""
TRIGGERS: dict[str, type[PrintagoTrigger[Any]]] = {**PRINTER_TRIGGERS, **FARM_TRIGGERS}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return dict(TRIGGERS)
