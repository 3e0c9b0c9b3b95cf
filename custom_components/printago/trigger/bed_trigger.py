"""The trigger on beds that have waited for a while."""

from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.const import CONF_FOR, CONF_OPTIONS, STATE_ON, Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.target import TargetStateChangedData
from homeassistant.helpers.trigger import ENTITY_STATE_TRIGGER_SCHEMA, TriggerConfig
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .trigger_kinds import PrintagoTrigger

_NOT_WAITING = datetime.min.replace(tzinfo=dt_util.UTC)
_DEFAULT = timedelta(minutes=15)


class BedWaitingTrigger(PrintagoTrigger[datetime]):
    """Fires once when a bed has needed clearing for so long, whatever happened to Home Assistant in the meantime.

    The sensor of the bed knows since when it waits. A bed that had waited long enough before the automation started does
    not fire.
    """

    platform = Platform.BINARY_SENSOR
    keys = frozenset({"bed_needs_clearing"})
    schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            vol.Required(CONF_OPTIONS, default={}): {
                vol.Required(CONF_FOR, default=_DEFAULT): cv.positive_time_period,
            }
        }
    )

    option_names = frozenset({CONF_FOR})

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Set how long a bed has to wait."""
        super().__init__(hass, config)
        self._duration: timedelta = self.options[CONF_FOR]
        self._watched_since: dict[str, datetime] = {}
        self._fired: dict[str, datetime] = {}
        """Since when a bed waited that has fired, by entity."""
        self._timers: dict[str, CALLBACK_TYPE] = {}

    @override
    def value_of(self, state: State) -> datetime:
        if state.state != STATE_ON:
            return _NOT_WAITING
        since = state.attributes.get("waiting_since")
        if isinstance(since, str):
            since = dt_util.parse_datetime(since)
        return since if isinstance(since, datetime) and since.tzinfo is not None else state.last_changed

    @override
    @callback
    def _async_detach(self) -> None:
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()

    @override
    @callback
    def _async_forget(self, entity_id: str) -> None:
        super()._async_forget(entity_id)
        self._async_cancel(entity_id)

    @override
    @callback
    def _async_on_targets(self, added: set[str], removed: set[str], *_: Any) -> None:
        super()._async_on_targets(added, removed)
        for entity_id in added:
            self._watched_since[entity_id] = dt_util.utcnow()
            if (since := self._known.get(entity_id)) is not None:
                self._async_follow(entity_id, since)

    @override
    @callback
    def _async_on_value(self, before: datetime | None, value: datetime, data: TargetStateChangedData) -> None:
        self._async_follow(data.state_change_event.data["entity_id"], value)

    @callback
    def _async_follow(self, entity_id: str, since: datetime) -> None:
        self._async_cancel(entity_id)
        if since == _NOT_WAITING or self._fired.get(entity_id) == since:
            return
        due, now = since + self._duration, dt_util.utcnow()
        if due <= self._watched_since[entity_id]:
            return
        if due <= now:
            self._async_fire(entity_id, since)
            return

        @callback
        def on_time(_: datetime) -> None:
            del self._timers[entity_id]
            # An unavailable sensor fires when it is back.
            if self._read(self._hass.states.get(entity_id)) == since:
                self._async_fire(entity_id, since)

        self._timers[entity_id] = async_call_later(self._hass, due - now, on_time)

    @callback
    def _async_fire(self, entity_id: str, since: datetime) -> None:
        self._fired[entity_id] = since
        state = self._hass.states.get(entity_id)
        self._async_run(entity_id, state, state, state.context if state is not None else None)

    @callback
    def _async_cancel(self, entity_id: str) -> None:
        if (cancel := self._timers.pop(entity_id, None)) is not None:
            cancel()
