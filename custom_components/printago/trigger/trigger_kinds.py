"""Base classes of triggers: on events, and on states that are reached and last.

An unavailable or unknown entity has no new state: when it is available again, its state is compared with the last known
one. So reloads, outages and restarts do not trigger by themselves, but a change in the meantime still does. The states
at the start of the automation are the initial ones.

Only ``trigger`` imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, override

from homeassistant.const import ATTR_ENTITY_ID, CONF_FOR, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, State, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.target import (
    TargetSelection,
    TargetStateChangedData,
    async_track_target_selector_state_change_event,
)
from homeassistant.helpers.trigger import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_EACH,
    BEHAVIOR_FIRST,
    ENTITY_STATE_TRIGGER_SCHEMA,
    ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType

from ..hub.entity_filter import async_targeted_entities

_AWAY = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})


class PrintagoTrigger[V](Trigger):
    """Watches the targeted entities of some kinds. Each instance is attached once."""

    platform: ClassVar[Platform]
    keys: ClassVar[frozenset[str]]
    schema: ClassVar[Any]
    option_names: ClassVar[frozenset[str]] = frozenset()
    """The options that the forms of device triggers have."""
    _run_action: TriggerActionRunner

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        validated: ConfigType = cls.schema(config)
        return validated

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Set what to watch."""
        super().__init__(hass, config)
        assert config.target is not None
        self._target = config.target
        self._selection = TargetSelection(config.target)
        self.options: Mapping[str, Any] = config.options or {}
        self._known: dict[str, V] = {}
        """The last known value of each entity."""

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        self._run_action = run_action
        unsub = await async_track_target_selector_state_change_event(
            self._hass, self._target, self._async_on_change, self._async_ours, self._async_on_targets
        )

        @callback
        def detach() -> None:
            unsub()
            self._async_detach()

        return detach

    @callback
    def _async_detach(self) -> None:
        """Stop waiting."""

    @callback
    def _async_ours(self, entities: set[str]) -> set[str]:
        return async_targeted_entities(self._hass, self._selection, entities, self.platform, self.keys)

    @callback
    def _async_on_targets(self, added: set[str], removed: set[str], *_: Any) -> None:
        """Start from the current state of the targets; called before the first change, too."""
        for entity_id in removed:
            self._async_forget(entity_id)
        for entity_id in added:
            if (value := self._read(self._hass.states.get(entity_id))) is not None:
                self._known[entity_id] = value

    @callback
    def _async_on_change(self, data: TargetStateChangedData) -> None:
        change = data.state_change_event.data
        entity_id, new = change["entity_id"], change["new_state"]
        if new is None:
            self._async_forget(entity_id)
        elif (value := self._read(new)) is not None:
            before = self._known.get(entity_id)
            self._known[entity_id] = value
            self._async_on_value(before, value, data)

    @callback
    def _async_forget(self, entity_id: str) -> None:
        """Forget a removed entity; if it is added again, it counts as new."""
        self._known.pop(entity_id, None)

    def _read(self, state: State | None) -> V | None:
        return None if state is None or state.state in _AWAY else self.value_of(state)

    @abstractmethod
    def value_of(self, state: State) -> V | None:
        """Return the watched value of a state, None if it has none."""

    @abstractmethod
    @callback
    def _async_on_value(self, before: V | None, value: V, data: TargetStateChangedData) -> None:
        """Handle an entity with its new value and the last known one."""

    @callback
    def _async_run_for(self, data: TargetStateChangedData) -> None:
        event = data.state_change_event
        change = event.data
        self._async_run(change["entity_id"], change["old_state"], change["new_state"], event.context)

    @callback
    def _async_run(self, entity_id: str, old: State | None, new: State | None, context: Context | None) -> None:
        payload = {
            ATTR_ENTITY_ID: entity_id,
            "from_state": old,
            "to_state": new,
            CONF_FOR: self.options.get(CONF_FOR),
        }
        self._run_action(payload, f"state of {entity_id}", context)


class EventTrigger(PrintagoTrigger[str]):
    """Fires on events of the given types, however long ago the previous one was."""

    platform = Platform.EVENT
    schema = ENTITY_STATE_TRIGGER_SCHEMA
    event_types: frozenset[str]

    @override
    def value_of(self, state: State) -> str | None:
        return state.state

    @override
    @callback
    def _async_on_value(self, before: str | None, value: str, data: TargetStateChangedData) -> None:
        change = data.state_change_event.data
        old, new = change["old_state"], change["new_state"]
        assert new is not None
        if new.attributes.get("event_type") not in self.event_types:
            return
        if _has_happened_since(old, value) if before is None else value != before:
            self._async_run_for(data)


