"""The same triggers as device triggers, where Home Assistant still shows them.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works.
"""

import asyncio
from typing import Any

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.const import (
    CONF_BELOW,
    CONF_DEVICE_ID,
    CONF_DOMAIN,
    CONF_FOR,
    CONF_OPTIONS,
    CONF_PLATFORM,
    CONF_TARGET,
    CONF_TYPE,
)
from homeassistant.core import CALLBACK_TYPE, Context, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import TriggerActionType, TriggerConfig, TriggerInfo
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .const import DOMAIN
from .hub.devices import async_kind_of_device
from .trigger import FARM_TRIGGERS, PRINTER_TRIGGERS, TRIGGERS

_FIELDS: dict[str, Any] = {
    CONF_FOR: cv.positive_time_period_dict,
    CONF_BELOW: vol.All(vol.Coerce(float), vol.Range(min=0, max=100)),
}
"""The options that forms of device triggers have; all others are as by default."""

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {
        vol.Required(CONF_TYPE): vol.In(TRIGGERS),
        **{vol.Optional(name): validator for name, validator in _FIELDS.items()},
    }
)


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Return the triggers of a printer or a farm."""
    kinds = {"printer": PRINTER_TRIGGERS, "farm": {**PRINTER_TRIGGERS, **FARM_TRIGGERS}}
    return [
        {CONF_PLATFORM: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id, CONF_TYPE: name}
        for name in kinds.get(async_kind_of_device(hass, device_id) or "", ())
    ]


async def async_get_trigger_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, vol.Schema]:
    """Return the options of a trigger."""
    known = TRIGGERS[config[CONF_TYPE]].option_names
    return {"extra_fields": vol.Schema({vol.Optional(name): _FIELDS[name] for name in _FIELDS if name in known})}


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Attach a trigger to its device."""
    name: str = config[CONF_TYPE]
    kind = TRIGGERS[name]
    options = {field: config[field] for field in _FIELDS if field in config and field in kind.option_names}
    target = {CONF_DEVICE_ID: [config[CONF_DEVICE_ID]]}
    specific: ConfigType = {CONF_TARGET: target, **({CONF_OPTIONS: options} if options else {})}
    validated = await kind.async_validate_config(hass, specific)
    trigger = kind(hass, TriggerConfig(f"{DOMAIN}.{name}", validated[CONF_TARGET], validated.get(CONF_OPTIONS)))
    job = HassJob(action, f"{DOMAIN} {name}")

    @callback
    def run(
        extra_trigger_payload: dict[str, Any], description: str, context: Context | None = None
    ) -> asyncio.Task[Any]:
        shown = {**config, **extra_trigger_payload, "description": description}
        variables = {"trigger": {**trigger_info["trigger_data"], **shown}}
        return hass.async_create_task(_async_run(hass, job, variables, context))

    return await trigger.async_attach_runner(run)


async def _async_run(
    hass: HomeAssistant, job: HassJob[..., Any], variables: dict[str, Any], context: Context | None
) -> None:
    if (running := hass.async_run_hass_job(job, variables, context)) is not None:
        await running
