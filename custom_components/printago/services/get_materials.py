"""The action that returns what the queue needs of each material, where that is loaded, and what is in stock."""

from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..errors import action_failure
from ..model.store_info import Fact
from .helpers import async_coordinator

GET_MATERIALS_SCHEMA = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})


async def async_get_materials(call: ServiceCall) -> ServiceResponse:
    """Return the material table, which costs no request."""
    state = async_coordinator(call).store_state
    if Fact.MATERIALS not in state.facts.known:
        raise action_failure("materials_not_known")
    materials: list[Any] = list(state.material_table.described)
    return {
        "materials": materials,
        "short": len(state.material_table.short),
        "spools_known": state.stock.spools_known,
    }