class RisingTrigger(PrintagoTrigger[int]):
    """Fires whenever a count is higher than before."""

    platform = Platform.SENSOR
    schema = ENTITY_STATE_TRIGGER_SCHEMA

    @override
    def value_of(self, state: State) -> int | None:
        return int(state.state) if state.state.isdecimal() else None

    @override
    @callback
    def _async_on_value(self, before: int | None, value: int, data: TargetStateChangedData) -> None:
        if before is not None and value > before:
            self._async_run_for(data)


def _has_happened_since(old: State | None, value: str) -> bool:
    """Return whether an event is from the time when its entity was unavailable, or later: a restored one is not."""
    try:
        happened = datetime.fromisoformat(value)
    except ValueError:
        return False
    if old is None or happened.tzinfo is None:
        return False
    # Events have timestamps in milliseconds.
    return happened >= old.last_changed.replace(microsecond=old.last_changed.microsecond // 1000 * 1000)


@dataclass(slots=True)
class _Wait:
    """A value that must last before the trigger fires."""

    entity_id: str
    data: TargetStateChangedData
    cancel: CALLBACK_TYPE
    over: bool = False
    """It has lasted long enough, but the entity is unavailable."""


class StateTrigger(PrintagoTrigger[bool]):
    """Fires when a state is reached that was known not to be reached before."""

    schema = ENTITY_STATE_TRIGGER_SCHEMA_WITH_BEHAVIOR
    option_names = frozenset({CONF_FOR})

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Set how several targets are combined, and how long the state must last."""
        super().__init__(hass, config)
        self._behavior: str = self.options.get(ATTR_BEHAVIOR, BEHAVIOR_EACH)
        self._duration: timedelta | None = self.options.get(CONF_FOR)
        self._waits: dict[str, _Wait] = {}
        """By entity, or by behavior if the targets count together."""

    @override
    @callback
    def _async_detach(self) -> None:
        for wait in self._waits.values():
            wait.cancel()
        self._waits.clear()

    @override
    @callback
    def _async_forget(self, entity_id: str) -> None:
        super()._async_forget(entity_id)
        self._async_look_at_waits()

    @override
    @callback
    def _async_on_targets(self, added: set[str], removed: set[str], *_: Any) -> None:
        super()._async_on_targets(added, removed)
        self._async_look_at_waits()

    @override
    @callback
    def _async_on_value(self, before: bool | None, value: bool, data: TargetStateChangedData) -> None:
        self._async_look_at_waits()
        if not value or before is not False or not self._counts():
            return
        if not self._duration:
            self._async_run_for(data)
            return
        entity_id = data.state_change_event.data["entity_id"]
        key = entity_id if self._behavior == BEHAVIOR_EACH else self._behavior
        if (earlier := self._waits.pop(key, None)) is not None:
            earlier.cancel()

        @callback
        def on_time(_: datetime) -> None:
            wait.over = True
            self._async_look_at_waits()

        wait = _Wait(entity_id, data, async_call_later(self._hass, self._duration, on_time))
        self._waits[key] = wait

    def _counts(self) -> bool:
        """Return whether an entity that has just reached the state counts for the chosen behavior."""
        if self._behavior == BEHAVIOR_FIRST:
            return sum(self._known.values()) == 1
        return self._behavior != BEHAVIOR_ALL or all(self._known.values())

    @callback
    def _async_look_at_waits(self) -> None:
        """End the waits whose state is over, and fire for those that have lasted long enough and are available."""
        for key, wait in list(self._waits.items()):
            if not self._lasts(key):
                self._waits.pop(key).cancel()
            elif wait.over and self._read(self._hass.states.get(wait.entity_id)) is not None:
                del self._waits[key]
                self._async_run_for(wait.data)

    def _lasts(self, key: str) -> bool:
        if key == BEHAVIOR_FIRST:
            return any(self._known.values())
        if key == BEHAVIOR_ALL:
            return bool(self._known) and all(self._known.values())
        return self._known.get(key, False)
