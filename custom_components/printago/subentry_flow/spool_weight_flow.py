"""Adding and changing the weight of the filament on a full spool of a material."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import UnitOfMass
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode
import voluptuous as vol

from ..hub.spool_weights import CONF_MATERIAL, CONF_WEIGHT, SUBENTRY_TYPE
from ..printing.catalog import called
from ..runtime import PrintagoConfigEntry
from .selectors import select_field

_WEIGHT = NumberSelector(
    NumberSelectorConfig(min=1, max=50_000, step=1, mode=NumberSelectorMode.BOX, unit_of_measurement=UnitOfMass.GRAMS)
)


def weight_schema(materials: Mapping[str, str] | None) -> vol.Schema:
    """Return the fields; without the material when a weight is changed."""
    return vol.Schema(
        {
            **({vol.Required(CONF_MATERIAL): select_field(materials)} if materials is not None else {}),
            vol.Required(CONF_WEIGHT): _WEIGHT,
        }
    )


class SpoolWeightFlow(ConfigSubentryFlow):
    """Asks how much filament is on a full spool of a material."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a weight."""
        entry: PrintagoConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        known = entry.runtime_data.coordinator.farm.materials.materials
        materials = {material_id: called(material) for material_id, material in known.items()}
        if not materials:
            return self.async_abort(reason="no_materials")
        if user_input is not None:
            material_id = user_input[CONF_MATERIAL]
            return self.async_create_entry(
                title=materials[material_id], data=user_input, unique_id=f"{SUBENTRY_TYPE}_{material_id}"
            )
        return self.async_show_form(step_id="user", data_schema=weight_schema(materials))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a weight; it stays with its material."""
        weight = self._get_reconfigure_subentry()
        if user_input is not None:
            data = {CONF_MATERIAL: weight.data[CONF_MATERIAL], **user_input}
            return self.async_update_and_abort(self._get_entry(), weight, data=data)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(weight_schema(None), weight.data),
            description_placeholders={"material": weight.title},
        )
