"""The same conditions as device conditions, where Home Assistant still shows them.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

from homeassistant.const import CONF_CONDITION, CONF_DEVICE_ID, CONF_DOMAIN, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import ATTR_BEHAVIOR, BEHAVIOR_ANY, ConditionCheckerType, ConditionConfig
from homeassistant.helpers.typing import ConfigType, TemplateVarsType
import voluptuous as vol

from .condition import CONDITIONS, FARM_CONDITIONS, PRINTER_CONDITIONS
from .const import DOMAIN
from .hub.devices import async_kind_of_device

CONDITION_SCHEMA = cv.DEVICE_CONDITION_BASE_SCHEMA.extend({vol.Required(CONF_TYPE): vol.In(CONDITIONS)})


async def async_get_conditions(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Return the conditions of a printer or a farm."""
    kinds = {"printer": PRINTER_CONDITIONS, "farm": {**PRINTER_CONDITIONS, **FARM_CONDITIONS}}
    return [
        {CONF_CONDITION: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id, CONF_TYPE: name}
        for name in kinds.get(async_kind_of_device(hass, device_id) or "", ())
    ]


@callback
def async_condition_from_config(hass: HomeAssistant, config: ConfigType) -> ConditionCheckerType:
    """Return the check of a condition; of a farm, one printer is enough."""
    target = {CONF_DEVICE_ID: [config[CONF_DEVICE_ID]]}
    kind = CONDITIONS[config[CONF_TYPE]]
    condition = kind(hass, ConditionConfig(options={ATTR_BEHAVIOR: BEHAVIOR_ANY}, target=target))

    @callback
    def check(hass: HomeAssistant, variables: TemplateVarsType = None) -> bool:
        return condition.async_holds()

    return check
