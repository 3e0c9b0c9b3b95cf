"""The trigger on spools that run low."""

from typing import Any, NamedTuple, override

from homeassistant.const import CONF_BELOW, CONF_OPTIONS, Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers.target import TargetStateChangedData
from homeassistant.helpers.trigger import ENTITY_STATE_TRIGGER_SCHEMA, TriggerConfig
import voluptuous as vol

from .trigger_kinds import PrintagoTrigger

_REFILLED = 5
"""Percent above the limit from which on a spool counts as another one; what printers report goes up and down a little."""


class _Spool(NamedTuple):
    """What is loaded, as far as it is known."""

    remaining: float
    kind: tuple[Any, ...]
    """Material, name and colors: the next spool usually differs in one of them."""


class SpoolLowTrigger(PrintagoTrigger[_Spool]):
    """Fires once for each spool of which less than the limit is left."""

    platform = Platform.SENSOR
    keys = frozenset({"ams_tray", "external_spool"})
    schema = ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            vol.Required(CONF_OPTIONS, default={}): {
                vol.Required(CONF_BELOW, default=10): vol.All(vol.Coerce(float), vol.Range(min=0, max=100))
            }
        }
    )

    option_names = frozenset({CONF_BELOW})

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Set the limit."""
        super().__init__(hass, config)
        self._below: float = self.options[CONF_BELOW]
        self._low: dict[str, set[tuple[Any, ...]]] = {}
        """The spools that are known to be low, by entity."""

    @override
    def value_of(self, state: State) -> _Spool | None:
        # An empty tray says nothing: the same spool may be put in again.
        remaining = state.attributes.get("remaining")
        if not isinstance(remaining, int | float):
            return None
        kind = *(state.attributes.get(name) for name in ("type", "name")), *(state.attributes.get("colors") or ())
        return _Spool(remaining, kind)

    @override
    @callback
    def _async_on_targets(self, added: set[str], removed: set[str], *_: Any) -> None:
        super()._async_on_targets(added, removed)
        for entity_id in added:
            if (spool := self._known.get(entity_id)) is not None:
                self._becomes_low(entity_id, spool)

    @override
    @callback
    def _async_on_value(self, before: _Spool | None, value: _Spool, data: TargetStateChangedData) -> None:
        # A spool that is low when it is first seen was so before.
        if self._becomes_low(data.state_change_event.data["entity_id"], value) and before is not None:
            self._async_run_for(data)

    def _becomes_low(self, entity_id: str, spool: _Spool) -> bool:
        """Return whether a spool is low that was not."""
        low = self._low.setdefault(entity_id, set())
        if spool.remaining >= min(self._below + _REFILLED, 100):
            low.discard(spool.kind)
        elif spool.remaining < self._below and spool.kind not in low:
            low.add(spool.kind)
            return True
        return False
