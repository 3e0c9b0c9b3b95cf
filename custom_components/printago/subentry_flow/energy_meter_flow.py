"""Adding and changing the energy meter of a printer."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
import voluptuous as vol

from ..history.energy import CONF_PRINTER, CONF_SENSOR, SUBENTRY_TYPE
from ..history.energy_price import CONF_PRICE, CONF_PRICE_ENTITY
from ..model.printer_names import unambiguous_names
from ..runtime import PrintagoConfigEntry
from .selectors import select_field

_SENSOR = EntitySelector(EntitySelectorConfig(domain="sensor", device_class="energy"))
_PRICE_ENTITY = EntitySelector(EntitySelectorConfig(domain=["sensor", "number", "input_number"]))
_PRICE = NumberSelector(NumberSelectorConfig(min=0, step="any", mode=NumberSelectorMode.BOX))


def meter_schema(printers: Mapping[str, str] | None) -> vol.Schema:
    """Return the fields; without the printer when a meter is changed."""
    return vol.Schema(
        {
            **({vol.Required(CONF_PRINTER): select_field(printers)} if printers is not None else {}),
            vol.Required(CONF_SENSOR): _SENSOR,
            vol.Optional(CONF_PRICE_ENTITY): _PRICE_ENTITY,
            vol.Optional(CONF_PRICE): _PRICE,
        }
    )


class EnergyMeterFlow(ConfigSubentryFlow):
    """Asks which sensor measures the energy of a printer, and what energy costs."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add an energy meter."""
        entry: PrintagoConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        printers = unambiguous_names(entry.runtime_data.coordinator.farm.printers.values())
        errors = _errors(user_input)
        if user_input is not None and not errors:
            printer_id = user_input[CONF_PRINTER]
            return self.async_create_entry(
                title=printers[printer_id], data=user_input, unique_id=f"{SUBENTRY_TYPE}_{printer_id}"
            )
        schema = self.add_suggested_values_to_schema(meter_schema(printers), user_input or {})
        return self.async_show_form(step_id="user", data_schema=schema, errors=errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change an energy meter; it stays with its printer."""
        meter = self._get_reconfigure_subentry()
        errors = _errors(user_input)
        if user_input is not None and not errors:
            data = {CONF_PRINTER: meter.data[CONF_PRINTER], **user_input}
            return self.async_update_and_abort(self._get_entry(), meter, data=data)
        suggested: Mapping[str, Any] = meter.data if user_input is None else user_input
        schema = self.add_suggested_values_to_schema(meter_schema(None), suggested)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=schema,
            errors=errors,
            description_placeholders={"printer": meter.title},
        )


def _errors(user_input: Mapping[str, Any] | None) -> dict[str, str]:
    errors: dict[str, str] = {}
    if user_input is not None and user_input.get(CONF_PRICE_ENTITY) and user_input.get(CONF_PRICE) is not None:
        errors[CONF_PRICE] = "two_prices"
    return errors
